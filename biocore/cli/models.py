"""``models``: which models there are and which of them are on this machine."""

import argparse
import sys

import pandas as pd

from biocore import zoo
from biocore.cli.files import add_output, write_table
from biocore.errors import InputError


def card_of(name: str, task: str, otherwise: str) -> zoo.ModelCard:
    """The card of a model that a command was given by name.

    Parameters
    ----------
    name : str
    task : str
        What the command needs it for, as cards say it.
    otherwise : str
        What is wrong with a model of another task, and how the ones to use are named:
        "is no library of families; these are:".

    Raises
    ------
    InputError
        There is no model of this name, or it does something else.
    ModelUnavailable
        Its card cannot be read.
    """
    card = zoo.card(name)
    if card.task != task:
        raise InputError(f"{name} {otherwise} {', '.join(zoo.names(task))}.")
    return card


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
