"""How often predicted contacts are right: precision among the best pairs, beside chance, with intervals."""

from collections.abc import Sequence

import numpy as np

from biocore.stats.intervals import Interval, percentile_interval
from biocore.structure.contact_map import LONG_RANGE, ContactMap, KnownContacts, chance, hits

TOPS = (1, 2, 5)  # precision is measured among the L, L/2 and L/5 best pairs
BOOTSTRAPS = 2000


def precision(
    predicted: Sequence[ContactMap], truths: Sequence[KnownContacts], *, part: int, least: int = LONG_RANGE
) -> Interval:
    """Mean over proteins of the precision among the best L / `part` pairs, with its bootstrap over proteins."""
    each = np.array([np.divide(*hits(p, t, part=part, least=least)) for p, t in zip(predicted, truths, strict=True)])
    return _mean(each)


def mean_chance(truths: Sequence[KnownContacts], *, least: int = LONG_RANGE) -> Interval:
    """Mean over proteins of `chance`, with its bootstrap over proteins."""
    return _mean(np.array([chance(truth, least=least) for truth in truths]))


def _mean(each: np.ndarray) -> Interval:
    draws = np.random.default_rng(0).integers(0, len(each), (BOOTSTRAPS, len(each)))
    return percentile_interval(float(each.mean()), each[draws].mean(axis=1))


def precision_rows(
    predicted: Sequence[ContactMap], truths: Sequence[KnownContacts], *, name: str, split: str
) -> list[dict]:
    """What a card holds of a prediction: precision at L, L/2 and L/5 long range, each beside chance.

    Returns
    -------
    list of dict
        metric, value, low, high, split, note.
    """
    guess = mean_chance(truths)
    rows = []
    for part in TOPS:
        found = precision(predicted, truths, part=part)
        rows.append(
            {
                "metric": f"contact precision, {name}, best L{f'/{part}' if part > 1 else ''} pairs, long range",
                "value": found.value,
                "low": found.low,
                "high": found.high,
                "split": split,
                "note": f"by chance {guess.value:.3f} [{guess.low:.3f}, {guess.high:.3f}]",
            }
        )
    return rows
