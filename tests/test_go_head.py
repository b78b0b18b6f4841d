"""What the head reads of a protein, and the networks."""

import go_toys as toys
import numpy as np
import pytest

from biocore.go import features
from biocore.go import train as training
from biocore.go.train import mlp

pytestmark = pytest.mark.slow


def test_pooling_is_over_residues_and_pieces_cover_the_protein():
    backbone = toys.CountsModel()
    states = backbone.residue_embeddings("MKVLAW")
    pooled = features.pooled(backbone, "MKVLAW")
    np.testing.assert_allclose(pooled[:12], states.mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(pooled[24:], states.max(axis=0), rtol=1e-5)
    for length in (1, 99, 100, 101, 1234):
        pieces = features.pieces(length, 100)
        assert pieces[0][0] == 0 and pieces[-1][1] == length
        assert all(a[1] == b[0] for a, b in zip(pieces[:-1], pieces[1:], strict=True))
        assert max(b - a for a, b in pieces) <= 100
    assert features.pieces(1000, 100, limit=300) == [(0, 100), (400, 500), (900, 1000)]


def test_counts_by_hand():
    found = features.counts("AACX")
    assert found["composition"][0] == pytest.approx(2 / 3) and found["composition"][1] == pytest.approx(1 / 3)
    assert found["composition"][20] == pytest.approx(np.log(4)) and found["composition"][21] == pytest.approx(0.25)
    assert found["dipeptides"][0] == found["dipeptides"][1] == 0.5  # AA and AC; CX does not count
    assert {name: len(values) for name, values in found.items()} == features.COUNT_GROUPS


def test_the_numpy_head_is_flaxs():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 7)).astype(np.float32), rng.random((200, 3)) < 0.4
    config = mlp.FitConfig(epochs=2, batch_size=50, widths=(8, 4))
    network, _ = mlp.fit(x, y, config, seed=0)
    flax = mlp.flax_mlp(3, (8, 4), 0.3).apply({"params": network.params}, network.standardise(x))
    np.testing.assert_allclose(network(x), flax, atol=1e-4)


def test_every_example_is_seen_in_an_epoch():
    rows = np.concatenate(list(mlp.batches(100, 10, np.random.default_rng(0))))
    assert sorted(rows) == list(range(100))
    first, second = (np.concatenate(list(mlp.batches(100, 10, np.random.default_rng(s)))) for s in (1, 2))
    assert (first != second).any()


def test_training_is_the_same_for_the_same_seed():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 5)), rng.random((100, 2)) < 0.5
    config = mlp.FitConfig(epochs=1, batch_size=20, widths=(4,))
    one, two = (mlp.fit(x, y, config, seed=3)[0](x) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_what_is_watched_is_the_network_of_that_epoch():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5)), rng.random((60, 2)) < 0.5
    config = mlp.FitConfig(epochs=4, batch_size=20, widths=(4,), dropout=0.0)
    seen = {}

    def watch(epoch, network):
        seen[epoch] = network(x)
        return {"mean": float(seen[epoch].mean())} if epoch % 2 == 0 else {}

    network, curve = mlp.fit(x, y, config, seed=0, watch=watch)
    assert list(seen) == [1, 2, 3, 4] and [row["epoch"] for row in curve] == [2, 4]
    np.testing.assert_array_equal(network(x), seen[4])  # the last epoch is kept
    assert curve[1]["mean"] == float(seen[4].mean()) and curve[1]["loss"] < curve[0]["loss"]


def test_embeddings_are_computed_once(tmp_path, monkeypatch):
    backbone, sequences = toys.CountsModel(), ["MKV", "ACD", "MKV", "WWW"]
    reading = features.Reading()
    first = training.stored_embeddings(backbone, sequences[:2], tmp_path, reading=reading)
    asked = []
    original = backbone.residue_embeddings
    monkeypatch.setattr(backbone, "residue_embeddings", lambda s, layer=-1: asked.append(s) or original(s))
    every = training.stored_embeddings(backbone, sequences, tmp_path, reading=reading, part=1)
    assert asked == ["WWW"]
    np.testing.assert_array_equal(every[[0, 1]], first)
    np.testing.assert_array_equal(every[0], every[2])
