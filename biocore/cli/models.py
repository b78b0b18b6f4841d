"""``models``: which models there are and which of them are on this machine."""

import argparse
import sys

import pandas as pd

from biocore import zoo
from biocore.cli.files import add_output, write_table


def register(commands) -> None:
    command = commands.add_parser("models", help="list the models")
    add_output(command)
    command.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> None:
    columns = ["name", "task", "title", "available", "window", "licence", "trained_on"]
    rows = [
        {"available": zoo.available(card)} | {c: getattr(card, c) for c in columns if c != "available"}
        for card in zoo.cards()
        if card.task in zoo.LOADERS
    ]
    write_table(pd.DataFrame(rows, columns=columns), arguments)
    for entry in zoo.broken():
        print(f"left out: {entry.reason}", file=sys.stderr)
