"""Tables of text as spreadsheets of any language write them."""

import numpy as np
import pandas as pd

SEPARATORS = ",\t;"


def separator(text: str) -> str:
    """What separates the cells of a table: comma, tab or semicolon.

    The one that occurs as often in the first line of values as in the header, or else most often in the header; lines
    that start with ``#`` do not count.

    Examples
    --------
    >>> separator("position;score\\n1;0,5\\n")
    ';'
    """
    lines = (line for line in text.splitlines() if line.strip() and not line.startswith("#"))
    header, first = next(lines, ""), next(lines, "")
    even = [mark for mark in SEPARATORS if header.count(mark) and header.count(mark) == first.count(mark)]
    return max(even or SEPARATORS, key=header.count)


def numbers(column: pd.Series) -> pd.Series:
    """Cells as numbers, NaN where they are none; commas are decimal where no cell of the column has a point.

    Parameters
    ----------
    column : pandas.Series of str

    Returns
    -------
    pandas.Series of float
        With the same index; finite or NaN.

    Examples
    --------
    >>> numbers(pd.Series(["0,5", "-1", "n/a"])).tolist()
    [0.5, -1.0, nan]
    """
    cells = column.astype(str).str.strip()
    if not cells.str.contains(".", regex=False).any():
        cells = cells.str.replace(r"^([+-]?\d+),(\d+)", r"\1.\2", regex=True)
    found = pd.to_numeric(cells, errors="coerce").astype(float)
    return found.where(np.isfinite(found))
