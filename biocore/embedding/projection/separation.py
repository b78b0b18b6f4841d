"""Whether labels are apart in the original space at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.embedding.projection.neighbours import distinct, nearest
from biocore.stats.intervals import wilson
from biocore.stats.neighbours import BLOCK_MB

MOST_FOR_SILHOUETTE = 5000


@dataclass(frozen=True)
class LabelScore:
    """One label: distinct vectors, mean silhouette, and the fraction whose neighbours vote for it."""

    label: str
    n: int
    silhouette: float
    recall: float


@dataclass(frozen=True)
class Separation:
    """How far labels are apart in the original space.

    Attributes
    ----------
    silhouette : float
        Mean over points, -1 to 1: 0 means that labels overlap, 1 that they are far apart.  NaN where not defined.
    accuracy, low, high : float
        Fraction of points whose label is what their `k` nearest others say (each point left out in turn), with its 95 %
        Wilson interval.
    balanced_accuracy : float
        Mean over labels of the fraction found.
    majority : float
        What always answering with the commonest label scores: the number to beat.
    k, n : int
        Neighbours that vote, and distinct vectors looked at.
    labels : tuple of LabelScore
        Commonest first.
    notes : tuple of str
        What was left out.
    """

    silhouette: float
    accuracy: float
    low: float
    high: float
    balanced_accuracy: float
    majority: float
    k: int
    n: int
    labels: tuple[LabelScore, ...]
    notes: tuple[str, ...] = ()


def separation(
    vectors: np.ndarray, labels: Sequence[str], *, metric: str = "euclidean", k: int = 5, seed: int = 0
) -> Separation:
    """Separation of labels in the original space: silhouette and leave-one-out k-nearest-neighbour accuracy.

    Parameters
    ----------
    vectors : float array, (N, D)
    labels : N strings
        Empty: not labelled, left out.  A label of fewer than 2 distinct vectors is left out.
    metric : str
        "euclidean" or "cosine".
    k : int
        Neighbours that vote; the nearest one decides a tie.
    seed : int
        Draws 5,000 points for the silhouette where there are more.

    Returns
    -------
    Separation
        NaN where fewer than two labels remain.

    Notes
    -----
    Identical vectors count once (their labels must agree, or they are left out): a copy would find itself.  Homologues
    stay in, so this describes the set and is not a test of a classifier.

    References
    ----------
    Rousseeuw (1987), doi:10.1016/0377-0427(87)90125-7.
    """
    points, names, notes = _labelled(vectors, np.asarray([str(x) for x in labels], dtype=object))
    found, codes, counts = np.unique(names.astype(str), return_inverse=True, return_counts=True)
    nan = float("nan")
    if len(found) < 2:
        notes += ("Separation needs two labels with two or more different proteins each.",)
        return Separation(nan, nan, nan, nan, nan, nan, k, len(points), (), notes)
    silhouettes, sampled = _silhouettes(points, codes, metric, seed)
    if sampled:
        notes += (f"Silhouette from {MOST_FOR_SILHOUETTE:,} points drawn at random.",)
    k = min(k, len(points) - 1)
    votes = codes[nearest(points, k=k, metric=metric).indices]
    right = np.array([_vote(row) for row in votes]) == codes
    scores = [
        LabelScore(str(found[i]), int(counts[i]), _mean(silhouettes[codes == i]), float(right[codes == i].mean()))
        for i in range(len(found))
    ]
    low, high = wilson(int(right.sum()), len(right))
    return Separation(
        silhouette=_mean(silhouettes),
        accuracy=float(right.mean()),
        low=low,
        high=high,
        balanced_accuracy=float(np.mean([s.recall for s in scores])),
        majority=float(counts.max() / counts.sum()),
        k=k,
        n=len(points),
        labels=tuple(sorted(scores, key=lambda s: (-s.n, s.label))),
        notes=notes,
    )


def _labelled(vectors: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Distinct labelled vectors with one label each, labels of two or more, and what was left out."""
    notes = []
    kept = labels != ""
    if not kept.all():
        notes.append(f"{(~kept).sum():,} without a label left out.")
    vectors, labels = np.asarray(vectors)[kept], labels[kept]
    first, group = distinct(vectors)
    agree = np.ones(len(first), bool)
    np.logical_and.at(agree, group, labels == labels[first][group] if len(first) else [])
    if not agree.all():
        notes.append(f"{(~agree).sum():,} identical in vector but not in label left out.")
    vectors, labels = vectors[first][agree], labels[first][agree]
    names, counts = np.unique(labels.astype(str), return_counts=True)
    single = set(names[counts < 2])
    if single:
        notes.append(f"{len(single):,} label{'s' * (len(single) > 1)} of a single protein left out.")
    kept = np.array([name not in single for name in labels], bool)
    return vectors[kept], labels[kept], tuple(notes)


def _silhouettes(points: np.ndarray, codes: np.ndarray, metric: str, seed: int) -> tuple[np.ndarray, bool]:
    """Silhouette of each point, 0 for the only one of its label; NaN for points that were not drawn."""
    from sklearn import config_context
    from sklearn.metrics import silhouette_samples

    values = np.full(len(points), np.nan)
    chosen = np.arange(len(points))
    if len(points) > MOST_FOR_SILHOUETTE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(points), MOST_FOR_SILHOUETTE, replace=False))
    if 1 < len(np.unique(codes[chosen])) < len(chosen):
        x = np.asarray(points[chosen], np.float64)
        if metric == "euclidean":
            x -= x.mean(axis=0)  # keeps small distances between vectors that lie far from the origin
        with config_context(working_memory=BLOCK_MB):
            values[chosen] = silhouette_samples(x, codes[chosen], metric=metric)
    return values, len(chosen) < len(points)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _vote(codes: np.ndarray) -> int:
    """The commonest code; among equals the one whose vote came first, that is, from the nearest."""
    values, where, counts = np.unique(codes, return_index=True, return_counts=True)
    best = counts == counts.max()
    return int(values[best][where[best].argmin()])
