"""The protein function page: examples, many records, bad input, what it abstains from, stopping, the link."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from biocore import jobs, runtime, zoo
from biocore.errors import ModelUnavailable

PAGE = Path(__file__).parents[1] / "pages" / "protein_function.py"
SHIPPED = runtime.ASSETS / "models" / "go-mf"
INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)

needs_model = pytest.mark.skipif(not SHIPPED.exists(), reason="go-mf does not ship yet")


@pytest.fixture(autouse=True)
def empty_caches():
    import streamlit as st

    st.cache_data.clear()
    st.cache_resource.clear()


def opened(text=None, **params):
    app = AppTest.from_file(str(PAGE), default_timeout=240)
    for name, value in params.items():
        app.query_params[name] = value
    if text is not None:
        app.query_params["seq"] = text
    return app.run()


def shown(app):
    """Everything the page says, as one text."""
    parts = [*app.markdown, *app.caption, *app.warning, *app.info, *app.error, *app.success]
    return "\n".join(element.value for element in parts)


def table(app, *columns):
    """The first table that has these columns; None where there is none."""
    return next((d.value for d in app.dataframe if set(columns) <= set(d.value.columns)), None)


def parameter(app, name):
    value = app.query_params[name]
    return value[0] if isinstance(value, list) else value


TOP7 = "DIQVQVNIDDNGKNFDYTYTVTTESELQKVLNELMDYIKKQGAKRVRISITARTKKEAEKFAAILIKVFAELGYNDINVTFDGDTVTVEGQLEGGSLEHHHHHH"


def test_without_a_model_it_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr(runtime, "ASSETS", tmp_path)
    (tmp_path / "models").mkdir()
    (tmp_path / "examples").mkdir()
    source = Path(__file__).parents[1] / "assets" / "examples" / "function.fa"
    (tmp_path / "examples" / "function.fa").write_text(source.read_text())
    app = opened()
    assert not app.exception
    assert "train function" in app.error[0].value


@needs_model
def test_it_opens_on_insulin_with_an_answer_and_its_evidence():
    app = opened()
    assert not app.exception and not app.error
    specific = table(app, "name", "QuickGO", "what speaks for it")
    assert specific["what speaks for it"][0].startswith("homologue P01308")
    for folded in ("function_measured", "function_annotated"):
        app.session_state[f"{folded}.fold"] = True
    app.run()
    assert {"threshold", "precision", "recall"} <= set(table(app, "name", "comes from").columns)
    assert "hormone activity" in set(specific["name"])
    assert specific["probability"].between(0, 1).all()
    assert specific["QuickGO"].str.startswith("https://www.ebi.ac.uk/QuickGO/term/GO:").all()
    near = table(app, "protein", "alignment_similarity")
    assert near["protein"][0].endswith("P01308")
    text = shown(app)
    assert "Aspect: molecular function" in text and "Limits of" in text
    assert "one of the training proteins" in text  # insulin itself was trained on, and the page says so
    assert "changes the log-odds" not in text  # costly, so nobody gets it unasked
    assert "The strongest homologue with" in text and "of yours lie on" in text
    assert any(line.startswith("    ") and "**hormone activity**" in line for line in text.splitlines())  # the tree
    known = table(app, "name", "predicted", "proteins")
    assert set(known["name"][known["predicted"]]) >= {"hormone activity"}


@needs_model
def test_residues_behind_a_function_are_a_job_on_request():
    app = opened()
    app.button(key="function.residues.start").click().run()
    assert app.button(key="function.residues.stop") and not app.exception
    jobs.Worker().drain()
    app.run()
    assert "changes the log-odds" in shown(app)
    assert parameter(app, "job") == jobs.jobs_of(app.session_state["biocore.owner"])[0].id


@needs_model
@pytest.mark.parametrize("bad", ["MKVL1!AAC", ">empty\n", "", ">a\nMKV?"])
def test_bad_input_is_a_message_and_stays(bad):
    app = opened()
    app.text_area[0].set_value(bad).run()
    assert not app.exception
    assert len(app.error) == 1
    assert app.text_area[0].value == bad


@needs_model
def test_bad_records_among_good_ones_are_named_and_left_out():
    app = opened()
    app.text_area[0].set_value(f">good\n{INSULIN}\n>bad\nMKV#LL\n").run()
    assert not app.exception and not app.error
    assert "record 'bad'" in app.warning[0].value and "'#'" in app.warning[0].value


@needs_model
def test_what_is_unlike_anything_is_not_answered():
    app = opened(TOP7)
    assert not app.exception and not app.error
    text = shown(app)
    assert "Abstained (out of domain)" in text
    assert table(app, "name", "QuickGO", "what speaks for it") is None


@needs_model
def test_two_hundred_records():
    text = "".join(f">p{n}\n{INSULIN[n % 40 :]}\n" for n in range(200))
    app = opened()
    app.text_area[0].set_value(text).run()
    jobs.Worker().drain()
    app.run()
    assert not app.exception and not app.error
    assert len(table(app, "protein", "residues")) == 200
    app.selectbox(key="function.record").set_value(150).run()
    assert not app.exception
    assert parameter(app, "record") == "151"


@needs_model
def test_a_protein_of_five_thousand_residues():
    app = opened()
    app.text_area[0].set_value(">long\n" + (INSULIN * 46)[:5000]).run()
    assert not app.exception and not app.error
    assert any("which residues matter" in button.label for button in app.button)  # not computed unasked


@needs_model
def test_many_proteins_are_a_job_that_can_be_stopped_and_keeps_what_is_done():
    app = opened()
    text = "".join(f">p{n}\n{INSULIN[n:]}\n" for n in range(20))
    app.text_area[0].set_value(text).run()
    assert not app.exception and len(table(app, "protein", "residues")) == 1  # the first is answered at once
    jobs.Worker().turn(seconds=0.0)
    app.button(key="function.many.stop").click().run()
    assert any("is finished and kept" in info.value for info in app.info)
    app.button(key="function.many.resume").click().run()
    jobs.Worker().drain()
    app.run()
    assert not app.exception
    assert len(table(app, "protein", "residues")) == 20


@needs_model
def test_a_model_that_goes_away_is_a_message(monkeypatch):
    """The answer is kept by the session, the model is not: its weights may be gone when the answer is shown again."""
    import streamlit as st

    app = opened()
    st.cache_resource.clear()

    def gone(name):
        raise ModelUnavailable(f"The weights of {name} are missing.")

    monkeypatch.setattr(zoo, "load", gone)
    app.run()
    assert not app.exception
    assert [error.value for error in app.error] == ["The weights of go-mf are missing."]


@needs_model
def test_the_link_brings_back_the_protein_and_the_term():
    app = opened(INSULIN, term="GO:0005102")
    assert app.text_area[0].value == INSULIN
    box = next(b for b in app.selectbox if b.label == "Term")
    assert box.value == "GO:0005102"
    assert parameter(app, "term") == "GO:0005102"


@needs_model
def test_a_stretch_of_a_training_protein_is_flagged():
    app = opened(INSULIN[20:95])
    assert not app.exception
    assert "is a stretch of P01308, one of the training proteins" in shown(app)


@needs_model
@pytest.mark.parametrize(
    "view", ["By identity", "Can the probabilities be trusted", "Terms", "True and predicted", "Training"]
)
def test_every_view_of_quality_stands_with_the_model(view):
    app = AppTest.from_file(str(PAGE.with_name("models.py")), default_timeout=240)
    app.query_params["model"] = "go-mf"
    app.run()
    app.segmented_control(key="function.view").set_value(view).run()
    assert not app.exception and not app.error
