"""Sites in a track of scores: the strongest windows, thinning for display, bedGraph."""

import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.errors import InputError


@dataclass(frozen=True)
class Site:
    """One window of a track, 0-based half-open, with its score and its place (`index`) in the track."""

    index: int
    start: int
    end: int
    score: float


def strongest_sites(
    starts: np.ndarray, scores: np.ndarray, width: int, *, count: int, spacing: int | None = None
) -> list[Site]:
    """The strongest windows of a track that do not crowd each other, strongest first.

    Parameters
    ----------
    starts : int array, (W,)
        0-based starts of the windows, ascending.
    scores : float array, (W,)
        NaN is skipped.
    width : int
        bp of a window.
    count : int
        At most this many sites.
    spacing : int, optional
        Least distance between the starts of two sites in bp.  Default is `width`: no two overlap.

    Returns
    -------
    list of Site
    """
    spacing = width if spacing is None else spacing
    free = np.isfinite(scores)
    sites: list[Site] = []
    for index in np.argsort(-np.where(free, scores, -np.inf), kind="stable"):
        if len(sites) == count or not np.isfinite(scores[index]):
            break
        if free[index]:
            sites.append(Site(int(index), int(starts[index]), int(starts[index]) + width, float(scores[index])))
            low, high = np.searchsorted(starts, [starts[index] - spacing + 1, starts[index] + spacing])
            free[low:high] = False
    return sites


def window_around(centre: int, width: int, length: int) -> tuple[int, int]:
    """A window of `width` bp around a 0-based place, moved so that it lies inside a record of `length` bp.

    Parameters
    ----------
    centre : int
        0-based.
    width, length : int
        bp.

    Returns
    -------
    start, end : int
        0-based half-open; the whole record where that is shorter than `width`.
    """
    width = min(width, length)
    start = min(max(centre - width // 2, 0), length - width)
    return start, start + width


def binned_maximum(scores: np.ndarray, bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Thin a track for display without losing a peak: the maximum of each of `bins` neighbouring groups.

    Parameters
    ----------
    scores : float array, (..., W)
    bins : int

    Returns
    -------
    maxima : float array, (..., B) with B <= `bins`
    edges : int array, (B + 1,)
        Group j holds windows ``edges[j]`` to ``edges[j + 1]``.
    """
    windows = scores.shape[-1]
    edges = np.unique(np.linspace(0, windows, min(bins, windows) + 1).round().astype(int))
    return np.maximum.reduceat(scores, edges[:-1], axis=-1), edges


def bedgraph(
    starts: np.ndarray, scores: np.ndarray, *, width: int, stride: int, chromosome: str, first: int, name: str
) -> str:
    """A track as bedGraph text: each window's score at the window's middle, so that no two lines overlap.

    Parameters
    ----------
    starts : int array, (W,)
        0-based starts of the windows in the record.
    scores : float array, (W,)
        Windows of NaN are left out.
    width, stride : int
        bp of a window, and from one window to the next.
    chromosome : str
        As the genome browser names it, such as chr7.
    first : int
        1-based coordinate of the record's first base on the chromosome.
    name : str
        Of the track.

    Returns
    -------
    str
        A ``track`` line and a line for each window.

    Raises
    ------
    InputError
        The chromosome's name has a space or is empty, or `first` is less than 1.

    Notes
    -----
    bedGraph counts from 0 and half-open.  A line covers `stride` bp around the middle of its window.
    """
    if not re.fullmatch(r"\S+", chromosome):
        raise InputError(f"the chromosome's name {chromosome!r} must be one word, such as chr7.")
    if first < 1:
        raise InputError(f"the first base's coordinate is {first}; coordinates count from 1.")
    middle = np.asarray(starts) + (width - stride) // 2 + first - 1
    safe = name.replace('"', "'")
    lines = [f'track type=bedGraph name="{safe}" description="log-odds of each {width}-bp window, at its middle"']
    lines += [
        f"{chromosome}\t{begin}\t{begin + stride}\t{score:.4f}"
        for begin, score in zip(middle.tolist(), np.asarray(scores).tolist(), strict=True)
        if np.isfinite(score)
    ]
    return "\n".join(lines) + "\n"


def call(log_odds: np.ndarray, windows: int) -> np.ndarray:
    """What a window's log-odds mean where one of so many is bound: "likely", "borderline" or "unlikely".

    Parameters
    ----------
    log_odds : float array, (N,)
        Natural log, at a prior of 1:1.
    windows : int
        Of the record: the prior becomes one of so many.

    Returns
    -------
    str array, (N,)
        Likely from a probability of 0.8, unlikely below 0.2.

    Examples
    --------
    >>> call(np.array([9.0, 5.0, 0.0]), 150).tolist()
    ['likely', 'borderline', 'unlikely']
    """
    margin = np.log(4)  # the log-odds of 0.8
    over = np.asarray(log_odds, float) - np.log(max(windows, 1))
    return np.where(over >= margin, "likely", np.where(over < -margin, "unlikely", "borderline"))


@dataclass(frozen=True)
class Place:
    """Windows of several factors over one place: the strongest, and the others that score there.

    Attributes
    ----------
    record, tf : str
    start, end : int
        1-based first and last base of the strongest window.
    others : tuple of str
        Other factors, the stronger first.
    """

    record: str
    tf: str
    start: int
    end: int
    others: tuple[str, ...]


def places(table: pd.DataFrame) -> list[Place]:
    """Windows gathered by place: one site often lights several factors.

    Parameters
    ----------
    table : DataFrame
        record, tf, log_odds, start, end (1-based), as `tracks.site_table` gives it.

    Returns
    -------
    list of Place
        The strongest first.  A window belongs to a stronger one whose middle is at most half a window away.
    """
    found: list[tuple[str, str, int, int, list[str]]] = []
    for row in table.sort_values("log_odds", ascending=False, kind="stable").itertuples():
        width = row.end - row.start + 1
        for record, tf, start, end, others in found:
            if record == row.record and abs(row.start + row.end - start - end) <= width:
                if row.tf != tf and row.tf not in others:
                    others.append(row.tf)
                break
        else:
            found.append((row.record, row.tf, row.start, row.end, []))
    return [Place(record, tf, start, end, tuple(others)) for record, tf, start, end, others in found]
