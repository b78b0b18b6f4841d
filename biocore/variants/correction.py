"""What a fit to a protein's own measured variants learns: a correction of the score, and how much of it is taken.

The model is ``slope * score + w * correction``.  The correction is fitted to what the score leaves over.  How much of
it is taken, `w`, is read off variants that were left out: the least-squares weight, less `CAUTION` standard errors, and
nothing where that is below 0.  So a few variants, which cannot show that a correction helps, leave the untrained
ranking as it is.  There is one `w` for residues that have a measured variant, one for all others.
"""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biocore.esm2.variants import parse_variant
from biocore.sequence import AMINO_ACIDS
from biocore.variants.features import FeatureTable

RIDGE, GAUSSIAN_PROCESS = "ridge", "gaussian process"
METHODS = (RIDGE, GAUSSIAN_PROCESS)
INNER_FOLDS = 4
CAUTION = 2.5  # standard errors; chosen on assays of other proteins, see docs/models_variants.md
LEAST_SLOPE = 0.1  # of the untrained score, in standard deviations


@dataclass(frozen=True)
class Design:
    """What the correction reads of N variants: features, one-hot position and one-hot new residue, summed.

    Attributes
    ----------
    table : FeatureTable
        Standardised over the protein, so that all features together weigh as one position.
    columns : int array, (L,)
        Column of each measured position; -1 elsewhere.
    variants : tuple of int arrays, (S, 2)
        0-based position and column of `AMINO_ACIDS` of each of a variant's S substitutions.
    """

    table: FeatureTable
    columns: np.ndarray
    variants: tuple[np.ndarray, ...]

    @classmethod
    def of(cls, table: FeatureTable, names: Sequence[str] | pd.Series, offset: int) -> "Design":
        """The design of variants by name."""
        variants = tuple(
            np.array([(s.number - 1 - offset, AMINO_ACIDS.index(s.mutant)) for s in parse_variant(name).substitutions])
            for name in names
        )
        flat = table.values.reshape(-1, table.values.shape[-1])
        scale = flat.std(axis=0) * np.sqrt(flat.shape[1])
        values = (table.values - flat.mean(axis=0)) / np.where(scale > 1e-9, scale, np.inf)
        columns = np.full(len(values), -1)
        seen = np.unique([i for variant in variants for i in variant[:, 0]]).astype(int)
        columns[seen] = np.arange(len(seen))
        return cls(FeatureTable(values, table.names, table.groups), columns, variants)

    @property
    def position(self) -> np.ndarray:
        """First position of each variant, 0-based, (N,)."""
        return np.array([variant[0, 0] for variant in self.variants], int)

    def of_rows(self, chosen: np.ndarray) -> "Design":
        """The same with columns for the residues of the variants `chosen` only."""
        columns = np.full(len(self.columns), -1)
        seen = np.unique(np.concatenate([self.variants[k][:, 0] for k in chosen]))
        columns[seen] = np.arange(len(seen))
        return Design(self.table, columns, self.variants)

    def single(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Rows of single substitutions: residues `i` to columns `j` of `AMINO_ACIDS`."""
        width, one, rows = self.table.values.shape[-1], int(self.columns.max()) + 1, np.arange(len(i))
        made = np.zeros((len(i), width + one + len(AMINO_ACIDS)))
        made[:, :width] = self.table.values[i, j]
        seen = self.columns[i] >= 0
        made[rows[seen], width + self.columns[i][seen]] = 1
        made[rows, width + one + j] = 1
        return made

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Rows of the variants `chosen`, (len(chosen), D)."""
        variants = [self.variants[k] for k in chosen]
        starts = np.cumsum([0, *(len(variant) for variant in variants[:-1])])
        return np.add.reduceat(self.single(*np.concatenate(variants).T), starts, axis=0)


def folds(position: np.ndarray, count: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows held out, whole positions at a time."""
    from sklearn.model_selection import GroupKFold

    count = min(count, len(np.unique(position)))
    yield from GroupKFold(count, shuffle=True, random_state=seed).split(position, groups=position)


@dataclass(frozen=True)
class Evidence:
    """How a correction agrees with what the score leaves over, on variants that were left out.

    Attributes
    ----------
    agreement : float
        Sum of their products.
    error : float
        Its standard error were there nothing to learn; variants of one residue count as one.
    square : float
        Sum of the squared corrections.

    Examples
    --------
    >>> Evidence(6.0, 1.0, 8.0).weight(2.0), Evidence(1.0, 1.0, 8.0).weight(2.0), Evidence(9.0, 0.5, 8.0).weight(2.0)
    (0.5, 0.0, 1.0)
    """

    agreement: float = 0.0
    error: float = 0.0
    square: float = 0.0

    def weight(self, caution: float) -> float:
        """The least-squares weight of the correction, less `caution` standard errors; 0 to 1."""
        sure = self.agreement - caution * self.error
        return min(sure / self.square, 1.0) if sure > 0 and self.square > 0 else 0.0


@dataclass(frozen=True)
class Trained:
    """``shift + scale * (slope * standardised score + weight * correction)``."""

    model: Any
    centre: tuple[float, float]  # mean and deviation of the score
    unit: tuple[float, float]  # and of the measurement
    slope: float
    evidence: tuple[Evidence, Evidence]  # for residues without a measured variant, and with one
    design: Design  # with a column for each residue it learned from

    @property
    def weights(self) -> tuple[float, float]:
        """Share of the correction that is taken at residues without a measured variant, and with one."""
        return self.evidence[0].weight(CAUTION), self.evidence[1].weight(CAUTION)

    def parts(self, rows: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The score's part, the correction and its standard deviation, in deviations of the measurement."""
        correction, deviation = self.model.predict(rows, return_std=True)
        return self.slope * (scores - self.centre[0]) / self.centre[1], correction, deviation

    def predicted(self, rows: np.ndarray, scores: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation in the units of the measurement; `seen`: the residue has a measured variant."""
        base, correction, deviation = self.parts(rows, scores)
        weight = np.where(seen, self.weights[1], self.weights[0])
        return self.unit[0] + self.unit[1] * (base + weight * correction), self.unit[1] * deviation

    def predict_cautiously(self, chosen: np.ndarray, scores: np.ndarray, cautions: Sequence[float]) -> list[np.ndarray]:
        """The mean of some variants of the design, with each of several cautions."""
        base, correction, _ = self.parts(self.design.rows(chosen), scores)
        seen = self.seen(chosen)
        takes = [tuple(one.weight(caution) for one in self.evidence) for caution in cautions]
        return [self.unit[0] + self.unit[1] * (base + np.where(seen, take[1], take[0]) * correction) for take in takes]

    def seen(self, chosen: np.ndarray) -> np.ndarray:
        """Whether it learned from a variant at the first residue of each of some variants."""
        return self.design.columns[self.design.position[chosen]] >= 0

    def on_scale_of(self, whole: "Trained", chosen: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """The score's part as `whole` has it, and this fit's correction: one scale for the parts of several folds.

        Where no correction is taken the ranking is that of the score, whatever the fold.
        """
        correction = self.parts(self.design.rows(chosen), scores)[1]
        weight = np.where(self.seen(chosen), self.weights[1], self.weights[0])
        base = whole.slope * (scores - whole.centre[0]) / whole.centre[1]
        return whole.unit[0] + whole.unit[1] * (base + weight * correction)


def learn(design: Design, rows: np.ndarray, u: np.ndarray, y: np.ndarray, method: str, seed: int) -> Trained:
    """Fit to the variants `rows`; the weights are chosen on variants left out within them.

    Parameters
    ----------
    design : Design
    rows : int array
    u, y : float arrays, (N,)
        Untrained score and measurement of all variants of the design.
    method, seed
        See `fit_assay`.
    """
    design = design.of_rows(rows)
    x = design.rows(rows)
    u, y, position = u[rows], y[rows], design.position[rows]
    one_each = np.arange(len(rows))
    whole, single = (_evidence(x, u, y, groups, method, seed) for groups in (position, one_each))
    model, centre, unit, slope = _fitted(x, u, y, method)
    return Trained(model, centre, unit, slope, (whole, single), design)


def _evidence(x: np.ndarray, u: np.ndarray, y: np.ndarray, groups: np.ndarray, method: str, seed: int) -> Evidence:
    """What the correction did on groups of variants that were left out."""
    if len(np.unique(groups)) < INNER_FOLDS:
        return Evidence(0.0, 0.0, 0.0)
    left, correction = np.zeros(len(y)), np.zeros(len(y))
    for rest, held in folds(groups, INNER_FOLDS, seed):
        model, centre, unit, slope = _fitted(x[rest], u[rest], y[rest], method)
        correction[held] = model.predict(x[held])
        left[held] = (y[held] - unit[0]) / unit[1] - slope * (u[held] - centre[0]) / centre[1]
    _, of = np.unique(groups, return_inverse=True)
    together = np.bincount(of, correction * left)  # variants of one residue go together
    return Evidence(float(together.sum()), float(np.sqrt((together**2).sum())), float((correction**2).sum()))


def _fitted(
    x: np.ndarray, u: np.ndarray, y: np.ndarray, method: str
) -> tuple[Any, tuple[float, float], tuple[float, float], float]:
    """The regression of what the score leaves over, and the scaling: see `Trained`."""
    from sklearn.exceptions import ConvergenceWarning

    centre, unit = ((float(v.mean()), float(v.std()) or 1.0) for v in (u, y))
    v, z = (u - centre[0]) / centre[1], (y - unit[0]) / unit[1]
    slope = max(float(np.mean(v * z)), LEAST_SLOPE)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # a kernel that ends at a bound: the bounds are the prior
        return _regression(method).fit(x, z - slope * v), centre, unit, slope


def _regression(method: str) -> Any:
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
    from sklearn.linear_model import BayesianRidge

    if method == RIDGE:
        return BayesianRidge()
    kernel = ConstantKernel(0.5, (1e-4, 10)) * RBF(1.5, (0.3, 30)) + WhiteKernel(0.5, (1e-2, 2))
    return GaussianProcessRegressor(kernel, random_state=0)
