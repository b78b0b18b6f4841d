"""Ridge regression on ranks, from each protein's moments, so that leaving proteins out costs no second look at data."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from biocore.variants.features import FeatureTable, features
from biocore.variants.model import Ridge
from biocore.variants.train.scans import Assay, Protein

POWERS = (0.0, 1.0, 2.0)  # of what others explain of a protein, in its weight
LEAST_TRUST = 0.02
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
        These three are means over the protein's assays of what is found within each assay: nothing is learned from how
        assays differ.
    variance : float
        Of the rank.
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
    variance: float
    weight: float


def measured(protein: Protein, *, said: np.ndarray | None = None, table: FeatureTable | None = None) -> Measured:
    """The features of a protein where it was measured; see `features` for `said`."""
    table = table or features(protein.sequence, protein.profile, said=said)
    values = tuple(table.values[a.position, a.mutant] for a in protein.assays)
    found = [_moments(x, a) for x, a in zip(values, protein.assays, strict=True)]
    covariance, product, mean = (np.mean([one[k] for one in found], axis=0) for k in range(3))
    variance = float(np.mean([assay.rank.var() for assay in protein.assays]))
    weight = float(np.mean([len(x) for x in values]))
    return Measured(protein, table.names, table.groups, values, covariance, product, mean, variance, weight)


def _moments(values: np.ndarray, assay: Assay) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    mean = values.mean(axis=0, dtype=np.float64)
    x, y = values - mean, assay.rank - assay.rank.mean()
    return x.T @ x / len(x), x.T @ y / len(x), mean


def fit(proteins: Sequence[Measured], groups: Sequence[str], *, penalty: float | None = None) -> Ridge:
    """Ridge regression of the rank on the features of some groups; proteins that others cannot explain count less.

    A scan that measures what homologues and chemistry do not tell (binding to one partner, an assay near its noise)
    teaches little of other proteins.  How much of each protein the others explain is known without asking its own fit,
    so it may weigh the protein: see `trusted`.

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
    moments = Moments.of(proteins, chosen)
    penalty = choose_penalty(moments) if penalty is None else penalty
    names, of = (tuple(np.array(column)[chosen].tolist()) for column in (proteins[0].names, proteins[0].groups))
    mean = np.average([p.mean[chosen] for p in proteins], axis=0, weights=moments.weight)
    return Ridge(names, of, trusted(moments, penalty).solution(penalty), mean, TYPICAL)


@dataclass(frozen=True)
class Moments:
    """What regressions on some features need of P proteins, side by side; see `Measured`.

    Attributes
    ----------
    covariance : float array, (P, K, K)
    product : float array, (P, K)
    variance, weight : float arrays, (P,)
    cluster : str array, (P,)
    """

    covariance: np.ndarray
    product: np.ndarray
    variance: np.ndarray
    weight: np.ndarray
    cluster: np.ndarray

    @classmethod
    def of(cls, proteins: Sequence[Measured], chosen: np.ndarray) -> "Moments":
        """Of the features with the numbers `chosen`."""
        return cls(
            np.stack([p.covariance[np.ix_(chosen, chosen)] for p in proteins]),
            np.stack([p.product[chosen] for p in proteins]),
            np.array([p.variance for p in proteins]),
            np.array([p.weight for p in proteins]),
            np.array([p.protein.cluster for p in proteins]),
        )

    def solution(self, penalty: float, *, without: str | None = None) -> np.ndarray:
        """Weights of the ridge regression, (K,), with all proteins or those of one cluster left out."""
        weight = self.weight if without is None else np.where(self.cluster == without, 0.0, self.weight)
        weight = weight / weight.sum()
        covariance, product = np.tensordot(weight, self.covariance, 1), weight @ self.product
        scale = np.sqrt(np.maximum(np.diag(covariance), 0))
        scale[scale < 1e-9] = np.inf  # a feature that never varies gets no weight
        standard = covariance / scale / scale[:, None] + penalty * np.eye(len(scale))
        return np.linalg.solve(standard, product / scale) / scale

    def left_out(self, penalty: float) -> tuple[np.ndarray, np.ndarray]:
        """Each protein's variance of, and covariance with, what a fit to the other clusters says of it, (P,) each."""
        variance, agreement = np.zeros(len(self.weight)), np.zeros(len(self.weight))
        for cluster in np.unique(self.cluster):
            held = self.cluster == cluster
            w = self.solution(penalty, without=cluster)
            variance[held], agreement[held] = self.covariance[held] @ w @ w, self.product[held] @ w
        return variance, agreement


def choose_penalty(moments: Moments) -> float:
    """The penalty of `PENALTIES` with the least squared error on clusters of proteins that were left out."""
    if len(np.unique(moments.cluster)) < 2:
        return PENALTIES[-1]
    errors = []
    for penalty in PENALTIES:
        variance, agreement = moments.left_out(penalty)
        errors.append(moments.weight @ (variance - 2 * agreement))
    return PENALTIES[int(np.argmin(errors))]


def explained(moments: Moments, penalty: float) -> np.ndarray:
    """Correlation of each protein's ranks with what a fit to the other clusters says of them, (P,)."""
    variance, agreement = moments.left_out(penalty)
    spread = np.sqrt(variance * moments.variance)
    return np.divide(agreement, spread, out=np.zeros_like(spread), where=spread > 0)


def trusted(moments: Moments, penalty: float) -> Moments:
    """The same with each protein's weight times a power of what the others explain of it.

    The power of `POWERS` is the one whose fits agree best, on average, with clusters of proteins that were left out.
    """
    if len(np.unique(moments.cluster)) < 2:
        return moments
    trust = np.maximum(explained(moments, penalty), LEAST_TRUST)
    tried = [replace(moments, weight=moments.weight * trust**power) for power in POWERS]
    return tried[int(np.argmax([explained(one, penalty).mean() for one in tried]))]
