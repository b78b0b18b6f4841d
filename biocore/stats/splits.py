"""Splits that keep homologues on one side."""

from collections.abc import Sequence

import numpy as np


def cluster_split(clusters: Sequence | np.ndarray, *, share: float, seed: int) -> np.ndarray:
    """Draw about `share` of the rows, whole clusters at a time, so that homologues stay on one side.

    Parameters
    ----------
    clusters : sequence, (N,)
        Cluster of each row: numbers or names.
    share : float
        Fraction of the rows to draw, 0 to 1.
    seed : int

    Returns
    -------
    bool array, (N,)
        True for the drawn rows.  Clusters are looked at in random order, and one that would make the part too large is
        passed over; so a large cluster costs nothing but its own chance.  Where none is small enough the smallest is
        drawn, unless it is the only one.

    Examples
    --------
    >>> clusters = ["large"] * 7 + ["a", "b", "c"]
    >>> cluster_split(clusters, share=0.3, seed=0).tolist()
    [False, False, False, False, False, False, False, True, True, True]
    """
    names, member, sizes = np.unique(np.asarray(clusters), return_inverse=True, return_counts=True)
    room = int(share * len(member) + 0.5)
    drawn = np.zeros(len(names), bool)
    for cluster in np.random.default_rng(seed).permutation(len(names)):
        if sizes[cluster] <= room:
            drawn[cluster] = True
            room -= sizes[cluster]
    if share > 0 and len(names) > 1 and not drawn.any():
        drawn[sizes.argmin()] = True
    return drawn[member]
