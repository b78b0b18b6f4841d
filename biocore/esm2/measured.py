"""Predicted scores against a deep mutational scan that somebody measured."""

import csv
from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.esm2.variants import Scored, parse_variant, score_variants
from biocore.io.tables import numbers as as_numbers
from biocore.io.tables import separator
from biocore.stats.correlation import spearman_interval

VARIANT_COLUMNS = ("mutant", "mutation", "variant", "hgvs_pro", "mutations")
MEASURED_COLUMNS = ("dms_score", "score", "fitness", "effect", "measured")


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
    left_out : pandas.DataFrame
        line (1-based, of the text), variant, problem; one row for each that could not be scored.
    """

    table: pd.DataFrame
    spearman: float
    low: float
    high: float
    left_out: pd.DataFrame


def read_measurements(text: str) -> pd.DataFrame:
    """A deep-mutational-scan table as it was measured.

    Parameters
    ----------
    text : str
        A table with a header, separated by commas, tabs or semicolons, with decimal points or commas; lines that
        start with ``#`` are skipped.  The column of variants is named mutant, mutation, variant, hgvs_pro or mutations,
        or is the first whose cells read as variants; the measurement is DMS_score, score, fitness, effect or measured,
        or the first other column of numbers.

    Returns
    -------
    pandas.DataFrame
        line (1-based, of `text`), variant (text; one or several substitutions, see `parse_variant`), measured (float;
        NaN where the cell holds no number).

    Raises
    ------
    InputError
        No table, or no such columns; the message lists the columns that are there.

    Examples
    --------
    >>> read_measurements("mutant;score\\nK2A;0,5\\n")
       line variant  measured
    0     2     K2A       0.5
    """
    table = _table(text)
    columns = {str(column).lower(): column for column in table.columns}
    names = [columns[n] for n in VARIANT_COLUMNS if n in columns]
    names += [c for c in table.columns if _holds_variants(table[c])]
    values = [columns[n] for n in MEASURED_COLUMNS if n in columns]
    numbers = {c: as_numbers(table[c]) for c in table.columns}
    values += [c for c in table.columns if c not in names[:1] and numbers[c].notna().any() and not _counts(numbers[c])]
    if not len(table) or not names or not values:
        raise InputError(
            "a column of variants (mutant) and a column of numbers (score) are needed; the columns are: "
            f"{', '.join(map(str, table.columns))[:300]}."
        )
    measured = numbers[values[0]].to_numpy()
    return pd.DataFrame({"line": table.index, "variant": table[names[0]].to_numpy(), "measured": measured})


def _table(text: str) -> pd.DataFrame:
    """The cells as text, by the line each row ends on; a row that is too long or too short has no cells."""
    lines = ["" if line.startswith("#") else line for line in text.splitlines()]
    reader = csv.reader(StringIO("\n".join(lines)), delimiter=separator(text))
    try:
        rows = {line: row for row, line in ((row, reader.line_num) for row in reader) if any(map(str.strip, row))}
    except csv.Error as error:
        raise InputError(f"this is not a CSV or TSV table ({error}).") from error
    names = [name.strip() for name in rows.pop(next(iter(rows), 0), [])]
    cells = [row if len(row) == len(names) else [""] * len(names) for row in rows.values()]
    table = pd.DataFrame(cells, index=list(rows), columns=names, dtype=str)
    return table.loc[:, ~table.columns.duplicated()]


def _counts(column: pd.Series) -> bool:
    """Whether a column only numbers its rows."""
    return len(column) > 1 and bool((column.diff().iloc[1:] == 1).all()) and column.iloc[0] in (0, 1)


def _holds_variants(column: pd.Series) -> bool:
    """Whether the first cells that are filled read as variants."""
    cells = column[column.str.strip() != ""].head(5)
    return len(cells) > 0 and all(_reads_as_variant(cell) for cell in cells)


def _reads_as_variant(text: str) -> bool:
    try:
        return bool(parse_variant(text).substitutions)
    except InputError:
        return False


def compare(scan: Scored, measurements: pd.DataFrame, *, offset: int = 0, seed: int = 0) -> Comparison:
    """Rank correlation of predicted scores with a measured table.

    Parameters
    ----------
    scan : Scored
        A `SubstitutionScan`, or an `EffectScan` of `biocore.variants`.
    measurements : pandas.DataFrame
        variant, measured and, where rows came from a text, line: as `read_measurements` returns them.  Several
        substitutions in a row are one variant, scored by the sum of its single scores.
    offset : int
        Added to residue numbers, as in `score_variants`.
    seed : int
        Of the bootstrap.

    Raises
    ------
    InputError
        None of the variants can be scored; the message says why for the first, and names an offset that would fit.
    """
    if "line" not in measurements:
        measurements = measurements.assign(line=np.arange(1, len(measurements) + 1))
    variants, stated, left_out = [], [], []
    for line, text, measured in measurements[["line", "variant", "measured"]].itertuples(index=False):
        try:
            if not text.strip():
                raise InputError("The row has no variant, or not as many cells as the header.")
            if not np.isfinite(measured):
                raise InputError("The measurement is not a number.")
            variants.append(parse_variant(text))
            stated.append((line, text, measured))
        except InputError as error:
            left_out.append((line, text, str(error)))
    scored = score_variants(scan, variants, offset=offset)
    table = scored.table.assign(measured=[measured for _, _, measured in stated])
    left_out += [
        (line, text, f"{problem}.")
        for (line, text, _), problem in zip(stated, table["problem"], strict=True)
        if problem
    ]
    problems = pd.DataFrame(sorted(left_out), columns=["line", "variant", "problem"])
    usable = table["problem"] == ""
    if not usable.any():
        first = f" Line {problems['line'][0]:,}: {problems['problem'][0]}" if len(problems) else ""
        raise InputError(f"none of the {len(measurements):,} variants can be scored.{first} {scored.hint}".strip())
    table = table.loc[usable, ["variant", "score", "measured"]].reset_index(drop=True)
    rho = spearman_interval(table["score"].to_numpy(), table["measured"].to_numpy(), seed=seed)
    return Comparison(table, rho.value, rho.low, rho.high, problems)
