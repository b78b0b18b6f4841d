"""Proteins longer than a model's window: overlapping tiles, blended so that no seam shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_STEEPNESS = 8.0  # of the sigmoid over one overlap; its ends are within 2 % of 0 and 1


@dataclass(frozen=True)
class Tile:
    """Residues ``start`` to ``stop`` (0-based, half-open) of a protein, and how much each of them counts.

    Attributes
    ----------
    weights : float32 array, (stop - start,)
        Over all tiles of a protein the weights of a residue sum to 1.
    """

    start: int
    stop: int
    weights: np.ndarray


def tiles(length: int, window: int) -> list[Tile]:
    """Cover `length` residues with windows that overlap by at least half.

    Where two tiles overlap, the weight passes from one to the next along a sigmoid: residues near the cut end of a
    tile, which the model sees without their neighbours, count least.  A protein that fits is one tile of weight 1.

    References
    ----------
    Brandes et al. (2023), Nat Genet 55:1512-1522, doi:10.1038/s41588-023-01465-0 (blending of overlapping windows).
    """
    if length <= window:
        return [Tile(0, length, np.ones(length, np.float32))]
    count = 1 + -(-(length - window) // max(window // 2, 1))
    starts = np.linspace(0, length - window, count).round().astype(int)
    raw = []
    for index, start in enumerate(starts):
        weight = np.ones(window)
        if index > 0:
            weight *= _rise(starts[index - 1] + window - start, window)
        if index < count - 1:
            weight *= _rise(start + window - starts[index + 1], window)[::-1]
        raw.append(weight)
    total = np.zeros(length)
    for start, weight in zip(starts, raw, strict=True):
        total[start : start + window] += weight
    return [
        Tile(int(s), int(s) + window, (w / total[s : s + window]).astype(np.float32))
        for s, w in zip(starts, raw, strict=True)
    ]


def _rise(overlap: int, window: int) -> np.ndarray:
    """Weights that climb from 0 to 1 over the first `overlap` of `window` residues."""
    weight = np.ones(window)
    x = (np.arange(overlap) + 0.5) / overlap - 0.5
    weight[:overlap] = 1 / (1 + np.exp(-_STEEPNESS * x))
    return weight


def blend(pieces: Sequence[np.ndarray], parts: Sequence[Tile], length: int) -> np.ndarray:
    """Put the tiles' rows, each (window, ...), together as one array (length, ...)."""
    if len(pieces) == 1:
        return pieces[0]
    whole = np.zeros((length, *pieces[0].shape[1:]), np.float32)
    for piece, part in zip(pieces, parts, strict=True):
        whole[part.start : part.stop] += piece * part.weights.reshape(-1, *[1] * (piece.ndim - 1))
    return whole


def centred(position: int, length: int, window: int) -> tuple[int, int]:
    """The window that shows most of what surrounds a residue: start and stop, 0-based half-open."""
    start = min(max(position - window // 2, 0), max(length - window, 0))
    return start, min(start + window, length)
