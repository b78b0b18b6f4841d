"""``python -m biocore structure``: its columns, exit states and messages."""

import io
import json

import pandas as pd
import pytest
from structure_toys import CIF, PDB

from biocore.cli import main


def test_a_file_becomes_a_table(tmp_path, capsys):
    path = tmp_path / "toy.pdb"
    path.write_text(PDB)
    assert main(["structure", str(path)]) == 0
    out = capsys.readouterr()
    table = pd.read_csv(io.StringIO(out.out), dtype={"number": str})
    assert list(table.columns)[:9] == [
        "chain", "number", "label_chain", "position", "name", "letter", "kind", "resolved", "secondary",
    ]  # fmt: skip
    assert table["number"].tolist()[2] == "10A" and "not resolved" in out.err


def test_json_out_and_waters(tmp_path, capsys):
    path, out = tmp_path / "toy.pdb", tmp_path / "r.json"
    path.write_text(PDB)
    assert main(["structure", str(path), "--waters", "--out", str(out)]) == 0
    assert json.loads(out.read_text())[-1]["kind"] == "water"
    assert main(["structure", str(path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["name"] == "MET"


def test_building_and_fasta(capsys):
    assert main(["structure", "--build", "helix", "AKLGEF", "--fasta"]) == 0
    assert capsys.readouterr().out.splitlines()[1] == "AKLGEF"


def test_standard_input(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(CIF.encode())))
    assert main(["structure", "-"]) == 0
    assert "GLY" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        ([], 2, "give one of"),
        (["3I40", "--build", "helix", "AK"], 2, "give one of"),
        (["nonsense"], 2, "is not an identifier"),
        (["missing.pdb"], 2, "no such file"),
        (["--build", "helix", "A!"], 2, "'!'"),
        (["--build", "spiral", "AK"], 2, "not a shape"),
        (["9ZZZ"], 3, "not in the cache"),
        (["--prefetch", "9ZZZ"], 0, "set to work offline"),
        (["--prefetch", "x"], 2, "1 of 1 were not fetched"),
    ],
)
def test_errors_have_their_exit_status(arguments, status, message, capsys, monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")
    assert main(["structure", *arguments]) == status
    assert message in capsys.readouterr().err


def test_prefetch_fills_the_cache(monkeypatch, capsys):
    from biocore.structure import archive

    monkeypatch.setattr(archive, "_download", lambda url, source, name: CIF.encode())
    assert main(["structure", "--prefetch", "9XYZ"]) == 0
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")
    assert main(["structure", "9xyz"]) == 0
    assert "GLY" in capsys.readouterr().out


def test_prefetching_without_a_connection_says_so_once_and_is_no_failure(monkeypatch, capsys):
    from biocore.structure import download

    asked = []

    def unreachable(url, limit):
        asked.append(url)
        raise download.Unreachable("no route")

    monkeypatch.setattr(download, "download", unreachable)
    assert main(["structure", "--prefetch", "3I40", "1BKV", "P01308"]) == 0
    assert len(asked) == 1 and "cannot be reached" in capsys.readouterr().err


def test_prefetching_something_the_archive_lacks_is_a_failure_but_stops_nothing(monkeypatch, capsys):
    from biocore.structure import download

    def answer(url, limit):
        if "9ZZZ" in url:
            raise download.Refused("the server answered 404", 404)
        return CIF.encode()

    monkeypatch.setattr(download, "download", answer)
    assert main(["structure", "--prefetch", "9ZZZ", "9XYZ"]) == 3
    said = capsys.readouterr().err
    assert "has no entry 9ZZZ" in said and "9XYZ: 5 atoms, kept" in said and "1 of 2 were not fetched" in said
