"""Which annotated proteins look like this one?  Neighbours by k-mers and by embedding, and the terms they vote for.

No alignment program and no sequence database is needed: an index holds hashed k-mers over a reduced alphabet, from
which no sequence can be read back in order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from biocore.sequence import AMINO_ACIDS

GROUPS = ("A", "C", "DE", "FWY", "G", "H", "ILMV", "KR", "NQ", "P", "ST")  # amino acids read as one letter
SPAN = 6
CAP = 512  # k-mers kept of one protein; the others are left out by hash
TOP = 20  # neighbours that vote
POWER = 3.0  # a vote's weight is similarity ** POWER

_LETTER = np.full(256, -1, dtype=np.int64)
for _number, _group in enumerate(GROUPS):
    for _amino_acid in _group:
        _LETTER[ord(_amino_acid)] = _number
_STORED = ("counts", "proteins", "norms", "kept")
assert set("".join(GROUPS)) == set(AMINO_ACIDS)


@dataclass(frozen=True)
class Neighbours:
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


def kmers(sequence: str, *, span: int = SPAN) -> np.ndarray:
    """Distinct k-mers over the reduced alphabet, as sorted numbers; those with X, B, Z, U or O are left out."""
    letters = _LETTER[np.frombuffer(sequence.encode("ascii"), dtype=np.uint8)]
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


def _hashed(codes: np.ndarray) -> np.ndarray:
    """A fixed shuffle of k-mer codes (multiplicative hash), so that the kept ones are spread over the protein."""
    return (codes.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(20)


@dataclass(frozen=True)
class KmerIndex:
    """Reference proteins by their k-mers.

    Attributes
    ----------
    codes : uint32 array, (F,), sorted
        K-mers some reference protein has.
    counts : uint16 array, (F,)
        How many have each.
    proteins : uint16 or uint32 array, (sum of counts,)
        Which, in the order of `codes`.
    norms : float32 array, (N,)
        Length of each protein's weighted k-mer vector, before the cap.
    kept : float32 array, (N,)
        Share of each protein's k-mers that the index holds.
    """

    codes: np.ndarray
    counts: np.ndarray
    proteins: np.ndarray
    norms: np.ndarray
    kept: np.ndarray

    @classmethod
    def build(cls, sequences: Sequence[str], *, cap: int = CAP) -> "KmerIndex":
        """Index reference proteins."""
        every = [kmers(sequence) for sequence in sequences]
        kept = [codes if len(codes) <= cap else codes[np.argsort(_hashed(codes))[:cap]] for codes in every]
        width = np.uint16 if len(sequences) < 2**16 else np.uint32
        flat = np.concatenate([*kept, np.zeros(0, np.int64)])
        owner = np.repeat(np.arange(len(sequences)), [len(codes) for codes in kept]).astype(width)
        order = np.argsort(flat, kind="stable")
        codes, counts = np.unique(flat, return_counts=True)
        index = cls(
            codes.astype(np.uint32),
            np.minimum(counts, 2**16 - 1).astype(np.uint16),
            owner[order],
            np.ones(len(sequences), np.float32),
            np.array([len(k) / max(len(e), 1) for k, e in zip(kept, every, strict=True)], np.float32),
        )
        norms = np.array([index._norm(codes) for codes in every], np.float32)
        return cls(index.codes, index.counts, index.proteins, norms, index.kept)

    def __len__(self) -> int:
        return len(self.norms)

    @cached_property
    def _starts(self) -> np.ndarray:
        return np.concatenate([[0], self.counts.astype(np.int64).cumsum()])

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
        """Cosine of the weighted k-mer vectors of a protein and of every reference, (N,) in [0, 1]."""
        codes = kmers(sequence)
        rows = self._find(codes)
        found = rows[rows >= 0]
        if not len(found):
            return np.zeros(len(self), np.float32)
        sizes = self.counts[found].astype(np.int64)
        offsets = np.repeat(self._starts[found] - np.concatenate([[0], sizes.cumsum()[:-1]]), sizes)
        owners = self.proteins[offsets + np.arange(sizes.sum())]
        shared = np.bincount(owners, weights=np.repeat(self._weights[found] ** 2, sizes), minlength=len(self))
        cosine = shared / np.maximum(self.kept, 1e-6) / (self.norms * self._norm(codes))
        return np.minimum(cosine, 1.0).astype(np.float32)

    def search(
        self, sequences: Sequence[str], *, top: int = TOP, exclude: Sequence[np.ndarray] | None = None
    ) -> Neighbours:
        """Nearest references of each sequence.

        Parameters
        ----------
        exclude : sequence of int arrays, optional
            For each query, rows of the reference that must not be found (its own cluster, in cross-validation).
        """
        found = []
        for number, sequence in enumerate(sequences):
            row = self.similarity(sequence)
            if exclude is not None:
                row[exclude[number]] = 0
            found.append(_top(row[None], top))
        if not found:
            return Neighbours(np.zeros((0, top), np.int64), np.zeros((0, top), np.float32))
        return Neighbours(np.vstack([f.indices for f in found]), np.vstack([f.similarity for f in found]))

    def by_chance(self, sequences: Sequence[str], *, shuffles: int = 3) -> np.ndarray:
        """How similar a reference is to each protein's own shuffled sequence, (N,): the best of `shuffles`."""
        best = np.zeros(len(sequences), np.float32)
        for row, sequence in enumerate(sequences):
            rng = np.random.default_rng(len(sequence))  # the same answer each time
            letters = np.array(list(sequence))
            for _ in range(shuffles):
                best[row] = max(best[row], self.similarity("".join(rng.permutation(letters))).max(initial=0))
        return best

    def arrays(self) -> dict[str, np.ndarray]:
        """The index as named arrays, for safetensors; which k-mers occur is one bit for each possible one."""
        present = np.zeros(len(GROUPS) ** SPAN, dtype=bool)
        present[self.codes] = True
        return {"kmer.present": np.packbits(present)} | {f"kmer.{name}": getattr(self, name) for name in _STORED}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "KmerIndex":
        """The reverse of `arrays`."""
        codes = np.flatnonzero(np.unpackbits(arrays["kmer.present"])[: len(GROUPS) ** SPAN]).astype(np.uint32)
        return cls(codes, *(arrays[f"kmer.{name}"] for name in _STORED))


