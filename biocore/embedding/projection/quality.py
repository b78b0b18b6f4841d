"""How much of the original space a map has kept, and whether labels are apart in that space at all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.embedding.projection.maps import Map
from biocore.embedding.projection.neighbours import distance_blocks, distinct, nearest
from biocore.stats.intervals import wilson

MOST_QUERIES = 1000  # points whose ranks are computed; more would cost time and not change the second decimal
MOST_FOR_SILHOUETTE = 5000


@dataclass(frozen=True)
class Faithfulness:
    """What a map kept of the original space.

    Attributes
    ----------
    trustworthiness : float
        1 where every neighbour on the map is a neighbour in the original space; a random map scores about 0.5.
        NaN (not defined) below 5 different vectors.
    neighbour_overlap : float
        Mean share of the `k` nearest neighbours that are the same on the map and in the original space.
    overlap_by_chance : float
        What a random map would score there: k / (n - 1).
    k, n, queries : int
        Neighbours, distinct vectors, and how many of them were looked at.
    variance : float
        PCA: share of the variance that the map shows; NaN for other methods.
    """

    trustworthiness: float
    neighbour_overlap: float
    overlap_by_chance: float
    k: int
    n: int
    queries: int
    variance: float = float("nan")


def faithfulness(vectors: np.ndarray, shown: Map, *, k: int = 15, seed: int = 0) -> Faithfulness:
    """Measure a map against the original space, in the map's metric.

    Parameters
    ----------
    vectors : float array, (N, D)
        What the map was made from.
    shown : Map
    k : int
        Neighbours looked at; held to less than half of the points, where trustworthiness is defined.
    seed : int
        Draws 1,000 points where there are more.

    References
    ----------
    Venna & Kaski (2001), doi:10.1007/3-540-44668-0_68.
    """
    first, _ = distinct(vectors)
    n = len(first)
    variance = float(sum(shown.variance)) if shown.variance else float("nan")
    k = min(k, (n - 1) // 2)
    if n < 5 or k < 1:
        nan = float("nan")
        return Faithfulness(nan, nan, nan, max(k, 0), n, 0, variance)
    points, flat = vectors[first], shown.coordinates[first]
    queries = np.arange(n)
    if n > MOST_QUERIES:
        queries = np.sort(np.random.default_rng(seed).choice(n, MOST_QUERIES, replace=False))
    trust, overlap = _rank_scores(points, flat, queries, k, shown.settings.metric)
    return Faithfulness(trust, overlap, k / (n - 1), k, n, len(queries), variance)


def _rank_scores(points, flat, queries, k, metric) -> tuple[float, float]:
    n, penalty, shared = len(points), 0.0, 0
    close = _neighbours_of(flat, queries, k)
    for start, block in distance_blocks(points[queries], points, metric):
        rows = np.arange(len(block))
        block[rows, queries[start + rows]] = -1.0  # itself: rank 0
        order = np.argsort(block, axis=1, kind="stable")
        ranks = np.empty_like(order)
        np.put_along_axis(ranks, order, np.broadcast_to(np.arange(n), order.shape), axis=1)
        found = np.take_along_axis(ranks, close[start : start + len(block)], axis=1)
        penalty += float(np.maximum(found - k, 0).sum())
        shared += int((found <= k).sum())
    trust = 1 - 2 / (len(queries) * k * (2 * n - 3 * k - 1)) * penalty
    return trust, shared / (len(queries) * k)


def _neighbours_of(flat: np.ndarray, queries: np.ndarray, k: int) -> np.ndarray:
    found = nearest(flat, flat[queries], k=k + 1, metric="euclidean").indices
    itself = found == queries[:, None]
    itself[~itself.any(axis=1), -1] = True  # k + 1 or more points on one spot: drop the last
    return found[~itself].reshape(len(queries), k)


@dataclass(frozen=True)
class LabelScore:
    """One label: distinct vectors, mean silhouette, and the share whose neighbours vote for it."""

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
        Share of points whose label is what their `k` nearest others say (each point left out in turn), with its 95 %
        Wilson interval.
    balanced_accuracy : float
        Mean over labels of the share found.
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
    Identical vectors count once (their labels must agree, or they are left out): a copy would find itself.  Relatives
    stay in, so this describes the collection and is not a test of a classifier.

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


def _silhouettes(points, codes, metric, seed) -> tuple[np.ndarray, bool]:
    """Silhouette of each point, 0 for the only one of its label; NaN for points that were not drawn."""
    values = np.full(len(points), np.nan)
    chosen = np.arange(len(points))
    if len(points) > MOST_FOR_SILHOUETTE:
        chosen = np.sort(np.random.default_rng(seed).choice(len(points), MOST_FOR_SILHOUETTE, replace=False))
    members = codes[chosen][:, None] == np.unique(codes[chosen])  # (n, labels)
    sizes = members.sum(axis=0)
    if len(sizes) < 2:
        return values, len(chosen) < len(points)
    for start, block in distance_blocks(points[chosen], points[chosen], metric):
        rows = slice(start, start + len(block))
        block[np.arange(len(block)), np.arange(start, start + len(block))] = 0.0
        sums, own = block @ members, members[rows]
        others = sizes[own.argmax(axis=1)] - 1
        within = sums[own] / np.maximum(others, 1)
        between = np.where(own, np.inf, sums / sizes).min(axis=1)
        widest = np.maximum(within, between)
        values[chosen[rows]] = np.where(
            (others > 0) & (widest > 0), (between - within) / np.where(widest > 0, widest, 1), 0
        )
    return values, len(chosen) < len(points)


def _mean(values: np.ndarray) -> float:
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")


def _vote(codes: np.ndarray) -> int:
    """The commonest code; among equals the one whose vote came first, that is, from the nearest."""
    values, where, counts = np.unique(codes, return_index=True, return_counts=True)
    best = counts == counts.max()
    return int(values[best][where[best].argmin()])
