"""In-silico mutagenesis: score every single-base substitution, rank them, and tell them from chance."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.attribution.results import ISM, EffectMap
from biocore.errors import InputError
from biocore.sequence import DNA, clean_dna, dinucleotide_shuffle, one_hot

Predictor = Callable[[np.ndarray], np.ndarray]
MAX_BATCH = 512  # sequences per call; larger ones leave the processor's cache and gain nothing


def mutation_scan(
    predict: Predictor, sequence: str, *, start: int = 0, batch_size: int | None = None, record: str | None = None
) -> EffectMap:
    """Score all 3 L single-base substitutions of a sequence (in-silico mutagenesis).

    Parameters
    ----------
    predict : callable, (N, L, 4) float32 -> (N,)
        Scores are kept in the predictor's own unit; zoo models return log-odds (natural log).
    sequence : str, length L in bp
        As `clean_dna` takes it.  N may stand around the bases that are scanned: it is part of the context, but has no
        reference to compare a substitution with, so its own row is NaN.
    start : int
        0-based place of the first base in the user's record; kept with the result.
    batch_size : int, optional
        Sequences per call of `predict`: every call gets this many, so that a compiled predictor compiles once.
        Changes memory and speed, not the result.
    record : str, optional
        Name shown in messages.

    Returns
    -------
    EffectMap
        Differences from the reference score, not centred per position.

    Raises
    ------
    InputError
        `sequence` is empty, has another letter, or has nothing but N.

    Notes
    -----
    Makes 3 L + 1 predictions, those of the last call padded with copies of the sequence; a predictor with a method
    ``substitutions`` (such as `tfbinding.TFModel`) is asked through it and computes only what each changes.

    References
    ----------
    Zhou & Troyanskaya (2015), Nature Methods 12:931-934, doi:10.1038/nmeth.3547.

    Examples
    --------
    >>> count_a = lambda x: x[:, :, 0].sum(axis=1)
    >>> mutation_scan(count_a, "AC").effects
    array([[ 0., -1., -1., -1.],
           [ 1.,  0.,  0.,  0.]], dtype=float32)
    """
    return mutation_scans(predict, [sequence], starts=[start], batch_size=batch_size, records=[record])[0]


def mutation_scans(
    predict: Predictor,
    sequences: Sequence[str],
    *,
    starts: Sequence[int] | None = None,
    batch_size: int | None = None,
    records: Sequence[str | None] | None = None,
) -> list[EffectMap]:
    """`mutation_scan` of several sequences; those of one length share their batches.

    Parameters
    ----------
    predict : callable, (N, L, 4) float32 -> (N,)
    sequences : sequence of str, length M
    starts : sequence of int, optional
        0-based place of each first base in the user's record; 0 by default.
    batch_size : int, optional
        As for `mutation_scan`.
    records : sequence of str or None, optional
        Names shown in messages.

    Returns
    -------
    list of EffectMap, length M

    Raises
    ------
    InputError
        As `mutation_scan`, for the first sequence that cannot be scanned.
    """
    records = records or [None] * len(sequences)
    cleaned = [clean_dna(s, record=r).sequence for s, r in zip(sequences, records, strict=True)]
    for sequence, record in zip(cleaned, records, strict=True):
        if set(sequence) == {"N"}:
            raise InputError("has nothing but N, so there is no base to substitute.", record=record)
    results: dict[int, EffectMap] = {}
    for length in sorted({len(s) for s in cleaned}):
        members = [i for i, s in enumerate(cleaned) if len(s) == length]
        x = one_hot([cleaned[i] for i in members])  # (M, L, 4)
        references, effects = _scan(predict, x, batch_size)
        for row, i in enumerate(members):
            start = 0 if starts is None else starts[i]
            results[i] = EffectMap(ISM, cleaned[i], float(references[row]), effects[row], start)
    return [results[i] for i in range(len(cleaned))]


def _scan(predict: Predictor, x: np.ndarray, batch_size: int | None) -> tuple[np.ndarray, np.ndarray]:
    """Scores of the sequences, (M,), and effects of their substitutions, (M, L, 4), of one-hot DNA (M, L, 4)."""
    known = x.max(axis=2) == 1  # (M, L)
    row, position = np.nonzero(known)
    # the three true edits at each place; the identity stays exactly 0
    base = np.nonzero(x[row, position] == 0)[1].reshape(-1, 3)
    references, scores = substituted_scores(predict, x, row, position, base, batch_size=batch_size)
    effects = np.where(known[:, :, None], np.zeros_like(x), np.nan)
    effects[row[:, None], position[:, None], base] = scores - references[row, None]
    return references, effects


def substituted_scores(
    predict: Predictor,
    x: np.ndarray,
    row: np.ndarray,
    position: np.ndarray,
    base: np.ndarray,
    *,
    batch_size: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of sequences and of single-base substitutions in them.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,)
        One that has a method ``substitutions(x, row, position, base)`` is asked through it: it may know what a
        substitution leaves as it was.
    x : float32 array, (M, L, 4)
        One-hot; N is 0.25 in every column.
    row, position : int array, (S,)
        Which sequence is changed (ascending), and where (0-based).
    base : int array, (S, A)
        To what: 0 to 3 for A C G T.
    batch_size : int, optional
        As for `mutation_scan`.

    Returns
    -------
    references : float32 array, (M,)
    scores : float32 array, (S, A)
    """
    quick = getattr(predict, "substitutions", None)
    if quick is not None:
        return quick(x, row, position, base)
    each = base.shape[1]
    row = np.concatenate([np.arange(len(x)), np.repeat(row, each)])  # the sequences themselves come first, unedited
    position = np.concatenate([np.full(len(x), -1), np.repeat(position, each)])
    flat = np.concatenate([np.zeros(len(x), base.dtype), base.ravel()])
    batch_size = batch_size or even_batch(len(row))
    scores = np.empty(len(row), np.float32)
    for begin in range(0, len(row), batch_size):
        some = slice(begin, begin + batch_size)
        mutants = _edited(x, row[some], position[some], flat[some], batch_size)
        scores[some] = np.asarray(predict(mutants))[: len(row[some])]
    return scores[: len(x)], scores[len(x) :].reshape(-1, each)


