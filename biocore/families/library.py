"""A library of protein families: distributions, lengths and calibration of each; no sequence is in it.

A family is a row of columns.  A column is what stands there in its members: square roots of the frequencies at four
bits a residue, the effective number of members on a logarithmic scale, and how often members skip it or insert after
it.  Columns that fewer than three members reach are left out when the library is made.
"""

import os
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from biocore.families.mixture import Mixture
from biocore.families.unpacked import Unpacked, keep, opened

EFFECTIVE_STEPS = 16
EFFECTIVE_TOP = 1000.0
GAP_LEVELS = np.array([0.005, 0.02, 0.06, 0.2], np.float32)  # chance that a member skips, or inserts after, a column
CODEC, LEVEL = "brotli", 11  # of pyarrow; smaller than xz here, and unpacked in half a second
BLOCK = 256  # families packed together
PIECE = 8192  # columns compared at a time: what the processor's cache holds
STATE_EFFECTIVE, STATE_PRIOR = (
    20.0,
    2.0,
)  # what the filter sees of a column: members up to, and observations of the background


@dataclass(frozen=True)
class Family:
    """One family, unpacked.

    Attributes
    ----------
    name : str
    frequencies : float32 array, (M, 20), columns `AMINO_ACIDS`
    effective : float32 array, (M,)
        Effective number of members with a residue there.
    skip, insert : float32 arrays, (M,)
        Chance that a member has no residue there, or residues of its own after it.
    members : int
    """

    name: str
    frequencies: np.ndarray
    effective: np.ndarray
    skip: np.ndarray
    insert: np.ndarray
    members: int

    def __post_init__(self):
        length = len(self.frequencies)
        if self.frequencies.shape != (length, 20) or not (
            self.effective.shape == self.skip.shape == self.insert.shape == (length,)
        ):
            raise ValueError("frequencies (M, 20), effective (M,), skip (M,) and insert (M,) are needed")

    def __len__(self) -> int:
        return len(self.frequencies)


def pack(family: Family) -> np.ndarray:
    """A family as bytes, uint8 (M, 11): ten of frequencies, one of effective number and gaps."""
    roots = np.rint(15 * np.sqrt(family.frequencies)).astype(np.uint8)
    step = np.rint((EFFECTIVE_STEPS - 1) * np.log(np.clip(family.effective, 1, EFFECTIVE_TOP)) / np.log(EFFECTIVE_TOP))
    skip, insert = (
        np.abs(np.log(np.maximum(v, 1e-4))[:, None] - np.log(GAP_LEVELS)).argmin(axis=1)
        for v in (family.skip, family.insert)
    )
    last = (step.astype(np.uint8) << 4) | (skip.astype(np.uint8) << 2) | insert.astype(np.uint8)
    return np.concatenate([roots[:, 0::2] << 4 | roots[:, 1::2], last[:, None]], axis=1)


def unpack(packed: np.ndarray, name: str, members: int) -> Family:
    """The family that `pack` has packed, to within its rounding."""
    roots = np.empty((len(packed), 20), np.float32)
    roots[:, 0::2], roots[:, 1::2] = packed[:, :10] >> 4, packed[:, :10] & 15
    squares = roots**2
    frequencies = squares / np.maximum(squares.sum(axis=1, keepdims=True), 1)
    last = packed[:, 10]
    effective = EFFECTIVE_TOP ** ((last >> 4).astype(np.float32) / (EFFECTIVE_STEPS - 1))
    return Family(name, frequencies, effective, GAP_LEVELS[last >> 2 & 3], GAP_LEVELS[last & 3], members)


def compress(values: np.ndarray) -> np.ndarray:
    """Bytes of a uint8 array, compressed, as uint8 (B,)."""
    import pyarrow as pa

    return np.frombuffer(pa.Codec(CODEC, compression_level=LEVEL).compress(values.tobytes(), asbytes=True), np.uint8)


def decompress(values: np.ndarray, size: int) -> np.ndarray:
    """What `compress` has compressed; `size` bytes."""
    import pyarrow as pa

    return np.frombuffer(pa.Codec(CODEC).decompress(values.tobytes(), size, asbytes=True), np.uint8)


# what the last byte of `pack` stands for
_EFFECTIVE = (EFFECTIVE_TOP ** ((np.arange(256) >> 4) / (EFFECTIVE_STEPS - 1))).astype(np.float32)


