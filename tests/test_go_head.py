"""What the head reads of a protein, and the networks."""

import go_toys as toys
import numpy as np
import pytest

from biocore.go import features
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
