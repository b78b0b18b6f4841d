"""Which known motif a motif looks like, with p- and q-values (as Tomtom does)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.motif.matrix import Motif

BINS = 100  # steps a column's score is rounded to
LEAST_OVERLAP = 5  # columns


@dataclass(frozen=True)
class MotifMatch:
    """A target and its best alignment with the query.

    Attributes
    ----------
    target : Motif
    offset : int
        Column of the query at which the (perhaps turned) target begins; may be negative.
    strand : "+" or "-"
        "-": the target's reverse complement is aligned.
    overlap : int
        Columns that are compared.
    p_value : float
        Chance that the best of all alignments with a target of this width, made of random columns, scores as well.
    q_value : float
        Least share of false matches at which this match is kept (Benjamini-Hochberg over the targets).
    """

    target: Motif
    offset: int
    strand: str
    overlap: int
    p_value: float
    q_value: float


def compare(query: Motif, targets: Sequence[Motif]) -> list[MotifMatch]:
    """Align a motif with each of several, on both strands.

    Parameters
    ----------
    query : Motif
    targets : sequence of Motif

    Returns
    -------
    list of MotifMatch
        One for each target, the smallest p-value first.

    Notes
    -----
    A pair of columns scores the negative Euclidean distance of their probabilities, less the median over all columns of
    all targets, so that columns without a partner count as average.  The sum over an alignment is compared with sums of
    random columns, exactly, in steps; with few targets that background is narrow, and p-values are rough.  Alignments
    of fewer than five columns do not count.

    References
    ----------
    Gupta et al. (2007), Genome Biology 8:R24, doi:10.1186/gb-2007-8-2-r24.
    """
    if not targets:
        return []
    columns = np.concatenate([m.probabilities for t in targets for m in (t, t.reverse_complement())])
    null = _scores(query.probabilities, columns)
    centre = np.median(null, axis=1, keepdims=True)
    null = null - centre
    low, step = float(null.min()), float(np.ptp(null)) / BINS or 1.0
    steps = np.rint((null - low) / step).astype(int)  # (W, columns), 0 to BINS
    chance = np.stack([np.bincount(row, minlength=BINS + 1) / len(row) for row in steps])
    tails: dict[tuple[str, int, int], np.ndarray] = {}

    found = []
    for target in targets:
        best: tuple[float, int, str, int] = (1.0, 0, "+", 0)
        alignments = 0
        for strand, turned in (("+", target), ("-", target.reverse_complement())):
            pairs = _scores(query.probabilities, turned.probabilities) - centre  # (W, V)
            pairs = np.rint((pairs - low) / step).astype(int)
            for offset, first, last in _alignments(len(query), len(turned)):
                total = int(pairs[np.arange(first, last), np.arange(first, last) - offset].sum())
                p = float(_tail(tails, chance, first, last)[total])
                alignments += 1
                if p < best[0]:
                    best = (p, offset, strand, last - first)
        corrected = -np.expm1(alignments * np.log1p(-min(best[0], 1 - 1e-12))) if alignments else 1.0
        found.append((target, best, float(corrected)))
    q_values = _q_values(np.array([p for *_, p in found]))
    matches = [
        MotifMatch(target, offset, strand, overlap, p, float(q))
        for (target, (_, offset, strand, overlap), p), q in zip(found, q_values, strict=True)
    ]
    return sorted(matches, key=lambda match: match.p_value)


def _scores(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Negative Euclidean distances of columns, (W, 4) and (V, 4) -> (W, V)."""
    return -np.sqrt(((a[:, None] - b[None]) ** 2).sum(axis=2))


def _alignments(query: int, target: int) -> list[tuple[int, int, int]]:
    """Offset, and the first and last (exclusive) column of the query that has a partner."""
    least = min(LEAST_OVERLAP, query, target)
    spans = [(o, max(o, 0), min(o + target, query)) for o in range(1 - target, query)]
    return [(o, first, last) for o, first, last in spans if last - first >= least]


def _tail(known: dict, chance: np.ndarray, first: int, last: int) -> np.ndarray:
    """Chance that random partners of columns `first` to `last` sum to at least each total."""
    if ("tail", first, last) not in known:
        total = _sum(known, chance, first, last)
        known["tail", first, last] = np.minimum(np.cumsum(total[::-1])[::-1], 1.0)
    return known["tail", first, last]


def _sum(known: dict, chance: np.ndarray, first: int, last: int) -> np.ndarray:
    """Chance of each total; a span is its shorter one and one column more."""
    if last - first == 1:
        return chance[first]
    if ("sum", first, last) not in known:
        known["sum", first, last] = np.convolve(_sum(known, chance, first, last - 1), chance[last - 1])
    return known["sum", first, last]


def _q_values(p_values: np.ndarray) -> np.ndarray:
    """Benjamini & Hochberg (1995), doi:10.1111/j.2517-6161.1995.tb02031.x."""
    from scipy.stats import false_discovery_control

    return false_discovery_control(p_values)
