"""A user's own measured variants: how far the scores agree with them, a model that learns from them, and what to make
next.

The model corrects the untrained score: ``a * score + w * correction``.  The correction is fitted to what the score
leaves over; how much of it is taken, `w`, is chosen on variants that were left out, and may be nothing: one `w` for
residues that have a measured variant, one for all others.
"""

import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.esm2 import measured
from biocore.esm2.variants import parse_variant
from biocore.sequence import AMINO_ACIDS
from biocore.stats.correlation import spearman, spearman_interval
from biocore.stats.intervals import Interval
from biocore.variants.features import FeatureTable
from biocore.variants.results import EffectScan

RIDGE, GAUSSIAN_PROCESS = "ridge", "gaussian process"
METHODS = (RIDGE, GAUSSIAN_PROCESS)
LEAST = 20  # measured variants
MOST = {RIDGE: 10_000, GAUSSIAN_PROCESS: 1_000}
FOLDS, INNER_FOLDS = 5, 4
STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)  # of the correction that may be taken
CAUTION, GAIN = 17.0, 0.01  # a correction must add (CAUTION / variants) ** 2 of Spearman on left-out ones, and GAIN
LEAST_SLOPE = 0.1  # of the untrained score, in standard deviations
CURVE = (24, 48, 96, 192, 384, 768, 1536)
ROWS, COLUMNS = "ABCDEFGH", 12  # of a plate
CHUNK = 4000


@dataclass(frozen=True)
class AssayFit:
    """A model fitted to measured variants of a protein.

    Attributes
    ----------
    sequence : str, length L
    offset : int
        Added to positions in names.
    method : str
        One of `METHODS`.
    weight, weight_measured : float
        Share of the fitted correction that is taken, 0 (the untrained score is best) to 1: at residues without a
        measured variant, and at the others.
    table : pandas.DataFrame
        variant, measured, untrained (score), predicted (by a fit without the variant's position).
    untrained, trained : Interval
        Spearman with the measurement of the untrained score, and of `predicted`.
    mean, uncertainty : float arrays, (L, 20)
        Prediction of every single substitution in the units of the measurement, and its standard deviation; NaN where
        the scan has no score.
    curve : pandas.DataFrame
        measured (number of variants learned from), trained, untrained (Spearman on left-out positions).
    left_out : pandas.DataFrame
        line, variant, problem of the rows that could not be used.
    """

    sequence: str
    offset: int
    method: str
    weight: float
    weight_measured: float
    table: pd.DataFrame
    untrained: Interval
    trained: Interval
    mean: np.ndarray
    uncertainty: np.ndarray
    curve: pd.DataFrame
    left_out: pd.DataFrame


def compare(
    predictors: Mapping[str, Any], measurements: pd.DataFrame, *, offset: int = 0, seed: int = 0
) -> pd.DataFrame:
    """Rank correlation of each predictor with measured variants; the best first.

    Parameters
    ----------
    predictors : mapping
        Name -> `EffectScan` or `esm2.SubstitutionScan` of one protein.
    measurements : pandas.DataFrame
        As `biocore.esm2.measured.read_measurements` returns them; higher is fitter.
    offset : int
        Added to residue numbers.

    Returns
    -------
    pandas.DataFrame
        predictor, spearman, low, high (95 % interval over resampled variants), variants.

    Raises
    ------
    InputError
        None of the variants can be scored.
    """
    rows = []
    for name, scan in predictors.items():
        found = measured.compare(scan, measurements, offset=offset, seed=seed)
        rows.append((name, found.spearman, found.low, found.high, len(found.table)))
    table = pd.DataFrame(rows, columns=["predictor", "spearman", "low", "high", "variants"])
    return table.sort_values("spearman", ascending=False, kind="stable", ignore_index=True)


