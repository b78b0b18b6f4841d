"""Train and measure the GO model: embeddings once, cross-validation inside the training split, valid at the end.

What is chosen (weights against neighbours, calibration, thresholds, what is familiar) is chosen on out-of-fold
predictions of *training* proteins; the valid split is only measured.
"""

import hashlib
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from biocore import function_metrics as metrics
from biocore import runtime, zoo
from biocore.errors import InputError
from biocore.function import alignment, calibration, features, head, neighbours, prepare
from biocore.function.ontology import Ontology, propagate_scores
from biocore.function.predict import FunctionModel, as_lines, project

STACK = head.FitConfig(epochs=6, batch_size=32_768, learning_rate=5e-3, weight_decay=1e-4, dropout=0.0, widths=(24,))
LABELS = {"all": "terms", "experimental": "terms_experimental"}
IDENTITY_BINS = ((0.0, 0.3), (0.3, 0.4), (0.4, 0.6), (0.6, 1.01))
Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What can be chosen in training; stored on the card."""

    backbone: str = "esm-mini"
    min_proteins: int = prepare.MIN_PROTEINS
    folds: int = 5
    seeds: int = 2
    axes: int = 96
    count_groups: tuple[str, ...] = ("composition", "ends", "segments", "dipeptides")
    layer: int = -1
    max_residues: int = features.MAX_RESIDUES
    kmer_cap: int = neighbours.CAP
    vector_power: float = 20.0
    seed: int = 0
    fit: head.FitConfig = head.FitConfig()


@dataclass(frozen=True)
class Data:
    """A table with what is computed from it once.

    Attributes
    ----------
    table : DataFrame, N rows
    pooled : float32 array, (N, 3 D)
    labels : bool array, (N, T)
    """

    table: pd.DataFrame
    pooled: np.ndarray
    labels: np.ndarray

    @property
    def sequences(self) -> list[str]:
        """The proteins."""
        return list(self.table["Sequence"])


def quiet(_: str) -> None:
    """Say nothing."""


def to_stderr(message: str) -> None:
    """Say it on standard error, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


# -------------------------------------------------------------------------------------------------- embeddings


def stored_embeddings(
    backbone: features.Backbone,
    sequences: Sequence[str],
    folder: Path,
    *,
    reading: features.Reading,
    say: Say = quiet,
    part: int = 250,
) -> np.ndarray:
    """Pooled embeddings of many proteins, each computed once: what is in `folder` is read, what is missing is added.

    Parameters
    ----------
    folder : Path
        Holds parts of `part` proteins, ``*.safetensors``; an interrupted run goes on where it stopped.
    """
    from safetensors.numpy import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    keys = [embedding_key(backbone, sequence, reading) for sequence in sequences]
    known: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("*.safetensors")):
        stored = load_file(path)
        known |= dict(zip(stored["keys"].tobytes().decode().split("\n"), stored["vectors"], strict=True))
    missing = [i for i in dict(zip(keys, range(len(keys)), strict=True)).values() if keys[i] not in known]
    started = time.monotonic()
    for place in range(0, len(missing), part):
        rows = missing[place : place + part]
        vectors = features.pooled_all(backbone, [sequences[i] for i in rows], reading)
        names = [keys[i] for i in rows]
        target = folder / f"{hashlib.sha256(''.join(names).encode()).hexdigest()[:16]}.safetensors"
        partial = target.with_suffix(".partial")
        save_file({"keys": as_lines(names), "vectors": vectors}, partial)
        partial.replace(target)
        known |= dict(zip(names, vectors, strict=True))
        done = place + len(rows)
        left = (time.monotonic() - started) / done * (len(missing) - done)
        say(f"embedded {done:,} of {len(missing):,} proteins, {left / 60:.0f} min left")
    return np.array([known[key] for key in keys], np.float32)


def embedding_key(backbone: features.Backbone, sequence: str, reading: features.Reading) -> str:
    """Stands for a protein's pooled embedding: model, reading and sequence."""
    recipe = f"{backbone.hash}|{'+'.join(features.POOLS)}|{reading.layer}|{reading.limit}|{sequence}"
    return hashlib.sha256(recipe.encode()).hexdigest()[:24]


def embedding_folder(name: str) -> Path:
    """Where the embeddings of a language model are kept."""
    return runtime.home() / "function" / name


