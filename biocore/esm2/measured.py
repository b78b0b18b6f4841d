"""Predicted scores against a deep mutational scan that somebody measured."""

from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.esm2.results import SubstitutionScan
from biocore.esm2.variants import parse_variants, score_variants


@dataclass(frozen=True)
class Comparison:
    """Predicted scores against a measurement.

    Attributes
    ----------
    table : pandas.DataFrame
        variant, score, measured; one row for each variant that could be scored.
    spearman : float
        Rank correlation; NaN with fewer than 3 variants or where all are equal.
    low, high : float
        95 % interval from 1,000 bootstrap samples of the variants.
    left_out : int
        Rows that could not be scored.
    reason : str
        Why the first of them was left out.
    """

    table: pd.DataFrame
    spearman: float
    low: float
    high: float
    left_out: int
    reason: str


def read_measurements(text: str) -> pd.DataFrame:
    """A deep-mutational-scan table as two columns: variant (text) and measured (float).

    Parameters
    ----------
    text : str
        CSV or TSV with a header.  The column of variants is named mutant, mutation, variant, hgvs_pro or mutations, or
        is the first whose cells read as variants; the measurement is DMS_score, score, fitness, effect or measured, or
        the first other column of numbers.

    Raises
    ------
    InputError
        No table, or no such columns; the message lists the columns that are there.
    """
    header = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    separator = max(",\t;", key=header.count)
    try:
        table = pd.read_csv(StringIO(text), sep=separator, comment="#")
    except (ValueError, pd.errors.ParserError) as error:
        raise InputError(f"this is not a CSV or TSV table ({error}).") from error
    columns = {str(column).lower(): column for column in table.columns}
    names = [columns[n] for n in ("mutant", "mutation", "variant", "hgvs_pro", "mutations") if n in columns]
    names += [c for c in table.columns if table[c].dropna().astype(str).head(5).map(_reads_as_variant).all()]
    values = [columns[n] for n in ("dms_score", "score", "fitness", "effect", "measured") if n in columns]
    numbers = {c: pd.to_numeric(table[c], errors="coerce") for c in table.columns}
    values += [c for c in table.columns if c not in names[:1] and numbers[c].notna().any() and not _counts(numbers[c])]
    if not len(table) or not names or not values:
        raise InputError(
            "a column of variants (mutant) and a column of numbers (score) are needed; the columns are: "
            f"{', '.join(map(str, table.columns))[:300]}."
        )
    result = pd.DataFrame({"variant": table[names[0]].astype(str), "measured": numbers[values[0]]})
    return result.dropna().reset_index(drop=True)


def _counts(column: pd.Series) -> bool:
    """Whether a column only numbers its rows."""
    return len(column) > 1 and bool((column.diff().iloc[1:] == 1).all()) and column.iloc[0] in (0, 1)


def _reads_as_variant(text: str) -> bool:
    try:
        return bool(parse_variants(text))
    except InputError:
        return False


def compare(scan: SubstitutionScan, measurements: pd.DataFrame, *, offset: int = 0, seed: int = 0) -> Comparison:
    """Rank correlation of predicted scores with a measured table (`read_measurements`).

    Raises
    ------
    InputError
        None of the variants can be scored; the message says why for the first, and names an offset that would fit.
    """
    rows, reason, stated, left_out = [], "", [], 0
    for text, measured in measurements.itertuples(index=False):
        try:
            variant = parse_variants(text)[0]
        except InputError as error:
            left_out, reason = left_out + 1, reason or str(error)
            continue
        stated.append((variant, measured))
    scored = score_variants(scan, [variant for variant, _ in stated], offset=offset)
    for row, (_, measured) in zip(scored.table.itertuples(index=False), stated, strict=True):
        if np.isfinite(row.score):
            rows.append({"variant": row.variant, "score": row.score, "measured": measured})
        else:
            left_out, reason = left_out + 1, reason or f"{row.variant}: {row.problem}"
    if not rows:
        raise InputError(f"none of the {len(measurements):,} variants can be scored. {reason}. {scored.hint}".strip())
    table = pd.DataFrame(rows)
    rho, low, high = _spearman(table["score"].to_numpy(), table["measured"].to_numpy(), seed)
    return Comparison(table, rho, low, high, left_out, reason)


def rank_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Spearman's rho over the pairs that are both finite; NaN with fewer than 3 of them or without spread."""
    finite = np.isfinite(a) & np.isfinite(b)
    if finite.sum() < 3:
        return float("nan")
    x, y = (pd.Series(v[finite]).rank().to_numpy() for v in (a, b))
    return float(np.corrcoef(x, y)[0, 1]) if x.std() > 0 and y.std() > 0 else float("nan")


def _spearman(a: np.ndarray, b: np.ndarray, seed: int) -> tuple[float, float, float]:
    rng = np.random.default_rng(seed)
    rho = rank_correlation(a, b)
    if not np.isfinite(rho):
        return rho, float("nan"), float("nan")
    samples = [rank_correlation(a[i], b[i]) for i in rng.integers(0, len(a), (1000, len(a)))]
    low, high = np.nanpercentile(samples, [2.5, 97.5])
    return rho, float(low), float(high)
