"""How good is a table of GO probabilities?  Measures by protein and by term, each with a bootstrap interval.

Every function takes ``truth``, a boolean array (N, T), and ``scores``, a float array (N, T) in [0, 1]; N proteins,
T terms.  What is undefined (a protein without a true term, a term without a positive) is NaN and left out of
averages, never 0.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from biocore.stats.intervals import Interval, percentile_interval

THRESHOLDS = np.linspace(0.0, 1.0, 101)[1:]  # a score of 0 is "not predicted"


@dataclass(frozen=True)
class Curve:
    """Protein-centric curve over score thresholds, for one set of proteins.

    Attributes
    ----------
    thresholds : float array, (K,)
    precision, recall : float arrays, (K,)
        Precision is averaged over the proteins with a prediction at the threshold (NaN where there is none), recall
        over all proteins with a true term.
    misinformation, uncertainty : float arrays, (K,)
        Mean information (bits) of the terms predicted wrongly, and of the true terms missed.
    """

    thresholds: np.ndarray
    precision: np.ndarray
    recall: np.ndarray
    misinformation: np.ndarray
    uncertainty: np.ndarray

    @property
    def f(self) -> np.ndarray:
        """Harmonic mean of precision and recall at each threshold, (K,)."""
        total = self.precision + self.recall
        return np.divide(2 * self.precision * self.recall, total, out=np.zeros_like(total), where=total > 0)

    @property
    def best(self) -> int:
        """Index of the threshold with the highest F."""
        return int(np.nanargmax(np.nan_to_num(self.f, nan=-1.0)))

    @property
    def fmax(self) -> float:
        """The highest F over thresholds."""
        return float(self.f[self.best])

    @property
    def smin(self) -> float:
        """The smallest semantic distance (bits) over thresholds."""
        return float(np.sqrt(self.misinformation**2 + self.uncertainty**2).min())


@dataclass(frozen=True)
class _PerProtein:
    """What each protein contributes to the curve at each threshold; all (N, K)."""

    predicted: np.ndarray
    correct: np.ndarray
    wrong_bits: np.ndarray
    missed_bits: np.ndarray
    true: np.ndarray  # (N,)


def information_content(truth: np.ndarray, parents: Mapping[int, tuple[int, ...]]) -> np.ndarray:
    """Information accretion of each term: minus log2 of its frequency among the proteins that have all its parents.

    Parameters
    ----------
    truth : bool array, (N, T)
        Propagated annotations of the *training* proteins.
    parents : mapping
        Column of a term -> columns of its parents.

    Returns
    -------
    float array, (T,), bits
        One pseudo-count, so that a term nobody has is informative but finite.

    References
    ----------
    Clark & Radivojac (2013), Bioinformatics 29:i53-i61, doi:10.1093/bioinformatics/btt228.
    """
    bits = np.zeros(truth.shape[1])
    for term in range(truth.shape[1]):
        above = list(parents.get(term, ()))
        having = truth[:, above].all(axis=1) if above else np.ones(len(truth), dtype=bool)
        bits[term] = -np.log2((truth[having, term].sum() + 1) / (having.sum() + 1))
    return np.maximum(bits, 0.0)


def _per_protein(truth: np.ndarray, scores: np.ndarray, bits: np.ndarray, thresholds: np.ndarray) -> _PerProtein:
    """Sort each protein's terms into bins between thresholds once, then accumulate from the top."""
    n, k = len(truth), len(thresholds)
    level = np.searchsorted(thresholds, scores + 1e-9, side="right")  # how many thresholds a score reaches
    rows = np.repeat(np.arange(n), truth.shape[1])
    flat = rows * (k + 1) + level.ravel()

    def reached(weights: np.ndarray) -> np.ndarray:
        counts = np.bincount(flat, weights=weights.ravel(), minlength=n * (k + 1)).reshape(n, k + 1)
        return counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]

    weight = np.broadcast_to(bits, truth.shape)
    true = truth.astype(float)
    correct_bits = reached(true * weight)
    return _PerProtein(
        predicted=reached(np.ones_like(true)),
        correct=reached(true),
        wrong_bits=reached((1 - true) * weight),
        missed_bits=(true * weight).sum(axis=1, keepdims=True) - correct_bits,
        true=true.sum(axis=1),
    )


