"""What every training step sees, as a function of the seed and the step alone.

Nothing here keeps a random state: a run that resumes at step k sees what an uninterrupted run would have seen.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from biocore.esm2.train.corpus import Corpus
from biocore.esm2.vocabulary import AMINO_ACID_IDS, CLS, EOS, MASK, PAD

IGNORED = -100  # label of a position that is not scored; torch's own default


@dataclass(frozen=True)
class Masking:
    """How residues are hidden: 15 % chosen, of which 80 % masked, 10 % replaced, 10 % left, as for ESM-2.

    References
    ----------
    Devlin et al. (2019), NAACL, doi:10.18653/v1/N19-1423.
    Lin et al. (2023), Science 379:1123-1130, doi:10.1126/science.ade2574.
    """

    chosen: float = 0.15
    masked: float = 0.8
    replaced: float = 0.1

    def apply(self, ids: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Hide residues of a batch.

        Parameters
        ----------
        ids : int64 array, (N, T)
            With ``<cls>``, ``<eos>`` and ``<pad>``, which are never chosen.

        Returns
        -------
        inputs, labels : int64 arrays, (N, T)
            `labels` is `IGNORED` wherever nothing is to be predicted.
        """
        chosen = (rng.random(ids.shape) < self.chosen) & (ids != CLS) & (ids != EOS) & (ids != PAD)
        fate = rng.random(ids.shape)
        inputs = np.where(chosen & (fate < self.masked), MASK, ids)
        replace = chosen & (fate >= self.masked) & (fate < self.masked + self.replaced)
        inputs = np.where(replace, rng.choice(AMINO_ACID_IDS, ids.shape), inputs)
        return inputs, np.where(chosen, ids, IGNORED)


@dataclass
class Plan:
    """Batches of an endless sequence of epochs over the training clusters.

    Parameters
    ----------
    corpus : Corpus
    train : bool array, (N,)
    crop : int
        Longest piece of a protein, residues; longer ones are cut at a random place each epoch.
    budget : int
        Tokens in a batch, padding included.
    seed : int
    weights : dict
        Group -> how many times as many of its clusters are seen as of others (1 where a group is not named).
    """

    corpus: Corpus
    train: np.ndarray
    crop: int
    budget: int
    seed: int
    weights: dict[str, float] = field(default_factory=dict)

    def __post_init__(self):
        rows = np.flatnonzero(self.train)
        order = rows[np.argsort(self.corpus.clusters[rows], kind="stable")]
        self._order = order
        _, self._starts, self._sizes = np.unique(self.corpus.clusters[order], return_index=True, return_counts=True)

    def epoch(self, number: int) -> list[list[tuple[int, int, int]]]:
        """The batches of one epoch, each a list of (protein, start, length).

        One protein a cluster, lengths alike within a batch, batches in random order.
        """
        rng = np.random.default_rng([self.seed, 1, number])
        proteins = self._order[self._starts + (rng.random(len(self._sizes)) * self._sizes).astype(np.int64)]
        proteins = np.repeat(proteins, self._copies(proteins, rng))
        lengths = self.corpus.lengths[proteins]
        kept = np.minimum(lengths, self.crop)
        starts = (rng.random(len(proteins)) * (lengths - kept + 1)).astype(np.int64)
        order = np.argsort(kept + rng.random(len(kept)))  # by length, ties in random order
        batches: list[list[tuple[int, int, int]]] = []
        batch: list[tuple[int, int, int]] = []
        for index in order.tolist():
            piece = (int(proteins[index]), int(starts[index]), int(kept[index]))
            if batch and (len(batch) + 1) * (piece[2] + 2) > self.budget:  # the newest is the longest
                batches.append(batch)
                batch = []
            batch.append(piece)
        batches.append(batch)
        rng.shuffle(batches)
        return batches

    def _copies(self, proteins: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """How often each protein is seen in an epoch: its group's weight, fractions by chance."""
        if not self.corpus.groups or not self.weights:
            return np.ones(len(proteins), np.int64)
        wanted = np.array([self.weights.get(self.corpus.groups[p], 1.0) for p in proteins])
        return (wanted + rng.random(len(wanted))).astype(np.int64)

    def steps(self, epoch: int, batch: int) -> Iterator[tuple[int, int, np.ndarray]]:
        """Batches from a place on, without end: (epoch, index of the batch, token ids (N, T))."""
        while True:
            batches = self.epoch(epoch)
            for index in range(batch, len(batches)):
                yield epoch, index, self.ids(batches[index])
            epoch, batch = epoch + 1, 0

    def ids(self, pieces: list[tuple[int, int, int]], *, multiple: int = 8) -> np.ndarray:
        """Token ids of pieces with ``<cls>``, ``<eos>`` and padding to a multiple of 8, int64 (N, T)."""
        longest = max(length for _, _, length in pieces) + 2
        ids = np.full((len(pieces), -(-longest // multiple) * multiple), PAD, np.int64)
        for row, (protein, start, length) in enumerate(pieces):
            whole = self.corpus.protein(protein)
            ids[row, 0] = CLS
            ids[row, 1 : length + 1] = whole[start : start + length]
            ids[row, length + 1] = EOS
        return ids
