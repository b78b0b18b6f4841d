"""Reading inputs and writing results, the same way for every command."""

import argparse
import json
import sys
from collections.abc import Iterable
from contextlib import nullcontext
from pathlib import Path

import pandas as pd

from biocore.errors import InputError
from biocore.io import read_text, replacing
from biocore.sequence import Record, parse_records

ENDINGS = (".csv", ".tsv", ".json", ".parquet")


def add_output(command: argparse.ArgumentParser) -> None:
    """Add ``--out`` and ``--json`` to a command."""
    command.add_argument("--out", type=Path, metavar="FILE", help=f"write here; format by ending: {' '.join(ENDINGS)}")
    command.add_argument("--json", action="store_true", help="write JSON to stdout instead of CSV")


def read_records(text: str, *, allow_empty: bool = False) -> list[Record]:
    """Records of a FASTA or GenBank file (``.gz`` too), of standard input (``-``), or of a sequence given as it is.

    Parameters
    ----------
    text : str
    allow_empty : bool
        Keep records without a sequence, to be reported one by one.

    Raises
    ------
    InputError
        Neither a file nor a sequence.
    """
    if text == "-":
        return parse_records(sys.stdin.read(), allow_empty=allow_empty)
    path = Path(text)
    try:
        is_file = path.is_file()
    except OSError:  # a pasted sequence can be too long for a file name
        is_file = False
    if is_file:
        return parse_records(read_text(path), allow_empty=allow_empty)
    if not text.strip().isalpha() and not text.lstrip().startswith(">"):
        raise InputError(f"{text[:80]!r} is neither a file nor a sequence.")
    return parse_records(text, allow_empty=allow_empty)


def check_out(path: Path | None, endings: tuple[str, ...] = ENDINGS) -> None:
    """Refuse a result file that cannot be written, before hours are spent on it.

    Raises
    ------
    InputError
        The ending is none of `endings`, or the folder does not exist.
    """
    if path is None:
        return
    if path.suffix not in endings:
        raise InputError(
            f"the format {path.suffix or '(no ending)'!r} is not known; use {', '.join(endings)}.", record=str(path)
        )
    if not path.parent.is_dir():
        raise InputError("the folder does not exist.", record=str(path))


def write_table(table: pd.DataFrame, arguments: argparse.Namespace) -> None:
    """Write a result to ``--out`` (format by ending) or to stdout (CSV, or JSON with ``--json``).

    Raises
    ------
    InputError
        As `check_out`.
    """
    out = arguments.out
    check_out(out)
    if out is None:
        sys.stdout.write(_json(table) if arguments.json else table.to_csv(index=False))
        return
    with replacing(out) as part:
        if out.suffix == ".parquet":
            table.to_parquet(part, index=False)
        elif out.suffix == ".json":
            part.write_text(_json(table))
        else:
            table.to_csv(part, index=False, sep="\t" if out.suffix == ".tsv" else ",")


def write_parts(parts: Iterable[pd.DataFrame], arguments: argparse.Namespace) -> None:
    """`write_table` of a table that comes in parts: lines of CSV and TSV are written as they come.

    Until the last part is there they stand in ``FILE.partial``, which stays when the work is stopped.

    Parameters
    ----------
    parts : iterable of DataFrame, one or more
        With the same columns.
    arguments : Namespace

    Raises
    ------
    InputError
        As `check_out`.
    """
    out = arguments.out
    check_out(out)
    if arguments.json if out is None else out.suffix not in (".csv", ".tsv"):
        write_table(pd.concat(list(parts), ignore_index=True), arguments)
        return
    partial = None if out is None else out.with_name(out.name + ".partial")
    separator = "\t" if out is not None and out.suffix == ".tsv" else ","
    with nullcontext(sys.stdout) if partial is None else open(partial, "w", newline="") as file:
        for number, part in enumerate(parts):
            part.to_csv(file, index=False, sep=separator, header=number == 0)
            file.flush()
    if out is not None and partial is not None:
        partial.replace(out)


def _json(table: pd.DataFrame) -> str:
    return json.dumps(json.loads(table.to_json(orient="records", double_precision=12)), indent=1) + "\n"
