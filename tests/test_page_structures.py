"""The structures page without a browser: its example, its ways in, bad input, links, comparison."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from structure_toys import CIF, HOSTILE, PDB, hostile_pdb

from biocore.workspace import Track, TrackTable

PAGE = Path(__file__).parents[1] / "pages" / "structures.py"


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    st.cache_resource.clear()
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")


def opened(**query) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


def scene_of(app: AppTest) -> dict:
    """What the page sent to its viewer: the atoms in one message, how they look in another."""
    atoms, view = app.main.get("bidi_component")
    shape, look = json.loads(atoms.proto.bytes), json.loads(view.proto.json)["look"]
    assert shape["key"] == look["key"]
    return shape | look


def pasted(text: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.session_state["hand_over.structure"] = text
    return app.run()


def shown(app: AppTest) -> str:
    parts = [*app.caption, *app.markdown, *app.text, *app.subheader, *app.info, *app.error, *app.warning]
    return "\n".join(element.value for element in parts)


def test_it_opens_on_a_built_peptide_and_asks_nothing_of_the_internet(monkeypatch):
    monkeypatch.delenv("BIOCORE_OFFLINE")
    monkeypatch.setattr("biocore.structure.archive._download", lambda *a, **k: pytest.fail("asked the internet"))
    app = opened()
    assert not app.exception and not app.error
    scene = scene_of(app)
    assert scene["residues"]["letter"] == "GIGKFLHSAKKFGKAFVGEIMNS" and scene["colours"]["mode"] == "hydrophobicity"
    assert len(app.dataframe[0].value) == 23
    assert "--build helix GIGKFLHSAKKFGKAFVGEIMNS" in app.code[0].value


def test_another_sequence_and_shape():
    app = opened()
    app.text_area(key="structures.seq").set_value("GPOGPOGPO")
    app.selectbox(key="structures.shape").set_value("collagen").run()
    assert not app.error and len(scene_of(app)["chains"]) == 3
    assert app.query_params["shape"] == "collagen"


@pytest.mark.parametrize(
    ("value", "message"),
    [("", "Paste a protein"), ("AK1!", "not"), ("AKLSEF", ""), (">x\n", "no sequence"), ("A" * 600, "500")],
)
def test_a_bad_sequence_is_a_message_and_stays(value, message):
    app = opened()
    app.text_area(key="structures.seq").set_value(value).run()
    assert not app.exception
    if message:
        assert message in shown(app).replace("\\", "")
    assert app.text_area(key="structures.seq").value == value


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("", "Type a PDB id"),
        ("hello!", "is not an identifier"),
        ("9ZZZ", "not in the cache"),
        ("../etc", "is not an identifier"),
    ],
)
def test_a_bad_identifier_is_a_message_and_stays(value, message):
    app = opened()
    app.selectbox(key="structures.way").set_value("id").run()
    app.text_input(key="structures.id").set_value(value).run()
    assert not app.exception and message in shown(app).replace("\\", "")
    assert app.text_input(key="structures.id").value == value


def test_an_example_from_the_archive_says_what_opens_offline():
    app = opened()
    app.pills(key="structures.example").set_value("Insulin 3I40").run()
    assert not app.exception and "3I40 is not in the cache" in app.error[0].value.replace("\\", "")
    assert "nothing fetched yet" in shown(app)


def test_examples_that_would_have_to_be_fetched_are_marked_before_the_click():
    from biocore.structure import archive

    app = opened()
    assert [o for o in app.pills(key="structures.example").options if "↓" in o] == [
        "Insulin 3I40 ↓", "Collagen 1BKV ↓", "Proteasome 1YAR ↓",
    ]  # fmt: skip
    assert "↓ not on this machine yet: this server is offline." in shown(app)
    for name in ("3I40", "1BKV", "1YAR"):
        (archive.cache_folder() / f"pdb-{name}.cif").write_text(CIF)
    app = opened()
    assert "↓" not in "".join(app.pills(key="structures.example").options) + shown(app)
    app.pills(key="structures.example").set_value("Insulin 3I40").run()
    assert not app.error and scene_of(app)["name"] == "9XYZ"


def test_an_example_loses_its_mark_when_it_has_come():
    from biocore.structure import archive

    app = opened()
    app.pills(key="structures.example").set_value("Insulin 3I40").run()
    assert app.error
    (archive.cache_folder() / "pdb-3I40.cif").write_text(CIF)
    app.run()
    assert not app.exception and not app.error and scene_of(app)["name"] == "9XYZ"
    assert "Insulin 3I40" in app.pills(key="structures.example").options
    app.pills(key="structures.example").set_value("Collagen-like, built").run()
    assert not app.exception and len(scene_of(app)["chains"]) == 3


def test_a_fetched_structure_opens_offline_by_its_link():
    from biocore.structure import archive

    (archive.cache_folder() / "pdb-9XYZ.cif").write_text(CIF)
    app = opened(id="9xyz", colour="secondary", style="stick", residue="L:102")
    assert not app.error
    scene = scene_of(app)
    assert (scene["style"], scene["colours"]["mode"], scene["name"]) == ("stick", "secondary", "9XYZ")
    assert scene["selected"] == 2 and "A toy in mmCIF" in shown(app)
    assert "structure 9xyz" in app.code[0].value


@pytest.mark.parametrize(
    "query", [{"colour": "<x>"}, {"style": "x"}, {"residue": "Z:1"}, {"shape": "x", "seq": "AKL"}, {"id": "%%"}]
)
def test_a_link_with_nonsense_opens_all_the_same(query):
    assert not opened(**query).exception


def test_pasted_text_and_what_the_file_says():
    app = pasted(PDB)
    assert not app.exception and not app.error
    text = shown(app)
    for expected in (
        "9XYZ",
        "A TOY STRUCTURE",
        "Homo sapiens",
        "1.50 Å",
        "not resolved",
    ):
        assert expected in text, expected
    assert scene_of(app)["residues"]["resolved"][:5] == "01110"


@pytest.mark.parametrize(
    "text", ["ATOM      1  N   GLY A   1      1", "HEADER    X\nEND", "data_x\n_a.b c\n", CIF[:-60]]
)
def test_broken_text_is_a_message_and_stays(text):
    app = pasted(text)
    assert not app.exception and app.error
    assert app.text_area(key="structures.text").value == text


def test_going_to_a_residue_lists_its_neighbours():
    app = opened()
    app.text_input(key="structures.goto").set_value("A:8").run()
    assert scene_of(app)["selected"] == 7 and app.query_params["residue"] == "A:8"
    assert "residue A:SER 8" in shown(app)
    table = app.dataframe(key="structures.neighbours").value
    assert "A:HIS 7" in table["neighbour"].tolist() and "covalent bond" in " ".join(table["contact"])
    app.text_input(key="structures.goto").set_value("A:99").run()
    assert "there is no residue 99" in app.warning[0].value and not app.exception
    app.text_input(key="structures.goto").set_value("").run()
    assert scene_of(app)["selected"] is None


@pytest.mark.parametrize("text", ["8", "S8", "Ser8", "A:8"])
def test_a_residue_may_be_written_as_people_do(text):
    app = opened()
    app.text_input(key="structures.goto").set_value(text).run()
    assert scene_of(app)["selected"] == 7 and app.text_input(key="structures.goto").value == "A:8" and not app.warning


def test_a_residue_of_several_chains_says_where_else_it_is():
    app = opened(seq="GPOGPOGPO", shape="collagen")
    app.text_input(key="structures.goto").set_value("4").run()
    assert "A:GLY 4 is selected; also there: B:4, C:4." in shown(app).replace("\\", "")
    app.text_input(key="structures.goto").set_value("C:1").run()
    app.text_input(key="structures.goto").set_value("4").run()  # in the chain that is selected
    assert app.text_input(key="structures.goto").value == "C:4"


def test_an_unresolved_residue_can_be_selected_but_has_no_neighbours():
    app = pasted(PDB)
    app.text_input(key="structures.goto").set_value("A:#1").run()
    assert "the model has no atom of it" in shown(app) and not app.exception


@pytest.mark.parametrize("view", ["Contact map", "Ramachandran plot", "Profile", "Chains and ligands"])
def test_every_closer_look_opens(view):
    app = pasted(PDB)
    app.text_input(key="structures.goto").set_value("A:10A").run()
    app.segmented_control(key="structures.view").set_value(view).run()
    assert not app.exception and not app.error
    app = opened()
    app.segmented_control(key="structures.view").set_value(view).run()
    assert not app.exception and not app.error


@pytest.mark.parametrize("style", ["cartoon", "stick", "sphere", "surface"])
@pytest.mark.parametrize("mode", ["chain", "spectrum", "element"])
def test_styles_and_colours_reach_the_viewer(style, mode):
    app = opened(style=style, colour=mode)
    assert (scene_of(app)["style"], scene_of(app)["colours"]["mode"]) == (style, mode)


def test_the_atoms_are_sent_once_whatever_is_chosen(monkeypatch):
    """The message that holds them stays the same, so that Streamlit sends the browser a reference to it."""
    from biocore.plot import scene

    made = []
    monkeypatch.setattr(scene, "bonds", lambda *args, real=scene.bonds: made.append(1) or real(*args))

    def messages(app):
        return [element.proto.SerializeToString(deterministic=True) for element in app.main.get("bidi_component")]

    app = opened()
    first = messages(app)
    app.text_input(key="structures.goto").set_value("A:8").run()
    app.selectbox(key="structures.colour").set_value("spectrum").run()
    app.selectbox(key="structures.style").set_value("stick").run()
    assert not app.exception and made == [1]
    assert messages(app)[0] == first[0] and messages(app)[1] != first[1]


def test_a_pasted_table_paints_the_structure_and_reports():
    app = opened(colour="track")
    assert "No track yet" in shown(app)
    app.text_area(key="structures.track_table").set_value("position,letter,score\n1,G,1\n2,I,2\n3,W,3\n4,K,4\n").run()
    assert not app.exception and not app.error
    assert scene_of(app)["colours"]["title"] == "score"
    assert "letters differ: W3 on A:GLY 3" in shown(app)
    app.text_area(key="structures.track_table").set_value("rubbish").run()
    assert app.error and app.text_area(key="structures.track_table").value == "rubbish" and not app.exception


def test_a_track_from_another_page_is_matched_by_its_sequence():
    app = AppTest.from_file(PAGE, default_timeout=120)
    sequence = "MM" + "GIGKFLHSAKKFGKAFVGEIMNS"
    app.session_state["biocore.tracks"] = TrackTable().add(Track("entropy", sequence, np.arange(25.0)))
    app.query_params["colour"] = "track"
    app.run()
    assert not app.exception and scene_of(app)["colours"]["low"] == 2.0 and "2 values have no residue" in shown(app)


def test_a_protein_from_another_page_is_built_only_where_it_is_asked_for():
    app = AppTest.from_file(PAGE, default_timeout=120)
    app.session_state["hand_over.protein"] = ">mine\nAKLGEF"
    app.run()
    assert scene_of(app)["residues"]["letter"] == "GIGKFLHSAKKFGKAFVGEIMNS"
    assert "not a structure of the current protein (mine, 6 residues)" in shown(app)
    app.button(key="structures.current.build").click().run()
    assert scene_of(app)["residues"]["letter"] == "AKLGEF" and scene_of(app)["name"] == "mine"


def test_comparing_superposes_and_reports_the_rmsd():
    app = opened()
    app.segmented_control(key="structures.mode").set_value("Compare two").run()
    assert not app.exception and not app.error
    assert {m.label: m.value for m in app.metric}["Sequence identity"] == "100%"
    assert float(next(m.value for m in app.metric if m.label == "RMSD (Å)")) > 5
    app.selectbox(key="structures.second.shape").set_value("helix").run()
    assert float(next(m.value for m in app.metric if m.label == "RMSD (Å)")) == 0.0
    assert [c["name"] for c in scene_of(app)["chains"]] == ["A", "A′"]


def test_side_by_side_shows_one_grid_and_no_viewer_of_ours():
    app = opened()
    app.segmented_control(key="structures.mode").set_value("Compare two").run()
    app.segmented_control(key="structures.compare_way").set_value("Side by side").run()
    assert not app.exception and not app.error
    assert not app.main.get("bidi_component")
    assert len(app.get("iframe")) == 1


def test_markup_in_a_file_is_shown_as_text():
    app = pasted(hostile_pdb())
    assert not app.exception
    for element in [*app.markdown, *app.caption, *app.subheader]:
        assert not re.search(r"(?<!\\)<", element.value)  # each is escaped, so Markdown shows it as it is


def test_the_grid_escapes_what_a_file_says():
    from biocore.structure import read_structure
    from biocore.web.structures.side_by_side import _script_string, grid

    hostile = read_structure(hostile_pdb())
    html = grid([hostile, hostile], style="cartoon", library="/app/static/3Dmol-min.js")._make_html()
    assert html.count("</script>") == 1 and "ATOM  " in html and "@@structure" not in html
    assert json.loads(_script_string(HOSTILE)) == HOSTILE and "<" not in _script_string(HOSTILE)


def test_the_grid_leaves_as_one_file_that_escapes_what_a_file_says(monkeypatch, tmp_path):
    from biocore import runtime
    from biocore.errors import DataUnavailable
    from biocore.structure import read_structure
    from biocore.web.structures.side_by_side import grid, to_html

    hostile = read_structure(hostile_pdb())
    view = grid([hostile, hostile], style="cartoon", library="/app/static/3Dmol-min.js")
    monkeypatch.setattr(runtime, "STATIC", tmp_path)
    with pytest.raises(DataUnavailable, match="make setup"):
        to_html(view, HOSTILE, HOSTILE)
    (tmp_path / "3Dmol-min.js").write_text("/* library @@GRID@@ */")
    html = to_html(view, HOSTILE, HOSTILE)
    assert html.count("</script>") == 3 and "<script>document.title" not in html and "library @@GRID@@" in html


def test_the_exported_file_escapes_what_a_file_says(monkeypatch, tmp_path):
    from biocore import runtime
    from biocore.errors import DataUnavailable
    from biocore.plot.residue_colour import colour
    from biocore.plot.scene import scene
    from biocore.structure import read_structure
    from biocore.web.viewer import export_html, library_addresses

    s = read_structure(hostile_pdb(), HOSTILE)
    (tmp_path / "3Dmol-min.js").write_text("/* library @@SCENE@@ */")
    monkeypatch.setattr(runtime, "STATIC", tmp_path)
    html = export_html(scene(s, colour(s, "chain")), HOSTILE)
    assert html.count("</script>") == 3 and "<script>document.title" not in html
    assert "http" not in html.split("<body>")[1].split("<script>/*")[0]
    assert library_addresses()[0]["url"] == "/app/static/3Dmol-min.js"
    monkeypatch.setattr(runtime, "STATIC", tmp_path / "none")
    assert library_addresses()[0]["url"].startswith("https://cdn.jsdelivr.net/") and library_addresses()[0]["integrity"]
    with pytest.raises(DataUnavailable, match="make setup"):
        export_html(scene(s, colour(s, "chain")))
