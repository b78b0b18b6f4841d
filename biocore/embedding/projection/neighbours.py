"""Exact neighbours in the original space, and which vectors are the same."""

from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.stats import neighbours

METRICS = ("euclidean", "cosine")


@dataclass(frozen=True)
class NearestVectors:
    """The nearest vectors of each query, nearest first.

    Attributes
    ----------
    indices : int array, (M, k)
        Rows of the searched vectors.
    distances : float array, (M, k)
        In the unit of the metric: Euclidean distance, or 1 - cosine similarity.
    cosine : float array, (M, k)
        Cosine similarity, whatever the metric.  -1 to 1; NaN where a vector is all zeros.
    """

    indices: np.ndarray
    distances: np.ndarray
    cosine: np.ndarray

    def __post_init__(self) -> None:
        if not self.indices.shape == self.distances.shape == self.cosine.shape:
            raise ValueError("indices, distances and cosine must have one shape (M, k)")


def check_metric(metric: str, vectors: np.ndarray | None = None, names: tuple[str, ...] | None = None) -> None:
    """Refuse an unknown metric, and cosine where a vector has no direction.

    Raises
    ------
    InputError
    """
    if metric not in METRICS:
        raise InputError(f"The metric {metric!r} is not known; use {' or '.join(METRICS)}.")
    if metric == "cosine" and vectors is not None:
        zeros = np.flatnonzero(~np.any(vectors, axis=1))
        if len(zeros):
            raise InputError(
                "this vector is all zeros, so it has no cosine similarity. Use the Euclidean metric, or leave it out.",
                record=names[zeros[0]] if names else f"row {zeros[0] + 1}",
            )


def distinct(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find vectors that occur more than once, bit for bit.

    Parameters
    ----------
    vectors : float array, (N, D)

    Returns
    -------
    first : int array, (U,)
        Rows of the first occurrence of each distinct vector, in order of appearance.
    group : int array, (N,)
        For each row the index into `first`.
    """
    rows = np.ascontiguousarray(vectors + 0.0)  # -0.0 and 0.0 are the same number
    keys: dict[bytes, int] = {}
    group = np.array([keys.setdefault(row.tobytes(), len(keys)) for row in rows], dtype=np.int64)
    first = np.unique(group, return_index=True)[1] if len(group) else group
    return first, group


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Rows scaled to length 1; zeros stay zeros."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths == 0, 1, lengths)


def nearest(
    vectors: np.ndarray, queries: np.ndarray | None = None, *, k: int, metric: str = "cosine"
) -> NearestVectors:
    """Exact nearest neighbours in the original space.

    Parameters
    ----------
    vectors : float array, (N, D)
    queries : float array, (M, D), optional
        Without it each of the `vectors` is a query, and is not its own neighbour (a copy of it may be).
    k : int
        Fewer are returned where there are fewer.
    metric : str
        "euclidean" or "cosine".

    Returns
    -------
    NearestVectors
        Ties in the order of the rows.

    Raises
    ------
    InputError
        Unknown metric, or lengths that do not fit.
    """
    own = queries is None
    queries = vectors if own else np.asarray(queries)
    if queries.shape[1] != vectors.shape[1]:
        raise InputError(
            f"vectors of {queries.shape[1]:,} numbers cannot be compared with vectors of {vectors.shape[1]:,}. "
            "Use embeddings of one model and layer."
        )
    check_metric(metric)
    a, b = np.asarray(queries, np.float64), np.asarray(vectors, np.float64)
    k = max(0, min(k, len(vectors) - own))
    itself = list(np.arange(len(vectors))[:, None]) if own else None
    indices, distances = neighbours.nearest(a, b, k=k, metric=metric, exclude=itself)
    return NearestVectors(indices, distances, _cosine(a, b, indices))


def _cosine(queries: np.ndarray, vectors: np.ndarray, indices: np.ndarray) -> np.ndarray:
    a, b = unit_rows(queries), unit_rows(vectors)
    similarity = np.empty(indices.shape)
    for column in range(indices.shape[1]):
        similarity[:, column] = np.einsum("nd,nd->n", a, b[indices[:, column]])
    similarity = np.clip(similarity, -1, 1)
    similarity[~np.any(a, axis=1)] = np.nan
    similarity[~np.any(b, axis=1)[indices]] = np.nan
    return similarity
