"""What a track of windows says: best windows as a table, every window as a table, an overview thin enough to draw.

A track is any object with ``tfs`` (F names), ``starts`` (W,), and ``forward``, ``reverse``, ``log_odds`` (F, W), all
natural log-odds: each strand, and both as one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd
from scipy.special import expit

from biocore.errors import InputError
from biocore.sequence import one_hot
from biocore.tfbinding.sites import binned_maximum, strongest_sites

STRANDS = ("both", "forward", "reverse")


class Track(Protocol):
    """See the top of this module."""

    tfs: tuple[str, ...]
    starts: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    log_odds: np.ndarray


@dataclass(frozen=True)
class WindowTrack:
    """A track of given arrays; see the top of this module."""

    tfs: tuple[str, ...]
    starts: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    log_odds: np.ndarray


def record_tracks(
    sequences: Sequence[str],
    tfs: Sequence[str],
    *,
    width: int,
    stride: int,
    strand_scores: Callable[[np.ndarray], np.ndarray],
    track: Callable[[np.ndarray], Track],
) -> list[Track]:
    """A track for each record; records of one window are scored together, which is much faster for many short ones.

    Parameters
    ----------
    sequences : sequence of str
        A, C, G, T, N.
    tfs : sequence of str, length F
        Names the tracks carry.
    width, stride : int
        bp of a window, and from one window to the next.
    strand_scores : callable
        (N, L, 4) -> (2, F, N) log-odds of each strand.
    track : callable
        (L, 4) -> a track of all windows.
    """
    results: dict[int, Track] = {}
    short: dict[int, list[int]] = {}
    for i, sequence in enumerate(sequences):
        if len(sequence) < width + stride:
            short.setdefault(min(len(sequence), width), []).append(i)
        else:
            found = track(one_hot([sequence])[0])
            results[i] = WindowTrack(tuple(tfs), found.starts, found.forward, found.reverse, found.log_odds)
    for length, members in short.items():
        strands = strand_scores(one_hot([sequences[i][:length] for i in members]))  # (2, F, M)
        for m, i in enumerate(members):
            both = strands[:, :, m : m + 1]
            results[i] = WindowTrack(tuple(tfs), np.zeros(1, int), both[0], both[1], both.mean(axis=0))
    return [results[i] for i in range(len(sequences))]


def on_strand(track: Track, strand: str) -> np.ndarray:
    """Log-odds of a strand, (F, W): "both" (as one), "forward" or "reverse".

    Raises
    ------
    InputError
        Another strand.
    """
    if strand not in STRANDS:
        raise InputError(f"There is no strand {strand!r}; use one of {', '.join(STRANDS)}.")
    return {"both": track.log_odds, "forward": track.forward, "reverse": track.reverse}[strand]


def site_table(track: Track, *, record: str, width: int, strand: str = "both", top: int = 1) -> pd.DataFrame:
    """The `top` windows of each factor that do not overlap, the best of all factors first.

    Returns
    -------
    DataFrame
        record, tf, log_odds, probability, start (1-based), end, strand ("+" or "-": the one that scores higher).
    """
    scores = on_strand(track, strand)
    rows = []
    for f, tf in enumerate(track.tfs):
        for site in strongest_sites(track.starts, scores[f], width, count=top):
            forward, reverse = track.forward[f, site.index], track.reverse[f, site.index]
            better = "+" if forward >= reverse else "-"
            sign = {"both": better, "forward": "+", "reverse": "-"}[strand]
            rows.append((record, tf, site.score, float(expit(site.score)), site.start + 1, site.end, sign))
    table = pd.DataFrame(rows, columns=["record", "tf", "log_odds", "probability", "start", "end", "strand"])
    return table.sort_values("log_odds", ascending=False, kind="stable", ignore_index=True)


def track_table(track: Track, *, record: str, width: int, strand: str = "both") -> pd.DataFrame:
    """Every window of every factor, a row each.

    Returns
    -------
    DataFrame
        record, tf, start (1-based), end, log_odds_forward, log_odds_reverse, probability (of `strand`).
    """
    scores = on_strand(track, strand)
    windows = len(track.starts)
    return pd.DataFrame(
        {
            "record": record,
            "tf": np.repeat(list(track.tfs), windows),
            "start": np.tile(track.starts + 1, len(track.tfs)),
            "end": np.tile(track.starts + width, len(track.tfs)),
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


def overview(track: Track, *, width: int, bins: int = 1500, unit: str = "log-odds") -> Overview:
    """Thin a track to at most `bins` columns by maximum, so that no peak is lost."""
    thin = {}
    for name in ("log_odds", "forward", "reverse"):
        values, edges = binned_maximum(getattr(track, name), bins)
        thin[name] = expit(values) if unit == "probability" else values
    starts = np.asarray(track.starts)
    first, last = starts[edges[:-1]] + 1, starts[edges[1:] - 1] + width
    return Overview(
        tuple(track.tfs),
        first,
        last,
        (first + last) / 2,
        thin["log_odds"],
        thin["forward"],
        thin["reverse"],
        unit,
        width,
        len(starts),
    )
