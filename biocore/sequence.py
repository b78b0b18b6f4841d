"""Sequences as people paste them, and as models read them.

Text -> records (FASTA, plain, GenBank); cleaned DNA and protein with a report of what was changed;
one-hot matrices; reverse complement; composition-preserving shuffles.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from io import StringIO

import numpy as np

from biocore.errors import InputError

DNA = "ACGT"
AMINO_ACIDS = "ACDEFGHIKLMNPQRSTVWY"
IUPAC_DNA = "RYSWKMBDHVN"
RARE_AMINO_ACIDS = "XBZUOJ"

_COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
_SPACES_AND_DIGITS = re.compile(r"[\s\d]+")
_NAMES = {
    "X": "unknown residue",
    "B": "aspartate or asparagine",
    "Z": "glutamate or glutamine",
    "J": "leucine or isoleucine",
    "U": "selenocysteine",
    "O": "pyrrolysine",
}


@dataclass(frozen=True)
class Record:
    """One sequence with its name, as the user gave it (not cleaned)."""

    name: str
    sequence: str
    description: str = ""


@dataclass(frozen=True)
class Cleaned:
    """A sequence a model can read, and what had to be changed.

    Attributes
    ----------
    sequence : str
        Upper case.  DNA: A C G T N.  Protein: 20 amino acids and X B Z U O.
    notes : tuple of str
        One sentence for each kind of change, for the user to read; empty where nothing was changed.
    """

    sequence: str
    notes: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        return self.sequence

    def __len__(self) -> int:
        return len(self.sequence)


# ---------------------------------------------------------------------------------------------- text -> records


def parse_records(text: str, *, max_records: int | None = None, allow_empty: bool = False) -> list[Record]:
    """Split pasted text or a file's content into records.

    Parameters
    ----------
    text : str
        FASTA (one or many), GenBank, or a bare sequence.  ``;`` comment lines are skipped in FASTA.
    max_records : int, optional
        More records than this are refused.
    allow_empty : bool
        Keep FASTA records that have a name and no sequence, for a batch that reports them; otherwise they are refused.

    Returns
    -------
    list of Record
        At least one.  A bare sequence is named "sequence"; a FASTA record without a name "record 1", "record 2", ...

    Raises
    ------
    InputError
        The text is empty, a record has no sequence, or there are too many records.
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError("The input is empty. Paste a sequence, FASTA or GenBank text.")
    if text.lstrip().startswith(">") or re.search(r"^>", text, flags=re.MULTILINE):
        records = _parse_fasta(text, allow_empty)
    elif text.lstrip().startswith("LOCUS"):
        records = _parse_genbank(text)
    else:
        records = [Record("sequence", text.strip())]
    if max_records is not None and len(records) > max_records:
        raise InputError(f"There are {len(records):,} records; this page takes up to {max_records:,}.")
    return records


def _parse_fasta(text: str, allow_empty: bool = False) -> list[Record]:
    start = text.index(">")
    if text[:start].strip() and not text[:start].lstrip().startswith(";"):
        raise InputError("There is text before the first '>' line. Start with a '>' line, or paste a bare sequence.")
    records = []
    for number, block in enumerate(re.split(r"^>", text[start:], flags=re.MULTILINE)[1:], 1):
        header, _, body = block.partition("\n")
        name, _, description = header.strip().partition(" ")
        name = name or f"record {number}"
        body = "".join(line for line in body.split("\n") if not line.startswith(";"))
        if not body.strip() and not allow_empty:
            raise InputError("has a name but no sequence.", record=name)
        records.append(Record(name, body.strip(), description.strip()))
    return records


def _parse_genbank(text: str) -> list[Record]:
    from Bio import SeqIO

    try:
        found = [
            Record(r.id if r.id != "<unknown id>" else r.name, str(r.seq), r.description)
            for r in SeqIO.parse(StringIO(text), "genbank")
        ]
    except Exception as error:  # Biopython raises many kinds for a damaged file; each means the same to the user
        raise InputError(f"This looks like GenBank text but cannot be read ({error}). Paste FASTA instead.") from error
    found = [record for record in found if record.sequence and set(record.sequence) != {"N"}]
    if not found:
        raise InputError("This GenBank text holds no sequence (no ORIGIN block). Paste FASTA instead.")
    return found


