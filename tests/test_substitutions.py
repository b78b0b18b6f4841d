"""Substitutions computed from what they change equal scoring each substituted sequence as a whole."""

from dataclasses import replace

import numpy as np
import pytest
from test_tfbinding import random_dna, random_models

from biocore import tfbinding
from biocore.attribution import mutation_scan
from biocore.tfbinding import VARIANTS, Architecture, substitutions
from biocore.tfbinding.substitutions import substitution_scores

UNEVEN = Architecture(blocks=((8, 7, 3), (6, 4, 2), (5, 3, 1)), mlp=8, head=3, flank=40)


def every_site(x):
    """Places and their three substitutions in one-hot DNA (M, L, 4)."""
    row, position = np.nonzero(x.max(axis=2) == 1)
    return row, position, np.nonzero(x[row, position] == 0)[1].reshape(-1, 3)


def as_a_whole(models, x, row, position, base):
    mutants = np.repeat(x[row], base.shape[1], axis=0)
    edit, place = np.arange(len(mutants)), np.repeat(position, base.shape[1])
    mutants[edit, place] = 0
    mutants[edit, place, base.ravel()] = 1
    return tfbinding.scores(models, mutants).reshape(len(models), *base.shape)


def check(architecture, length, *, some=slice(None)):
    models = random_models(architecture, 2)
    x = np.stack([random_dna(length, seed, unknown=3) for seed in range(2)])
    row, position, base = (a[some] for a in every_site(x))
    references, scores = substitution_scores(models, x, row, position, base)
    np.testing.assert_allclose(references, tfbinding.scores(models, x), atol=1e-5)
    np.testing.assert_allclose(scores, as_a_whole(models, x, row, position, base), atol=1e-5)


@pytest.mark.parametrize("length", [24, 77])
def test_three_blocks_with_uneven_pools(length):
    check(UNEVEN, length)


@pytest.mark.parametrize(("variant", "length"), [("single-conv", 120), ("fewer-channels", 30), ("no-mlp", 120)])
def test_the_books_variants(variant, length):
    """Kernels, pools and hidden layer are the variant's own, filters at most 16: all that one of the three has."""
    whole = VARIANTS[variant]
    few = replace(whole, blocks=tuple((min(n, 16), width, pool) for n, width, pool in whole.blocks))
    assert (few == whole) == (variant == "fewer-channels")
    check(few, length, some=slice(None, None, 3))


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "length"), [("shared", 33), ("shared", 230), ("two-transformers", 101)])
def test_variants_of_the_architecture_at_any_length(variant, length):
    check(VARIANTS[variant], length, some=slice(None, None, 5))


def test_attention_is_computed_on_convolutions_that_are_not():
    attending = Architecture(blocks=((8, 7, 2),), transformers=1, attention_heads=2, mlp=0, head=0, pools="last")
    check(attending, 50, some=slice(None, None, 9))


def test_calls_of_any_size_give_the_same(monkeypatch):
    models = random_models(UNEVEN, 1)
    x = np.stack([random_dna(30, seed) for seed in range(5)])
    places = every_site(x)
    _, expected = substitution_scores(models, x, *places)
    monkeypatch.setattr(substitutions, "_SITES", 16)
    monkeypatch.setattr(substitutions, "_BASES", 80)  # two sequences a call
    _, scores = substitution_scores(models, x, *places)
    np.testing.assert_allclose(scores, expected, atol=1e-6)


def test_a_scan_asks_a_predictor_that_knows_substitutions():
    model = random_models(UNEVEN, 1)[0]
    sequence = "ACGTTGCAANGTCCATGACGTAGGCTAACCGT"
    quick, whole = mutation_scan(model, sequence), mutation_scan(lambda x: model(x), sequence)
    np.testing.assert_allclose(quick.effects, whole.effects, atol=1e-5)
    assert quick.reference == pytest.approx(whole.reference, abs=1e-5)
    assert np.isnan(quick.effects[9]).all()
