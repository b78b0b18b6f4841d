"""Train the second answer, what experiments would show, on training proteins that have had experiments."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.go import calibration
from biocore.go.experiments import Shown
from biocore.go.families import FamilyHits, FamilyIndex
from biocore.go.homology import HomologueHits, HomologyIndex
from biocore.go.ontology import propagate_scores
from biocore.go.train.prepare import label_matrix
from biocore.go.train.settings import Data, Settings, numbers
from biocore.go.train.weigh import weigh, weigh_in_folds
from biocore.stats import go_metrics as metrics

COLUMN = "terms_experimental"


@dataclass(frozen=True)
class Evidence:
    """What is known of the proteins that the networks are weighed on, as if their own clusters were unknown.

    Attributes
    ----------
    rows : int array, (N,)
        The proteins in the table.
    pairs : float32 array, (N, T, F)
        `stacking.pair_features`.
    index : HomologyIndex
    aligned : HomologueHits
    families : FamilyHits
    near : list of int arrays, N
        Rows of each protein's own cluster.
    """

    rows: np.ndarray
    pairs: np.ndarray
    index: HomologyIndex
    aligned: HomologueHits
    families: FamilyHits
    near: Sequence[np.ndarray]


def train_experiments(
    data: Data,
    terms: Sequence[str],
    parents: dict[int, tuple[int, ...]],
    known: Evidence,
    of_families: FamilyIndex,
    lines: calibration.Calibration,
    probability: np.ndarray,
    bits: np.ndarray,
    settings: Settings,
) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Networks, calibration and labels of `go.experiments.Experiments`, as arrays; and what was measured out of fold.

    Parameters
    ----------
    data : Data
    terms : sequence of str, T
    parents : mapping
        Number of a term -> numbers of its parents.
    known : Evidence
    of_families : FamilyIndex
        Of all proteins of `data`.
    lines : Calibration
        Of the first answer: its groups of terms.
    probability : float array, (N, T)
        The first answer out of fold, which the second never exceeds.
    bits : float array, (T,)
        Information content.
    settings : Settings

    Returns
    -------
    arrays, record : dict
        Both empty where too few of the proteins have had experiments.
    """
    shown = Shown.build(label_matrix(list(data.table[COLUMN]), terms), of_families)
    labels = shown.labels[known.rows]
    had = [int(row) for row in np.flatnonzero(labels.any(axis=1))]
    clusters = [data.table["cluster"][known.rows[row]] for row in had]
    if len(set(clusters)) < 2 * settings.folds:
        return {}, {}
    asked, near = [data.sequences[known.rows[row]] for row in had], [known.near[row] for row in had]
    more = shown.features(known.index, known.aligned.take(np.array(had)), known.families.take(had), asked, exclude=near)
    pairs, labels = np.concatenate([known.pairs[had], more], axis=-1), labels[had]
    stacks = weigh(pairs, labels, settings)
    logits = weigh_in_folds(pairs, labels, clusters, settings)
    fitted = calibration.fit_calibration(logits, labels, lines.groups, lines.group)
    arrays = shown.arrays() | {"experiment.slope": fitted.slope, "experiment.offset": fitted.offset}
    for number, network in enumerate(stacks):
        arrays |= network.arrays(f"experiment{number}")
    answer = np.minimum(propagate_scores(fitted(logits), parents), probability[had])
    record = {
        "out_of_fold_experimental": numbers(metrics.evaluate(labels, answer, bits, bootstrap=0)),
        "out_of_fold_experimental_first": numbers(metrics.evaluate(labels, probability[had], bits, bootstrap=0)),
    }
    return arrays, record
