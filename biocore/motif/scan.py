"""Where a motif stands in a sequence, with p-values; and which motif a model's map looks like."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from biocore.motif.matrix import Motif

P_VALUE = 1e-4
_STEPS = 10_000  # the score range is cut into this many steps for p-values


@dataclass(frozen=True)
class Hit:
    """One match of a motif: 0-based half-open place, strand "+" or "-", log-odds (natural) and p-value of one place."""

    motif: Motif
    start: int
    end: int
    strand: str
    score: float
    p_value: float


@dataclass(frozen=True)
class MapMatch:
    """Where a motif fits a map of effects best.

    Attributes
    ----------
    start, end : int
        0-based half-open place in the map.
    strand : str
        "+" or "-".
    correlation : float
        Pearson correlation with the motif's log-odds over the W x 4 entries there, both centred at each position.
    share : float
        Share of the whole map's strength (sum of squares) that the motif accounts for, 0 to 1.
    """

    motif: Motif
    start: int
    end: int
    strand: str
    correlation: float
    share: float


def score_distribution(motif: Motif) -> tuple[np.ndarray, np.ndarray]:
    """Exact chances of a motif's scores in random DNA of the motif's background.

    Parameters
    ----------
    motif : Motif

    Returns
    -------
    scores : float array, (S,), ascending
        The score range in steps of 1/10,000 of its width; a score is rounded to the nearest step of each position.
    p_values : float array, (S,)
        Chance of a score at least that high at one place on one strand.
    """
    _, scores, p_values = _distribution(motif.log_odds.tobytes(), motif.background)
    return scores, p_values


@lru_cache(maxsize=4096)
def _distribution(matrix: bytes, background: tuple[float, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The matrix in whole steps, (W, 4), and for each sum of steps the score and the p-value, (S,)."""
    log_odds = np.frombuffer(matrix).reshape(-1, 4)
    low = log_odds.min(axis=1)
    span = float((log_odds.max(axis=1) - low).sum()) or 1.0
    steps = np.rint((log_odds - low[:, None]) / span * _STEPS).astype(int)
    chance = np.zeros(int(steps.max(axis=1).sum()) + 1)
    chance[0] = 1.0
    for row in steps:
        moved = [np.concatenate([np.zeros(s), chance[: len(chance) - s]]) for s in row]
        chance = np.asarray(background) @ np.array(moved)
    p_values = np.minimum(np.cumsum(chance[::-1])[::-1], 1.0)
    return steps, low.sum() + np.arange(len(chance)) * span / _STEPS, p_values


def threshold(motif: Motif, p_value: float = P_VALUE) -> float:
    """Least score whose p-value is at most `p_value`; for a short motif that has none, its best possible score.

    Parameters
    ----------
    motif : Motif
    p_value : float
        Chance at one place on one strand.

    Returns
    -------
    float
        Natural log-odds.
    """
    scores, p_values = score_distribution(motif)
    return float(scores[_least_step(p_values, p_value)])


def _least_step(p_values: np.ndarray, p_value: float) -> int:
    rare = np.flatnonzero(p_values <= p_value * (1 + 1e-9))
    return int(min(rare[0], len(p_values) - 1)) if len(rare) else len(p_values) - 1


def scan(
    x: np.ndarray, motifs: Iterable[Motif], *, p_value: float = P_VALUE, min_score: float | None = None
) -> list[Hit]:
    """Matches of motifs on both strands of a sequence, best p-value first.

    Parameters
    ----------
    x : float array, (L, 4)
        One-hot DNA; an N (0.25 each) counts as the average base.
    motifs : iterable of Motif
        One longer than the sequence has no match.
    p_value : float
        Chance of such a match at one place of random DNA of the motif's background.
    min_score : float, optional
        Least log-odds, instead of `p_value`.

    Returns
    -------
    list of Hit

    Notes
    -----
    A palindrome matches on both strands at one place; the forward match is kept.
    """
    hits = []
    for motif in motifs:
        if len(motif) > len(x):
            continue
        steps, _, p_values = _distribution(motif.log_odds.tobytes(), motif.background)
        in_steps = np.stack([_slide(x, steps), _slide(x, steps[::-1, ::-1])])  # (2, L - W + 1)
        in_steps = np.floor(in_steps + 1e-6).astype(int)
        strand = (in_steps[1] > in_steps[0]).astype(int)
        score = np.stack([_slide(x, motif.log_odds), _slide(x, motif.log_odds[::-1, ::-1])])
        score = np.take_along_axis(score, strand[None], axis=0)[0]
        best = in_steps.max(axis=0)
        found = best >= _least_step(p_values, p_value) if min_score is None else score >= min_score
        hits += [
            Hit(motif, int(i), int(i) + len(motif), "+-"[strand[i]], float(score[i]), float(p_values[best[i]]))
            for i in np.flatnonzero(found)
        ]
    return sorted(hits, key=lambda hit: (hit.p_value, hit.start))


def _slide(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Sum of weights (W, 4) over each window of x (L, 4): (L - W + 1,)."""
    windows = np.lib.stride_tricks.sliding_window_view(x, len(weights), axis=0)  # (L - W + 1, 4, W)
    return np.einsum("nbw,wb->n", windows, weights)


def match_map(effects: np.ndarray, motifs: Sequence[Motif]) -> list[MapMatch]:
    """Which motif a map of effects looks like: the best place of each, the best motif first.

    Parameters
    ----------
    effects : float array, (L, 4)
        Effect of each base at each position, as mutagenesis gives it; centred here.  Rows of NaN count as no effect.
    motifs : sequence of Motif
        Those longer than the map are left out.

    Returns
    -------
    list of MapMatch

    Notes
    -----
    Centred effects are correlated with the motif's centred log-odds at all places on both strands.  Places and motifs
    are ranked by the share of the whole map they account for, so that neither chance likeness in a flat part nor a
    short piece of a longer motif wins.
    """
    centred = np.nan_to_num(effects - effects.mean(axis=1, keepdims=True)).astype(np.float64)
    strength = np.concatenate([[0], np.cumsum((centred**2).sum(axis=1))])
    matches = []
    for motif in motifs:
        width = len(motif)
        if width > len(centred):
            continue
        weights = motif.log_odds - motif.log_odds.mean(axis=1, keepdims=True)
        fit = np.stack([_slide(centred, weights), _slide(centred, weights[::-1, ::-1])])
        fit = fit / np.sqrt((weights**2).sum())  # (2, L - W + 1): length of the map's projection on the motif
        strand, start = (int(i) for i in np.unravel_index(fit.argmax(), fit.shape))
        best, inside = max(float(fit[strand, start]), 0.0), strength[start + width] - strength[start]
        correlation = best / np.sqrt(inside) if inside > 0 else 0.0
        share = best**2 / strength[-1] if strength[-1] > 0 else 0.0
        matches.append(MapMatch(motif, start, start + width, "+-"[strand], float(correlation), float(share)))
    return sorted(matches, key=lambda match: -match.share)
