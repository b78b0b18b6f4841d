"""Which annotated proteins are related to this one?  Local alignments over a reduced alphabet of eleven letters.

The index holds each reference protein as a string of amino-acid groups (``GROUPS``), from which its sequence cannot be
read back.  Alignments of such strings find nearly the homologues that alignments of the sequences find, and no
alignment program has to be installed.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from biocore.go.neighbours import GROUPS, TOP, ReferenceHits, group_numbers
from biocore.go.seeds import SeedIndex
from biocore.sequence import AMINO_ACIDS

# Of BLOSUM62: Henikoff & Henikoff (1992), doi:10.1073/pnas.89.22.10915; scale as in Karlin & Altschul (1990)
BLOSUM_SCALE = 0.3176
# Fraction of each amino acid, in the order of AMINO_ACIDS: Robinson & Robinson (1991), doi:10.1073/pnas.88.20.8880
BACKGROUND = (
    *(0.0780, 0.0192, 0.0536, 0.0629, 0.0386, 0.0738, 0.0219, 0.0514, 0.0574, 0.0902),
    *(0.0224, 0.0448, 0.0520, 0.0426, 0.0512, 0.0712, 0.0584, 0.0644, 0.0133, 0.0321),
)
GAP_OPEN, GAP_EXTEND = 12, 2  # of a gap's first residue, of each further one
# Of the scores of 60,000 pairs of random sequences with these groups' frequencies (`benchmarks.bench_homology`)
SCALE, SIZE = 0.265, 0.0484
UNKNOWN = len(GROUPS)  # number of a letter that is in no group
SHUFFLES = 3
LONG = 5000  # residues from which a protein is filtered in any case: it takes seconds
KEPT = 2000  # references that pass the filter and are aligned; a smaller index is aligned whole
WIDE = 10_000  # residues of a protein from which fewer are kept, so that the work stops growing
_LETTERS = "ABCDEFGHIJKZ"


@lru_cache(maxsize=1)
def group_matrix() -> np.ndarray:
    """Scores of aligning one group with another, int (11, 11): the log-odds that BLOSUM62 implies for whole groups."""
    from scoring_matrices import ScoringMatrix

    blosum = ScoringMatrix.from_name("BLOSUM62")
    place = [blosum.alphabet.index(letter) for letter in AMINO_ACIDS]
    scores = np.array([[blosum[i][j] for j in place] for i in place])
    fraction = np.array(BACKGROUND) / sum(BACKGROUND)
    pairs = np.outer(fraction, fraction) * np.exp(BLOSUM_SCALE * scores)
    member = np.array([[letter in group for letter in AMINO_ACIDS] for group in GROUPS], float)
    alone = member @ fraction
    return np.rint(np.log(member @ pairs @ member.T / np.outer(alone, alone)) / BLOSUM_SCALE).astype(int)


def bits(score: np.ndarray) -> np.ndarray:
    """Bit score of a raw score: how many halvings of the chance of a random pair it is worth; 0 for a score of 0.

    Parameters
    ----------
    score : float array

    Returns
    -------
    float32 array of the same shape
    """
    return np.where(score > 0, np.maximum((SCALE * score - np.log(SIZE)) / np.log(2), 0), 0).astype(np.float32)


def kept(length: int) -> int:
    """References that pass the filter for a protein of `length` residues: titin's 34,350 are aligned with 582."""
    return KEPT * WIDE // max(length, WIDE)


def expect(bits: np.ndarray, length: np.ndarray, residues: int) -> np.ndarray:
    """How many references would align this well by chance (E-value).

    Parameters
    ----------
    bits : float array, (N, ...)
        Bit scores.
    length : int array, (N,)
        Residues of each query.
    residues : int
        Of all references together.

    References
    ----------
    Karlin & Altschul (1990), doi:10.1073/pnas.87.6.2264; without their correction for the ends of sequences.
    """
    length = np.asarray(length, float).reshape(-1, *[1] * (np.ndim(bits) - 1))
    return length * residues * np.exp2(-np.asarray(bits, float))


