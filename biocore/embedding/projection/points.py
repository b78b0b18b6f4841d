"""What a figure draws: one point for each distinct vector, with all that lies on it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.embedding.projection.methods import Projection
from biocore.embedding.projection.neighbours import distinct, nearest
from biocore.embedding.sets import EmbeddingSet

SEVERAL = "(several)"


@dataclass(frozen=True)
class Points:
    """Points of a map.

    Attributes
    ----------
    coordinates : float array, (P, dims)
    names : tuple of str, P
        The protein's name; of copies the first, "and n more".
    rows : tuple of int tuples, P
        Rows of the set that lie here; for projected points, rows of the new embeddings.
    projected : bool array, (P,)
        True for points that were projected into a finished map.
    table : DataFrame, P rows
        The set's columns.  Where copies differ: their mean for numbers, "(several)" for labels.
    """

    coordinates: np.ndarray
    names: tuple[str, ...]
    rows: tuple[tuple[int, ...], ...]
    projected: np.ndarray
    table: pd.DataFrame

    def __post_init__(self) -> None:
        lengths = {len(self.coordinates), len(self.names), len(self.rows), len(self.projected), len(self.table)}
        if len(lengths) != 1:
            raise ValueError(f"the parts have different lengths: {lengths}")

    @property
    def copies(self) -> np.ndarray:
        """How many proteins lie on each point, int (P,)."""
        return np.array([len(rows) for rows in self.rows], int)


def points(
    embeddings: EmbeddingSet, projection: Projection, new: tuple[EmbeddingSet, np.ndarray] | None = None
) -> Points:
    """Points of a map, and of new proteins projected into it.

    Parameters
    ----------
    new : (EmbeddingSet, float array (M, dims)), optional
    """
    old = _points(embeddings, projection.coordinates, False)
    if new is None:
        return old
    more = _points(*new, True)
    table = pd.concat([old.table, more.table.reindex(columns=old.table.columns)], ignore_index=True)
    for column in table:
        if not pd.api.types.is_numeric_dtype(table[column]):
            table[column] = table[column].fillna("").map(str)
    return Points(
        np.vstack([old.coordinates, more.coordinates]),
        old.names + more.names,
        old.rows + more.rows,
        np.concatenate([old.projected, more.projected]),
        table,
    )


def _points(embeddings: EmbeddingSet, coordinates: np.ndarray, projected: bool) -> Points:
    first, group = distinct(embeddings.vectors)
    rows: list[list[int]] = [[] for _ in first]
    for row, index in enumerate(group):
        rows[index].append(row)
    names = [embeddings.names[r[0]] + (f" and {len(r) - 1:,} more" if len(r) > 1 else "") for r in rows]
    table = embeddings.table.iloc[first].reset_index(drop=True)
    doubled = [i for i, r in enumerate(rows) if len(r) > 1]
    for column in table:
        values = embeddings.table[column]
        is_number = pd.api.types.is_numeric_dtype(values)
        merged = table[column].astype(float if is_number else object).to_list()
        for i in doubled:
            here = values.iloc[rows[i]]
            if is_number:
                merged[i] = float(here.mean())
            elif here.nunique() > 1:
                merged[i] = SEVERAL
        if doubled:
            table[column] = merged
    return Points(
        np.asarray(coordinates)[first],
        tuple(names),
        tuple(tuple(r) for r in rows),
        np.full(len(first), projected),
        table,
    )


def neighbour_table(
    embeddings: EmbeddingSet, row: int | None, *, k: int = 10, metric: str = "cosine", query: np.ndarray | None = None
) -> pd.DataFrame:
    """The nearest proteins of one, in the original space.

    Parameters
    ----------
    embeddings : EmbeddingSet
    row : int or None
        Row of the set; None with a vector of one's own as `query`, (D,).
    k : int
        How many at most.
    metric : str
        "cosine" or "euclidean".

    Returns
    -------
    DataFrame
        rank, record, cosine similarity, Euclidean distance, identical (bool), and the set's columns.
    """
    asked = embeddings.vectors[row] if query is None else query
    found = nearest(embeddings.vectors, asked[None], k=k + (row is not None), metric=metric)
    kept = found.indices[0] != (-1 if row is None else row)
    indices = found.indices[0][kept][:k]
    distances = np.linalg.norm(embeddings.vectors[indices].astype(float) - asked.astype(float), axis=1)
    head = pd.DataFrame(
        {
            "rank": np.arange(1, len(indices) + 1),
            "record": [embeddings.names[i] for i in indices],
            "cosine similarity": found.cosine[0][kept][:k],
            "Euclidean distance": distances,
            "identical": distances == 0,
        }
    )
    return pd.concat([head, embeddings.table.iloc[indices].reset_index(drop=True)], axis=1)
