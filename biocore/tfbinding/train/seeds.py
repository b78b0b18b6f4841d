"""Filters that start from what is enriched: a network that begins with real words learns from fewer sequences."""

import numpy as np

from biocore.tfbinding.train.data import kmers_known

_K = 8  # bp of a word


def enriched_words(codes: np.ndarray, labels: np.ndarray, *, count: int) -> list[np.ndarray]:
    """The 8-mers most enriched in the positives, either strand, no two alike.

    Parameters
    ----------
    codes : uint8 array, (N, L)
    labels : array of 0 and 1, (N,)
    count : int
        At most so many.

    Returns
    -------
    list of int arrays, (8,)
    """
    bound, unbound = _presence(codes[labels == 1]), _presence(codes[labels == 0])
    unbound = unbound * ((labels == 1).sum() / max((labels == 0).sum(), 1))
    excess = (bound - unbound) / np.sqrt(bound + unbound + 10)  # 10: words seen a few times prove nothing
    words: list[np.ndarray] = []
    for code in np.argsort(-excess, kind="stable")[:2000]:
        if excess[code] < 2.5 or len(words) == count:
            break
        word = code // 4 ** np.arange(_K - 1, -1, -1) % 4
        if not any(_alike(word, other) for other in words):
            words.append(word)
    return words


def seeded_kernel(kernel: np.ndarray, words: list[np.ndarray], *, strength: float = 0.3) -> np.ndarray:
    """`kernel`, (K, 4, F), its first filters drawn towards `words`; the random rest is halved to noise around them.

    Parameters
    ----------
    kernel : array, (K, 4, F)
    words : list of int arrays, (8,)
    strength : float
        Weight added at each letter of a word.

    Returns
    -------
    array, (K, 4, F)
    """
    kernel = np.array(kernel)
    room = kernel.shape[0] - _K
    if room < 0:
        return kernel
    for i, word in enumerate(words[: kernel.shape[2]]):
        kernel[:, :, i] *= 0.5
        kernel[room // 2 : room // 2 + _K, :, i] += strength * (np.eye(4, dtype=kernel.dtype)[word] - 0.25)
    return kernel


def _presence(codes: np.ndarray) -> np.ndarray:
    """In how many rows each 8-mer occurs, counted under the smaller code of itself and its reverse complement.

    Those with an unknown base are no words.
    """
    windows = np.lib.stride_tricks.sliding_window_view(np.minimum(codes, 3), _K, axis=1).astype(np.int32)
    powers = 4 ** np.arange(_K - 1, -1, -1, dtype=np.int32)
    words = np.minimum(windows @ powers, (3 - windows[..., ::-1]) @ powers)
    words = np.sort(np.where(kmers_known(codes, _K), words, -1), axis=1)
    first = words >= 0
    first[:, 1:] &= words[:, 1:] != words[:, :-1]
    return np.bincount(words[first], minlength=4**_K)


def _alike(word: np.ndarray, other: np.ndarray) -> bool:
    """Do two words agree but for one letter, at a shift of up to two, on either strand?"""
    for strand in (other, 3 - other[::-1]):
        for shift in range(-2, 3):
            overlap = word[max(0, shift) : _K + min(0, shift)], strand[max(0, -shift) : _K + min(0, -shift)]
            if (overlap[0] != overlap[1]).sum() <= 1:
                return True
    return False