@dataclass(frozen=True)
class HomologueHits(ReferenceHits):
    """`ReferenceHits` found by alignment.

    Attributes
    ----------
    bits : float32 array, (N, K)
        Bit score of each alignment; 0 where there is none.
    """

    bits: np.ndarray

    def __post_init__(self):
        super().__post_init__()
        if self.bits.shape != self.indices.shape:
            raise ValueError("indices and bits differ in shape")

    def take(self, rows: np.ndarray) -> "HomologueHits":
        """Those of some queries."""
        return HomologueHits(*(v[rows] for v in (self.indices, self.similarity, self.bits)))

    def of(self, row: int) -> "HomologueHits":
        """Those of one query."""
        return self.take(np.array([row]))


def excess_bits(neighbours: HomologueHits, length: np.ndarray, residues: int) -> np.ndarray:
    """Bits of each neighbour beyond those of ten chance hits (E = 10), float32 (N, K); 0 for what is weaker.

    Parameters
    ----------
    neighbours : HomologueHits
        Of N queries.
    length : int array, (N,)
        Residues of each query.
    residues : int
        Of all references together.
    """
    floor = np.log2(np.maximum(np.asarray(length, float) * residues / 10, 1))
    return np.maximum(neighbours.bits - floor[:, None], 0).astype(np.float32)


