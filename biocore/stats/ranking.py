"""How good is a classifier?  Areas under curves, with bootstrap intervals.  Undefined numbers are NaN."""

from dataclasses import dataclass

import numpy as np

BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Interval:
    """A measured number and its 95 % bootstrap interval (NaN where undefined)."""

    value: float
    low: float
    high: float


def auroc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Area under the receiver operating characteristic; ties count half, NaN without both classes.

    Examples
    --------
    >>> auroc(np.array([0, 1, 0, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    1.0
    """
    return float(_areas(labels, scores, None)["auroc"][0])


def auprc(labels: np.ndarray, scores: np.ndarray) -> float:
    """Average precision (the area under the precision-recall curve by steps); NaN without both classes.

    Examples
    --------
    >>> auprc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.8333333333333333
    """
    return float(_areas(labels, scores, None)["auprc"][0])


def areas(labels: np.ndarray, scores: np.ndarray, *, seed: int, bootstraps: int = BOOTSTRAPS) -> dict[str, Interval]:
    """auROC and auPRC with 95 % bootstrap intervals.

    Parameters
    ----------
    labels : array of 0 and 1, (N,)
    scores : array, (N,)
    seed : int
    bootstraps : int
        Samples drawn with replacement, from the positives and from the negatives (so the balance stays).

    Returns
    -------
    dict
        "auroc" and "auprc".

    Notes
    -----
    All samples are computed at once from the counts with which each row was drawn: O(bootstraps N) after one sort.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, doi:10.1201/9780429246593.
    """
    labels, scores = _checked(labels, scores)
    whole = _areas(labels, scores, None)
    if np.isnan(whole["auroc"][0]):
        return {name: Interval(np.nan, np.nan, np.nan) for name in whole}
    drawn = _areas(labels, scores, _stratified_counts(labels, bootstraps, np.random.default_rng(seed)))
    return {
        name: Interval(float(whole[name][0]), *(float(q) for q in np.quantile(drawn[name], [0.025, 0.975])))
        for name in whole
    }


def mean_interval(values: np.ndarray, *, seed: int, bootstraps: int = BOOTSTRAPS) -> Interval:
    """Mean of several values with a 95 % bootstrap interval over them."""
    values = np.asarray(values, float)
    if not len(values):
        return Interval(np.nan, np.nan, np.nan)
    picks = np.random.default_rng(seed).integers(0, len(values), (bootstraps, len(values)))
    return Interval(float(values.mean()), *(float(q) for q in np.quantile(values[picks].mean(axis=1), [0.025, 0.975])))


def _checked(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    labels, scores = np.asarray(labels), np.asarray(scores, float)
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(f"labels {labels.shape} and scores {scores.shape} must be two vectors of one length")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    if np.isnan(scores).any():
        raise ValueError("scores must not be NaN")
    return labels.astype(bool), scores


def _stratified_counts(labels: np.ndarray, bootstraps: int, rng: np.random.Generator) -> np.ndarray:
    """How often each row is drawn in each sample, (bootstraps, N)."""
    counts = np.zeros((bootstraps, len(labels)), np.float32)
    for value in (False, True):
        rows = np.flatnonzero(labels == value)
        counts[:, rows] = rng.multinomial(len(rows), np.full(len(rows), 1 / len(rows)), size=bootstraps)
    return counts


def _areas(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Both areas for each row of `weights`, (B, N); once with equal weights where that is None."""
    labels, scores = _checked(labels, scores)
    weights = np.ones((1, len(labels)), np.float32) if weights is None else weights
    if not labels.any() or labels.all():
        return {"auroc": np.full(len(weights), np.nan), "auprc": np.full(len(weights), np.nan)}
    order = np.argsort(-scores, kind="stable")
    ordered = scores[order]
    first = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])  # where each group of equal scores begins
    hits = np.add.reduceat((weights * labels)[:, order], first, axis=1, dtype=np.float64)  # (B, groups)
    misses = np.add.reduceat((weights * ~labels)[:, order], first, axis=1, dtype=np.float64)
    true, false = hits.cumsum(axis=1), misses.cumsum(axis=1)
    above = true - hits / 2  # positives ranked above a group's negatives, ties as half
    auroc = (misses * above).sum(axis=1) / (true[:, -1] * false[:, -1])
    found = true + false
    precision = np.divide(true, found, out=np.ones_like(true), where=found > 0)
    return {"auroc": auroc, "auprc": (hits * precision).sum(axis=1) / true[:, -1]}
