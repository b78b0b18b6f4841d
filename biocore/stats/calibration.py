"""Scores into probabilities, and how often predictions of about p come true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.stats.intervals import wilson
from biocore.stats.ranking import checked


@dataclass(frozen=True)
class Reliability:
    """How often predictions of about p come true, by bin of probability.

    Attributes
    ----------
    low, high : float arrays, (B,)
        Edges of the bins; a probability on an edge belongs to the bin below it.
    count : int array, (B,)
        Predictions in each bin.
    predicted, observed : float arrays, (B,)
        Mean predicted probability, and fraction that was true; NaN in an empty bin.
    brier : float
        Mean squared difference between probability and label, of all predictions; NaN where not known.
        Brier (1950), doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2.
    """

    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    predicted: np.ndarray
    observed: np.ndarray
    brier: float = float("nan")

    def __post_init__(self):
        if len({len(a) for a in (self.low, self.high, self.count, self.predicted, self.observed)}) != 1:
            raise ValueError("low, high, count, predicted and observed must be of one length")

    @property
    def error(self) -> float:
        """Expected calibration error: the mean of abs(predicted - observed), weighted by count; NaN without any."""
        used = self.count > 0
        if not used.any():
            return float("nan")
        gaps = np.abs(self.predicted - self.observed)[used]
        return float((gaps * self.count[used]).sum() / self.count.sum())

    def at(self, probability: float) -> tuple[float, int]:
        """Fraction that was true in the bin of `probability`, and how many predictions that rests on."""
        place = int(np.clip(np.searchsorted(self.high, probability, side="left"), 0, len(self.count) - 1))
        return float(self.observed[place]), int(self.count[place])

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """95 % Wilson interval of `observed`, two arrays (B,), NaN in an empty bin.

        Too narrow where predictions depend on one another, as the GO terms of a protein do.
        """
        true = np.round(np.nan_to_num(self.observed) * self.count).astype(int)
        ends = np.array([wilson(k, int(n)) for k, n in zip(true, self.count, strict=True)]).reshape(-1, 2)
        return ends[:, 0], ends[:, 1]

    def as_dict(self, *, digits: int | None = None) -> dict[str, Any]:
        """JSON values of all attributes and of `error`; None for NaN.

        Parameters
        ----------
        digits : int, optional
            Decimals to round to.
        """
        return {
            **{name: _plain(getattr(self, name), digits) for name in ("low", "high", "predicted", "observed")},
            "count": [int(n) for n in self.count],
            "error": _plain(self.error, digits),
            "brier": _plain(self.brier, digits),
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Reliability":
        """The reverse of `as_dict`.

        Cards of older models are understood too: those with ``mean`` and ``right`` (how many were true), and those
        without edges, whose bins are equal steps of 0.1.
        """
        columns = {name: np.array(v, float) for name, v in values.items() if isinstance(v, list | tuple)}
        brier = float("nan") if values.get("brier") is None else float(values["brier"])
        count = columns["count"].astype(int)
        if "right" in columns:
            blank = np.where(count > 0, 1.0, np.nan)
            columns["predicted"] = columns["mean"] * blank
            columns["observed"] = columns["right"] / np.maximum(count, 1) * blank
        low = columns.get("low", np.floor(columns["predicted"] * 10).clip(0, 9) / 10)
        return cls(low, columns.get("high", low + 0.1), count, columns["predicted"], columns["observed"], brier)


def _plain(values: Any, digits: int | None) -> Any:
    """Numbers as JSON has them: lists, rounded, None for NaN."""
    if np.ndim(values):
        return [_plain(value, digits) for value in values]
    return None if np.isnan(values) else float(values) if digits is None else round(float(values), digits)


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
    weights : float array, (K,)
    offset : float

    Notes
    -----
    Logistic regression with Platt's smoothed targets, which keep the weights finite where classes are separated.

    References
    ----------
    Platt (1999), Advances in Large Margin Classifiers, 61-74.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

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
        slope = weight * (expit(log_odds) - target)
        return value, np.append(columns.T @ slope + pull * away, slope.sum())

    fitted = minimize(loss, np.append(prior, 0.0), jac=True, method="L-BFGS-B").x
    return fitted[:-1], float(fitted[-1])


def reliability(labels: np.ndarray, probabilities: np.ndarray, *, bins: int | np.ndarray = 10) -> Reliability:
    """Predicted against observed frequency, by bin of probability.

    Parameters
    ----------
    labels : array of 0 and 1
    probabilities : float array of the same shape, in [0, 1]
    bins : int or float array
        A number of equal steps, or the edges from 0 to 1.

    Raises
    ------
    ValueError
        Shapes differ, a label is neither 0 nor 1, or a probability is NaN.

    References
    ----------
    Niculescu-Mizil & Caruana (2005), ICML 22, doi:10.1145/1102351.1102430.
    """
    if np.shape(labels) != np.shape(probabilities):
        raise ValueError(f"labels {np.shape(labels)} and probabilities {np.shape(probabilities)} must be of one shape")
    labels, probabilities = checked(np.ravel(labels), np.ravel(probabilities))
    edges = np.linspace(0, 1, bins + 1) if isinstance(bins, int) else np.asarray(bins, float)
    size = len(edges) - 1
    place = np.clip(np.searchsorted(edges[1:], probabilities, side="left"), 0, size - 1)
    count = np.bincount(place, minlength=size)
    empty = np.where(count > 0, 1.0, np.nan)
    predicted, observed = (
        np.bincount(place, values, size) / np.maximum(count, 1) * empty for values in (probabilities, labels)
    )
    brier = float(((probabilities - labels) ** 2).mean()) if len(labels) else float("nan")
    return Reliability(edges[:-1], edges[1:], count, predicted, observed, brier)
