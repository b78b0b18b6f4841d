"""What the model answers for a set of proteins."""

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from biocore.go.families import FamilyHits
from biocore.go.homology import HomologueHits
from biocore.go.neighbours import ReferenceHits


@dataclass(frozen=True)
class Prediction:
    """Answer for N proteins over the T terms of the model.

    Attributes
    ----------
    probability : float32 array, (N, T)
        Calibrated, and never higher for a term than for its parents.
    experimental : float32 array, (N, T)
        Probability that a term would stand among the annotations that rest on experiments, if the protein has any;
        never higher than `probability`, and NaN where the model does not know.
    network, neighbours : float32 arrays, (N, T)
        What the network alone, and the neighbours' vote alone, would say (a probability and a fraction of the votes).
    propagated : bool array, (N, T)
        Where the probability was raised to that of a child.
    by_alignment, by_vector : HomologueHits, ReferenceHits
        Nearest annotated proteins, by local alignment and by embedding.
    families : FamilyHits
        Families of each protein that annotated proteins are of, too.
    expect : float array, (N, K)
        E-value of each alignment: how many references would align as well by chance.
    shuffled_bits : float32 array, (N,)
        Bit score of each protein's own shuffled sequence with the same references.
    abstained : tuple of str, length N
        Why the model abstains (the protein is out of its domain); "" where it answers.
    """

    probability: np.ndarray
    experimental: np.ndarray
    network: np.ndarray
    neighbours: np.ndarray
    propagated: np.ndarray
    by_alignment: HomologueHits
    by_vector: ReferenceHits
    families: FamilyHits
    expect: np.ndarray
    shuffled_bits: np.ndarray
    abstained: tuple[str, ...]

    def __post_init__(self):
        shape = self.probability.shape
        if (
            not self.experimental.shape == self.network.shape == self.neighbours.shape == self.propagated.shape == shape
            or not len(self.abstained) == len(self.families) == shape[0]
        ):
            raise ValueError("the parts of a prediction differ in shape")

    def __len__(self) -> int:
        return len(self.probability)


def join(parts: Sequence[Prediction]) -> Prediction:
    """One prediction of the proteins of several, in their order.

    Parameters
    ----------
    parts : sequence of Prediction, one or more
        Of one model.
    """
    if len(parts) == 1:
        return parts[0]
    columns = {field.name: [getattr(part, field.name) for part in parts] for field in fields(Prediction)}
    joined = {name: np.concatenate(values) for name, values in columns.items() if isinstance(values[0], np.ndarray)}
    return Prediction(
        **joined,
        by_alignment=HomologueHits(*_stacked(columns["by_alignment"], ("indices", "similarity", "bits"))),
        by_vector=ReferenceHits(*_stacked(columns["by_vector"], ("indices", "similarity"))),
        families=FamilyHits.joined(columns["families"]),
        abstained=tuple(why for part in parts for why in part.abstained),
    )


def _stacked(hits: Sequence[ReferenceHits], names: Sequence[str]) -> list[np.ndarray]:
    return [np.concatenate([getattr(one, name) for one in hits]) for name in names]
