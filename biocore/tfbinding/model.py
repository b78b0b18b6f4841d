"""Transcription-factor models: score sequences, score every window of a long sequence."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from biocore.errors import InputError
from biocore.sequence import one_hot
from biocore.tfbinding.batches import checked, chunks, groups, padded, round_up
from biocore.tfbinding.dense import dense_features
from biocore.tfbinding.network import (
    MIN_LENGTH,
    UNKNOWN,
    Architecture,
    Trunk,
    apply_heads,
)
from biocore.tfbinding.tracks import Track
from biocore.tfbinding.words import dense_term, letters_of, mean_term, smooth_term, with_unknown

WINDOW = 101  # bp; what the models were trained on
_POSITIONS = 1 << 16  # bases scored in one call of the network: bounds the memory
_WINDOWS = 4096  # windows of a track computed in one call


@dataclass(frozen=True, eq=False)
class SharedTrunk:
    """Weights of the part of a network that several factors share, and its shape."""

    architecture: Architecture
    variables: dict[str, Any]


@dataclass(frozen=True, eq=False)
class TFModel:
    """How strongly one factor binds a stretch of DNA; a callable (N, L, 4) -> (N,) calibrated log-odds.

    Attributes
    ----------
    tf : str
        Name of the factor, and of the variant where it is not the one that ships.
    trunk : SharedTrunk
        The same object in every model that shares it.
    heads : mapping of arrays
        Parameters of this factor's head (`network.Heads` with one factor).
    kmers : float32 array, (1, 4**h, 4**h)
        Table of words of 2 h bases in log-odds (zeros where the architecture has none), by their first and their last h
        bases; the same on both strands.
    scale, offset : float
        Calibration: log-odds = scale * output + mean of the words + offset, at a prior of one bound to one unbound
        sequence.
    window : int
        bp of the training sequences.
    """

    tf: str
    trunk: SharedTrunk = field(repr=False)
    heads: dict[str, np.ndarray] = field(repr=False)
    kmers: np.ndarray = field(repr=False)
    scale: float
    offset: float
    window: int = WINDOW

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Log-odds of binding, the mean of both strands.

        Parameters
        ----------
        x : float32 array, (N, L, 4), columns A C G T
            One-hot, unknown bases 0.25 in every column; L is 20 bp or more.  Each sequence counts as one window,
            so longer ones than `window` are pooled as a whole; see `track` for the windows along a sequence.

        Returns
        -------
        float32 array, (N,)
            Natural log; calibrated on held-out sequences, at a prior of 1:1.

        Raises
        ------
        InputError
            `x` has another shape or is too short.
        """
        return self.strand_log_odds(x).mean(axis=0)

    def strand_log_odds(self, x: np.ndarray) -> np.ndarray:
        """Log-odds from the sequences as given, and from their reverse complements: float32 array, (2, N).

        Parameters
        ----------
        x : float32 array, (N, L, 4), columns A C G T

        Returns
        -------
        float32 array, (2, N)
            Forward, reverse; natural log.
        """
        return strand_scores([self], x)[:, 0]

    def substitutions(
        self, x: np.ndarray, row: np.ndarray, position: np.ndarray, base: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-odds of sequences and of single-base substitutions in them, computing only what each changes.

        Parameters
        ----------
        x : float32 array, (M, L, 4)
            One-hot; unknown bases 0.25 in every column.
        row, position : int array, (S,)
            Which sequence is changed (ascending), and where (0-based).
        base : int array, (S, A)
            To what: 0 to 3 for A C G T.

        Returns
        -------
        float32 array, (M,)
            The sequences as they are.
        float32 array, (S, A)
            With each substitution alone.
        """
        from biocore.tfbinding.substitutions import substitution_scores

        references, scores = substitution_scores([self], x, row, position, base)
        return references[0], scores[0]

    @cached_property
    def words(self) -> np.ndarray:
        """The table of words with an entry for N at each place, by `words.numbers`: float32 array, (5**(2 h),)."""
        return with_unknown(self.kmers[0])

    @cached_property
    def logit_fn(self) -> Callable[[jax.Array], jax.Array]:
        """The same as calling the model, as a smooth JAX function to differentiate or compile: (N, L, 4) -> (N,).

        One object for the life of the model, so that what is compiled of it is compiled once.
        """
        head = (self.heads, self.kmers, np.float32(self.scale), np.float32(self.offset))
        return partial(_logits, self.trunk.architecture, self.trunk.variables, head)


# ---------------------------------------------------------------------------------------------------- scoring


def probability(log_odds: np.ndarray) -> np.ndarray:
    """Probability of binding at a prior of 1:1.

    Parameters
    ----------
    log_odds : array
        Natural log.

    Returns
    -------
    array of the same shape
    """
    from scipy.special import expit

    return expit(log_odds)


def scores(models: Sequence[TFModel], x: np.ndarray) -> np.ndarray:
    """Calibrated log-odds of several factors, (N, L, 4) -> (F, N), computing a shared trunk once.

    Parameters
    ----------
    models : sequence of TFModel, length F
    x : float32 array, (N, L, 4), columns A C G T

    Returns
    -------
    float32 array, (F, N)
        Natural log; the mean of both strands.

    Raises
    ------
    InputError
        `x` has another shape or is too short.
    """
    return strand_scores(models, x).mean(axis=0)


def strand_scores(models: Sequence[TFModel], x: np.ndarray) -> np.ndarray:
    """As `scores`, for each strand: float32 array, (2, F, N).

    Parameters
    ----------
    models : sequence of TFModel, length F
    x : float32 array, (N, L, 4), columns A C G T

    Returns
    -------
    float32 array, (2, F, N)
        Forward, reverse; natural log.
    """
    x = checked(x)
    result = np.empty((2, len(models), len(x)), np.float32)
    for places, trunk, head in groups(models):
        for rows in chunks(len(x), max(1, _POSITIONS // max(x.shape[1], WINDOW))):
            both = np.concatenate([x[rows], x[rows, ::-1, ::-1]])
            set_in, count = padded(both, trunk.architecture)
            out = np.asarray(_outputs(trunk.architecture, trunk.variables, head, set_in, count))
            # rows added to round the batch up fall away
            result[:, places, rows] = out[: len(both)].reshape(2, -1, len(places)).transpose(0, 2, 1)
    return result


def track(models: Sequence[TFModel], x: np.ndarray, *, window: int = WINDOW, stride: int = 1) -> Track:
    """Score every window of one sequence, for several factors and both strands.

    Parameters
    ----------
    models : sequence of TFModel, length F
    x : float32 array, (L, 4)
    window : int
        bp, 20 or more; a shorter sequence is one window of its own length.
    stride : int
        bp from one window to the next.

    Returns
    -------
    Track
        W = (L - window) // stride + 1 windows.

    Raises
    ------
    InputError
        The sequence or the window is shorter than 20 bp, or the stride is not positive.

    Notes
    -----
    For networks without transformer blocks the convolutions run once over the whole sequence and only the pooling and
    the heads are computed for each window; equal to scoring each window on its own, but for rounding.
    """
    if stride < 1 or window < MIN_LENGTH:
        raise InputError(
            f"window {window} bp, stride {stride} bp: use a window of {MIN_LENGTH} or more, a stride of 1 or more."
        )
    x = checked(np.asarray(x)[None])[0]
    window = min(window, len(x))
    starts = np.arange(0, len(x) - window + 1, stride)
    strands = np.empty((2, len(models), len(starts)), np.float32)
    for places, trunk, head in groups(models):
        one_pass = not trunk.architecture.transformers and window >= trunk.architecture.flank
        if one_pass:
            for rows in chunks(len(starts), max(1, _WINDOWS // stride)):
                out = _dense_chunk(trunk, head, x, starts[rows], window, stride)
                strands[:, places, rows] = out.transpose(0, 2, 1)
        else:
            for rows in chunks(len(starts), _POSITIONS // window + 1):
                pieces = x[starts[rows, None] + np.arange(window)]
                strands[:, places, rows] = strand_scores([models[i] for i in places], pieces)
    return Track(tuple(m.tf for m in models), starts, window, strands[0], strands[1])


def record_tracks(
    models: Sequence[TFModel], sequences: Sequence[str], *, window: int = WINDOW, stride: int = 1
) -> list[Track]:
    """A `track` of each record; those of one window are scored together, which is much faster for many short ones.

    Parameters
    ----------
    models : sequence of TFModel, length F
    sequences : sequence of str
        A, C, G, T, N.
    window, stride : int
        bp of a window, and from one window to the next.

    Returns
    -------
    list of Track
        In the order of `sequences`.

    Raises
    ------
    InputError
        As `track`.
    """
    results: dict[int, Track] = {}
    short: dict[int, list[int]] = {}
    for i, sequence in enumerate(sequences):
        if len(sequence) < window + stride:
            short.setdefault(min(len(sequence), window), []).append(i)
        else:
            results[i] = track(models, one_hot([sequence])[0], window=window, stride=stride)
    for length, members in short.items():
        strands = strand_scores(models, one_hot([sequences[i][:length] for i in members]))  # (2, F, M)
        for m, i in enumerate(members):
            forward, reverse = strands[:, :, m : m + 1]
            results[i] = Track(tuple(model.tf for model in models), np.zeros(1, int), length, forward, reverse)
    return [results[i] for i in range(len(sequences))]


def _dense_chunk(trunk, head, x: np.ndarray, starts: np.ndarray, window: int, stride: int) -> np.ndarray:
    """Log-odds at `starts`, (2, len(starts), F), from one pass over the bases they cover."""
    piece = x[starts[0] : starts[-1] + window]
    length = round_up(len(piece) - window) + window
    piece = np.concatenate([piece, np.full((length - len(piece), 4), UNKNOWN, np.float32)])
    out = _dense_outputs(trunk.architecture, trunk.variables, head, piece, window, stride)
    return np.asarray(out)[:, : len(starts)]


def _log_odds(architecture: Architecture, trunk, head, x: jax.Array, count) -> jax.Array:
    """Calibrated log-odds of the strand given, (N, L, 4) -> (N, F)."""
    out = _network_log_odds(architecture, trunk, head, x, count)
    return out + mean_term(head[1], letters_of(x), count) if architecture.kmers else out


def _network_log_odds(architecture: Architecture, trunk, head, x: jax.Array, count) -> jax.Array:
    heads, _, scale, offset = head
    features: Any = Trunk(architecture).apply(trunk, x, count, train=False)
    return apply_heads(heads, features) * jnp.reshape(scale, (1, -1)) + jnp.reshape(offset, (1, -1))


_outputs = jax.jit(_log_odds, static_argnums=0)


@partial(jax.jit, static_argnums=(0, 4, 5))
def _dense_outputs(architecture: Architecture, trunk, head, x, window: int, stride: int):
    """Calibrated log-odds of every window on both strands, (L, 4) -> (2, W, F)."""
    heads, words, scale, offset = head
    forward, reverse = dense_features(architecture, trunk, jnp.stack([x, x[::-1, ::-1]]), window)
    features = jnp.stack([forward[::stride], reverse[::-1][::stride]])
    out = apply_heads(heads, features.reshape(-1, features.shape[-1])).reshape(2, features.shape[1], -1)
    out = out * scale.reshape(1, 1, -1) + offset.reshape(1, 1, -1)
    return out + dense_term(words, letters_of(x), window)[None, ::stride] if architecture.kmers else out


def _logits(architecture: Architecture, trunk, head, x: jax.Array) -> jax.Array:
    """Calibrated log-odds of both strands as a pure function of the one-hot sequences, (N, L, 4) -> (N,)."""
    both = jnp.concatenate([x, x[:, ::-1, ::-1]])
    missing = max(0, architecture.flank - x.shape[1])
    both = jnp.pad(both, ((0, 0), (missing // 2, missing - missing // 2), (0, 0)), constant_values=UNKNOWN)
    out = _network_log_odds(architecture, trunk, head, both, both.shape[1])
    out = out + smooth_term(head[1], both) if architecture.kmers else out
    return out.reshape(2, -1).mean(axis=0)
