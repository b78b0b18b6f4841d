"""Figures of the variant-effects page: every substitution of a protein, and what one of them rests on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.plot.masked_residues import CHEMICAL_ORDER
from biocore.plot.theme import ACCENT, CHEMISTRY, CHEMISTRY_COLOURS, MUTED, SEQUENTIAL, layout
from biocore.sequence import AMINO_ACIDS
from biocore.variants import EffectScan

PERCENTILE, SCORE = "percentile", "score"
MEASURES = {PERCENTILE: "percentile in this protein (100: best tolerated)", SCORE: "score (higher: better tolerated)"}
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
    numbers = np.arange(start, stop) + 1 + offset
    low, high = (0.0, 100.0) if measure == PERCENTILE else _range(scan.scores)
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.78, 0.22], vertical_spacing=0.03)
    figure.add_heatmap(
        z=np.round(values, 3),
        x=numbers,
        y=list(CHEMICAL_ORDER),
        colorscale=SEQUENTIAL,
        zmin=low,
        zmax=high,
        hoverinfo="skip",
        colorbar={"title": {"text": MEASURES[measure], "side": "right"}, "thickness": 14, "len": 0.8, "y": 0.6},
        name="effects",
        row=1,
        col=1,
    )
    own = [(n, scan.sequence[i]) for n, i in zip(numbers, range(start, stop), strict=True)]
    own = [(n, residue) for n, residue in own if residue in CHEMICAL_ORDER]
    figure.add_scatter(
        x=[n for n, _ in own],
        y=[residue for _, residue in own],
        mode="markers",
        marker={"symbol": "circle", "size": 5, "color": MUTED},
        hoverinfo="skip",
        name="wild type",
        **_keep_opacity(1.0),
        row=1,
        col=1,
    )
    _add_cells(figure, scan, values, start, stop, offset, measure)
    _add_mean(figure, scan.mean_effect, start, stop, offset, row=2)
    if selected and start <= selected[0] < stop and selected[1] in CHEMICAL_ORDER:
        x, y = selected[0] + 1 + offset, len(CHEMICAL_ORDER) - 1 - CHEMICAL_ORDER.index(selected[1])
        frame = {"line": {"color": LOWERS, "width": 3}, "fillcolor": "rgba(0,0,0,0)"}
        figure.add_shape(x0=x - 0.5, x1=x + 0.5, y0=y - 0.5, y1=y + 0.5, row=1, col=1, name="selected", **frame)
    figure.update_xaxes(showgrid=False, zeroline=False, range=[numbers[0] - 0.5, numbers[-1] + 0.5])
    figure.update_xaxes(title="residue number", tickformat="d", row=2, col=1)
    figure.update_yaxes(
        title="substituted by", categoryorder="array", categoryarray=list(reversed(CHEMICAL_ORDER)), row=1, col=1
    )
    figure.update_yaxes(tickfont={"size": 10}, dtick=1, showgrid=False, row=1, col=1)
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="zoom")
    return layout(figure, height=600, title=f"Predicted effect of every substitution, {scan.model}").update_layout(
        showlegend=False
    )


def _range(values: np.ndarray) -> tuple[float, float]:
    """Ends of a colour scale: the values' 1st and 99th percentile, so that one extreme does not bleach the rest."""
    known = values[np.isfinite(values)]
    if not known.size or known.min() == known.max():
        return -1.0, 1.0
    low, high = (float(v) for v in np.percentile(known, [1, 99]))
    return (low, high) if low < high else (float(known.min()), float(known.max()))


