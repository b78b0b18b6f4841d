"""``train variants`` and ``evaluate variants``: which substitutions a protein will tolerate."""

import argparse
import json
from pathlib import Path

import pandas as pd

from biocore import zoo
from biocore.cli.families import LIBRARY, open_families
from biocore.cli.training import progress

MODEL = "variant-effect"


def register_train(commands) -> None:
    command = commands.add_parser("variants", help="fit variant effects to deep mutational scans")
    _add_scans(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the model, named as the folder")
    command.set_defaults(run=train)


def register_evaluate(commands) -> None:
    command = commands.add_parser("variants", help="measure variant effects with each protein left out")
    _add_scans(command)
    command.add_argument("--out", type=Path, metavar="FILE", help="write the metrics here as JSON")
    command.set_defaults(run=evaluate)


def _add_scans(command: argparse.ArgumentParser) -> None:
    command.add_argument("--data", type=Path, required=True, metavar="DIR", help="index.csv and ASSAY.csv.gz")
    command.add_argument(
        "--families", default=LIBRARY, metavar="NAME", help="library of families; default: %(default)s"
    )
    command.add_argument("--language-model", metavar="NAME", help="try this language model as a feature, too")


def _measured(arguments: argparse.Namespace):
    from biocore.variants.train import prepare, results

    library = open_families(arguments.families)
    model = zoo.load(arguments.language_model) if arguments.language_model else None
    rows = prepare(arguments.data, library, model, _say)
    return library, rows, results(rows, _say, said_by=arguments.language_model or "")


def _say(line: str) -> None:
    progress(line + "\n")


def train(arguments: argparse.Namespace) -> None:
    from biocore.variants.train import save

    library, rows, found = _measured(arguments)
    print(save(rows, found, library, arguments.out))


def evaluate(arguments: argparse.Namespace) -> None:
    from biocore.variants.train import assay_table, quality

    _, rows, found = _measured(arguments)
    lines, assays = quality(rows, found), assay_table(rows, found)
    if arguments.out is not None:
        made = {"quality": lines, "ablation": found.ablation, "assays": assays}
        arguments.out.write_text(json.dumps(made, indent=1) + "\n")
    print(pd.DataFrame(lines).drop(columns=["split", "note"]).to_string(index=False))
    print(pd.DataFrame(found.ablation).to_string(index=False))
    print(pd.DataFrame(assays).drop(columns=["published", "doi"]).to_string(index=False))
