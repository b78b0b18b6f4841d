"""Measure the model and every simple method on the same proteins."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from biocore.families.model import Families
from biocore.go import calibration, neighbours
from biocore.go.predict import FunctionModel
from biocore.go.prediction import Prediction
from biocore.go.train import alignment, chance, prepare
from biocore.go.train.family_hits import stored_families
from biocore.go.train.settings import IDENTITY_BINS, LABELS, Data, Say, as_json, numbers, quiet
from biocore.go.train.stored import stored_alignment, stored_neighbours
from biocore.stats import go_metrics as metrics
from biocore.stats.calibration import reliability

MEASURED = 40  # training proteins of a term from which it is among those that methods are compared on


def baselines(
    model: FunctionModel,
    data: Data,
    references: Sequence[str] | None,
    *,
    folder: Path,
    align: str = "auto",
    say: Say = quiet,
    seed: int = 0,
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Scores of every simple method on the same proteins.

    Parameters
    ----------
    references : list of str, optional
        Sequences of the model's reference proteins, in its order; without them nothing can be aligned.
    folder : Path
        Where alignments are kept.

    Returns
    -------
    scores : dict of float arrays (N, T)
    identity : float array (N,) or None
        To the nearest training protein by alignment, NaN where nothing aligns; None where no alignment was made.
    """
    shape = data.labels.shape
    rng = np.random.default_rng(seed)
    labels, frequency = model.labels, model.of_terms.frequency
    scores = {
        "coin flip": rng.random(shape),
        "proportional guessing": (rng.random(shape) < frequency) * 0.99 + 0.005 * rng.random(shape),
        "term frequency": np.repeat(frequency[None], shape[0], axis=0),
    }
    by_vector = neighbours.nearest_vectors(
        model.project(model.inputs(data.pooled, data.sequences)), model.reference.vectors, top=1
    )
    scores[f"nearest by {model.vector_name.split()[0]}"] = neighbours.votes(by_vector, labels, by_vector.similarity)[0]
    by_kmer = neighbours.KmerIndex.build(model.reference.homology.sequences()).search(data.sequences)
    one = neighbours.ReferenceHits(by_kmer.indices[:, :1], by_kmer.similarity[:, :1])
    scores["nearest by k-mers"] = neighbours.votes(one, labels, one.similarity)[0]
    scores["20 nearest by k-mers"] = neighbours.votes(by_kmer, labels, by_kmer.similarity**3)[0]
    identity = None
    for tool in alignment.programs(align) if references is not None else ():
        hits = stored_alignment(tool, data.sequences, references or (), folder, say=say)
        scores[f"best hit ({tool})"] = alignment.transfer(hits, labels, shape[0], top=1)
        weighted = alignment.transfer(hits, labels, shape[0], top=10)
        scores[f"10 best hits ({tool})"] = weighted
        scores[f"10 best hits, else frequency ({tool})"] = alignment.mixed(weighted, frequency)
        identity = alignment.nearest_identity(hits, shape[0]) if identity is None else identity
    return scores, identity


