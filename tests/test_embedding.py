"""Maps are checked against hand-made answers, scikit-learn and openTSNE."""

import numpy as np
import pandas as pd
import pytest
from embedding_toys import clusters, some

from biocore import embedding
from biocore.embedding import (
    EmbeddingSet,
    ProjectionSettings,
    project,
    transform,
)
from biocore.errors import InputError

METHODS = ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)]  # umap compiles when it is first used


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", [2, 3])
def test_two_clusters_stay_apart(method, dims):
    x, _ = clusters()
    y = project(x, ProjectionSettings(method, dims)).coordinates
    centres = y[:20].mean(axis=0), y[20:].mean(axis=0)
    spread = max(np.linalg.norm(y[:20] - centres[0], axis=1).max(), np.linalg.norm(y[20:] - centres[1], axis=1).max())
    nearer = np.linalg.norm(y - centres[0], axis=1) < np.linalg.norm(y - centres[1], axis=1)
    assert y.shape == (40, dims)
    assert list(nearer) == [True] * 20 + [False] * 20
    assert np.linalg.norm(centres[0] - centres[1]) > spread


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_map_and_another_seed_another(method):
    x, _ = clusters()
    first, again = (project(x, ProjectionSettings(method, seed=3)).coordinates for _ in range(2))
    other = project(x, ProjectionSettings(method, seed=4)).coordinates
    np.testing.assert_array_equal(first, again)
    assert np.allclose(first, other) == (method == "pca")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_few_points_work_and_say_what_is_shown(method, metric, dims, n):
    x = np.random.default_rng(n).normal(size=(n, 8)).astype(np.float32)
    shown = project(x, ProjectionSettings(method, dims, metric))
    assert shown.coordinates.shape == (n, dims)
    assert np.isfinite(shown.coordinates).all()
    if method != "pca":
        assert shown.notes
    if n < 4:
        assert shown.settings.method == "pca"


def test_two_points_keep_their_distance():
    x = np.array([[0, 0, 0], [3, 0, 4]], np.float32)
    shown = project(x, ProjectionSettings("tsne"))
    assert np.linalg.norm(shown.coordinates[0] - shown.coordinates[1]) == pytest.approx(5)
    assert "two points lie on one line" in shown.notes[0]


@pytest.mark.slow
def test_perplexity_and_neighbours_are_held_to_the_points():
    x, _ = clusters(each=5)
    assert project(x, ProjectionSettings("tsne", perplexity=50)).settings.perplexity == pytest.approx(3)
    assert project(x, ProjectionSettings("umap", neighbours=50)).settings.neighbours == 9


def test_pca_is_that_of_scikit_learn():
    from sklearn.decomposition import PCA

    for n, d in [(40, 16), (6, 16)]:  # more points than numbers, and fewer
        x = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32)
        ours, theirs = project(x, ProjectionSettings("pca", 3)), PCA(3).fit(x)
        np.testing.assert_allclose(np.abs(ours.coordinates), np.abs(theirs.transform(x)), atol=1e-4)
        np.testing.assert_allclose(ours.variance, theirs.explained_variance_ratio_, atol=1e-5)


def test_pca_says_when_an_axis_is_empty():
    x = np.outer(np.arange(5), np.ones(3)).astype(np.float32)
    shown = project(x, ProjectionSettings("pca"))
    assert shown.variance == pytest.approx((1, 0))
    assert "without any variance" in shown.notes[0]


@pytest.mark.parametrize("method", METHODS)
def test_copies_have_one_place_and_count_once(method):
    x, _ = clusters(each=8)
    copied = np.vstack([x, x[:3]])
    shown = project(copied, ProjectionSettings(method))
    np.testing.assert_array_equal(shown.coordinates[:3], shown.coordinates[16:])
    np.testing.assert_array_equal(shown.coordinates[:16], project(x, ProjectionSettings(method)).coordinates)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", [2, 3])
def test_new_points_land_in_their_cluster_and_the_map_stays(method, dims):
    x, _ = clusters()
    shown = project(x, ProjectionSettings(method, dims))
    before = shown.coordinates.copy()
    new = transform(x, shown, np.vstack([x[:3] + 0.01, x[20:23] + 0.01, x[5:6]]))
    np.testing.assert_array_equal(shown.coordinates, before)
    centres = before[:20].mean(axis=0), before[20:].mean(axis=0)
    nearer = np.linalg.norm(new - centres[0], axis=1) < np.linalg.norm(new - centres[1], axis=1)
    assert list(nearer) == [True] * 3 + [False] * 3 + [True]
    np.testing.assert_array_equal(new[6], before[5])  # a known vector gets its old place


def test_a_map_read_from_a_file_still_takes_new_points():
    x, labels = clusters()
    shown = project(x, ProjectionSettings("tsne"))
    held = EmbeddingSet(tuple(f"p{i}" for i in range(40)), x, pd.DataFrame({"label": labels}))
    back = embedding.read_vectors(embedding.write_vectors(held, ".npz", shown), "m.npz")
    np.testing.assert_allclose(
        transform(back.vectors, back.projection, x[:2] + 0.1), transform(x, shown, x[:2] + 0.1), atol=1e-5
    )


def test_a_stored_map_is_used_where_its_settings_are_asked_for():
    held = some(8)
    stored = embedding.Projection(np.full((8, 2), 7, np.float32), ProjectionSettings("pca"))
    held = EmbeddingSet(held.names, held.vectors, held.table, projection=stored)
    assert (
        embedding.projection_of(held, ProjectionSettings("pca", seed=5)).coordinates == 7
    ).all()  # PCA knows no seed
    assert (embedding.projection_of(held, ProjectionSettings("pca", metric="cosine")).coordinates != 7).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "mds"}, "method 'mds' is not known"),
        ({"dims": 4}, "a map has 2 or 3"),
        ({"metric": "manhattan"}, "use euclidean or cosine"),
        ({"perplexity": 0.5}, "it must be 1 or more"),
        ({"neighbours": 1}, "it needs 2 or more"),
        ({"min_dist": 1.5}, "between 0 and 0.99"),
        ({"seed": -1}, "use a whole number"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        ProjectionSettings(**settings)


def test_bad_vectors_are_named():
    x = np.ones((3, 2), np.float32)
    x[1, 0] = np.nan
    with pytest.raises(InputError, match="record 'b'.*not finite"):
        project(x, ProjectionSettings("pca"), names=("a", "b", "c"))
    with pytest.raises(InputError, match="no vectors"):
        project(np.zeros((0, 3)), ProjectionSettings("pca"))
    with pytest.raises(InputError, match="record 'a'.*all zeros"):
        project(np.zeros((2, 3)), ProjectionSettings("pca", metric="cosine"), names=("a", "b"))
