"""Pasted text -> DNA or protein that a model can read, with a report of what was changed."""

import re
from dataclasses import dataclass, field

from biocore.errors import InputError
from biocore.sequence.alphabets import AMINO_ACIDS, DNA, IUPAC_DNA, RARE_AMINO_ACIDS
from biocore.sequence.recognition import looks_like_dna, looks_like_protein, mostly_dna, not_a_sequence, residues_only

_NAMES = {
    "X": "unknown residue",
    "B": "aspartate or asparagine",
    "Z": "glutamate or glutamine",
    "J": "leucine or isoleucine",
    "U": "selenocysteine",
    "O": "pyrrolysine",
}


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

    Returns
    -------
    Cleaned

    Raises
    ------
    InputError
        An identifier, a variant or prose (see `not_a_sequence`), empty, too short,
        too long, or another letter, named with its 1-based position (spaces and digits not counted).
    """
    _refuse_others(text, record)
    sequence = residues_only(text)
    _refuse_empty(sequence, record, "DNA: A, C, G, T")
    notes = []
    if "U" in sequence:
        notes.append(f"{sequence.count('U'):,} U read as T (RNA).")
        sequence = sequence.replace("U", "T")
    bad = re.search(f"[^{DNA}{IUPAC_DNA}]", sequence)
    if bad:
        hint = " This looks like a protein." if looks_like_protein(sequence) and not mostly_dna(sequence) else ""
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

    Returns
    -------
    Cleaned

    Raises
    ------
    InputError
        An identifier, a variant or prose (see `not_a_sequence`), empty, too short,
        too long, DNA, or another letter, named with its 1-based position.
    """
    _refuse_others(text, record)
    sequence = residues_only(text)
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


def _refuse_others(text: str, record: str | None) -> None:
    found = not_a_sequence(text)
    if found:
        raise InputError(found, record=record)


def _refuse_empty(sequence: str, record: str | None, wanted: str) -> None:
    if not sequence:
        raise InputError(f"The sequence is empty. Paste {wanted}.", record=record)


def _refuse_length(sequence: str, record: str | None, low: int, high: int | None, unit: str) -> None:
    if len(sequence) < low or (high is not None and len(sequence) > high):
        limits = f"{low:,} to {high:,}" if high is not None else f"{low:,} or more"
        raise InputError(f"{len(sequence):,} {unit} given; {limits} {unit} are accepted.", record=record)
