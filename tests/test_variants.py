"""Variant effects: features, additive scores, calibration and the model's file, on cases whose answer is known."""

from dataclasses import replace

import numpy as np
import pytest
import variants_toys as toys

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.esm2.variants import parse_variants, score_variants
from biocore.sequence import AMINO_ACIDS
from biocore.variants import Calibration, features
from biocore.variants.features import _blosum, _shifted, _windowed
from biocore.variants.model import as_tensors, load

SEQUENCE = toys.SEQUENCE
SAID = np.full((len(SEQUENCE), 20), 0.05, np.float32)


def column(table, name):
    return table.select((name,))[..., 0]


# ----------------------------------------------------------------------------------------------------------- features


def test_features_by_hand():
    table = features(SEQUENCE, toys.profile())
    k, w = SEQUENCE.index("K"), AMINO_ACIDS.index("W")
    assert column(table, "BLOSUM62")[k, w] == -3 and column(table, "BLOSUM62")[k, AMINO_ACIDS.index("R")] == 2
    assert column(table, "log p difference")[k, w] == pytest.approx(np.log(0.02 / 0.62), rel=1e-5)
    assert column(table, "volume change")[k, w] == pytest.approx(227.8 - 168.6, rel=1e-5)
    assert column(table, "hydropathy change")[k, AMINO_ACIDS.index("I")] == pytest.approx(4.5 + 3.9, rel=1e-5)
    assert column(table, "P introduced")[:, AMINO_ACIDS.index("P")].all()
    assert column(table, "conservation in the protein") == pytest.approx(0, abs=1e-5)  # every column is alike
    assert np.isfinite(table.values).all() and len(set(table.names)) == len(table.names)


def test_windows_shrink_at_the_ends_and_faces_leave_out_what_is_beyond():
    values = np.array([1.0, 2.0, 3.0, 10.0])
    assert _windowed(values, 1).tolist() == [1.5, 2.0, 5.0, 6.5]
    assert _shifted(values, (-2, 2)).tolist() == [3.0, 10.0, 1.0, 2.0]
    assert _windowed(np.zeros(0), 3).shape == (0,) and _shifted(np.zeros(0), (1,)).shape == (0,)


def test_blosum62_is_symmetric_and_best_on_its_diagonal():
    matrix = _blosum()
    assert (matrix == matrix.T).all() and (matrix.argmax(axis=1) == np.arange(20)).all()


def test_groups_are_there_only_with_what_they_need():
    assert set(features(SEQUENCE, None).groups) == {"chemistry", "surroundings"}
    with_all = features(SEQUENCE, toys.profile(), said=SAID, structure=np.full(len(SEQUENCE), np.nan))
    assert {"language model", "structure", "profile"} <= set(with_all.groups)
    assert np.isfinite(with_all.values).all()
    with pytest.raises(ValueError, match="the protein 60"):
        features(SEQUENCE, None, said=SAID[:5])


# ---------------------------------------------------------------------------------------------------------------- scan


@pytest.fixture(scope="module")
def scan():
    return toys.model().scan(SEQUENCE, toys.profile(), said=SAID)


def test_contributions_add_up_to_the_score(scan):
    known = np.isfinite(scan.scores)
    total = scan.contributions.sum(axis=-1) + scan.intercept
    np.testing.assert_allclose(total[known], scan.scores[known], atol=1e-5)
    assert scan.groups == ("profile", "conservation", "homologues", "chemistry", "surroundings", "language model")


def test_wild_types_and_unknown_residues_have_no_score():
    sequence = "MKX" + SEQUENCE[3:]
    scan = toys.model().scan(sequence, toys.profile(sequence))
    assert np.isnan(scan.scores[2]).all() and not scan.done[2] and np.isnan(scan.mean_effect[2])
    assert np.isnan(scan.scores[0, AMINO_ACIDS.index("M")]) and np.isfinite(scan.scores[0]).sum() == 19
    assert len(scan.table()) == 19 * (len(sequence) - 1)


def test_percentiles_follow_the_scores_and_ties_share(scan):
    known = np.isfinite(scan.scores)
    order = np.argsort(scan.scores[known])
    assert (np.diff(scan.percentiles[known][order]) >= 0).all()
    assert np.nanmean(scan.percentiles) == pytest.approx(50)
    flat = replace(scan, scores=np.where(known, np.float32(-0.5), np.float32(np.nan)))
    assert np.unique(flat.percentiles[known]).tolist() == [50.0]


def test_the_table_counts_as_the_user_does_and_holds_the_parts(scan):
    table = scan.table(offset=-10)
    row = table[table["variant"] == "K-8A"].iloc[0]
    assert (row["position"], row["wild_type"], row["substitution"]) == (-8, "K", "A")
    assert row[list(scan.groups)].sum() + scan.intercept == pytest.approx(row["score"], abs=1e-5)


def test_several_at_once_are_the_sum_of_the_single_ones(scan):
    found = score_variants(scan, parse_variants("K2A T3W K2A:T3W M1A:W9A")).table
    assert found["score"][2] == pytest.approx(found["score"][0] + found["score"][1], abs=1e-5)
    assert found["problem"][3] and np.isnan(found["score"][3])
    assert found["percentile"][0] == pytest.approx(scan.percentiles[1, AMINO_ACIDS.index("A")], abs=1e-6)


