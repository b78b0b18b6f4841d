"""`mask`, `scan-protein` and `fetch` as scripts use them."""

import io
import json

import numpy as np
import pandas as pd
import pytest
from esm_toys import tiny_folder

from biocore import zoo
from biocore.cli import main
from biocore.sequence import AMINO_ACIDS

PROTEIN = "MKTAYIAKQR"
INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)


@pytest.fixture
def tiny(tmp_path):
    return str(tiny_folder(tmp_path / "model"))


def run(capsys, *arguments):
    status = main(list(arguments))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_mask_lists_twenty_letters_most_likely_first(capsys, tiny):
    status, out, _ = run(capsys, "mask", PROTEIN, "--position", "3", "--model", tiny)
    table = pd.read_csv(io.StringIO(out))
    assert status == 0 and list(table.columns) == ["letter", "probability"]
    assert sorted(table["letter"]) == sorted(AMINO_ACIDS)
    assert table["probability"].is_monotonic_decreasing and table["probability"].sum() == pytest.approx(1, abs=1e-4)


def test_mask_with_the_shipped_model_gives_leucine(capsys):
    insulin = (
        "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
    )
    status, out, _ = run(capsys, "mask", insulin, "--position", "L30", "--json")
    rows = json.loads(out)
    assert status == 0 and rows[0]["letter"] == "L" and rows[0]["probability"] > 0.1


def test_mask_of_several_positions_and_all_tokens(capsys, tiny):
    _, out, _ = run(capsys, "mask", PROTEIN, "--position", "M1,T3", "--model", tiny, "--all-tokens")
    table = pd.read_csv(io.StringIO(out), keep_default_na=False)
    assert table["position"].value_counts().to_dict() == {1: 33, 3: 33}
    assert "<mask>" in set(table["letter"])


def test_scan_has_the_columns_scripts_depend_on(capsys, tiny, tmp_path):
    fasta = tmp_path / "two.fasta"
    fasta.write_text(">a\nMKT\n>b\nAYIX\n")
    status, out, err = run(capsys, "scan-protein", str(fasta), "--strategy", "wild-type", "--model", tiny)
    table = pd.read_csv(io.StringIO(out))
    assert status == 0
    assert list(table.columns) == ["record", "position", "wild_type", "substitution", "score", "probability"]
    assert table.groupby("record").size().to_dict() == {"a": 60, "b": 80}
    assert "note: b: 1 X" in err
    assert table[table["wild_type"] == "X"]["score"].isna().all()


def test_page_and_command_line_agree(capsys, tiny, tmp_path):
    from biocore.esm2 import open_folder

    out = tmp_path / "scores.csv"
    run(capsys, "scan-protein", PROTEIN, "--model", tiny, "--offset", "-2", "--out", str(out))
    table = pd.read_csv(out)
    expected = open_folder(tiny).substitution_scores(PROTEIN, "masked")
    np.testing.assert_allclose(table["score"], expected.scores.ravel(), atol=1e-5)
    assert table["position"].min() == -1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["mask", PROTEIN, "--position", "A3"], 2, "residue 3 is T, not A"),
        (["mask", PROTEIN, "--position", "99"], 2, "outside the protein"),
        (["mask", PROTEIN, "--position", ","], 2, "--position is empty"),
        (["mask", "ACGTACGTACGTACGTACGTACGT", "--position", "1"], 2, "looks like DNA"),
        (["scan-protein", "MK1T"], 2, "neither a file nor a sequence"),
        (["scan-protein", PROTEIN, "--model", "esm-minni"], 2, "Did you mean: esm-mini"),
        (["scan-protein", PROTEIN, "--model", "./nowhere"], 3, "is not a folder on this machine"),
        (["fetch", "nothing"], 2, "There is no model"),
    ],
)
def test_errors_have_a_status_and_a_message(capsys, arguments, status, message):
    found, out, err = run(capsys, *arguments)
    assert found == status and message in err and out == ""


def test_a_hub_model_that_is_out_of_reach_is_status_three(capsys, monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")
    status, _, err = run(capsys, "scan-protein", PROTEIN, "--model", "esm2_t6_8M_UR50D")
    assert status == 3 and "not on this machine" in err


def test_fetch_of_a_shipped_model_has_nothing_to_do(capsys):
    assert run(capsys, "fetch", "esm-mini")[0] == 0


def test_a_model_of_another_task_is_refused(capsys):
    other = next((card.name for card in zoo.cards() if card.task in {"tf-binding", "protein-function"}), None)
    if other is None:
        pytest.skip("no model of another task ships yet")
    status, _, err = run(capsys, "scan-protein", PROTEIN, "--model", other)
    assert status == 2 and "no protein language model" in err


def test_mask_and_scan_blend_family_and_language_model_by_default(capsys):
    _, out, _ = run(capsys, "mask", INSULIN, "--position", "C31")
    blend = pd.read_csv(io.StringIO(out))
    assert blend["letter"][0] == "C" and blend["probability"][0] > 0.5
    _, out, _ = run(capsys, "scan-protein", INSULIN, "--model", "families")
    table = pd.read_csv(io.StringIO(out)).set_index(["position", "substitution"])
    assert table.loc[(31, "C"), "score"] == 0 and table.loc[(31, "A"), "score"] < -2


def test_families_and_profile_have_the_columns_scripts_depend_on(capsys, tmp_path):
    status, out, _ = run(capsys, "families", INSULIN)
    table = pd.read_csv(io.StringIO(out))
    assert status == 0 and list(table.columns[:6]) == ["record", "family", "evalue", "bits", "start", "end"]
    assert table["evalue"].min() < 1e-10
    status, out, _ = run(capsys, "profile", INSULIN)
    table = pd.read_csv(io.StringIO(out), keep_default_na=False)
    assert list(table.columns) == ["record", "position", "wild_type", *AMINO_ACIDS, "homologues", "family"]
    assert len(table) == len(INSULIN) and table.loc[30, "C"] > 0.8
    path = tmp_path / "mine.a3m"
    path.write_text(">q\nMKTAYIAKQR\n>a\nMKTGYIAKQR\n>b\nMKTGYIAKQK\n")
    status, out, _ = run(capsys, "profile", PROTEIN, "--alignment", str(path))
    table = pd.read_csv(io.StringIO(out), keep_default_na=False)
    assert status == 0 and table.loc[3, "G"] > table.loc[3, "A"]


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["profile", PROTEIN, "--alignment", "nowhere.a3m"], 2, "nowhere.a3m"),
        (["profile", PROTEIN, "--database", "nowhere.fasta"], 3, "not on this machine"),
        (["mask", PROTEIN, "--position", "3", "--model", "esm-mini", "--database", "x.fasta"], 2, "go with --model"),
        (["families", PROTEIN, "--model", "esm-mini"], 2, "no library of families"),
    ],
)
def test_wrong_sources_of_homologues_say_why(capsys, arguments, status, words):
    got, _, err = run(capsys, *arguments)
    assert got == status and words in err
