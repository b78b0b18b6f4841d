"""``contacts``, ``train contacts``, ``evaluate contacts``: residues that touch in the fold."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import zoo
from biocore.cli.families import LANGUAGE_MODEL, LIBRARY, add_sources
from biocore.cli.files import add_output, read_records, write_table
from biocore.cli.models import card_of
from biocore.cli.training import progress
from biocore.errors import InputError
from biocore.families import Database, coevolution, database_alignment, read_alignment
from biocore.io import read_text
from biocore.sequence import clean_protein
from biocore.structure.contact_map import ATTENDED, COUPLED, ContactMap, KnownContacts, measured_in_words
from biocore.structure.known import homologous_groups, known_proteins


def register(commands) -> None:
    command = commands.add_parser("contacts", help="pairs of residues that are likely to touch in the fold")
    command.add_argument("input", help="FASTA file, a sequence, or -")
    command.add_argument("--model", default=LANGUAGE_MODEL, metavar="NAME", help="language model; default: %(default)s")
    add_sources(command)
    command.add_argument(
        "--top", type=float, default=1.0, metavar="X", help="X times as many pairs as residues (default 1)"
    )
    add_output(command)
    command.set_defaults(run=run_contacts)


def run_contacts(arguments: argparse.Namespace) -> None:
    if not arguments.top > 0:
        raise InputError(f"--top is {arguments.top:g}; give a number above 0.")
    records = read_records(arguments.input)
    if arguments.alignment is not None and len(records) > 1:
        raise InputError(f"{len(records)} records given; an alignment is of one protein.")
    tables = []
    for record in records:
        cleaned = clean_protein(record.sequence, record=record.name)
        for note in cleaned.notes:
            print(f"note: {record.name}: {note}", file=sys.stderr)
        tables.append(contact_table(_predicted(cleaned.sequence, arguments), arguments.top, record=record.name))
    of_alignment = arguments.alignment is not None or arguments.database is not None
    card = zoo.card(LIBRARY if of_alignment else arguments.model)
    print(f"note: {measured_in_words(card.quality, COUPLED if of_alignment else ATTENDED)}", file=sys.stderr)
    write_table(pd.concat(tables), arguments)


def _predicted(sequence: str, arguments: argparse.Namespace) -> ContactMap:
    if arguments.alignment is not None:
        rows = read_alignment(read_text(arguments.alignment))
        return coevolution(rows, sequence, source=arguments.alignment.name).coupling
    if arguments.database is not None:
        rows = database_alignment(sequence, arguments.database)
        return coevolution(rows, sequence, source=arguments.database.name).coupling
    return zoo.load(_language_model(arguments.model)).contacts(sequence)


def _language_model(name: str) -> str:
    return card_of(name, "protein-language-model", "is no language model; these are:").name


def contact_table(predicted: ContactMap, top: float, *, record: str) -> pd.DataFrame:
    """One row for each of the best `top` times L pairs, best first; positions count from 1."""
    pairs = predicted.top(round(top * len(predicted.sequence)))
    letters = np.array(list(predicted.sequence))
    i, j = pairs[:, 0], pairs[:, 1]
    return pd.DataFrame(
        {
            "record": record,
            "position_1": i + 1,
            "residue_1": letters[i],
            "position_2": j + 1,
            "residue_2": letters[j],
            "separation": j - i,
            "score": predicted.scores[i, j].astype(float),
            "unit": predicted.unit,
            "source": predicted.source,
        }
    )


# ------------------------------------------------------------------------------------------------ train and evaluate


def _add_data(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, metavar="FOLDER", help="PDB and mmCIF files, or .gz")
    command.add_argument("--model", default=LANGUAGE_MODEL, metavar="NAME", help="default: %(default)s")
    command.add_argument("--longest", type=int, default=1000, metavar="L", help="residues of a chain (default 1000)")
    command.add_argument("--out", type=Path, metavar="FILE", help="write the metrics here as JSON")


def register_train(commands) -> None:
    command = commands.add_parser("contacts", help="fit a language model's contact head on known structures")
    _add_data(command)
    command.set_defaults(run=train)


def register_evaluate(commands) -> None:
    command = commands.add_parser("contacts", help="measure contacts of attention or of alignments, beside chance")
    _add_data(command)
    command.add_argument(
        "--database", type=Path, metavar="FASTA", help="measure coevolution instead, of homologues in here"
    )
    command.add_argument("--store", action="store_true", help="keep what --database gives on the families' card")
    command.set_defaults(run=evaluate)


def _fitted(arguments: argparse.Namespace, proteins: list[KnownContacts]):
    from biocore.esm2.train.contact_precision import precision_rows
    from biocore.esm2.train.contacts import fit_head

    model = zoo.load(_language_model(arguments.model))
    groups = homologous_groups([protein.sequence for protein in proteins])
    fitted = fit_head(model, proteins, groups, say=lambda line: progress(line + "\n"))
    split = f"{len(proteins)} chains in {len(set(groups))} groups, each predicted without its group"
    return model, fitted, precision_rows(fitted.held_out, proteins, name=f"{ATTENDED} of {model.name}", split=split)


def train(arguments: argparse.Namespace) -> None:
    from biocore.esm2.train.contacts import store_head

    model, fitted, rows = _fitted(arguments, known_proteins(arguments.data, longest=arguments.longest))
    store_head(model, fitted.head, rows)
    _report(rows, arguments)


def evaluate(arguments: argparse.Namespace) -> None:
    proteins = known_proteins(arguments.data, longest=arguments.longest)
    if arguments.database is None:
        rows = _fitted(arguments, proteins)[2]
    else:
        rows = _coevolution_rows(proteins, arguments.database)
    if arguments.store and arguments.database is not None:
        card = zoo.card(LIBRARY)
        new = {row["metric"]: zoo.Quality(**row) for row in rows}
        zoo.write_card(replace(card, quality=(*(new.pop(q.metric, q) for q in card.quality), *new.values())))
    _report(rows, arguments)


def _coevolution_rows(proteins: list[KnownContacts], path: Path) -> list[dict]:
    """Both maps of every protein with enough homologues; which have not is said."""
    from biocore.esm2.train.contact_precision import precision_rows

    database = Database(path, in_memory=True)
    coupling, information, used = [], [], []
    for protein in proteins:
        try:
            found = coevolution(database_alignment(protein.sequence, database), protein.sequence, source=path.name)
        except InputError as error:
            progress(f"{protein.name}: {error}\n")
            continue
        progress(f"{protein.name}: {found.effective:.0f} effective homologues\n")
        coupling.append(found.coupling)
        information.append(found.information)
        used.append(protein)
    if not used:
        return []
    split = f"{len(used)} of {len(proteins)} chains with homologues enough in the database"
    return precision_rows(coupling, used, name=f"{COUPLED} of an alignment", split=split) + precision_rows(
        information, used, name="mutual information of an alignment", split=split
    )


def _report(rows: list[dict], arguments: argparse.Namespace) -> None:
    if arguments.out is not None:
        arguments.out.write_text(json.dumps(rows, indent=1) + "\n")
    print(pd.DataFrame(rows).to_string(index=False))
