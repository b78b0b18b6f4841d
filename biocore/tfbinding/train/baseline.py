"""Logistic regression on words: the baseline every factor model is held against, and the tables beside the network."""

from functools import lru_cache
from itertools import combinations

import numpy as np

from biocore.stats.ranking import auroc

_SCALES = 0.53, 0.19  # of words without gaps and with: one shape stands against twenty


def kmer_counts(codes: np.ndarray, *, k: int = 6):
    """Counts of each k-mer on both strands, as one sparse column for a k-mer and its reverse complement.

    Parameters
    ----------
    codes : uint8 array, (N, L)
        0 1 2 3 for A C G T, 4 for N; k-mers that hold an N are not counted.

    Returns
    -------
    scipy.sparse.csr_array, (N, 4**k)
    """
    from scipy.sparse import coo_array

    n = codes.shape[1] - k + 1
    windows = np.lib.stride_tricks.sliding_window_view(codes, k, axis=1).astype(np.int64)  # (N, n, k)
    powers = 4 ** np.arange(k - 1, -1, -1)
    forward, reverse = windows @ powers, (3 - windows[..., ::-1]) @ powers
    known = (windows < 4).all(axis=2)
    rows = np.repeat(np.arange(len(codes)), n).reshape(len(codes), n)
    columns = np.minimum(forward, reverse)
    entries = (np.ones(known.sum(), np.float32), (rows[known], columns[known]))
    return coo_array(entries, shape=(len(codes), 4**k)).tocsr()


def fit_kmer_regression(
    codes: np.ndarray, labels: np.ndarray, *, strength: float, k: int = 6
) -> tuple[np.ndarray, float]:
    """Logistic regression on k-mer counts of both strands.

    Parameters
    ----------
    codes, labels : (N, L), (N,)
    strength : float
        Inverse of the L2 penalty.

    Returns
    -------
    weight of each k-mer, (4**k,), the same for a k-mer and its reverse complement; intercept
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=strength, max_iter=500).fit(kmer_counts(codes, k=k), labels)
    digits = np.arange(4**k)[:, None] // 4 ** np.arange(k - 1, -1, -1) % 4
    reverse = (3 - digits[:, ::-1]) @ 4 ** np.arange(k - 1, -1, -1)
    return model.coef_[0][np.minimum(np.arange(4**k), reverse)], float(model.intercept_[0])


@lru_cache(maxsize=1)
def gapped_words(k: int = 8, letters: int = 6):
    """Which gapped words, `letters` bases with anything between them, each k-mer holds.

    Parameters
    ----------
    k : int
        bp that a gapped word covers at most.
    letters : int
        Bases of it that count.

    Returns
    -------
    scipy.sparse.csr_array, (4**k, W)
        One column for a gapped word and its reverse complement.  A word of w bp fits into a k-mer at k - w + 1 places;
        each counts as much less, so that an occurrence inside a sequence counts as 1 over all k-mers.

    References
    ----------
    Ghandi et al. (2014), PLoS Comput Biol 10:e1003711, doi:10.1371/journal.pcbi.1003711.
    """
    from scipy.sparse import coo_array

    shapes = [
        (0, *middle, width - 1)
        for width in range(letters, k + 1)
        for middle in combinations(range(1, width - 1), letters - 2)
    ]
    number = {shape: i for i, shape in enumerate(shapes)}
    bases = np.arange(4**k)[:, None] // 4 ** np.arange(k - 1, -1, -1) % 4
    powers = 4 ** np.arange(letters - 1, -1, -1)
    rows, columns, values = [], [], []
    for i, shape in enumerate(shapes):
        width = shape[-1] + 1
        turned = number[tuple(width - 1 - at for at in reversed(shape))]
        for start in range(k - width + 1):
            word = bases[:, [start + at for at in shape]]
            forward, reverse = i * 4**letters + word @ powers, turned * 4**letters + (3 - word[:, ::-1]) @ powers
            rows.append(np.arange(4**k))
            columns.append(np.minimum(forward, reverse))
            values.append(np.full(4**k, 1 / (k - width + 1), np.float32))
    shape = (4**k, len(shapes) * 4**letters)
    return coo_array((np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))), shape=shape).tocsr()


def fit_gapped_regression(
    codes: np.ndarray, labels: np.ndarray, *, strength: float, k: int = 8, letters: int = 6
) -> np.ndarray:
    """Logistic regression on counts of gapped words of both strands, as a table of k-mers.

    Parameters
    ----------
    codes, labels : (N, L), (N,)
    strength : float
        Inverse of the L2 penalty of words without a gap scaled by 0.53, and of those with gaps by 0.19.
    k, letters : int
        As for `gapped_words`.

    Returns
    -------
    weight of each k-mer, (4**k,), the same for a k-mer and its reverse complement
    """
    from sklearn.linear_model import LogisticRegression

    held = gapped_words(k, letters)
    scale = np.where(np.arange(held.shape[1]) < 4**letters, *_SCALES).astype(np.float32)  # the first shape has no gap
    held = held.multiply(scale[None]).tocsr()
    model = LogisticRegression(C=strength, max_iter=200, tol=1e-3).fit(kmer_counts(codes, k=k) @ held, labels)
    return held @ model.coef_[0]


def kmer_baseline(
    train: tuple[np.ndarray, np.ndarray],
    tune: tuple[np.ndarray, np.ndarray],
    *,
    k: int = 6,
    strengths: tuple[float, ...] = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1),
) -> tuple[np.ndarray, float, float]:
    """The baseline every model is held against: `fit_kmer_regression` at the strength that is best on `tune`.

    Parameters
    ----------
    train, tune : (codes (N, L), labels (N,))

    Returns
    -------
    weights (4**k,), intercept, strength
    """
    counts = kmer_counts(tune[0], k=k)
    fitted = [(*fit_kmer_regression(*train, strength=strength, k=k), strength) for strength in strengths]
    return max(fitted, key=lambda fit: auroc(tune[1], counts @ fit[0] + fit[1]))
