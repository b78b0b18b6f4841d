"""A quick filter before exact alignment: which references share a stretch around a short word with a protein?

Words of groups of amino acids are looked up, and the stretch around each is scored without gaps, as BLAST does.  Only
the references with the best scores are then aligned exactly.

References
----------
Altschul et al. (1990), doi:10.1016/S0022-2836(05)80360-2.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numba import njit

WORD = 5
COMMON = 1000  # places from which a word says nothing (runs of one letter)
DROP = 24  # raw score that a stretch may lose before it ends


@dataclass(frozen=True)
class SeedIndex:
    """Places of each word of `WORD` letters among reference strings.

    Attributes
    ----------
    letters : uint8 array, (R,)
        Letters (0 to `size` - 1; others are unknown) of the references, one after another.
    lengths : int array, (N,)
    size : int
        Letters of the alphabet.
    scored : uint8 array, (R,), optional
        What a stretch is scored by, in an alphabet of its own (typical columns of families); the letters themselves.
    """

    letters: np.ndarray
    lengths: np.ndarray
    size: int
    scored: np.ndarray | None = None

    @cached_property
    def edges(self) -> np.ndarray:
        """First letter of each reference, and the end, int64 (N + 1,)."""
        return np.concatenate([[0], np.cumsum(self.lengths, dtype=np.int64)])

    @cached_property
    def owner(self) -> np.ndarray:
        """Reference of each letter, int32 (R,)."""
        return np.repeat(np.arange(len(self.lengths), dtype=np.int32), self.lengths)

    @cached_property
    def _places(self) -> tuple[np.ndarray, np.ndarray]:
        """Where each word's places begin, (words + 1,), and the places, int32."""
        codes = words(self.letters, self.size)
        last = np.minimum(np.arange(len(codes)) + WORD - 1, max(len(self.letters) - 1, 0))
        places = np.flatnonzero((codes >= 0) & (self.owner[: len(codes)] == self.owner[last])).astype(np.int32)
        order = np.argsort(codes[places], kind="stable")
        counts = np.bincount(codes[places], minlength=self.size**WORD)
        return np.concatenate([[0], np.cumsum(counts)]), places[order]

    def scores(self, query: np.ndarray, matrix: np.ndarray, *, residues: np.ndarray | None = None) -> np.ndarray:
        """Best score of a stretch without gaps with each reference, float32 (N,); 0 where no word is shared.

        Parameters
        ----------
        query : int array, (L,)
            Its letters, -1 or `size` where unknown.
        matrix : array, (size + 1, size + 1)
            Score of aligning a letter with another; the last row and column are of unknown ones.  With `scored`: of a
            residue with one of those.
        residues : int array, (L,), optional
            Rows of `matrix`, where these are not the letters.
        """
        letters = np.where((query < 0) | (query >= self.size), self.size, query).astype(np.uint8)
        begins, places = self._places
        return _stretches(
            letters if residues is None else np.asarray(residues, np.uint8),
            words(letters, self.size),
            self.letters if self.scored is None else self.scored,
            self.owner,
            self.edges,
            begins,
            places,
            np.asarray(matrix, np.float32),
        )


def words(letters: np.ndarray, size: int) -> np.ndarray:
    """Number of the word that begins at each letter, int64 (L - WORD + 1,); -1 where a letter is unknown.

    Examples
    --------
    >>> words(np.array([0, 1, 1, 0, 2, 0, 3]), 3).tolist()
    [38, 114, -1]
    """
    count = max(len(letters) - WORD + 1, 0)
    codes, known = np.zeros(count, np.int64), np.ones(count, bool)
    for step in range(WORD):
        part = letters[step : step + count].astype(np.int64)
        codes = codes * size + part
        known &= (part >= 0) & (part < size)
    return np.where(known, codes, -1)


@njit(cache=True, nogil=True)
def _stretches(query, codes, letters, owner, edges, begins, places, matrix):
    found = np.zeros(len(edges) - 1, np.float32)
    done = np.zeros(len(letters) + len(query) + 1, np.int32)  # of each diagonal, the end of the last stretch
    for at in range(len(codes)):
        code = codes[at]
        if code < 0 or begins[code + 1] - begins[code] > COMMON:
            continue
        for number in range(begins[code], begins[code + 1]):
            place = places[number]
            diagonal = place - at + len(query)
            if at < done[diagonal]:
                continue
            who = owner[place]
            score = np.float32(0)
            for step in range(WORD):
                score += matrix[query[at + step], letters[place + step]]
            best, total, end = score, score, at + WORD
            step = WORD
            while at + step < len(query) and place + step < edges[who + 1] and best - total < DROP:
                total += matrix[query[at + step], letters[place + step]]
                step += 1
                if total > best:
                    best, end = total, at + step
            total, step = best, 1
            top = best
            while at - step >= 0 and place - step >= edges[who] and top - total < DROP:
                total += matrix[query[at - step], letters[place - step]]
                step += 1
                if total > top:
                    top = total
            done[diagonal] = end
            if top > found[who]:
                found[who] = top
    return found
