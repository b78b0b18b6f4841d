"""What every attribution method returns: a number for each base at each position."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.errors import InputError
from biocore.sequence import DNA

ISM = "ism"  # in-silico mutagenesis
UNITS = ("log-odds", "probability")


@dataclass(frozen=True)
class EffectMap:
    """What each of the four bases means to the model at each position of a sequence.

    Attributes
    ----------
    method : str
        "ism", "gradient", "corrected-gradient" or "integrated-gradients".
    sequence : str, length L
        A, C, G, T and N.
    reference : float
        Score of the sequence as it is, in `unit`.
    effects : float32 array, (L, 4), columns A C G T
        ISM: score with base b at position i minus `reference`; exactly 0 for the reference allele.
        Gradients: slope of the score along base b at position i.  Integrated gradients: share of the score.
        NaN in every column where the sequence has N.
    start : int
        0-based place of the first base in the user's record.
    unit : str
        "log-odds" (natural log) or "probability" (0 to 1).
    completeness_error : float
        Integrated gradients only: how much of the difference from the baseline's score the map misses, as a share of
        that difference; NaN for other methods.
    """

    method: str
    sequence: str
    reference: float
    effects: np.ndarray
    start: int = 0
    unit: str = "log-odds"
    completeness_error: float = float("nan")

    def __post_init__(self):
        if self.effects.shape != (len(self.sequence), 4):
            raise ValueError(f"effects (={self.effects.shape}) must be ({len(self.sequence)}, 4).")
        if self.unit not in UNITS:
            raise ValueError(f"unit (={self.unit!r}) must be one of {UNITS}.")

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def positions(self) -> np.ndarray:
        """1-based positions in the record, (L,)."""
        return np.arange(self.start + 1, self.start + len(self) + 1)

    @property
    def is_reference(self) -> np.ndarray:
        """True for the reference allele, (L, 4); no base of an N."""
        return np.array(list(self.sequence))[:, None] == np.array(list(DNA))

    @property
    def centred(self) -> np.ndarray:
        """`effects` minus their mean over the four bases at each position, (L, 4)."""
        return self.effects - self.effects.mean(axis=1, keepdims=True)

    @property
    def contribution(self) -> np.ndarray:
        """What the reference allele adds to the score, (L,); the heights of the sequence logo.  NaN at N.

        ISM: mean-centred effect of the reference allele, or how much better it is than the average base.
        Gradients: the entry of the reference allele (gradient times input).  Integrated gradients: the row's sum.
        """
        if self.method == "integrated-gradients":
            return self.effects.sum(axis=1)
        values = self.centred if self.method == ISM else self.effects
        return _at_reference(values, self.is_reference)

    @property
    def importance(self) -> np.ndarray:
        """How much the position matters, whatever the direction, (L,).  NaN at N.

        ISM: mean absolute change over the three substitutions.  Other methods: absolute contribution.
        """
        if self.method == ISM:
            return np.abs(self.effects).sum(axis=1) / 3
        return np.abs(self.contribution)

    def part(self, low: int, high: int) -> "EffectMap":
        """The map of some positions; effects are not computed again.

        Parameters
        ----------
        low, high : int
            0-based half-open, in the record.

        Returns
        -------
        EffectMap
        """
        a, b = max(low - self.start, 0), min(high - self.start, len(self))
        return replace(self, sequence=self.sequence[a:b], effects=self.effects[a:b], start=self.start + a)


def _at_reference(values: np.ndarray, is_reference: np.ndarray) -> np.ndarray:
    picked = np.where(is_reference, values, 0).sum(axis=1)
    return np.where(is_reference.any(axis=1), picked, np.nan)


def to_probability(result: EffectMap) -> EffectMap:
    """An ISM map in probability (0 to 1) instead of log-odds: exact, nothing is predicted again.

    Parameters
    ----------
    result : EffectMap

    Returns
    -------
    EffectMap

    Raises
    ------
    InputError
        The map is of a gradient method; a slope in log-odds has no counterpart in probability.
    """
    if result.unit == "probability":
        return result
    if result.method != ISM:
        raise InputError("Probability points are for in-silico mutagenesis only; gradients are shown in log-odds.")
    reference = float(expit(result.reference))
    effects = (expit(result.reference + result.effects.astype(np.float64)) - reference).astype(np.float32)
    effects[result.is_reference] = 0
    return replace(result, reference=reference, effects=effects, unit="probability")


def agreement(one: EffectMap, other: EffectMap) -> float:
    """How well two methods agree: Pearson correlation, over positions, of what each reference allele contributes.

    Parameters
    ----------
    one, other : EffectMap

    Returns
    -------
    float
        1 is the same logo up to scale, 0 unrelated, -1 opposite.  N is left out.  NaN where a map is flat.

    Raises
    ------
    ValueError
        The maps are of different sequences.
    """
    if one.sequence != other.sequence:
        raise ValueError("the two maps must be of one sequence")
    a, b = one.contribution.astype(np.float64), other.contribution.astype(np.float64)
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    if len(a) < 2 or np.ptp(a) == 0 or np.ptp(b) == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def effect_table(result: EffectMap, *, record: str, tf: str) -> pd.DataFrame:
    """One row for each position.

    Parameters
    ----------
    result : EffectMap
    record, tf : str
        Names, for the table.

    Returns
    -------
    DataFrame
        record, tf, position (1-based), ref, A, C, G, T.
    """
    table = pd.DataFrame(result.effects, columns=list(DNA))
    table.insert(0, "ref", list(result.sequence))
    table.insert(0, "position", result.positions)
    table.insert(0, "tf", tf)
    table.insert(0, "record", record)
    return table


def core(result: EffectMap, *, width: int = 20) -> tuple[int, int]:
    """The `width` neighbouring positions that matter most together.

    Parameters
    ----------
    result : EffectMap
    width : int
        bp.

    Returns
    -------
    start, end : int
        0-based half-open, in the record.
    """
    importance = np.nan_to_num(result.importance)
    if len(importance) <= width:
        return result.start, result.start + len(importance)
    sums = np.convolve(importance, np.ones(width), mode="valid")
    start = result.start + int(sums.argmax())
    return start, start + width
