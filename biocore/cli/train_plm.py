"""``train plm`` and ``evaluate plm``: a protein language model of one's own."""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path

from biocore import runtime, zoo
from biocore.errors import InputError


def register_train(commands) -> None:
    command = commands.add_parser("plm", help="train a protein language model on FASTA with cluster numbers")
    command.add_argument("--data", type=Path, required=True, metavar="FASTA", help="headers >index|cluster; .gz or .xz")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="checkpoint, log and finished model")
    command.add_argument("--minutes", type=float, metavar="M", help="stop after M minutes; go on later with --resume")
    command.add_argument("--resume", action="store_true", help="go on from the checkpoint in DIR")
    command.add_argument("--shape", default="8m", help="8m (ESM-2's smallest), mini, small or tiny (default 8m)")
    command.add_argument("--steps", type=int, default=20_000, help="length of the whole schedule (default 20000)")
    command.add_argument("--budget", type=int, default=65_536, metavar="TOKENS", help="tokens a step (default 65536)")
    command.add_argument("--crop", type=int, default=512, metavar="RESIDUES", help="longest piece (default 512)")
    command.add_argument("--rate", type=float, default=2e-3, help="peak learning rate (default 0.002)")
    command.add_argument("--warm-up", type=int, default=500, metavar="STEPS", help="default 500")
    command.add_argument(
        "--chosen", type=float, default=0.15, metavar="FRACTION", help="residues to predict (default 0.15)"
    )
    command.add_argument("--start", default="", metavar="DIR", help="go on from the weights of this model")
    command.add_argument("--checkpoint-minutes", type=float, default=3.0, metavar="M", help="default 3")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="GROUP=TIMES",
        help="show clusters of a group (third field of the header) this many times as often; may be repeated",
    )
    command.set_defaults(run=train)


def register_evaluate(commands) -> None:
    command = commands.add_parser("plm", help="measure a protein language model on held-out clusters")
    command.add_argument("--model", default="esm-mini", metavar="NAME|DIR")
    command.add_argument("--data", type=Path, required=True, metavar="FASTA", help="headers >index|cluster; .gz or .xz")
    command.add_argument("--localisation", type=Path, metavar="TSV", help="columns label and sequence")
    command.add_argument(
        "--compare",
        type=Path,
        action="append",
        default=[],
        metavar="DIR",
        help="measure this model on the same residues",
    )
    command.add_argument("--store", action="store_true", help="keep the measurements on the model's card")
    command.add_argument("--out", type=Path, metavar="FILE", help="write the metrics here as JSON")
    command.set_defaults(run=evaluate)


def train(arguments: argparse.Namespace) -> None:
    from biocore.esm2.train import PretrainingConfig, pretrain, read_corpus
    from biocore.esm2.train.export import export

    config = PretrainingConfig(
        shape=arguments.shape,
        steps=arguments.steps,
        budget=arguments.budget,
        crop=arguments.crop,
        peak_rate=arguments.rate,
        warm_up=arguments.warm_up,
        seed=arguments.seed,
        weights=dict(_weight(text) for text in arguments.weight),
        chosen=arguments.chosen,
        start=arguments.start,
    )
    corpus = read_corpus(arguments.data)
    print(f"{len(corpus):,} proteins, {len(corpus.tokens):,} residues, on {runtime.device().name}", file=sys.stderr)
    model = pretrain(
        corpus,
        config,
        arguments.out,
        minutes=arguments.minutes,
        resume=arguments.resume,
        checkpoint_minutes=arguments.checkpoint_minutes,
        report=lambda row: print(json.dumps(row), file=sys.stderr),
    )
    steps = json.loads((arguments.out / "checkpoint" / "state.json").read_text())["step"]
    trained_on = (
        f"{len(corpus):,} proteins ({len(corpus.tokens):,} residues) of {arguments.data.name}, clusters held out"
    )
    card = export(
        model, config, arguments.out / "model", trained_on=trained_on, steps=steps, name=arguments.out.name or "plm"
    )
    print(f"{card.folder}  (measure it: python -m biocore evaluate plm --model {card.folder} --data {arguments.data})")


def _weight(text: str) -> tuple[str, float]:
    group, _, times = text.partition("=")
    try:
        return group, float(times)
    except ValueError as error:
        raise InputError(f"--weight {text!r} is not GROUP=TIMES, such as animal=2.") from error


def evaluate(arguments: argparse.Namespace) -> None:
    from biocore.esm2.train import measure, read_corpus

    folder = Path(arguments.model) if Path(arguments.model).is_dir() else zoo.card(arguments.model).folder
    corpus = read_corpus(arguments.data)
    rows, masked = _measured(folder, corpus, arguments.localisation)
    for other in arguments.compare:
        theirs, same = _measured(other, corpus, arguments.localisation)
        theirs = [row for row in theirs if "composition alone" not in row["metric"]]  # the same for every model
        rows.append(measure.perplexity_ratio(masked, same, other.name))
        rows += [row | {"metric": f"{row['metric']}, {other.name}"} for row in theirs]
    if arguments.store:
        card = zoo.read_card(folder / "card.json")
        zoo.write_card(replace(card, quality=tuple(zoo.Quality(**_rounded(row)) for row in rows)))
    text = json.dumps(rows, indent=1)
    if arguments.out:
        arguments.out.write_text(text + "\n")
    else:
        print(text)


def _measured(folder: Path, corpus, localisation: Path | None):
    """Rows of the card, and the masked residues they come from."""
    from biocore.esm2 import open_folder
    from biocore.esm2.train import PretrainingConfig, measure

    model = open_folder(folder)
    masked = measure.masked_residues(folder, corpus, PretrainingConfig())
    rows = measure.quality_of(masked, corpus) + measure.known_proteins(model)
    rows.append(measure.substitution_agreement(model))
    return rows + (measure.localisation(model, localisation) if localisation else []), masked


def _rounded(row: dict) -> dict:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}
