"""embed, map and neighbours on the command line: columns, files, reasons, exit states."""

import json

import numpy as np
import pandas as pd
import pytest

from biocore import embedding
from biocore.cli import main

FASTA = """>p1 kind=a
MKTAYIAKQRQISFVKSHFSRQ
>p2 kind=a
MKTAYIAKQRQISFVKSHFSRE
>p3 kind=b
GSHMGSHMGSHM
>p4 kind=b
GSHMGSHMGSHV
>twin kind=b
GSHMGSHMGSHM
"""
BAD = ">odd\nMK1$\n>nothing\n>dna\n" + "ACGT" * 10 + "\n"


@pytest.fixture
def fasta(tmp_path):
    path = tmp_path / "p.fasta"
    path.write_text(FASTA)
    return str(path)


@pytest.fixture
def vectors(tmp_path):
    """Two clusters of vectors in a file."""
    x = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)
    x[10:] += 20
    table = pd.DataFrame({"kind": ["a"] * 10 + ["b"] * 10})
    held = embedding.EmbeddingSet(tuple(f"v{i}" for i in range(20)), x, table)
    path = tmp_path / "v.npz"
    path.write_bytes(embedding.write_vectors(held, ".npz"))
    return str(path)


def test_embed_writes_parquet_and_accounts_for_every_record(tmp_path, capsys):
    source, out, report = tmp_path / "p.fasta", tmp_path / "v.parquet", tmp_path / "r.json"
    source.write_text(FASTA + BAD)
    assert main(["embed", str(source), "--out", str(out), "--report", str(report)]) == 0
    table = pd.read_parquet(out)
    assert list(table) == ["record", "length", "model", "embedding"]
    assert table["record"].tolist() == ["p1", "p2", "p3", "p4", "twin"]
    assert table["embedding"][2].tolist() == table["embedding"][4].tolist()
    said = capsys.readouterr().err
    assert "requested 8 = done 5 (0 of them before) + skipped 3" in said
    assert "skipped nothing: The sequence is empty" in said
    counted = json.loads(report.read_text())
    assert counted["requested"] == counted["done"] + counted["skipped"]
    assert {r["record"] for r in counted["reasons"]} == {"odd", "nothing", "dna"}
    first = out.read_bytes()
    assert main(["embed", str(source), "--out", str(out)]) == 0
    assert "done 5 (5 of them before)" in capsys.readouterr().err
    assert out.read_bytes() == first
    assert not [p for p in tmp_path.iterdir() if "part" in p.name]


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".parquet"])
def test_map_reads_what_embed_writes(fasta, tmp_path, ending, capsys):
    out = tmp_path / f"v{ending}"
    assert main(["embed", fasta, "--out", str(out)]) == 0
    capsys.readouterr()
    assert main(["map", str(out), "--method", "pca"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("record,x,y")
    assert len(lines) == 6


def test_map_of_fasta_says_what_it_shows_and_writes_every_file(fasta, tmp_path, capsys):
    files = {n: tmp_path / f for n, f in [("figure", "f.html"), ("vectors", "v.h5"), ("report", "r.json")]}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    assert main(["map", fasta, "--method", "tsne", "--colour", "kind", "--out", str(tmp_path / "m.csv"), *options]) == 0
    table = pd.read_csv(tmp_path / "m.csv")
    assert list(table)[:3] == ["record", "x", "y"]
    assert table.loc[2, ["x", "y"]].tolist() == table.loc[4, ["x", "y"]].tolist()
    said = capsys.readouterr().err
    assert "Perplexity 30 is too large for 4 different proteins" in said
    assert "separation of kind" in said
    assert "plotly" in files["figure"].read_text()[:2000].lower()
    assert embedding.read_vectors(files["vectors"]).projection.settings.method == "tsne"
    assert json.loads(files["report"].read_text())["settings"]["perplexity"] == 1.0


def test_labels_and_projecting(vectors, tmp_path, capsys):
    labels = tmp_path / "l.tsv"
    labels.write_text("id\tgroup\n" + "".join(f"v{i}\tg{i // 10}\n" for i in range(20)))
    kept = tmp_path / "kept.parquet"
    arguments = ["map", vectors, "--method", "tsne", "--labels", str(labels), "--colour", "group"]
    assert main([*arguments, "--vectors", str(kept)]) == 0
    capture = capsys.readouterr()
    assert "5-neighbour accuracy 1.000" in capture.err
    old = pd.read_csv(pd.io.common.StringIO(capture.out))
    new = tmp_path / "new.csv"
    new.write_text("id,e1,e2,e3,e4,e5,e6\nn1,0,0,0,0,0,0\nn2,20,20,20,20,20,20\n")
    assert main(["map", str(kept), "--project", str(new)]) == 0
    table = pd.read_csv(pd.io.common.StringIO(capsys.readouterr().out))
    assert table["projected"].tolist() == [False] * 20 + [True] * 2
    np.testing.assert_allclose(table[["x", "y"]][:20], old[["x", "y"]], atol=1e-4)
    centres = table[:10][["x", "y"]].mean(), table[10:20][["x", "y"]].mean()
    for row, (near, far) in [(20, centres), (21, centres[::-1])]:
        place = table.loc[row, ["x", "y"]].astype(float)
        assert np.linalg.norm(place - near) < np.linalg.norm(place - far)


def test_neighbours_of_a_protein(vectors, capsys):
    assert main(["neighbours", vectors, "--of", "v3", "-k", "4", "--metric", "euclidean"]) == 0
    table = pd.read_csv(pd.io.common.StringIO(capsys.readouterr().out))
    assert list(table)[:4] == ["rank", "record", "cosine similarity", "Euclidean distance"]
    assert len(table) == 4
    assert "v3" not in table["record"].tolist()
    assert set(table["kind"]) == {"a"}


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["embed", "MKVLA", "--model", "esm-mimi"], 2, "esm-mini"),
        (["embed", "MKVLA", "--layer", "99"], 2, "layer 99 does not exist"),
        (["embed", "MKVLA", "--out", "x.xls"], 2, "format '.xls'"),
        (["embed", "no such file.fasta"], 2, "neither a file nor a sequence"),
        (["embed", "ACGTACGTACGTACGTACGTACGT"], 2, "looks like DNA"),
        (["map", "absent.npz"], 2, "cannot be read"),
        (["map", "example:absent"], 3, "no example 'absent'"),
        (["map-examples", "--data", "/nowhere"], 3, "is needed to make the examples"),
    ],
)
def test_what_cannot_be_done_says_why(arguments, status, said, capsys):
    assert main(arguments) == status
    assert said in capsys.readouterr().err


def test_ray_is_refused_where_it_is_not_installed(monkeypatch, capsys):
    import sys

    monkeypatch.setitem(sys.modules, "ray", None)
    assert main(["embed", "MKVLAAGIVG", "--engine", "ray"]) == 3
    assert "Ray is not installed" in capsys.readouterr().err


def test_bad_settings_and_columns_are_named(vectors, capsys):
    assert main(["map", vectors, "--method", "pca", "--colour", "absent"]) == 2
    assert "There is no column 'absent'; there are: kind" in capsys.readouterr().err
    assert main(["neighbours", vectors, "--of", "w3"]) == 2
    assert "Did you mean: v3" in capsys.readouterr().err
