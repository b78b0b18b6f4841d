"""Text -> records: FASTA, GenBank or a bare sequence; and back to FASTA."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

from biocore.errors import InputError
from biocore.io import fasta_entries


@dataclass(frozen=True)
class Record:
    """One sequence with its name, as the user gave it (not cleaned)."""

    name: str
    sequence: str
    description: str = ""


def parse_records(text: str, *, max_records: int | None = None, allow_empty: bool = False) -> list[Record]:
    """Split pasted text or a file's content into records.

    Parameters
    ----------
    text : str
        FASTA (one or many), GenBank, or a bare sequence.  ``;`` comment lines are skipped in FASTA; a name ends at the
        first white space.
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

    Examples
    --------
    >>> parse_records(">a first\\nACGT\\n>b\\nGG")
    [Record(name='a', sequence='ACGT', description='first'), Record(name='b', sequence='GG', description='')]
    """
    text = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if not text.strip():
        raise InputError("The input is empty. Paste a sequence, FASTA or GenBank text.")
    if re.search(r"^[ \t]*>", text, flags=re.MULTILINE):
        records = _parse_fasta(text, allow_empty)
    elif text.lstrip().startswith("LOCUS"):
        records = _parse_genbank(text)
    else:
        records = [Record("sequence", text.strip())]
    if max_records is not None and len(records) > max_records:
        raise InputError(f"There are {len(records):,} records; this page takes up to {max_records:,}.")
    return records


def _parse_fasta(text: str, allow_empty: bool = False) -> list[Record]:
    records = []
    for number, entry in enumerate(fasta_entries(text.split("\n")), 1):
        name = entry.name or f"record {number}"
        if not entry.sequence and not allow_empty:
            raise InputError("has a name but no sequence.", record=name)
        records.append(Record(name, entry.sequence, entry.description))
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
    """FASTA text of `records`.

    Parameters
    ----------
    records : sequence of Record
    width : int
        Letters on a line.
    """
    lines = []
    for record in records:
        lines.append(f">{record.name} {record.description}".rstrip())
        lines += [record.sequence[i : i + width] for i in range(0, len(record.sequence), width)]
    return "\n".join(lines) + "\n"
