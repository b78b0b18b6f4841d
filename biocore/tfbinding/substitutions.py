"""Scores of single-base substitutions, computing only what each changes."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import jax
import numpy as np

from biocore.tfbinding.batches import checked, chunks, groups, padded, round_up
from biocore.tfbinding.incremental import reference_state, substituted

if TYPE_CHECKING:
    from biocore.tfbinding.model import TFModel

_SITES = 128  # substituted places in one call: more leave the processor's cache and gain nothing
_BASES = 1 << 14  # of the sequences themselves in one call
_ATTENDED = 1 << 14  # positions attended to in one call of a network with transformer blocks

_reference_states = jax.jit(reference_state, static_argnums=0)
_substituted = jax.jit(substituted, static_argnums=0)


def substitution_scores(
    models: Sequence["TFModel"], x: np.ndarray, row: np.ndarray, position: np.ndarray, base: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Calibrated log-odds of sequences and of substitutions in them, the mean of both strands.

    Parameters
    ----------
    models : sequence of TFModel, length F
    x : float32 array, (M, L, 4)
        One-hot; unknown bases 0.25 in every column.
    row : int array, (S,)
        Which sequence is changed; ascending.
    position : int array, (S,)
        Where, 0-based; a known base.
    base : int array, (S, A)
        To what: 0 to 3 for A C G T.

    Returns
    -------
    float32 array, (F, M)
        Of the sequences as they are.
    float32 array, (F, S, A)
        With each substitution alone.

    Raises
    ------
    InputError
        `x` has another shape or is too short.

    Notes
    -----
    Equal to scoring every substituted sequence as a whole, but for rounding.
    """
    x = checked(x)
    row, position, base = (np.asarray(a, np.int32) for a in (row, position, base))
    references = np.empty((len(models), len(x)), np.float32)
    scores = np.empty((len(models), *base.shape), np.float32)
    for places, trunk, head in groups(models):
        for some in chunks(len(x), max(1, _BASES // max(x.shape[1], trunk.architecture.flank))):
            members = slice(*np.searchsorted(row, (some.start, some.stop)))
            of = row[members] - some.start
            ours, theirs = _both_strands(trunk, head, x[some], of, position[members], base[members])
            references[places, some] = ours.T
            scores[places, members] = theirs.transpose(2, 0, 1)
    return references, scores


def _both_strands(trunk, head, x: np.ndarray, row, position, base) -> tuple[np.ndarray, np.ndarray]:
    """Mean of the strands: of the sequences, (M, F), and of substitutions, (S, A, F)."""
    sequences, length, _ = x.shape
    architecture = trunk.architecture
    both, count = padded(np.concatenate([x, x[:, ::-1, ::-1]]), architecture)
    left = max(0, architecture.flank - length) // 2
    state = _reference_states(architecture, trunk.variables, head, both, count)
    row = np.concatenate([row, row + sequences])
    position = np.concatenate([position, length - 1 - position]) + np.int32(left)
    base = np.concatenate([base, 3 - base])
    parts = []
    log_odds = state.pop("log_odds")
    limit = _SITES
    if architecture.transformers:
        limit = max(8, _ATTENDED // (base.shape[1] * architecture.positions(both.shape[1])[-1]))
    for some, size in _even(len(row), limit):
        rows, at, to = (_filled(a[some], size) for a in (row, position, base))
        parts.append((_substituted(architecture, trunk.variables, head, state, count, rows, at, to), some))
    scores = np.empty((*base.shape, log_odds.shape[1]), np.float32)
    for part, some in parts:
        scores[some] = np.asarray(part)[: some.stop - some.start]
    references = np.asarray(log_odds)[: 2 * sequences].reshape(2, sequences, -1).mean(axis=0)
    return references, scores.reshape(2, -1, *scores.shape[1:]).mean(axis=0)


def _even(total: int, limit: int) -> list[tuple[slice, int]]:
    """Slices of at most `limit` that share `total` evenly, and the size, in steps of 8, each is filled up to."""
    calls = max(1, -(-total // limit))
    size = -(-total // (8 * calls)) * 8
    return [(some, size if size > 64 else round_up(size)) for some in chunks(total, size)]


def _filled(a: np.ndarray, size: int) -> np.ndarray:
    """`a` with copies of its first row up to `size` rows."""
    return np.concatenate([a, np.repeat(a[:1], size - len(a), axis=0)]) if len(a) < size else a