def to_fasta(records: Sequence[Record], *, width: int = 60) -> str:
    """FASTA text of `records`, `width` letters a line."""
    lines = []
    for record in records:
        lines.append(f">{record.name} {record.description}".rstrip())
        lines += [record.sequence[i : i + width] for i in range(0, len(record.sequence), width)]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------- cleaning


def clean_dna(text: str, *, record: str | None = None, min_length: int = 1, max_length: int | None = None) -> Cleaned:
    """DNA as models read it: upper-case A, C, G, T and N.

    Case, white space and digits are ignored; U is read as T; other IUPAC letters become N.  Both are reported.

    Parameters
    ----------
    text : str
        Sequence without a FASTA header.
    record : str, optional
        Name shown in messages.
    min_length, max_length : int
        Accepted length in bp.

    Raises
    ------
    InputError
        Empty, too short, too long, or another letter, named with its 1-based position (spaces and digits not counted).
    """
    sequence = _SPACES_AND_DIGITS.sub("", text).upper()
    _refuse_empty(sequence, record, "DNA: A, C, G, T")
    notes = []
    if "U" in sequence:
        notes.append(f"{sequence.count('U'):,} U read as T (RNA).")
        sequence = sequence.replace("U", "T")
    bad = re.search(f"[^{DNA}{IUPAC_DNA}]", sequence)
    if bad:
        hint = " This looks like a protein." if _looks_like_protein(sequence) and not _mostly_dna(sequence) else ""
        raise InputError(
            f"{bad.group()!r} is not one of A, C, G, T, U, N or an IUPAC letter ({IUPAC_DNA}).{hint}",
            record=record,
            position=bad.start(),
        )
    ambiguous = re.findall(f"[{IUPAC_DNA.replace('N', '')}]", sequence)
    if ambiguous:
        letters = ", ".join(sorted(set(ambiguous)))
        notes.append(f"{len(ambiguous):,} ambiguous letter{'s' * (len(ambiguous) > 1)} ({letters}) read as N.")
        sequence = re.sub(f"[^{DNA}]", "N", sequence)
    if "N" in sequence:
        notes.append(f"{sequence.count('N'):,} of {len(sequence):,} bp are N: a quarter of each base.")
    _refuse_length(sequence, record, min_length, max_length, "bp")
    return Cleaned(sequence, tuple(notes))


def clean_protein(
    text: str,
    *,
    record: str | None = None,
    min_length: int = 1,
    max_length: int | None = None,
    allow_dna: bool = False,
) -> Cleaned:
    """A protein as models read it: the 20 amino acids and X, B, Z, U, O, in upper case.

    Case, white space and digits are ignored.  A stop ``*`` at the end and gaps (``-``, ``.``) are removed, a stop
    inside and J become X.  All of it is reported, and so is each rare letter, because models have hardly seen them.

    Parameters
    ----------
    text : str
        Sequence without a FASTA header.
    record : str, optional
        Name shown in messages.
    min_length, max_length : int
        Accepted length in residues.
    allow_dna : bool
        Take a sequence of 20 or more letters that are all A, C, G, T, U or N.  Otherwise it is refused as pasted DNA.

    Raises
    ------
    InputError
        Empty, too short, too long, DNA, or another letter, named with its 1-based position.
    """
    sequence = _SPACES_AND_DIGITS.sub("", text).upper()
    notes = []
    gaps = sequence.count("-") + sequence.count(".")
    if gaps:
        notes.append(f"{gaps:,} gap character{'s' * (gaps > 1)} removed; positions count residues only.")
        sequence = sequence.replace("-", "").replace(".", "")
    if sequence.endswith("*"):
        notes.append("The stop (*) at the end was removed.")
        sequence = sequence.rstrip("*")
    _refuse_empty(sequence, record, "a protein in one-letter code")
    if not allow_dna and looks_like_dna(sequence):
        raise InputError(
            "this looks like DNA or RNA (only A, C, G, T, U, N). Paste a protein, or use the DNA binding page.",
            record=record,
        )
    bad = re.search(f"[^{AMINO_ACIDS}{RARE_AMINO_ACIDS}*]", sequence)
    if bad:
        raise InputError(
            f"{bad.group()!r} is not an amino acid. Accepted: {AMINO_ACIDS} and {RARE_AMINO_ACIDS} and *.",
            record=record,
            position=bad.start(),
        )
    stops = sequence.count("*")
    if stops:
        notes.append(f"{stops:,} stop{'s' * (stops > 1)} (*) inside the sequence read as X.")
        sequence = sequence.replace("*", "X")
    for letter in RARE_AMINO_ACIDS:
        count = sequence.count(letter) - (stops if letter == "X" else 0)
        if count > 0:
            read_as = " read as X" if letter == "J" else ""
            notes.append(f"{count:,} {letter} ({_NAMES[letter]}){read_as}: the models have hardly seen this letter.")
    sequence = sequence.replace("J", "X")
    _refuse_length(sequence, record, min_length, max_length, "residues")
    return Cleaned(sequence, tuple(notes))