def test_the_mean_of_two_sources_of_homologues_is_still_the_sum_of_its_parts():
    model = toys.model()
    one, other = (model.scan(SEQUENCE, toys.profile(own=own)) for own in (0.62, 0.2))
    both = one.averaged(other)
    known = np.isfinite(both.scores)
    np.testing.assert_allclose(both.scores[known], ((one.scores + other.scores) / 2)[known], atol=1e-6)
    np.testing.assert_allclose((both.contributions.sum(axis=-1) + both.intercept)[known], both.scores[known], atol=1e-5)
    assert not np.allclose(one.scores[known], other.scores[known], atol=1e-3)
    alone = model.scan(SEQUENCE, None)
    assert one.averaged(alone) is one and alone.averaged(one) is one
    with pytest.raises(ValueError, match="different proteins"):
        one.averaged(model.scan(SEQUENCE[1:], None))


def test_each_missing_part_is_named_with_its_cost():
    model = toys.model()
    alone = model.scan(SEQUENCE, toys.profile(covered=False))
    assert alone.groups == ("chemistry", "surroundings")
    assert any("0.25 instead of 0.42" in line for line in alone.missing)
    np.testing.assert_array_equal(alone.scores, model.scan(SEQUENCE, None).scores)
    silent = model.scan(SEQUENCE, toys.profile())
    assert any("0.425 instead of 0.420" in line for line in silent.missing)
    assert not any("language model" in line for line in model.scan(SEQUENCE, toys.profile(), said=SAID).missing)


def test_a_score_that_deserves_little_trust_says_why():
    sequence = "MKTAYIAKQRQISFVKSHFSRQLEERLG" + "GSGSGSGSGGSGGSGGSGSGSGSSGG" + "WHEDLTRNPYCA"
    known = toys.profile(sequence)
    effective = known.effective.copy()
    effective[:3], effective[3:5] = 0, 1.5
    scan = toys.model().scan(sequence, replace(known, effective=effective))
    assert scan.caution([0]) == "no homologue" and scan.caution([4]) == "few homologues" and scan.caution([8]) == ""
    assert scan.caution([40]) == "low complexity" and scan.caution([0, 4, 40, 999]).count(",") == 2
    table = scan.table(offset=10)
    assert set(table.loc[table["position"] == 11, "caution"]) == {"no homologue"}
    assert set(toys.model().scan(sequence, None).table()["caution"]) == {"no homologue", "no homologue, low complexity"}


def test_an_empty_protein_has_an_empty_scan():
    scan = toys.model().scan("", None)
    assert scan.scores.shape == (0, 20) and len(scan.table()) == 0


# --------------------------------------------------------------------------------------------------------- calibration


def test_a_score_means_what_its_bin_came_to(scan):
    assert scan.statement(-0.7).startswith("Of substitutions scored so, 90 % (80 to 95 %) were in the worst third")
    assert scan.calibration.at(-9).value == 0.9 and scan.calibration.at(9).value == 0.1
    assert scan.calibration.at(-0.6).value == 0.3  # an edge belongs to the bin above it
    assert scan.statement(float("nan")) == ""


def test_calibration_survives_json():
    made = Calibration.from_dict(toys.BINS)
    assert made.as_dict() == toys.BINS
    with pytest.raises(ValueError, match="each bin"):
        Calibration.from_dict(toys.BINS | {"edges": [0, 1]})


# ---------------------------------------------------------------------------------------------------------------- file


def saved(model, folder):
    from safetensors.numpy import save_file

    save_file(as_tensors(model.ridges), folder / zoo.WEIGHTS)
    zoo.write_card(replace(model.card, folder=folder))
    return zoo.read_card(folder / "card.json")


def test_a_model_read_from_its_file_says_the_same(tmp_path):
    model = toys.model()
    again = load(saved(model, tmp_path))
    one, other = (m.scan(SEQUENCE, toys.profile(), said=SAID) for m in (model, again))
    np.testing.assert_allclose(one.scores, other.scores, atol=1e-5)
    assert again.hash and again.name == "variant-effect"


def test_a_feature_that_is_not_made_any_more_is_said(tmp_path):
    card = saved(toys.model(), tmp_path)
    card.details["features"]["family"]["names"][0] = "old feature"
    with pytest.raises(ModelUnavailable, match="old feature"):
        load(card)


def test_the_shipped_model_prefers_what_every_biologist_would():
    model = zoo.load("variant-effect")
    scan = model.scan(SEQUENCE, toys.profile())
    valine = SEQUENCE.index("V")
    isoleucine, aspartate, proline = (scan.scores[valine, AMINO_ACIDS.index(c)] for c in "IDP")
    assert isoleucine > aspartate > -2 and isoleucine > proline
    assert "clinical" in model.card.limits and "PTEN" in model.card.limits
    falling = scan.calibration.fraction
    assert falling[0] > 0.6 > falling[-1]
    assert model.card.details["spearman"]["family"] > model.card.details["spearman"]["alone"]
