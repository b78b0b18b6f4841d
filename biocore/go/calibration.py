"""Scores into probabilities, a line on the log-odds for each group of terms; and how often the model was right."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

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

    def __post_init__(self):
        if not len(self.groups) == len(self.slope) == len(self.offset) > self.group.max(initial=-1):
            raise ValueError("one slope and offset for each group, and each term in one of the groups")

    def __call__(self, logits: np.ndarray) -> np.ndarray:
        """Probabilities for log-odds (N, T)."""
        return expit(self.slope[self.group] * logits + self.offset[self.group])


def term_groups(terms: Sequence[str], ontology: Ontology, *, min_terms: int = 10) -> tuple[tuple[str, ...], np.ndarray]:
    """Group terms by their top class (catalytic activity, binding, ...); small classes together as "other".

    Parameters
    ----------
    terms : sequence of str, T
    ontology : Ontology
    min_terms : int
        Terms from which a class is a group of its own.

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
class Thresholds:
    """Where each term counts as predicted, and what that was worth on held-out proteins.

    Attributes
    ----------
    threshold : float array, (T,)
    precision, recall : float arrays, (T,)
        NaN where undefined (nothing predicted, or no protein with the term).
    positives, predicted : int arrays, (T,)
        Held-out proteins with the term, and with a score above the threshold.
    """

    threshold: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    positives: np.ndarray
    predicted: np.ndarray

    def __post_init__(self):
        if len({np.shape(values) for values in vars(self).values()}) != 1:
            raise ValueError("one threshold, precision, recall and count of each kind for each term")

    def arrays(self) -> dict[str, np.ndarray]:
        """As named float32 arrays, for safetensors."""
        return {f"threshold.{name}": np.asarray(values, np.float32) for name, values in vars(self).items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Thresholds":
        """The reverse of `arrays`."""
        return cls(**{field.name: arrays[f"threshold.{field.name}"] for field in fields(cls)})


def choose_thresholds(probability: np.ndarray, truth: np.ndarray, *, shrink: float = 20.0) -> np.ndarray:
    """Threshold with the best F1 for each term, 0.25 or more, pulled towards the best one for all terms.

    Below 0.25 three answers in four would be wrong, which no biologist wants to see called a prediction, however good
    the F1.  A term with few positives has a noisy optimum, so the F1 is computed from the term's own counts plus
    `shrink` positives' worth of the counts of all terms.

    Parameters
    ----------
    probability : float array, (N, T)
        Of proteins the model has not been trained on.
    truth : bool array, (N, T)
    shrink : float
        Positives' worth of the common counts.

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
    """Precision and recall of each term at its threshold, on proteins that had no part in choosing it.

    Parameters
    ----------
    probability : float array, (N, T)
    truth : bool array, (N, T)
    threshold : float array, (T,)

    Returns
    -------
    Thresholds
    """
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
    "Thresholds",
    "choose_thresholds",
    "fit_calibration",
    "logit",
    "measure_thresholds",
    "term_groups",
]