def _refuse_empty(sequence: str, record: str | None, wanted: str) -> None:
    if not sequence:
        raise InputError(f"The sequence is empty. Paste {wanted}.", record=record)


def _refuse_length(sequence: str, record: str | None, low: int, high: int | None, unit: str) -> None:
    if len(sequence) < low or (high is not None and len(sequence) > high):
        limits = f"{low:,} to {high:,}" if high is not None else f"{low:,} or more"
        raise InputError(f"{len(sequence):,} {unit} given; {limits} {unit} are accepted.", record=record)


# ---------------------------------------------------------------------------------------------- recognising


def looks_like_dna(sequence: str) -> bool:
    """True for 20 or more letters that are all A, C, G, T, U or N: a protein by chance is next to impossible."""
    return len(sequence) >= 20 and set(sequence.upper()) <= set("ACGTUN")


def _looks_like_protein(sequence: str) -> bool:
    """Amino-acid letters only, and at most a tenth of them rare: English words are full of O and U."""
    rare = sum(sequence.count(letter) for letter in RARE_AMINO_ACIDS + "*")
    return (
        len(sequence) >= 5 and set(sequence) <= set(AMINO_ACIDS + RARE_AMINO_ACIDS + "*") and rare <= len(sequence) / 10
    )


_PDB_ID = re.compile(r"^(?:[1-9][A-Za-z0-9]{3}|pdb_[0-9a-z]{8})$", re.IGNORECASE)
_UNIPROT = re.compile(
    r"^(?:[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2})(?:-\d+)?$", re.IGNORECASE
)


def recognise(text: str) -> str:
    """What was pasted: "dna", "protein", "pdb id", "uniprot accession", "structure", "empty" or "unknown".

    FASTA and GenBank are judged by their first record.  A word that is both a PDB id and a sequence (``1CRN`` is not,
    digits are no residues) counts as an identifier.
    """
    stripped = text.strip()
    if not stripped:
        return "empty"
    if _PDB_ID.match(stripped) and re.search(r"\d", stripped):
        return "pdb id"
    if _UNIPROT.match(stripped):
        return "uniprot accession"
    if re.match(r"^(HEADER|ATOM  |data_|HETATM|REMARK|CRYST1|TITLE )", stripped):
        return "structure"
    try:
        sequence = parse_records(text)[0].sequence
    except InputError:
        return "unknown"
    letters = _SPACES_AND_DIGITS.sub("", sequence).upper()
    if letters and set(letters) <= set("ACGTUN") | (set(IUPAC_DNA) if _mostly_dna(letters) else set()):
        return "dna"
    return "protein" if _looks_like_protein(letters.replace("-", "").replace(".", "")) else "unknown"


def _mostly_dna(letters: str) -> bool:
    return sum(letters.count(base) for base in "ACGTUN") >= 0.9 * len(letters)


# --------------------------------------------------------------------------------------------------- arrays


