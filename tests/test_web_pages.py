"""What holds for every page: nothing is lost on the way to another, sessions do not mix, errors are messages."""

import ast
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from biocore import zoo
from biocore.errors import ModelUnavailable

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "pages").glob("*.py"))
WEB = sorted((ROOT / "biocore" / "web").rglob("*.py"))
PROTEIN = "MKTAYIAKQRQISFVKSHFSRQ"
OTHER = "MNIFEMLRIDEGLRLKIYKDTEG"
DNA = "CCACCAGGGGGCGCTAGTGACCACCAGGGGGCGC"
BOXES = {  # page -> session key of its text area, what is pasted
    "home": ("home.text", "R175H"),
    "dna_binding": ("dna", DNA),
    "masked_residues": ("masked_residues.protein", PROTEIN),
    "variant_effects": ("variant_effects.protein", PROTEIN),
    "structures": ("structures.seq", PROTEIN),
    "protein_function": ("function", PROTEIN),
}


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")


def opened():
    return AppTest.from_file(ROOT / "app.py", default_timeout=240).run()


def go(app, page):
    app.switch_page(f"pages/{page}.py").run()
    assert not app.exception, page
    return app


def test_what_is_pasted_is_still_there_after_a_visit_to_every_other_page():
    """One visitor pastes on every page, visits all of them in both directions, and finds each text where it was."""
    app = opened()
    for page, (key, text) in BOXES.items():
        go(app, page).text_area(key=key).set_value(text).run()
        assert not app.exception and not app.error, page
    order = [path.stem for path in PAGES]
    for page in [*order, *reversed(order)]:
        go(app, page)
        assert not app.error, page
        if page in BOXES:
            key, text = BOXES[page]
            assert app.text_area(key=key).value == text, page


def test_what_is_typed_on_the_map_is_still_there_too():
    text = f">a\n{PROTEIN}\n>b\n{OTHER}\n"
    app = go(opened(), "embedding_map")
    app.segmented_control(key="map.source").set_value("proteins").run()
    app.text_area(key="map.text").set_value(text).run()
    for other in ("masked_residues", "home"):
        go(app, other)
    go(app, "masked_residues")
    assert app.text_area(key="masked_residues.protein").value == text  # what is pasted is on all pages
    go(app, "embedding_map")
    if app.segmented_control(key="map.source").value != "proteins":
        app.segmented_control(key="map.source").set_value("proteins").run()
    assert app.text_area(key="map.text").value == text


def test_two_sessions_do_not_see_each_other():
    mine, yours = go(opened(), "masked_residues"), go(opened(), "masked_residues")
    mine.text_area(key="masked_residues.protein").set_value(PROTEIN).run()
    yours.run()
    assert not yours.exception
    everything = "\n".join(str(element.value) for element in [*yours.text_area, *yours.code, *yours.caption])
    assert PROTEIN not in everything
    yours.text_area(key="masked_residues.protein").set_value(OTHER).run()
    mine.run()
    assert mine.text_area(key="masked_residues.protein").value == PROTEIN
    everything = "\n".join(str(element.value) for element in [*mine.text_area, *mine.code, *mine.caption])
    assert OTHER not in everything


def test_nobody_is_told_which_structures_others_fetched():
    from biocore.structure import archive

    (archive.cache_folder() / "pdb-1SECR.cif").write_text("data_1SEC\n")
    (archive.cache_folder() / "pdb-2ABC.cif").write_text("data_2ABC\n")
    app = go(opened(), "structures")
    app.selectbox(key="structures.way").set_value("id").run()
    app.text_input(key="structures.id").set_value("9XYZ").run()
    assert not app.exception and app.error
    assert not any("2ABC" in caption.value for caption in app.caption)
    assert any("nothing fetched yet" in caption.value for caption in app.caption)


@pytest.mark.parametrize("page", ["dna_binding", "masked_residues", "variant_effects", "protein_function"])
def test_a_model_that_cannot_be_loaded_is_a_message(page, monkeypatch):
    def gone(name):
        raise ModelUnavailable(f"The weights of {name} are not on this machine.")

    monkeypatch.setattr(zoo, "load", gone)
    st.cache_data.clear()
    st.cache_resource.clear()
    app = AppTest.from_file(ROOT / "pages" / f"{page}.py", default_timeout=240).run()
    assert not app.exception
    assert any("are not on this machine" in error.value for error in app.error)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_the_errors_of_all_it_calls(path):
    """Calls of a page's own parts stand inside ``with web.show_errors():``; worked examples come before."""
    tree = ast.parse(path.read_text())
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom)]
    imports = [node for node in imports if f"{node.module}.".startswith("biocore.web.")]
    parts = {alias.asname or alias.name for node in imports for alias in node.names}
    assert parts
    guarded = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.With) and "web.show_errors()" in [ast.unparse(item.context_expr) for item in node.items]
        for inner in ast.walk(node)
    }
    bare = [
        ast.unparse(node)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[0] in parts and node not in guarded
    ]
    assert [call for call in bare if not call.endswith(".examples()")] == []


@pytest.mark.parametrize("path", WEB, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_a_page_caches_belongs_to_its_session(path):
    """A cache for everyone takes nothing a user gave: only models, and files that ship with biocore."""
    everyone = {"_load", "_example", "examples", "_token_map", "_inside", "_titles"}
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in map(ast.unparse, node.decorator_list):
            if "st.cache_" in decorator and node.name not in everyone:
                assert "scope='session'" in decorator, f"{node.name} keeps results for everyone"
                assert "max_entries=" in decorator, f"{node.name} keeps results without bound"


@pytest.mark.parametrize("path", WEB, ids=lambda path: str(path.relative_to(ROOT)))
def test_tables_are_drawn_by_one_function(path):
    """`web.table` and `web.listing` leave blank what is not defined, where Streamlit would write "None"."""
    assert path.name == "outputs.py" or "st.dataframe(" not in path.read_text()
