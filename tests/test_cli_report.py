"""The command ``report``: a session becomes one HTML file; what cannot be used is said."""

import numpy as np
import pytest

from biocore import cli
from biocore.workspace import read_molecule
from biocore.workspace.answers import ask
from biocore.workspace.session import Answer, Session, write_session
from biocore.workspace.tours import INSULIN, TOURS, UNKNOWN

CTCF = ">site\n" + "ACGTTGACCATTGACCATTACGAT" * 2 + "CCACCAGGGGGCGCTAGTGA" + "ACGTTGACCATTGACCATTACGAT" * 3 + "\n"


def test_a_session_becomes_a_report(tmp_path):
    session = Session({"dna": read_molecule(CTCF)}, answers=(Answer("dna_binding", "DNA binding", "CTCF binds."),))
    (tmp_path / "s.biocore.zip").write_bytes(write_session(session))
    out = tmp_path / "report.html"
    assert cli.main(["report", str(tmp_path / "s.biocore.zip"), "--out", str(out), "--title", "My site"]) == 0
    text = out.read_text()
    assert "<h1>My site</h1>" in text and "CTCF binds." in text and "Plotly" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["MKTAYIAKQR", "--out", "r.pdf"], "the format '.pdf' is not known; use .html, .zip"),
        (["MKTAYIAKQR", "--record", "2", "--out", "{}/r.html"], "record 2 does not exist; there are 1"),
        (["none.biocore.zip", "--out", "{}/r.html"], "cannot be read"),
        (["MKTAYIAKQR", "--structure", "none.pdb", "--out", "{}/r.html"], "there is no such file"),
    ],
)
def test_what_cannot_be_used_is_said(arguments, message, tmp_path, capsys):
    assert cli.main(["report", *(each.format(tmp_path) for each in arguments)]) == 2
    assert message in capsys.readouterr().err


def test_the_answer_about_a_site_names_its_factor():
    found = ask("dna_binding", read_molecule(CTCF), quick=True)
    assert found.answer.text.startswith("Likely bound: ") and "CTCF at " in found.answer.text
    assert found.answer.figure is None
    [track] = [track for track in found.tracks if track.name.startswith("CTCF binding")]
    assert abs(int(np.nanargmax(track.values)) - 58) < 40  # the core lies at 49 to 68


def test_tours_point_at_what_they_name():
    insulin = read_molecule(INSULIN).sequence
    assert {insulin[place - 1] for place in TOURS[0].places} == {"C"}
    kinase = read_molecule(UNKNOWN).sequence
    assert (kinase[39], kinase[133:141], kinase[153:156]) == ("K", "HRDLKPQN", "DFG")
