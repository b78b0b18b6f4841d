"""Training of variant effects: reading scans, homologues on one side, ridge against scikit-learn, held-out measures."""

import numpy as np
import pandas as pd
import pytest
import variants_toys as toys

from biocore import zoo
from biocore.errors import DataUnavailable, InputError
from biocore.sequence import AMINO_ACIDS
from biocore.variants.features import features
from biocore.variants.train import across_sources, assay_table, measure, results, save, with_profiles_of
from biocore.variants.train import fit as fitting
from biocore.variants.train.scans import Assay, Protein, clustered, homologous, read_scans

GROUPS = ("profile", "conservation", "homologues", "chemistry", "surroundings")


def protein(seed, *, viral=False, cluster="", noise=0.2, count=400):
    """A random protein whose measured effect is BLOSUM62 and noise."""
    rng = np.random.default_rng(seed)
    sequence = "".join(rng.choice(list(AMINO_ACIDS), 80))
    table = features(sequence, toys.profile(sequence))
    places, mutants = rng.integers(0, 80, count), rng.integers(0, 20, count)
    true = table.select(("BLOSUM62",))[places, mutants, 0] + rng.normal(0, noise, count)
    rank = (pd.Series(true).rank().to_numpy() - 0.5) / count
    assay = Assay(f"assay {seed}", places, mutants, rank, true, {"theirs": 0.3}, "10.1/x")
    name = f"P{seed}"
    return Protein(name, f"toy {seed}", sequence, viral, (assay,), toys.profile(sequence), cluster or name)


@pytest.fixture(scope="module")
def rows():
    return [fitting.measured(protein(seed, viral=seed == 5)) for seed in range(6)]


def test_scans_are_read_and_ranked(tmp_path):
    index = {"assay": ["a"], "uniprot": ["P"], "protein": ["toy"], "taxon": ["Human"], "doi": ["10.1/x"],
             "wild_type_sequence": ["MKT"], "ref_theirs": [0.4]}  # fmt: skip
    pd.DataFrame(index).to_csv(tmp_path / "index.csv")
    with pytest.raises(DataUnavailable, match="a.csv.gz is missing"):
        read_scans(tmp_path)
    scores = pd.DataFrame({"mutant": ["K2A", "T3W", "K2:T3", "M1A"], "score": [2.0, 1.0, 5.0, 2.0]})
    scores.to_csv(tmp_path / "a.csv.gz", index=False)
    ((record, (assay,)),) = read_scans(tmp_path)
    assert record["uniprot"] == "P" and assay.position.tolist() == [1, 2, 0]
    assert assay.rank.tolist() == [2 / 3, 1 / 6, 2 / 3] and assay.published == {"theirs": 0.4}
    pd.DataFrame({"mutant": ["A2K"], "score": [1.0]}).to_csv(tmp_path / "a.csv.gz", index=False)
    with pytest.raises(InputError, match="A2K does not fit"):
        read_scans(tmp_path)
    pd.DataFrame(index).drop(columns="doi").to_csv(tmp_path / "index.csv")
    with pytest.raises(InputError, match="lacks the columns: doi"):
        read_scans(tmp_path)
    with pytest.raises(DataUnavailable, match="table of the assays"):
        read_scans(tmp_path / "nowhere")


def test_homologues_are_one_cluster_and_strangers_are_not():
    from dataclasses import replace

    one, other = (replace(p, profile=toys.profile(p.sequence, covered=False)) for p in (protein(1), protein(2)))
    assert not homologous(one, other)
    assert homologous(one, replace(other, sequence=one.sequence[:40] + other.sequence[40:]))
    assert homologous(protein(1), protein(2))  # the toys share a family
    third = replace(other, uniprot="third", sequence=one.sequence)
    assert [p.cluster == clustered([one, other, third])[0].cluster for p in clustered([one, other, third])] == [
        True, False, True,
    ]  # fmt: skip


def test_the_fit_is_ridge_regression_of_each_assays_deviations(rows):
    from sklearn.linear_model import Ridge

    one = rows[0]
    ours = fitting.fit([one], ("chemistry",), penalty=0.3)
    x = one.values[0][:, [one.names.index(n) for n in ours.names]].astype(float)
    scale = x.std(axis=0)
    used = scale > 1e-9
    theirs = Ridge(alpha=0.3 * len(x)).fit((x[:, used] - x[:, used].mean(0)) / scale[used], one.protein.assays[0].rank)
    np.testing.assert_allclose(ours.weights[used] * scale[used], theirs.coef_, atol=1e-6)
    assert not ours.weights[~used].any()


def test_a_protein_and_its_homologues_are_left_out(rows, monkeypatch):
    seen = []
    monkeypatch.setattr(measure, "fit", lambda train, *a, **k: seen.append(train) or fitting.fit(train, *a, **k))
    from dataclasses import replace

    same = [replace(r, protein=replace(r.protein, cluster="P0")) if k == 1 else r for k, r in enumerate(rows)]
    found = measure.leave_out(same[:5], same[:1], ("chemistry",), penalty=0.1)
    assert [p.protein.uniprot for p in seen[0]] == ["P2", "P3", "P4"] and [f.uniprot for f in found] == ["P0"]


