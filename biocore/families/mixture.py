"""What columns of proteins are like: a mixture of typical columns, used as prior and as a small alphabet.

A column seen in few sequences is completed with the typical columns it resembles, as Dirichlet mixtures do
(Sjolander et al. 1996, doi:10.1093/bioinformatics/12.4.327).
"""

from dataclasses import dataclass

import numpy as np

from biocore.sequence import AMINO_ACIDS

FLOOR = 1e-4


@dataclass(frozen=True)
class Mixture:
    """Typical columns.

    Attributes
    ----------
    weights : float32 array, (K,), sum 1
    components : float32 array, (K, 20), rows sum to 1
    """

    weights: np.ndarray
    components: np.ndarray

    def __post_init__(self):
        if self.components.shape != (len(self.weights), len(AMINO_ACIDS)):
            raise ValueError(f"components {self.components.shape}: ({len(self.weights)}, 20) are needed")

    def __len__(self) -> int:
        return len(self.weights)

    def responsibilities(self, frequencies: np.ndarray, effective: np.ndarray) -> np.ndarray:
        """Probability of each component for each column, (L, K).

        Parameters
        ----------
        frequencies : float array, (L, 20)
        effective : float array, (L,)
            How many observations a column stands for; 0 gives the components' weights.
        """
        logs = np.log(np.maximum(self.components, FLOOR)).T.astype(np.float32)
        evidence = (frequencies * np.asarray(effective)[:, None]).astype(np.float32) @ logs
        evidence += np.log(self.weights)
        evidence -= evidence.max(axis=1, keepdims=True)
        np.exp(evidence, out=evidence)
        return evidence / evidence.sum(axis=1, keepdims=True)

    def completed(self, frequencies: np.ndarray, effective: np.ndarray, *, prior: float) -> np.ndarray:
        """Probabilities of the amino acids at each column, float32 (L, 20).

        Parameters
        ----------
        frequencies, effective
            As in `responsibilities`.
        prior : float
            How many observations the typical columns are worth.
        """
        n = np.asarray(effective, np.float32)[:, None]
        expected = self.responsibilities(frequencies, effective) @ self.components
        return ((n * frequencies + prior * expected) / (n + prior)).astype(np.float32)

    def nearest(self, probabilities: np.ndarray) -> np.ndarray:
        """The component closest to each distribution (least Kullback-Leibler divergence), uint8 (L,)."""
        return (probabilities @ np.log(np.maximum(self.components, FLOOR)).T).argmax(axis=1).astype(np.uint8)


def fit_mixture(
    frequencies: np.ndarray, effective: np.ndarray, *, components: int, seed: int, steps: int = 40, hard: bool = False
) -> Mixture:
    """Fit typical columns by expectation and maximisation.

    Parameters
    ----------
    frequencies : float array, (L, 20)
    effective : float array, (L,)
    components : int
    seed : int
        Of the columns the components start from.
    hard : bool
        Each column belongs to one component only: an alphabet of columns instead of a prior.
    """
    rng = np.random.default_rng(seed)
    background = np.average(frequencies, axis=0, weights=effective)
    start = _apart(frequencies, components, rng)
    mixture = Mixture(
        np.full(components, 1 / components, np.float32), (0.6 * start + 0.4 * background).astype(np.float32)
    )
    counts = (frequencies * effective[:, None]).astype(np.float32)
    for _ in range(steps):
        if hard:
            shares = np.eye(components, dtype=np.float32)[mixture.nearest(frequencies)]
        else:
            shares = mixture.responsibilities(frequencies, effective)
        mass = shares.T @ counts + background * 1.0
        weights = shares.sum(axis=0) + 1e-3
        mixture = Mixture(
            (weights / weights.sum()).astype(np.float32),
            (mass / mass.sum(axis=1, keepdims=True)).astype(np.float32),
        )
    return mixture


def _apart(frequencies: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Columns far from one another to start from: Arthur & Vassilvitskii (2007), k-means++."""
    some = frequencies[rng.permutation(len(frequencies))[:20_000]]
    chosen = [some[0]]
    distance = ((some - chosen[0]) ** 2).sum(axis=1, dtype=np.float64)
    while len(chosen) < count:
        total = distance.sum()
        pick = rng.choice(len(some), p=distance / total) if total > 0 else rng.integers(len(some))
        chosen.append(some[pick])
        distance = np.minimum(distance, ((some - chosen[-1]) ** 2).sum(axis=1))
    return np.stack(chosen)
