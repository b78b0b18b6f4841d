"""Train the head, weigh it against the neighbours, calibrate; all of it inside the training split."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import expit

from biocore.errors import InputError
from biocore.families.model import Families
from biocore.go import calibration, features, head, homology, neighbours
from biocore.go.families import FamilyHits, FamilyIndex
from biocore.go.ontology import Ontology, propagate_scores
from biocore.go.reference import as_lines
from biocore.go.stacking import Terms, homologues_of, pair_features, vector_votes
from biocore.go.stored import from_arrays
from biocore.go.train import domain, mlp, splits
from biocore.go.train.experiments import Evidence, train_experiments
from biocore.go.train.extend import reference_arrays
from biocore.go.train.family_hits import stored_families
from biocore.go.train.settings import Data, Say, Settings, as_json, numbers, quiet
from biocore.go.train.stored import stored_neighbours
from biocore.go.train.trained import Trained
from biocore.go.train.weigh import weigh, weigh_in_folds
from biocore.stats import go_metrics as metrics


def train(
    data: Data,
    terms: Sequence[str],
    ontology: Ontology,
    backbone: features.Backbone,
    settings: Settings,
    *,
    folder: Path,
    library: Families | None = None,
    say: Say = quiet,
) -> Trained:
    """Train on the proteins of `data`, all of them training proteins.

    Parameters
    ----------
    folder : Path
        Where alignments and families are kept between runs (`stored_neighbours`, `stored_families`).
    library : Families, optional
        Without one the model knows no families.

    Returns
    -------
    Trained

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
    heads = [mlp.fit(x, data.labels, settings.fit, seed=settings.seed + n)[0] for n in range(settings.seeds)]
    heads = [head.Mlp.from_arrays(h.arrays("h", half=True), "h") for h in heads]  # as they will be read

    say("neighbours")
    centre, axes = _main_axes(heads[0], x, data.pooled.shape[1] or x.shape[1], settings.axes)
    vectors = head.project(heads[0], x, centre, axes).astype(np.float16)
    index = homology.HomologyIndex.build(data.sequences, filtered=settings.filtered)
    rows = np.sort(np.random.default_rng(settings.seed).permutation(len(x))[: settings.weighed])
    hits = stored_families(library, data.sequences, folder, say=say)
    of_terms, known = _evidence(rows, oof, vectors, index, hits, data, settings, folder=folder, say=say)

    say("weighing the head against the neighbours")
    labels = data.labels[rows]
    stacks = weigh(known.pairs, labels, settings)
    logits = weigh_in_folds(known.pairs, labels, [data.table["cluster"][row] for row in rows], settings)

    parents = ontology.parents_within(terms)
    groups, group = calibration.term_groups(terms, ontology)
    lines = calibration.fit_calibration(logits, labels, groups, group)
    probability = propagate_scores(lines(logits), parents)
    threshold = calibration.choose_thresholds(probability, labels)
    bits = metrics.information_content(data.labels, parents)
    of_families = FamilyIndex.build(hits)
    say("what experiments would show")
    experiments, by_experiment = train_experiments(
        data, terms, parents, known, of_families, lines, probability, bits, settings
    )
    familiar = domain.familiar(heads, centre, axes, vectors, data.sequences, parents, backbone, settings)

    details = {
        "backbone": settings.backbone,
        "backbone_hash": backbone.hash,
        "heads": settings.seeds,
        "stacks": len(stacks),
        "experiment_stacks": settings.stacks if experiments else 0,
        "groups": list(groups),
        "count_groups": list(settings.count_groups),
        "vector_power": settings.vector_power,
        "layer": settings.layer,
        "max_residues": settings.max_residues,
        "familiar": familiar,
        "filtered": settings.filtered,
        "families": "none" if library is None else library.name,
        "families_hash": "none" if library is None else library.hash,
        "reliability": {},
        "settings": as_json(asdict(settings)),
    }
    arrays = {"information": bits.astype(np.float32), "centre": centre, "axes": axes} | of_terms.arrays()
    for n, network in enumerate(heads):
        arrays |= network.arrays(f"head{n}", half=True)
    for n, network in enumerate(stacks):
        arrays |= network.arrays(f"stack{n}")
    if library is not None:
        arrays |= of_families.arrays()
    arrays |= experiments | index.arrays() | reference_arrays(data.table, vectors, ontology)
    arrays |= {"text.vocabulary": as_lines(terms), "text.parents": as_lines(_parent_lines(parents))}
    arrays |= {"calibration.group": lines.group, "calibration.slope": lines.slope, "calibration.offset": lines.offset}
    blank = np.full(len(terms), np.nan)
    arrays |= calibration.Thresholds(threshold, blank, blank, blank * 0, blank * 0).arrays()
    record = {"curve": curve, "out_of_fold": numbers(metrics.evaluate(labels, probability, bits, bootstrap=0))}
    record["out_of_fold_network"] = numbers(
        metrics.evaluate(labels, propagate_scores(expit(oof[rows]), parents), bits, bootstrap=0)
    )
    record |= by_experiment
    model = from_arrays(arrays, details, backbone=backbone, library=library)
    return Trained(model, arrays, details, record, probability)


