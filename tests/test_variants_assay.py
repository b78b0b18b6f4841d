"""A user's own assay: comparison, fit, learning curve and the next variants, on measurements made by a rule."""

import numpy as np
import pandas as pd
import pytest
import variants_toys as toys

from biocore.errors import InputError
from biocore.esm2.measured import read_measurements
from biocore.sequence import AMINO_ACIDS
from biocore.variants import features
from biocore.variants.assay import GAUSSIAN_PROCESS, Design, compare, design, fit_assay, folds

SEQUENCE = toys.SEQUENCE


@pytest.fixture(scope="module")
def scan():
    return toys.model().scan(SEQUENCE, toys.profile())


@pytest.fixture(scope="module")
def table():
    return features(SEQUENCE, toys.profile())


def measurements(scan, rule, count=120, seed=0):
    """`count` single variants, measured by ``rule(row of the scan's table)``."""
    rows = scan.table().sample(count, random_state=seed)
    return pd.DataFrame({"variant": rows["variant"], "measured": rule(rows)}).reset_index(drop=True)


@pytest.fixture(scope="module")
def volume(scan, table):
    """An assay in which only the volume of the new residue counts: nothing the scores know."""
    change = table.select(("volume change",))[..., 0]

    def rule(rows):
        return 10 + change[rows["position"] - 1, [AMINO_ACIDS.index(s) for s in rows["substitution"]]]

    return measurements(scan, rule)


def test_the_scores_agree_with_themselves(scan):
    found = compare({"scores": scan}, measurements(scan, lambda rows: 3 * rows["score"] + 1))
    assert found["spearman"][0] == pytest.approx(1) and found["variants"][0] == 120


@pytest.mark.parametrize("method", ["ridge", GAUSSIAN_PROCESS])
def test_what_the_scores_miss_is_learned(scan, table, volume, method):
    fit = fit_assay(scan, table, volume, method=method)
    assert fit.trained.value > 0.8 > fit.untrained.value and fit.weight > 0.5
    assert fit.curve["trained"].iloc[-1] == pytest.approx(fit.trained.value)
    assert fit.curve["measured"].tolist() == [24, 48, 96]
    assert abs(np.nanmean(fit.mean) - volume["measured"].mean()) < 20  # in the units of the measurement
    assert np.array_equal(np.isfinite(fit.mean), np.isfinite(scan.scores)) and np.nanmin(fit.uncertainty) > 0


def test_noise_is_not_learned(scan, table):
    noise = measurements(scan, lambda rows: np.random.default_rng(1).normal(size=len(rows)))
    fit = fit_assay(scan, table, noise)
    assert fit.weight == fit.weight_measured == 0
    assert fit.trained == fit.untrained and (fit.curve["trained"] >= fit.curve["untrained"] - 1e-9).all()
    known = np.isfinite(scan.scores)
    order = np.argsort(scan.scores[known], kind="stable")
    assert (np.diff(fit.mean[known][order]) >= -1e-9).all()  # the untrained ranking stands


def test_positions_are_held_out_whole(volume, table):
    position = Design.of(table, volume["variant"], 0).position
    for rest, held in folds(position, 5, 0):
        assert not set(position[rest]) & set(position[held])


def test_several_substitutions_are_the_sum_of_single_rows(table):
    made = Design.of(table, ["K2A:T3W", "K2A", "T3W"], 0)
    double, one, other = made.rows(np.arange(3))
    np.testing.assert_allclose(double, one + other, atol=1e-6)


def test_too_little_is_said(scan, table, volume):
    with pytest.raises(InputError, match="19 measured variants can be used; a model is fitted from 20 on"):
        fit_assay(scan, table, volume.head(19))
    with pytest.raises(InputError, match="same number"):
        fit_assay(scan, table, volume.assign(measured=1.0))
    one = pd.DataFrame({"variant": [f"K2{c}" for c in AMINO_ACIDS if c != "K"] + ["T3A"], "measured": range(20)})
    with pytest.raises(InputError, match="at 2 positions"):
        fit_assay(scan, table, one)
    with pytest.raises(InputError, match="no method"):
        fit_assay(scan, table, volume, method="forest")


def test_rows_that_cannot_be_used_are_named_by_line(scan, table, volume):
    text = "mutant,score\nA2K,1\n" + "\n".join(f"{v},{m}" for v, m in volume.itertuples(index=False))
    fit = fit_assay(scan, table, read_measurements(text))
    assert fit.left_out["line"].tolist() == [2] and "residue 2 is K" in fit.left_out["problem"][0]
    assert len(fit.table) == 120


def test_the_next_variants_are_new_ranked_and_on_plates(scan, table, volume):
    fit = fit_assay(scan, table, volume)
    chosen = design(fit, 100)
    assert not set(chosen["variant"]) & set(volume["variant"])
    assert (np.diff(chosen["predicted"]) <= 0).all() and chosen["rank"].tolist() == list(range(1, 101))
    assert chosen["well"][[0, 11, 12, 95, 96]].tolist() == ["A1", "A12", "B1", "H12", "A1"]
    assert chosen["plate"].tolist() == [1] * 96 + [2] * 4
    diverse = design(fit, 50, diverse=True)
    assert diverse["position"].is_unique and diverse["predicted"].iloc[0] == chosen["predicted"].iloc[0]
    with pytest.raises(InputError, match="1 or more"):
        design(fit, 0)
