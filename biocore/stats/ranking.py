"""How good is a classifier?  Areas under curves, with bootstrap intervals.  Undefined numbers are NaN."""

from collections.abc import Iterator

import numpy as np

from biocore.stats.intervals import Interval, percentile_interval

BOOTSTRAPS = 1000
BLOCK = 4_000_000  # counts of drawn rows held at once: about 0.3 GB with what is computed from them


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
        "auroc" and "auprc"; NaN without both classes.

    Raises
    ------
    ValueError
        Lengths differ, a label is neither 0 nor 1, or a score is NaN.

    Notes
    -----
    Samples are computed from the counts with which each row was drawn, O(bootstraps N) after one sort, a block of
    samples at a time: memory does not grow with their number.

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, doi:10.1201/9780429246593.
    """
    labels, scores = checked(labels, scores)
    whole = _areas(labels, scores, None)
    if np.isnan(whole["auroc"][0]):
        return dict.fromkeys(whole, Interval(float("nan")))
    drawn = [_areas(labels, scores, counts) for counts in _stratified_counts(labels, bootstraps, seed)]
    return {
        name: percentile_interval(value[0], np.concatenate([part[name] for part in drawn]))
        for name, value in whole.items()
    }


def auroc_difference(labels: np.ndarray, scores: np.ndarray, others: np.ndarray) -> Interval:
    """auROC of `scores` minus that of `others` on the same rows, with its 95 % interval (DeLong).

    Parameters
    ----------
    labels : array of 0 and 1, (N,)
    scores, others : array, (N,)

    Returns
    -------
    Interval
        NaN without both classes; without ends where a class has one row.

    References
    ----------
    DeLong et al. (1988), Biometrics 44:837-845, doi:10.2307/2531595.

    Examples
    --------
    >>> auroc_difference(np.array([0, 1, 0, 1]), np.array([1, 4, 2, 3]), np.array([1, 2, 3, 4])).value
    0.25
    """
    labels, first = checked(labels, scores)
    _, second = checked(labels, others)
    if not labels.any() or labels.all():
        return Interval(float("nan"))
    placed = [_placements(labels, values) for values in (first, second)]
    over = [a - b for a, b in zip(*placed, strict=True)]
    value = float(over[0].mean())
    if min(len(part) for part in over) < 2:
        return Interval(value)
    half = 1.96 * np.sqrt(sum(part.var(ddof=1) / len(part) for part in over))
    return Interval(value, value - half, value + half)


def _placements(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Share of negatives below each positive, and of positives above each negative; ties count half."""
    parts = []
    for own, against, sign in ((labels, ~labels, 1), (~labels, labels, -1)):
        ordered = np.sort(sign * scores[against])
        below, upto = (np.searchsorted(ordered, sign * scores[own], side=side) for side in ("left", "right"))
        parts.append((below + upto) / 2 / len(ordered))
    return parts[0], parts[1]


def mean_interval(values: np.ndarray, *, seed: int, bootstraps: int = BOOTSTRAPS) -> Interval:
    """Mean of several values with a 95 % bootstrap interval over them; NaN where there is none.

    Parameters
    ----------
    values : float array, (N,)
    seed : int
    bootstraps : int
    """
    values = np.asarray(values, float)
    if not len(values):
        return Interval(float("nan"))
    rng = np.random.default_rng(seed)
    drawn = [
        values[rng.integers(0, len(values), (size, len(values)))].mean(axis=1)
        for size in _block_sizes(bootstraps, len(values))
    ]
    return percentile_interval(values.mean(), np.concatenate(drawn))


def checked(labels: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Labels as bool and scores as float, two vectors of one length.

    Raises
    ------
    ValueError
        Lengths differ, a label is neither 0 nor 1, or a score is NaN.
    """
    labels, scores = np.asarray(labels), np.asarray(scores, float)
    if labels.shape != scores.shape or labels.ndim != 1:
        raise ValueError(f"labels {labels.shape} and scores {scores.shape} must be two vectors of one length")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError("labels must be 0 or 1")
    if np.isnan(scores).any():
        raise ValueError("scores must not be NaN")
    return labels.astype(bool), scores


def _block_sizes(bootstraps: int, rows: int) -> list[int]:
    """How many samples are held at once, block by block."""
    size = max(1, BLOCK // max(rows, 1))
    return [min(size, bootstraps - start) for start in range(0, bootstraps, size)]


def _stratified_counts(labels: np.ndarray, bootstraps: int, seed: int) -> Iterator[np.ndarray]:
    """How often each row is drawn in each sample, a few samples at a time: (b, N).

    The draws of the positives follow those of the negatives in one stream of random numbers, however small the blocks.
    """
    sizes = _block_sizes(bootstraps, len(labels))
    negative, positive = np.flatnonzero(~labels), np.flatnonzero(labels)
    first = second = np.random.default_rng(seed)
    if len(sizes) > 1:
        second = np.random.default_rng(seed)
        for size in sizes:
            _draws(len(negative), size, second)
    for size in sizes:
        counts = np.empty((size, len(labels)), np.float32)
        counts[:, negative] = _draws(len(negative), size, first)
        counts[:, positive] = _draws(len(positive), size, second)
        yield counts


def _draws(rows: int, samples: int, rng: np.random.Generator) -> np.ndarray:
    return rng.multinomial(rows, np.full(rows, 1 / rows), size=samples)


def _areas(labels: np.ndarray, scores: np.ndarray, weights: np.ndarray | None) -> dict[str, np.ndarray]:
    """Both areas for each row of `weights`, (B, N); once with equal weights where that is None."""
    labels, scores = checked(labels, scores)
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
