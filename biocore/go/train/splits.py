"""Who is related to whom must stay together: clusters, the split by them, the folds by them."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.go.train.steps import Step, keep
from biocore.stats.splits import cluster_split


def clustered(
    proteins: pd.DataFrame, clusters: Mapping[str, str], *, drop_unclustered: bool = False
) -> tuple[pd.DataFrame, Step]:
    """Add the column `cluster`; proteins of one sequence are always in one cluster, whatever the table says.

    Parameters
    ----------
    proteins : DataFrame
        With EntryID and Sequence.
    clusters : mapping
        Accession -> cluster, as `sources.read_clusters` gives it.
    drop_unclustered : bool
        Leave out the proteins that no cluster holds, instead of refusing: whom they are related to is not known, so
        they could stand on both sides of the split.

    Returns
    -------
    DataFrame, Step

    Raises
    ------
    InputError
        Some proteins are in no cluster and are not to be left out, or none is in any.
    """
    known = proteins["EntryID"].isin(clusters.keys())
    gone = proteins.loc[~known, "EntryID"]
    if len(gone) and (not drop_unclustered or not known.any()):
        raise InputError(
            f"{len(gone):,} of {len(proteins):,} proteins are in no cluster of the table, {gone.iloc[0]} first; "
            f"it holds {len(clusters):,}, {next(iter(clusters), 'none')} first. Cluster the same FASTA file, or "
            "leave these proteins out with --drop-unclustered."
        )
    kept, step = keep(proteins, known, "clustered proteins", "proteins", "in no cluster of the table", "EntryID")
    kept["cluster"] = _joined([clusters[entry] for entry in kept["EntryID"]], list(kept["Sequence"]))
    return kept, step


def _joined(clusters: Sequence[str], sequences: Sequence[str]) -> list[str]:
    """Clusters that hold the same sequence as one, under the first name of theirs."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    names, row = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    _, column = np.unique(np.asarray(sequences, dtype=str), return_inverse=True)
    size = len(names) + int(column.max(initial=-1)) + 1
    graph = coo_matrix((np.ones(len(row)), (row, len(names) + column)), shape=(size, size))
    component = connected_components(graph, directed=False)[1][: len(names)]
    first = {number: name for number, name in zip(component[::-1], names[::-1], strict=True)}
    return [str(first[component[r]]) for r in row]


def check_split(table: pd.DataFrame) -> None:
    """Refuse a table in which training and validation proteins share a sequence or a cluster.

    Parameters
    ----------
    table : DataFrame
        With EntryID, subset, Sequence and cluster.

    Raises
    ------
    InputError
        Some do.
    """
    for column, what in (("Sequence", "sequence"), ("cluster", "cluster")):
        valid = table[table["subset"] == "valid"]
        both = valid[valid[column].isin(table.loc[table["subset"] == "train", column])]
        if len(both):
            raise InputError(
                f"{len(both):,} valid proteins ({both['EntryID'].iloc[0]}, ...) share a {what} with training proteins: "
                "what is measured on them would be what was learned by heart. Split whole clusters (prepare-function)."
            )


def split_by_cluster(clusters: Sequence, *, valid_fraction: float = 1 / 6, seed: int) -> np.ndarray:
    """Split proteins so that a cluster is never on both sides.

    Parameters
    ----------
    clusters : sequence, N
    valid_fraction : float
    seed : int

    Returns
    -------
    array of str, (N,)
        "train" or "valid"; see `biocore.stats.splits.cluster_split`.
    """
    valid = cluster_split(np.asarray(clusters, dtype=str), share=valid_fraction, seed=seed)
    return np.where(valid, "valid", "train")


def cluster_folds(clusters: Sequence, folds: int, *, seed: int) -> np.ndarray:
    """Number of the fold of each protein, 0 to `folds` - 1; a cluster is in one fold.

    Parameters
    ----------
    clusters : sequence, N
    folds : int
    seed : int

    Returns
    -------
    int array, (N,)
    """
    names, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    return (np.random.default_rng(seed).permutation(len(names)) % folds)[index]
