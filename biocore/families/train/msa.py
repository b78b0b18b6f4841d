"""Alignments of families: every member on the residues of its representative."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from biocore.families.columns import ABSENT, GAP

_OPERATION = re.compile(r"(\d+)([MID])")


@dataclass(frozen=True)
class Pair:
    """A member aligned with a representative: 0-based starts on both, and a CIGAR (M both, I representative only,
    D member only), as MMseqs2 writes it."""

    member: int
    start: int
    member_start: int
    cigar: str


@dataclass(frozen=True)
class Hit:
    """A pair and how often one so good is found by chance (E-value)."""

    pair: Pair
    evalue: float


@dataclass(frozen=True)
class FamilyAlignment:
    """Rows on the residues of a representative.

    Attributes
    ----------
    rows : uint8 array, (N, L)
        Codes of `biocore.families.columns`; the representative first.
    inserted : bool array, (N, L)
        Whether a row has residues of its own after the column.
    """

    rows: np.ndarray
    inserted: np.ndarray


def align_members(representative: np.ndarray, members: Iterable[tuple[np.ndarray, Pair]]) -> FamilyAlignment:
    """Lay members on their representative.

    Parameters
    ----------
    representative : uint8 array, (L,)
        Codes.
    members : iterable of (codes, Pair)
        The representative itself is left out.
    """
    length = len(representative)
    rows, inserted = [representative], [np.zeros(length, bool)]
    for codes, pair in members:
        row, insert = np.full(length, ABSENT, np.uint8), np.zeros(length, bool)
        here, there = pair.start, pair.member_start
        for count, operation in _OPERATION.findall(pair.cigar):
            count = int(count)
            if operation == "M":
                row[here : here + count] = codes[there : there + count]
                here, there = here + count, there + count
            elif operation == "I":
                row[here : here + count] = GAP
                here += count
            else:
                insert[here - 1] = True
                there += count
        rows.append(row)
        inserted.append(insert)
    return FamilyAlignment(np.stack(rows), np.stack(inserted))


def carried_over(alignment: FamilyAlignment, pair: Pair, length: int) -> FamilyAlignment:
    """The rows of another family's alignment, laid on a representative of `length` residues.

    Parameters
    ----------
    alignment : FamilyAlignment
        Of the other family, on its own representative.
    pair : Pair
        How that representative (the member of the pair) is aligned with the new one.
    length : int
    """
    count = len(alignment.rows)
    rows, inserted = np.full((count, length), ABSENT, np.uint8), np.zeros((count, length), bool)
    here, there = pair.start, pair.member_start
    for number, operation in _OPERATION.findall(pair.cigar):
        n = int(number)
        if operation == "M":
            rows[:, here : here + n] = alignment.rows[:, there : there + n]
            inserted[:, here : here + n] = alignment.inserted[:, there : there + n]
            here, there = here + n, there + n
        elif operation == "I":
            rows[:, here : here + n] = GAP
            here += n
        else:
            inserted[:, here - 1] |= (alignment.rows[:, there : there + n] < GAP).any(axis=1)
            there += n
    return FamilyAlignment(rows, inserted)


def joined(parts: Iterable[FamilyAlignment]) -> FamilyAlignment:
    """Several alignments on one representative as one."""
    parts = list(parts)
    return FamilyAlignment(np.concatenate([p.rows for p in parts]), np.concatenate([p.inserted for p in parts]))