def _curve(parts: _PerProtein, weights: np.ndarray, thresholds: np.ndarray) -> Curve:
    """The curve of proteins counted `weights` times each, (N,)."""
    known = (parts.true > 0) * weights
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(parts.predicted > 0, parts.correct / parts.predicted, 0.0)
        recall = np.where(parts.true[:, None] > 0, parts.correct / parts.true[:, None], 0.0)
        predicting = known @ (parts.predicted > 0)
        return Curve(
            thresholds=thresholds,
            precision=(known @ precision) / predicting,
            recall=(known @ recall) / known.sum(),
            misinformation=(known @ parts.wrong_bits) / known.sum(),
            uncertainty=(known @ parts.missed_bits) / known.sum(),
        )


def curve(truth: np.ndarray, scores: np.ndarray, bits: np.ndarray, *, thresholds: np.ndarray = THRESHOLDS) -> Curve:
    """Precision, recall and semantic distance over thresholds, as CAFA counts them.

    Proteins without a true term are left out.

    Parameters
    ----------
    truth : bool array, (N, T)
    scores : float array, (N, T)
    bits : float array, (T,)
        Information content (`information_content`).
    thresholds : float array, (K,)

    Returns
    -------
    Curve

    Raises
    ------
    ValueError
        Shapes differ, or a score is not finite.

    References
    ----------
    Radivojac et al. (2013), Nature Methods 10:221-227, doi:10.1038/nmeth.2340.
    """
    _check(truth, scores)
    return _curve(_per_protein(truth, scores, bits, thresholds), np.ones(len(truth)), thresholds)


# ------------------------------------------------------------------------------------- ranking, along rows


def ranking(truth: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average precision and auROC of each row; ties share one step.

    Parameters
    ----------
    truth, scores : arrays, (R, C)
        Rows are ranked on their own: proteins, or terms after transposing.

    Returns
    -------
    average_precision, auroc : float arrays, (R,)
        NaN where a row has no positive; auROC also where it has no negative.

    Raises
    ------
    ValueError
        Shapes differ, or a score is not finite.
    """
    _check(truth, scores)
    results = [_rank_row(y, s, np.ones((1, len(y)))) for y, s in zip(truth, scores, strict=True)]
    return np.array([r[0][0] for r in results]), np.array([r[1][0] for r in results])


def _rank_row(truth: np.ndarray, scores: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average precision and auROC of one ranking under several weightings, (B, C) -> (B,) and (B,)."""
    order = np.argsort(-scores, kind="stable")
    ends = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)  # last of each group of ties
    positive = weights[:, order] * truth[order]
    tp = positive.cumsum(axis=1)[:, ends]
    fp = (weights[:, order] - positive).cumsum(axis=1)[:, ends]
    positives, negatives = tp[:, -1], fp[:, -1]
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(tp + fp > 0, tp / (tp + fp), 0.0)
        gained = np.diff(tp, axis=1, prepend=0)
        ap = (gained * precision).sum(axis=1) / positives
        area = (np.diff(fp, axis=1, prepend=0) * (tp - gained / 2)).sum(axis=1)
        auc = area / (positives * negatives)
    return np.where(positives > 0, ap, np.nan), np.where((positives > 0) & (negatives > 0), auc, np.nan)


# --------------------------------------------------------------------------------------------- the whole table


def evaluate(
    truth: np.ndarray, scores: np.ndarray, bits: np.ndarray, *, bootstrap: int = 200, seed: int = 0
) -> dict[str, Interval]:
    """Every measure of one method on one set of proteins.

    Parameters
    ----------
    truth : bool array, (N, T)
    scores : float array, (N, T), in [0, 1]
    bits : float array, (T,)
        Information content from the training proteins (`information_content`).
    bootstrap : int
        Resamplings of the proteins; 0 for none.

    Returns
    -------
    dict
        fmax, threshold (where F is highest), precision and recall there, smin (bits), protein_auprc, protein_auroc,
        term_auprc, term_auroc, proteins (with a true term), terms (with a positive).

    Raises
    ------
    ValueError
        Shapes differ.
    """
    _check(truth, scores)
    keep = truth.any(axis=1)
    truth, scores = truth[keep], scores[keep]
    if not len(truth):
        undefined = Interval(float("nan"))
        names = "fmax threshold precision recall smin protein_auprc protein_auroc term_auprc term_auroc".split()
        return dict.fromkeys(names, undefined) | {"proteins": Interval(0), "terms": Interval(0)}
    weights = _resamplings(len(truth), bootstrap, seed)
    parts = _per_protein(truth, scores, bits, THRESHOLDS)
    curves = [_curve(parts, row, THRESHOLDS) for row in weights]
    ap, auc = ranking(truth, scores)
    ranked = [_rank_row(truth[:, t], scores[:, t], weights) for t in range(truth.shape[1])]
    term_ap = _mean_over_terms(np.array([r[0] for r in ranked]))
    term_auc = _mean_over_terms(np.array([r[1] for r in ranked]))

    result = {
        "fmax": _interval([c.fmax for c in curves]),
        "threshold": Interval(float(THRESHOLDS[curves[0].best])),
        "precision": _interval([c.precision[curves[0].best] for c in curves]),
        "recall": _interval([c.recall[curves[0].best] for c in curves]),
        "smin": _interval([c.smin for c in curves]),
        "protein_auprc": _interval(_weighted_means(ap, weights)),
        "protein_auroc": _interval(_weighted_means(auc, weights)),
        "term_auprc": _interval(_centred(term_ap)),
        "term_auroc": _interval(_centred(term_auc)),
        "proteins": Interval(float(len(truth))),
        "terms": Interval(float(truth.any(axis=0).sum())),
    }
    return result


