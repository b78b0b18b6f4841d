"""``train tfbinding`` and ``evaluate tfbinding``: models of transcription-factor binding from CSV files."""

import argparse
import time
from pathlib import Path

from biocore import runtime, zoo
from biocore.cli.files import add_output, write_table
from biocore.cli.training import progress
from biocore.errors import InputError

_VARIANTS = ("shared", "baseline", "single-conv", "fewer-channels", "no-mlp", "one-transformer", "two-transformers")


def register_train(kinds) -> None:
    command = kinds.add_parser(
        "tfbinding",
        help="which DNA a transcription factor binds, from FACTOR_train.csv and FACTOR_valid.csv",
        description="CSV files FACTOR_train.csv[.gz] and FACTOR_valid.csv[.gz], or FACTOR_train_sequences.csv, with "
        "the columns sequence and label (1 bound, 0 not). The valid file decides when to stop, and calibrates.",
    )
    command.add_argument("--data", type=Path, required=True, metavar="DIR")
    command.add_argument("--tf", required=True, metavar="NAME[,NAME]|all", help="several share one trunk")
    command.add_argument("--variant", default="shared", choices=_VARIANTS, help="default shared, the one that ships")
    command.add_argument("--out", type=Path, metavar="DIR", help="default: the models folder of biocore's home")
    command.add_argument("--epochs", type=int, default=16, help="at most (default 16)")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--keep-network",
        action="store_true",
        help="fit only the tables of words and the calibration anew, beside the networks that are in --out",
    )
    command.set_defaults(run=train)


def register_evaluate(kinds) -> None:
    command = kinds.add_parser(
        "tfbinding",
        help="auROC, auPRC and calibration beside a 6-mer logistic regression",
        description="On the valid split, which calibrated the models, calibration is measured on each half of the rows "
        "after calibration on the other half.",
    )
    command.add_argument(
        "--data", type=Path, required=True, metavar="DIR", help="the folder the models were trained from"
    )
    command.add_argument("--split", default="valid", choices=("valid", "test"))
    command.add_argument("--tf", default="all", metavar="NAME[,NAME]|all")
    command.add_argument("--variant", default="shared", choices=_VARIANTS)
    command.add_argument("--seed", type=int, default=0, help="of the bootstrap samples")
    command.add_argument("--cards", action="store_true", help="also write what is measured onto the models' cards")
    add_output(command)
    command.set_defaults(run=evaluate)


def train(arguments: argparse.Namespace) -> None:
    from biocore.tfbinding.train import data
    from biocore.tfbinding.train.cards import factor_card, manifest, trunk_card
    from biocore.tfbinding.train.measure import measure_factor
    from biocore.tfbinding.train.recipe import TRUNK, train_factors, write_models
    from biocore.training import TrainConfig, save_json

    if arguments.epochs < 1:
        raise InputError(f"{arguments.epochs} epochs; use 1 or more.")
    started = time.monotonic()
    names = _chosen(arguments.tf, data.factors(arguments.data))
    sets = {s: [data.load_dna(data.find(arguments.data, n, s), n) for n in names] for s in ("train", "valid")}
    progress(f"{len(names)} factors, {sum(map(len, sets['train'])):,} training sequences\n")
    if arguments.keep_network:
        _refit(arguments, names, sets)
        return
    config = TrainConfig(epochs=arguments.epochs, seed=arguments.seed)
    trained = train_factors(sets["train"], sets["valid"], variant=arguments.variant, config=config, report=progress)

    folder = arguments.out or runtime.home() / "models"
    shipped = folder.resolve() == (runtime.ASSETS / "models").resolve()
    facts = manifest(arguments.data)
    calibration = _calibration(arguments.variant == "shared")
    cards = []
    for model, given, fitted_on, held_out in zip(
        trained.models, sets["train"], trained.train, sets["valid"], strict=True
    ):
        progress(f"measuring {model.tf}")
        report = measure_factor(model, fitted_on, held_out, "valid", held_out, seed=0)
        rows = _rows(given, fitted_on, trained.left_out[model.tf])
        card = factor_card(
            report,
            trained.history,
            facts.get(model.tf, {}),
            window=model.window,
            variant=arguments.variant,
            rows=rows,
            shipped=shipped,
            calibration=calibration,
            alone=len(names) == 1,
        )
        cards.append(card)
        _say(report)
    shared = None
    if len(names) > 1:
        shared = trunk_card(len(names), trained.history, shipped=shipped, window=trained.models[0].window)
        shared = shared if arguments.variant == "shared" else _renamed(shared, f"{TRUNK}-{arguments.variant}")
    for card in write_models(folder, trained.models, cards, shared):
        print(card.folder)
        if shared is None:
            save_json(card.folder / "history.json", trained.history.to_json())
    if shared is not None:
        save_json(folder / shared.name / "history.json", trained.history.to_json())
    progress(f"done in {time.monotonic() - started:.0f} s\n")


