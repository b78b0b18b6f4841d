"""A set of embeddings: proteins with a name, a vector, and columns of labels."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from biocore.embedding.projection.methods import Projection, check_vectors, project
from biocore.embedding.projection.neighbours import distinct
from biocore.embedding.projection.settings import ProjectionSettings, fit_settings


@dataclass(frozen=True)
class EmbeddingSet:
    """Proteins (or anything else) with a vector each.

    Attributes
    ----------
    names : tuple of str, N
        Unique.
    vectors : float32 array, (N, D)
    table : DataFrame, N rows
        Columns of labels and numbers to colour by; may have none.
    sequences : tuple of str or None
        Where they are known.
    model : str
        What made the vectors; empty where that is not known.
    model_hash : str
        Tells versions of a model apart; empty where not known.
    layer : int
        Layer of the model, -1 for the last.
    projection : Projection or None
        Coordinates that came with the vectors.
    notes : tuple of str
        What a user should know about the input.
    """

    names: tuple[str, ...]
    vectors: np.ndarray
    table: pd.DataFrame
    sequences: tuple[str, ...] | None = None
    model: str = ""
    model_hash: str = ""
    layer: int = -1
    projection: Projection | None = None
    notes: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "vectors", check_vectors(self.vectors, self.names))
        n = len(self.names)
        if len(self.vectors) != n or len(self.table) != n:
            raise ValueError(f"{n} names, {len(self.vectors)} vectors and {len(self.table)} rows do not fit")
        if self.sequences is not None and len(self.sequences) != n:
            raise ValueError(f"{n} names and {len(self.sequences)} sequences do not fit")
        if len(set(self.names)) != n:
            raise ValueError("names must be unique; see unique_names")
        if self.projection is not None and len(self.projection.coordinates) != n:
            raise ValueError("the projection must have a point for each name")

    def __len__(self) -> int:
        return len(self.names)

    def with_columns(self, columns: pd.DataFrame) -> "EmbeddingSet":
        """The same with more columns; one that exists is replaced."""
        kept = self.table.drop(columns=[c for c in columns if c in self.table])
        return replace(self, table=pd.concat([kept, columns.reset_index(drop=True)], axis=1))


def projection_of(embeddings: EmbeddingSet, settings: ProjectionSettings) -> Projection:
    """The projection of a set: the one it came with where that has these settings, else computed now.

    Raises
    ------
    InputError
        As `project`.
    """
    stored = embeddings.projection
    if stored is not None:
        n = len(distinct(embeddings.vectors)[0])
        wanted, notes = fit_settings(settings, n)
        if wanted.relevant == fit_settings(stored.settings, n)[0].relevant:
            return replace(stored, notes=notes)
    return project(embeddings.vectors, settings, names=embeddings.names)


def same_weights(first: str, second: str) -> bool:
    """True where two model hashes stand for the same weights.  Precision (``-bf16`` on a GPU) is no difference here."""
    return first.removesuffix("-bf16") == second.removesuffix("-bf16")


def unique_names(names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Tell equal names apart, "P1", "P1 (2)", and say so.  Returns the names and notes for the user."""
    taken, counts, unique = set(names), Counter(names), []
    seen: Counter = Counter()
    for name in names:
        seen[name] += 1
        if seen[name] > 1:
            number = seen[name]
            while f"{name} ({number})" in taken:
                number += 1
            name = f"{name} ({number})"
            taken.add(name)
        unique.append(name)
    repeated = [name for name, count in counts.items() if count > 1]
    if not repeated:
        return tuple(unique), ()
    shown = ", ".join(repeated[:3]) + (", ..." if len(repeated) > 3 else "")
    are = "name occurs" if len(repeated) == 1 else "names occur"
    return tuple(unique), (f"{len(repeated):,} {are} more than once ({shown}); the later ones are numbered.",)
