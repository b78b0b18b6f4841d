"""Ridge regression on ranks, from each protein's moments, so that leaving proteins out costs no second look at data."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.variants.features import FeatureTable, features
from biocore.variants.model import Ridge
from biocore.variants.train.scans import Assay, Protein

PENALTIES = (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)
TYPICAL = -0.5  # score of an average substitution: half-way down the ranks of its assay, less one


@dataclass(frozen=True)
class Measured:
    """A protein's features at the substitutions that were measured, and what a regression needs of them.

    Attributes
    ----------
    protein : Protein
    names, groups : tuples of str, length K
    values : tuple of float32 arrays, (N, K)
        One for each assay of the protein.
    covariance : float array, (K, K)
    product : float array, (K,)
        Covariance of the features with the rank.
    mean : float array, (K,)
        All three are means over the protein's assays of what is found within each assay: nothing is learned from how
        assays differ.
    weight : float
        Substitutions measured, the mean over its assays.
    """

    protein: Protein
    names: tuple[str, ...]
    groups: tuple[str, ...]
    values: tuple[np.ndarray, ...]
    covariance: np.ndarray
    product: np.ndarray
    mean: np.ndarray
    weight: float


def measured(protein: Protein, *, said: np.ndarray | None = None, table: FeatureTable | None = None) -> Measured:
    """The features of a protein where it was measured; see `features` for `said`."""
    table = table or features(protein.sequence, protein.profile, said=said)
    values = tuple(table.values[a.position, a.mutant] for a in protein.assays)
    found = [_moments(x, a) for x, a in zip(values, protein.assays, strict=True)]
    covariance, product, mean = (np.mean([one[k] for one in found], axis=0) for k in range(3))
    return Measured(
        protein, table.names, table.groups, values, covariance, product, mean, float(np.mean([len(x) for x in values]))
    )


def _moments(values: np.ndarray, assay: Assay) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = values.mean(axis=0, dtype=np.float64)
    x, y = values - mean, assay.rank - assay.rank.mean()
    return x.T @ x / len(x), x.T @ y / len(x), mean


def fit(proteins: Sequence[Measured], groups: Sequence[str], *, penalty: float | None = None) -> Ridge:
    """Ridge regression of the rank on the features of some groups.

    Parameters
    ----------
    proteins : sequence of Measured
    groups : sequence of str
        Features of these take part.
    penalty : float, optional
        On the squared weights of standardised features; by `choose_penalty` where it is not given.

    Returns
    -------
    Ridge

    References
    ----------
    Hoerl & Kennard (1970), Technometrics 12:55-67, doi:10.1080/00401706.1970.10488634.
    """
    chosen = np.flatnonzero(np.isin(proteins[0].groups, list(groups)))
    penalty = choose_penalty(proteins, chosen) if penalty is None else penalty
    names, of = (tuple(np.array(column)[chosen].tolist()) for column in (proteins[0].names, proteins[0].groups))
    mean = np.average([p.mean[chosen] for p in proteins], axis=0, weights=[p.weight for p in proteins])
    return Ridge(names, of, _weights(proteins, chosen, penalty), mean, TYPICAL)


def choose_penalty(proteins: Sequence[Measured], chosen: np.ndarray) -> float:
    """The penalty of `PENALTIES` with the least squared error on clusters of proteins that were left out."""
    clusters = sorted({p.protein.cluster for p in proteins})
    errors = np.zeros(len(PENALTIES))
    for cluster in clusters:
        rest = [p for p in proteins if p.protein.cluster != cluster]
        if not rest:
            return PENALTIES[-1]
        for place, penalty in enumerate(PENALTIES):
            w = _weights(rest, chosen, penalty)
            for p in proteins:
                if p.protein.cluster == cluster:
                    error = w @ p.covariance[np.ix_(chosen, chosen)] @ w - 2 * p.product[chosen] @ w
                    errors[place] += p.weight * error
    return PENALTIES[int(errors.argmin())]


def _weights(proteins: Sequence[Measured], chosen: np.ndarray, penalty: float) -> np.ndarray:
    of = [p.weight for p in proteins]
    covariance = np.average([p.covariance[np.ix_(chosen, chosen)] for p in proteins], axis=0, weights=of)
    product = np.average([p.product[chosen] for p in proteins], axis=0, weights=of)
    scale = np.sqrt(np.maximum(np.diag(covariance), 0))
    scale[scale < 1e-9] = np.inf  # a feature that never varies gets no weight
    standard = covariance / scale / scale[:, None] + penalty * np.eye(len(chosen))
    return np.linalg.solve(standard, product / scale) / scale
