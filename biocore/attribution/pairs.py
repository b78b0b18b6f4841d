"""Pairs of substitutions: where the effect of two differs from the sum of each."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.attribution.ism import Predictor, substituted_scores
from biocore.errors import InputError
from biocore.sequence import DNA, clean_dna, one_hot

MOST_POSITIONS = 40  # of a core: 7,020 double mutants


@dataclass(frozen=True)
class PairEffects:
    """Effects of all double mutants within a core.

    Attributes
    ----------
    core : str, length K
        A, C, G, T and N.
    start : int
        0-based place of its first base in the user's record.
    reference : float
        Log-odds of the window as it is.
    alone : float array, (K, 4), columns A C G T
        Change by each substitution on its own; 0 for the reference allele, NaN at N.
    together : float array, (K, 4, K, 4)
        Change by both of two substitutions, the first left of the second; NaN elsewhere.
    """

    core: str
    start: int
    reference: float
    alone: np.ndarray
    together: np.ndarray

    def __post_init__(self):
        k = len(self.core)
        if self.alone.shape != (k, 4) or self.together.shape != (k, 4, k, 4):
            raise ValueError(f"alone (={self.alone.shape}) and together (={self.together.shape}) must fit {k} bases.")

    @property
    def interaction(self) -> np.ndarray:
        """Effect of both minus the sum of each, log-odds, (K, 4, K, 4); 0 where they act independently."""
        return self.together - self.alone[:, :, None, None] - self.alone[None, None]

    @property
    def strongest(self) -> np.ndarray:
        """Of the nine pairs of two positions the interaction furthest from 0, (K, K); NaN but above the diagonal."""
        k = len(self.core)
        flat = self.interaction.transpose(0, 2, 1, 3).reshape(k, k, 16)
        at = np.abs(np.nan_to_num(flat)).argmax(axis=2)
        known = np.isfinite(flat).any(axis=2)
        return np.where(known, np.take_along_axis(np.nan_to_num(flat), at[..., None], axis=2)[..., 0], np.nan)

    def by_distance(self) -> pd.DataFrame:
        """How strongly positions interact, by how far apart they are.

        Returns
        -------
        DataFrame
            distance (bp), pairs (of positions), mean and largest (absolute interaction, log-odds).
        """
        strength = np.abs(self.strongest)
        rows = []
        for distance in range(1, len(self.core)):
            values = np.diagonal(strength, distance)
            values = values[np.isfinite(values)]
            if len(values):
                rows.append((distance, len(values), values.mean(), values.max()))
        return pd.DataFrame(rows, columns=["distance", "pairs", "mean", "largest"])

    def table(self) -> pd.DataFrame:
        """Every double mutant, the strongest interaction first.

        Returns
        -------
        DataFrame
            first, second (such as "G102A"), distance (bp), first_change, second_change, both_change, interaction
            (log-odds).
        """
        interaction = self.interaction
        i, a, j, b = np.nonzero(np.isfinite(interaction))
        order = np.argsort(-np.abs(interaction[i, a, j, b]), kind="stable")
        i, a, j, b = i[order], a[order], j[order], b[order]
        letters = np.array(list(self.core))
        return pd.DataFrame(
            {
                "first": [f"{letters[p]}{self.start + p + 1}{DNA[q]}" for p, q in zip(i, a, strict=True)],
                "second": [f"{letters[p]}{self.start + p + 1}{DNA[q]}" for p, q in zip(j, b, strict=True)],
                "distance": j - i,
                "first_change": self.alone[i, a],
                "second_change": self.alone[j, b],
                "both_change": self.together[i, a, j, b],
                "interaction": interaction[i, a, j, b],
            }
        )


def pair_effects(predict: Predictor, sequence: str, core: tuple[int, int], *, start: int = 0) -> PairEffects:
    """Score all double mutants within a core of a window.

    Parameters
    ----------
    predict : callable, (N, L, 4) -> (N,) log-odds
        As for `mutation_scan`.
    sequence : str, length L
        The window the model sees.
    core : (int, int)
        0-based half-open in the user's record; up to 40 bp.
    start : int
        0-based place of the window in the record.

    Returns
    -------
    PairEffects

    Raises
    ------
    InputError
        The core is too long, not inside the window, or has fewer than two known bases.

    Notes
    -----
    Each single mutant serves as a sequence whose substitutions are scanned, so a predictor that knows what a
    substitution leaves as it was computes double mutants as quickly.

    Examples
    --------
    >>> both_a = lambda x: x[:, 0, 0] * x[:, 1, 0]
    >>> pair_effects(both_a, "CC", (0, 2)).interaction[0, 0, 1, 0]
    np.float64(1.0)
    """
    sequence = clean_dna(sequence).sequence
    low, high = core[0] - start, core[1] - start
    if not 0 <= low < high <= len(sequence):
        window = f"{start + 1:,} to {start + len(sequence):,}"
        raise InputError(f"The core, positions {core[0] + 1:,} to {core[1]:,}, is not inside the window, {window}.")
    if high - low > MOST_POSITIONS:
        raise InputError(f"The core has {high - low} bp; up to {MOST_POSITIONS} bp are paired.")
    places = np.array([i for i in range(low, high) if sequence[i] in DNA], int)
    if len(places) < 2:
        raise InputError("The core has fewer than two known bases, so there is no pair.")
    x = one_hot([sequence])
    others = np.nonzero(x[0, places] == 0)[1].reshape(-1, 3)
    single = np.repeat(x, 3 * len(places), axis=0)  # every single mutant
    rows, where = np.arange(len(single)), np.repeat(places, 3)
    single[rows, where] = 0
    single[rows, where, others.ravel()] = 1
    first, second = np.nonzero(where[:, None] < places[None])
    ours, both = substituted_scores(predict, np.concatenate([x, single]), first + 1, places[second], others[second])
    ours, reference = ours.astype(np.float64), float(ours[0])

    k = high - low
    alone = np.where(np.isin(np.arange(low, high), places)[:, None], np.zeros((k, 4)), np.nan)
    alone[where - low, others.ravel()] = ours[1:] - reference
    together = np.full((k, 4, k, 4), np.nan)
    i, a = (v[first] - low if v is where else v[first] for v in (where, others.ravel()))
    together[i[:, None], a[:, None], (places[second] - low)[:, None], others[second]] = both - reference
    return PairEffects(sequence[low:high], core[0], reference, alone, together)
