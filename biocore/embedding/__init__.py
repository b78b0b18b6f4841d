"""Where proteins lie: sets of embeddings, their projections to two or three dimensions, and what lies beside what.

A map is a picture and may mislead, so everything that is a *number* here (neighbours, separation of labels) is computed
in the original space, and `projection_quality` says how much of that space a projection has kept.
"""

from biocore.embedding.examples import Example, example, example_names
from biocore.embedding.labels import LabelJoin, header_columns, join_labels, read_labels
from biocore.embedding.projection.methods import Projection, project, transform
from biocore.embedding.projection.neighbours import NearestVectors, distinct, nearest
from biocore.embedding.projection.points import SEVERAL, Points, neighbour_table, points
from biocore.embedding.projection.quality import ProjectionQuality, projection_quality
from biocore.embedding.projection.separation import Separation, separation
from biocore.embedding.projection.settings import METHODS, ProjectionSettings, fit_settings, limits_for
from biocore.embedding.reading import ENDINGS, read_vectors
from biocore.embedding.sets import EmbeddingSet, projection_of, same_weights, unique_names
from biocore.embedding.writing import to_frame, write_vectors

__all__ = [
    "ENDINGS",
    "METHODS",
    "SEVERAL",
    "EmbeddingSet",
    "Example",
    "LabelJoin",
    "NearestVectors",
    "Points",
    "Projection",
    "ProjectionQuality",
    "ProjectionSettings",
    "Separation",
    "distinct",
    "example",
    "example_names",
    "fit_settings",
    "header_columns",
    "join_labels",
    "limits_for",
    "nearest",
    "neighbour_table",
    "points",
    "project",
    "projection_of",
    "projection_quality",
    "read_labels",
    "read_vectors",
    "same_weights",
    "separation",
    "to_frame",
    "transform",
    "unique_names",
    "write_vectors",
]
