"""The model in a tiny world where the answer is known."""

import contextlib
import json
import shutil
from dataclasses import replace

import go_toys as toys
import numpy as np
import pandas as pd
import pytest

from biocore import runtime, zoo
from biocore.cli import main
from biocore.errors import InputError, ModelUnavailable
from biocore.go import evidence, load, tables
from biocore.go import train as training
from biocore.go.domain import Domain
from biocore.go.train import mlp, prepare
from biocore.plot import term_graph as graph

SETTINGS = training.Settings(
    backbone="toy",
    families="none",
    chance=20,
    min_proteins=10,
    folds=3,
    seeds=1,
    stacks=1,
    axes=8,
    count_groups=("composition", "dipeptides"),
    fit=mlp.FitConfig(epochs=40, batch_size=32, widths=(32, 16)),
)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A model trained on the toy proteins, its folder, and the table."""
    folder = tmp_path_factory.mktemp("go-toy")
    patch = pytest.MonkeyPatch()
    patch.setattr(zoo, "load", lambda name: toys.CountsModel())
    table = toys.proteins()
    try:
        training.run(
            table,
            toys.ONTOLOGY,
            SETTINGS,
            folder,
            embeddings=folder / "embeddings",
            align="none",
            bootstrap=20,
            say=training.quiet,
        )
    finally:
        patch.undo()
    card = zoo.read_card(folder / "card.json")
    return load(card, backbone=toys.CountsModel()), card, table


@pytest.fixture(scope="module")
def unseen():
    return toys.proteins(40, seed=9)


# ------------------------------------------------------------------------------------------------------- answers


def test_it_learns_the_motifs_and_beats_frequency(world):
    _, card, _ = world
    measured = json.loads((card.folder / "evaluation.json").read_text())["methods"]["all"]
    assert measured["model"]["fmax"][0] > measured["term frequency"]["fmax"][0] + 0.1
    assert measured["model"]["protein_auprc"][0] > 0.85
    assert {"coin flip", "proportional guessing", "nearest by embedding", "20 nearest by k-mers"} < set(measured)
    low, high = measured["model"]["fmax"][1:]
    assert low <= measured["model"]["fmax"][0] <= high


def test_a_parent_is_never_less_likely_than_its_child(world, unseen):
    model, _, _ = world
    prediction = model(list(unseen["Sequence"]))
    for child, parents in model.parents.items():
        for parent in parents:
            assert (prediction.probability[:, parent] >= prediction.probability[:, child]).all()
    assert ((prediction.probability >= 0) & (prediction.probability <= 1)).all()


def test_company_and_order_do_not_change_an_answer(world, unseen):
    model, _, _ = world
    sequences = list(unseen["Sequence"][:6])
    together = model(sequences)
    alone = np.vstack([model([s]).probability for s in sequences[::-1]])[::-1]
    np.testing.assert_allclose(together.probability, alone, atol=1e-5)


def test_progress_counts_whole_answers_and_blocks_make_one_prediction(world, unseen, monkeypatch):
    from biocore.go import predict

    model, _, _ = world
    sequences = list(unseen["Sequence"][:7])
    whole = model(sequences)
    monkeypatch.setattr(predict, "BLOCK", 3)
    seen = []
    parts = model(sequences, progress=lambda done, total: seen.append((done, total)))
    assert seen == [(3, 7), (6, 7), (7, 7)]
    np.testing.assert_allclose(parts.probability, whole.probability, atol=1e-6)
    np.testing.assert_array_equal(parts.by_alignment.indices, whole.by_alignment.indices)
    assert parts.abstained == whole.abstained and len(parts.families) == 7


def test_what_experiments_would_show_is_never_likelier_than_what_is_so(world, unseen):
    model, card, _ = world
    prediction = model(list(unseen["Sequence"]))
    assert (prediction.experimental <= prediction.probability).all() and (prediction.experimental >= 0).all()
    for child, parents in model.parents.items():
        for parent in parents:
            assert (prediction.experimental[:, parent] >= prediction.experimental[:, child]).all()
    measured = json.loads((card.folder / "evaluation.json").read_text())["methods"]["experimental"]
    assert measured["model"]["fmax"][0] > measured["term frequency"]["fmax"][0] + 0.1
    assert "model, by all labels" in measured
    without = replace(model, experiments=None)(list(unseen["Sequence"][:2]))
    assert np.isnan(without.experimental).all()
    np.testing.assert_allclose(without.probability, prediction.probability[:2], atol=1e-6)


def test_what_experiments_have_shown_is_the_tables(world):
    model, _, table = world
    train = table[table["subset"] == "train"]
    truth = prepare.label_matrix(list(train["terms_experimental"]), model.terms)
    np.testing.assert_array_equal(model.experiments.shown.labels, truth)
    np.testing.assert_allclose(model.experiments.shown.frequency, truth[truth.any(axis=1)].mean(axis=0), rtol=1e-6)
    assert model.experiments.first(5).shown.labels.shape == (5, len(model.terms))


def test_the_chosen_terms_include_their_parents(world, unseen):
    model, _, _ = world
    prediction = model(list(unseen["Sequence"]))
    for row in range(len(unseen)):
        chosen = model.chosen(prediction, row)
        assert all(set(model.parents[t]) <= chosen for t in chosen)
        assert model.most_specific(chosen) <= chosen


def test_it_abstains_where_a_protein_is_like_nothing_it_knows(world):
    known, _, table = world
    model = replace(known, domain=Domain(expect=1e-3, times=1.2, families=1e-3, vector=0.9999, network=0.9999))
    prediction = model(["W" * 60, table["Sequence"][1]])
    assert prediction.abstained[1] == ""  # it aligns with itself; its shuffled sequence does not
    assert prediction.by_alignment.bits[1, 0] > 1.2 * prediction.shuffled_bits[1] and prediction.expect[1, 0] < 1e-3
    assert "unlike every protein" in prediction.abstained[0]
    assert model.chosen(prediction, 0) == set()
    assert tables.answer(model, prediction, 0).empty
    assert not tables.scores(model, prediction, ["w"])["predicted"].any()


def test_saved_and_loaded_it_answers_the_same_and_holds_no_sequence(world, unseen):
    model, card, table = world
    content = (card.folder / "model.safetensors").read_bytes()
    assert all(s[:40].encode() not in content for s in table["Sequence"])
    again = load(card, backbone=toys.CountsModel())
    sequences = list(unseen["Sequence"][:3])
    np.testing.assert_array_equal(again(sequences).probability, model(sequences).probability)


def test_parts_that_do_not_fit_are_no_model(world):
    model, card, _ = world
    for part, wrong in {
        "terms": model.terms[:-1],
        "information": model.information[1:],
        "axes": model.axes[1:],
        "heads": model.stacks,
        "stacks": model.heads,
        "experiments": replace(model.experiments, stacks=model.stacks),
        "thresholds": replace(model.thresholds, **{k: v[1:] for k, v in vars(model.thresholds).items()}),
    }.items():
        with pytest.raises(ValueError, match="terms|axes|networks"):
            replace(model, **{part: wrong})
    with pytest.raises(ValueError, match="one vector"):
        replace(model.reference, accessions=model.reference.accessions[1:])
    with pytest.raises(ValueError, match="do not lead"):
        replace(model.heads[0], mean=model.heads[0].mean[1:])
    with pytest.raises(ModelUnavailable, match="not a function model of this version"):
        load(replace(card, details=card.details | {"stacks": 0}), backbone=toys.CountsModel())
    with pytest.raises(ModelUnavailable, match="'heads' is missing"):
        load(replace(card, details={}), backbone=toys.CountsModel())


def test_another_version_of_the_language_model_is_refused(world, monkeypatch):
    _, card, _ = world

    class Other(toys.CountsModel):
        hash = "other"

    monkeypatch.setattr(zoo, "load", lambda name: Other())
    with pytest.raises(ModelUnavailable, match="another version"):
        _ = load(card).backbone


def test_damaged_weights_are_refused(world, tmp_path):
    _, card, _ = world
    shutil.copytree(card.folder, tmp_path / "broken")
    weights = tmp_path / "broken" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8] + b"damaged!")
    with pytest.raises(ModelUnavailable, match="damaged"):
        load(zoo.read_card(tmp_path / "broken" / "card.json"))


def test_thresholds_carry_what_they_were_worth_on_valid(world):
    model, _, table = world
    valid = table[table["subset"] == "valid"]
    truth = prepare.label_matrix(list(valid["terms"]), model.terms)
    above = model(list(valid["Sequence"])).probability >= model.thresholds.threshold
    for t in range(len(model.terms)):
        assert model.thresholds.recall[t] == pytest.approx((above & truth)[:, t].sum() / truth[:, t].sum(), abs=1e-6)


# ------------------------------------------------------------------------------------------------------ evidence


def test_residue_evidence_finds_the_motif_and_passes_its_own_test(world, unseen):
    model, _, _ = world
    shown_wins = 0
    found_motif = []
    for row in range(8):
        sequence = unseen["Sequence"][row]
        term = model.terms.index([t for t in toys.FAMILIES if toys.FAMILIES[t] in sequence][0])
        found = evidence.occlusion(model, sequence, term, count=24)
        test = evidence.faithfulness(model, found, draws=9)
        shown_wins += test.shown > test.random.mean()
        motif = np.zeros(len(sequence), bool)
        for place in (5, 25, 45):
            motif[place : place + 8] = True
        found_motif.append(found.effect[motif].mean() - found.effect[~motif].mean())
    assert shown_wins >= 7
    assert np.mean(found_motif) > 0


def test_a_short_peptide_has_no_residue_evidence(world):
    with pytest.raises(InputError, match="20 or more"):
        evidence.occlusion(world[0], "MKV", 0)


# -------------------------------------------------------------------------------------------- tables and figures


def test_tables_and_graph_agree_with_the_answer(world, unseen):
    model, _, _ = world
    prediction = model(list(unseen["Sequence"][:8]))
    for row in range(8):
        answer = tables.answer(model, prediction, row)
        chosen = model.chosen(prediction, row)
        assert set(answer["term"]) == {model.terms[t] for t in chosen}
        assert answer["specific"].is_monotonic_decreasing
        drawn = graph.term_graph(model, prediction, row)
        assert set(drawn.terms) == set(answer["term"])
        assert all(drawn.y[child] < drawn.y[parent] for child, parent in drawn.edges)
        assert len({(x, y) for x, y in zip(drawn.x, drawn.y, strict=True)}) == len(drawn.terms)
    scores = tables.scores(model, prediction, list("abcdefgh"))
    assert len(scores) == np.count_nonzero(prediction.probability[:8] >= 0.01)
    assert len(tables.scores(model, prediction, list("abcdefgh"), terms=model.terms)) == 8 * len(model.terms)
    near = tables.nearest(model, prediction, 0)
    assert near["bits"].dropna().is_monotonic_decreasing and near["e_value"].dropna().is_monotonic_increasing
    assert near["e_value"][0] == pytest.approx(prediction.expect[0, 0])


def test_a_training_protein_is_recognised_with_its_annotation(world, unseen):
    model, _, table = world
    seen = table[(table["terms"] != "") & (table["subset"] == "train")].iloc[:2]
    prediction = model(list(seen["Sequence"]))
    for row, (accession, terms) in enumerate(zip(seen["EntryID"], seen["terms"], strict=True)):
        assert model.reference.accessions[model.same_as(prediction, row)] == accession
        known = tables.annotated(model, prediction, row)
        assert set(known["term"]) == set(terms.split(";"))
        said = {model.terms[t] for t in model.chosen(prediction, row)}
        assert set(known["term"][known["predicted"]]) == said & set(known["term"])
        assert (known["probability"].isna() == ~known["term"].isin(model.terms)).all()
    assert tables.annotated(model, model(list(unseen["Sequence"][:1])), 0) is None


def test_figures_are_drawn(world, unseen):
    from biocore.plot import protein_function as plot
    from biocore.plot.models import reliability

    model, card, _ = world
    measured = json.loads((card.folder / "evaluation.json").read_text())
    prediction = model(list(unseen["Sequence"][:1]))
    found = evidence.occlusion(model, unseen["Sequence"][0], 0, count=10)
    figures = [
        plot.term_graph(graph.term_graph(model, prediction, 0)),
        plot.residue_evidence(found, "zinc binding"),
        reliability(model.reliability["all terms"]),
        plot.training_curves(measured["curve"]),
        plot.true_and_predicted(measured["heatmap"]),
        plot.auprc_by_examples(measured["terms"]),
        plot.best_and_worst(measured["terms"]),
        plot.compare_methods(measured["methods"]["all"], "fmax"),
    ]
    assert all(len(figure.data) for figure in figures)
    colours = plot.evidence_colours(found)
    assert len(colours) == len(found.sequence) and all(len(c) == 7 and c[0] == "#" for c in colours)


# ------------------------------------------------------------------------------------------------------ commands


@pytest.fixture
def installed(world, monkeypatch):
    """The toy model as a user's own, under the name go-toy."""
    model, card, table = world
    target = runtime.home() / "models" / "go-toy"
    shutil.copytree(card.folder, target, ignore=shutil.ignore_patterns("embeddings"))
    values = json.loads((target / "card.json").read_text()) | {"name": "go-toy"}
    (target / "card.json").write_text(json.dumps(values))
    original = zoo.load
    monkeypatch.setattr(zoo, "load", lambda name: toys.CountsModel() if name == "toy" else original(name))
    return table


