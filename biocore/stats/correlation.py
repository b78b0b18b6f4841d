"""Rank correlation, with a bootstrap interval."""

import warnings
from collections.abc import Iterator

import numpy as np

from biocore.stats.intervals import Interval, percentile_interval

BOOTSTRAPS = 1000
BLOCK = 2_000_000  # numbers resampled at a time: memory stays bounded whatever the number of pairs


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rank correlation over the pairs that are both finite; ties share their mean rank.

    Parameters
    ----------
    a, b : float arrays, (N,)

    Returns
    -------
    float
        -1 to 1; NaN with fewer than 3 pairs, or where one side is constant.

    Examples
    --------
    >>> spearman(np.array([1.0, 2.0, 3.0, np.nan]), np.array([3.0, 2.0, 1.0, 9.0]))
    -1.0
    """
    from scipy.stats import ConstantInputWarning, spearmanr

    a, b = _finite_pairs(a, b)
    if len(a) < 3:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)  # not defined, which NaN says
        return float(spearmanr(a, b).statistic)


def spearman_interval(a: np.ndarray, b: np.ndarray, *, seed: int, bootstraps: int = BOOTSTRAPS) -> Interval:
    """Spearman's rank correlation with its 95 % interval over resampled pairs.

    Parameters
    ----------
    a, b : float arrays, (N,)
    seed : int
    bootstraps : int
        Resamplings of the pairs.

    Returns
    -------
    Interval
        All NaN where the correlation is not defined.
    """
    a, b = _finite_pairs(a, b)
    value = spearman(a, b)
    if not np.isfinite(value):
        return Interval(float("nan"))
    blocks = _draws(len(a), seed, bootstraps)
    return percentile_interval(value, np.concatenate([_of_rows(a[rows], b[rows]) for rows in blocks]))


def _finite_pairs(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.asarray(a, float), np.asarray(b, float)
    finite = np.isfinite(a) & np.isfinite(b)
    return a[finite], b[finite]


def _draws(n: int, seed: int, bootstraps: int) -> Iterator[np.ndarray]:
    """Rows of resampled pairs, (some, n) at a time."""
    rng, size = np.random.default_rng(seed), max(1, BLOCK // n)
    for start in range(0, bootstraps, size):
        yield rng.integers(0, n, (min(size, bootstraps - start), n))


def _of_rows(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """`spearman` of each row of (B, N) with that row of the other, all finite; NaN where a row is constant."""
    from scipy.stats import rankdata

    a, b = (ranks - ranks.mean(axis=1, keepdims=True) for ranks in (rankdata(a, axis=1), rankdata(b, axis=1)))
    spread = np.sqrt((a**2).sum(axis=1) * (b**2).sum(axis=1))
    return np.divide((a * b).sum(axis=1), spread, out=np.full(len(a), np.nan), where=spread > 0)
