"""Scores into probabilities, a line on the log-odds for each group of terms; and how often the model was right."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from biocore.go.head import logit
from biocore.go.ontology import ASPECTS, Ontology

BINS = np.array([0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0])


@dataclass(frozen=True)
class Calibration:
    """Probability = sigmoid(slope * log-odds + offset), one line for each group of terms.

    Attributes
    ----------
    groups : tuple of str
        Names of the groups.
    group : int array, (T,)
        Group of each term.
    slope, offset : float arrays, (G,)
    """

    groups: tuple[str, ...]
    group: np.ndarray
    slope: np.ndarray
    offset: np.ndarray

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities for log-odds (N, T)."""
        return expit(self.slope[self.group] * logits + self.offset[self.group])


def term_groups(terms: Sequence[str], ontology: Ontology, *, min_terms: int = 10) -> tuple[tuple[str, ...], np.ndarray]:
    """Group terms by their top class (catalytic activity, binding, ...); small classes together as "other".

    Returns
    -------
    names : tuple of str
    group : int array, (T,)
    """
    roots = {root for _, root in ASPECTS.values()}
    tops = {t for t in ontology.order if not set(ontology.parents.get(t, ())) - roots and t not in roots}
    above = [sorted((ontology.ancestors(t) | {t}) & tops) for t in terms]
    sizes: dict[str, int] = {}
    for classes in above:
        for top in classes:
            sizes[top] = sizes.get(top, 0) + 1
    # a term of two classes goes to the smaller one: "DNA-binding transcription factor" is no mere binding
    chosen = [min(classes, key=lambda top: (sizes[top], top)) if classes else "" for classes in above]
    large = {top for top in set(chosen) if top and chosen.count(top) >= min_terms}
    labels = [ontology.names[top] if top in large else "other" for top in chosen]
    names = tuple(sorted(set(labels)))
    return names, np.array([names.index(label) for label in labels])


def fit_calibration(
    logits: np.ndarray, truth: np.ndarray, groups: Sequence[str], group: np.ndarray, *, rounds: int = 50
) -> Calibration:
    """Fit each group's line by Newton's method on the log-likelihood, with a weak pull towards (1, 0).

    Parameters
    ----------
    logits, truth : arrays, (N, T)
        Scores of proteins the model has not been trained on, and what is true of them.

    References
    ----------
    Guo et al. (2017), ICML, PMLR 70:1321-1330 (temperature scaling); Platt (1999) for the offset.
    """
    slope, offset = np.ones(len(groups)), np.zeros(len(groups))
    for number in range(len(groups)):
        chosen = group == number
        x, y = logits[:, chosen].ravel().astype(float), truth[:, chosen].ravel().astype(float)
        slope[number], offset[number] = _line(x, y, rounds)
    return Calibration(tuple(groups), group, slope, offset)


def _line(x: np.ndarray, y: np.ndarray, rounds: int) -> tuple[float, float]:
    beta = np.array([1.0, 0.0])
    design = np.stack([x, np.ones_like(x)], axis=1)
    for _ in range(rounds):
        p = expit(design @ beta)
        gradient = design.T @ (p - y) + 1.0 * (beta - [1.0, 0.0])
        curvature = (design * (p * (1 - p))[:, None]).T @ design + np.eye(2)
        step = np.linalg.solve(curvature, gradient)
        beta = beta - np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-8:
            break
    return float(max(beta[0], 1e-3)), float(beta[1])  # never upside down


