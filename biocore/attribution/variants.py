"""Variants such as ``G102A``: read, checked against the sequence, and scored alone and together."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.errors import InputError
from biocore.sequence import DNA, one_hot

MAX_VARIANTS = 100
_VARIANT = re.compile(r"([A-Za-z])\s*(\d[\d,]*)\s*(?:>\s*)?([A-Za-z])")
_HGVS = re.compile(r"(?:[gcn]\.)?(\d[\d,]*)([A-Za-z])>([A-Za-z])")


@dataclass(frozen=True)
class Variant:
    """One substitution, printed 1-based as G102A.

    Attributes
    ----------
    position : int
        0-based, in the record.
    ref, alt : str
        Reference and alternate allele, one of A, C, G, T each.
    """

    position: int
    ref: str
    alt: str

    def __str__(self) -> str:
        return f"{self.ref}{self.position + 1}{self.alt}"


@dataclass(frozen=True)
class VariantEffects:
    """Scores of variants.

    Attributes
    ----------
    variants : tuple of Variant, length K
    reference : float
        Log-odds of the reference sequence.
    alone : float array, (K,)
        Log-odds with each variant on its own.
    together : float
        Log-odds with all of them.
    """

    variants: tuple[Variant, ...]
    reference: float
    alone: np.ndarray
    together: float

    def __post_init__(self):
        if np.shape(self.alone) != (len(self.variants),):
            raise ValueError(f"alone (={np.shape(self.alone)}) must be ({len(self.variants)},).")

    def table(self) -> pd.DataFrame:
        """A row for each variant and, where there are several, one for all together.

        Returns
        -------
        DataFrame
            variant, log_odds, change_log_odds, probability, change_probability_points (-100 to 100).
        """
        names = [str(v) for v in self.variants]
        values = np.asarray(self.alone, float)
        if len(names) > 1:
            names.append("all together")
            values = np.append(values, self.together)
        probability, before = expit(values), expit(self.reference)
        return pd.DataFrame(
            {
                "variant": names,
                "log_odds": values,
                "change_log_odds": values - self.reference,
                "probability": probability,
                "change_probability_points": 100 * (probability - before),
            }
        )

    @property
    def interaction(self) -> float:
        """Effect of all together minus the sum of the single effects, log-odds; 0 where variants act independently."""
        return float(self.together - self.reference - np.sum(self.alone - self.reference))


def parse_variants(text: str, sequence: str, *, start: int = 0, record: str | None = None) -> tuple[Variant, ...]:
    """Read variants such as ``G102A, T105C`` and check each against the sequence.

    Parameters
    ----------
    text : str
        G102A, G102>A or 102G>A (as HGVS writes it), separated by commas, semicolons, colons or white space.
        Positions are 1-based in the record.
    sequence : str
        The part of the record the model sees.
    start : int
        0-based place of its first base in the record.
    record : str, optional
        Name shown in messages.

    Returns
    -------
    tuple of Variant

    Raises
    ------
    InputError
        A variant cannot be read, lies outside `sequence`, names another reference allele than the sequence has, changes
        nothing, or a position is named twice.
    """
    words = [w for w in re.split(r"[\s;:]+|,(?!\d)", text.strip()) if w]
    if not words:
        raise InputError("Name at least one variant, such as G102A: reference allele, position, alternate allele.")
    if len(words) > MAX_VARIANTS:
        raise InputError(f"{len(words)} variants are named; up to {MAX_VARIANTS} are scored at once.")
    variants = tuple(_parse_one(word, sequence, start, record) for word in words)
    seen: dict[int, Variant] = {}
    for variant in variants:
        if variant.position in seen:
            message = f"{seen[variant.position]} and {variant} change the same base."
            raise InputError(message, record=record, position=variant.position)
        seen[variant.position] = variant
    return variants


def _parse_one(word: str, sequence: str, start: int, record: str | None) -> Variant:
    match, order = _VARIANT.fullmatch(word), (1, 2, 3)
    if not match:
        match, order = _HGVS.fullmatch(word), (2, 1, 3)
    if not match:
        raise InputError(
            f"{word!r} is not a variant. Write reference allele, position and alternate allele: G102A, or 102G>A.",
            record=record,
        )
    ref, at, alt = (match[k].upper().replace("U", "T") for k in order)
    position = int(at.replace(",", "")) - 1
    for base in (ref, alt):
        if base not in DNA:
            raise InputError(f"{word!r}: {base!r} is not one of A, C, G, T.", record=record)
    low, high = start, start + len(sequence)
    if not low <= position < high:
        raise InputError(f"{word!r} lies outside the window shown, positions {low + 1:,} to {high:,}.", record=record)
    there = sequence[position - start]
    if there != ref:
        message = f"{word!r} says {ref}, but the reference is {there}."
        raise InputError(message + _hint(position, ref, alt, sequence, start), record=record, position=position)
    if alt == ref:
        raise InputError(f"{word!r} changes nothing.", record=record, position=position)
    return Variant(position, ref, alt)


def _hint(position: int, ref: str, alt: str, sequence: str, start: int) -> str:
    """What the user may have meant: the neighbour that has the base, or the variant of the allele that is there."""
    at = position - start
    near = [at + step for step in (1, -1) if 0 <= at + step < len(sequence) and sequence[at + step] == ref]
    places = " and ".join(f"{start + i + 1:,}" for i in near)
    hint = f" {ref} stands at {places}; positions count from 1." if near else " Positions count from 1."
    if sequence[at] in DNA and sequence[at] != alt:
        hint += f" Did you mean {sequence[at]}{position + 1}{alt}?"
    return hint


def variant_effects(
    predict: Callable[[np.ndarray], np.ndarray], sequence: str, variants: Sequence[Variant], *, start: int = 0
) -> VariantEffects:
    """Score variants one at a time and all together, in one call of `predict`.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
    sequence : str, length L
        A, C, G, T, N: the part of the record the model sees.
    variants : sequence of Variant
        As `parse_variants` returns them.
    start : int
        0-based place of the sequence in the record.

    Returns
    -------
    VariantEffects
    """
    letters = np.array(list(sequence))
    alleles = [[], *([variant] for variant in variants), variants]
    sequences = ["".join(_substituted(letters, some, start)) for some in alleles]
    scores = np.asarray(predict(one_hot(sequences)), np.float64)
    return VariantEffects(tuple(variants), float(scores[0]), scores[1:-1], float(scores[-1]))


def _substituted(letters: np.ndarray, variants: Sequence[Variant], start: int) -> np.ndarray:
    copy = letters.copy()
    for variant in variants:
        copy[variant.position - start] = variant.alt
    return copy
