"""FASTA, one record at a time."""

from collections.abc import Iterable, Iterator
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

from biocore.errors import InputError
from biocore.io.compression import DAMAGE, open_compressed


class FastaEntry(NamedTuple):
    """A record as it stands in the file.

    Attributes
    ----------
    header : str
        The line without its ``>``.
    sequence : str
        The lines below it joined, as they are but for white space at their ends; empty where there is none.
    line : int
        1-based number of the header's line.
    """

    header: str
    sequence: str
    line: int

    @property
    def name(self) -> str:
        """The header up to the first white space, a tab too; may be empty."""
        return self.header.split(maxsplit=1)[0] if self.header else ""

    @property
    def description(self) -> str:
        """The rest of the header."""
        return self.header[len(self.name) :].strip()


def fasta_entries(lines: Iterable[str], *, source: str | None = None) -> Iterator[FastaEntry]:
    """Records of FASTA text, one after another.

    Parameters
    ----------
    lines : iterable of str
        An open text file, or ``text.splitlines()``.  Lines that start with ``;`` are comments.
    source : str, optional
        File name, for messages.

    Raises
    ------
    InputError
        Something stands before the first ``>`` line.

    Examples
    --------
    >>> [(e.name, e.sequence) for e in fasta_entries([">a first", "ACG", "T", ">b", "GG"])]
    [('a', 'ACGT'), ('b', 'GG')]
    """
    header, start = None, 0
    parts: list[str] = []
    for number, line in enumerate(lines, 1):
        line = line.strip()
        if line.startswith(">"):
            if header is not None:
                yield FastaEntry(header, "".join(parts), start)
            header, start, parts = line[1:].strip(), number, []
        elif line and not line.startswith(";"):
            if header is None:
                raise InputError(
                    f"There is text before the first '>' line (line {number}: {line[:30]!r}). "
                    "Start with a '>' line, or give a bare sequence.",
                    record=source,
                )
            parts.append(line)
    if header is not None:
        yield FastaEntry(header, "".join(parts), start)


def read_fasta(path: Path) -> Iterator[FastaEntry]:
    """Records of a FASTA file, gzip- or xz-compressed or not, without holding the file in memory.

    Parameters
    ----------
    path : Path

    Raises
    ------
    InputError
        The file is missing, damaged or cut short, or something stands before the first ``>`` line.
    """
    try:
        with open_compressed(path) as file:
            yield from fasta_entries(TextIOWrapper(file, "utf-8-sig", errors="replace"), source=str(path))
    except DAMAGE as error:
        why = getattr(error, "strerror", None) or error
        raise InputError(f"cannot be read ({why}).", record=str(path)) from error
