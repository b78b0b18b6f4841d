"""Neighbours and what a map is worth, checked against hand-made answers and scikit-learn."""

import numpy as np
import pandas as pd
import pytest
from embedding_toys import clusters

from biocore import embedding
from biocore.embedding import (
    EmbeddingSet,
    ProjectionSettings,
    distinct,
    nearest,
    project,
    projection_quality,
    separation,
)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_those_of_scikit_learn(metric):
    from sklearn.neighbors import NearestNeighbors

    x = np.random.default_rng(0).normal(size=(60, 10)).astype(np.float32) + 100  # far from the origin: needs care
    ours = nearest(x, k=7, metric=metric)
    distances, indices = NearestNeighbors(metric=metric, algorithm="brute").fit(x.astype(float)).kneighbors(None, 7)[:2]
    if metric == "euclidean":
        np.testing.assert_array_equal(ours.indices, indices)
    np.testing.assert_allclose(ours.distances, distances, atol=1e-6)


def test_a_copy_is_a_neighbour_and_a_vector_is_not_its_own():
    x = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    found = nearest(x, k=5, metric="cosine")
    assert found.indices.tolist() == [[2, 1], [0, 2], [0, 1]]
    assert found.cosine[0].tolist() == [1, 0]


def test_distinct_knows_negative_zero():
    first, group = distinct(np.array([[0.0, 1], [-0.0, 1], [2, 1]]))
    assert first.tolist() == [0, 2]
    assert group.tolist() == [0, 0, 1]


def test_neighbour_table_skips_the_protein_itself_and_marks_copies():
    held = EmbeddingSet(("a", "b", "c"), np.array([[1, 0], [1, 0], [0, 1]], np.float32), pd.DataFrame(index=range(3)))
    found = embedding.neighbour_table(held, 1, k=5)
    assert found["record"].tolist() == ["a", "c"]
    assert found["identical"].tolist() == [True, False]


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_trustworthiness_is_that_of_scikit_learn(method, metric):
    from sklearn.manifold import trustworthiness

    x = np.random.default_rng(2).normal(size=(50, 12)).astype(np.float32)
    shown = project(x, ProjectionSettings(method, metric=metric))
    ours = projection_quality(x, shown, k=6)
    assert ours.trustworthiness == pytest.approx(trustworthiness(x, shown.coordinates, n_neighbors=6, metric=metric))
    high, low = nearest(x, k=6, metric=metric).indices, nearest(shown.coordinates, k=6, metric="euclidean").indices
    overlap = np.mean([len(set(a) & set(b)) / 6 for a, b in zip(high, low, strict=True)])
    assert ours.neighbourhood_preservation == pytest.approx(overlap)


def test_a_perfect_map_is_perfect_and_a_random_one_is_by_chance():
    flat = np.random.default_rng(3).normal(size=(400, 2)).astype(np.float32)
    perfect = projection_quality(flat, project(flat, ProjectionSettings("pca")))
    assert perfect.trustworthiness == pytest.approx(1)
    assert perfect.neighbourhood_preservation == pytest.approx(1)
    assert perfect.variance == pytest.approx(1)
    shuffled = embedding.Projection(np.random.default_rng(4).permutation(flat), ProjectionSettings("tsne"))
    random = projection_quality(flat, shuffled)
    assert random.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert random.neighbourhood_preservation == pytest.approx(random.preservation_by_chance, abs=0.02)
    assert np.isnan(random.variance)


def test_many_points_are_sampled():
    x = np.random.default_rng(5).normal(size=(1500, 3)).astype(np.float32)
    kept = projection_quality(x, project(x, ProjectionSettings("pca", 3)))
    assert kept.queries == 1000
    assert kept.trustworthiness == pytest.approx(1)


def test_faithfulness_of_few_points_is_not_defined():
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    assert np.isnan(projection_quality(x, project(x, ProjectionSettings("pca"))).trustworthiness)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_silhouette_is_that_of_scikit_learn(metric):
    from sklearn.metrics import silhouette_score

    x = np.random.default_rng(6).normal(size=(60, 5)).astype(np.float32)
    labels = np.random.default_rng(7).integers(0, 3, 60)
    ours = separation(x, [f"{v}" for v in labels], metric=metric)
    assert ours.silhouette == pytest.approx(silhouette_score(x.astype(float), labels, metric=metric), abs=1e-9)


def test_neighbour_accuracy_is_leave_one_out():
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    x = np.random.default_rng(8).normal(size=(50, 4)).astype(np.float32)
    labels = np.where(x[:, 0] + np.random.default_rng(9).normal(size=50) > 0, "a", "b")
    expected = cross_val_score(KNeighborsClassifier(5), x, labels, cv=LeaveOneOut()).mean()
    ours = separation(x, list(labels))
    assert ours.accuracy == pytest.approx(expected)
    assert ours.low < ours.accuracy < ours.high


def test_separated_labels_score_high_and_shuffled_ones_like_chance():
    x, labels = clusters(each=60)
    apart = separation(x, labels)
    assert apart.accuracy == 1
    assert apart.silhouette > 0.4
    mixed = separation(x, list(np.random.default_rng(0).permutation(labels)))
    assert mixed.accuracy == pytest.approx(0.5, abs=0.15)
    assert mixed.silhouette == pytest.approx(0, abs=0.03)


def test_copies_do_not_find_themselves():
    x = np.random.default_rng(10).normal(size=(80, 6)).astype(np.float32)
    labels = [f"{v}" for v in np.random.default_rng(11).integers(0, 2, 80)]
    once, twice = separation(x, labels), separation(np.vstack([x, x]), labels + labels)
    assert twice == once


def test_what_cannot_be_judged_is_left_out_and_said():
    x, labels = clusters(each=5)
    labels[0], labels[1] = "", "single"
    found = separation(x, labels)
    assert found.n == 8
    assert found.notes == ("1 without a label left out.", "1 label of a single protein left out.")
    assert np.isnan(separation(x, ["a"] * 10).accuracy)
    clash = separation(np.vstack([x, x[9:]]), [*labels, "a"])
    assert "1 identical in vector but not in label left out." in clash.notes
