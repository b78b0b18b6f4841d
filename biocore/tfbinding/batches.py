"""Batches: one-hot sequences checked, cut into calls and rounded up in shape; models grouped by their trunk."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from biocore.errors import InputError
from biocore.tfbinding.network import MIN_LENGTH, UNKNOWN, Architecture
from biocore.tfbinding.words import stacked

if TYPE_CHECKING:
    from biocore.tfbinding.model import SharedTrunk, TFModel


def checked(x: np.ndarray) -> np.ndarray:
    """`x` as float32 (N, L, 4), or an InputError."""
    x = np.asarray(x, np.float32)
    if x.ndim != 3 or x.shape[2] != 4:
        raise InputError(f"one-hot DNA of shape (N, L, 4) is needed; this has shape {x.shape}.")
    if x.shape[1] < MIN_LENGTH:
        raise InputError(f"{x.shape[1]} bp is too short; {MIN_LENGTH} bp or more are needed.")
    return x


def groups(models: Sequence["TFModel"]) -> Iterator[tuple[list[int], "SharedTrunk", tuple]]:
    """Models by the trunk they share: their places in `models`, the trunk, and all that is theirs alone, stacked."""
    members: dict[int, list[int]] = {}
    for i, model in enumerate(models):
        members.setdefault(id(model.trunk), []).append(i)
    for places in members.values():
        group = [models[i] for i in places]
        heads = {name: np.concatenate([m.heads[name] for m in group]) for name in group[0].heads}
        scale, offset = (np.array([getattr(m, name) for m in group], np.float32) for name in ("scale", "offset"))
        words = stacked(tuple(group)) if group[0].trunk.architecture.kmers else np.zeros((1, 1), np.float32)
        yield places, group[0].trunk, (heads, words, scale, offset)


def chunks(total: int, size: int) -> Iterator[slice]:
    """Slices of `size` that cover `total`; the last may be shorter."""
    for start in range(0, total, size):
        yield slice(start, min(start + size, total))


def round_up(size: int) -> int:
    """The next of a few sizes (1, 2, 4 ... 64, then in eighths of a power of two), so that few shapes are compiled."""
    if size <= 64:
        return 1 << max(size - 1, 0).bit_length()
    step = 1 << ((size - 1).bit_length() - 3)
    return -(-size // step) * step


def padded(x: np.ndarray, architecture: Architecture) -> tuple[np.ndarray, np.int32]:
    """Sequences set between unknown bases up to the trained length, then rounded up in number and length.

    Returns them and how many bases count.
    """
    rows, length, _ = x.shape
    left = max(0, architecture.flank - length) // 2
    count = max(length, architecture.flank)
    shape = (round_up(rows), count if count == architecture.flank else round_up(count), 4)
    set_in = np.full(shape, UNKNOWN, np.float32)
    set_in[:rows, left : left + length] = x
    return set_in, np.int32(count)
