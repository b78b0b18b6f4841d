"""What the head reads: a protein as one vector, from its residues' embeddings and from plain counts.

A vector is made of named groups, so that an ablation can leave each of them out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.sequence import AMINO_ACIDS
from biocore.sequence.properties import HYDROPATHY

MAX_RESIDUES = 20_000  # read of one protein; of human proteins only titin is longer
POOLS = ("mean", "std", "max")
ENDS = 30  # residues at each end: signal peptides, anchors
MEMBRANE = 19  # residues of a helix that crosses the membrane

_INDEX = np.full(256, -1, dtype=np.int64)
for _i, _letter in enumerate(AMINO_ACIDS):
    _INDEX[ord(_letter)] = _i

Progress = Callable[[int, int], None]


class Backbone(Protocol):
    """A protein language model, as far as this package needs one."""

    name: str
    hash: str
    window: int

    def residue_embeddings(self, sequence: str, *, layer: int = -1) -> np.ndarray:
        """Float array (L, D)."""
        ...


class NoBackbone:
    """Stands where a head reads plain counts only: embeddings of width 0."""

    name = hash = "none"
    window = MAX_RESIDUES

    def residue_embeddings(self, sequence: str, *, layer: int = -1) -> np.ndarray:
        """Float array (L, 0)."""
        return np.zeros((len(sequence), 0), np.float32)


class LanguageModel:
    """The language model behind a head, loaded by name when it is first needed."""

    def __init__(self, name: str, hash: str, loaded: Backbone | None = None):
        self.name, self.hash = name, hash
        self._loaded = NoBackbone() if loaded is None and name == "none" else loaded

    def get(self) -> Backbone:
        """The loaded model.

        Raises
        ------
        ModelUnavailable
            It is not on this machine, or is another version than the head was trained on.
        """
        if self._loaded is None:
            found = zoo.load(self.name)
            if found.hash.split("-")[0] != self.hash.split("-")[0]:
                raise ModelUnavailable(
                    f"the function model was trained on another version of {self.name}. "
                    "Train it again: python -m biocore train function"
                )
            self._loaded = found
        return self._loaded

    def close(self) -> None:
        """Give its memory back."""
        close = getattr(self._loaded, "close", None)
        if self.name != "none":
            self._loaded = None
        if close is not None:
            close()


def pieces(length: int, window: int, *, limit: int = MAX_RESIDUES) -> list[tuple[int, int]]:
    """Cut a protein into the fewest pieces of nearly equal length that fit: (start, stop), 0-based, half-open.

    Unlike the tiles of masked predictions they do not overlap: for the mean of a protein that is half the work.
    Where they hold more than `limit` residues, evenly spaced pieces are read, from the first to the last.

    Parameters
    ----------
    length : int
        Residues of the protein.
    window : int
        Residues the language model reads at once.
    limit : int
        Residues read of one protein.

    Returns
    -------
    list of (start, stop)

    Examples
    --------
    >>> pieces(250, 100)
    [(0, 83), (83, 167), (167, 250)]
    """
    count = max(1, -(-length // window))
    edges = [round(i * length / count) for i in range(count + 1)]
    every = list(zip(edges[:-1], edges[1:], strict=True))
    affordable = max(1, int(limit // max(length / count, 1)))
    if affordable >= count:
        return every
    return [every[i] for i in sorted({round(x) for x in np.linspace(0, count - 1, affordable)})]


def pool(states: np.ndarray) -> np.ndarray:
    """Mean, standard deviation and maximum over residues, (L, D) -> float32 (3 D,).

    Parameters
    ----------
    states : float array, (L, D)
        Residue embeddings; nothing else.
    """
    if not states.shape[1]:
        return np.zeros(0, np.float32)
    return np.concatenate([states.mean(axis=0), states.std(axis=0), states.max(axis=0)]).astype(np.float32)


@dataclass(frozen=True)
class Reading:
    """How a protein is put through the language model.

    Attributes
    ----------
    layer : int
        Block whose states are pooled; -1 is the last.
    limit : int
        Residues read of one protein (`pieces`).
    """

    layer: int = -1
    limit: int = MAX_RESIDUES


def pooled(backbone: Backbone, sequence: str, reading: Reading = Reading()) -> np.ndarray:
    """Mean, standard deviation and maximum of a protein's residue embeddings, float32 (3 D,).

    Residues only: no padding and no special tokens, so a protein's vector does not depend on its company.

    Parameters
    ----------
    backbone : Backbone
    sequence : str, length L
        Cleaned protein.
    reading : Reading
    """
    read = pieces(len(sequence), backbone.window, limit=reading.limit)
    return pool(np.concatenate([backbone.residue_embeddings(sequence[a:b], layer=reading.layer) for a, b in read]))


def pooled_all(
    backbone: Backbone, sequences: Sequence[str], reading: Reading = Reading(), *, progress: Progress | None = None
) -> np.ndarray:
    """`pooled` of many proteins, float32 (N, 3 D).  `progress` gets (proteins done, proteins in all).

    Parameters
    ----------
    backbone : Backbone
    sequences : sequence of str, N
    reading : Reading
    progress : callable, optional
    """
    rows = []
    for number, sequence in enumerate(sequences, 1):
        rows.append(pooled(backbone, sequence, reading))
        if progress:
            progress(number, len(sequences))
    return np.array(rows, dtype=np.float32).reshape(len(rows), rows[0].size if rows else 0)


def counts(sequence: str) -> dict[str, np.ndarray]:
    """Plain features of a protein, in groups.

    Parameters
    ----------
    sequence : str
        Cleaned protein.

    Returns
    -------
    dict of float32 arrays
        composition (22): fraction of each amino acid, natural log of the length, fraction of rare letters.
        ends (40): composition of the first and of the last 30 residues.
        segments (4): highest mean hydropathy of 19 residues, number of stretches above 1.6 (log), fraction of residues
        in them, sequence entropy in bits.
        dipeptides (400): fraction of each pair of neighbours.
    """
    letters = _INDEX[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]
    known = letters[letters >= 0]
    length = len(letters)
    pairs = letters[:-1] * 20 + letters[1:]
    pairs = pairs[(letters[:-1] >= 0) & (letters[1:] >= 0)]
    fraction = _composition(letters)
    groups = {
        "composition": np.append(fraction, [np.log(max(length, 1)), 1 - len(known) / max(length, 1)]),
        "ends": np.concatenate([_composition(letters[:ENDS]), _composition(letters[-ENDS:])]),
        "segments": _segments(letters, fraction),
        "dipeptides": np.bincount(pairs, minlength=400)[:400] / max(len(pairs), 1),
    }
    return {name: values.astype(np.float32) for name, values in groups.items()}


COUNT_GROUPS = {"composition": 22, "ends": 40, "segments": 4, "dipeptides": 400}


def counts_all(sequences: Sequence[str], groups: Sequence[str]) -> np.ndarray:
    """The chosen groups of `counts` side by side, float32 (N, width).

    Parameters
    ----------
    sequences : sequence of str, N
    groups : sequence of str
        Keys of `COUNT_GROUPS`.
    """
    width = sum(COUNT_GROUPS[g] for g in groups)
    rows = []
    for sequence in sequences:
        found = counts(sequence)
        rows.append(np.concatenate([found[g] for g in groups]) if groups else np.zeros(0, np.float32))
    return np.array(rows, dtype=np.float32).reshape(len(rows), width)


def _composition(letters: np.ndarray) -> np.ndarray:
    known = letters[letters >= 0]
    return np.bincount(known, minlength=20) / max(len(known), 1)


def _segments(letters: np.ndarray, fraction: np.ndarray) -> np.ndarray:
    values = np.where(letters >= 0, HYDROPATHY[letters.clip(0)], 0.0)
    if len(values) >= MEMBRANE:
        mean = np.convolve(values, np.full(MEMBRANE, 1 / MEMBRANE), mode="valid")
    else:
        mean = np.array([values.mean() if len(values) else 0.0])
    above = mean > 1.6
    stretches = int(above[0]) + int((above[1:] & ~above[:-1]).sum())
    present = fraction[fraction > 0]
    entropy = float(-(present * np.log2(present)).sum())
    return np.array([mean.max(), np.log1p(stretches), above.mean(), entropy])