def test_the_command_gives_every_term_and_names_bad_letters(installed, tmp_path, capsys):
    (tmp_path / "p.fa").write_text(f">one\n{installed['Sequence'][0]}\n>two\nMKVLAACC\n")
    out = tmp_path / "f.tsv"
    assert main(["function", str(tmp_path / "p.fa"), "--model", "go-toy", "--out", str(out)]) == 0
    table = pd.read_csv(out, sep="\t")
    assert list(table.columns[:7]) == list(tables.COLUMNS)
    assert set(table["record"]) == {"one", "two"} and (table["probability"] >= tables.LEAST).all()
    some = ["function", str(tmp_path / "p.fa"), "--model", "go-toy", "--out", str(out)]
    assert main([*some, "--terms", "GO:0000005,GO:0000002"]) == 0
    assert set(pd.read_csv(out, sep="\t")["term"]) == {"GO:0000005", "GO:0000002"}
    assert len(pd.read_csv(out, sep="\t")) == 4  # however unlikely
    (tmp_path / "wanted.txt").write_text("GO:0000005 zinc hydrolase\n\n")
    assert main([*some, "--terms", str(tmp_path / "wanted.txt")]) == 0
    assert set(pd.read_csv(out, sep="\t")["term"]) == {"GO:0000005"}
    assert main([*some, "--terms", "GO:0000005,GO:1"]) == 2
    assert "term 2, 'GO:1', is none of the" in capsys.readouterr().err
    (tmp_path / "bad.fa").write_text(">one\nMKV1!LAA\n")
    assert main(["function", str(tmp_path / "bad.fa"), "--model", "go-toy"]) == 2
    assert "'!' is not an amino acid" in capsys.readouterr().err


