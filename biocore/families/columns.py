"""Columns of an alignment: weighted frequencies, effective number of sequences, gaps.

Rows are sequences, columns the places of one reference.  Codes: 0 to 19 in the order of `AMINO_ACIDS`, `GAP` inside a
sequence, `ABSENT` before its first and after its last aligned residue (and for X and other rare letters): nothing is
known there, which is not the same as a gap.
"""

from dataclasses import dataclass

import numpy as np

from biocore.sequence import AMINO_ACIDS

GAP, ABSENT = 20, 21
MAX_ROWS = 600  # more sequences are thinned: their number enters as weight, the rows by an even choice
IDENTITY = 0.8  # sequences closer than this count as one
CODES = np.full(256, ABSENT, np.uint8)
for _code, _letter in enumerate(AMINO_ACIDS):
    CODES[[ord(_letter), ord(_letter.lower())]] = _code
CODES[[ord("-"), ord(".")]] = GAP


@dataclass(frozen=True)
class Columns:
    """What is known of each column.

    Attributes
    ----------
    frequencies : float32 array, (L, 20)
        Position-weighted frequency of each amino acid among the residues that stand there; rows sum to 1, or are 0
        where no residue stands.
    effective : float32 array, (L,)
        Sequences with a residue there, those closer than 80 % identity counted as one together.
    present : int array, (L,)
        Sequences with a residue there, counted plainly.
    occupancy : float32 array, (L,)
        Weighted fraction of the sequences that reach over the column and have a residue there; NaN where none does.
    """

    frequencies: np.ndarray
    effective: np.ndarray
    present: np.ndarray
    occupancy: np.ndarray

    def __post_init__(self):
        length = len(self.frequencies)
        if self.frequencies.shape != (length, len(AMINO_ACIDS)):
            raise ValueError(f"frequencies {self.frequencies.shape}: (L, 20) are needed")
        if not self.effective.shape == self.present.shape == self.occupancy.shape == (length,):
            raise ValueError("effective, present and occupancy must have one value for each column")

    def __len__(self) -> int:
        return len(self.frequencies)


def encode(sequence: str) -> np.ndarray:
    """Letters -> codes, uint8 (L,): ``-`` and ``.`` are gaps, what is no amino acid is `ABSENT`."""
    return CODES[np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)]


def open_ends(rows: np.ndarray) -> np.ndarray:
    """`rows` with the gaps before the first and after the last residue of each row turned into `ABSENT`."""
    residue = rows < GAP
    inside = np.logical_or.accumulate(residue, axis=1) & np.logical_or.accumulate(residue[:, ::-1], axis=1)[:, ::-1]
    return np.where(inside, rows, ABSENT).astype(np.uint8)


def one_hot(rows: np.ndarray) -> np.ndarray:
    """Codes -> float32 (N, L, 20); gaps and absent residues are rows of zeros."""
    return np.eye(ABSENT + 1, GAP, dtype=np.float32)[rows]


def position_weights(hot: np.ndarray) -> np.ndarray:
    """Weight of each sequence, float (N,), sum 1: rare residues of a column count more.

    Parameters
    ----------
    hot : float32 array, (N, L, 20)
        Of `one_hot`.

    References
    ----------
    Henikoff & Henikoff (1994), J Mol Biol 243:574-578, doi:10.1016/0022-2836(94)90032-9.

    Examples
    --------
    >>> print(position_weights(one_hot(np.array([[0, 1], [0, 1], [0, 2]]))).round(2))
    [0.29 0.29 0.42]
    """
    tally = hot.sum(axis=0)  # (L, 20)
    kinds = np.maximum((tally > 0).sum(axis=1, keepdims=True), 1)
    worth = np.divide(1, tally * kinds, out=np.zeros_like(tally), where=tally > 0)
    flat = hot.reshape(len(hot), -1)
    each = flat @ worth.ravel() / np.maximum(flat.sum(axis=1), 1)
    total = each.sum()
    return each / total if total > 0 else np.full(len(hot), 1 / len(hot))


def identity_weights(hot: np.ndarray, *, identity: float = IDENTITY) -> np.ndarray:
    """1 over the number of sequences at least as close as `identity` (itself included), float (N,).

    Identity is counted over the columns where both have a residue; the sum of the weights is the effective number of
    sequences, as in Morcos et al. (2011), doi:10.1073/pnas.1111471108.

    Parameters
    ----------
    hot : float32 array, (N, L, 20)
        Of `one_hot`.

    Examples
    --------
    >>> identity_weights(one_hot(np.array([[0, 1], [0, 1], [2, 3]])))
    array([0.5, 0.5, 1. ], dtype=float32)
    """
    flat, residue = hot.reshape(len(hot), -1), hot.sum(axis=2)
    close = flat @ flat.T >= identity * np.maximum(residue @ residue.T, 1)
    return 1 / np.maximum(close.sum(axis=1), 1).astype(np.float32)


def thinned(rows: np.ndarray, limit: int = MAX_ROWS) -> np.ndarray:
    """At most `limit` of the rows, evenly chosen; the first, which is the reference, stays."""
    if len(rows) <= limit:
        return rows
    return rows[np.unique(np.linspace(0, len(rows) - 1, limit).round().astype(int))]


def columns(rows: np.ndarray) -> Columns:
    """Frequencies, effective number and occupancy of each column.

    Parameters
    ----------
    rows : uint8 array, (N, L)
        Codes, ends already open (`open_ends`).  More than `MAX_ROWS` are thinned.
    """
    rows = thinned(rows)
    hot = one_hot(rows)
    weight, alone = position_weights(hot).astype(np.float32), identity_weights(hot)
    counts = (weight @ hot.reshape(len(hot), -1)).reshape(hot.shape[1:])  # (L, 20)
    residues, gaps = counts.sum(axis=1), weight @ (rows == GAP)
    with np.errstate(invalid="ignore", divide="ignore"):
        frequencies = np.where(residues[:, None] > 0, counts / residues[:, None], 0)
        occupancy = residues / np.where(residues + gaps > 0, residues + gaps, np.nan)
    here = rows < GAP
    return Columns(frequencies, alone @ here, here.sum(axis=0), occupancy.astype(np.float32))