def fit_assay(
    scan: EffectScan,
    table: FeatureTable,
    measurements: pd.DataFrame,
    *,
    offset: int = 0,
    method: str = RIDGE,
    seed: int = 0,
) -> AssayFit:
    """Fit a correction of the scores to measured variants, cross-validated by position.

    Parameters
    ----------
    scan : EffectScan
        The untrained scores.
    table : FeatureTable
        Of the same protein.
    measurements : pandas.DataFrame
        As `biocore.esm2.measured.read_measurements` returns them; higher is fitter.  Several substitutions at once are
        the sum of the single ones.
    offset : int
        Added to residue numbers.
    method : str
        "ridge" (Bayesian: its penalty is chosen by the evidence) or "gaussian process" (one squared-exponential
        kernel), either on the features, the position and the new residue.

    Raises
    ------
    InputError
        Fewer than 20 variants can be used, at fewer than 5 positions, too many for the method, or all measurements
        are alike.

    References
    ----------
    MacKay (1992), Neural Comput 4:415-447, doi:10.1162/neco.1992.4.3.415 (evidence);
    Hsu et al. (2022), Nat Biotechnol 40:1114-1122, doi:10.1038/s41587-021-01146-5 (untrained score as a feature).
    """
    if method not in METHODS:
        raise InputError(f"{method!r} is no method; these are: {', '.join(METHODS)}.")
    found = measured.compare(scan, measurements, offset=offset, seed=seed)
    usable = found.table[np.isfinite(found.table["score"])].reset_index(drop=True)
    design = Design.of(table, usable["variant"], offset)
    u, y = usable["score"].to_numpy(float), usable["measured"].to_numpy(float)
    _check(design, y, method)
    whole = train(design, np.arange(len(y)), u, y, method, seed)
    predicted = np.empty(len(y))
    for rest, held in folds(design.position, FOLDS, seed):
        predicted[held] = train(design, rest, u, y, method, seed).on_scale_of(whole, design, held, u[held])
    mean, uncertainty = np.full(scan.scores.shape, np.nan), np.full(scan.scores.shape, np.nan)
    places = np.argwhere(np.isfinite(scan.scores))
    for start in range(0, len(places), CHUNK):
        i, j = places[start : start + CHUNK].T
        known = whole.predicted(design.single(i, j), scan.scores[i, j].astype(float), design.columns[i] >= 0)
        mean[i, j], uncertainty[i, j] = known
    return AssayFit(
        scan.sequence,
        offset,
        method,
        *whole.weights,
        usable[["variant", "measured"]].assign(untrained=u, predicted=predicted),
        spearman_interval(u, y, seed=seed),
        spearman_interval(predicted, y, seed=seed),
        mean,
        uncertainty,
        _curve(design, u, y, predicted, whole, method, seed),
        found.left_out,
    )


def _check(design: "Design", y: np.ndarray, method: str) -> None:
    if len(y) < LEAST:
        raise InputError(
            f"{len(y)} measured variants can be used; a model is fitted from {LEAST} on. With fewer, chance decides "
            "what it learns: compare them with the scores instead."
        )
    if len(y) > MOST[method]:
        raise InputError(f"{len(y):,} measured variants; {method} takes up to {MOST[method]:,}. Choose {RIDGE}.")
    positions = len(set(design.position.tolist()))
    if positions < FOLDS:
        raise InputError(f"The variants are at {positions} positions; {FOLDS} or more are needed to hold some out.")
    if np.ptp(y) == 0:
        raise InputError("All measurements are the same number: there is nothing to learn.")


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

    def single(self, i: np.ndarray, j: np.ndarray) -> np.ndarray:
        """Rows of single substitutions: residues `i` to columns `j` of `AMINO_ACIDS`."""
        positions = np.eye(self.columns.max() + 1)[self.columns[i].clip(0)] * (self.columns[i] >= 0)[:, None]
        return np.hstack([self.table.values[i, j], positions, np.eye(len(AMINO_ACIDS))[j]])

    def rows(self, chosen: np.ndarray) -> np.ndarray:
        """Rows of the variants `chosen`, (len(chosen), D)."""
        return np.stack([self.single(*self.variants[k].T).sum(axis=0) for k in chosen])


