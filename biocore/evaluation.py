"""How good is a classifier?  Areas under curves, bootstrap intervals, calibration.  Undefined numbers are NaN."""

from dataclasses import dataclass

import numpy as np

BOOTSTRAPS = 1000


@dataclass(frozen=True)
class Interval:
    """A measured number and its 95 % bootstrap interval (NaN where undefined)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Reliability:
    """How often predictions of about p come true.

    Attributes
    ----------
    predicted, observed : float arrays, (B,)
        Mean predicted probability and share of positives in each bin; empty bins are left out.
    count : int array, (B,)
    error : float
        Expected calibration error: the mean of |predicted - observed|, weighted by count.
    brier : float
        Mean squared difference between probability and label.
    """

    predicted: np.ndarray
    observed: np.ndarray
    count: np.ndarray
    error: float
    brier: float


# ------------------------------------------------------------------------------------------- areas under curves


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


# ------------------------------------------------------------------------------------------------ calibration


def calibrate(
    labels: np.ndarray, columns: np.ndarray, *, prior: np.ndarray | None = None, strength: float = 0.0
) -> tuple[np.ndarray, float]:
    """Weights and offset that turn one or several scores into log-odds at a prior of 1:1 (Platt scaling).

    Parameters
    ----------
    labels : array of 0 and 1, (N,)
    columns : array, (N, K)
        Scores; one column is plain Platt scaling, several are blended.
    prior : array, (K,), optional
        Weights towards which the fit is drawn.
    strength : float
        How strongly, in rows: ``strength * |weights - prior|^2 / 2`` is added to the summed loss.

    Returns
    -------
    weights (K,), offset

    Notes
    -----
    Logistic regression with Platt's smoothed targets, which keep the weights finite where classes are separated.

    References
    ----------
    Platt (1999), Advances in Large Margin Classifiers, 61-74.
    """
    from scipy.optimize import minimize

    columns = np.asarray(columns, float)
    prior = np.ones(columns.shape[1]) if prior is None else np.asarray(prior, float)
    labels = np.asarray(labels).astype(bool)
    positives, negatives = labels.sum(), (~labels).sum()
    target = np.where(labels, (positives + 1) / (positives + 2), 1 / (negatives + 2))
    weight = np.where(labels, 0.5 / max(positives, 1), 0.5 / max(negatives, 1))  # prior 1:1 whatever the balance
    pull = strength / len(labels)

    def loss(parameters):
        log_odds = columns @ parameters[:-1] + parameters[-1]
        away = parameters[:-1] - prior
        value = (weight * (np.logaddexp(0, log_odds) - target * log_odds)).sum() + pull * (away**2).sum() / 2
        slope = weight * (1 / (1 + np.exp(-np.clip(log_odds, -500, 500))) - target)
        return value, np.append(columns.T @ slope + pull * away, slope.sum())

    fitted = minimize(loss, np.append(prior, 0.0), jac=True, method="L-BFGS-B").x
    return fitted[:-1], float(fitted[-1])


def reliability(labels: np.ndarray, probabilities: np.ndarray, *, bins: int = 10) -> Reliability:
    """Predicted against observed frequency in `bins` equal steps of probability.

    References
    ----------
    Niculescu-Mizil & Caruana (2005), ICML 22, doi:10.1145/1102351.1102430.
    """
    labels, probabilities = _checked(labels, probabilities)
    place = np.minimum((probabilities * bins).astype(int), bins - 1)
    count = np.bincount(place, minlength=bins)
    used = count > 0
    predicted = np.bincount(place, probabilities, bins)[used] / count[used]
    observed = np.bincount(place, labels, bins)[used] / count[used]
    count = count[used]
    error = float((count * np.abs(predicted - observed)).sum() / count.sum()) if len(count) else float("nan")
    brier = float(((probabilities - labels) ** 2).mean()) if len(labels) else float("nan")
    return Reliability(predicted, observed, count, error, brier)


# --------------------------------------------------------------------------------------------------- baseline


def kmer_counts(codes: np.ndarray, *, k: int = 6):
    """Counts of each k-mer on both strands, as one sparse column for a k-mer and its reverse complement.

    Parameters
    ----------
    codes : uint8 array, (N, L)
        0 1 2 3 for A C G T, 4 for N; k-mers that hold an N are not counted.

    Returns
    -------
    scipy.sparse.csr_array, (N, 4**k)
    """
    from scipy.sparse import coo_array

    n = codes.shape[1] - k + 1
    windows = np.lib.stride_tricks.sliding_window_view(codes, k, axis=1).astype(np.int64)  # (N, n, k)
    powers = 4 ** np.arange(k - 1, -1, -1)
    forward, reverse = windows @ powers, (3 - windows[..., ::-1]) @ powers
    known = (windows < 4).all(axis=2)
    rows = np.repeat(np.arange(len(codes)), n).reshape(len(codes), n)
    columns = np.minimum(forward, reverse)
    entries = (np.ones(known.sum(), np.float32), (rows[known], columns[known]))
    return coo_array(entries, shape=(len(codes), 4**k)).tocsr()


def fit_kmer_regression(
    codes: np.ndarray, labels: np.ndarray, *, strength: float, k: int = 6
) -> tuple[np.ndarray, float]:
    """Logistic regression on k-mer counts of both strands.

    Parameters
    ----------
    codes, labels : (N, L), (N,)
    strength : float
        Inverse of the L2 penalty.

    Returns
    -------
    weight of each k-mer, (4**k,), the same for a k-mer and its reverse complement; intercept
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500).fit(kmer_counts(codes, k=k), labels)
    digits = np.arange(4**k)[:, None] // 4 ** np.arange(k - 1, -1, -1) % 4
    reverse = (3 - digits[:, ::-1]) @ 4 ** np.arange(k - 1, -1, -1)
    return model.coef_[0][np.minimum(np.arange(4**k), reverse)], float(model.intercept_[0])


def kmer_baseline(
    train: tuple[np.ndarray, np.ndarray],
    tune: tuple[np.ndarray, np.ndarray],
    *,
    k: int = 6,
    strengths: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
) -> tuple[np.ndarray, float, float]:
    """The baseline every model is held against: `fit_kmer_regression` at the strength that is best on `tune`.

    Parameters
    ----------
    train, tune : (codes (N, L), labels (N,))

    Returns
    -------
    weights (4**k,), intercept, strength
    """
    counts = kmer_counts(tune[0], k=k)
    fitted = [(*fit_kmer_regression(*train, strength=strength, k=k), strength) for strength in strengths]
    return max(fitted, key=lambda fit: auroc(tune[1], counts @ fit[0] + fit[1]))
