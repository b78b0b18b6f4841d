"""Would an experiment show it?  A second answer, learned from the annotations that rest on experiments alone.

Most annotations are inferred from homologues.  What is right need not have been shown; so the annotations of relatives
that were shown by experiment are counted apart, and small networks of their own read them beside what is known anyway.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from biocore.go.calibration import Calibration
from biocore.go.families import FamilyHits, FamilyIndex
from biocore.go.head import Mlp, logit
from biocore.go.homology import HomologueHits, HomologyIndex, excess_bits
from biocore.go.neighbours import votes

EXPERIMENT_FEATURES = (  # behind those of `stacking.pair_features`
    "logit of the homologues' vote fraction, counting terms shown by experiment",
    "bits and similarity of the strongest homologue with the term by experiment",
    "logit of the vote fraction of homologues with experiments, by bits and similarity",
    "logit of the vote fraction of homologues with experiments, by bits",
    "log of the number of homologues with experiments",
    "logit of the term's frequency among proteins with experiments",
    "logit of the vote fraction of proteins of the same families with experiments",
    "logit of the largest fraction of a family's proteins with experiments that has the term",
    "bits shared with the closest such protein that has the term",
)


@dataclass(frozen=True)
class Shown:
    """What experiments have shown of M annotated proteins: T terms.

    Attributes
    ----------
    labels : bool array, (M, T)
        Terms shown by experiment; a protein without any has had none.
    families : FamilyIndex
        Families of the proteins with experiments; the others have none, so that they do not vote.
    frequency : float32 array, (T,)
        Fraction of the training proteins with experiments that has each term.
    """

    labels: np.ndarray
    families: FamilyIndex
    frequency: np.ndarray

    def __post_init__(self):
        if self.labels.shape != (len(self.families), len(self.frequency)):
            raise ValueError("terms by experiment need families of each protein and a frequency of each term")

    @classmethod
    def build(cls, labels: np.ndarray, families: FamilyIndex, frequency: np.ndarray | None = None) -> "Shown":
        """From all families of the annotated proteins; the frequency is that of `labels` where none is given."""
        known = np.asarray(labels.any(axis=1))
        if frequency is None:
            frequency = labels[known].mean(axis=0) if known.any() else np.zeros(labels.shape[1])
        return cls(labels, families.only(known), frequency.astype(np.float32))

    def first(self, count: int) -> "Shown":
        """Of the first `count` proteins alone."""
        return replace(self, labels=self.labels[:count], families=self.families.first(count))

    def features(
        self,
        index: HomologyIndex,
        aligned: HomologueHits,
        families: FamilyHits,
        sequences: Sequence[str],
        *,
        exclude: Sequence[np.ndarray] | None = None,
    ) -> np.ndarray:
        """What experiments with relatives say of each (protein, term), see `EXPERIMENT_FEATURES`.

        Parameters
        ----------
        index : HomologyIndex
            That `aligned` was searched in.
        aligned : HomologueHits
            Of N proteins.
        families : FamilyHits
            Of the same.
        sequences : sequence of str, N
        exclude : sequence of int arrays, optional
            As in `FamilyIndex.votes`.

        Returns
        -------
        float32 array, (N, T, 9)
        """
        beyond = excess_bits(aligned, np.array([max(len(s), 1) for s in sequences]), index.residues)
        weight = beyond * aligned.similarity
        known = np.asarray(self.labels.any(axis=1))[np.maximum(aligned.indices, 0)]
        fraction, closest = votes(aligned, self.labels, weight)
        of_families = self.families.votes(families, self.labels, self.frequency, exclude=exclude)
        columns = [
            *(logit(fraction, 1e-3), np.log1p(closest)),
            logit(votes(aligned, self.labels, weight * known)[0], 1e-3),
            logit(votes(aligned, self.labels, beyond * known)[0], 1e-3),
            np.log1p(((weight > 0) & known).sum(axis=1))[:, None],
            logit(self.frequency)[None],
            *(logit(of_families.fraction, 1e-3), logit(of_families.likeliest, 1e-3), np.log1p(of_families.closest)),
        ]
        out = np.empty((*fraction.shape, len(columns)), np.float32)
        for number, values in enumerate(columns):
            out[..., number] = values
        return out

    def arrays(self) -> dict[str, np.ndarray]:
        """As named arrays, for safetensors, without the families."""
        return {
            "experiment.starts": np.concatenate([[0], self.labels.sum(axis=1).cumsum()]).astype(np.uint32),
            "experiment.terms": self.labels.nonzero()[1].astype(
                np.uint16 if self.labels.shape[1] < 2**16 else np.uint32
            ),
            "experiment.frequency": self.frequency,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], families: FamilyIndex) -> "Shown":
        """The reverse of `arrays`."""
        starts, frequency = arrays["experiment.starts"].astype(np.int64), arrays["experiment.frequency"]
        labels = np.zeros((len(starts) - 1, len(frequency)), bool)
        labels[np.repeat(np.arange(len(labels)), np.diff(starts)), arrays["experiment.terms"]] = True
        return cls.build(labels, families, frequency)


@dataclass(frozen=True)
class Experiments:
    """The second answer.

    Attributes
    ----------
    shown : Shown
    stacks : tuple of Mlp
        What is known of one (protein, term), with what experiments say -> log-odds; averaged.
    calibration : Calibration
    """

    shown: Shown
    stacks: tuple[Mlp, ...]
    calibration: Calibration

    def first(self, count: int) -> "Experiments":
        """With the first `count` annotated proteins alone."""
        return replace(self, shown=self.shown.first(count))
