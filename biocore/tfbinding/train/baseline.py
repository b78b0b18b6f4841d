"""The baseline every factor model is held against: logistic regression on counts of 6-mers."""

import numpy as np

from biocore.stats.ranking import auroc


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
