"""How much of the original space a projection has kept."""

from dataclasses import dataclass

import numpy as np

from biocore.embedding.projection.methods import Projection
from biocore.embedding.projection.neighbours import distinct, nearest
from biocore.stats.neighbours import distance_blocks

MOST_QUERIES = 1000  # points whose ranks are computed; more would cost time and not change the second decimal


@dataclass(frozen=True)
class ProjectionQuality:
    """What a projection kept of the original space.

    Attributes
    ----------
    trustworthiness : float
        1 where every neighbour on the map is a neighbour in the original space; a random map scores about 0.5.
        NaN (not defined) below 5 different vectors.
    neighbourhood_preservation : float
        Mean fraction of the `k` nearest neighbours that are the same on the map and in the original space.
    preservation_by_chance : float
        What a random map would score there: k / (n - 1).
    k, n, queries : int
        Neighbours, distinct vectors, and how many of them were looked at.
    variance : float
        PCA: fraction of the variance that the map shows; NaN for other methods.
    """

    trustworthiness: float
    neighbourhood_preservation: float
    preservation_by_chance: float
    k: int
    n: int
    queries: int
    variance: float = float("nan")


def projection_quality(vectors: np.ndarray, projection: Projection, *, k: int = 15, seed: int = 0) -> ProjectionQuality:
    """Measure a projection against the original space, in its own metric.

    Parameters
    ----------
    vectors : float array, (N, D)
        What the projection was made from.
    projection : Projection, of N points
    k : int
        Neighbours looked at; held to less than half of the points, where trustworthiness is defined.
    seed : int
        Draws 1,000 points where there are more.

    Returns
    -------
    ProjectionQuality
        NaN below 5 different vectors.

    References
    ----------
    Venna & Kaski (2001), doi:10.1007/3-540-44668-0_68.
    """
    first, _ = distinct(vectors)
    n = len(first)
    variance = float(sum(projection.variance)) if projection.variance else float("nan")
    k = min(k, (n - 1) // 2)
    if n < 5 or k < 1:
        nan = float("nan")
        return ProjectionQuality(nan, nan, nan, max(k, 0), n, 0, variance)
    points, flat = vectors[first], projection.coordinates[first]
    queries = np.arange(n)
    if n > MOST_QUERIES:
        queries = np.sort(np.random.default_rng(seed).choice(n, MOST_QUERIES, replace=False))
    trust, preserved = _rank_scores(points, flat, queries, k, projection.settings.metric)
    return ProjectionQuality(trust, preserved, k / (n - 1), k, n, len(queries), variance)


def _rank_scores(points: np.ndarray, flat: np.ndarray, queries: np.ndarray, k: int, metric: str) -> tuple[float, float]:
    n, penalty, shared = len(points), 0.0, 0
    close = _neighbours_of(flat, queries, k)
    for start, block in distance_blocks(points[queries].astype(np.float64), points.astype(np.float64), metric):
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
