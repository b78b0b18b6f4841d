"""Figures of maps, and the worked examples that ship."""

import json

import numpy as np
import pandas as pd
import pytest

from biocore import embedding
from biocore.embedding import (
    EmbeddingSet,
    ProjectionSettings,
    project,
    projection_quality,
)


def test_figure_draws_every_point_once_and_counts_copies():
    from biocore.plot import embedding_map as maps

    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    vectors[1] = vectors[0]
    table = pd.DataFrame({"label": ["a<b>"] * 20 + ["b"] * 9 + [""], "length": np.arange(30.0)})
    held = EmbeddingSet(tuple(f"p{i}" for i in range(30)), vectors, table)
    for dims in (2, 3):
        shown = project(vectors, ProjectionSettings("pca", dims))
        points = embedding.points(held, shown)
        for colour in ("label", "length", None):
            figure = maps.map_figure(points, shown.axes, colour=colour, size="length", found=[3], picked=2)
            drawn = [row[0] for t in figure.data if t.customdata is not None for row in t.customdata]
            assert sorted(drawn) == list(range(29))
            assert any(t.name == "copies" and list(t.text) == ["×2"] for t in figure.data)
            assert any(t.name.startswith("found") for t in figure.data)
            assert "<b>" not in json.dumps([t.text[0] for t in figure.data if t.text is not None])


def test_many_labels_share_a_colour_and_every_other_pair_is_unlike():
    from biocore.plot import embedding_map as maps

    colours = maps.category_colours([f"{i:02d}" for i in range(40)])
    kept = [v for k, v in colours.items() if k not in (embedding.SEVERAL, "")]
    assert len(set(kept)) == 20  # 19 labels and the shared one


@pytest.mark.parametrize("name", list(embedding.example_names()))
def test_examples_have_labels_and_a_map_and_no_sequences(name):
    shipped = embedding.example(name)
    held = shipped.embeddings
    assert held.sequences is None
    assert shipped.colour in held.table
    assert shipped.source and shipped.licence
    assert held.projection.settings.method == "tsne"
    assert not any("sequence" in c.lower() for c in held.table)


@pytest.mark.parametrize("name", list(embedding.example_names()))
@pytest.mark.parametrize("ending", [".npz", ".h5", ".parquet"])
def test_shipped_files_are_read_and_written_again_without_a_change(name, ending):
    held = embedding.example(name).embeddings
    back = embedding.read_vectors(embedding.write_vectors(held, ending, held.projection), f"x{ending}")
    assert (back.names, back.model, back.model_hash) == (held.names, held.model, held.model_hash)
    np.testing.assert_array_equal(back.vectors, held.vectors)
    np.testing.assert_array_equal(back.projection.coordinates, held.projection.coordinates)
    assert back.projection.settings == held.projection.settings
    pd.testing.assert_frame_equal(back.table, held.table, check_dtype=False)


def test_an_hdf5_file_of_before_columns_had_their_name_is_read():
    from io import BytesIO

    import h5py

    buffer = BytesIO()
    with h5py.File(buffer, "w") as file:
        file["embeddings"], file["names"] = np.eye(2, dtype=np.float32), ["p", "q"]
        file["columns/x_y"] = ["a", "b"]
        file["coordinates"] = np.zeros((2, 2), np.float32)
        settings = {"method": "pca", "dims": 2, "metric": "euclidean", "variance": [1.0, 0.0]}
        file.attrs["about"] = json.dumps({"model": "m", "map": settings})
    back = embedding.read_vectors(buffer.getvalue(), "x.h5")
    assert back.table["x_y"].tolist() == ["a", "b"]
    assert (back.model, back.projection.variance) == ("m", (1.0, 0.0))


def test_the_tokens_map_is_what_the_settings_give():
    held = embedding.example("tokens").embeddings
    assert len(held) == 33
    again = project(held.vectors, ProjectionSettings())
    assert projection_quality(held.vectors, again).trustworthiness == pytest.approx(
        projection_quality(held.vectors, held.projection).trustworthiness, abs=0.05
    )