def _top(similarity: np.ndarray, top: int) -> Neighbours:
    """The `top` largest entries of each row that are above 0."""
    width = min(top, similarity.shape[1])
    chosen = (
        np.argpartition(-similarity, width - 1, axis=1)[:, :width] if width else np.zeros((len(similarity), 0), int)
    )
    values = np.take_along_axis(similarity, chosen, axis=1)
    order = np.argsort(-values, axis=1, kind="stable")
    chosen, values = np.take_along_axis(chosen, order, axis=1), np.take_along_axis(values, order, axis=1)
    indices = np.full((len(similarity), top), -1, dtype=np.int64)
    result = np.zeros((len(similarity), top), dtype=np.float32)
    indices[:, :width], result[:, :width] = np.where(values > 0, chosen, -1), np.maximum(values, 0)
    return Neighbours(indices, result)


def nearest_vectors(
    queries: np.ndarray,
    references: np.ndarray,
    *,
    top: int = TOP,
    exclude: Sequence[np.ndarray] | None = None,
    block: int = 1024,
) -> Neighbours:
    """Nearest reference vectors by cosine similarity, exactly.

    Parameters
    ----------
    queries : float array, (N, D)
    references : float array, (M, D)
    exclude : sequence of int arrays, optional
        As in `KmerIndex.search`.
    block : int
        Queries compared at once; changes memory, not the result.
    """
    references = _unit(references)
    parts = []
    for start in range(0, len(queries), block):
        similarity = _unit(queries[start : start + block]) @ references.T
        if exclude is not None:
            for row, gone in enumerate(exclude[start : start + block]):
                similarity[row, gone] = 0
        parts.append(_top(similarity, top))
    if not parts:
        return Neighbours(np.zeros((0, top), np.int64), np.zeros((0, top), np.float32))
    return Neighbours(np.vstack([p.indices for p in parts]), np.vstack([p.similarity for p in parts]))


def _unit(vectors: np.ndarray) -> np.ndarray:
    vectors = np.asarray(vectors, dtype=np.float32)
    return vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)


def votes(neighbours: Neighbours, labels: np.ndarray, *, power: float = POWER) -> tuple[np.ndarray, np.ndarray]:
    """What the neighbours' terms say.

    Parameters
    ----------
    labels : bool array, (M, T)
        Terms of the reference proteins.

    Returns
    -------
    share : float32 array, (N, T)
        Share of the neighbours with each term, weighted by similarity ** power; 0 where a protein has no neighbour.
    closest : float32 array, (N, T)
        Similarity of the nearest neighbour that has the term; 0 where none has.
    """
    n, t = len(neighbours.indices), labels.shape[1]
    share, closest = np.zeros((n, t), np.float32), np.zeros((n, t), np.float32)
    for row in range(n):
        known = neighbours.indices[row] >= 0
        if not known.any():
            continue
        similarity = neighbours.similarity[row, known]
        having = labels[neighbours.indices[row, known]]
        weight = similarity**power
        share[row] = weight @ having / max(weight.sum(), 1e-12)
        closest[row] = (similarity[:, None] * having).max(axis=0)
    return share, closest


def same_cluster(clusters: Sequence) -> list[np.ndarray]:
    """For each protein, the rows of its own cluster (itself among them)."""
    _, index = np.unique(np.asarray(clusters, dtype=str), return_inverse=True)
    order = np.argsort(index, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(index[order])) + 1)
    return [members[i] for i in index]


def cluster(sequences: Sequence[str], *, min_similarity: float = 0.3) -> list[int]:
    """Put sequences together that share many k-mers, directly or through others (single linkage).

    Meant for tables of some ten thousand proteins where no clusters are given; identical sequences are always together.

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
