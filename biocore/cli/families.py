"""``families``, ``profile``, ``train families``, ``evaluate families``: what a protein's homologues have."""

import argparse
import json
import sys
from pathlib import Path

import pandas as pd

from biocore import zoo
from biocore.cli.files import add_output, read_records, write_table
from biocore.cli.models import card_of
from biocore.cli.training import progress
from biocore.errors import InputError
from biocore.families import Families, Profile
from biocore.families.tables import family_table, profile_table
from biocore.io import read_text
from biocore.sequence import clean_protein

LIBRARY = "families"
LANGUAGE_MODEL = "esm-mini"


def register(commands) -> None:
    families = commands.add_parser("families", help="protein families a protein belongs to")
    families.add_argument("input", help="FASTA file, a sequence, or -")
    families.add_argument("--model", default=LIBRARY, metavar="NAME", help="library of families; default: %(default)s")
    families.add_argument("--evalue", type=float, default=1e-3, metavar="E", help="up to this E-value (default 0.001)")
    add_output(families)
    families.set_defaults(run=run_families)

    profile = commands.add_parser("profile", help="amino acids to expect at each residue, from homologues")
    profile.add_argument("input", help="FASTA file, a sequence, or -")
    add_sources(profile)
    profile.add_argument("--model", default=LIBRARY, metavar="NAME", help="library of families; default: %(default)s")
    add_output(profile)
    profile.set_defaults(run=run_profile)


def add_sources(command: argparse.ArgumentParser) -> None:
    """Add ``--alignment`` and ``--database``, where homologues may come from instead of the embedded families."""
    source = command.add_mutually_exclusive_group()
    source.add_argument("--alignment", type=Path, metavar="FILE", help="A3M, aligned FASTA or Stockholm of the protein")
    source.add_argument("--database", type=Path, metavar="FASTA", help="search this database for homologues")


def open_families(name: str = LIBRARY) -> Families:
    """A library of families by its name.

    Raises
    ------
    InputError
        No such model, or one of another task.
    ModelUnavailable
        It is not on this machine.
    """
    return zoo.load(card_of(name, "protein-families", "is no library of families; these are:").name)


def profile_of(
    library: Families, sequence: str, arguments: argparse.Namespace, *, hidden: tuple[int, ...] = ()
) -> Profile:
    """The profile from where the arguments of `add_sources` say.

    Raises
    ------
    InputError, DataUnavailable
        The alignment or database cannot be used.
    """
    if arguments.alignment is not None:
        return library.alignment_profile(sequence, read_text(arguments.alignment), source=arguments.alignment.name)
    if arguments.database is not None:
        return library.database_profile(sequence, arguments.database, hidden=hidden, progress=_searched)
    return library.profile(sequence, hidden=hidden)


def _searched(done: int, total: int) -> None:
    progress(f"searched {done:,} of {total:,} sequences" + ("\n" if done >= total else ""))


def _cleaned(text: str) -> list[tuple[str, str]]:
    cleaned = []
    for record in read_records(text):
        found = clean_protein(record.sequence, record=record.name)
        for note in found.notes:
            print(f"note: {record.name}: {note}", file=sys.stderr)
        cleaned.append((record.name, found.sequence))
    return cleaned


def run_families(arguments: argparse.Namespace) -> None:
    library = open_families(arguments.model)
    tables = []
    for name, sequence in _cleaned(arguments.input):
        hits = [aligned.hit for aligned in library.search(sequence, evalue=arguments.evalue)]
        if not hits:
            print(f"note: {name}: no family found", file=sys.stderr)
        tables.append(family_table(hits, record=name))
    write_table(pd.concat(tables), arguments)


def run_profile(arguments: argparse.Namespace) -> None:
    records = _cleaned(arguments.input)
    if arguments.alignment is not None and len(records) > 1:
        raise InputError(f"{len(records)} records given; an alignment is of one protein.")
    library = open_families(arguments.model)
    tables = []
    for name, sequence in records:
        profile = profile_of(library, sequence, arguments)
        if not profile.coverage:
            print(f"note: {name}: no homologue found; every row is the residue background", file=sys.stderr)
        tables.append(profile_table(profile, sequence, record=name))
    write_table(pd.concat(tables), arguments)


def register_train(commands) -> None:
    command = commands.add_parser("families", help="make a library of protein families from FASTA with cluster numbers")
    command.add_argument("--data", type=Path, required=True, metavar="FASTA", help="headers >index|cluster; .gz or .xz")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model, named as the folder")
    command.add_argument("--work", type=Path, metavar="DIR", help="working files; goes on from what is there")
    command.add_argument("--least", type=int, default=3, metavar="N", help="members a family needs (default 3)")
    command.add_argument("--columns", type=float, default=8.0, metavar="MILLIONS", help="of all families (default 8)")
    command.add_argument("--threads", type=int, default=2, metavar="N", help="default 2")
    command.add_argument("--seed", type=int, default=0)
    command.set_defaults(run=train)


def register_evaluate(commands) -> None:
    command = commands.add_parser("families", help="measure a library of families on held-out clusters")
    command.add_argument("--model", default=LIBRARY, metavar="NAME")
    command.add_argument("--data", type=Path, required=True, metavar="FASTA", help="headers >index|cluster; .gz or .xz")
    command.add_argument("--language-model", default=LANGUAGE_MODEL, metavar="NAME", help="default: %(default)s")
    command.add_argument("--proteins", type=int, default=2000, metavar="N", help="held-out clusters (2000), or 0")
    command.add_argument("--tune", type=int, default=0, metavar="N", help="fit the blend on N other clusters first")
    command.add_argument("--shuffled", type=int, default=300, metavar="N", help="shuffled proteins (default 300)")
    command.add_argument("--filter", type=int, default=0, metavar="N", help="proteins the filter is measured on")
    command.add_argument("--database", type=int, default=0, metavar="N", help="proteins searched in all of --data, too")
    command.add_argument("--hidden", type=int, default=0, metavar="N", help="proteins hidden residues are compared on")
    command.add_argument(
        "--store",
        action="store_true",
        help="keep what is measured on the model's card",
    )
    command.add_argument("--out", type=Path, metavar="FILE", help="write the metrics here as JSON")
    command.set_defaults(run=evaluate)


def train(arguments: argparse.Namespace) -> None:
    from biocore.families.train import read_proteins, save, train_library

    proteins = read_proteins(arguments.data)
    progress(f"{len(proteins):,} proteins\n")
    library = train_library(
        proteins,
        arguments.work or arguments.out / "work",
        threads=arguments.threads,
        seed=arguments.seed,
        least=arguments.least,
        most_columns=int(arguments.columns * 1e6),
        say=lambda line: progress(line + "\n"),
    )
    print(save(library, arguments.out, proteins=len(proteins)))


def evaluate(arguments: argparse.Namespace) -> None:
    from biocore.families.train import evaluation

    rows = evaluation(
        arguments.model,
        arguments.data,
        language_model=arguments.language_model,
        proteins=arguments.proteins,
        tune=arguments.tune,
        shuffled=arguments.shuffled,
        filtered=arguments.filter,
        database=arguments.database,
        hidden=arguments.hidden,
        store=arguments.store,
        say=lambda line: progress(line + "\n"),
    )
    text = json.dumps(rows, indent=1)
    if arguments.out is not None:
        arguments.out.write_text(text + "\n")
    print(pd.DataFrame(rows).to_string(index=False))
