"""What each step of the preparation kept and dropped, and why."""

from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True)
class Step:
    """What one step of the preparation kept and dropped."""

    name: str
    unit: str
    kept: int
    dropped: int
    why: str = ""
    examples: tuple[str, ...] = ()


def keep(
    table: pd.DataFrame, mask: pd.Series, name: str, unit: str, why: str, column: str
) -> tuple[pd.DataFrame, Step]:
    """Rows of `table` where `mask` holds, and the step that says which went and why."""
    gone = table.loc[~mask, column]
    return table[mask].copy(), Step(name, unit, int(mask.sum()), len(gone), why if len(gone) else "", tuple(gone[:5]))