def _refit(arguments: argparse.Namespace, names: list[str], sets: dict[str, list]) -> None:
    """Tables of words and calibration of models that are there."""
    from biocore.tfbinding import load
    from biocore.tfbinding.train.cards import refitted_card
    from biocore.tfbinding.train.measure import measure_factor
    from biocore.tfbinding.train.recipe import refit_tables, write_tables

    folder = arguments.out or runtime.home() / "models"
    suffix = "" if arguments.variant == "shared" else f"-{arguments.variant}"
    old = [zoo.read_card(folder / f"tf-{name}{suffix}" / "card.json") for name in names]
    models, fitted = refit_tables([load(card) for card in old], sets["train"], sets["valid"])
    cards = []
    for card, model, given, fitted_on, held_out in zip(old, models, sets["train"], fitted, sets["valid"], strict=True):
        report = measure_factor(model, fitted_on, held_out, "valid", held_out, seed=0)
        rows = _rows(given, fitted_on, card.details["training_rows"]["left_out"])
        cards.append(refitted_card(card, report, rows, _calibration(True)))
        _say(report)
    for written in write_tables(models, cards):
        print(written.folder)


def _calibration(tables: bool) -> str:
    from biocore.tfbinding.train.blend import BLEND_STRENGTH

    blend = f", blended with its table of words (pull to the common blend: {BLEND_STRENGTH:g} rows)" if tables else ""
    return "Platt scaling on the valid split, prior 1:1" + blend


def _rows(given, fitted_on, left_out: int) -> dict[str, int]:
    """Training rows as a card counts them; those that overlap held-out ones are said."""
    bound, overlapping = int(fitted_on.labels.sum()), len(given) - len(fitted_on)
    if overlapping:
        progress(
            f"{given.name}: {overlapping:,} of {len(given):,} training rows share 50 bp or more with its valid rows "
            "and were left out\n"
        )
    rows = {"positives": bound, "negatives": len(fitted_on) - bound}
    return rows | {"overlapping": overlapping, "left_out": left_out}


def _say(report) -> None:
    row = report.rows[0]
    progress(
        f"{report.tf}: auROC {row.model['auroc'].value:.4f} (baseline {row.baseline['auroc'].value:.4f}; difference "
        f"{row.gain.value:.4f}, {row.gain.low:.4f} to {row.gain.high:.4f})\n"
    )


def evaluate(arguments: argparse.Namespace) -> None:
    from biocore.tfbinding.train import data
    from biocore.tfbinding.train.cards import measured_card
    from biocore.tfbinding.train.measure import measure_factor, table

    suffix = "" if arguments.variant == "shared" else f"-{arguments.variant}"
    available = data.factors(arguments.data, arguments.split)
    known = zoo.names("tf-binding")
    names = _chosen(arguments.tf, available)
    if arguments.tf == "all":
        names = [name for name in names if f"tf-{name}{suffix}" in known]
    reports = []
    for name in names:
        progress(f"measuring {name}")
        model = zoo.load(f"tf-{name}{suffix}")
        sets = {s: data.load_dna(data.find(arguments.data, name, s), name) for s in ("train", "valid", arguments.split)}
        report = measure_factor(
            model, sets["train"], sets["valid"], arguments.split, sets[arguments.split], seed=arguments.seed
        )
        if arguments.cards:
            zoo.write_card(measured_card(zoo.card(f"tf-{name}{suffix}"), report))
        reports.append(report)
    progress("\n")
    if not reports:
        raise InputError(f"no model matches the factors of {arguments.data}: {', '.join(available)}.")
    write_table(table(reports), arguments)


def _chosen(wish: str, available: list[str]) -> list[str]:
    """Factors named by ``--tf``, each once."""
    if wish == "all":
        return available
    names = list(dict.fromkeys(part.strip() for part in wish.split(",") if part.strip()))
    unknown = [name for name in names if name not in available]
    if unknown or not names:
        raise InputError(f"no data of {', '.join(unknown) or 'any factor'}; there are: {', '.join(available)}.")
    return names


def _renamed(card: zoo.ModelCard, name: str) -> zoo.ModelCard:
    from dataclasses import replace

    return replace(card, name=name)
