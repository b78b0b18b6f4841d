"""Splits that keep relatives on one side."""

import numpy as np


def cluster_split(clusters: np.ndarray, *, share: float, seed: int) -> np.ndarray:
    """True for about `share` of the rows, whole clusters at a time, so that relatives stay on one side.

    Parameters
    ----------
    clusters : array, (N,)
        Cluster of each row.
    """
    names, member = np.unique(clusters, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))
    filled = np.bincount(member)[order].cumsum()
    chosen = np.zeros(len(names), bool)
    chosen[order[filled <= share * len(member)]] = True
    return chosen[member]
