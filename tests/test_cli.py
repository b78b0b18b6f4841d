"""The command line's frame: inputs, formats, exit status."""

import argparse
import importlib
import json
import pkgutil

import pandas as pd
import pytest

from biocore import cli, runtime
from biocore.cli import main
from biocore.cli.files import read_records


def test_models_lists_what_ships(capsys):
    assert main(["models", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert {"name", "task", "title", "available", "window", "licence", "trained_on"} == set(rows[0])


@pytest.mark.parametrize("ending", ["csv", "tsv", "json", "parquet"])
def test_the_format_follows_the_ending(tmp_path, ending):
    out = tmp_path / f"models.{ending}"
    assert main(["models", "--out", str(out)]) == 0
    read = {
        "csv": pd.read_csv,
        "tsv": lambda p: pd.read_csv(p, sep="\t"),
        "json": pd.read_json,
        "parquet": pd.read_parquet,
    }
    assert "trained_on" in read[ending](out).columns


def test_a_broken_card_is_named_beside_the_models_that_work(capsys):
    folder = runtime.home() / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    assert main(["models"]) == 0
    out, err = capsys.readouterr()
    assert "go-mf" in out and "mine/card.json is not a model card" in err


def test_bad_output_is_bad_input(tmp_path, capsys):
    assert main(["models", "--out", str(tmp_path / "x.docx")]) == 2
    assert ".csv, .tsv, .json, .parquet" in capsys.readouterr().err
    assert main(["models", "--out", str(tmp_path / "no" / "x.csv")]) == 2


def test_input_may_be_a_file_a_sequence_or_neither(tmp_path, capsys):
    path = tmp_path / "a.fa"
    path.write_text(">a\nACGT\n")
    assert read_records(str(path))[0].name == "a"
    assert read_records("ACGT")[0].sequence == "ACGT"
    with pytest.raises(ValueError, match="neither a file nor a sequence"):
        read_records(str(tmp_path / "missing.fa"))


def test_a_file_that_is_not_text_says_so(tmp_path):
    path = tmp_path / "a.fa"
    path.write_bytes(b"\xff\xfe\x00\x01" * 10)
    with pytest.raises(ValueError, match="not a text file"):
        read_records(str(path))


def test_each_command_is_listed_with_its_module():
    """`COMMANDS` says which module to import for a command: all there are, and what each of them adds."""
    added = {}
    for info in pkgutil.iter_modules(cli.__path__):
        module = importlib.import_module(f"biocore.cli.{info.name}")
        if "register" in vars(module):
            commands = argparse.ArgumentParser().add_subparsers()
            module.register(commands)
            added[info.name] = tuple(commands.choices)
    assert added == cli.COMMANDS


def test_help_names_every_command(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    assert all(command in shown for commands in cli.COMMANDS.values() for command in commands)
