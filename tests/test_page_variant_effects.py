"""The variant-effects page as a script: its example, bad input, variants nobody can score, the link."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

import pytest
import variants_toys as toys
from streamlit.testing.v1 import AppTest

from biocore import runtime
from biocore.web.masked_residues import homologues
from biocore.web.variant_effects.scans import scan_table
from biocore.web.variant_effects.variants import read_lines, variant_table

PAGE = Path(__file__).parents[1] / "pages" / "variant_effects.py"
PROTEIN = toys.SEQUENCE


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch, new_visitor):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")


@pytest.fixture
def toy(monkeypatch):
    """A model with weights by hand in the user's own folder, and a family that every protein has."""
    from safetensors.numpy import save_file

    from biocore.variants.model import as_tensors

    model = toys.model()
    folder = runtime.home() / "models" / "variant-effect"
    folder.mkdir(parents=True)
    weights = folder / "model.safetensors"
    save_file(as_tensors(model.ridges), weights)
    card = {name: value for name, value in asdict(model.card).items() if name != "folder"}
    card |= {"sha256": {weights.name: hashlib.sha256(weights.read_bytes()).hexdigest()}, "quality": []}
    (folder / "card.json").write_text(json.dumps(card))
    monkeypatch.setattr(homologues, "family_profile", lambda source, sequence: toys.profile(sequence))
    return model


def page(**params):
    app = AppTest.from_file(PAGE, default_timeout=240)
    for name, value in params.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def unfold(app, *names):
    """Open sections that are folded up."""
    for name in names:
        app.session_state[f"variant_effects.{name}.fold"] = True
    app.run()
    assert not app.exception
    return app


def metrics(app):
    return {metric.label: metric.value for metric in app.metric}


def link(app, name):
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


def errors(app):
    return [error.value.replace("\\", "") for error in app.error]


def frame(app, column):
    return next(f.value for f in app.dataframe if column in f.value.columns)


def said(app):
    return " ".join(m.value for m in app.markdown)


def test_it_opens_on_its_example_with_the_model_that_ships():
    app = page()
    assert not app.error
    shown = metrics(app)
    assert shown["Substitutions scored"] == "1,444"  # 19 x 76
    assert "were in the worst third of their assay" in said(app)
    assert any("Limits of" in caption.value for caption in app.caption)
    unfold(app, "table", "scans")
    table = frame(app, "percentile")
    assert table["score"].is_monotonic_increasing and len(table) == 1444
    variants = frame(app, "problem")
    assert list(variants["variant"]) == ["L43S", "I44A", "K48R", "L8A:I44A"] and variants["score"].notna().all()
    scans = frame(app, "assay")
    assert scans["this model"].between(-1, 1).all() and {"GEMME", "ESM2_650M"} <= set(scans.columns)
    assert any("biocore variants MQIFV" in code.value for code in app.code)


def test_the_evidence_is_that_of_the_substitution_asked_for(toy):
    app = page(seq=PROTEIN)
    app = app.text_input(key="variant_effects.named").set_value("p.Ala4Trp").run()
    assert not app.exception and not app.error and "**A4W**" in said(app)
    assert link(app, "variant") == "A4W"
    features = frame(unfold(app, "features"), "feature")
    assert dict(zip(features["feature"], features["value"], strict=True))["BLOSUM62"] == -3  # of A and W
    assert metrics(app)["Effective homologues"] == "8.0"

    for text, message in (
        ("A5W", "residue 5 is Y, not A"),
        ("K999W", "outside the protein"),
        ("A4A", "changes nothing"),
        ("A4W:M1V", "one at a time"),
        ("A4fs*", "is not a substitution"),
    ):
        app = app.text_input(key="variant_effects.named").set_value(text).run()
        assert not app.exception and any(message in error for error in errors(app)), text
        assert "**A4W**" in said(app)  # nothing was lost


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "The input is empty"), ("MKT1AYJ?K", "'?' is not an amino acid"), (">a\n", "has a name but no sequence")],
)
def test_bad_input_is_a_message_and_nothing_is_lost(toy, text, message):
    app = page(seq=PROTEIN)
    app = app.text_area(key="variant_effects.protein").set_value(text).run()
    assert not app.exception and any(message in error for error in errors(app))
    assert app.text_area(key="variant_effects.protein").value == text


def test_a_protein_without_one_of_the_20_says_so(toy):
    app = page(seq="XXX")
    assert metrics(app)["Substitutions scored"] == "0"
    assert any("nothing can be scored" in caption.value for caption in app.caption)


def test_variants_nobody_can_score_are_named_by_line_and_the_others_are_scored(toy):
    app = page(seq=PROTEIN, variants="A4W\nA4W:M1V hello\nY4W\nA4A")
    table = frame(app, "problem")
    assert list(table["line"]) == [1, 2, 2, 3, 4]
    assert list(table["variant"]) == ["A4W", "A4W:M1V", "hello", "Y4W", "A4A"]
    assert table["score"].notna().tolist() == [True, True, False, False, False]
    warned = " ".join(warning.value.replace("\\", "") for warning in app.warning)
    assert "Line 2, hello: 'hello' is not a substitution" in warned
    assert "Line 3, Y4W: residue 4 is A, not Y" in warned and "Line 4, A4A" in warned
    assert "With the numbering offset" in warned  # Y stands at 5
    assert any("additive" in caption.value for caption in app.caption)


