"""What was pasted: a sequence, or something that only looks like one (an identifier, a variant, prose)."""

import re

from biocore.errors import InputError
from biocore.sequence.alphabets import AMINO_ACIDS, IUPAC_DNA, RARE_AMINO_ACIDS, THREE_LETTERS
from biocore.sequence.records import parse_records

_ONE = {three.upper(): one for one, three in THREE_LETTERS.items()}
_AMINO = f"(?:{'|'.join(THREE_LETTERS.values())}|Ter|[{AMINO_ACIDS}*X])"
_FETCH = "Fetch it on the Structures page, or paste the sequence itself"
_PASTE = "Paste the sequence itself"

# kind -> (pattern of one word, whatever its case; what it looks like; what to do)
_WORDS = {
    "pdb id": (r"[1-9][A-Z0-9]{3}|pdb_[0-9A-Z]{8}", "a PDB id", _FETCH),
    "uniprot accession": (
        r"(?:[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})(?:-\d+)?",
        "a UniProt accession",
        _FETCH,
    ),
    "alphafold id": (r"AF-[A-Z0-9]{6,10}-F\d{1,2}(?:-model_v\d{1,2})?", "an AlphaFold DB id", _FETCH),
    "variant": (
        rf"(?:[^\s:]+:)?(?:p\.\(?{_AMINO}\d+(?:{_AMINO}|=|del|dup|ins|fs|_)\S*|{_AMINO}\d+{_AMINO}|[cgmnr]\.[\d*-]\S+"
        r"|\d+[ACGT]+>[ACGT]+|rs\d+)",
        "a variant",
        "Paste the whole sequence, and write variants where the page asks for them",
    ),
    "accession": (
        r"(?:[NXYAW][CGMPRTWZ]_\d{6,9}|ENS[A-Z]{0,4}[GTPE]\d{11}|[A-Z]{1,3}\d{5,8})(?:\.\d+)?"
        r"|(?:sp|tr)\|[^|\s]+\|\S+|[A-Z0-9]{1,10}_[A-Z0-9]{3,5}",
        "an accession",
        _PASTE,
    ),
    "address": (r"https?://\S+", "a web address", _PASTE),
    "file": (
        r"\S+\.(?:fa|fas|fasta|faa|fna|gb|gbk|pdb|ent|cif|txt|csv|tsv)(?:\.gz)?",
        "a file name",
        "Upload the file, or paste its content",
    ),
    "name": (r"(?=.{2,10}$)[A-Z]+[A-Z0-9]*\d[A-Z0-9]*", "a name, such as a gene's", _PASTE),
}
_PATTERNS = {kind: re.compile(pattern, re.IGNORECASE) for kind, (pattern, _, _) in _WORDS.items()}
_KINDS = ("pdb id", "uniprot accession", "alphafold id", "variant")  # what `recognise` tells apart
_THREE_LETTER_CODE = re.compile(rf"(?:(?:{'|'.join(_ONE)})[\s-]+){{2,}}(?:{'|'.join(_ONE)})[\s-]*", re.IGNORECASE)
_JOINED_THREE_LETTER_CODE = re.compile(rf"(?:{'|'.join(THREE_LETTERS.values())}){{3,}}")
_LONG_WORDS = set(
    "amino chain contains encodes following gene human peptide precursor protein residues sequence".split()
)
_SHORT_WORDS = set("a an and are as by for from has in is it its my of on or that the this to with".split())
_SPACES_AND_DIGITS = re.compile(r"[\s\d]+")


