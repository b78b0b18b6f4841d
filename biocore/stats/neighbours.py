"""Exact nearest neighbours, a block of distances at a time: memory does not grow with the number of queries."""

from collections.abc import Iterator, Sequence

import numpy as np

METRICS = ("cosine", "euclidean")
BLOCK_MB = 256  # of distances held at once


def distance_blocks(
    queries: np.ndarray, vectors: np.ndarray, metric: str = "cosine"
) -> Iterator[tuple[int, np.ndarray]]:
    """Distances of a few queries at a time to all vectors.

    Parameters
    ----------
    queries : float array, (M, D)
    vectors : float array, (N, D)
    metric : str
        "cosine" (1 - cosine similarity, 0 to 2; 1 to a vector of zeros) or "euclidean".

    Yields
    ------
    start : int
        Row of the first query of the block.
    distances : float array, (m, N)
        In the precision of the vectors.  May be changed by the caller.

    Raises
    ------
    ValueError
        Unknown metric, lengths that differ, or a number that is not finite.
    """
    from sklearn.metrics import pairwise_distances_chunked

    if metric not in METRICS:
        raise ValueError(f"the metric {metric!r} is not one of {', '.join(METRICS)}")
    queries, vectors = np.asarray(queries), np.asarray(vectors)
    if not len(queries) or not len(vectors):
        if len(queries):
            yield 0, np.zeros((len(queries), 0))
        return
    if metric == "euclidean":  # subtracting large numbers from one another would lose small distances
        centre = vectors.mean(axis=0)
        queries, vectors = queries - centre, vectors - centre
    start = 0
    for block in pairwise_distances_chunked(queries, vectors, metric=metric, working_memory=BLOCK_MB):
        yield start, block
        start += len(block)


def smallest(block: np.ndarray, k: int) -> np.ndarray:
    """Columns of the `k` smallest numbers in each row, smallest first, equal ones in the order of the columns.

    Parameters
    ----------
    block : array, (M, N)
    k : int
        Not more than N.

    Returns
    -------
    int array, (M, k)

    Examples
    --------
    >>> smallest(np.array([[3, 1, 2, 1]]), 3).tolist()
    [[1, 3, 2]]
    """
    if k == 0:
        return np.zeros((len(block), 0), np.int64)
    if k < block.shape[1] // 2:
        candidates = np.sort(np.argpartition(block, k - 1, axis=1)[:, :k], axis=1)
    else:
        candidates = np.broadcast_to(np.arange(block.shape[1]), block.shape)
    order = np.argsort(np.take_along_axis(block, candidates, axis=1), axis=1, kind="stable")[:, :k]
    return np.take_along_axis(candidates, order, axis=1)


def nearest(
    queries: np.ndarray,
    vectors: np.ndarray,
    *,
    k: int,
    metric: str = "cosine",
    exclude: Sequence[np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """The `k` nearest vectors of each query.

    Parameters
    ----------
    queries : float array, (M, D)
    vectors : float array, (N, D)
    k : int
        Held to N.
    metric : str
        As in `distance_blocks`.
    exclude : sequence of M int arrays, optional
        For each query, rows of `vectors` that must not be found.

    Returns
    -------
    indices : int array, (M, k)
        Rows of `vectors`, nearest first; -1 where fewer than `k` may be found.
    distances : float array, (M, k)
        Infinite where the index is -1.

    Raises
    ------
    ValueError
        As in `distance_blocks`.
    """
    k = min(k, len(vectors))
    indices, distances = np.full((len(queries), k), -1, np.int64), np.full((len(queries), k), np.inf)
    for start, block in distance_blocks(queries, vectors, metric):
        rows = slice(start, start + len(block))
        if exclude is not None:
            for row, gone in enumerate(exclude[rows]):
                block[row, gone] = np.inf
        chosen = smallest(block, k)
        distances[rows] = np.take_along_axis(block, chosen, axis=1)
        indices[rows] = np.where(np.isfinite(distances[rows]), chosen, -1)
    return indices, distances
