"""Parts of figures about substitutions: the heat map of all of them with its clicks, tracks, measured ones."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from biocore.plot.theme import ACCENT, MUTED, layout

CHEMICAL_ORDER = "KRHEDNQTSCGAVLIMPYFW"  # rows of the heat map: charges, polar, small, aliphatic, aromatic
FIRST = {"row": 1, "col": 1}  # where the heat map stands among the tracks


def keep_opacity(opacity: float) -> dict:
    """A selection is kept by the page; the figure must not fade what was not clicked."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def add_heat_map(
    figure: go.Figure,
    values: np.ndarray,
    sequence: str,
    start: int,
    offset: int,
    *,
    own: str,
    unit: str,
    colours: Sequence,
    limits: tuple[float, float],
    bar: dict,
) -> None:
    """Values of all substitutions of some residues in the first panel, with a dot at each residue that stands there.

    Parameters
    ----------
    values : float array, (20, N)
        Rows in `CHEMICAL_ORDER`.
    sequence : str
        The whole protein.
    start, offset : int
        The first column is residue `start` (0-based), shown as ``start + 1 + offset``.
    own : str
        Colour of the dots.
    unit : str
        Beside the colour bar.
    colours : colour scale
    limits : (float, float)
        Ends of the colour scale.
    bar : dict
        Length and place of the colour bar.
    """
    numbers = np.arange(start, start + values.shape[1]) + 1 + offset
    figure.add_heatmap(
        z=np.round(values, 3),
        x=numbers,
        y=list(CHEMICAL_ORDER),
        colorscale=colours,
        zmin=limits[0],
        zmax=limits[1],
        hoverinfo="skip",
        colorbar={"title": {"text": unit, "side": "right"}, "thickness": 14} | bar,
        name="effects",
        **FIRST,
    )
    here = zip(numbers, sequence[start : start + len(numbers)], strict=True)
    standing = [(number, residue) for number, residue in here if residue in CHEMICAL_ORDER]
    figure.add_scatter(
        x=[number for number, _ in standing],
        y=[residue for _, residue in standing],
        mode="markers",
        marker={"symbol": "circle", "size": 5, "color": own},
        hoverinfo="skip",
        name="wild type",
        **keep_opacity(1.0),
        **FIRST,
    )
    figure.update_yaxes(
        title="substituted by",
        categoryorder="array",
        categoryarray=list(reversed(CHEMICAL_ORDER)),
        tickfont={"size": 10},
        dtick=1,
        showgrid=False,
        **FIRST,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, range=[numbers[0] - 0.5, numbers[-1] + 0.5])
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="zoom", showlegend=False)


def add_cells(
    figure: go.Figure, cells: Sequence[tuple[int, str]], text: Callable[[int, str], str], *, offset: int, click: str
) -> None:
    """An invisible marker on each cell, because heat maps send no clicks.

    Parameters
    ----------
    cells : sequence of (int, str)
        0-based residue and the amino acid of the row: the marker's ``customdata``.
    text : callable
        What the mouse shows of a cell.
    offset : int
        As in `add_heat_map`.
    click : str
        What a click does.
    """
    clicked = np.array(cells, dtype=object).reshape(-1, 2)  # plotly looks into each list of lists, and not into arrays
    figure.add_scatter(
        x=clicked[:, 0].astype(int) + 1 + offset,
        y=clicked[:, 1],
        mode="markers",
        marker={"symbol": "square", "size": 9, "color": "#000000", "opacity": 0.0},
        customdata=clicked,
        text=[text(*cell) for cell in cells],
        hovertemplate=f"<b>%{{text}}</b><br>{click}<extra></extra>",
        name="cells",
        **keep_opacity(0.0),
        **FIRST,
    )


def add_track(
    figure: go.Figure,
    values: np.ndarray,
    start: int,
    offset: int,
    *,
    name: str,
    colour: str,
    row: int,
    title: str = "",
    axis: dict | None = None,
) -> None:
    """One value a residue as a line of steps, in a panel of its own.

    Parameters
    ----------
    values : float array
        Of residue `start` (0-based) and those after it.
    title : str
        Of the axis; `name` where it is empty.
    axis : dict, optional
        Range and ticks of the axis.
    """
    figure.add_scatter(
        x=np.arange(start, start + len(values)) + 1 + offset,
        y=np.round(values, 4),
        mode="lines",
        line={"color": colour, "shape": "hvh", "width": 1.6},
        name=name,
        showlegend=False,
        hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
        row=row,
        col=1,
    )
    figure.update_yaxes(title={"text": title or name, "font": {"size": 11}}, **(axis or {}), row=row, col=1)


def shade_window(figure: go.Figure, window: tuple[int, int] | None, offset: int) -> None:
    """Mark which part of a long protein (0-based, half-open) another figure shows."""
    if window:
        ends = {"x0": window[0] + 0.5 + offset, "x1": window[1] + 0.5 + offset}
        figure.add_vrect(**ends, fillcolor=ACCENT, opacity=0.12, line_width=0)


def measured_scatter(table: pd.DataFrame, *, predictor: str, unit: str, rho: float) -> go.Figure:
    """Predicted score of each variant against its measurement.

    Parameters
    ----------
    table : pandas.DataFrame
        variant, score, measured.
    predictor : str
        In the title.
    unit : str
        Of the score.
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
    figure.update_xaxes(title=f"predicted: {unit}", zerolinecolor=MUTED)
    figure.update_yaxes(title="measured (unit of your table)", zerolinecolor=MUTED)
    shown = f"Spearman {rho:.2f}" if np.isfinite(rho) else "Spearman not defined"
    return layout(figure, height=420, title=f"{predictor}: {shown}")
