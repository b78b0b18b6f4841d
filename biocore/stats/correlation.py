"""Rank correlation, with a bootstrap interval."""

import warnings

import numpy as np

from biocore.stats.intervals import Interval, percentile_interval

BOOTSTRAPS = 1000


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

    a, b = np.asarray(a, float), np.asarray(b, float)
    finite = np.isfinite(a) & np.isfinite(b)
    if finite.sum() < 3:
        return float("nan")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConstantInputWarning)  # not defined, which NaN says
        return float(spearmanr(a[finite], b[finite]).statistic)


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
    a, b = np.asarray(a, float), np.asarray(b, float)
    value = spearman(a, b)
    if not np.isfinite(value):
        return Interval(float("nan"))
    rng = np.random.default_rng(seed)
    draws = (rng.integers(0, len(a), len(a)) for _ in range(bootstraps))
    return percentile_interval(value, np.array([spearman(a[rows], b[rows]) for rows in draws]))
