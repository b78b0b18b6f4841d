"""Small networks that weigh what is known of each (protein, term), trained and, in folds, asked."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from biocore.go import head
from biocore.go.stacking import stacked
from biocore.go.train import mlp, splits
from biocore.go.train.settings import STACK, Settings


def weigh(pairs: np.ndarray, labels: np.ndarray, settings: Settings) -> list[head.Mlp]:
    """Networks that read `pairs` (N, T, F), from different seeds.

    Parameters
    ----------
    pairs : float32 array, (N, T, F)
    labels : bool array, (N, T)
    settings : Settings
    """
    flat, right = pairs.reshape(-1, pairs.shape[-1]), labels.reshape(-1, 1)
    size = int(np.clip(len(flat) // 64, 64, STACK.batch_size))  # enough steps in a small table, too
    config = replace(STACK, batch_size=size)
    return [mlp.fit(flat, right, config, seed=settings.seed + n)[0] for n in range(settings.stacks)]


def weigh_in_folds(pairs: np.ndarray, labels: np.ndarray, clusters: Sequence, settings: Settings) -> np.ndarray:
    """Log-odds (N, T) of each protein from networks that have not seen its cluster: to calibrate on.

    Parameters
    ----------
    pairs, labels, settings
        As in `weigh`.
    clusters : sequence, N
        Cluster of each protein.
    """
    folds = splits.cluster_folds(list(clusters), settings.folds, seed=settings.seed + 1)
    logits = np.zeros(labels.shape, np.float32)
    for fold in range(settings.folds):
        held = folds == fold
        logits[held] = stacked(weigh(pairs[~held], labels[~held], replace(settings, stacks=1)), pairs[held])
    return logits
