"""Splits by cluster: homologues on one side, and the asked fraction whatever the sizes of the clusters."""

import numpy as np
import pytest

from biocore.go.train.prepare import split_by_cluster
from biocore.stats.splits import cluster_split


def apart(clusters, drawn):
    return not set(np.asarray(clusters)[drawn]) & set(np.asarray(clusters)[~drawn])


@pytest.mark.parametrize("seed", range(12))
def test_one_large_cluster_costs_nothing_but_its_own_chance(seed):
    clusters = np.concatenate([np.zeros(300, int), 1 + np.repeat(np.arange(140), 5)])
    drawn = cluster_split(clusters, share=1 / 6, seed=seed)
    assert drawn.mean() == pytest.approx(1 / 6, abs=0.005)
    assert apart(clusters, drawn)
    subset = split_by_cluster(clusters.tolist(), valid_fraction=1 / 6, seed=seed)
    assert set(subset) == {"train", "valid"} and (subset == "valid").mean() == pytest.approx(1 / 6, abs=0.005)


@pytest.mark.parametrize("seed", range(12))
def test_sizes_as_in_nature(seed):
    sizes = np.random.default_rng(seed).zipf(1.8, 400).clip(max=300)
    clusters = np.repeat([f"c{i}" for i in range(400)], sizes)
    drawn = cluster_split(clusters, share=0.2, seed=seed)
    assert drawn.mean() == pytest.approx(0.2, abs=0.005)
    assert apart(clusters, drawn)


def test_another_seed_draws_others():
    clusters = np.repeat(np.arange(200), 5)
    assert (cluster_split(clusters, share=0.2, seed=0) == cluster_split(clusters, share=0.2, seed=0)).all()
    assert (cluster_split(clusters, share=0.2, seed=0) != cluster_split(clusters, share=0.2, seed=1)).any()


def test_every_cluster_gets_its_turn():
    drawn = np.mean([cluster_split(np.arange(50), share=0.2, seed=seed) for seed in range(400)], axis=0)
    np.testing.assert_allclose(drawn, 0.2, atol=0.08)  # 4 standard deviations


def test_clusters_that_are_all_too_large():
    assert cluster_split(["a"] * 4 + ["b"] * 6, share=0.1, seed=0).tolist() == [True] * 4 + [False] * 6
    assert not cluster_split(["a"] * 10, share=0.1, seed=0).any()
    assert not cluster_split(np.arange(10), share=0, seed=0).any()
    assert cluster_split([], share=0.2, seed=0).shape == (0,)
