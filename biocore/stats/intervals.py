"""A measured number and how far it can be trusted."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Interval:
    """A measured number and its 95 % interval (NaN where undefined)."""

    value: float
    low: float = float("nan")
    high: float = float("nan")


def percentile_interval(value: float, resampled: np.ndarray) -> Interval:
    """`value` with the middle 95 % of what resampling gave; undefined resamplings are left out.

    Parameters
    ----------
    value : float
        The measurement itself.
    resampled : float array, (B,)
        The same measure on each resampling.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, doi:10.1201/9780429246593.
    """
    known = np.asarray(resampled, float)
    known = known[np.isfinite(known)]
    if not len(known) or not np.isfinite(value):
        return Interval(float(value))
    low, high = np.percentile(known, [2.5, 97.5])
    return Interval(float(value), float(low), float(high))


def wilson(successes: int, n: int) -> tuple[float, float]:
    """95 % interval of a fraction; two NaN where `n` is 0.

    Parameters
    ----------
    successes : int
        How many of `n`.
    n : int

    References
    ----------
    Wilson (1927), J Am Stat Assoc 22:209-212, doi:10.1080/01621459.1927.10502953.

    Examples
    --------
    >>> [round(x, 4) for x in wilson(8, 10)]
    [0.4902, 0.9433]
    """
    from scipy.stats import binomtest

    if n == 0:
        return float("nan"), float("nan")
    interval = binomtest(int(successes), int(n)).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)