def test_several_at_once_are_the_sum_of_the_single_scores(toy):
    scan = toy.scan(PROTEIN, toys.profile())
    read, unread = read_lines("A4W\np.Met1Val, A4W:M1V\nA4W")
    table, hint = variant_table(scan, read, unread, offset=0)
    assert list(table["variant"]) == ["A4W", "M1V", "A4W:M1V"] and hint == ""
    assert table["score"][2] == pytest.approx(table["score"][0] + table["score"][1], abs=1e-5)
    assert table["meaning"][0] == scan.statement(table["score"][0]) and table["meaning"][2] == ""


def test_the_link_gives_the_page_again(toy):
    app = page(seq=PROTEIN, variant="A14W", offset="10", measure="score", variants="K12A")
    assert not app.error and "**A14W**" in said(app)
    assert app.number_input(key="variant_effects.offset").value == 10
    assert app.segmented_control(key="variant_effects.measure").value == "score"
    assert list(frame(app, "problem")["variant"]) == ["K12A"] and frame(app, "problem")["score"].notna().all()
    assert link(app, "variant") == "A14W" and link(app, "measure") == "score"


def test_a_long_protein_has_a_slider(toy, monkeypatch):
    from biocore.web.variant_effects import compute

    monkeypatch.setattr(compute, "_language_model", lambda *given: (None, ""))
    app = page(seq=PROTEIN * 10)
    app = app.slider(key="variant_effects.start").set_value(150).run()
    assert not app.exception and not app.error
    assert any("No language model took part" in caption.value for caption in app.caption)


def test_the_mean_effect_is_offered_to_other_pages(toy):
    app = page(seq=PROTEIN)
    [track] = [t for t in app.session_state["biocore.tracks"] if t.sequence == PROTEIN]
    assert track.name == "mean variant effect (variant-effect)" and len(track.values) == len(PROTEIN)


def upload(app, table):
    return app.file_uploader(key="variant_effects.assay").set_value(("assay.csv", table.encode(), "text/csv")).run()


def test_an_assay_is_ranked_by_every_predictor_and_the_right_one_wins(toy):
    scan = toy.scan(PROTEIN, toys.profile())
    rows = scan.table().iloc[::29]
    table = "mutant,score\n" + "\n".join(f"{v},{s:.6f}" for v, s in zip(rows["variant"], rows["score"], strict=True))
    app = upload(page(seq=PROTEIN), table + "\nY4W,0.1\nrubbish,1\n")
    assert not app.exception and not app.error
    found = frame(app, "predictor")
    assert "BLOSUM62" in set(found["predictor"])
    assert found["predictor"][0] == "this page's score" and found["spearman"][0] > 0.95
    known = found.dropna()  # this family says the same of every change, so its rank correlation is not defined
    assert set(found["predictor"]) - set(known["predictor"]) == {"family profile, log odds"}
    assert (known["low"] <= known["spearman"]).all() and (known["spearman"] <= known["high"]).all()
    assert any("2 rows were left out. The first, line" in warning.value for warning in app.warning)
    app = app.selectbox(key="variant_effects.assay.shown").set_value("BLOSUM62").run()
    wrong = frame(app, "measured percentile")
    gap = (wrong["measured percentile"] - wrong["predicted percentile"]).abs()
    assert not app.exception and (gap.diff().dropna() <= 0.2).all()  # the worst first, but for rounding
    assert gap.iloc[0] > 50

    app = app.button(key="variant_effects.fit").click().run()
    assert not app.exception and not app.error
    shown = metrics(app)
    assert float(shown["Trained: Spearman"]) > 0.9 and float(shown["Untrained: Spearman"]) > 0.9
    chosen = frame(app, "well")
    assert len(chosen) == 96 and not set(chosen["variant"]) & set(rows["variant"])
    app = app.number_input(key="variant_effects.fit.count").set_value(24).run()
    app = app.toggle(key="variant_effects.fit.diverse").set_value(True).run()
    assert frame(app, "well")["position"].is_unique and len(frame(app, "well")) == 24

    few = "\n".join(table.splitlines()[:9])
    app = upload(app, few).button(key="variant_effects.fit").click().run()
    assert not app.exception and any(
        "8 measured variants can be used; a model is fitted from 20" in e for e in errors(app)
    )

    app = upload(app, "mutant,score\nY4W,0.1\n")
    assert not app.exception and any("none of the 1 variants can be scored" in error for error in errors(app))


def test_measured_scans_stand_beside_published_predictors():
    def scan(name, ours, **published):
        return {"assay": name, "protein": "p", "viral": False, "variants": 9, "spearman": ours, "doi": "10.1/x",
                "published": published}  # fmt: skip

    table = scan_table([scan("A", 0.4, EVE=0.5), scan("B", 0.3, GEMME=0.2)])
    assert list(table) == ["assay", "protein", "viral", "variants", "this model", "EVE", "GEMME", "doi"]
    assert list(table["this model"]) == [0.4, 0.3] and table["EVE"].isna().tolist() == [False, True]


def _clicking_page():
    import streamlit as st
    import variants_toys as toys

    from biocore.web.masked_residues.inputs import Protein
    from biocore.web.variant_effects import landscape, selection

    protein = Protein("toy", toys.SEQUENCE, 0, ())
    scan = toys.model().scan(toys.SEQUENCE, toys.profile())
    st.text(selection.name(protein, selection.selected(protein, scan)))
    for data in ([3, "W"], [3, "A"], [999, "W"]):  # a cell, its wild type, outside
        landscape._use_click(protein, scan, {"selection": {"points": [{"customdata": data}]}})


def test_a_click_selects_a_cell_that_has_a_score():
    app = AppTest.from_function(_clicking_page, default_timeout=60).run()
    assert not app.exception and [text.value for text in app.text] == ["A4W"]
