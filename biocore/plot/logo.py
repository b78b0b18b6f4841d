"""Sequence logos as filled outlines: one trace for each base, so that hundreds of letters stay light."""

from functools import lru_cache

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import BASE_COLOURS

BASES = "ACGT"


@lru_cache(maxsize=8)
def outline(letter: str) -> np.ndarray:
    """Outline of A, C, G or T in the unit square, (P, 2), x and y from 0 to 1; a closed polygon without crossings."""
    return {"A": _a, "C": _c, "G": _g, "T": _t}[letter]()


def _a() -> np.ndarray:
    outer = [(0, 0), (0.2, 0), (0.29, 0.25), (0.71, 0.25), (0.8, 0), (1, 0), (0.6, 1), (0.4, 1)]
    # the hole is reached through a slit, so that one closed line draws the letter in any fill rule
    hole = [(0.5, 0.82), (0.35, 0.4), (0.65, 0.4), (0.5, 0.82)]
    return np.array([*outer[:7], (0.5, 1), *hole, (0.5, 1), outer[7]])


def _arc(low: float, high: float, radius_x: float, radius_y: float) -> np.ndarray:
    angle = np.radians(np.linspace(low, high, 25))
    return np.column_stack([0.5 + radius_x * np.cos(angle), 0.5 + radius_y * np.sin(angle)])


def _c() -> np.ndarray:
    return _fill(np.vstack([_arc(40, 320, 0.5, 0.5), _arc(320, 40, 0.3, 0.36)]))


def _g() -> np.ndarray:
    bar = np.array([(0.88, 0.14), (0.98, 0.22), (0.98, 0.52), (0.55, 0.52), (0.55, 0.38), (0.79, 0.38), (0.79, 0.28)])
    return _fill(np.vstack([_arc(40, 315, 0.5, 0.5), bar, _arc(305, 40, 0.3, 0.36)]))


def _t() -> np.ndarray:
    return np.array([(0.37, 0), (0.63, 0), (0.63, 0.84), (1, 0.84), (1, 1), (0, 1), (0, 0.84), (0.37, 0.84)])


def _fill(points: np.ndarray) -> np.ndarray:
    """Stretch an outline to fill the unit square."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - low) / (high - low)


def letter_traces(positions: np.ndarray, letters: str, heights: np.ndarray, *, width: float = 0.92) -> list[go.Scatter]:
    """Letters of given heights standing on zero; those below zero hang upside down.

    Parameters
    ----------
    positions : float array, (L,)
        Middle of each letter on the x axis.
    letters : str, length L
        Others than A, C, G, T are left out.
    heights : float array, (L,)
        NaN and 0 are left out.
    width : float
        Of a letter, in units of the x axis.
    """
    traces = []
    for base in BASES:
        shape = outline(base)
        xs, ys = [], []
        for position, letter, height in zip(positions, letters, heights, strict=True):
            if letter == base and np.isfinite(height) and height != 0:
                xs += [*(position + width * (shape[:, 0] - 0.5)), None]
                ys += [*(height * shape[:, 1]), None]
        traces.append(
            go.Scatter(
                x=[None if x is None else round(x, 3) for x in xs],  # in bp, wherever on a chromosome
                y=[None if y is None else float(f"{y:.5g}") for y in ys],  # fewer digits in the page
                fill="toself",
                fillcolor=BASE_COLOURS[base],
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                name=base,
            )
        )
    return traces


def stacked_traces(probabilities: np.ndarray, *, first: int = 1, width: float = 0.92) -> list[go.Scatter]:
    """An information logo: letters as high as their share of each position's bits, the commonest on top.

    Parameters
    ----------
    probabilities : float array, (W, 4), columns A C G T
    first : int
        Place of the first position on the x axis.
    width : float
        Of a letter, in units of the x axis.
    """
    p = np.clip(probabilities, 1e-12, 1)
    heights = p * (2 + (p * np.log2(p)).sum(axis=1, keepdims=True))
    bottoms = np.zeros_like(heights)
    for row, order in enumerate(heights.argsort(axis=1, kind="stable")):
        bottoms[row, order] = np.concatenate([[0], np.cumsum(heights[row, order])[:-1]])
    traces = []
    for base, letter in enumerate(BASES):
        shape = outline(letter)
        xs, ys = [], []
        for i in np.flatnonzero(heights[:, base] > 0.01):
            xs += [*np.round(first + i + width * (shape[:, 0] - 0.5), 3), None]
            ys += [*np.round(bottoms[i, base] + heights[i, base] * shape[:, 1], 4), None]
        traces.append(
            go.Scatter(
                x=xs,
                y=ys,
                fill="toself",
                fillcolor=BASE_COLOURS[letter],
                line={"width": 0},
                mode="lines",
                hoverinfo="skip",
                showlegend=False,
                name=letter,
            )
        )
    return traces
