"""The molecule that all pages look at: one record of what was pasted, the others one click away."""

from dataclasses import dataclass, replace

from biocore.errors import InputError
from biocore.sequence import Record, clean_dna, clean_protein, not_a_sequence, parse_records, recognise

PROTEIN, DNA = "protein", "dna"
KINDS = (PROTEIN, DNA)


@dataclass(frozen=True)
class Molecule:
    """What was pasted, and which record of it is looked at.

    Attributes
    ----------
    kind : str
        "protein" or "dna".
    text : str
        As it was pasted: text boxes show it unchanged.
    records : tuple of Record
        At least one, not cleaned.
    current : int
        0-based record that is looked at.
    """

    kind: str
    text: str
    records: tuple[Record, ...]
    current: int = 0

    def __post_init__(self):
        if self.kind not in KINDS:
            raise InputError(f"{self.kind!r} is no kind of molecule; use {' or '.join(KINDS)}.")
        if not 0 <= self.current < len(self.records):
            raise InputError(f"record {self.current + 1} does not exist; there are {len(self.records):,}.")

    @property
    def names(self) -> tuple[str, ...]:
        """Of all records."""
        return tuple(record.name for record in self.records)

    @property
    def name(self) -> str:
        """Of the current record."""
        return self.records[self.current].name

    @property
    def sequence(self) -> str:
        """Of the current record, as models read it.

        Raises
        ------
        InputError
            It cannot be read.
        """
        clean = clean_protein if self.kind == PROTEIN else clean_dna
        record = self.records[self.current]
        return clean(record.sequence, record=record.name).sequence

    @property
    def title(self) -> str:
        """Name and length: "INS_HUMAN, 110 residues"."""
        letters = sum(letter.isalpha() for letter in self.records[self.current].sequence)
        return f"{self.name}, {letters:,} {'residues' if self.kind == PROTEIN else 'bp'}"

    def choose(self, index: int) -> "Molecule":
        """The same records, looking at another.

        Raises
        ------
        InputError
            There is no such record.
        """
        return replace(self, current=index)


def read_molecule(text: str, kind: str = "", *, current: int = 0) -> Molecule:
    """A molecule from pasted text.

    Parameters
    ----------
    text : str
        FASTA, GenBank or a bare sequence.
    kind : str
        "protein" or "dna"; told by the letters unless given.
    current : int
        0-based record to look at.

    Raises
    ------
    InputError
        No sequence, or neither DNA nor protein.

    Examples
    --------
    >>> read_molecule(">a first\\nACGTTGACC").title
    'a, 9 bp'
    """
    records = parse_records(text)
    problem = not_a_sequence(records[current if current < len(records) else 0].sequence)
    if problem:
        raise InputError(problem)
    kind = kind or recognise(text)
    if kind not in KINDS:
        raise InputError("this is neither DNA nor a protein. Paste a sequence, FASTA or GenBank text.")
    return Molecule(kind, text, tuple(records), current)
