"""Figures of the variant-effects page: every substitution of a protein, and what one of them rests on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.plot.residue_bars import add_marks, residue_bars
from biocore.plot.substitutions import CHEMICAL_ORDER, add_cells, add_heat_map, add_track, shade_window
from biocore.plot.theme import ACCENT, MUTED, SEQUENTIAL, layout, legend_below
from biocore.sequence import AMINO_ACIDS
from biocore.variants import EffectScan

PERCENTILE, SCORE = "percentile", "score"
MEASURES = {PERCENTILE: "percentile in this protein (100: best tolerated)", SCORE: "score (higher: better tolerated)"}
CLICK = "click for the evidence"
LOWERS, RAISES = "#D55E00", "#0072B2"
_ROWS = [AMINO_ACIDS.index(residue) for residue in CHEMICAL_ORDER]


def landscape(
    scan: EffectScan,
    *,
    measure: str = PERCENTILE,
    start: int = 0,
    stop: int | None = None,
    offset: int = 0,
    selected: tuple[int, str] | None = None,
) -> go.Figure:
    """Every substitution of residues `start` to `stop` (0-based, half-open) as a heat map, the mean effect below.

    Every cell carries an invisible marker, because heat maps send no clicks; its ``customdata`` is the 0-based residue
    and the amino acid of the row.

    Parameters
    ----------
    measure : "percentile" or "score"
    offset : int
        Residue `index` (0-based) is shown as ``index + 1 + offset``.
    selected : (int, str), optional
        The 0-based residue and the amino acid of the cell with a frame.
    """
    stop = len(scan.sequence) if stop is None else stop
    every = scan.percentiles if measure == PERCENTILE else scan.scores
    values = every[start:stop][:, _ROWS].T
    limits = (0.0, 100.0) if measure == PERCENTILE else _range(scan.scores)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.03)
    add_heat_map(
        figure,
        values,
        scan.sequence,
        start,
        offset,
        own=MUTED,
        unit=MEASURES[measure],
        colours=SEQUENTIAL,
        limits=limits,
        bar={"len": 0.8, "y": 0.6},
    )
    cells = [
        (i, residue)
        for residue in CHEMICAL_ORDER
        for i in range(start, stop)
        if np.isfinite(scan.scores[i, AMINO_ACIDS.index(residue)])
    ]
    add_cells(figure, cells, lambda i, r: _named(scan, every, i, r, offset, measure), offset=offset, click=CLICK)
    _add_mean(figure, scan.mean_effect[start:stop], start, offset, row=2)
    if selected and start <= selected[0] < stop and selected[1] in CHEMICAL_ORDER:
        x, y = selected[0] + 1 + offset, len(CHEMICAL_ORDER) - 1 - CHEMICAL_ORDER.index(selected[1])
        frame = {"line": {"color": LOWERS, "width": 3}, "fillcolor": "rgba(0,0,0,0)"}
        figure.add_shape(x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, row=1, col=1, name="selected", **frame)
    figure.update_xaxes(title="residue number", tickformat="d", row=2, col=1)
    return layout(figure, height=600, title=f"Predicted effect of every substitution, {scan.model}")


def _range(values: np.ndarray) -> tuple[float, float]:
    """Ends of a colour scale: the values' 1st and 99th percentile, so that one extreme does not bleach the rest."""
    known = values[np.isfinite(values)]
    if not known.size or known.min() == known.max():
        return -1.0, 1.0
    low, high = (float(v) for v in np.percentile(known, [1, 99]))
    return (low, high) if low < high else (float(known.min()), float(known.max()))


def _named(scan: EffectScan, values: np.ndarray, index: int, residue: str, offset: int, measure: str) -> str:
    """ "L30P  percentile 4" of a 0-based residue and an amino acid."""
    value = values[index, AMINO_ACIDS.index(residue)]
    shown = f"{value:.0f}" if measure == PERCENTILE else f"{value:+.2f}"
    return f"{scan.sequence[index]}{index + 1 + offset}{residue}  {measure} {shown}"


def _add_mean(figure: go.Figure, means: np.ndarray, start: int, offset: int, row: int) -> None:
    add_track(
        figure,
        means,
        start,
        offset,
        name="mean effect",
        colour=ACCENT,
        row=row,
        title="mean score",
        axis={"nticks": 4},
    )


