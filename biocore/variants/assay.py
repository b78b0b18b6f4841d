"""A user's own measured variants: how far the scores agree with them, a model that learns from them, and what to make
next.  What is learned, and how much of it is taken, is in `biocore.variants.correction`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.esm2 import measured
from biocore.sequence import AMINO_ACIDS
from biocore.stats.correlation import spearman, spearman_interval
from biocore.stats.intervals import Interval
from biocore.variants.correction import GAUSSIAN_PROCESS, METHODS, RIDGE, Design, Trained, folds, learn
from biocore.variants.features import FeatureTable
from biocore.variants.results import EffectScan

LEAST = 20  # measured variants
MOST = {RIDGE: 10_000, GAUSSIAN_PROCESS: 1_000}
FOLDS = 5
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
    whole = learn(design, np.arange(len(y)), u, y, method, seed)
    predicted = np.empty(len(y))
    for rest, held in folds(design.position, FOLDS, seed):
        predicted[held] = learn(design, rest, u, y, method, seed).on_scale_of(whole, held, u[held])
    mean, uncertainty = np.full(scan.scores.shape, np.nan), np.full(scan.scores.shape, np.nan)
    places = np.argwhere(np.isfinite(scan.scores))
    for start in range(0, len(places), CHUNK):
        i, j = places[start : start + CHUNK].T
        known = whole.predicted(
            whole.design.single(i, j), scan.scores[i, j].astype(float), whole.design.columns[i] >= 0
        )
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
            found[held] = learn(design, drawn, u, y, method, seed).on_scale_of(whole, held, u[held])
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