def load_data(
    table: pd.DataFrame,
    terms: Sequence[str],
    backbone: features.Backbone,
    *,
    folder: Path,
    reading: features.Reading,
    say: Say = quiet,
) -> Data:
    """A table with embeddings (of width 0 without a language model) and labels."""
    if backbone.hash == "none":
        pooled = np.zeros((len(table), 0), np.float32)
        return Data(table.reset_index(drop=True), pooled, prepare.label_matrix(list(table["terms"]), terms))
    pooled = stored_embeddings(backbone, list(table["Sequence"]), folder, reading=reading, say=say)
    return Data(table.reset_index(drop=True), pooled, prepare.label_matrix(list(table["terms"]), terms))


# ---------------------------------------------------------------------------------------------------- training


@dataclass(frozen=True)
class Trained:
    """A model, and the out-of-fold numbers its choices rest on.

    Attributes
    ----------
    model : FunctionModel
    arrays, details
        What is written to disk.
    record : dict
        Curves and out-of-fold measurements, JSON values.
    oof : float array, (N, T)
        Out-of-fold probabilities of the training proteins.
    """

    model: FunctionModel
    arrays: dict[str, np.ndarray]
    details: dict[str, Any]
    record: dict[str, Any]
    oof: np.ndarray


def train(
    data: Data,
    terms: Sequence[str],
    ontology: Ontology,
    backbone: features.Backbone,
    settings: Settings,
    *,
    say: Say = quiet,
) -> Trained:
    """Train on the proteins of `data`, all of them training proteins.

    Raises
    ------
    InputError
        Too few proteins for the folds, or no term.
    """
    if not terms:
        raise InputError(f"no term has {settings.min_proteins} training proteins; lower --min-proteins.")
    if data.table["cluster"].nunique() < 2 * settings.folds:
        raise InputError(f"{data.table['cluster'].nunique()} clusters are too few for {settings.folds} folds.")
    x = np.hstack([data.pooled, features.counts_all(data.sequences, settings.count_groups)])
    oof, curve = _out_of_fold(x, data, settings, say)

    say("training the head on all training proteins")
    heads = [head.fit(x, data.labels, settings.fit, seed=settings.seed + n) for n in range(settings.seeds)]
    heads = [head.Network.from_arrays(h.arrays("h", half=True), "h") for h in heads]  # as they will be read

    say("neighbours")
    centre, axes = _main_axes(heads[0], x, data.pooled.shape[1] or x.shape[1], settings.axes)
    vectors = project(heads[0], x, centre, axes).astype(np.float16)
    kmers = neighbours.KmerIndex.build(data.sequences, cap=settings.kmer_cap)
    own = neighbours.same_cluster(list(data.table["cluster"]))
    by_kmer = kmers.search(data.sequences, exclude=own)
    by_vector = neighbours.nearest_vectors(vectors, vectors, exclude=own)
    kmer_votes = (*neighbours.votes(by_kmer, data.labels), by_kmer.best)
    vector_votes = (*neighbours.votes(by_vector, data.labels, power=settings.vector_power), by_vector.best)

    say("weighing the head against the neighbours")
    frequency = data.labels.mean(axis=0).astype(np.float32)
    lengths = np.log(data.table["Length"].to_numpy(np.float32))
    pairs = head.pair_features(oof, kmer_votes, vector_votes, frequency, lengths)
    flat = pairs.reshape(-1, pairs.shape[-1])
    size = int(np.clip(len(flat) // 64, 64, STACK.batch_size))  # enough steps in a small table, too
    stack = head.fit(flat, data.labels.reshape(-1, 1), replace(STACK, batch_size=size), seed=settings.seed)
    logits = stack(flat, block=200_000).reshape(oof.shape)

    parents = ontology.parents_within(terms)
    groups, group = calibration.term_groups(terms, ontology)
    lines = calibration.fit_calibration(logits, data.labels, groups, group)
    probability = propagate_scores(lines(logits), parents)
    threshold = calibration.choose_thresholds(probability, data.labels)
    familiar = _familiar(by_vector.best, backbone)

    details = {
        "backbone": settings.backbone,
        "backbone_hash": backbone.hash,
        "heads": settings.seeds,
        "groups": list(groups),
        "count_groups": list(settings.count_groups),
        "vector_power": settings.vector_power,
        "layer": settings.layer,
        "max_residues": settings.max_residues,
        "familiar": familiar,
        "reliability": {},
        "settings": _plain(asdict(settings)),
    }
    bits = metrics.information_content(data.labels, parents)
    arrays = {"frequency": frequency, "information": bits.astype(np.float32), "centre": centre, "axes": axes}
    arrays |= {name: values for n, h in enumerate(heads) for name, values in h.arrays(f"head{n}", half=True).items()}
    arrays |= stack.arrays("stack") | kmers.arrays() | _reference(data.table, vectors, ontology)
    arrays |= {"text.vocabulary": as_lines(terms), "text.parents": as_lines(_parent_lines(parents))}
    arrays |= {"calibration.group": lines.group, "calibration.slope": lines.slope, "calibration.offset": lines.offset}
    blank = np.full(len(terms), np.nan)
    arrays |= _threshold_arrays(calibration.Thresholds(threshold, blank, blank, blank * 0, blank * 0))
    record = {"curve": curve, "out_of_fold": _numbers(metrics.evaluate(data.labels, probability, bits, bootstrap=0))}
    record["out_of_fold_network"] = _numbers(
        metrics.evaluate(data.labels, propagate_scores(head.sigmoid(oof), parents), bits, bootstrap=0)
    )
    model = FunctionModel(arrays, details, backbone=backbone)
    return Trained(model, arrays, details, record, probability)


def _out_of_fold(x: np.ndarray, data: Data, settings: Settings, say: Say) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Logits for each training protein from a head that has not seen its cluster; and the first fold's curve."""
    folds = prepare.cluster_folds(list(data.table["cluster"]), settings.folds, seed=settings.seed)
    oof = np.zeros(data.labels.shape, np.float32)
    curve: list[dict[str, float]] = []
    for fold in range(settings.folds):
        held = folds == fold

        def watch(epoch: int, loss: float, network: head.Network, held=held) -> None:
            if epoch % 3 == 0 or epoch == 1:
                curve.append({"epoch": epoch, "loss": loss} | _watch(network(x[held]), data.labels[held]))

        network = head.fit(
            x[~held],
            data.labels[~held],
            settings.fit,
            seed=settings.seed + 100 + fold,
            after_epoch=None if fold else watch,
        )
        oof[held] = network(x[held])
        say(f"fold {fold + 1} of {settings.folds}: {_watch(oof[held], data.labels[held])}")
    return oof, curve


def ablation(data: Data, settings: Settings, *, say: Say = quiet) -> list[dict[str, Any]]:
    """What each group of inputs is worth to the head: one fold of the training split, with and without it.

    Returns
    -------
    list of dict
        inputs, width, held_out_loss, protein_auprc, protein_auroc; the first row has every group.
    """
    groups = {name: features.counts_all(data.sequences, [name]) for name in settings.count_groups}
    if data.pooled.shape[1]:
        third = data.pooled.shape[1] // len(features.POOLS)
        groups = {
            f"embedding {p}": data.pooled[:, i * third : (i + 1) * third] for i, p in enumerate(features.POOLS)
        } | groups
    held = prepare.cluster_folds(list(data.table["cluster"]), settings.folds, seed=settings.seed) == 0
    rows = []
    for left_out in (None, *groups):
        x = np.hstack([values for name, values in groups.items() if name != left_out])
        network = head.fit(x[~held], data.labels[~held], settings.fit, seed=settings.seed + 100)
        name = "all groups" if left_out is None else f"without {left_out}"
        rows.append({"inputs": name, "width": x.shape[1]} | _watch(network(x[held]), data.labels[held]))
        say(f"ablation: {rows[-1]}")
    return rows


def _watch(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss, mean auPRC and auROC over proteins."""
    p = head.sigmoid(logits)
    ap, auc = metrics.ranking(labels, p)
    with np.errstate(divide="ignore"):
        each = -np.where(labels, np.log(np.maximum(p, 1e-12)), np.log(np.maximum(1 - p, 1e-12))).sum(axis=1)
    return {
        "held_out_loss": round(float(each.mean()), 4),
        "protein_auprc": round(float(np.nanmean(ap)), 4),
        "protein_auroc": round(float(np.nanmean(auc)), 4),
    }


def _main_axes(network: head.Network, x: np.ndarray, width: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Centre (width,) and main axes (width, count) of the first inputs as the head scales them; labels play no part."""
    scaled = network.standardise(x)[:, :width]
    centre = scaled.mean(axis=0)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov((scaled - centre).T)))
    return centre.astype(np.float32), np.ascontiguousarray(axes[:, ::-1][:, :count].astype(np.float32))


def _familiar(vector: np.ndarray, backbone: features.Backbone) -> dict[str, float]:
    """Where a protein starts to be familiar; see `FunctionModel`.

    k-mers: 1.2 times as near as its own shuffled sequence.  Embedding: nearer than the tenth of training proteins that
    are farthest from the others; without a language model 2, which nothing reaches.
    Network: sure of a term by itself.
    """
    limit = 2.0 if backbone.hash == "none" else float(np.quantile(vector, 0.1))
    return {"times": 1.2, "vector": limit, "network": 0.5}


def _reference(table: pd.DataFrame, vectors: np.ndarray, ontology: Ontology) -> dict[str, np.ndarray]:
    """Annotated proteins as arrays: accessions, vectors, terms; no sequences."""
    labels = [[t for t in text.split(";") if t in ontology.names] for text in table["terms"]]
    every = sorted({t for terms in labels for t in terms})
    index = {term: i for i, term in enumerate(every)}
    flat = np.array([index[t] for terms in labels for t in terms], np.uint16 if len(every) < 2**16 else np.uint32)
    return {
        "text.accessions": as_lines(list(table["EntryID"])),
        "text.terms": as_lines(every),
        "text.names": as_lines([ontology.names[t] for t in every]),
        "reference.vectors": vectors,
        "reference.terms": flat,
        "reference.starts": np.concatenate([[0], np.cumsum([len(t) for t in labels])]).astype(np.uint32),
    }


def _parent_lines(parents: dict[int, tuple[int, ...]]) -> list[str]:
    return [" ".join(str(p) for p in parents[i]) for i in range(len(parents))]


def _threshold_arrays(thresholds: calibration.Thresholds) -> dict[str, np.ndarray]:
    return {f"threshold.{name}": np.asarray(values, np.float32) for name, values in asdict(thresholds).items()}


def settle(trained: Trained, valid: Data, predicted: np.ndarray) -> Trained:
    """Add what the valid split says: precision and recall at each threshold, and how often scores came true.

    Nothing is chosen here; `predicted` are the model's probabilities for `valid`, (N, T).
    """
    model = trained.model
    measured = calibration.measure_thresholds(predicted, valid.labels, model.threshold)
    reliable = {"all terms": calibration.reliability(predicted, valid.labels).as_dict()}
    for number, name in enumerate(model.calibration.groups):
        chosen = model.calibration.group == number
        reliable[name] = calibration.reliability(predicted[:, chosen], valid.labels[:, chosen]).as_dict()
    arrays = trained.arrays | _threshold_arrays(measured)
    details = trained.details | {"reliability": reliable}
    return replace(
        trained, arrays=arrays, details=details, model=FunctionModel(arrays, details, backbone=model.backbone)
    )


# -------------------------------------------------------------------------------------------------- evaluation


def baselines(
    model: FunctionModel,
    data: Data,
    references: Sequence[str] | None,
    *,
    align: str = "auto",
    say: Say = quiet,
    seed: int = 0,
) -> tuple[dict[str, np.ndarray], np.ndarray | None]:
    """Scores of every simple method on the same proteins.

    Parameters
    ----------
    references : list of str, optional
        Sequences of the model's reference proteins, in its order; without them nothing can be aligned.

    Returns
    -------
    scores : dict of float arrays (N, T)
    identity : float array (N,) or None
        To the nearest training protein by alignment, NaN where nothing aligns; None where no alignment was made.
    """
    shape = data.labels.shape
    rng = np.random.default_rng(seed)
    labels, frequency = model.labels, model.frequency
    scores = {
        "coin flip": rng.random(shape),
        "proportional guessing": (rng.random(shape) < frequency) * 0.99 + 0.005 * rng.random(shape),
        "term frequency": np.repeat(frequency[None], shape[0], axis=0),
    }
    by_vector = neighbours.nearest_vectors(
        model.project(model.inputs(data.pooled, data.sequences)), model.reference.vectors, top=1
    )
    scores[f"nearest by {model.vector_name.split()[0]}"] = neighbours.votes(by_vector, labels)[0]
    by_kmer = model.reference.kmers.search(data.sequences)
    one = neighbours.Neighbours(by_kmer.indices[:, :1], by_kmer.similarity[:, :1])
    scores["nearest by k-mers"] = neighbours.votes(one, labels)[0]
    scores["20 nearest by k-mers"] = neighbours.votes(by_kmer, labels)[0]
    tool = alignment.program(align) if references is not None else None
    if tool is None:
        return scores, None
    say(f"aligning with {tool}")
    hits = alignment.align(data.sequences, references, tool=tool)
    scores[f"best hit ({tool})"] = alignment.transfer(hits, labels, shape[0], top=1)
    weighted = alignment.transfer(hits, labels, shape[0], top=10)
    scores[f"10 best hits ({tool})"] = weighted
    found = weighted.any(axis=1, keepdims=True)
    scores[f"10 best hits, else frequency ({tool})"] = np.where(found, 0.97 * weighted + 0.03 * frequency, frequency)
    return scores, alignment.nearest_identity(hits, shape[0])


def evaluate(
    model: FunctionModel,
    data: Data,
    *,
    references: Sequence[str] | None = None,
    align: str = "auto",
    bits: np.ndarray,
    bootstrap: int = 200,
    say: Say = quiet,
) -> tuple[dict[str, Any], np.ndarray]:
    """Measure the model and every baseline on the same proteins.

    Returns
    -------
    results : dict, JSON values
        ``methods[labels][method][measure] = [value, low, high]``, ``by_identity``, ``terms`` (one row each),
        ``threshold_curve``, ``heatmap`` (a sample of proteins and terms).
    probability : float array (N, T)
    """
    prediction = model.from_pooled(data.pooled, data.sequences)
    scores, identity = baselines(model, data, references, align=align, say=say)
    methods = {"model": prediction.probability, "network alone": prediction.network} | scores
    results: dict[str, Any] = {
        "methods": {},
        "proteins": len(data.table),
        "abstained": sum(map(bool, prediction.unsure)),
    }
    for name, column in LABELS.items():
        truth = prepare.label_matrix(list(data.table[column]), model.terms)
        results["methods"][name] = {}
        for method, values in methods.items():
            say(f"measuring: {method}, {name} labels")
            results["methods"][name][method] = _numbers(metrics.evaluate(truth, values, bits, bootstrap=bootstrap))
    results["abstention"] = _abstention(data.labels, prediction, bits, bootstrap)
    if identity is not None:
        results["by_identity"] = _by_identity(data.labels, methods, identity, bits, bootstrap)
    results["terms"] = _term_rows(model, data.labels, methods)
    curve = metrics.curve(data.labels, prediction.probability, bits)
    results["threshold_curve"] = {
        name: _plain(getattr(curve, name)) for name in ("thresholds", "precision", "recall", "f")
    }
    results["heatmap"] = _heatmap(model, data, prediction.probability)
    reliable = calibration.reliability(prediction.probability, data.labels)
    results["calibration_error"] = reliable.error
    return results, prediction.probability


def _abstention(truth: np.ndarray, prediction, bits: np.ndarray, bootstrap: int) -> list[dict[str, Any]]:
    """How good the model would have been where it is not sure, and is where it answers."""
    unsure = np.array([bool(why) for why in prediction.unsure])
    rows = []
    for label, chosen in (("answered", ~unsure), ("not sure", unsure)):
        if truth[chosen].any():
            measured = metrics.evaluate(truth[chosen], prediction.probability[chosen], bits, bootstrap=bootstrap)
            rows.append(_numbers(measured) | {"answer": label, "count": int(chosen.sum())})
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
            measured = _numbers(metrics.evaluate(truth[chosen], methods[method][chosen], bits, bootstrap=bootstrap))
            rows.append(measured | {"identity": label, "proteins": int(chosen.sum()), "method": method})
    return rows


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
            "auprc": {m: _plain(found[m][i]) for m in compared},
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


def _numbers(measured: dict[str, metrics.Interval]) -> dict[str, list[float | None]]:
    return {name: [_plain(v) for v in (i.value, i.low, i.high)] for name, i in measured.items()}


def _plain(value: Any) -> Any:
    """JSON values: arrays as lists, NaN as None, floats to six digits."""
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return [_plain(v) for v in value.tolist()]
    if isinstance(value, float | np.floating):
        return None if not np.isfinite(value) else float(f"{value:.6g}")
    return value


# ------------------------------------------------------------------------------------------------------- on disk


def save(trained: Trained, folder: Path, results: dict[str, Any], *, name: str, trained_on: str) -> zoo.ModelCard:
    """Write weights, card and measurements into `folder`."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: np.ascontiguousarray(v) for k, v in trained.arrays.items()}, folder / zoo.WEIGHTS)
    (folder / "evaluation.json").write_text(json.dumps(_plain(trained.record | results), separators=(",", ":")) + "\n")
    terms, settings = len(trained.model.terms), trained.details["settings"]
    card = zoo.ModelCard(
        name=name,
        task="protein-function",
        title=f"GO molecular function, {terms} terms, human proteins",
        source="assets" if runtime.ASSETS in folder.resolve().parents else "user",
        output_unit="calibrated probability of each term",
        trained_on=trained_on,
        limits=(
            f"Knows {terms} GO molecular-function terms, those of {settings['min_proteins']} or more human training "
            "proteins; rarer functions appear only among the neighbours' terms. Learned from human proteins. "
            "Most labels are inferred from homologues, not measured. A missing annotation counted as 'no' in training. "
            "Not for biological processes, cellular components or the effect of variants."
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
            rows.append(zoo.Quality(title, *values, "valid", f"{labels} labels"))
    return tuple(rows)


def store(card: zoo.ModelCard, results: dict[str, Any]) -> zoo.ModelCard:
    """Keep new measurements of the valid split with a model: its ``evaluation.json`` and the quality on its card."""
    path = card.folder / "evaluation.json"
    before = json.loads(path.read_text()) if path.exists() else {}
    path.write_text(json.dumps(_plain(before | results), separators=(",", ":")) + "\n")
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
    ablate: bool = False,
    say: Say = to_stderr,
) -> zoo.ModelCard:
    """Everything ``train function`` does: embed, train, measure on valid, write a model folder.

    Raises
    ------
    InputError
        The table has no training or no valid protein.
    """
    for subset in ("train", "valid"):
        if not (table["subset"] == subset).any():
            raise InputError(f"the table has no protein of the subset {subset!r}.")
    backbone = features.NoBackbone() if settings.backbone == "none" else zoo.load(settings.backbone)
    parts = {s: table[table["subset"] == s].reset_index(drop=True) for s in ("train", "valid")}
    terms, steps = prepare.vocabulary(parts["train"]["terms"], ontology, min_proteins=settings.min_proteins)
    for step in steps:
        say(f"{step.name}: {step.kept:,} kept, {step.dropped:,} dropped ({step.why})")
    folder = embeddings or embedding_folder(backbone.name)
    reading = features.Reading(settings.layer, settings.max_residues)
    data = {s: load_data(part, terms, backbone, folder=folder, reading=reading, say=say) for s, part in parts.items()}
    trained = train(data["train"], terms, ontology, backbone, settings, say=say)
    if ablate:
        trained.record["ablation"] = ablation(data["train"], settings, say=say)
    bits = trained.arrays["information"].astype(float)
    results, probability = evaluate(
        trained.model,
        data["valid"],
        references=data["train"].sequences,
        align=align,
        bits=bits,
        bootstrap=bootstrap,
        say=say,
    )
    trained = settle(trained, data["valid"], probability)
    counts = {s: len(d.table) for s, d in data.items()}
    reads = "plain counts, no language model" if settings.backbone == "none" else f"embeddings of {settings.backbone}"
    trained_on = (
        f"{counts['train']:,} human proteins with {len(terms)} GO molecular-function terms (all evidence); measured on "
        f"{counts['valid']:,} others that share no cluster with them; {reads}"
    )
    return save(trained, out, results | {"steps": [asdict(s) for s in steps]}, name=out.name, trained_on=trained_on)
