"""The kernel of gapped k-mer support vector machines, exact, written from the papers.

A sequence is its counts of words on both strands, each count replaced by what gapped words say of it: the counts of
least norm that hold the same gapped words, which is the projection onto sums of functions of `informative` bases.  The
kernel is the product of two such vectors, so a pair of words counts by how many bases it differs in.  LS-GKM cuts the
projection where it turns negative, leaves out pairs that differ in more than three bases, and weighs words by their
distance from the middle.

References
----------
Ghandi et al. (2014), PLoS Comput Biol 10:e1003711, doi:10.1371/journal.pcbi.1003711.
Lee (2016), Bioinformatics 32:2196-2198, doi:10.1093/bioinformatics/btw142.
"""

from dataclasses import dataclass
from itertools import combinations, product
from math import comb, factorial

import numpy as np
from numba import njit


@dataclass(frozen=True)
class GappedKernel:
    """Settings; the default of LS-GKM by default, its kernel 4.

    Attributes
    ----------
    length, informative : int
        Bases of a word, and how many of them count.
    mismatches : int
        Pairs of words that differ in more bases add nothing.
    truncated : bool
        Cut the projection where it turns negative.
    peak : int
        Weight of the word in the middle of a sequence, a whole number as all weights are; 1 weighs all alike.
    half_life : float
        bp from the middle at which a word weighs about half as much.
    """

    length: int = 11
    informative: int = 7
    mismatches: int = 3
    truncated: bool = True
    peak: int = 50
    half_life: float = 50.0

    def __call__(self, codes: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Normalised kernel of sequences with others.

        Parameters
        ----------
        codes, others : uint8 arrays, (N, L), (M, L)
            0 1 2 3 for A C G T, 4 for N, which counts as A (as in LS-GKM).

        Returns
        -------
        float64 array, (N, M)
            1 for a sequence with itself or with its other strand.
        """
        apart = mismatch_weights(self.length, self.informative, truncated=self.truncated)[: self.mismatches + 1]
        masks, of = _masks(self.length, self.mismatches)
        place = self.positions(codes.shape[1] - self.length + 1)
        there = self.positions(others.shape[1] - self.length + 1)
        both = np.concatenate([words(others, self.length), words(_other_strand(others), self.length)], axis=1)
        weights = np.tile(np.concatenate([there, there[::-1]]), len(both))
        order = np.argsort(both.ravel(), kind="stable")
        begin = np.searchsorted(both.ravel()[order], np.arange(4**self.length + 1)).astype(np.int32)
        row = (order // both.shape[1]).astype(np.int32)
        result = np.zeros((len(codes), len(others)))
        _add_near(words(codes, self.length), place, masks, apart[of], begin, row, weights[order], result)
        result /= self._norms(codes, apart)[:, None]
        result /= self._norms(others, apart)[None]
        return result

    def positions(self, count: int) -> np.ndarray:
        """Weights of the words of a sequence, (count,).

        Examples
        --------
        >>> GappedKernel(peak=4, half_life=1.0).positions(5).tolist()
        [2.0, 3.0, 4.0, 3.0, 2.0]
        """
        away = np.abs(np.arange(count) - count // 2)
        return np.minimum(np.floor(self.peak * 0.5 ** (away / self.half_life) + 1), self.peak)

    def _norms(self, codes: np.ndarray, apart: np.ndarray) -> np.ndarray:
        """Square root of the product of each sequence with itself, pair by pair of words."""
        place = self.positions(codes.shape[1] - self.length + 1)
        both = np.concatenate([words(codes, self.length), words(_other_strand(codes), self.length)], axis=1)
        by_count = np.append(apart, np.zeros(self.length - len(apart) + 1))
        return np.sqrt(_squares(both, np.concatenate([place, place[::-1]]), by_count, self.length))


def mismatch_weights(length: int, informative: int, *, truncated: bool) -> np.ndarray:
    """What a pair of words counts by how many bases it differs in, (length + 1,); 1 for a pair of equal words.

    Parameters
    ----------
    length, informative : int
    truncated : bool
        Cut the projection where it turns negative.

    Notes
    -----
    The projection onto functions of up to k of l bases has the entry ``4**-l sum_j<=k K_j(m)`` for two words that
    differ in m bases, where ``K_j`` is Krawtchouk's polynomial; equal to the estimate from gapped words in Ghandi
    (2014).  The product of two projected words sums, over every word, what the projection gives it from either.
    """
    projection = np.array([_krawtchouk_sum(m, length, informative) for m in range(length + 1)]) / 4.0**length
    if truncated:
        projection[np.logical_or.accumulate(projection <= 0)] = 0
    products = np.array([_product(projection, m) for m in range(length + 1)])
    return products / products[0]


def words(codes: np.ndarray, length: int) -> np.ndarray:
    """Numbers of the words of each sequence, two bits a base, int32 (N, L - length + 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(codes % 4, length, axis=1).astype(np.int32)
    return windows @ (4 ** np.arange(length - 1, -1, -1, dtype=np.int32))


def _other_strand(codes: np.ndarray) -> np.ndarray:
    return (3 - codes % 4)[:, ::-1]


def _krawtchouk_sum(m: int, length: int, informative: int) -> int:
    return sum(
        (-1) ** i * 3 ** (j - i) * comb(m, i) * comb(length - m, j - i)
        for j in range(informative + 1)
        for i in range(min(j, m) + 1)
    )


def _product(projection: np.ndarray, m: int) -> float:
    """Sum over all words of what two words that differ in m bases give it.

    A word agrees with the first at a of the m places, with the second at b, with neither at the rest; and it differs
    from both at c of the others.
    """
    others = len(projection) - 1 - m
    total = 0.0
    for a in range(m + 1):
        for b in range(m - a + 1):
            neither = m - a - b
            ways = factorial(m) // (factorial(a) * factorial(b) * factorial(neither)) * 2**neither
            for c in range(others + 1):
                total += ways * comb(others, c) * 3**c * projection[m - a + c] * projection[m - b + c]
    return total


def _masks(length: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """What turns a word into each word that differs in up to `most` bases, by exclusive or; and in how many."""
    masks = [
        (sum(change << 2 * at for change, at in zip(changes, places, strict=True)), count)
        for count in range(most + 1)
        for places in combinations(range(length), count)
        for changes in product((1, 2, 3), repeat=count)
    ]
    found = np.array(sorted(masks), np.int32)  # in order, so that words looked up one after another lie together
    return found[:, 0], found[:, 1]


@njit(cache=True)
def _add_near(mine, place, masks, weights, begin, row, there, result):
    """Add to `result` the weight of each pair of words that differ by a mask; others' words are listed by number."""
    for i in range(len(mine)):
        for j in range(mine.shape[1]):
            for mask, weight in zip(masks, weights):  # noqa: B905 (numba knows no strict zip)
                word = mine[i, j] ^ mask
                for at in range(begin[word], begin[word + 1]):
                    result[i, row[at]] += place[j] * weight * there[at]


@njit(cache=True)
def _squares(both, place, weights, length):
    """Product of each sequence's words on the first strand with those on both, (N,)."""
    result = np.zeros(len(both))
    count = both.shape[1] // 2
    for i in range(len(both)):
        for j in range(count):
            for k in range(2 * count):
                change, different = both[i, j] ^ both[i, k], 0
                for at in range(length):
                    different += (change >> 2 * at) & 3 != 0
                result[i] += place[j] * place[k] * weights[different]
    return result