@dataclass(frozen=True)
class Reliability:
    """Of the predictions with a probability in each bin: how many, their mean, and how many were right."""

    low: np.ndarray
    high: np.ndarray
    count: np.ndarray
    mean: np.ndarray
    right: np.ndarray

    @property
    def rate(self) -> np.ndarray:
        """Share that was right; NaN in an empty bin."""
        return np.divide(self.right, self.count, out=np.full(len(self.count), np.nan), where=self.count > 0)

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of promised and found share, weighted by count."""
        known = self.count > 0
        gaps = np.abs(self.mean[known] - self.rate[known])
        return float((gaps * self.count[known]).sum() / self.count.sum())

    def at(self, probability: float) -> tuple[float, int]:
        """Share that was right in the bin of `probability`, and how many predictions that rests on."""
        place = int(np.clip(np.searchsorted(self.high, probability, side="left"), 0, len(self.count) - 1))
        return float(self.rate[place]), int(self.count[place])

    def interval(self) -> tuple[np.ndarray, np.ndarray]:
        """95 % Wilson interval of `rate`, two arrays; too narrow, as a protein's terms depend on one another."""
        z, n = 1.96, np.maximum(self.count, 1)
        p = np.nan_to_num(self.rate)
        centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
        return centre - half, centre + half

    def as_dict(self) -> dict[str, Any]:
        """JSON values."""
        return {name: values.tolist() for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> "Reliability":
        """The reverse of `as_dict`."""
        return cls(**{name: np.array(v, dtype=float) for name, v in values.items()})


def reliability(probability: np.ndarray, truth: np.ndarray, *, bins: np.ndarray = BINS) -> Reliability:
    """Compare promised with found shares of right predictions.

    Parameters
    ----------
    probability, truth : arrays of one shape
    bins : float array
        Edges from 0 to 1; a probability on an edge belongs to the bin below it.
    """
    p, y = probability.ravel(), truth.ravel()
    place = np.clip(np.searchsorted(bins[1:], p, side="left"), 0, len(bins) - 2)
    size = len(bins) - 1
    count = np.bincount(place, minlength=size)
    total = np.bincount(place, weights=p, minlength=size)
    mean = np.divide(total, count, out=(bins[:-1] + bins[1:]) / 2, where=count > 0)
    return Reliability(bins[:-1], bins[1:], count.astype(float), mean, np.bincount(place, weights=y, minlength=size))


@dataclass(frozen=True)
class Thresholds:
    """Where each term counts as predicted, and what that was worth on held-back proteins.

    Attributes
    ----------
    threshold : float array, (T,)
    precision, recall : float arrays, (T,)
        NaN where undefined (nothing predicted, or no protein with the term).
    positives, predicted : int arrays, (T,)
        Held-back proteins with the term, and with a score above the threshold.
    """

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    positives: np.ndarray
    predicted: np.ndarray


def choose_thresholds(probability: np.ndarray, truth: np.ndarray, *, shrink: float = 20.0) -> np.ndarray:
    """Threshold with the best F1 for each term, 0.25 or more, pulled towards the best one for all terms.

    Below 0.25 three answers in four would be wrong, which no biologist wants to see called a prediction, however good
    the F1.  A term with few positives has a noisy optimum, so the F1 is computed from the term's own counts plus
    `shrink` positives' worth of the counts of all terms.

    Returns
    -------
    float array, (T,), in steps of 0.01 from 0.25 to 0.95
    """
    grid = np.arange(0.25, 0.951, 0.01).round(2)
    above = np.stack([(probability >= g) for g in grid])  # (K, N, T)
    predicted, correct = above.sum(axis=1).astype(float), (above & truth).sum(axis=1).astype(float)
    positives = truth.sum(axis=0).astype(float)
    total = max(positives.sum(), 1.0)
    extra = shrink / total
    predicted = predicted + extra * predicted.sum(axis=1, keepdims=True)
    correct = correct + extra * correct.sum(axis=1, keepdims=True)
    f1 = 2 * correct / (predicted + positives + shrink)
    return grid[f1.argmax(axis=0)]


def measure_thresholds(probability: np.ndarray, truth: np.ndarray, threshold: np.ndarray) -> Thresholds:
    """Precision and recall of each term at its threshold, on proteins that had no part in choosing it."""
    predicted = probability >= threshold
    correct = (predicted & truth).sum(axis=0).astype(float)
    count, positives = predicted.sum(axis=0), truth.sum(axis=0)
    nan = np.full(len(threshold), np.nan)
    return Thresholds(
        threshold,
        np.divide(correct, count, out=nan.copy(), where=count > 0),
        np.divide(correct, positives, out=nan.copy(), where=positives > 0),
        positives,
        count,
    )


__all__ = [
    "BINS",
    "Calibration",
    "Reliability",
    "Thresholds",
    "choose_thresholds",
    "fit_calibration",
    "logit",
    "measure_thresholds",
    "reliability",
    "term_groups",
]
