"""Which annotated proteins look like this one?  Neighbours by k-mers and by embedding, and the terms they vote for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from biocore.sequence import AMINO_ACIDS
from biocore.stats.neighbours import nearest, smallest

GROUPS = ("A", "C", "DE", "FWY", "G", "H", "ILMV", "KR", "NQ", "P", "ST")  # amino acids read as one letter
SPAN = 6
TOP = 20  # neighbours that are found

_LETTER = np.full(256, -1, dtype=np.int64)
for _number, _group in enumerate(GROUPS):
    for _amino_acid in _group:
        _LETTER[ord(_amino_acid)] = _number
assert set("".join(GROUPS)) == set(AMINO_ACIDS)


@dataclass(frozen=True)
class ReferenceHits:
    """Most similar reference proteins of each query, most similar first.

    Attributes
    ----------
    indices : int array, (N, K)
        Rows of the reference; -1 where there are fewer than K.
    similarity : float32 array, (N, K)
        0 (nothing shared) to 1 (the same); 0 where the index is -1.
    """

    indices: np.ndarray
    similarity: np.ndarray

    def __post_init__(self):
        if self.indices.shape != self.similarity.shape:
            raise ValueError("indices and similarity differ in shape")

    @property
    def best(self) -> np.ndarray:
        """Similarity of the nearest one, (N,); 0 where there is none."""
        return self.similarity[:, 0]


def group_numbers(sequence: str) -> np.ndarray:
    """Number of each residue's group in `GROUPS`, int64 (L,); -1 for X, B, Z, U and O.

    Parameters
    ----------
    sequence : str, length L
        Upper-case residues.

    Raises
    ------
    UnicodeEncodeError
        A letter beyond ASCII.

    Examples
    --------
    >>> group_numbers("ADEX").tolist()
    [0, 2, 2, -1]
    """
    return _LETTER[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]


def kmers(sequence: str, *, span: int = SPAN) -> np.ndarray:
    """Distinct k-mers over the reduced alphabet, as sorted numbers; those with X, B, Z, U or O are left out.

    Parameters
    ----------
    sequence : str
    span : int
        Residues of a k-mer.

    Returns
    -------
    int64 array, (number of distinct k-mers,)
    """
    letters = group_numbers(sequence)
    count = len(letters) - span + 1
    if count < 1:
        return np.zeros(0, dtype=np.int64)
    codes = np.zeros(count, dtype=np.int64)
    known = np.ones(count, dtype=bool)
    for offset in range(span):
        part = letters[offset : offset + count]
        codes = codes * len(GROUPS) + part
        known &= part >= 0
    return np.unique(codes[known])


@dataclass(frozen=True)
class KmerIndex:
    """Reference proteins by their k-mers.

    Attributes
    ----------
    codes : int64 array, (F,), sorted
        K-mers some reference protein has.
    counts : int64 array, (F,)
        How many have each.
    proteins : int32 array, (sum of counts,)
        Which, in the order of `codes`.
    norms : float32 array, (N,)
        Length of each protein's weighted k-mer vector.
    """

    codes: np.ndarray
    counts: np.ndarray
    proteins: np.ndarray
    norms: np.ndarray

    @classmethod
    def build(cls, sequences: Sequence[str]) -> "KmerIndex":
        """Index reference proteins.

        Parameters
        ----------
        sequences : sequence of str, N

        Returns
        -------
        KmerIndex
        """
        each = [kmers(sequence) for sequence in sequences]
        flat = np.concatenate([*each, np.zeros(0, np.int64)])
        owner = np.repeat(np.arange(len(sequences), dtype=np.int32), [len(codes) for codes in each])
        codes, counts = np.unique(flat, return_counts=True)
        index = cls(codes, counts, owner[np.argsort(flat, kind="stable")], np.ones(len(sequences), np.float32))
        return replace(index, norms=np.array([index._norm(codes) for codes in each], np.float32))

    def __len__(self) -> int:
        return len(self.norms)

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], self.counts.cumsum()])

    @cached_property
    def _weights(self) -> np.ndarray:
        """Inverse document frequency of each k-mer, natural log."""
        return np.log((len(self) + 1) / (self.counts + 0.5)).clip(0).astype(np.float32)

    def _find(self, codes: np.ndarray) -> np.ndarray:
        """Rows of `codes` in the index; -1 for k-mers no reference has."""
        if not len(self.codes):
            return np.full(len(codes), -1)
        rows = np.searchsorted(self.codes, codes).clip(max=len(self.codes) - 1)
        return np.where(self.codes[rows] == codes, rows, -1)

    def _norm(self, codes: np.ndarray) -> float:
        rows = self._find(codes)
        rare = np.log((len(self) + 1) / 0.5)
        weights = np.where(rows >= 0, self._weights[rows] if len(self.codes) else 0, rare)
        return float(np.sqrt((weights**2).sum())) or 1.0

    def similarity(self, sequence: str) -> np.ndarray:
        """Cosine of the weighted k-mer vectors of a protein and of every reference, (N,) in [0, 1].

        Parameters
        ----------
        sequence : str
        """
        codes = kmers(sequence)
        rows = self._find(codes)
        found = rows[rows >= 0]
        if not len(found):
            return np.zeros(len(self), np.float32)
        sizes = self.counts[found]
        offsets = np.repeat(self._starts[found] - np.concatenate([[0], sizes.cumsum()[:-1]]), sizes)
        owners = self.proteins[offsets + np.arange(sizes.sum())]
        shared = np.bincount(owners, weights=np.repeat(self._weights[found] ** 2, sizes), minlength=len(self))
        return np.minimum(shared / (self.norms * self._norm(codes)), 1.0).astype(np.float32)

    def search(
        self, sequences: Sequence[str], *, top: int = TOP, exclude: Sequence[np.ndarray] | None = None
    ) -> ReferenceHits:
        """Nearest references of each sequence.

        Parameters
        ----------
        exclude : sequence of int arrays, optional
            For each query, rows of the reference that must not be found (its own cluster, in cross-validation).

        Returns
        -------
        ReferenceHits
        """
        found = []
        for number, sequence in enumerate(sequences):
            row = self.similarity(sequence)
            if exclude is not None:
                row[exclude[number]] = 0
            indices = smallest(-row[None], min(top, len(row)))
            found.append(_found(indices, np.take_along_axis(row[None], indices, axis=1), top))
        if not found:
            return ReferenceHits(np.zeros((0, top), np.int64), np.zeros((0, top), np.float32))
        return ReferenceHits(np.vstack([f.indices for f in found]), np.vstack([f.similarity for f in found]))


def _found(indices: np.ndarray, similarity: np.ndarray, top: int) -> ReferenceHits:
    """Rows of `top` neighbours; those without similarity are none."""
    missing = ((0, 0), (0, top - indices.shape[1]))
    some = similarity > 0
    return ReferenceHits(
        np.pad(np.where(some, indices, -1), missing, constant_values=-1),
        np.pad(np.where(some, similarity, 0), missing).astype(np.float32),
    )


def nearest_vectors(
    queries: np.ndarray, references: np.ndarray, *, top: int = TOP, exclude: Sequence[np.ndarray] | None = None
) -> ReferenceHits:
    """Nearest reference vectors by cosine similarity, exactly.

    Parameters
    ----------
    queries : float array, (N, D)
    references : float array, (M, D)
    top : int
    exclude : sequence of int arrays, optional
        As in `KmerIndex.search`.
    """
    queries, references = np.asarray(queries, np.float32), np.asarray(references, np.float32)
    indices, distances = nearest(queries, references, k=top, exclude=exclude)
    return _found(indices, 1 - distances, top)


def votes(neighbours: ReferenceHits, labels: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the neighbours' terms say.

    Parameters
    ----------
    labels : bool array, (M, T)
        Terms of the reference proteins.
    weight : float array, (N, K)
        How much each neighbour's vote counts, 0 or more.

    Returns
    -------
    fraction : float32 array, (N, T)
        Fraction of the votes for each term; 0 where no neighbour votes.
    closest : float32 array, (N, T)
        Weight of the weightiest neighbour that has the term; 0 where none has.
    """
    n, t = len(neighbours.indices), labels.shape[1]
    fraction, closest = np.zeros((n, t), np.float32), np.zeros((n, t), np.float32)
    for row in range(n):
        known = (neighbours.indices[row] >= 0) & (weight[row] > 0)
        if not known.any():
            continue
        counted = weight[row, known]
        having = labels[neighbours.indices[row, known]]
        fraction[row] = counted @ having / counted.sum()
        closest[row] = (counted[:, None] * having).max(axis=0)
    return fraction, closest


