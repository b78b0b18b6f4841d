"""What is said of the substitutions of a protein: a score each, what it is made of, and what such scores came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from biocore.sequence import AMINO_ACIDS
from biocore.stats.intervals import Interval

STRATEGY = "variant effect"


@dataclass(frozen=True)
class Calibration:
    """How often substitutions of a score were in the worst third of their assay, in scans the model had not seen.

    Attributes
    ----------
    edges : float array, (B + 1,)
        Of the bins of score, rising; what lies outside belongs to the first or last bin.
    fraction, low, high : float arrays, (B,)
        Fraction in the worst third and its 95 % interval over resampled proteins.
    count : int array, (B,)
        Measured substitutions in each bin.
    """

    edges: np.ndarray
    fraction: np.ndarray
    low: np.ndarray
    high: np.ndarray
    count: np.ndarray

    def __post_init__(self):
        if {len(a) for a in (self.fraction, self.low, self.high, self.count)} != {len(self.edges) - 1}:
            raise ValueError("one fraction, low, high and count for each bin between the edges")

    def at(self, score: float) -> Interval:
        """The fraction for a score, with its interval; NaN for a score that is not defined."""
        if not np.isfinite(score):
            return Interval(float("nan"))
        place = int(np.clip(np.searchsorted(self.edges, score, side="right") - 1, 0, len(self.count) - 1))
        return Interval(float(self.fraction[place]), float(self.low[place]), float(self.high[place]))

    def as_dict(self) -> dict[str, Any]:
        """JSON values of all attributes."""
        rows = {name: getattr(self, name) for name in ("edges", "fraction", "low", "high")}
        values: dict[str, Any] = {name: [round(float(v), 4) for v in row] for name, row in rows.items()}
        return values | {"count": [int(n) for n in self.count]}

    @classmethod
    def from_dict(cls, values: dict[str, Sequence[float]]) -> "Calibration":
        """The reverse of `as_dict`."""
        return cls(**{name: np.array(row) for name, row in values.items()})


@dataclass(frozen=True)
class EffectScan:
    """Every substitution of a protein, scored.

    Attributes
    ----------
    sequence : str, length L
    scores : float32 array, (L, 20), columns `AMINO_ACIDS`
        Higher is better tolerated: the predicted rank in a scan of the protein, less one, so that about 0 is as good as
        the best and about -1 as bad as the worst.  NaN at the wild type, and where the wild type is not one of the 20.
    contributions : float32 array, (L, 20, G)
        What each group of features adds; their sum and `intercept` is the score.
    groups : tuple of str, length G
    intercept : float
        Score of a substitution that is average in every feature.
    missing : tuple of str
        Sentences that name each part that was not there and what that costs.
    model : str
    calibration : Calibration
    cautions : tuple of str, length L, or empty
        Why scores of each residue deserve little trust ("no homologue"), empty where nothing speaks against them.
    worth : str
        A sentence: what each caution was measured to cost.
    """

    sequence: str
    scores: np.ndarray
    contributions: np.ndarray
    groups: tuple[str, ...]
    intercept: float
    missing: tuple[str, ...]
    model: str
    calibration: Calibration = field(repr=False)
    cautions: tuple[str, ...] = ()
    worth: str = ""

    strategy = STRATEGY  # for `esm2.variants.score_variants` and `esm2.measured.compare`, which read any such scan

    def __post_init__(self):
        shape = (len(self.sequence), len(AMINO_ACIDS))
        if self.scores.shape != shape or self.contributions.shape != (*shape, len(self.groups)):
            raise ValueError(f"{shape} scores are needed, and as many contributions of each of {self.groups}")
        if self.cautions and len(self.cautions) != len(self.sequence):
            raise ValueError(f"{len(self.cautions)} cautions for {len(self.sequence)} residues")

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def done(self) -> np.ndarray:
        """Residues that are one of the 20 and so have scores, bool (L,)."""
        return np.isfinite(self.scores).any(axis=1)

    @cached_property
    def percentiles(self) -> np.ndarray:
        """Place of each score among all of the protein, 0 (worst) to 100 (best), float (L, 20); ties share."""
        from scipy.stats import rankdata

        known = np.isfinite(self.scores)
        places = np.full(self.scores.shape, np.nan)
        if known.any():
            places[known] = 100 * (rankdata(self.scores[known]) - 0.5) / known.sum()
        return places

    @property
    def mean_effect(self) -> np.ndarray:
        """Mean score of the 19 substitutions of each residue, (L,); NaN where the wild type is not one of the 20."""
        known = np.isfinite(self.scores)
        count = known.sum(axis=1)
        return np.where(count > 0, np.nansum(self.scores, axis=1) / np.maximum(count, 1), np.nan)

    def statement(self, score: float) -> str:
        """What a score of one substitution has meant in scans the model had not seen, as a sentence.

        Parameters
        ----------
        score : float

        Returns
        -------
        str
            Empty for a score that is not defined.
        """
        seen = self.calibration.at(score)
        if not np.isfinite(seen.value):
            return ""
        return (
            f"Of substitutions scored so, {100 * seen.value:.0f} % ({100 * seen.low:.0f} to {100 * seen.high:.0f} %) "
            "were in the worst third of their assay."
        )

    def caution(self, residues: Iterable[int]) -> str:
        """What speaks against scores of some residues (0-based; those outside the protein are passed over)."""
        said = [self.cautions[i] for i in residues if 0 <= i < len(self.cautions)]
        return ", ".join(dict.fromkeys(word for words in said for word in words.split(", ") if word))

    def averaged(self, other: "EffectScan") -> "EffectScan":
        """The mean of this scan and one of the same protein by other homologues; still the sum of its parts.

        Where one of them knows no homologue and the other does, it is the other alone.

        Raises
        ------
        ValueError
            It is of another protein.
        """
        if other.sequence != self.sequence:
            raise ValueError("the two scans are of different proteins")
        if other.groups != self.groups:
            return max(self, other, key=lambda scan: len(scan.groups))
        return replace(
            self,
            scores=(self.scores + other.scores) / 2,
            contributions=(self.contributions + other.contributions) / 2,
            intercept=(self.intercept + other.intercept) / 2,
        )

    def table(self, offset: int = 0) -> pd.DataFrame:
        """Every substitution, one row each, the wild type left out.

        Columns: position (counted from ``1 + offset``), wild_type, substitution, variant, score, percentile, caution,
        and one column for each group of features.
        """
        rows, columns = np.nonzero(np.isfinite(self.scores))
        letters = np.array(list(AMINO_ACIDS))
        own, new = np.array(list(self.sequence), dtype="<U1")[rows], letters[columns]
        numbers = rows + 1 + offset
        parts = self.contributions[rows, columns]
        return pd.DataFrame(
            {
                "position": numbers,
                "wild_type": own,
                "substitution": new,
                "variant": [f"{a}{n}{b}" for a, n, b in zip(own, numbers, new, strict=True)],
                "score": self.scores[rows, columns],
                "percentile": self.percentiles[rows, columns],
                "caution": np.array(self.cautions or [""] * len(self.sequence), dtype=object)[rows],
            }
            | {group: parts[:, g] for g, group in enumerate(self.groups)}
        )
