"""Scores into probabilities, and how often predictions of about p come true."""

from dataclasses import dataclass

import numpy as np

from biocore.stats.ranking import _checked


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
