"""One alignment in full: which residues of a protein lie on which of an annotated one."""

from dataclasses import dataclass

import numpy as np

from biocore.go.homology import UNKNOWN, HomologyIndex
from biocore.go.neighbours import group_numbers


@dataclass(frozen=True)
class PairwiseAlignment:
    """The best local alignment of a protein with a reference protein, over amino-acid groups.

    Attributes
    ----------
    query, reference : int arrays, (K,)
        Positions that lie on one another, 0-based, increasing.
    same : bool array, (K,)
        Residues of one group there.
    query_length, reference_length : int
        Residues of the two proteins.
    """

    query: np.ndarray
    reference: np.ndarray
    same: np.ndarray
    query_length: int
    reference_length: int

    def __post_init__(self):
        if not len(self.query) == len(self.reference) == len(self.same):
            raise ValueError("aligned positions come in pairs")

    def blocks(self) -> list[tuple[int, int, int]]:
        """Stretches without gaps: (start in the query, start in the reference, length), 0-based.

        Returns
        -------
        list of (int, int, int)
        """
        if not len(self.query):
            return []
        breaks = np.flatnonzero((np.diff(self.query) != 1) | (np.diff(self.reference) != 1)) + 1
        return [(int(q[0]), int(r[0]), len(q)) for q, r in zip(*(np.split(v, breaks) for v in self._pair), strict=True)]

    @property
    def _pair(self) -> tuple[np.ndarray, np.ndarray]:
        return self.query, self.reference


def pairwise(index: HomologyIndex, sequence: str, reference: int) -> PairwiseAlignment:
    """Align a protein with one reference protein.

    Parameters
    ----------
    index : HomologyIndex
    sequence : str, length L
        Cleaned protein.
    reference : int
        Row of the reference.

    Returns
    -------
    PairwiseAlignment
        Without positions where nothing aligns.
    """
    hit = index.align(sequence, reference)
    length = int(index.lengths[reference])
    start = int(index.lengths[:reference].astype(np.int64).sum())
    mine, theirs = group_numbers(sequence), index.groups[start : start + length].astype(np.int64)
    if hit is None:
        none = np.zeros(0, np.int64)
        return PairwiseAlignment(none, none, none.astype(bool), len(sequence), length)
    steps = np.frombuffer(hit.alignment.encode(), np.uint8)
    in_query, in_reference = steps != ord("I"), steps != ord("D")  # Opal: D is a residue of the query only
    both = in_query & in_reference
    query = (hit.query_start + np.cumsum(in_query) - 1)[both]
    target = (hit.target_start + np.cumsum(in_reference) - 1)[both]
    same = (mine[query] == theirs[target]) & (theirs[target] != UNKNOWN)
    return PairwiseAlignment(query, target, same, len(sequence), length)
