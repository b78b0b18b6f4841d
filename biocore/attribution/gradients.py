"""Gradients of a model with respect to its input: one backward pass instead of 3 L predictions."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np

from biocore.attribution.results import EffectMap
from biocore.errors import InputError
from biocore.sequence import clean_dna, one_hot

LogitFunction = Callable[[Any], Any]  # JAX: (N, L, 4) -> (N,)
GRADIENT_METHODS = ("gradient", "corrected-gradient", "integrated-gradients")
STEPS = 64
STEPS_PER_CALL = 32


def gradient_map(logit: LogitFunction, sequence: str, method: str, *, start: int = 0) -> EffectMap:
    """The map of one of `GRADIENT_METHODS` by name.

    Parameters
    ----------
    logit : JAX function, (N, L, 4) -> (N,)
    sequence : str, length L
    method : str
        One of `GRADIENT_METHODS`.
    start : int
        0-based place of the first base in the user's record.

    Returns
    -------
    EffectMap

    Raises
    ------
    InputError
        No such method, or a sequence `clean_dna` refuses.
    """
    functions = dict(zip(GRADIENT_METHODS, (input_gradient, corrected_gradient, integrated_gradients), strict=True))
    if method not in functions:
        raise InputError(f"There is no method {method!r}; use one of {', '.join(GRADIENT_METHODS)}.")
    return functions[method](logit, sequence, start=start)


def input_gradient(logit: LogitFunction, sequence: str, *, start: int = 0) -> EffectMap:
    """Slope of the score along each base at each position, as the network sees it.

    Parameters
    ----------
    logit : JAX function, (N, L, 4) -> (N,)
        Best a `functools.partial` (or `jax.tree_util.Partial`) of a function on its weights: models of one architecture
        then compile once.
    sequence : str, length L
        As `clean_dna` takes it.  Rows of N are NaN.
    start : int
        0-based place of the first base in the user's record.

    Returns
    -------
    EffectMap
        Slopes in log-odds for a whole base.  They hold a part that no sequence can follow (four bases rising together);
        `corrected_gradient` takes it out.

    References
    ----------
    Simonyan, Vedaldi & Zisserman (2014), ICLR workshop, arXiv:1312.6034.
    """
    sequence = clean_dna(sequence).sequence
    x = one_hot([sequence])
    scores, slopes = _value_and_gradient()(_as_partial(logit), x)
    return EffectMap("gradient", sequence, float(scores[0]), _hide_unknown(np.asarray(slopes[0]), sequence), start)


def corrected_gradient(logit: LogitFunction, sequence: str, *, start: int = 0) -> EffectMap:
    """Input gradient minus its mean over the four bases at each position.

    One-hot DNA always sums to one, so the common part of the four slopes points off the data and is noise.

    Parameters
    ----------
    logit : JAX function, (N, L, 4) -> (N,)
    sequence : str, length L
    start : int
        0-based place of the first base in the user's record.

    Returns
    -------
    EffectMap
        Each row sums to 0.  Rows of N are NaN.

    Raises
    ------
    InputError
        A sequence `clean_dna` refuses.

    References
    ----------
    Majdandzic, Rajesh & Koo (2023), Genome Biology 24:109, doi:10.1186/s13059-023-02956-3.
    """
    plain = input_gradient(logit, sequence, start=start)
    return EffectMap("corrected-gradient", plain.sequence, plain.reference, plain.centred, start)


def integrated_gradients(
    logit: LogitFunction, sequence: str, *, start: int = 0, steps: int = STEPS, baseline: np.ndarray | None = None
) -> EffectMap:
    """Share of the score that each base carries, summed along the straight path from a baseline.

    Parameters
    ----------
    logit : JAX function, (N, L, 4) -> (N,)
    sequence : str, length L
    start : int
        0-based place of the first base in the user's record.
    steps : int
        Points on the path (midpoint rule).  More make `completeness_error` smaller.
    baseline : float array, (L, 4), optional
        Where the path starts.  Default is a quarter of each base everywhere: a sequence of N.

    Returns
    -------
    EffectMap
        The sum of all entries is the score minus the baseline's, up to `completeness_error`.  Rows of N are NaN in the
        map (with the default baseline their share is 0).

    References
    ----------
    Sundararajan, Taly & Yan (2017), ICML, PMLR 70:3319-3328, arXiv:1703.01365.
    """
    sequence = clean_dna(sequence).sequence
    x = one_hot([sequence])[0]
    baseline = np.full_like(x, 0.25) if baseline is None else np.asarray(baseline, np.float32)
    if baseline.shape != x.shape:
        raise ValueError(f"baseline (={baseline.shape}) must be {x.shape}.")
    call, f = _value_and_gradient(), _as_partial(logit)
    ends, _ = call(f, np.stack([baseline, x]))
    share = ((np.arange(steps, dtype=np.float32) + 0.5) / steps)[:, None, None]
    total = np.zeros(x.shape, np.float64)
    for begin in range(0, steps, STEPS_PER_CALL):
        points = baseline + share[begin : begin + STEPS_PER_CALL] * (x - baseline)
        total += np.asarray(call(f, points.astype(np.float32))[1], np.float64).sum(axis=0)
    values = (x - baseline) * (total / steps)
    expected = float(ends[1] - ends[0])
    missed = abs(float(values.sum()) - expected) / abs(expected) if expected else float("nan")
    effects = _hide_unknown(values.astype(np.float32), sequence)
    return EffectMap("integrated-gradients", sequence, float(ends[1]), effects, start, completeness_error=missed)


def _hide_unknown(values: np.ndarray, sequence: str) -> np.ndarray:
    """A copy with NaN in the rows of N."""
    values = np.array(values, np.float32)
    values[[letter == "N" for letter in sequence]] = np.nan
    return values


@lru_cache(maxsize=1)
def _value_and_gradient() -> Callable:
    """The one compiled function of this module: (Partial, (N, L, 4)) -> scores (N,), gradients (N, L, 4)."""
    import jax

    def value_and_gradient(logit, x):
        scores, pull_back = jax.vjp(logit, x)
        return scores, pull_back(jax.numpy.ones_like(scores))[0]

    return jax.jit(value_and_gradient)


@dataclass(frozen=True)
class _Rebuilt:
    """A `functools.partial` taken apart: `function` with its fixed settings; the arrays come as arguments."""

    function: Callable
    structure: Any
    settings: tuple[tuple[int, Any], ...]

    def __call__(self, *arrays_and_x):
        import jax

        *arrays, x = arrays_and_x
        leaves = list(arrays)
        for place, value in self.settings:
            leaves.insert(place, value)
        args, keywords = jax.tree.unflatten(self.structure, leaves)
        return self.function(*args, x, **keywords)


def _as_partial(logit: LogitFunction):
    """`logit` as a pytree whose leaves are its weights, so that models of one architecture compile once.

    A plain function has no leaves and compiles on its own.
    """
    import jax
    from jax.tree_util import Partial

    if isinstance(logit, Partial):
        return logit
    if not isinstance(logit, partial):
        return _wrapped(logit)
    leaves, structure = jax.tree.flatten((logit.args, logit.keywords))
    is_array = [isinstance(leaf, np.ndarray | jax.Array | np.number | float) for leaf in leaves]
    settings = tuple((i, leaf) for i, leaf in enumerate(leaves) if not is_array[i])
    arrays = [leaf for leaf, array in zip(leaves, is_array, strict=True) if array]
    return Partial(_Rebuilt(logit.func, structure, settings), *arrays)


@lru_cache(maxsize=64)
def _wrapped(logit: LogitFunction):
    from jax.tree_util import Partial

    return Partial(logit)
