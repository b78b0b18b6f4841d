"""What can be chosen in training, the table it is trained on, and plain values for JSON."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biocore.go import features
from biocore.go.train import prepare
from biocore.go.train.mlp import FitConfig
from biocore.stats.intervals import Interval

STACK = FitConfig(epochs=10, batch_size=32_768, learning_rate=5e-3, weight_decay=1e-2, dropout=0.0, widths=(48,))
LABELS = {"all": "terms", "experimental": "terms_experimental"}
IDENTITY_BINS = ((0.0, 0.3), (0.3, 0.4), (0.4, 0.6), (0.6, 1.01))
Say = Callable[[str], None]


@dataclass(frozen=True)
class Settings:
    """What can be chosen in training; stored on the card.

    Attributes
    ----------
    aspect : str
        Part of the ontology, for the card: the terms come from the table.
    families : str
        Library of families, or none.
    seeds, stacks : int
        Copies of the head, and of the small network that weighs it against the neighbours, that are averaged.
    weighed : int
        Training proteins that the head is weighed against the neighbours on, that calibrate and give the thresholds;
        each is aligned with all others, which takes most of the time.
    filtered : bool
        Align only references that pass a filter (`HomologyIndex`), in training and afterwards.
    chance : int
        Random sequences, and as many shuffled proteins, on which it is chosen what is familiar.
    """

    backbone: str = "esm-mini"
    aspect: str = "molecular_function"
    families: str = "families"
    min_proteins: int = prepare.MIN_PROTEINS
    folds: int = 5
    seeds: int = 2
    stacks: int = 4
    axes: int = 96
    count_groups: tuple[str, ...] = ("composition", "ends", "segments", "dipeptides")
    layer: int = -1
    max_residues: int = features.MAX_RESIDUES
    weighed: int = 3000
    vector_power: float = 20.0
    filtered: bool = True
    chance: int = 300
    seed: int = 0
    fit: FitConfig = FitConfig()


@dataclass(frozen=True)
class Data:
    """A table with what is computed from it once.

    Attributes
    ----------
    table : DataFrame, N rows
    pooled : float32 array, (N, 3 D)
    labels : bool array, (N, T)
    """

    table: pd.DataFrame
    pooled: np.ndarray
    labels: np.ndarray

    @property
    def sequences(self) -> list[str]:
        """The proteins."""
        return list(self.table["Sequence"])


def quiet(_: str) -> None:
    """Say nothing."""


def to_stderr(message: str) -> None:
    """Say it on standard error, with the time."""
    print(f"{time.strftime('%H:%M:%S')} {message}", file=sys.stderr, flush=True)


def numbers(measured: dict[str, Interval]) -> dict[str, list[float | None]]:
    return {name: [as_json(v) for v in (i.value, i.low, i.high)] for name, i in measured.items()}


def as_json(value: Any) -> Any:
    """JSON values: arrays as lists, NaN as None, floats to six digits.

    Parameters
    ----------
    value : dict, sequence, array or number

    Returns
    -------
    JSON value
    """
    if isinstance(value, dict):
        return {k: as_json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(v) for v in value]
    if isinstance(value, np.ndarray):
        return [as_json(v) for v in value.tolist()]
    if isinstance(value, float | np.floating):
        return None if not np.isfinite(value) else float(f"{value:.6g}")
    return value
