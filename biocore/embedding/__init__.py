"""Where proteins lie: collections of vectors, maps of them in two or three dimensions, and what lies beside what.

A map is a picture and may mislead, so everything that is a *number* here (neighbours, separation of labels) is computed
in the original space, and `quality.faithfulness` says how much of that space a map has kept.
"""

from biocore.embedding.collection import (
    Collection,
    LabelJoin,
    header_columns,
    join_labels,
    map_of,
    read_labels,
    same_weights,
    unique_names,
)
from biocore.embedding.examples import Example, example, example_names
from biocore.embedding.files import ENDINGS, read_vectors, to_frame, write_vectors
from biocore.embedding.projection.maps import METHODS, Map, MapSettings, fit_settings, limits_for, make_map, place
from biocore.embedding.projection.neighbours import Neighbours, distinct, nearest
from biocore.embedding.projection.points import SEVERAL, Points, neighbour_table, points
from biocore.embedding.projection.quality import Faithfulness, Separation, faithfulness, separation

__all__ = [
    "ENDINGS",
    "METHODS",
    "SEVERAL",
    "Points",
    "neighbour_table",
    "points",
    "fit_settings",
    "Collection",
    "Example",
    "Faithfulness",
    "LabelJoin",
    "Map",
    "MapSettings",
    "Neighbours",
    "Separation",
    "distinct",
    "example",
    "example_names",
    "faithfulness",
    "header_columns",
    "join_labels",
    "limits_for",
    "make_map",
    "map_of",
    "nearest",
    "place",
    "read_labels",
    "read_vectors",
    "same_weights",
    "separation",
    "to_frame",
    "unique_names",
    "write_vectors",
]
