"""Motifs implanted into backgrounds that do not hold them (in-silico marginalisation): what place and spacing do."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.attribution.ism import Predictor, even_batch
from biocore.errors import InputError
from biocore.motif.matrix import IUPAC
from biocore.sequence import DNA, clean_dna, dinucleotide_shuffle, one_hot
from biocore.stats.ranking import mean_interval

BACKGROUNDS, SEED = 20, 0


@dataclass(frozen=True)
class ImplantEffects:
    """What implanting does to the score, by place or by spacing.

    Attributes
    ----------
    kind : "offset" or "gap"
        Offset: what one motif adds, by the 0-based place of its first base.  Gap: what two motifs add beyond the sum of
        each, by the bases between them.
    places : int array, (P,)
    effects : float array, (B, P)
        Log-odds, for each background.
    """

    kind: str
    places: np.ndarray
    effects: np.ndarray

    def __post_init__(self):
        if self.effects.ndim != 2 or self.effects.shape[1] != len(self.places):
            raise ValueError(f"effects (={self.effects.shape}) must have {len(self.places)} columns.")

    def table(self) -> pd.DataFrame:
        """Mean over the backgrounds with its 95 % bootstrap interval.

        Returns
        -------
        DataFrame
            offset (1-based) or gap (bp), effect, low, high (log-odds).
        """
        means = [mean_interval(column, seed=SEED) for column in self.effects.T]
        places = self.places + 1 if self.kind == "offset" else self.places
        rows = [(p, m.value, m.low, m.high) for p, m in zip(places, means, strict=True)]
        return pd.DataFrame(rows, columns=[self.kind, "effect", "low", "high"])


def backgrounds(sequence: str | None, *, length: int, count: int = BACKGROUNDS, seed: int = SEED) -> list[str]:
    """Sequences to implant into: dinucleotide shuffles of a sequence, or random DNA where none is given.

    Parameters
    ----------
    sequence : str or None
        Its own length is kept; N counts as a random base.
    length : int
        bp of random DNA.
    count, seed : int

    Returns
    -------
    list of str, length `count`
    """
    rng = np.random.default_rng(seed)
    if sequence is None:
        return ["".join(rng.choice(list(DNA), length)) for _ in range(count)]
    cleaned = clean_dna(sequence).sequence
    known = "".join(b if b in DNA else str(rng.choice(list(DNA))) for b in cleaned)
    return [dinucleotide_shuffle(known, rng) for _ in range(count)]


def implant_offsets(
    predict: Predictor, motif: str | Sequence[str], into: Sequence[str], *, step: int = 1, seed: int = SEED
) -> ImplantEffects:
    """What a motif adds to the score at every offset.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
    motif : str or sequence of str
        IUPAC letters; where a letter stands for several bases each background gets one of them at random.  Or what is
        implanted into each background, as `drawn` gives it.
    into : sequence of str
        Backgrounds of one length.
    step : int
        bp from one offset to the next.
    seed : int

    Returns
    -------
    ImplantEffects

    Raises
    ------
    InputError
        The motif has another letter or is longer than the backgrounds.

    References
    ----------
    Koo et al. (2021), PLoS Comput Biol 17:e1008925, doi:10.1371/journal.pcbi.1008925 (global importance analysis).
    """
    length = _length(into)
    variants = drawn(motif, len(into), length, seed)
    places = np.arange(0, length - len(variants[0]) + 1, step)
    made = [_with(b, (int(p), m)) for b, m in zip(into, variants, strict=True) for p in places]
    scores = _scores(predict, [*into, *made])
    base, added = scores[: len(into)], scores[len(into) :].reshape(len(into), -1)
    return ImplantEffects("offset", places, added - base[:, None])


def implant_gaps(
    predict: Predictor,
    first: str | Sequence[str],
    second: str | Sequence[str],
    into: Sequence[str],
    *,
    gaps: Sequence[int],
    seed: int = SEED,
) -> ImplantEffects:
    """What two motifs add beyond the sum of each, by the bases between them; the pair stands in the middle.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
    first, second : str or sequence of str
        IUPAC letters, in their order from 5' to 3'; or what is implanted into each background.
    into : sequence of str
        Backgrounds of one length.
    gaps : sequence of int
        Bases from the end of the first to the start of the second.
    seed : int

    Returns
    -------
    ImplantEffects

    Raises
    ------
    InputError
        A motif has another letter, or the two do not fit at the widest gap.
    """
    length = _length(into)
    ones, twos = drawn(first, len(into), length, seed), drawn(second, len(into), length, seed + 1)
    both = len(ones[0]) + len(twos[0])
    spans = [both + gap for gap in gaps]
    if not spans or min(gaps) < 0 or max(spans) > length:
        raise InputError(f"Gaps of 0 to {max(length - both, 0)} bp fit into {length} bp.")
    made = []
    for background, one, two in zip(into, ones, twos, strict=True):
        for gap, span in zip(gaps, spans, strict=True):
            a = ((length - span) // 2, one)
            b = (a[0] + len(one) + gap, two)
            made += [_with(background, a, b), _with(background, a), _with(background, b)]
    scores = _scores(predict, [*into, *made])
    base, rest = scores[: len(into), None], scores[len(into) :].reshape(len(into), -1, 3)
    return ImplantEffects("gap", np.asarray(gaps), rest[..., 0] - rest[..., 1] - rest[..., 2] + base)


def _length(into: Sequence[str]) -> int:
    lengths = {len(b) for b in into}
    if len(lengths) != 1:
        raise InputError("Backgrounds of one length are needed.")
    return lengths.pop()


def drawn(motif: str | Sequence[str], count: int, length: int, seed: int = SEED) -> list[str]:
    """`count` sequences that the motif's letters stand for, to be implanted into backgrounds of `length` bp.

    Raises
    ------
    InputError
        The motif has another letter or is longer than the backgrounds.
    """
    if not isinstance(motif, str):
        return list(motif)
    if not 1 <= len(motif) <= length:
        raise InputError(f"The motif has {len(motif)} letters; 1 to {length} fit into a background.")
    for position, letter in enumerate(motif):
        if letter not in IUPAC:
            raise InputError(f"{letter!r} is not one of {', '.join(IUPAC)}.", record="motif", position=position)
    rng = np.random.default_rng(seed)
    return ["".join(rng.choice(list(IUPAC[letter])) for letter in motif) for _ in range(count)]


def _with(background: str, *implants: tuple[int, str]) -> str:
    for place, motif in implants:
        background = background[:place] + motif + background[place + len(motif) :]
    return background


def _scores(predict: Predictor, sequences: Sequence[str]) -> np.ndarray:
    """Scores, (N,), in calls of one size."""
    size = even_batch(len(sequences))
    scores = []
    for begin in range(0, len(sequences), size):
        some = list(sequences[begin : begin + size])
        filled = some + [some[0]] * (size - len(some))
        scores.append(np.asarray(predict(one_hot(filled)), np.float64)[: len(some)])
    return np.concatenate(scores)