def folds(position: np.ndarray, count: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to learn from and rows held out, whole positions at a time."""
    from sklearn.model_selection import GroupKFold

    count = min(count, len(np.unique(position)))
    yield from GroupKFold(count, shuffle=True, random_state=seed).split(position, groups=position)


@dataclass(frozen=True)
class Trained:
    """``shift + scale * (slope * standardised score + weight * correction)``."""

    model: Any
    centre: tuple[float, float]  # mean and deviation of the score
    unit: tuple[float, float]  # and of the measurement
    slope: float
    weights: tuple[float, float]  # at residues without a measured variant, and with one
    measured: np.ndarray  # residues with one

    def parts(self, rows: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The score's part, the correction and its standard deviation, in deviations of the measurement."""
        correction, deviation = self.model.predict(rows, return_std=True)
        return self.slope * (scores - self.centre[0]) / self.centre[1], correction, deviation

    def predicted(self, rows: np.ndarray, scores: np.ndarray, seen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation in the units of the measurement; `seen`: the residue has a measured variant."""
        base, correction, deviation = self.parts(rows, scores)
        weight = np.where(seen, self.weights[1], self.weights[0])
        return self.unit[0] + self.unit[1] * (base + weight * correction), self.unit[1] * deviation

    def predict(self, design: Design, chosen: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """The mean of some variants of the design."""
        seen = np.isin(design.position[chosen], self.measured)
        return self.predicted(design.rows(chosen), scores, seen)[0]

    def on_scale_of(self, whole: "Trained", design: Design, chosen: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """The score's part as `whole` has it, and this fit's correction: one scale for the parts of several folds.

        Where no correction is taken the ranking is that of the score, whatever the fold.
        """
        rows = design.rows(chosen)
        weight = np.where(np.isin(design.position[chosen], self.measured), self.weights[1], self.weights[0])
        base = whole.slope * (scores - whole.centre[0]) / whole.centre[1]
        return whole.unit[0] + whole.unit[1] * (base + weight * self.parts(rows, scores)[1])


def train(design: Design, rows: np.ndarray, u: np.ndarray, y: np.ndarray, method: str, seed: int) -> Trained:
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
    x = design.rows(rows)
    u, y, position = u[rows], y[rows], design.position[rows]
    one_each = np.arange(len(rows))
    weights = [_weight(x, u, y, groups, method, seed) for groups in (position, one_each)]
    model, centre, unit, slope = _fitted(x, u, y, method)
    return Trained(model, centre, unit, slope, (weights[0], weights[1]), np.unique(position))


def _weight(x: np.ndarray, u: np.ndarray, y: np.ndarray, groups: np.ndarray, method: str, seed: int) -> float:
    """How much of the correction serves best on groups of variants that were left out."""
    if len(np.unique(groups)) < INNER_FOLDS:
        return 0.0
    base, correction = np.zeros(len(y)), np.zeros(len(y))
    for rest, held in folds(groups, INNER_FOLDS, seed):
        part = Trained(*_fitted(x[rest], u[rest], y[rest], method), (0.0, 0.0), np.zeros(0))
        base[held], correction[held], _ = part.parts(x[held], u[held])
    agreement = np.nan_to_num([spearman(base + step * correction, y) for step in STEPS])
    best = int(agreement.argmax())
    return STEPS[best] if agreement[best] > agreement[0] + max(GAIN, (CAUTION / len(y)) ** 2) else 0.0


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


def _curve(
    design: Design, u: np.ndarray, y: np.ndarray, predicted: np.ndarray, whole: Trained, method: str, seed: int
) -> pd.DataFrame:
    """Spearman on left-out positions by number of variants learned from; the last row is the whole fit's."""
    rng = np.random.default_rng(seed)
    most = int(len(y) * (1 - 1 / FOLDS))
    untrained = spearman(u, y)
    rows = []
    for size in (s for s in CURVE if s < 0.9 * most):
        found = np.empty(len(y))
        for rest, held in folds(design.position, FOLDS, seed):
            drawn = rng.permutation(rest)[:size]
            found[held] = train(design, drawn, u, y, method, seed).on_scale_of(whole, design, held, u[held])
        rows.append((size, spearman(found, y), untrained))
    rows.append((most, spearman(predicted, y), untrained))
    return pd.DataFrame(rows, columns=["measured", "trained", "untrained"])


def design(fit: AssayFit, count: int, *, diverse: bool = False) -> pd.DataFrame:
    """The variants to make next: the best predicted ones that were not measured, ready for plates of 96 wells.

    Parameters
    ----------
    fit : AssayFit
    count : int
    diverse : bool
        Take the best variant of each position before the second of any.

    Returns
    -------
    pandas.DataFrame
        rank, variant, position, predicted, uncertainty (standard deviation), plate, well (A1 to H12, by rows).

    Raises
    ------
    InputError
        `count` is not positive.
    """
    if count < 1:
        raise InputError(f"{count} variants to make; 1 or more are needed.")
    i, j = np.nonzero(np.isfinite(fit.mean))
    letters = np.array(list(AMINO_ACIDS))
    own = np.array(list(fit.sequence), dtype="<U1")
    names = [f"{a}{n}{b}" for a, n, b in zip(own[i], i + 1 + fit.offset, letters[j], strict=True)]
    table = pd.DataFrame({"variant": names, "position": i + 1 + fit.offset})
    table["predicted"], table["uncertainty"] = fit.mean[i, j], fit.uncertainty[i, j]
    table = table[~table["variant"].isin(fit.table["variant"])]
    table = table.sort_values("predicted", ascending=False, kind="stable")
    if diverse:
        turn = table.groupby("position").cumcount()
        table = table.assign(turn=turn).sort_values(["turn", "predicted"], ascending=[True, False]).drop(columns="turn")
    table = table.head(count).reset_index(drop=True)
    table.insert(0, "rank", np.arange(1, len(table) + 1))
    place = np.arange(len(table)) % (len(ROWS) * COLUMNS)
    table["plate"] = np.arange(len(table)) // (len(ROWS) * COLUMNS) + 1
    table["well"] = [f"{ROWS[k // COLUMNS]}{k % COLUMNS + 1}" for k in place]
    return table
