"""From where on a protein counts as familiar: chosen on sequences that are none."""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.special import expit

from biocore.go import features, head, neighbours
from biocore.go.ontology import propagate_scores
from biocore.go.train import chance
from biocore.go.train.settings import Settings

PASSED = 0.01  # fraction of the chance sequences that each criterion may let pass
SEED = 1000  # other sequences than those `chance.measure` counts


def familiar(
    heads: Sequence[head.Mlp],
    centre: np.ndarray,
    axes: np.ndarray,
    vectors: np.ndarray,
    sequences: Sequence[str],
    parents: Mapping[int, tuple[int, ...]],
    backbone: features.Backbone,
    settings: Settings,
) -> dict[str, float]:
    """Where a protein starts to be familiar; see `biocore.go.domain.Domain`.

    Alignment: an E-value of 0.01 and 1.2 times the bits of its own shuffled sequence.  Families: an E-value of 0.001.
    Embedding and network: nearer to a training protein, and surer of a term, than 99 in 100 random sequences and
    shuffled training proteins are; without a language model embeddings do not count (2, which nothing reaches).

    Parameters
    ----------
    heads : sequence of Mlp
    centre, axes : float arrays
        Main axes on which neighbours are sought.
    vectors : float array, (M, d)
        Of the training proteins.
    sequences : sequence of str, M
        The training proteins.
    parents : mapping
        Of the terms.
    backbone : Backbone
    settings : Settings
    """
    limits = {"expect": 1e-2, "times": 1.2, "families": 1e-3, "vector": 2.0, "network": 2.0}
    none = chance.random_sequences(settings.chance, seed=SEED + settings.seed)
    none += chance.shuffled_sequences(sequences, settings.chance, seed=SEED + settings.seed)
    pooled = features.pooled_all(backbone, none, features.Reading(settings.layer, settings.max_residues))
    x = np.hstack([pooled, features.counts_all(none, settings.count_groups)])
    logits = np.mean([network(x) for network in heads], axis=0)
    sure = propagate_scores(expit(logits), parents).max(axis=1)
    limits["network"] = float(np.quantile(sure, 1 - PASSED))
    if backbone.hash != "none":
        near = neighbours.nearest_vectors(head.project(heads[0], x, centre, axes), vectors, top=1).best
        limits["vector"] = float(np.quantile(near, 1 - PASSED))
    return limits