def recognise(text: str) -> str:
    """What was pasted.

    Parameters
    ----------
    text : str

    Returns
    -------
    str
        "dna", "protein", "pdb id", "uniprot accession", "alphafold id", "variant", "structure" (a file's text), "empty"
        or "unknown" (`not_a_sequence` may say more).  FASTA and GenBank are judged by their first record.

    Examples
    --------
    >>> [recognise(text) for text in ("ACGTTTGACC", "MKTAYIAKQR", "3I40", "AF-P04637-F1", "p.Arg175His")]
    ['dna', 'protein', 'pdb id', 'alphafold id', 'variant']
    """
    stripped = text.strip()
    if not stripped:
        return "empty"
    kind = _word(stripped)
    if kind in _KINDS:
        return kind
    if re.match(r"(HEADER|ATOM  |data_|HETATM|REMARK|CRYST1|TITLE )", stripped):
        return "structure"
    try:
        sequence = parse_records(text)[0].sequence
    except InputError:
        return "unknown"
    if not_a_sequence(sequence):
        return "unknown"
    letters = residues_only(sequence)
    if letters and set(letters) <= set("ACGTUN") | (set(IUPAC_DNA) if mostly_dna(letters) else set()):
        return "dna"
    return "protein" if looks_like_protein(letters.replace("-", "").replace(".", "")) else "unknown"


def not_a_sequence(text: str) -> str | None:
    """Why a text is no sequence although its letters may be those of one, and what to do; None where it may be one.

    Parameters
    ----------
    text : str
        Without a FASTA header.  Identifiers, variants, file names, gene names, the three-letter code and prose around a
        sequence are told.

    Examples
    --------
    >>> not_a_sequence("MKTAYIAKQR")
    >>> not_a_sequence("1UBQ")
    "'1UBQ' looks like a PDB id, not like a sequence. Fetch it on the Structures page, or paste the sequence itself."
    """
    start = text.strip()[:2000]
    kind = _word(start)
    if kind:
        _, what, instead = _WORDS[kind]
        return f"{start[:40]!r} looks like {what}, not like a sequence. {instead}."
    if _THREE_LETTER_CODE.fullmatch(start) or _JOINED_THREE_LETTER_CODE.fullmatch(start):
        letters = "".join(_ONE[code.upper()] for code in re.findall("[A-Za-z]{3}", start))
        return f"this is the three-letter code. In one letter a residue it begins {letters[:20]!r}: paste that."
    if _is_prose(start):
        longest = max(re.findall(r"[A-Z]{10,}\*?", text), key=len, default="")
        found = f" The part that looks like one is {_short(longest)} ({len(longest):,} letters)." if longest else ""
        return f"this looks like text, not like a sequence alone.{found} Paste only the sequence."
    return None


def _word(text: str) -> str:
    """The kind of thing all words of a short text are; "" where they are none of `_WORDS`, or of several kinds."""
    words = re.split(r"[\s,;]+", text[:2000].strip(" \t\r\n,;"))
    if len(text) > 2000 or not words[0]:
        return ""
    return next((kind for kind, pattern in _PATTERNS.items() if all(map(pattern.fullmatch, words))), "")


def _is_prose(text: str) -> bool:
    """English words between spaces, which blocks of a sequence hardly ever spell."""
    words = [word.strip("().:,;!?\"'").lower() for word in text.split()]
    if len(words) < 2:
        return False
    return any(word in _LONG_WORDS for word in words) or len({word for word in words if word in _SHORT_WORDS}) >= 2


def _short(sequence: str) -> str:
    return repr(sequence if len(sequence) <= 24 else f"{sequence[:10]}...{sequence[-10:]}")


def residues_only(text: str) -> str:
    """Upper-case letters and signs of a sequence, without white space and digits."""
    return _SPACES_AND_DIGITS.sub("", text).upper()


def looks_like_dna(sequence: str) -> bool:
    """True for 20 or more letters that are all A, C, G, T, U or N: a protein by chance is next to impossible."""
    return len(sequence) >= 20 and set(sequence.upper()) <= set("ACGTUN")


def looks_like_protein(sequence: str) -> bool:
    """Amino-acid letters only, five or more, and at most a tenth of them rare: English words are full of O and U."""
    rare = sum(sequence.count(letter) for letter in RARE_AMINO_ACIDS + "*")
    return (
        len(sequence) >= 5 and set(sequence) <= set(AMINO_ACIDS + RARE_AMINO_ACIDS + "*") and rare <= len(sequence) / 10
    )


def mostly_dna(letters: str) -> bool:
    """True where nine letters in ten are A, C, G, T, U or N."""
    return sum(letters.count(base) for base in "ACGTUN") >= 0.9 * len(letters)