def mean_track(scan: EffectScan, *, offset: int = 0, window: tuple[int, int] | None = None) -> go.Figure:
    """Mean score of the 19 substitutions along a whole long protein; the window (0-based, half-open) is shaded."""
    figure = make_subplots(rows=1, cols=1)
    _add_mean(figure, scan.mean_effect, 0, offset, row=1)
    shade_window(figure, window, offset)
    figure.update_xaxes(title="residue number", tickformat="d")
    return layout(figure, height=220)


def contributions(parts: Sequence[tuple[str, float]], *, intercept: float, title: str) -> go.Figure:
    """A waterfall from the model's intercept, through what each group of features adds, to the score.

    Parameters
    ----------
    parts : sequence of (str, float)
        Group, and what it adds to the score; drawn from top to bottom.
    """
    names = ["intercept", *(name for name, _ in parts), "score"]
    values = [intercept, *(float(value) for _, value in parts)]
    figure = go.Figure(
        go.Waterfall(
            orientation="h",
            y=names,
            x=[*values, 0.0],
            measure=["absolute", *["relative"] * len(parts), "total"],
            text=[*(f"{value:+.2f}" for value in values), f"{sum(values):+.2f}"],
            textposition="outside",
            cliponaxis=False,
            decreasing={"marker": {"color": LOWERS}},
            increasing={"marker": {"color": RAISES}},
            totals={"marker": {"color": MUTED}},
            connector={"line": {"color": MUTED, "width": 1}},
            hovertemplate="%{y}: %{text}<extra></extra>",
        )
    )
    ends = np.cumsum(values)
    room = 0.22 * max(float(np.ptp([*ends, 0.0])), 1e-6)  # for the numbers beside the bars
    figure.update_yaxes(autorange="reversed")
    figure.update_xaxes(
        title="score (right: better tolerated)",
        zeroline=True,
        zerolinecolor=MUTED,
        range=[min(0.0, ends.min()) - room, max(0.0, ends.max()) + room],
    )
    return layout(figure, height=360, title=title).update_layout(margin={"l": 130})


def column_bars(columns: Sequence[tuple[str, np.ndarray]], *, wild_type: str, mutant: str, title: str) -> go.Figure:
    """What a column expects: bars of the first source of probabilities, marks of the others, both residues named.

    Parameters
    ----------
    columns : sequence of (str, float array (20,))
        Source, probabilities with columns `AMINO_ACIDS`; the first is drawn as bars, most likely first.
    """
    first_name, first = columns[0]
    figure = residue_bars(AMINO_ACIDS, first, of=f"{first_name}, ")
    for (name, values), symbol in zip(columns[1:], ("circle-open", "diamond-open"), strict=False):
        add_marks(figure, AMINO_ACIDS, values, name=name, symbol=symbol, size=9)
    top = max(float(values.max()) for _, values in columns)
    for residue, label in ((wild_type, "wild type"), (mutant, "substitution")):
        if residue in AMINO_ACIDS:
            value = max(float(values[AMINO_ACIDS.index(residue)]) for _, values in columns)
            # upright: neighbouring columns are too close for two labels side by side
            place = {"textangle": -90, "yanchor": "bottom", "yshift": 8, "showarrow": False, "font": {"size": 11}}
            figure.add_annotation(x=residue, y=value, text=f"<b>{label}</b>", **place)
    figure.update_yaxes(range=[0, top * 1.6]).update_layout(showlegend=False)
    return layout(figure, height=360, title=title)


def learning_curve(curve: pd.DataFrame) -> go.Figure:
    """Rank correlation on left-out positions by the number of variants a model learned from.

    Parameters
    ----------
    curve : pandas.DataFrame
        measured (number), trained, untrained (Spearman).
    """
    figure = go.Figure()
    for name, colour, dash in (("trained", RAISES, "solid"), ("untrained", MUTED, "dash")):
        figure.add_scatter(
            x=curve["measured"],
            y=curve[name],
            mode="lines+markers",
            name=name,
            line={"color": colour, "dash": dash},
            hovertemplate="%{x} variants: %{y:.3f}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title="measured variants learned from", type="log", tickvals=list(curve["measured"]))
    figure.update_yaxes(title="Spearman on left-out positions")
    return legend_below(layout(figure, height=400, title="Learning curve"))
