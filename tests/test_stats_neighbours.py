"""Exact neighbours against scikit-learn, in blocks of any size and with rows left out."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from biocore.go.neighbours import nearest_vectors
from biocore.stats import neighbours
from biocore.stats.neighbours import distance_blocks, nearest


@pytest.fixture
def vectors():
    return np.random.default_rng(0).normal(size=(300, 8))


@pytest.mark.parametrize("metric", neighbours.METRICS)
def test_neighbours_equal_scikit_learn(vectors, metric):
    indices, distances = nearest(vectors[:50], vectors, k=7, metric=metric)
    reference = NearestNeighbors(n_neighbors=7, metric=metric, algorithm="brute").fit(vectors).kneighbors(vectors[:50])
    np.testing.assert_array_equal(indices, reference[1])
    np.testing.assert_allclose(distances, reference[0], atol=1e-7)


def test_blocks_change_memory_and_not_the_result(vectors, monkeypatch):
    whole = nearest(vectors, vectors, k=5)
    monkeypatch.setattr(neighbours, "BLOCK_MB", 300 * 8 * 7 / 2**20)  # seven queries at a time
    assert max(len(block) for _, block in distance_blocks(vectors, vectors)) == 7
    for one, other in zip(whole, nearest(vectors, vectors, k=5), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)


def test_small_distances_far_from_the_origin_are_kept():
    points = np.array([[0.0, 0.0], [1e-3, 0.0], [0.0, 2e-3]]) + 1e6
    indices, distances = nearest(points, points, k=3, metric="euclidean")
    assert indices[0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(distances[0], [0, 1e-3, 2e-3], rtol=1e-3)


def test_rows_left_out_are_not_found_and_missing_ones_are_marked():
    vectors = np.eye(3)
    indices, distances = nearest(vectors, vectors, k=2, exclude=[[0], [0, 1, 2], []])
    assert indices.tolist() == [[1, 2], [-1, -1], [2, 0]]
    assert np.isinf(distances[1]).all()


def test_nothing_to_search_or_to_find():
    assert nearest(np.zeros((0, 3)), np.eye(3), k=2)[0].shape == (0, 2)
    assert nearest(np.eye(3), np.zeros((0, 3)), k=2)[0].shape == (3, 0)
    with pytest.raises(ValueError, match="'manhattan' is not one of cosine, euclidean"):
        nearest(np.eye(3), np.eye(3), k=1, metric="manhattan")


def test_proteins_without_similarity_are_no_neighbours():
    references = np.array([[1.0, 0], [0.8, 0.6], [-1, 0], [0, 0]])
    found = nearest_vectors(np.array([[2.0, 0]]), references, top=6)
    assert found.indices.tolist() == [[0, 1, -1, -1, -1, -1]]
    np.testing.assert_allclose(found.similarity[0], [1, 0.8, 0, 0, 0, 0], atol=1e-6)
    assert nearest_vectors(np.zeros((0, 2)), references, top=6).indices.shape == (0, 6)
    assert found.similarity.dtype == np.float32