def difference(
    truth: np.ndarray, scores: np.ndarray, others: np.ndarray, bits: np.ndarray, *, bootstrap: int = 200, seed: int = 0
) -> dict[str, Interval]:
    """One method less another on the same resamplings of the proteins: what the two share cancels out.

    Parameters
    ----------
    truth, scores, bits, bootstrap
        As in `evaluate`.
    others : float array, (N, T)
        Scores of the other method.

    Returns
    -------
    dict
        fmax, smin (bits), protein_auprc.

    Raises
    ------
    ValueError
        Shapes differ, or no protein has a term.
    """
    _check(truth, scores)
    _check(truth, others)
    keep = truth.any(axis=1)
    if not keep.any():
        raise ValueError("no protein has a true term")
    weights = _resamplings(int(keep.sum()), bootstrap, seed)
    one, two = (_protein_measures(truth[keep], s[keep], bits, weights) for s in (scores, others))
    return {name: _interval(one[name] - two[name]) for name in one}


def _protein_measures(truth, scores, bits, weights) -> dict[str, np.ndarray]:
    """Protein-centric measures under each weighting, (B,)."""
    parts = _per_protein(truth, scores, bits, THRESHOLDS)
    curves = [_curve(parts, row, THRESHOLDS) for row in weights]
    return {
        "fmax": np.array([c.fmax for c in curves]),
        "smin": np.array([c.smin for c in curves]),
        "protein_auprc": _weighted_means(ranking(truth, scores)[0], weights),
    }


def _resamplings(count: int, bootstrap: int, seed: int) -> np.ndarray:
    """How often each of `count` proteins is drawn, (1 + bootstrap, count); the first row is the sample itself."""
    rng = np.random.default_rng(seed)
    drawn = [np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(bootstrap)]
    return np.vstack([np.ones(count), *drawn])


def _mean_over_terms(values: np.ndarray) -> np.ndarray:
    """Mean over the terms that are defined in each resampling, (T, B) -> (B,)."""
    known = np.isfinite(values)
    total = np.where(known, values, 0).sum(axis=0)
    return np.divide(total, known.sum(axis=0), out=np.full(values.shape[1], np.nan), where=known.any(axis=0))


def _weighted_means(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    known = np.isfinite(values)
    if not known.any():
        return np.full(len(weights), np.nan)
    total = weights[:, known].sum(axis=1)
    return np.divide(weights[:, known] @ values[known], total, out=np.full(len(weights), np.nan), where=total > 0)


def _centred(values: np.ndarray) -> np.ndarray:
    """Resamplings moved so that their mean is the measurement.

    A term with a handful of positives ranks better when one of them is drawn twice, so the mean over terms is biased
    upwards in resamplings; their spread is not.
    """
    rest = values[1:]
    return np.concatenate([values[:1], rest - np.nanmean(rest) + values[0]]) if np.isfinite(rest).any() else values


def _interval(values) -> Interval:
    """First value is the measurement, the others are resamplings."""
    values = np.asarray(values, dtype=float)
    return percentile_interval(values[0], values[1:])


def _check(truth: np.ndarray, scores: np.ndarray) -> None:
    if truth.shape != scores.shape or truth.ndim != 2:
        raise ValueError(f"truth {truth.shape} and scores {scores.shape} must be two tables of one shape")
    if not np.isfinite(scores).all():
        raise ValueError("scores must be finite")