def same_cluster(clusters: Sequence) -> list[np.ndarray]:
    """For each protein, the rows of its own cluster (itself among them).

    Parameters
    ----------
    clusters : sequence, N
        Cluster of each protein.

    Returns
    -------
    list of int arrays, N

    Examples
    --------
    >>> [rows.tolist() for rows in same_cluster(["a", "b", "a"])]
    [[0, 2], [1], [0, 2]]
    """
    _, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    order = np.argsort(index, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(index[order])) + 1)
    return [members[i] for i in index]


def cluster(sequences: Sequence[str], *, min_similarity: float = 0.3) -> list[int]:
    """Put sequences together that share many k-mers, directly or through others (single linkage).

    Meant for tables of some ten thousand proteins where no clusters are given; identical sequences are always together.

    Parameters
    ----------
    sequences : sequence of str, N
    min_similarity : float
        Cosine of the weighted k-mer vectors from which two sequences are put together.

    Returns
    -------
    list of int
        Number of the cluster of each sequence.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    index = KmerIndex.build(sequences)
    same: dict[str, int] = {}
    rows, columns = [], []
    for i, sequence in enumerate(sequences):
        near = np.flatnonzero(index.similarity(sequence) >= min_similarity)
        rows += [i] * (len(near) + 1)
        columns += [*near.tolist(), same.setdefault(sequence, i)]
    graph = coo_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(sequences), len(sequences)))
    return connected_components(graph, directed=False)[1].tolist()
