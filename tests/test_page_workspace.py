"""The workspace page: tracks of the current molecule together, sessions that come back, reports that open offline."""

import json
import re

import numpy as np
from streamlit.testing.v1 import AppTest

from biocore.plot.scene_html import library_here
from biocore.structure import build_peptide
from biocore.workspace import Track, TrackTable, read_molecule
from biocore.workspace.report import report_html
from biocore.workspace.session import Answer, Session, write_session

PAGE = "../pages/workspace.py"
SEQUENCE = "GIGKFLHSAKKFGKAFVGEIMNS"
TEXT = f">mag\n{SEQUENCE}\n"


def opened(**state):
    app = AppTest.from_file(PAGE, default_timeout=120)
    for key, value in state.items():
        app.session_state[key.replace("__", ".")] = value
    return app.run()


def session():
    answer = Answer(
        "variant_effects", "Variant effects", "Least tolerant: <b>G1</b>.", models={"variant-effect": "abc"}
    )
    tracks = TrackTable().add(Track("entropy", SEQUENCE, np.arange(23.0), "bits"))
    settings = {"masked_residues.offset": -3, "masked_residues.strategy": "rubbish", "unknown": 1}
    return Session({"protein": read_molecule(TEXT)}, tracks, (answer,), {"protein": (4,)}, settings, title="Mag")


def words(app):
    return "\n".join(e.value for e in [*app.markdown, *app.caption, *app.text, *app.info, *app.error])


def test_it_opens_on_nothing_and_says_what_to_do():
    app = opened()
    assert not app.exception and not app.error
    assert "Nothing is pasted yet" in words(app)


def take(app, content):
    """What the upload of a session file does."""
    app.sidebar.file_uploader(key="workspace.file").set_value(("s.biocore.zip", content, "application/zip")).run()
    return app


def test_a_session_file_brings_back_molecule_tracks_answers_and_cursor():
    app = take(opened(), write_session(session()))
    assert not app.exception and not app.error
    said = words(app)
    assert "mag, 23 residues" in said and "Opened: Mag" in said
    assert "F5" in said  # the cursor
    assert app.multiselect[0].value == ["entropy", "hydropathy"]
    assert "Least tolerant: \\<b\\>G1" in said or "Least tolerant: \\<b>G1" in said
    assert app.session_state["masked_residues.offset"] == -3
    assert "masked_residues.strategy" not in app.session_state and "unknown" not in app.session_state


def test_a_hostile_session_file_changes_nothing():
    app = take(opened(), b"PK\x03\x04rubbish")
    assert not app.exception
    assert "not a session file" in words(app) and "Nothing is pasted yet" in words(app)


def report(**options):
    now = session()
    bad = {"data": [{"type": "bar", "x": ["</script><script>alert(1)</script>"], "y": [1]}], "layout": {}}
    answers = [*now.answers, Answer("x", "A </h2> title", "Said.", bad, 'alt "quoted"')]
    return report_html(now.molecules["protein"], answers, tuple(now.tracks), **options)


def test_a_report_asks_nothing_of_the_internet_and_nothing_of_a_name_is_markup():
    text = report()
    head = re.sub(r"<script>.*?</script>", "", text, flags=re.S)  # plotly.js names addresses in its licences
    assert not re.findall(r"(?:src|href)=[\"']?https?:", head)
    assert "default-src 'none'" in text
    assert "<b>G1</b>" not in head and "&lt;b&gt;G1&lt;/b&gt;" in head
    assert "alert(1)</script>" not in text and "A &lt;/h2&gt; title" in text
    figures = re.findall(r'<script type="application/json" id="[\w-]+">(.*?)</script>', text, flags=re.S)
    assert [json.loads(f)["data"][0]["type"] for f in figures] == ["bar", "scatter"]
    assert "@media print" in text and "python -m biocore" not in head


def test_a_report_shows_the_structure_coloured_by_a_track(need):
    need(library_here(), "static/3Dmol-min.js is missing (npm fetches it)")
    text = report(structure=build_peptide(SEQUENCE, "helix", name="mag"))
    assert "coloured by entropy" in text and 'sandbox="allow-scripts"' in text