def one_hot(sequences: Sequence[str]) -> np.ndarray:
    """DNA as numbers: a column each for A, C, G and T.

    Parameters
    ----------
    sequences : list of str, all of one length L
        Letters A, C, G, T and N in either case.

    Returns
    -------
    float32 array, (N, L, 4)
        N is (0.25, 0.25, 0.25, 0.25): an unknown base carries as much weight as a known one.

    Raises
    ------
    InputError
        Lengths differ, or a letter is not one of A, C, G, T, N.
    """
    lengths = {len(s) for s in sequences}
    if len(lengths) != 1:
        raise InputError(f"sequences of one length are needed; these have {sorted(lengths)[:5]} bp.")
    codes = np.frombuffer("".join(sequences).encode("ascii", "replace"), np.uint8).reshape(len(sequences), -1)
    indices = _CODE_TO_ROW[codes]
    if (indices < 0).any():
        row, position = (int(i) for i in np.argwhere(indices < 0)[0])
        raise InputError(
            f"{sequences[row][position]!r} is not one of A, C, G, T, N", record=f"{row + 1}", position=position
        )
    return _ROWS[indices]


_ROWS = np.vstack([np.eye(4), np.full((1, 4), 0.25)]).astype(np.float32)
_CODE_TO_ROW = np.full(256, -1, np.int64)
for _index, _letter in enumerate(DNA + "N"):
    _CODE_TO_ROW[[ord(_letter), ord(_letter.lower())]] = _index


def from_one_hot(x: np.ndarray) -> list[str]:
    """Letters of one-hot DNA, (N, L, 4) -> N strings; a row without a clear maximum is N."""
    best = x.argmax(axis=-1)
    unclear = np.isclose(x.max(axis=-1), x.min(axis=-1))
    letters = np.array(list(DNA + "N"))[np.where(unclear, 4, best)]
    return ["".join(row) for row in letters]


def reverse_complement(sequence: str) -> str:
    """The other strand, read 5' to 3'.  Letters A, C, G, T, N in upper case."""
    return sequence.translate(_COMPLEMENT)[::-1]


def gc_content(sequence: str) -> float:
    """Share of G and C among the known bases; NaN where none is known."""
    known = sum(sequence.count(base) for base in DNA)
    return (sequence.count("G") + sequence.count("C")) / known if known else float("nan")


def dinucleotide_shuffle(sequence: str, rng: np.random.Generator) -> str:
    """Shuffle a sequence so that it keeps the count of every pair of neighbouring letters.

    The first and last letters stay.  Each shuffle is a random Eulerian walk over the graph of letters.

    Parameters
    ----------
    sequence : str
        Any letters.
    rng : numpy.random.Generator

    References
    ----------
    Altschul & Erickson (1985), Mol Biol Evol 2:526-538, doi:10.1093/oxfordjournals.molbev.a040370.
    """
    if len(sequence) < 4:
        return sequence
    letters, codes = np.unique(list(sequence), return_inverse=True)
    successors = [codes[1:][codes[:-1] == k] for k in range(len(letters))]
    last = _last_edges(codes, successors, rng)
    walks = []
    for k, edges in enumerate(successors):
        edges = edges.copy()
        if k != codes[-1] and len(edges):  # the last exit is fixed by the tree; the others may come in any order
            index = int(np.flatnonzero(edges == last[k])[0])
            edges[index] = edges[-1]
            rng.shuffle(edges[:-1])
            edges[-1] = last[k]
        else:
            rng.shuffle(edges)
        walks.append(iter(edges.tolist()))
    current = int(codes[0])
    path = [current]
    for _ in range(len(codes) - 1):
        current = next(walks[current])
        path.append(current)
    return "".join(letters[path])


def _last_edges(codes: np.ndarray, successors: list[np.ndarray], rng: np.random.Generator) -> dict[int, int]:
    """For each letter but the final one a last exit, such that all of them lead to the final letter (Wilson's walk)."""
    final = int(codes[-1])
    exits: dict[int, int] = {}
    reached = {final}
    for start in np.unique(codes[:-1]).tolist():
        node = start
        while node not in reached:
            exits[node] = int(rng.choice(successors[node]))
            node = exits[node]
        node = start
        while node not in reached:
            reached.add(node)
            node = exits[node]
    return exits
