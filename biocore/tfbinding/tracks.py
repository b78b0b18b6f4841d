"""What a track of windows says: best windows as a table, every window as a table, an overview thin enough to draw."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.errors import InputError
from biocore.tfbinding.sites import Site, binned_maximum, strongest_sites

STRANDS = ("both", "forward", "reverse")


@dataclass(frozen=True, eq=False)
class Track:
    """Every factor at every window of one record.

    Attributes
    ----------
    tfs : tuple of str, length F
    starts : int array, (W,)
        First base of each window, 0-based, ascending.
    window : int
        bp; the whole record where that is shorter.
    forward, reverse : float arrays, (F, W)
        Log-odds (natural) from either strand.
    """

    tfs: tuple[str, ...]
    starts: np.ndarray
    window: int
    forward: np.ndarray
    reverse: np.ndarray

    def __post_init__(self):
        shape = (len(self.tfs), len(self.starts))
        for name in ("forward", "reverse"):
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} (={getattr(self, name).shape}) must be {shape}.")
        if (np.diff(self.starts) <= 0).any():
            raise ValueError("starts must ascend.")

    @cached_property
    def log_odds(self) -> np.ndarray:
        """Both strands as one, (F, W): their mean, which is what scoring the window on its own gives."""
        return (self.forward + self.reverse) / 2

    def sites(self, tf: str, *, count: int, strand: str = "both") -> list[Site]:
        """The strongest windows of one factor that do not overlap, at most `count`, strongest first.

        Parameters
        ----------
        tf : str
            One of `tfs`.
        count : int
            At most so many.
        strand : "both", "forward" or "reverse"
            Whose scores are ranked.

        Returns
        -------
        list of Site
        """
        return strongest_sites(self.starts, on_strand(self, strand)[self.tfs.index(tf)], self.window, count=count)


def on_strand(track: Track, strand: str) -> np.ndarray:
    """Log-odds of a strand.

    Parameters
    ----------
    track : Track
    strand : "both" (as one), "forward" or "reverse"

    Returns
    -------
    float array, (F, W)

    Raises
    ------
    InputError
        Another strand.
    """
    if strand not in STRANDS:
        raise InputError(f"There is no strand {strand!r}; use one of {', '.join(STRANDS)}.")
    return {"both": track.log_odds, "forward": track.forward, "reverse": track.reverse}[strand]


def site_table(track: Track, *, record: str, strand: str = "both", top: int = 1) -> pd.DataFrame:
    """The `top` windows of each factor that do not overlap, the best of all factors first.

    Parameters
    ----------
    track : Track
    record : str
        Name of the record, for the table.
    strand : "both", "forward" or "reverse"
        Whose scores are ranked.
    top : int

    Returns
    -------
    DataFrame
        record, tf, log_odds, probability, start (1-based), end, strand ("+" or "-": the one that scores higher).

    Raises
    ------
    InputError
        Another strand.
    """
    rows = []
    for f, tf in enumerate(track.tfs):
        for site in track.sites(tf, count=top, strand=strand):
            forward, reverse = track.forward[f, site.index], track.reverse[f, site.index]
            better = "+" if forward >= reverse else "-"
            sign = {"both": better, "forward": "+", "reverse": "-"}[strand]
            rows.append((record, tf, site.score, float(expit(site.score)), site.start + 1, site.end, sign))
    table = pd.DataFrame(rows, columns=["record", "tf", "log_odds", "probability", "start", "end", "strand"])
    return table.sort_values("log_odds", ascending=False, kind="stable", ignore_index=True)


def track_table(track: Track, *, record: str, strand: str = "both") -> pd.DataFrame:
    """Every window of every factor, a row each.

    Parameters
    ----------
    track : Track
    record : str
        Name of the record, for the table.
    strand : "both", "forward" or "reverse"
        Whose probability is given.

    Returns
    -------
    DataFrame
        record, tf, start (1-based), end, log_odds_forward, log_odds_reverse, probability (of `strand`).

    Raises
    ------
    InputError
        Another strand.
    """
    scores = on_strand(track, strand)
    windows = len(track.starts)
    return pd.DataFrame(
        {
            "record": record,
            "tf": np.repeat(list(track.tfs), windows),
            "start": np.tile(track.starts + 1, len(track.tfs)),
            "end": np.tile(track.starts + track.window, len(track.tfs)),
            "log_odds_forward": track.forward.ravel(),
            "log_odds_reverse": track.reverse.ravel(),
            "probability": expit(scores).ravel(),
        }
    )


@dataclass(frozen=True)
class Overview:
    """A track thinned for display: every factor against every place of one record.

    Attributes
    ----------
    tfs : tuple of str, length F
    first, last : int arrays, (B,)
        1-based first and last base of the windows that share a column.
    middle : float array, (B,)
        1-based middle of the column's windows.
    values, forward, reverse : float arrays, (F, B)
        Largest value of the column's windows: both strands as one, and each strand.
    unit : str
        "log-odds" or "probability".
    width : int
        bp of a window.
    windows : int
        How many windows there were before thinning; equal to B where nothing was thinned.
    """

    tfs: tuple[str, ...]
    first: np.ndarray
    last: np.ndarray
    middle: np.ndarray
    values: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    unit: str
    width: int
    windows: int

    @property
    def thinned(self) -> bool:
        """True where a column stands for more than one window."""
        return len(self.middle) < self.windows


def overview(track: Track, *, bins: int = 1500, unit: str = "log-odds") -> Overview:
    """Thin a track by maximum, so that no peak is lost.

    Parameters
    ----------
    track : Track
    bins : int
        At most so many columns.
    unit : "log-odds" or "probability"

    Returns
    -------
    Overview
    """
    thin = {}
    for name in ("log_odds", "forward", "reverse"):
        values, edges = binned_maximum(getattr(track, name), bins)
        thin[name] = expit(values) if unit == "probability" else values
    starts = track.starts
    first, last = starts[edges[:-1]] + 1, starts[edges[1:] - 1] + track.window
    return Overview(
        track.tfs,
        first,
        last,
        (first + last) / 2,
        thin["log_odds"],
        thin["forward"],
        thin["reverse"],
        unit,
        track.window,
        len(starts),
    )