def _out_of_fold(x: np.ndarray, data: Data, settings: Settings, say: Say) -> tuple[np.ndarray, list[dict[str, float]]]:
    """Logits for each training protein from a head that has not seen its cluster; and the first fold's curve."""
    folds = splits.cluster_folds(list(data.table["cluster"]), settings.folds, seed=settings.seed)
    oof = np.zeros(data.labels.shape, np.float32)
    curve: list[dict[str, float]] = []
    for fold in range(settings.folds):
        held = folds == fold

        def watch(epoch: int, network: head.Mlp, held=held) -> dict[str, float]:
            return _watch(network(x[held]), data.labels[held]) if epoch % 3 == 0 or epoch == 1 else {}

        networks = []
        for copy in range(settings.seeds):
            seed = settings.seed + 100 + fold + 1000 * copy
            seen = None if fold or copy else watch
            network, rows = mlp.fit(x[~held], data.labels[~held], settings.fit, seed=seed, watch=seen)
            networks.append(network)
            curve += rows
        oof[held] = np.mean([network(x[held]) for network in networks], axis=0)
        say(f"fold {fold + 1} of {settings.folds}: {_watch(oof[held], data.labels[held])}")
    return oof, curve


def _evidence(
    rows: np.ndarray,
    oof: np.ndarray,
    vectors: np.ndarray,
    index: homology.HomologyIndex,
    hits: FamilyHits,
    data: Data,
    settings: Settings,
    *,
    folder: Path,
    say: Say,
) -> tuple[Terms, Evidence]:
    """What is known of the terms, and of each (protein, term) of `rows` as if its own cluster were unknown."""
    own = neighbours.same_cluster(list(data.table["cluster"]))
    asked, near = [data.sequences[row] for row in rows], [own[row] for row in rows]
    of_families, theirs = FamilyIndex.build(hits), hits.take(rows)
    by_alignment = stored_neighbours(index, asked, folder, exclude=near, say=say)
    by_vector = neighbours.nearest_vectors(vectors[rows], vectors, exclude=near)
    by_kmer = neighbours.KmerIndex.build(data.sequences).search(data.sequences, exclude=own)
    of_terms = Terms.measure(data.labels, by_kmer)
    homologues = homologues_of(index, by_alignment, asked, data.labels)
    votes = vector_votes(by_vector, data.labels, settings.vector_power)
    families = None
    if settings.families != "none":
        families = of_families.votes(theirs, data.labels, of_terms.frequency, exclude=near)
    pairs = pair_features(oof[rows], homologues, votes, families, of_terms, asked)
    return of_terms, Evidence(rows, pairs, index, by_alignment, theirs, near)


def ablation(data: Data, settings: Settings, *, say: Say = quiet) -> list[dict[str, Any]]:
    """What each group of inputs is worth to the head: one fold of the training split, with and without it.

    Parameters
    ----------
    data : Data
        Training proteins.
    settings : Settings
    say : callable
        Gets a line for each group.

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
    held = splits.cluster_folds(list(data.table["cluster"]), settings.folds, seed=settings.seed) == 0
    rows = []
    for left_out in (None, *groups):
        x = np.hstack([values for name, values in groups.items() if name != left_out])
        network, _ = mlp.fit(x[~held], data.labels[~held], settings.fit, seed=settings.seed + 100)
        name = "all groups" if left_out is None else f"without {left_out}"
        rows.append({"inputs": name, "width": x.shape[1]} | _watch(network(x[held]), data.labels[held]))
        say(f"ablation: {rows[-1]}")
    return rows


def _watch(logits: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Loss, mean auPRC and auROC over proteins."""
    p = expit(logits)
    ap, auc = metrics.ranking(labels, p)
    with np.errstate(divide="ignore"):
        each = -np.where(labels, np.log(np.maximum(p, 1e-12)), np.log(np.maximum(1 - p, 1e-12))).sum(axis=1)
    return {
        "held_out_loss": round(float(each.mean()), 4),
        "protein_auprc": round(float(np.nanmean(ap)), 4),
        "protein_auroc": round(float(np.nanmean(auc)), 4),
    }


def _main_axes(network: head.Mlp, x: np.ndarray, width: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Centre (width,) and main axes (width, count) of the first inputs as the head scales them; labels play no part."""
    scaled = network.standardise(x)[:, :width]
    centre = scaled.mean(axis=0)
    _, axes = np.linalg.eigh(np.atleast_2d(np.cov((scaled - centre).T)))
    return centre.astype(np.float32), np.ascontiguousarray(axes[:, ::-1][:, :count].astype(np.float32))


def _parent_lines(parents: dict[int, tuple[int, ...]]) -> list[str]:
    return [" ".join(str(p) for p in parents[i]) for i in range(len(parents))]