@dataclass(frozen=True)
class HomologyIndex:
    """Reference proteins as strings of amino-acid groups.

    Attributes
    ----------
    groups : uint8 array, (R,)
        Group of every residue of every reference, one protein after another; 11 where a letter is in none.
    lengths : uint32 array, (N,)
    filtered : bool
        Align only the references that pass the filter, instead of all; otherwise only proteins of `LONG`
        residues and more are filtered.
    """

    groups: np.ndarray
    lengths: np.ndarray
    filtered: bool = False

    def __post_init__(self):
        if len(self.groups) != int(self.lengths.sum()):
            raise ValueError("lengths do not fit the residues")

    @classmethod
    def build(cls, sequences: Sequence[str], *, filtered: bool = False) -> "HomologyIndex":
        """Index reference proteins.

        Parameters
        ----------
        sequences : sequence of str, N
        filtered : bool

        Returns
        -------
        HomologyIndex
        """
        parts = [group_numbers(sequence) for sequence in sequences]
        flat = np.concatenate([*parts, np.zeros(0, np.int64)])
        lengths = np.array([len(p) for p in parts], np.uint32)
        return cls(np.where(flat < 0, UNKNOWN, flat).astype(np.uint8), lengths, filtered)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def residues(self) -> int:
        """Residues of all references together."""
        return len(self.groups)

    def first(self, count: int) -> "HomologyIndex":
        """The first `count` references alone."""
        return HomologyIndex(self.groups[: int(self.lengths[:count].sum())], self.lengths[:count], self.filtered)

    def sequences(self) -> list[str]:
        """Each reference with the first letter of its group for every residue, X where it has none."""
        return self._spelled("".join(group[0] for group in GROUPS) + "X")

    def _spelled(self, alphabet: str) -> list[str]:
        """Each reference with a letter of `alphabet` for every group."""
        letters = np.frombuffer(alphabet.encode(), np.uint8)[self.groups].tobytes()
        edges = np.concatenate([[0], self.lengths.astype(np.int64).cumsum()])
        return [letters[a:b].decode() for a, b in zip(edges[:-1], edges[1:], strict=True)]

    @cached_property
    def _engine(self):
        """Aligner and database; built when first needed, in about a second for 12,000 proteins."""
        import pyopal
        from scoring_matrices import ScoringMatrix

        scores = np.full((UNKNOWN + 1, UNKNOWN + 1), -1.0, np.float32)
        scores[:UNKNOWN, :UNKNOWN] = group_matrix()
        aligner = pyopal.Aligner(
            ScoringMatrix(scores.tolist(), alphabet=_LETTERS), gap_open=GAP_OPEN, gap_extend=GAP_EXTEND
        )
        return aligner, pyopal.Database(self._spelled(_LETTERS), alphabet=pyopal.Alphabet(_LETTERS))

    @cached_property
    def _seeds(self) -> SeedIndex:
        return SeedIndex(self.groups, self.lengths.astype(np.int64), UNKNOWN)

    def candidates(self, sequence: str, exclude: np.ndarray | None = None) -> np.ndarray | None:
        """Rows of the `kept` references most like a protein without gaps; None where all are to be aligned.

        Parameters
        ----------
        sequence : str
        exclude : int array, optional
            Rows to leave out.

        Notes
        -----
        What the filter loses is measured by ``benchmarks.bench_homology``.
        """
        if len(self) <= 2 * KEPT or (len(sequence) < LONG and not self.filtered):
            return None
        matrix = np.full((UNKNOWN + 1, UNKNOWN + 1), -1.0)
        matrix[:UNKNOWN, :UNKNOWN] = group_matrix()
        found = self._seeds.scores(group_numbers(sequence), matrix)
        if exclude is not None:
            found[exclude] = 0
        most = kept(len(sequence))
        best = np.argpartition(-found, most)[:most]
        return np.sort(best[found[best] > 0])

    @cached_property
    def _own(self) -> np.ndarray:
        """Score of each reference with itself, (N,)."""
        each = np.append(np.diag(group_matrix()), 0)[self.groups]
        starts = np.concatenate([[0], self.lengths.astype(np.int64).cumsum()[:-1]])
        return np.add.reduceat(each, starts).astype(np.float32) if len(each) else np.zeros(len(self), np.float32)

    def scores(self, sequence: str, among: np.ndarray | None = None) -> np.ndarray:
        """Best local alignment of a protein with every reference, raw scores, float32 (N,).

        Parameters
        ----------
        among : int array, optional
            Rows of the reference to align; the others get 0.

        References
        ----------
        Smith & Waterman (1981), doi:10.1016/0022-2836(81)90087-5; computed by Opal through pyopal.
        """
        found = np.zeros(len(self), np.float32)
        if not sequence or not len(self) or (among is not None and not len(among)):
            return found
        aligner, database = self._engine
        if among is not None:
            database = database.extract(np.asarray(among).tolist())
        hits = aligner.align(_spelled_query(sequence), database, mode="score", algorithm="sw")
        raw = np.zeros(len(database), np.float32)
        raw[[hit.target_index for hit in hits]] = [hit.score for hit in hits]
        found[slice(None) if among is None else among] = np.maximum(raw, 0)
        return found

    def align(self, sequence: str, reference: int) -> Any:
        """pyopal's full result for a protein and one reference; None where nothing aligns (`pairwise` reads it).

        Parameters
        ----------
        sequence : str
        reference : int
            Its row.
        """
        if not sequence:
            return None
        aligner, database = self._engine
        hits = list(aligner.align(_spelled_query(sequence), database.extract([reference]), mode="full", algorithm="sw"))
        return hits[0] if hits and hits[0].score > 0 else None

    def _each(
        self,
        sequences: Sequence[str],
        exclude: Sequence[np.ndarray] | None,
        among: np.ndarray | None,
    ) -> Iterator[np.ndarray]:
        """`scores` of each sequence in turn; alignment lets go of the interpreter, so a thread a core works."""

        def scored(row: int) -> np.ndarray:
            out = None if exclude is None else exclude[row]
            found = self.scores(sequences[row], self.candidates(sequences[row], out) if among is None else among)
            if out is not None:
                found[out] = 0
            return found

        if len(sequences) < 2:
            yield from (scored(row) for row in range(len(sequences)))
            return
        _ = self._engine, self._seeds  # made once, before the threads ask for them
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            yield from pool.map(scored, range(len(sequences)))

    def search(
        self,
        sequences: Sequence[str],
        *,
        top: int = TOP,
        exclude: Sequence[np.ndarray] | None = None,
        among: np.ndarray | None = None,
    ) -> HomologueHits:
        """Nearest references of each sequence by alignment score, with bit scores.

        Parameters
        ----------
        exclude : sequence of int arrays, optional
            For each query, rows of the reference that must not be found (its own cluster, in cross-validation).
        among : int array, optional
            Rows to look at for every query; the default is what the filter lets pass (`candidates`).

        Returns
        -------
        HomologueHits
            `similarity` is the score as a fraction of the smaller of the two proteins' scores with themselves.
        """
        width = min(top, len(self))
        indices = np.full((len(sequences), top), -1, np.int64)
        similarity, found_bits = (np.zeros((len(sequences), top), np.float32) for _ in range(2))
        for row, (sequence, found) in enumerate(zip(sequences, self._each(sequences, exclude, among), strict=True)):
            best = np.argsort(-found, kind="stable")[:width]
            best = best[found[best] > 0]
            limit = np.maximum(np.minimum(self._own[best], _self_score(sequence)), 1)
            indices[row, : len(best)] = best
            similarity[row, : len(best)] = np.minimum(found[best] / limit, 1)
            found_bits[row, : len(best)] = bits(found[best])
        return HomologueHits(indices, similarity, found_bits)

    def coverage(self, found: HomologueHits, sequences: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Score of each neighbour as a fraction of the query's with itself, and of its own, float32 (N, K).

        Parameters
        ----------
        found : HomologueHits
            Of `search`, for `sequences`.
        sequences : sequence of str, N
        """
        query = np.array([max(_self_score(s), 1) for s in sequences], np.float32).reshape(-1, 1)
        reference = np.maximum(np.where(found.indices >= 0, self._own[found.indices], 1), 1)
        score = found.similarity * np.minimum(query, reference)
        return score / query, score / reference

    def shuffled_bits(self, sequences: Sequence[str], neighbours: HomologueHits) -> np.ndarray:
        """Bit score of each protein's own shuffled sequence with its neighbours, (N,): the best of 3 shuffles.

        What a protein of few kinds of letters (collagen, say) shares with others by its composition alone.

        Parameters
        ----------
        sequences : sequence of str, N
        neighbours : HomologueHits
            Of `search`, for `sequences`: the references that are aligned.
        """
        best = np.zeros(len(sequences), np.float32)
        for row, sequence in enumerate(sequences):
            near = neighbours.indices[row]
            near = near[near >= 0]
            rng = np.random.default_rng(len(sequence))  # the same answer each time
            letters = np.array(list(sequence))
            for _ in range(SHUFFLES):
                shuffled = self.scores("".join(rng.permutation(letters)), near)
                best[row] = max(best[row], float(bits(shuffled).max(initial=0)))
        return best

    def arrays(self) -> dict[str, np.ndarray]:
        """The index as named arrays, for safetensors; two residues to a byte."""
        padded = np.append(self.groups, np.zeros(len(self.groups) % 2, np.uint8))
        return {"homology.groups": (padded[0::2] << 4) | padded[1::2], "homology.lengths": self.lengths}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], *, filtered: bool = False) -> "HomologyIndex":
        """The reverse of `arrays`."""
        packed, lengths = arrays["homology.groups"], arrays["homology.lengths"]
        groups = np.stack([packed >> 4, packed & 15], axis=1).reshape(-1)
        return cls(groups[: int(lengths.sum())], lengths, filtered)


def _spelled_query(sequence: str) -> str:
    numbers = group_numbers(sequence)
    return np.frombuffer(_LETTERS.encode(), np.uint8)[np.where(numbers < 0, UNKNOWN, numbers)].tobytes().decode()


def _self_score(sequence: str) -> float:
    numbers = group_numbers(sequence)
    return float(np.diag(group_matrix())[numbers[numbers >= 0]].sum())
