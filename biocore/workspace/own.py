"""Tracks from a user's table: numbers measured or computed elsewhere, one line for each residue or base."""

import csv
from collections.abc import Iterator
from io import StringIO

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.io.tables import numbers, separator
from biocore.workspace.molecule import PROTEIN, Molecule
from biocore.workspace.tracks import Track

MOST_COLUMNS = 20
POSITION = ("position", "pos", "number", "residue number", "resi", "site", "index")
LETTER = ("letter", "residue", "aa", "amino acid", "wild type", "wt", "ref", "base")
Rows = list[tuple[int, list[str]]]  # line in the file, cells


def tracks_of_table(text: str, molecule: Molecule, *, source: str = "own table") -> tuple[Track, ...]:
    """Every column of numbers as a track of the molecule's current record; nothing is guessed.

    Parameters
    ----------
    text : str
        A header, then a line for each residue or base that has a value.  Cells are separated by commas, tabs or
        semicolons.  A column ``position`` holds 1-based places; without one there must be a line for each letter of
        the sequence.  A column ``letter`` is checked against it.  Empty cells are not defined.
    molecule : Molecule
    source : str
        Said beside the tracks.

    Raises
    ------
    InputError
        Says the line: a cell that is no number, a position that the sequence does not have or that was given before,
        another letter than stands there.

    Examples
    --------
    >>> from biocore.workspace import read_molecule
    >>> track, = tracks_of_table("position,letter,score\\n2,K,0.5", read_molecule(">a\\nMKT", "protein"))
    >>> track.name, track.values.tolist()
    ('score', [nan, 0.5, nan])
    """
    header, rows = _cells(text)
    sequence = molecule.sequence
    position, letter = _column(header, POSITION), _column(header, LETTER)
    places = list(_places(rows, position, sequence, molecule.name))
    if letter is not None:
        _check_letters(rows, letter, places, sequence, molecule.name)
    columns = [index for index in range(len(header)) if index not in (position, letter)]
    columns = [index for index in columns if any(_defined(cells, index) for _, cells in rows)]
    if not 0 < len(columns) <= MOST_COLUMNS:
        raise InputError(f"{len(columns)} columns of values; 1 to {MOST_COLUMNS} are taken, each with a name above it.")
    tracks = []
    for index in columns:
        values = np.full(len(sequence), np.nan)
        values[places] = _numbers(rows, index, header[index])
        tracks.append(Track(header[index], sequence, values, "", source, molecule.kind))
    return tuple(tracks)


def _cells(text: str) -> tuple[list[str], Rows]:
    reader = csv.reader(StringIO(text), delimiter=separator(text))
    try:
        rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except csv.Error as error:
        raise InputError(f"line {reader.line_num} is not a line of a table ({error}).") from error
    rows = [(line, cells) for line, cells in rows if any(cells) and not cells[0].startswith("#")]
    if len(rows) < 2:
        raise InputError("the table needs a header such as position,letter,score and a line for each residue.")
    (_, header), rows = rows[0], rows[1:]
    for line, cells in rows:
        if len(cells) != len(header):
            raise InputError(f"line {line} has {len(cells)} cells, and the header {len(header)}.")
    header = [name[:80] for name in header]
    for name in header:
        if not name or header.count(name) > 1:
            raise InputError(f"the header has {f'{name!r} twice' if name else 'a column without a name'}.")
    return header, rows


def _column(header: list[str], names: tuple[str, ...]) -> int | None:
    wanted = [index for index, name in enumerate(header) if name.lower().replace("_", " ") in names]
    return wanted[0] if wanted else None


def _places(rows: Rows, column: int | None, sequence: str, name: str) -> Iterator[int]:
    """0-based."""
    if column is None:
        if len(rows) != len(sequence):
            raise InputError(
                f"{len(rows):,} lines for the {len(sequence):,} letters of {name}. Add a column position (1-based), or "
                "give a line for each letter."
            )
        yield from range(len(sequence))
        return
    known: dict[int, int] = {}
    for line, cells in rows:
        text = cells[column].removesuffix(".0")
        if not (text.isascii() and text.isdigit()) or not 1 <= int(text[:12]) <= len(sequence):
            raise InputError(
                f"line {line}: {cells[column][:20]!r} is no position of {name}, which has 1 to {len(sequence):,}."
            )
        place = int(text)
        if place in known:
            raise InputError(f"line {line}: position {place} was given before, on line {known[place]}.")
        known[place] = line
        yield place - 1


def _check_letters(rows: Rows, column: int, places: list[int], sequence: str, name: str) -> None:
    for (line, cells), place in zip(rows, places, strict=True):
        given = cells[column].upper()
        if given and given != sequence[place]:
            raise InputError(
                f"line {line}: position {place + 1} of {name} is {sequence[place]}, and the table has {given[:10]!r}."
            )


def _defined(cells: list[str], column: int) -> bool:
    return bool(cells[column])


def _numbers(rows: Rows, column: int, name: str) -> np.ndarray:
    cells = [cells[column] for _, cells in rows]
    values = numbers(pd.Series(cells)).to_numpy()
    for (line, _), cell, value in zip(rows, cells, values, strict=True):
        if cell and not np.isfinite(value):
            raise InputError(
                f"line {line}: {cell[:20]!r} in the column {name!r} is no number. Leave cells empty where nothing is "
                "defined, and take out columns of text."
            )
    return values


def example(molecule: Molecule) -> str:
    """The first lines of a table that would be taken."""
    letters = enumerate(molecule.sequence[:3], 1)
    head = "position,letter,my score" if molecule.kind == PROTEIN else "position,base,my score"
    return "\n".join([head, *(f"{place},{letter},{place / 10:g}" for place, letter in letters)])
