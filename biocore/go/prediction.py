"""What the model answers for a set of proteins."""

from dataclasses import dataclass

import numpy as np

from biocore.go.homology import HomologueHits
from biocore.go.neighbours import ReferenceHits


@dataclass(frozen=True)
class Prediction:
    """Answer for N proteins over the T terms of the model.

    Attributes
    ----------
    probability : float32 array, (N, T)
        Calibrated, and never higher for a term than for its parents.
    network, neighbours : float32 arrays, (N, T)
        What the network alone, and the neighbours' vote alone, would say (a probability and a fraction of the votes).
    propagated : bool array, (N, T)
        Where the probability was raised to that of a child.
    by_alignment, by_vector : HomologueHits, ReferenceHits
        Nearest annotated proteins, by local alignment and by embedding.
    expect : float array, (N, K)
        E-value of each alignment: how many references would align as well by chance.
    shuffled_bits : float32 array, (N,)
        Bit score of each protein's own shuffled sequence with the same references.
    abstained : tuple of str, length N
        Why the model abstains (the protein is out of its domain); "" where it answers.
    """

    probability: np.ndarray
    network: np.ndarray
    neighbours: np.ndarray
    propagated: np.ndarray
    by_alignment: HomologueHits
    by_vector: ReferenceHits
    expect: np.ndarray
    shuffled_bits: np.ndarray
    abstained: tuple[str, ...]

    def __post_init__(self):
        shape = self.probability.shape
        if (
            not self.network.shape == self.neighbours.shape == self.propagated.shape == shape
            or len(self.abstained) != shape[0]
        ):
            raise ValueError("the parts of a prediction differ in shape")

    def __len__(self) -> int:
        return len(self.probability)
