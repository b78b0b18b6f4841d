"""Figures of the embedding map."""

from collections.abc import Collection as Names
from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from biocore.embedding import SEVERAL, Points
from biocore.plot import theme

SYMBOLS = ("circle", "square", "diamond", "triangle-up", "x", "star")
SYMBOLS_3D = ("circle", "square", "diamond", "cross", "x")
MOST_LABELS = 20  # more categories than this cannot be told apart; the rarest become one
MOST_VECTOR_POINTS = 4000  # above, WebGL draws the points: faster, but an SVG then holds a picture
OTHER, NONE = "(other labels)", "(no label)"


def is_number(column: pd.Series) -> bool:
    """True for a column that is shown with a colour bar, False for one with a legend."""
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def map_figure(
    points: Points,
    axes: Sequence[str],
    *,
    colour: str | None = None,
    size: str | None = None,
    found: Names[int] = (),
    picked: int | None = None,
    title: str | None = None,
    height: int = 620,
) -> go.Figure:
    """A map in 2 or 3 dimensions.

    Parameters
    ----------
    points : Points
    axes : list of str
        Label of each axis.
    colour, size : str, optional
        Columns of `points.table`.  Colour: categories get a legend (a colour and a symbol each), numbers a colour bar.
    found : set of int
        Points to ring, such as those a search found.
    picked : int, optional
        The point that is being looked at.

    Notes
    -----
    Every marker carries its index into `points` as ``customdata[0]``.  Points projected into a finished map are hollow.
    """
    figure = go.Figure()
    sizes = _sizes(points, size)
    if colour is not None and is_number(points.table[colour]):
        _numbers(figure, points, colour, sizes)
    else:
        _categories(figure, points, colour, sizes)
    _copies(figure, points)
    _ring(figure, points, sorted(found), sizes, "found", theme.ACCENT, 9)
    _ring(figure, points, [] if picked is None else [picked], sizes, "picked", "#D55E00", 14)
    theme.legend_below(theme.layout(figure, height=height, title=title))
    figure.update_layout(
        legend={"itemsizing": "constant", "title_text": colour or ""},
        dragmode="pan" if len(axes) == 2 else "orbit",
        uirevision="map",
    )
    if len(axes) == 2:
        figure.update_xaxes(title=axes[0], zeroline=False)
        figure.update_yaxes(title=axes[1], zeroline=False, scaleanchor="x", scaleratio=1)
    else:
        figure.update_layout(scene={f"{a}axis": {"title": {"text": t}} for a, t in zip("xyz", axes, strict=True)})
    return figure