def nearest(packed: np.ndarray, typical: Mixture, before: np.ndarray) -> np.ndarray:
    """The typical column that each column resembles most: the highest mean log-likelihood of what was counted there.

    Columns lie side by side, and the best is found row by row: a third of the time of one `argmax` along short rows.

    Parameters
    ----------
    packed : uint8 array, (11, M)
        Columns of `pack`, transposed.
    typical : Mixture
        K columns to choose from.
    before : float array, (20,)
        Counts added to those of every column.

    Returns
    -------
    uint8 array, (M,)
    """
    logs = np.log(typical.components)  # (K, 20)
    squares = np.empty((20, packed.shape[1]), np.float32)
    for place, roots in ((0, packed[:10] >> 4), (1, packed[:10] & 15)):
        np.square(roots, out=squares[place::2], dtype=np.float32)
    # the whole is divided by the column's counts, which leaves the order of the K as it is
    share = np.maximum(squares.sum(axis=0), 1) / np.minimum(_EFFECTIVE[packed[10]], STATE_EFFECTIVE)
    scores = logs @ squares
    scores += (logs @ before)[:, None] * share
    best, found = scores.max(axis=0), np.zeros(packed.shape[1], np.uint8)
    for state in range(len(scores) - 1, -1, -1):  # the first of equal ones stays
        np.copyto(found, np.uint8(state), where=scores[state] == best)
    return found


@dataclass(frozen=True)
class Library:
    """Families, packed.

    Attributes
    ----------
    lengths : int array, (F,)
        Columns of each family.
    members : int array, (F,)
        Sequences each was made from.
    blocks : tuple of uint8 arrays
        Packed columns of `BLOCK` families each, transposed (11, columns) and compressed.
    trust : float32 array, (F,)
        Factor on the effective numbers when a family is searched with; see `biocore.families.hmm.search_trust`.
    alphabet, prior : Mixture
        26 typical columns for the filter; many for completing what few members show.
    calibration : mapping
        Numbers that turn scores into E-values; see `biocore.families.search`.
    folder : Path, optional
        Where the unpacked columns are kept between processes; see `biocore.families.unpacked`.
    """

    lengths: np.ndarray
    members: np.ndarray
    blocks: tuple[np.ndarray, ...]
    trust: np.ndarray
    alphabet: Mixture
    prior: Mixture
    calibration: Mapping[str, float]
    folder: Path | None = None

    def __post_init__(self):
        if not len(self.lengths) == len(self.members) == len(self.trust):
            raise ValueError("each family has a length, a number of members, and a factor for searches")
        if len(self.blocks) != -(-len(self.lengths) // BLOCK):
            raise ValueError(f"{len(self.blocks)} blocks for {len(self.lengths)} families")

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def starts(self) -> np.ndarray:
        """First column of each family among all, and the end, int (F + 1,)."""
        return np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])

    @property
    def states(self) -> np.ndarray:
        """The typical column (of `alphabet`) that each column of all families resembles most, uint8 (C,)."""
        return self.unpacked.states

    @cached_property
    def unpacked(self) -> Unpacked:
        """All columns, from `folder` where an earlier process has left them."""
        if self.folder is None:
            return self._unpack()
        kept = opened(self.folder, int(self.starts[-1]))
        if kept is not None:
            return kept
        made = self._unpack()
        return (opened(self.folder, len(made.states)) if keep(self.folder, made) else None) or made

    def _unpack(self) -> Unpacked:
        typical = STATE_PRIOR * (self.prior.weights @ self.prior.components)
        columns, states = np.empty((int(self.starts[-1]), 11), np.uint8), np.empty(int(self.starts[-1]), np.uint8)

        def unpack_block(number: int) -> None:
            first, last = (int(self.starts[min(n * BLOCK, len(self))]) for n in (number, number + 1))
            packed = decompress(self.blocks[number], (last - first) * 11).reshape(11, -1)
            columns[first:last] = packed.T
            for start in range(0, last - first, PIECE):
                stop = min(start + PIECE, last - first)
                states[first + start : first + stop] = nearest(packed[:, start:stop], self.alphabet, typical)

        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(unpack_block, range(len(self.blocks))))
        return Unpacked(columns, states)

    def family(self, index: int) -> Family:
        """One family.

        Raises
        ------
        IndexError
            `index` is not 0 to F - 1.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"family {index} of {len(self)}")
        packed = self.unpacked.columns[self.starts[index] : self.starts[index + 1]]
        return unpack(packed, self.name(index), int(self.members[index]))

    @staticmethod
    def name(index: int) -> str:
        """How a family is called on every screen and in every file."""
        return f"family {index + 1:05d}"