def evaluate(
    model: FunctionModel,
    data: Data,
    *,
    folder: Path,
    library: Families | None = None,
    references: Sequence[str] | None = None,
    align: str = "auto",
    min_proteins: int = MEASURED,
    bits: np.ndarray,
    bootstrap: int = 200,
    unreal: int = chance.COUNT,
    say: Say = quiet,
) -> tuple[dict[str, Any], np.ndarray]:
    """Measure the model and every baseline on the same proteins; alignments are kept in `folder`.

    Parameters
    ----------
    model : FunctionModel
    data : Data
        Proteins the model was not trained on, N.
    folder : Path
    library : Families, optional
        That the model was trained with.
    references : sequence of str, optional
        As in `baselines`.
    align : str
        Alignment programs, see `alignment.programs`.
    min_proteins : int
        Terms of fewer training proteins are measured apart, as ``rare``.
    bits : float array, (T,)
        Information content from the training proteins.
    bootstrap : int
        Resamplings of the proteins.
    unreal : int
        Random and shuffled sequences of each kind that the model should have nothing to say of.
    say : callable
        Gets a line of text as work goes on.

    Returns
    -------
    results : dict, JSON values
        ``methods[labels][method][measure] = [value, low, high]``, ``beside`` (the model less each alignment method, on
        the same resamplings), ``rare`` (the same of the rarer terms), ``by_identity``, ``terms`` (one row each),
        ``threshold_curve``, ``heatmap`` (a sample of proteins and terms), ``chance`` (see `chance.measure`).
    probability : float array (N, T)
    """
    families = stored_families(library, data.sequences, folder, say=say)
    found = stored_neighbours(model.reference.homology, data.sequences, folder, say=say)
    prediction = model.from_pooled(data.pooled, data.sequences, aligned=found, families=families)
    scores, identity = baselines(model, data, references, folder=folder, align=align, say=say)
    every = {"model": prediction.probability, "network alone": prediction.network} | scores
    by_experiment = _by_experiment(model, data, prediction, every, references, folder, align, say)
    trained_on = model.labels.sum(axis=0)
    common = trained_on >= min(min_proteins, trained_on.max())
    all_bits, bits = bits, bits[common]
    results: dict[str, Any] = {
        "methods": {},
        "beside": {},
        "rare": {},
        "proteins": len(data.table),
        "abstained": sum(map(bool, prediction.abstained)),
        "measured_terms": int(common.sum()),
        "min_proteins": min_proteins,
    }
    for name, column in LABELS.items():
        everything = prepare.label_matrix(list(data.table[column]), model.terms)
        truth = everything[:, common]
        compared = by_experiment if name == "experimental" else every
        methods = {method: values[:, common] for method, values in compared.items()}
        results["methods"][name] = {}
        for method, values in methods.items():
            say(f"measuring: {method}, {name} labels")
            results["methods"][name][method] = numbers(metrics.evaluate(truth, values, bits, bootstrap=bootstrap))
        results["beside"][name] = {
            method: numbers(metrics.difference(truth, methods["model"], values, bits, bootstrap=bootstrap))
            for method, values in methods.items()
            if method.startswith("10 best hits") and truth.any()
        }
        if (~common).any() and everything[:, ~common].any():
            results["rare"][name] = {
                method: numbers(
                    metrics.evaluate(everything[:, ~common], values[:, ~common], all_bits[~common], bootstrap=bootstrap)
                )
                for method, values in compared.items()
                if method.startswith("model") or method.startswith("10 best hits")
            }
    labels, methods = data.labels[:, common], {method: values[:, common] for method, values in every.items()}
    results["abstention"] = _abstention(labels, methods["model"], prediction, bits, bootstrap)
    if identity is not None:
        results["by_identity"] = _by_identity(labels, methods, identity, bits, bootstrap)
        results["beside_unaligned"] = _beside_unaligned(labels, methods, identity, bits, bootstrap)
    results["terms"] = _term_rows(model, data.labels, every)
    curve = metrics.curve(labels, methods["model"], bits)
    results["threshold_curve"] = {
        name: as_json(getattr(curve, name)) for name in ("thresholds", "precision", "recall", "f")
    }
    results["heatmap"] = _heatmap(model, data, prediction.probability)
    results["calibration_error"] = reliability(data.labels, prediction.probability, bins=calibration.BINS).error
    if model.experiments is not None:
        shown = prepare.label_matrix(list(data.table[LABELS["experimental"]]), model.terms)
        had = shown.any(axis=1)
        error = reliability(shown[had], prediction.experimental[had], bins=calibration.BINS).error
        results["calibration_error_experimental"] = error
    say("sequences that are no proteins")
    results["chance"] = chance.measure(model, data.sequences, count=unreal)
    return results, prediction.probability


