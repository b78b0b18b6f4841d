"""Attention of networks with transformer blocks, in the window that was asked for."""

from dataclasses import replace

import jax
import numpy as np
import pytest
from test_tfbinding import random_models

from biocore import zoo
from biocore.errors import InputError
from biocore.plot.attention import attention_map
from biocore.sequence import one_hot
from biocore.tfbinding import Architecture
from biocore.tfbinding.attention import AttentionMaps, attention_maps

ATTENDING = Architecture(
    blocks=((8, 7, 2), (8, 3, 1)), transformers=2, attention_heads=2, mlp=0, head=0, pools="last", flank=40, kmers=False
)


@pytest.fixture(scope="module")
def model():
    return random_models(ATTENDING, 1)[0]


def test_rows_sum_to_one_and_positions_lie_on_the_window(model):
    maps = attention_maps(model, "ACGTTGCA" * 6)  # 48 bp: (48 - 6) // 2 - 2 = 19 positions
    assert maps.weights.shape == (2, 2, 19, 19)
    np.testing.assert_allclose(maps.weights.sum(axis=-1), 1, atol=1e-5)
    assert (maps.first[0], maps.last[0]) == (0, 11) and (maps.first[-1], maps.last[-1]) == (36, 47)  # 12 bp, step 2
    assert maps.received.sum() == pytest.approx(1) and maps.centre[1] == 7.5


def test_a_short_window_lies_between_unknown_bases(model):
    maps = attention_maps(model, "ACGTTGCA" * 3)  # 24 bp in 40: 8 unknown bases before and behind
    assert maps.first[0] == -8 and maps.last[-1] == 31


def test_without_a_query_every_position_is_looked_at_alike(model):
    """A query of zeros matches every key as well: the weights are 1 / T in that block only."""
    params = dict(model.trunk.variables["params"])
    block = params["transformer0"]
    inner = block["MultiHeadDotProductAttention_0"]
    blank = jax.tree.map(np.zeros_like, inner["query"])
    params["transformer0"] = {**block, "MultiHeadDotProductAttention_0": {**inner, "query": blank}}
    trunk = replace(model.trunk, variables={**model.trunk.variables, "params": params})
    weights = attention_maps(replace(model, trunk=trunk), "ACGTTGCA" * 6).weights
    np.testing.assert_allclose(weights[0], 1 / 19, atol=1e-6)
    assert np.ptp(weights[1]) > 1e-3


def test_a_network_without_attention_is_refused():
    plain = random_models(Architecture(blocks=((4, 7, 2),), mlp=0, head=0, flank=40, kmers=False), 1)[0]
    with pytest.raises(InputError, match="F0 has no transformer blocks"):
        attention_maps(plain, "ACGT" * 12)


def test_figure_names_the_stretches():
    weights = np.array([[[[0.75, 0.25], [0.5, 0.5]]]])
    heat = attention_map(AttentionMaps(weights, np.array([0, 4]), np.array([9, 13])), block=0, start=100).data[0]
    assert heat.x.tolist() == [105.5, 109.5] and heat.z.tolist() == weights[0, 0].tolist()
    assert heat.customdata[0][1].tolist() == ["105-114", "101-110"]  # of the column, of the row
    with pytest.raises(ValueError, match="are needed"):
        AttentionMaps(weights, np.array([0]), np.array([9]))


def test_the_example_that_ships_attends_to_a_ctcf_core():
    """Most attention goes to a stretch that holds the core, wherever it lies."""
    model = zoo.load("tf-CTCF-one-transformer")
    rng = np.random.default_rng(0)
    background = "".join(rng.choice(list("ACGT"), 101))
    for at in (30, 60):
        window = background[:at] + "CCACCAGGGGGCGC" + background[at + 14 :]
        maps = attention_maps(model, window)
        most = int(maps.received.argmax())
        assert maps.first[most] < at + 14 and maps.last[most] >= at
        assert model(one_hot([window]))[0] > model(one_hot([background]))[0] + 1
