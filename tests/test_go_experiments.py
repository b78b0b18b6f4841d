"""What experiments with relatives have shown, by hand."""

import numpy as np
import pytest

from biocore.go.experiments import EXPERIMENT_FEATURES, Shown
from biocore.go.families import FamilyHits, FamilyIndex
from biocore.go.head import logit
from biocore.go.homology import HomologueHits, HomologyIndex

LABELS = np.array([[True, False], [False, False], [True, True]])  # the second protein has had no experiment
FAMILIES = FamilyHits.of([[(7, 50.0, 1e-9, 0, 9)], [(7, 40.0, 1e-9, 0, 9)], [(8, 30.0, 1e-9, 0, 9)]])


@pytest.fixture
def shown():
    return Shown.build(LABELS, FamilyIndex.build(FAMILIES))


def test_proteins_without_experiments_do_not_count(shown):
    np.testing.assert_allclose(shown.frequency, [1, 0.5])
    assert shown.families.members(7)[0].tolist() == [0] and shown.families.members(8)[0].tolist() == [2]


def test_votes_of_homologues_by_hand(shown):
    index = HomologyIndex.build(["A" * 10] * 3)
    floor = np.log2(10 * 30 / 10)  # bits of ten chance hits
    aligned = HomologueHits(
        np.array([[1, 2, 0]]), np.ones((1, 3), np.float32), np.array([[8, 4, 4]], np.float32) + np.float32(floor)
    )
    found = shown.features(index, aligned, FAMILIES.take([1]), ["A" * 10])[0]
    column = {name: found[:, i] for i, name in enumerate(EXPERIMENT_FEATURES)}
    every, with_any, by_bits = (column[name] for name in EXPERIMENT_FEATURES if "homologues" in name and "vote" in name)
    np.testing.assert_allclose(every, logit(np.array([0.5, 0.25]), 1e-3), atol=1e-5)  # the second votes for nothing
    np.testing.assert_allclose(with_any, logit(np.array([1, 0.5]), 1e-3), atol=1e-5)
    np.testing.assert_allclose(by_bits, with_any)
    np.testing.assert_allclose(found[:, 1], np.log1p([4, 4]), rtol=1e-5)
    np.testing.assert_allclose(found[:, 4], np.log1p(2), rtol=1e-5)
    np.testing.assert_allclose(found[:, 6], logit(np.array([1, 0]), 1e-3), atol=1e-5)  # of the family, the first alone
    np.testing.assert_allclose(found[:, 8], np.log1p([40, 0]), rtol=1e-3)
    alone = shown.features(index, aligned, FAMILIES.take([1]), ["A" * 10], exclude=[np.array([0])])[0]
    np.testing.assert_allclose(alone[:, 8], 0)


def test_written_and_read_it_is_the_same(shown):
    again = Shown.from_arrays(shown.arrays(), FamilyIndex.build(FAMILIES))
    np.testing.assert_array_equal(again.labels, LABELS)
    np.testing.assert_array_equal(again.families.families, shown.families.families)
    np.testing.assert_allclose(again.frequency, shown.frequency)
    with pytest.raises(ValueError, match="families of each protein"):
        Shown(LABELS[:2], shown.families, shown.frequency)