def _by_experiment(
    model: FunctionModel,
    data: Data,
    prediction: Prediction,
    every: dict[str, np.ndarray],
    references: Sequence[str] | None,
    folder: Path,
    align: str,
    say: Say,
) -> dict[str, np.ndarray]:
    """Scores to hold against experimental labels: the answer for experiments, and hits whose own were shown by one."""
    if model.experiments is None:
        return every
    shown = model.experiments.shown
    scores = {"model": prediction.experimental, "model, by all labels": every["model"]} | {
        name: values for name, values in every.items() if name != "model"
    }
    for tool in alignment.programs(align) if references is not None else ():
        hits = stored_alignment(tool, data.sequences, references or (), folder, say=say)
        hits = hits[np.asarray(shown.labels.any(axis=1))[hits["reference"].to_numpy(int)]]
        mixed = alignment.mixed(alignment.transfer(hits, shown.labels, len(data.table), top=10), shown.frequency)
        scores[f"10 best hits with experiments, else frequency ({tool})"] = mixed
    return scores


def _abstention(
    truth: np.ndarray, probability: np.ndarray, prediction: Prediction, bits: np.ndarray, bootstrap: int
) -> list[dict[str, Any]]:
    """How good the model would have been where it abstains, and is where it answers."""
    abstained = np.array([bool(why) for why in prediction.abstained])
    rows = []
    for label, chosen in (("answered", ~abstained), ("abstained", abstained)):
        if truth[chosen].any():
            measured = metrics.evaluate(truth[chosen], probability[chosen], bits, bootstrap=bootstrap)
            rows.append(numbers(measured) | {"answer": label, "count": int(chosen.sum())})
    return rows


def _by_identity(truth, methods, identity, bits, bootstrap) -> list[dict[str, Any]]:
    """The main methods by identity to the nearest training protein."""
    rows = []
    places = [("no alignment", np.isnan(identity))]
    places += [(f"{a:.0%} to {min(b, 1):.0%}", (identity >= a) & (identity < b)) for a, b in IDENTITY_BINS]
    keep = [
        m for m in methods if m in ("model", "network alone", "20 nearest by k-mers") or m.startswith("10 best hits (")
    ]
    for label, chosen in places:
        chosen = chosen & truth.any(axis=1)
        if chosen.sum() < 10:
            continue
        for method in keep:
            measured = numbers(metrics.evaluate(truth[chosen], methods[method][chosen], bits, bootstrap=bootstrap))
            rows.append(measured | {"identity": label, "proteins": int(chosen.sum()), "method": method})
    return rows


def _beside_unaligned(truth, methods, identity, bits, bootstrap) -> dict[str, Any]:
    """The model less term frequency where no training protein aligns, on the same resampled proteins."""
    chosen = np.isnan(identity) & truth.any(axis=1)
    if chosen.sum() < 10:
        return {}
    less = metrics.difference(
        truth[chosen], methods["model"][chosen], methods["term frequency"][chosen], bits, bootstrap=bootstrap
    )
    return {"term frequency": numbers(less)}


def _term_rows(model: FunctionModel, truth: np.ndarray, methods: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """auPRC of each term for the model and the methods it is compared with."""
    compared = [m for m in methods if m == "model" or m == "20 nearest by k-mers" or m.startswith("10 best hits (")]
    found = {m: metrics.ranking(truth.T, methods[m].T)[0] for m in compared}
    trained_on = model.labels.sum(axis=0)
    return [
        {
            "term": term,
            "name": model.names[i],
            "training_proteins": int(trained_on[i]),
            "valid_proteins": int(truth[:, i].sum()),
            "frequency": float(truth[:, i].mean()),
            "auprc": {m: as_json(found[m][i]) for m in compared},
        }
        for i, term in enumerate(model.terms)
    ]


def _heatmap(model: FunctionModel, data: Data, probability: np.ndarray, *, proteins: int = 40, terms: int = 40) -> dict:
    """True and predicted terms of a random sample of annotated proteins, for the terms they have most often."""
    rng = np.random.default_rng(0)
    rows = np.sort(rng.permutation(np.flatnonzero(data.labels.any(axis=1)))[:proteins])
    columns = np.sort(np.argsort(-data.labels[rows].sum(axis=0), kind="stable")[:terms])
    return {
        "proteins": [data.table["EntryID"][r] for r in rows],
        "terms": [model.names[c] for c in columns],
        "truth": data.labels[np.ix_(rows, columns)].astype(int).tolist(),
        "probability": np.round(probability[np.ix_(rows, columns)], 3).tolist(),
    }