def category_colours(values: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Colour and number of the symbol of each category, commonest first; categories beyond the 20th share one.

    Ten colours that colour-blind readers can tell apart; the second ten repeat them with another symbol.
    """
    counts = pd.Series([v for v in values if v not in ("", SEVERAL)], dtype=object).value_counts()
    ordered = sorted(counts.index, key=lambda v: (-counts[v], str(v)))
    kept = ordered if len(ordered) <= MOST_LABELS else ordered[: MOST_LABELS - 1]
    n = len(theme.CATEGORIES)
    colours = {value: (theme.CATEGORIES[i % n], i // n) for i, value in enumerate(kept)}
    colours |= dict.fromkeys(ordered[len(kept) :], (theme.MUTED, 2))
    return colours | {SEVERAL: (theme.MUTED, 3), "": ("#B9C0C6", 4)}


def _sizes(points: Points, column: str | None) -> np.ndarray:
    base = 9.0 if len(points.names) <= 300 else 7.0 if len(points.names) <= 3000 else 4.0
    if column is None or not is_number(points.table[column]):
        return np.full(len(points.names), base)
    values = points.table[column].to_numpy(float)
    known = np.isfinite(values)
    low, high = (values[known].min(), values[known].max()) if known.any() else (0.0, 0.0)
    fraction = np.where(known, (values - low) / (high - low), 0.0) if high > low else np.full(len(values), 0.5)
    return base * (0.6 + 1.8 * np.sqrt(np.clip(fraction, 0, 1)))


def _categories(figure: go.Figure, points: Points, colour: str | None, sizes: np.ndarray) -> None:
    if colour is None:
        groups = {"proteins": (np.flatnonzero(~points.projected), theme.CATEGORIES[0], 0)}
    else:
        values = points.table[colour].map(str).to_numpy()
        groups = {}
        for value, (tone, symbol) in category_colours(list(values)).items():
            name = {"": NONE}.get(value, OTHER if symbol == 2 else value)
            rows = np.flatnonzero((values == value) & ~points.projected)
            before = groups[name][0] if name in groups else np.array([], int)
            groups[name] = (np.concatenate([before, rows]), tone, symbol)
    for name, (rows, tone, symbol) in groups.items():
        if len(rows):
            marker = {"color": tone, "size": sizes[rows], "symbol": _symbol(points, symbol), "opacity": 0.85}
            figure.add_trace(_trace(points, rows, marker, f"{name} ({len(rows):,})"))
    _projected(figure, points, sizes)


def _numbers(figure: go.Figure, points: Points, colour: str, sizes: np.ndarray) -> None:
    values = points.table[colour].to_numpy(float)
    known = np.isfinite(values) & ~points.projected
    unknown = np.flatnonzero(~known & ~points.projected)
    if len(unknown):
        grey = {"color": "#B9C0C6", "size": sizes[unknown], "symbol": "circle"}
        figure.add_trace(_trace(points, unknown, grey, f"{NONE} ({len(unknown):,})"))
    rows = np.flatnonzero(known)
    bar = {"title": {"text": colour}, "thickness": 14}
    marker: dict[str, object] = {
        "color": values[rows],
        "colorscale": theme.SEQUENTIAL,
        "colorbar": bar,
        "size": sizes[rows],
        "opacity": 0.9,
    }
    trace = _trace(points, rows, marker, colour)
    figure.add_trace(trace.update(showlegend=False))
    _projected(figure, points, sizes)


def _projected(figure: go.Figure, points: Points, sizes: np.ndarray) -> None:
    rows = np.flatnonzero(points.projected)
    if len(rows):
        tone = "#111827" if points.coordinates.shape[1] == 2 else "#D55E00"
        marker = {"color": tone, "size": sizes[rows] + 4, "symbol": "diamond-open", "line": {"width": 2.5}}
        figure.add_trace(_trace(points, rows, marker, f"projected into the map ({len(rows):,})"))


def _symbol(points: Points, index: int) -> str:
    names = SYMBOLS if points.coordinates.shape[1] == 2 else SYMBOLS_3D
    return names[index % len(names)]


def _trace(points: Points, rows: np.ndarray, marker: dict, name: str):
    columns = list(points.table.columns)[:8]
    card = "<b>%{text}</b>" + "".join(f"<br>{c}: %{{customdata[{i + 2}]}}" for i, c in enumerate(columns))
    data = [[int(row), int(points.copies[row]), *(_shown(points.table[c].iloc[row]) for c in columns)] for row in rows]
    common = {
        "mode": "markers",
        "name": name,
        "marker": marker,
        "text": [_text(points.names[row]) for row in rows],
        "customdata": data,
        "hovertemplate": card + "<extra></extra>",
    }
    return _scatter(points, rows, common)


def _scatter(points: Points, rows, common: dict):
    xyz = points.coordinates[rows]
    if points.coordinates.shape[1] == 3:
        return go.Scatter3d(x=xyz[:, 0], y=xyz[:, 1], z=xyz[:, 2], **common)
    kind = go.Scatter if len(points.names) <= MOST_VECTOR_POINTS else go.Scattergl
    return kind(x=xyz[:, 0], y=xyz[:, 1], **common)


def _shown(value) -> str:
    if isinstance(value, float):
        return "not known" if np.isnan(value) else f"{value:,.4g}"
    return _text(str(value)) or "(none)"


def _text(text: str) -> str:
    """Text that plotly does not read as markup, short enough for a card."""
    text = text if len(text) <= 80 else text[:77] + "..."
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _copies(figure: go.Figure, points: Points) -> None:
    """A number beside each point that stands for more than one protein."""
    rows = np.flatnonzero(points.copies > 1)
    if len(rows):
        text = [f"×{points.copies[row]}" for row in rows]
        common = {"mode": "text", "text": text, "textposition": "top right", "hoverinfo": "skip", "showlegend": False,
                  "name": "copies", "textfont": {"size": 11}}  # fmt: skip
        figure.add_trace(_scatter(points, rows, common))


def _ring(figure: go.Figure, points: Points, rows: list[int], sizes, name: str, tone: str, more: int) -> None:
    if not rows:
        return
    marker = {"color": tone, "symbol": "circle-open", "size": sizes[rows] + more, "line": {"width": 2.5}}
    common = {"mode": "markers", "marker": marker, "hoverinfo": "skip", "name": f"{name} ({len(rows):,})"}
    figure.add_trace(_scatter(points, rows, common))