def test_what_is_there_to_learn_is_learned_and_the_card_says_how_well(rows, tmp_path):
    found = results(rows, lambda line: None)
    assert all(one.mean > 0.85 for one in found.held_out["family"]) and found.viral[0].uniprot == "P5"
    by_group = {row["group"]: row for row in found.ablation}
    assert by_group["chemistry"]["alone"] > 0.85 and np.isnan(by_group["homologues"]["alone"])
    assert found.published["theirs"].value == pytest.approx(0.3)
    calibration = measure.calibrate(found.held_out["family"])
    assert calibration.fraction[0] > 0.9 and calibration.fraction[-1] < 0.1 and calibration.count.sum() == 5 * 400
    assert (calibration.low <= calibration.fraction).all() and (calibration.fraction <= calibration.high).all()

    class Library:
        name = "families"
        card = toys.model().card

    folder = tmp_path / "variant-effect"
    card = zoo.read_card(save(rows, found, Library, folder))
    from biocore.variants import load

    scan = load(card).scan(toys.SEQUENCE, toys.profile())
    k = toys.SEQUENCE.index("K")
    assert scan.scores[k, AMINO_ACIDS.index("R")] > scan.scores[k, AMINO_ACIDS.index("W")]
    assert "toy 0" in card.limits and "not zero-shot" in card.limits and "clinical" in card.limits
    assert [row["viral"] for row in assay_table(rows, found)] == [False] * 5 + [True]


def test_a_language_model_that_adds_nothing_is_left_out(rows):
    flat = [fitting.measured(r.protein, said=np.full((80, 20), 0.05)) for r in rows]
    found = results(flat, lambda line: None, said_by="flat")
    assert set(found.ridges) == {"family", "alone"} and found.language_model_gain == pytest.approx(0, abs=0.005)


def test_weights_learned_on_profiles_of_one_source_are_measured_on_those_of_another(rows):
    said = []
    others = with_profiles_of(rows, lambda sequence: toys.profile(sequence, own=0.9), said.append, source="theirs")
    assert len(said) == 6 and others[0].protein.assays is rows[0].protein.assays
    made = across_sources(rows[3:], others[3:], "theirs")
    assert {row["proteins"] for row in made} == {"viral", "not viral"} and len(made) == 10
    found = {(row["trained_on"], row["scored_with"]): row["spearman"] for row in made if row["proteins"] == "not viral"}
    train = others[3:5]
    expected = measure.mean_spearman(measure.leave_out(train, train, GROUPS)).value
    assert found["theirs", "theirs"] == pytest.approx(expected, abs=1e-4)
    swapped = measure.mean_spearman(measure.leave_out(rows[3:5], train, GROUPS)).value
    assert found["families", "theirs"] == pytest.approx(swapped, abs=1e-4) and ("both", "theirs") in found
    alike = across_sources(rows[3:5], rows[3:5], "the same")
    assert len({row["spearman"] for row in alike}) == 1 and ("families", "both") in found


def test_a_scan_that_others_cannot_explain_teaches_little(rows):
    from dataclasses import replace

    noise = rows[0].protein
    shuffled = tuple(replace(a, rank=np.random.default_rng(3).permutation(a.rank)) for a in noise.assays)
    mixed = [fitting.measured(replace(noise, assays=shuffled)), *rows[1:5]]
    moments = fitting.Moments.of(mixed, np.flatnonzero(np.array(mixed[0].groups) == "chemistry"))
    explained = fitting.explained(moments, 0.1)
    assert explained[0] < 0.2 and (explained[1:] > 0.8).all()
    share = fitting.trusted(moments, 0.1).weight / moments.weight
    assert share[0] < 0.3 * share[1:].min()
    one = rows[1]  # the correlation is that of the scores themselves
    w = moments.solution(0.1, without=one.protein.cluster)
    scores = one.values[0][:, np.array(one.groups) == "chemistry"] @ w
    assert explained[1] == pytest.approx(np.corrcoef(scores, one.protein.assays[0].rank)[0, 1], abs=1e-4)


def test_what_a_caution_costs_is_measured_within_its_residues(rows):
    bare = [replace_profile(r, covered=False) if k < 2 else r for k, r in enumerate(rows[:5])]
    found = measure.leave_out(bare, bare, ("chemistry",), penalty=0.1)
    cost = measure.cautioned(found, bare)
    assert cost["no homologue"]["proteins"] == 2 and cost["others"]["proteins"] == 3
    assert cost["others"]["spearman"] == pytest.approx(np.mean([one.mean for one in found[2:]]), abs=1e-3)
    assert "few homologues" not in cost


def replace_profile(row, **how):
    from dataclasses import replace

    return replace(row, protein=replace(row.protein, profile=toys.profile(row.protein.sequence, **how)))
