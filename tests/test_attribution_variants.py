"""Variants: read in every usual spelling, scored alone and together."""

import numpy as np
import pytest
from scipy.special import expit
from toys import linear

from biocore.attribution import (
    parse_variants,
    variant_effects,
)
from biocore.errors import InputError

SEQUENCE = "GATTACAGGCATTTACGCAGT"


@pytest.fixture
def weights():
    return np.random.default_rng(0).normal(size=(len(SEQUENCE), 4)).astype(np.float32)


def test_changes_are_read_in_every_usual_spelling():
    variants = parse_variants("g1a; T3C,\nA1,002T".replace("A1,002T", "A7C"), SEQUENCE)
    assert [str(v) for v in variants] == ["G1A", "T3C", "A7C"]
    assert [str(v) for v in parse_variants("2A>G g.3T>C", SEQUENCE)] == ["A2G", "T3C"]
    long = "C" + "A" * 2000
    assert [str(c) for c in parse_variants("A1,002T,A1003G", long)] == ["A1002T", "A1003G"]


def test_positions_count_in_the_record_not_in_the_window():
    assert parse_variants("G102A", "TGT", start=100)[0].position == 101


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Name at least one variant"),
        ("hello", "'hello' is not a variant"),
        ("3A>G", "'3A>G' says A, but the reference is T"),
        ("C2G", "position 2: 'C2G' says C, but the reference is A. Positions count from 1. Did you mean A2G?"),
        ("A3G", "A stands at 2; positions count from 1. Did you mean T3G?"),
        ("G99A", "outside the window shown, positions 1 to 21"),
        ("G1G", "changes nothing"),
        ("G1X", "'X' is not one of A, C, G, T"),
        ("G1A G1C", "G1A and G1C change the same base"),
    ],
)
def test_a_change_that_does_not_fit_says_why(text, message):
    with pytest.raises(InputError) as error:
        parse_variants(text, SEQUENCE, record=None)
    assert message in str(error.value)


def test_changes_alone_and_together_by_hand(weights):
    variants = parse_variants("G1A, T3C", SEQUENCE)
    effects = variant_effects(linear(weights), SEQUENCE, variants)
    one = weights[0, 0] - weights[0, 2]
    two = weights[2, 1] - weights[2, 3]
    np.testing.assert_allclose(effects.alone - effects.reference, [one, two], atol=1e-5)
    assert effects.together - effects.reference == pytest.approx(one + two, abs=1e-5)
    assert effects.interaction == pytest.approx(0, abs=1e-5)
    table = effects.table()
    assert list(table.variant) == ["G1A", "T3C", "all together"]
    np.testing.assert_allclose(table.probability, expit(table.log_odds))