def _keep_opacity(opacity: float) -> dict:
    """A selection is kept by the page; the figure must not fade what was not clicked."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def _add_cells(
    figure: go.Figure, scan: EffectScan, values: np.ndarray, start: int, stop: int, offset: int, measure: str
) -> None:
    cells = [
        (i, residue, row)
        for row, residue in enumerate(CHEMICAL_ORDER)
        for i in range(start, stop)
        if np.isfinite(scan.scores[i, AMINO_ACIDS.index(residue)])
    ]
    figure.add_scatter(
        x=[i + 1 + offset for i, _, _ in cells],
        y=[residue for _, residue, _ in cells],
        mode="markers",
        marker={"symbol": "square", "size": 9, "color": "#000000", "opacity": 0.0},
        customdata=[[i, residue] for i, residue, _ in cells],
        text=[
            f"{scan.sequence[i]}{i + 1 + offset}{r}  {_shown(values[row, i - start], measure)}" for i, r, row in cells
        ],
        hovertemplate="<b>%{text}</b><br>click for the evidence<extra></extra>",
        name="cells",
        **_keep_opacity(0.0),
        row=1,
        col=1,
    )


def _shown(value: float, measure: str) -> str:
    return f"{measure} {value:.0f}" if measure == PERCENTILE else f"{measure} {value:+.2f}"


def _add_mean(figure: go.Figure, means: np.ndarray, start: int, stop: int, offset: int, **place: int) -> None:
    figure.add_scatter(
        x=np.arange(start, stop) + 1 + offset,
        y=np.round(means[start:stop], 4),
        mode="lines",
        line={"color": ACCENT, "shape": "hvh", "width": 1.6},
        name="mean effect",
        hovertemplate="%{x}: %{y:.3f}<extra>mean effect</extra>",
        col=1,
        **place,
    )
    figure.update_yaxes(title={"text": "mean score", "font": {"size": 11}}, nticks=4, col=1, **place)


def mean_track(scan: EffectScan, *, offset: int = 0, window: tuple[int, int] | None = None) -> go.Figure:
    """Mean score of the 19 substitutions along a whole long protein; the window (0-based, half-open) is shaded."""
    figure = make_subplots(rows=1, cols=1)
    _add_mean(figure, scan.mean_effect, 0, len(scan.sequence), offset, row=1)
    if window:
        ends = {"x0": window[0] + 0.5 + offset, "x1": window[1] + 0.5 + offset}
        figure.add_vrect(**ends, fillcolor=ACCENT, opacity=0.12, line_width=0)
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
    order = np.argsort(-first, kind="stable")
    residues = [AMINO_ACIDS[k] for k in order]
    figure = go.Figure()
    for name, members in CHEMISTRY.items():
        rows = [k for k in range(len(residues)) if residues[k] in members]
        figure.add_bar(
            x=[residues[k] for k in rows],
            y=first[order][rows],
            name=name,
            marker={"color": CHEMISTRY_COLOURS[name]},
            hovertemplate="%{x}: %{y:.4f}<extra>" + f"{first_name}, {name}" + "</extra>",
            showlegend=False,
        )
    for (name, values), symbol in zip(columns[1:], ("circle-open", "diamond-open"), strict=False):
        figure.add_scatter(
            x=residues,
            y=values[order],
            mode="markers",
            name=name,
            marker={"symbol": symbol, "size": 9, "color": ACCENT, "line": {"width": 2, "color": ACCENT}},
            hovertemplate="%{x}: %{y:.4f}<extra>" + name + "</extra>",
        )
    top = max(float(values.max()) for _, values in columns)
    for residue, label in ((wild_type, "wild type"), (mutant, "substitution")):
        if residue in residues:
            value = max(float(values[AMINO_ACIDS.index(residue)]) for _, values in columns)
            # upright: neighbouring columns are too close for two labels side by side
            place = {"textangle": -90, "yanchor": "bottom", "yshift": 8, "showarrow": False, "font": {"size": 11}}
            figure.add_annotation(x=residue, y=value, text=f"<b>{label}</b>", **place)
    figure.update_xaxes(title="amino acid", categoryorder="array", categoryarray=residues, type="category")
    figure.update_yaxes(title="probability", range=[0, top * 1.6])
    figure.update_layout(barmode="overlay", showlegend=False)
    return layout(figure, height=360, title=title)


def measured_scatter(table: pd.DataFrame, *, predictor: str, rho: float) -> go.Figure:
    """Predicted score of each variant against its measurement.

    Parameters
    ----------
    table : pandas.DataFrame
        variant, score, measured.
    rho : float
        Spearman's rank correlation; NaN where it is not defined.
    """
    figure = go.Figure(
        go.Scattergl(
            x=table["score"],
            y=table["measured"],
            text=table["variant"],
            mode="markers",
            marker={"size": 6, "opacity": 0.6, "color": ACCENT},
            hovertemplate="<b>%{text}</b><br>predicted %{x:.2f}, measured %{y:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(title=f"predicted: {predictor}", zerolinecolor=MUTED)
    figure.update_yaxes(title="measured (unit of your table)", zerolinecolor=MUTED)
    shown = f"Spearman {rho:.2f}" if np.isfinite(rho) else "Spearman not defined"
    return layout(figure, height=420, title=f"{predictor}: {shown}")


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
    return layout(figure, height=360, title="Learning curve").update_layout(margin={"t": 100}, legend={"y": 1.0})
