"""Double mutants and implanted motifs: answers known by hand."""

import numpy as np
import pytest
from toys import linear

from biocore.attribution import backgrounds, implant_gaps, implant_offsets, pair_effects
from biocore.errors import InputError
from biocore.sequence import one_hot


def product(x):
    """Weights of their own, and 2 more where the third base is A and the sixth is G."""
    return x[:, :, 2].sum(axis=1) + 2 * x[:, 2, 0] * x[:, 5, 2]


def test_only_the_pair_that_acts_together_interacts():
    result = pair_effects(product, "TTTTTTTT", (1, 8))
    interaction = np.nan_to_num(result.interaction)
    assert interaction[1, 0, 4, 2] == pytest.approx(2)
    assert np.abs(interaction).sum() == pytest.approx(2)
    best = result.table().iloc[0]
    assert (best["first"], best["second"], best.distance) == ("T3A", "T6G", 3)
    assert best.both_change == pytest.approx(best.first_change + best.second_change + best.interaction) == 3
    assert len(result.table()) == 7 * 6 // 2 * 9
    curve = result.by_distance().set_index("distance")
    assert curve.largest[3] == pytest.approx(2) and curve.pairs[3] == 4 and curve.largest[2] == 0


def test_a_linear_model_has_no_interactions_and_n_has_none_to_show():
    weights = np.random.default_rng(0).normal(size=(8, 4))
    result = pair_effects(linear(weights), "ACNGTACC", (10, 18), start=10)
    known = np.isfinite(result.interaction)
    np.testing.assert_allclose(result.interaction[known], 0, atol=1e-5)
    assert not known[2].any() and not known[:, :, 2].any() and np.isnan(result.strongest[2, 5])
    assert result.table()["first"].iloc[0][1:-1] != "13"


@pytest.mark.parametrize(
    ("core", "message"),
    [((0, 60), "not inside"), ((0, 41), "up to 40"), ((44, 46), "fewer than two")],
)
def test_a_core_that_cannot_be_paired_is_refused(core, message):
    with pytest.raises(InputError, match=message):
        pair_effects(product, "ACGT" * 11 + "NNACGT", core)


def at_even_places(x):
    """1 for each CG that begins at an even place (0-based)."""
    return (x[:, :-1, 1] * x[:, 1:, 2])[:, ::2].sum(axis=1)


def test_an_implant_adds_what_the_model_sees_at_each_offset():
    result = implant_offsets(at_even_places, "CG", ["T" * 9] * 3)
    np.testing.assert_array_equal(result.effects, np.tile([1, 0, 1, 0, 1, 0, 1, 0], (3, 1)))
    table = result.table()
    assert list(table.offset[:2]) == [1, 2] and list(table.low[:2]) == [1, 0]


def test_two_implants_interact_at_the_gap_the_model_looks_for():
    def pair(x):  # AAA, three of anything, GGG
        a = np.prod([x[:, i : i + 12, 0] for i in range(3)], axis=0)
        g = np.prod([x[:, 6 + i : 18 + i, 2] for i in range(3)], axis=0)
        return (a * g).sum(axis=1)

    result = implant_gaps(pair, "AAA", "GGG", ["C" * 20] * 2, gaps=range(6))
    np.testing.assert_array_equal(result.effects, np.tile([0, 0, 0, 1, 0, 0], (2, 1)))
    with pytest.raises(InputError, match="Gaps of 0 to 14"):
        implant_gaps(pair, "AAA", "GGG", ["C" * 20] * 2, gaps=range(16))


def test_letters_of_a_motif_are_drawn_and_strangers_refused():
    gc = lambda x: x[:, :, 1:3].sum(axis=(1, 2))  # noqa: E731
    result = implant_offsets(gc, "SSW", ["A" * 10] * 4)
    assert (result.effects == 2).all()
    with pytest.raises(InputError, match="'!' is not one of"):
        implant_offsets(gc, "S!", ["A" * 10])


def test_backgrounds_keep_the_pairs_of_a_sequence():
    made = backgrounds("ACGTTGCATGCAACGT", length=0, count=3)
    counts = one_hot(made).sum(axis=1)
    assert (counts == counts[0]).all() and len(set(made)) > 1
    assert {len(b) for b in backgrounds(None, length=40, count=2)} == {40}
