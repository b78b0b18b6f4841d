"""Named variants of a protein, F48S or p.Phe48Ser, one or several at once, and their scores.

Numbers in names count as the user counts: residue `index` (0-based) has the number ``index + 1 + offset``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.sequence import AMINO_ACIDS

THREE_LETTERS = dict(
    zip(
        "Ala Cys Asp Glu Phe Gly His Ile Lys Leu Met Asn Pro Gln Arg Ser Thr Val Trp Tyr".split(),
        AMINO_ACIDS,
        strict=True,
    )
)
MAX_VARIANTS = 10_000
_WRITE = "Write F48S, p.Phe48Ser, or several at once: F48S:L29P."
_SUBSTITUTION = re.compile(
    r"^(?:p\.)?\(?([A-Za-z]{3}|[A-Za-z])(-?\d{1,6})([A-Za-z]{3}|[A-Za-z]|\*|=)\)?$", re.IGNORECASE
)
_OTHER_CHANGES = {"del", "dup", "ins", "ext"}
_POSITION = re.compile(r"^(?:p\.)?([A-Za-z]{3}|[A-Za-z])?(-?\d{1,6})$", re.IGNORECASE)


@dataclass(frozen=True)
class Substitution:
    """One residue changed: `wild_type` at `number` (as the user counts) to `mutant`; one-letter code."""

    wild_type: str
    number: int
    mutant: str

    def __str__(self) -> str:
        return f"{self.wild_type}{self.number}{self.mutant}"


@dataclass(frozen=True)
class Variant:
    """One or several substitutions together, and the text they were given as."""

    text: str
    substitutions: tuple[Substitution, ...]

    def __str__(self) -> str:
        return ":".join(str(substitution) for substitution in self.substitutions)


def parse_variants(text: str) -> list[Variant]:
    """Variants from a line or a pasted list.

    Parameters
    ----------
    text : str
        Separated by white space, commas or semicolons; ``F48S`` or ``p.Phe48Ser``; several at once with ``:``
        (``F48S:L29P``) or as HGVS writes them.  Numbers may be negative (before a mature chain).  Repeats are dropped.

    Raises
    ------
    InputError
        Nothing is given, a name cannot be read (it is quoted), or more than 10,000 are given.
    """
    words = variant_words(text)
    if not words:
        raise InputError(f"No variant is given. {_WRITE}")
    if len(words) > MAX_VARIANTS:
        raise InputError(f"{len(words):,} variants given; up to {MAX_VARIANTS:,} are accepted.")
    found: dict[str, Variant] = {}
    for word in words:
        variant = parse_variant(word)
        found.setdefault(str(variant), variant)
    return list(found.values())


def variant_words(text: str) -> list[str]:
    """A list cut into names: at white space, commas and semicolons, but not within brackets.

    Examples
    --------
    >>> variant_words("F48S, p.[Phe48Ser;Leu29Pro] K2A:T3W")
    ['F48S', 'p.[Phe48Ser;Leu29Pro]', 'K2A:T3W']
    """
    return re.findall(r"(?:\[[^\]]*\]?|[^\s,;\[])+", text)


def parse_variant(text: str) -> Variant:
    """One variant: everything the text names happens together.

    Parameters
    ----------
    text : str
        A cell of a table: ``F48S``; several substitutions with ``:`` ``;`` ``,`` ``/`` or white space between them, or
        as HGVS writes them, ``p.[Phe48Ser;Leu29Pro]``.

    Raises
    ------
    InputError
        Nothing is given, a name cannot be read (it is quoted), or one residue is changed twice.

    Examples
    --------
    >>> str(parse_variant("p.[Phe48Ser;Leu29Pro]"))
    'F48S:L29P'
    """
    bare = text.strip().removeprefix("p.").strip("[]")
    parts = [part for part in re.split(r"[\s:;,/]+", bare) if part]
    if not parts:
        raise InputError(f"No variant is given. {_WRITE}")
    return _variant(text.strip(), parts)


def _variant(text: str, parts: Sequence[str]) -> Variant:
    variant = Variant(text, tuple(_substitution(part, text) for part in parts))
    numbers = [substitution.number for substitution in variant.substitutions]
    if len(set(numbers)) < len(numbers):
        raise InputError(f"{text!r} changes one residue twice.")
    return variant


def _substitution(part: str, word: str) -> Substitution:
    match = _SUBSTITUTION.match(part)
    if not match or match[3].lower() in _OTHER_CHANGES:
        raise InputError(
            f"{word!r} is not a substitution. {_WRITE} Deletions, insertions and frame shifts cannot be scored here."
        )
    before, number, after = match.groups()
    return Substitution(_letter(before, word), int(number), _letter(after, word))


def _letter(name: str, word: str) -> str:
    if name in {"*", "="} or name.title() in {"Ter"}:
        raise InputError(f"{word!r} is a stop or no change; only a substitution by another amino acid can be scored.")
    letter = THREE_LETTERS.get(name.title()) if len(name) == 3 else name.upper()
    if letter is None or letter not in AMINO_ACIDS:
        raise InputError(f"{name!r} in {word!r} is not one of the 20 amino acids.")
    return letter


def parse_positions(text: str, sequence: str, *, offset: int = 0) -> list[int]:
    """Residues from what a user types: ``30``, ``L30``, ``Leu30``, several separated by commas or spaces.

    Returns
    -------
    list of int, 0-based, sorted, without repeats

    Raises
    ------
    InputError
        Not a position, outside the protein, or the letter is not the one there; an offset that would fit is named.
    """
    positions = set()
    for word in re.split(r"[\s,;]+", text.strip()):
        if not word:
            continue
        match = _POSITION.match(word)
        if not match:
            raise InputError(f"{word!r} is not a position. Write 30 or L30, several separated by commas.")
        name, number = match.groups()
        letter = _letter(name, word) if name else None
        positions.add(_index(sequence, int(number), letter, offset, word))
    return sorted(positions)


def _index(sequence: str, number: int, letter: str | None, offset: int, word: str) -> int:
    index = number - 1 - offset
    first, last = 1 + offset, len(sequence) + offset
    inside = 0 <= index < len(sequence)
    if inside and letter in (None, sequence[index]):
        return index
    hint = ""
    if letter is not None:
        shifts = fitting_offsets(sequence, [Substitution(letter, number, letter)])
        hint = f" {offset_hint(shifts, offset)}" if shifts else ""
    if not inside:
        raise InputError(f"{word!r} is outside the protein, whose residues are numbered {first:,} to {last:,}.{hint}")
    raise InputError(f"{word!r} does not fit: residue {number} is {sequence[index]}, not {letter}.{hint}")


def fitting_offsets(sequence: str, substitutions: Sequence[Substitution], *, reach: int = 2000) -> list[int]:
    """Offsets for which every wild-type letter fits the sequence, the nearest to 0 first."""
    if not substitutions:
        return []
    fits = None
    for wild_type, number in {(s.wild_type, s.number) for s in substitutions}:
        here = {
            number - 1 - index
            for index, letter in enumerate(sequence)
            if letter == wild_type and abs(number - 1 - index) <= reach
        }
        fits = here if fits is None else fits & here
        if not fits:
            return []
    return sorted(fits or set(), key=lambda shift: (abs(shift), shift))


def offset_hint(shifts: Sequence[int], offset: int) -> str:
    """A sentence that proposes the nearest other offsets; empty where there is none."""
    others = sorted((s for s in shifts if s != offset), key=lambda s: abs(s - offset))[:3]
    if not others:
        return ""
    shown = ", ".join(f"{shift:+d}" for shift in others)
    return (
        f"With the numbering offset {shown} it would fit." if len(others) == 1 else f"Offsets that would fit: {shown}."
    )


@dataclass(frozen=True)
class VariantScores:
    """Scored variants.

    Attributes
    ----------
    table : pandas.DataFrame
        variant, score (sum of log-odds, natural log; NaN where it cannot be scored), rank and percentile of single
        substitutions among all of the protein (1 and 100 are the most expected), problem (why
        there is no score, or empty).
    hint : str
        An offset that would make wild types fit, or empty.
    strategy, model : str
    """

    table: pd.DataFrame
    hint: str
    strategy: str
    model: str


class Scored(Protocol):
    """Any scan in which variants can be looked up: scores float (L, 20) with columns `AMINO_ACIDS`, done bool (L,)."""

    @property
    def sequence(self) -> str: ...

    @property
    def scores(self) -> np.ndarray: ...

    @property
    def done(self) -> np.ndarray: ...

    @property
    def strategy(self) -> str: ...

    @property
    def model(self) -> str: ...


def score_variants(scan: Scored, variants: Sequence[Variant], *, offset: int = 0) -> VariantScores:
    """Look variants up in a scan; several substitutions at once are the sum of their single scores.

    A variant whose wild-type letter does not fit has no score but a problem, so that one slip does not hide the others.

    References
    ----------
    Meier et al. (2021), NeurIPS 34:29287-29303, doi:10.1101/2021.07.09.450648 (sum of marginals for multiple mutants).
    """
    scores = scan.scores
    every = np.sort(_substitution_scores(scan))
    rows, wrong = [], []
    for variant in variants:
        problems = [_problem(scan, s, offset) for s in variant.substitutions]
        wrong += [s for s, problem in zip(variant.substitutions, problems, strict=True) if problem]
        problem = "; ".join(p for p in problems if p)
        score = (
            float("nan")
            if problem
            else float(sum(scores[s.number - 1 - offset, AMINO_ACIDS.index(s.mutant)] for s in variant.substitutions))
        )
        single = (
            len(variant.substitutions) == 1 and variant.substitutions[0].wild_type != variant.substitutions[0].mutant
        )
        ranked = single and np.isfinite(score) and len(every)
        above = len(every) - np.searchsorted(every, score, side="right") if ranked else 0
        below = np.searchsorted(every, score, side="left") if ranked else 0
        rows.append(
            {
                "variant": str(variant),
                "score": score,
                "rank": int(above) + 1 if ranked else None,
                "percentile": 100 * (below + (len(every) - above - below) / 2) / len(every) if ranked else float("nan"),
                "problem": problem,
            }
        )
    table = pd.DataFrame(rows, columns=["variant", "score", "rank", "percentile", "problem"])
    table["rank"] = table["rank"].astype("Int64")
    stated = [s for variant in variants for s in variant.substitutions]
    hint = offset_hint(fitting_offsets(scan.sequence, stated), offset) if wrong else ""
    if wrong and not hint:
        hint = offset_hint(fitting_offsets(scan.sequence, wrong), offset)
    return VariantScores(table, hint, scan.strategy, scan.model)


def _substitution_scores(scan: Scored) -> np.ndarray:
    """All scores of true substitutions that were computed, flat."""
    letters = np.array(list(AMINO_ACIDS))
    other = np.array(list(scan.sequence))[:, None] != letters[None]
    values = scan.scores[other]
    return values[np.isfinite(values)]


def _problem(scan: Scored, substitution: Substitution, offset: int) -> str:
    index = substitution.number - 1 - offset
    if not 0 <= index < len(scan.sequence):
        return f"no residue {substitution.number}: the protein has {1 + offset:,} to {len(scan.sequence) + offset:,}"
    there = scan.sequence[index]
    if there != substitution.wild_type:
        return f"residue {substitution.number} is {there}, not {substitution.wild_type}"
    return "" if scan.done[index] else f"residue {substitution.number} was not scanned yet"
