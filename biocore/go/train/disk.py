"""Model folders: write them, keep new measurements with them, and the whole of ``train function``."""

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biocore import runtime, zoo
from biocore.errors import InputError
from biocore.go import features
from biocore.go.ontology import ASPECTS, Ontology
from biocore.go.train import alignment, chance, prepare, splits
from biocore.go.train.extend import extend
from biocore.go.train.fit import ablation, train
from biocore.go.train.measure import evaluate
from biocore.go.train.settings import LABELS, Say, Settings, as_json, to_stderr
from biocore.go.train.stored import embedding_folder, load_data
from biocore.go.train.trained import Trained, settle


def save(trained: Trained, folder: Path, results: dict[str, Any], *, name: str, trained_on: str) -> zoo.ModelCard:
    """Write weights, card and measurements into `folder`.

    Parameters
    ----------
    trained : Trained
    folder : Path
        Made where it is missing.
    results : dict
        As `measure.evaluate` gives them.
    name, trained_on : str
        For the card.

    Returns
    -------
    ModelCard
    """
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in trained.arrays.items()}, folder / zoo.WEIGHTS)
    (folder / "evaluation.json").write_text(json.dumps(as_json(trained.record | results), separators=(",", ":")) + "\n")
    terms, settings = len(trained.model.terms), trained.details["settings"]
    aspect = settings["aspect"].replace("_", " ")
    others = [name.replace("_", " ") for name in ASPECTS if name != settings["aspect"]]
    card = zoo.ModelCard(
        name=name,
        task="protein-function",
        title=f"GO {aspect}, {terms} terms, human proteins",
        source="assets" if runtime.ASSETS in folder.resolve().parents else "user",
        output_unit="calibrated probability of each term",
        trained_on=trained_on,
        limits=(
            f"Knows {terms} GO terms ({aspect}), those of {settings['min_proteins']} or more human training "
            "proteins; rarer functions appear only among the neighbours' terms. Learned from human proteins. "
            "Most labels are inferred from homologues, not measured; what an experiment would show is learned from "
            "those that were. A missing annotation counted as 'no' in training. "
            f"Not for {' or '.join(others)}, nor for the effect of variants."
        ),
        licence="Apache-2.0",
        citation="Labels: Gene Ontology Consortium (2023), doi:10.1093/genetics/iyad031; UniProt Consortium (2025).",
        window=None,
        quality=_quality(results),
        details=trained.details,
        folder=folder,
    )
    zoo.write_card(card)
    return card


def _quality(results: dict[str, Any]) -> tuple[zoo.Quality, ...]:
    """What the card shows of the measurements."""
    measures = (("fmax", "Fmax"), ("protein_auprc", "auPRC per protein"), ("term_auprc", "auPRC per term"))
    rows = []
    for labels in LABELS:
        for measure, title in measures:
            values = [float("nan") if v is None else v for v in results["methods"][labels]["model"][measure]]
            value, low, high = values
            rows.append(zoo.Quality(title, value, low, high, "valid", f"{labels} labels"))
    return tuple(rows)


def store(card: zoo.ModelCard, results: dict[str, Any]) -> zoo.ModelCard:
    """Keep new measurements of the valid split with a model: its ``evaluation.json`` and the quality on its card.

    Parameters
    ----------
    card : ModelCard
    results : dict
        As `measure.evaluate` gives them.

    Returns
    -------
    ModelCard
        The new one.
    """
    path = card.folder / "evaluation.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(as_json(before | results), separators=(",", ":")) + "\n")
    card = replace(card, quality=_quality(results))
    zoo.write_card(card)
    return card


def run(
    table: pd.DataFrame,
    ontology: Ontology,
    settings: Settings,
    out: Path,
    *,
    embeddings: Path | None = None,
    align: str = "auto",
    bootstrap: int = 200,
    unreal: int = chance.COUNT,
    ablate: bool = False,
    final: bool = False,
    say: Say = to_stderr,
) -> zoo.ModelCard:
    """Everything ``train function`` does: embed, train, measure on valid, write a model folder.

    Parameters
    ----------
    table : DataFrame
        As `prepare.prepare` gives it.
    ontology : Ontology
    settings : Settings
    out : Path
        Folder of the model.
    embeddings : Path, optional
        Where embeddings and alignments are kept between runs.
    align : str
        Alignment programs of the yardstick, see `alignment.programs`.
    bootstrap : int
        Resamplings of the proteins.
    unreal : int
        Random and shuffled sequences of each kind that the model should have nothing to say of.
    ablate : bool
        Measure what each group of inputs is worth, too.
    final : bool
        After the measurement let the valid proteins vote, too (`extend`).
    say : callable
        Gets a line of text as work goes on.

    Returns
    -------
    ModelCard

    Raises
    ------
    InputError
        The table has no training or no valid protein, or the two share a sequence or a cluster.
    """
    for subset in ("train", "valid"):
        if not (table["subset"] == subset).any():
            raise InputError(f"the table has no protein of the subset {subset!r}.")
    splits.check_split(table)
    backbone = features.NoBackbone() if settings.backbone == "none" else zoo.load(settings.backbone)
    library = None if settings.families == "none" else zoo.load(settings.families)
    alignment.programs(align)  # before hours are spent
    parts = {s: table[table["subset"] == s].reset_index(drop=True) for s in ("train", "valid")}
    terms, steps = prepare.vocabulary(parts["train"]["terms"], ontology, min_proteins=settings.min_proteins)
    for step in steps:
        say(f"{step.name}: {step.kept:,} kept, {step.dropped:,} dropped ({step.why})")
    folder = embeddings or embedding_folder(backbone.name)
    reading = features.Reading(settings.layer, settings.max_residues)
    data = {s: load_data(part, terms, backbone, folder=folder, reading=reading, say=say) for s, part in parts.items()}
    trained = train(data["train"], terms, ontology, backbone, settings, folder=folder, library=library, say=say)
    if ablate:
        trained.record["ablation"] = ablation(data["train"], settings, say=say)
    bits = trained.arrays["information"].astype(float)
    results, probability = evaluate(
        trained.model,
        data["valid"],
        folder=folder,
        library=library,
        references=data["train"].sequences,
        align=align,
        bits=bits,
        bootstrap=bootstrap,
        unreal=min(unreal, settings.chance),
        say=say,
    )
    trained = settle(trained, data["valid"], probability)
    if final:
        trained = extend(trained, data["train"], data["valid"], ontology, folder=folder, library=library, say=say)
    counts = {s: len(d.table) for s, d in data.items()}
    reads = "plain counts, no language model" if settings.backbone == "none" else f"embeddings of {settings.backbone}"
    of = settings.aspect.replace("_", " ")
    joined = ", which are neighbours since" if final else ""
    trained_on = (
        f"{counts['train']:,} human proteins with {len(terms)} GO terms of {of} (all evidence); measured on "
        f"{counts['valid']:,} others that share no cluster with them{joined}; {reads}"
    )
    return save(trained, out, results | {"steps": [asdict(s) for s in steps]}, name=out.name, trained_on=trained_on)
