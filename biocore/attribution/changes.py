"""Named changes such as ``G102A``: read, checked against the sequence, and scored alone and together."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.errors import InputError
from biocore.sequence import DNA, one_hot

MAX_CHANGES = 100
_CHANGE = re.compile(r"([A-Za-z])\s*(\d[\d,]*)\s*(?:>\s*)?([A-Za-z])")


@dataclass(frozen=True)
class Change:
    """One substitution: at the 0-based `position` of a record, base `ref` becomes `alt`.  Printed 1-based, as G102A."""

    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"{self.ref}{self.position + 1}{self.alt}"


@dataclass(frozen=True)
class ChangeEffects:
    """Scores of named changes.

    Attributes
    ----------
    changes : tuple of Change, length K
    reference : float
        Log-odds of the unchanged sequence.
    alone : float array, (K,)
        Log-odds with each change on its own.
    together : float
        Log-odds with all of them.
    """

    changes: tuple[Change, ...]
    reference: float
    alone: np.ndarray
    together: float

    def table(self) -> pd.DataFrame:
        """A row for each change and, for several, one for all together: change, log_odds, change_log_odds,
        probability, change_probability_points (0 to 100), and the sum of the single effects for the last."""
        names = [str(c) for c in self.changes]
        values = np.asarray(self.alone, float)
        if len(names) > 1:
            names.append("all together")
            values = np.append(values, self.together)
        probability, before = expit(values), expit(self.reference)
        return pd.DataFrame(
            {
                "change": names,
                "log_odds": values,
                "change_log_odds": values - self.reference,
                "probability": probability,
                "change_probability_points": 100 * (probability - before),
            }
        )

    @property
    def interaction(self) -> float:
        """Effect of all together minus the sum of the single effects, log-odds; 0 where changes act independently."""
        return float(self.together - self.reference - np.sum(self.alone - self.reference))


def parse_changes(text: str, sequence: str, *, start: int = 0, record: str | None = None) -> tuple[Change, ...]:
    """Read changes such as ``G102A, T105C`` and check each against the sequence.

    Parameters
    ----------
    text : str
        Separated by commas, semicolons, colons or white space; ``102G>A`` is refused with the right spelling.
        Positions are 1-based in the record.
    sequence : str
        The part of the record the model sees.
    start : int
        0-based place of its first base in the record.
    record : str, optional
        Name shown in messages.

    Raises
    ------
    InputError
        A change cannot be read, lies outside `sequence`, names a base that is not there, changes nothing, or a position
        is named twice.
    """
    words = [w for w in re.split(r"[\s;:]+|,(?!\d)", text.strip()) if w]
    if not words:
        raise InputError("Name at least one change, such as G102A: base that is there, position, new base.")
    if len(words) > MAX_CHANGES:
        raise InputError(f"{len(words)} changes are named; up to {MAX_CHANGES} are scored at once.")
    changes = tuple(_parse_one(word, sequence, start, record) for word in words)
    seen: dict[int, Change] = {}
    for change in changes:
        if change.position in seen:
            raise InputError(
                f"{seen[change.position]} and {change} change the same base.", record=record, position=change.position
            )
        seen[change.position] = change
    return changes


def _parse_one(word: str, sequence: str, start: int, record: str | None) -> Change:
    match = _CHANGE.fullmatch(word)
    if not match:
        swapped = re.fullmatch(r"(?:[gcn]\.)?(\d+)([ACGTacgt])>([ACGTacgt])", word)
        hint = f" Did you mean {swapped[2].upper()}{swapped[1]}{swapped[3].upper()}?" if swapped else ""
        raise InputError(
            f"{word!r} is not a change. Write the base that is there, its position and the new base: G102A.{hint}",
            record=record,
        )
    ref, alt = (match[k].upper().replace("U", "T") for k in (1, 3))
    position = int(match[2].replace(",", "")) - 1
    for base in (ref, alt):
        if base not in DNA:
            raise InputError(f"{word!r}: {base!r} is not one of A, C, G, T.", record=record)
    low, high = start, start + len(sequence)
    if not low <= position < high:
        raise InputError(f"{word!r} lies outside the window shown, positions {low + 1:,} to {high:,}.", record=record)
    there = sequence[position - start]
    if there != ref:
        message = f"{word!r} says {ref}, but the base there is {there}."
        raise InputError(message + _hint(position, ref, alt, sequence, start), record=record, position=position)
    if alt == ref:
        raise InputError(f"{word!r} changes nothing.", record=record, position=position)
    return Change(position, ref, alt)


def _hint(position: int, ref: str, alt: str, sequence: str, start: int) -> str:
    """What the user may have meant: the neighbour that has the base, or the change from the base that is there."""
    at = position - start
    near = [at + step for step in (1, -1) if 0 <= at + step < len(sequence) and sequence[at + step] == ref]
    places = " and ".join(f"{start + i + 1:,}" for i in near)
    hint = f" {ref} stands at {places}; positions count from 1." if near else " Positions count from 1."
    if sequence[at] in DNA and sequence[at] != alt:
        hint += f" Did you mean {sequence[at]}{position + 1}{alt}?"
    return hint


def change_effects(
    predict: Callable[[np.ndarray], np.ndarray], sequence: str, changes: Sequence[Change], *, start: int = 0
) -> ChangeEffects:
    """Score named changes one at a time and all together, in one call of `predict`.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
    sequence : str, length L
        A, C, G, T, N: the part of the record the model sees.
    changes : sequence of Change
        As `parse_changes` returns them.
    start : int
        0-based place of the sequence in the record.
    """
    letters = np.array(list(sequence))
    variants = [letters]
    for change in changes:
        variants.append(_substituted(letters, [change], start))
    variants.append(_substituted(letters, changes, start))
    scores = np.asarray(predict(one_hot(["".join(v) for v in variants])), np.float64)
    return ChangeEffects(tuple(changes), float(scores[0]), scores[1:-1], float(scores[-1]))


def _substituted(letters: np.ndarray, changes: Sequence[Change], start: int) -> np.ndarray:
    copy = letters.copy()
    for change in changes:
        copy[change.position - start] = change.alt
    return copy