def test_answers_are_written_as_they_come(installed, tmp_path, capsys, monkeypatch):
    from biocore.go import predict

    monkeypatch.setattr(predict, "BLOCK", 2)
    (tmp_path / "p.fa").write_text("".join(f">p{n}\n{s}\n" for n, s in enumerate(installed["Sequence"][:5])))
    command = ["function", str(tmp_path / "p.fa"), "--model", "go-toy"]
    assert (
        main([*command, "--out", str(tmp_path / "a.csv")]) == main([*command, "--out", str(tmp_path / "a.json")]) == 0
    )
    table = pd.read_csv(tmp_path / "a.csv", keep_default_na=False)
    assert list(table["record"].unique()) == ["p0", "p1", "p2", "p3", "p4"]
    pd.testing.assert_frame_equal(table, pd.read_json(tmp_path / "a.json"), check_dtype=False)
    assert main(command) == 0
    assert capsys.readouterr().out == (tmp_path / "a.csv").read_text()
    whole, answered = predict.FunctionModel.from_pooled, []

    def stopped(model, pooled, sequences, **more):
        answered.append(sequences)
        if len(answered) == 3:
            raise KeyboardInterrupt
        return whole(model, pooled, sequences, **more)

    monkeypatch.setattr(predict.FunctionModel, "from_pooled", stopped)
    with contextlib.suppress(KeyboardInterrupt):
        main([*command, "--out", str(tmp_path / "b.csv")])
    assert not (tmp_path / "b.csv").exists()
    left = pd.read_csv(tmp_path / "b.csv.partial", keep_default_na=False)
    pd.testing.assert_frame_equal(left, table[table["record"].isin(["p0", "p1", "p2", "p3"])])


def test_evaluate_scores_any_file_of_that_shape(installed, tmp_path, capsys):
    data = installed[["EntryID", "Sequence", "terms"]].head(30)
    data.to_csv(tmp_path / "d.tsv", sep="\t", index=False)
    arguments = [
        "evaluate",
        "function",
        "--data",
        str(tmp_path / "d.tsv"),
        "--model",
        "go-toy",
        "--bootstrap",
        "5",
        "--chance",
        "3",
    ]
    assert main([*arguments, "--out", str(tmp_path / "m.csv"), "--details", str(tmp_path / "m.json")]) == 0
    rows = pd.read_csv(tmp_path / "m.csv")
    best = rows[(rows["labels"] == "all") & (rows["metric"] == "fmax")].set_index("method")["value"]
    assert best["model"] > best["coin flip"]
    said = capsys.readouterr().err
    assert "are among the training proteins" in said and "abstained: " in said
    assert "of 3 random sequences" in said and "of 3 shuffled sequences" in said
    assert main([*arguments, "--split", "nosuch"]) == 2