def _edited(x: np.ndarray, row: np.ndarray, position: np.ndarray, base: np.ndarray, count: int) -> np.ndarray:
    """An edited copy of ``x[row[i]]`` for each i (position -1: unedited), padded with copies of ``x[0]`` to `count`."""
    rows = np.concatenate([row, np.zeros(count - len(row), row.dtype)])
    mutants = x[rows]  # (count, L, 4), a copy
    edit = np.flatnonzero(position >= 0)
    mutants[edit, position[edit]] = 0
    mutants[edit, position[edit], base[edit]] = 1
    return mutants


def even_batch(total: int, limit: int = MAX_BATCH) -> int:
    """Batch size that shares `total` items evenly among the fewest calls of at most `limit`, in steps of 8.

    Parameters
    ----------
    total : int
    limit : int
        Most in a call.

    Returns
    -------
    int
    """
    calls = max(1, -(-total // limit))
    return max(8, -(-total // (8 * calls)) * 8)


def ranked_variants(result: EffectMap) -> pd.DataFrame:
    """Every single-nucleotide variant, the strongest gain first and the strongest loss last.

    Parameters
    ----------
    result : EffectMap
        Of in-silico mutagenesis, in log-odds.

    Returns
    -------
    DataFrame
        variant (such as "G102A"), position (1-based), ref, alt, log_odds (of the mutant), change_log_odds,
        change_probability_points (-100 to 100).

    Raises
    ------
    ValueError
        `result` is not an ISM map in log-odds.
    """
    if result.method != ISM or result.unit != "log-odds":
        raise ValueError("an ISM map in log-odds is needed")
    row, base = np.nonzero(np.isfinite(result.effects) & ~result.is_reference)
    effect = result.effects[row, base].astype(np.float64)
    order = np.argsort(-effect, kind="stable")
    row, base, effect = row[order], base[order], effect[order]
    ref = np.array(list(result.sequence))[row]
    alt = np.array(list(DNA))[base]
    position = result.positions[row]
    points = 100 * (expit(result.reference + effect) - expit(result.reference))
    return pd.DataFrame(
        {
            "variant": [f"{r}{p}{a}" for r, p, a in zip(ref, position, alt, strict=True)],
            "position": position,
            "ref": ref,
            "alt": alt,
            "log_odds": result.reference + effect,
            "change_log_odds": effect,
            "change_probability_points": points,
        }
    )


@dataclass(frozen=True)
class Significance:
    """How important a position looks by chance: the threshold of an empirical null distribution.

    Attributes
    ----------
    level : float
        Share of shuffled sequences in which any position may exceed `threshold`.
    threshold : float
        Importance, in log-odds, that only a share `level` of shuffled sequences reaches anywhere.
    maxima : float array, (shuffles,)
        The largest importance in each shuffled sequence: the null distribution.
    """

    level: float
    threshold: float
    maxima: np.ndarray


def significance(
    predict: Predictor,
    sequence: str,
    *,
    seed: int,
    shuffles: int = 20,
    level: float = 0.05,
    batch_size: int | None = None,
) -> Significance:
    """Importance that ISM reaches by chance: scans of shuffles that keep every pair of neighbouring bases.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,)
    sequence : str, length L
        N stays where it is; the known stretches between are shuffled each on its own.
    seed : int
        For the shuffles.
    shuffles : int
        How many; each costs a whole scan.
    level : float
        Share of shuffles that may exceed the threshold anywhere (so the error is controlled over all positions).

    Returns
    -------
    Significance

    Raises
    ------
    InputError
        As `mutation_scan`; or the sequence has no shuffle other than itself (such as poly-A).

    References
    ----------
    Altschul & Erickson (1985), Mol Biol Evol 2:526-538, doi:10.1093/oxfordjournals.molbev.a040370.
    """
    shuffled = shuffled_sequences(sequence, seed=seed, shuffles=shuffles)
    return significance_of(largest_importance(predict, shuffled, batch_size=batch_size), level)


def shuffled_sequences(sequence: str, *, seed: int, shuffles: int = 20) -> list[str]:
    """The shuffles `significance` scans; parameters and errors as there."""
    sequence = clean_dna(sequence).sequence
    rng = np.random.default_rng(seed)
    shuffled = [_shuffle_known(sequence, rng) for _ in range(shuffles)]
    if all(s == sequence for s in shuffled):
        raise InputError("This sequence has no other order of its dinucleotides, so chance cannot be told from it.")
    return shuffled


def largest_importance(predict: Predictor, sequences: Sequence[str], *, batch_size: int | None = None) -> np.ndarray:
    """The largest importance anywhere in each of several sequences of one length, float (N,)."""
    scans = mutation_scans(predict, sequences, batch_size=batch_size)
    return np.array([np.nanmax(scan.importance) for scan in scans])


def significance_of(maxima: np.ndarray, level: float) -> Significance:
    """The threshold that only a share `level` of `maxima` exceeds."""
    return Significance(level, float(np.quantile(maxima, 1 - level, method="higher")), maxima)


def _shuffle_known(sequence: str, rng: np.random.Generator) -> str:
    """Shuffle the stretches between runs of N; see `dinucleotide_shuffle`."""
    pieces, begin = [], 0
    for i in range(1, len(sequence) + 1):
        if i == len(sequence) or (sequence[i] == "N") != (sequence[begin] == "N"):
            piece = sequence[begin:i]
            pieces.append(piece if piece[0] == "N" else dinucleotide_shuffle(piece, rng))
            begin = i
    return "".join(pieces)
