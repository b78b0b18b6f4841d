"""Figures of the DNA page: which factor binds where."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import DIVERGING, MUTED, SEQUENTIAL, layout, symmetric_limit
from biocore.tfbinding.tracks import Overview

UNIT_LABELS = {"log-odds": "log-odds (natural)", "probability": "probability"}


@dataclass(frozen=True)
class Mark:
    """A site to mark: factor, 1-based first and last base, strand "+" or "-", value; whether it is the one shown."""

    tf: str
    first: int
    last: int
    strand: str
    value: float
    chosen: bool = False


def overview(data: Overview, marks: Sequence[Mark], *, strand: str = "both") -> go.Figure:
    """Heat map of factors against positions; triangles mark the strongest sites and can be clicked.

    Parameters
    ----------
    strand : str
        "both", "forward" or "reverse": which values are drawn.
    """
    values = {"both": data.values, "forward": data.forward, "reverse": data.reverse}[strand]
    scale, low, high = _value_scale(values, data.unit)
    figure = go.Figure()
    custom = np.stack(
        [
            np.broadcast_to(data.first, values.shape),
            np.broadcast_to(data.last, values.shape),
            data.forward,
            data.reverse,
        ],
        axis=-1,
    )
    figure.add_heatmap(
        z=np.round(values, 3),
        x=data.middle,
        y=list(data.tfs),
        customdata=np.round(custom, 3) if values.size <= 40_000 else None,
        colorscale=scale,
        zmin=low,
        zmax=high,
        colorbar={"title": {"text": UNIT_LABELS[data.unit], "side": "right"}, "thickness": 14},
        hovertemplate=(
            "<b>%{y}</b><br>window(s) %{customdata[0]:,}-%{customdata[1]:,}<br>"
            "%{z:.2f}, forward %{customdata[2]:.2f}, reverse %{customdata[3]:.2f}<extra></extra>"
            if values.size <= 40_000
            else "<b>%{y}</b><br>middle of window %{x:,.0f}<br>%{z:.2f}<extra></extra>"
        ),
    )
    _add_marks(figure, marks)
    figure.update_xaxes(title="middle of the window (position in the record, bp)", tickformat=",d", zeroline=False)
    figure.update_yaxes(
        title=None, categoryorder="array", categoryarray=list(reversed(data.tfs)), ticks="", showgrid=False
    )
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="zoom")
    return layout(figure, height=max(240, 24 * len(data.tfs) + 90))


def _value_scale(values: np.ndarray, unit: str) -> tuple[str, float, float]:
    """Colours centred at even odds for log-odds, from 0 to 1 for probabilities."""
    if unit == "probability":
        return SEQUENTIAL, 0.0, 1.0
    limit = symmetric_limit(values)
    return DIVERGING, -limit, limit


def _add_marks(figure: go.Figure, marks: Sequence[Mark]) -> None:
    figure.add_scatter(
        x=[(m.first + m.last) / 2 for m in marks],
        y=[m.tf for m in marks],
        mode="markers",
        marker={
            "symbol": ["triangle-right" if m.strand == "+" else "triangle-left" for m in marks],
            "size": [17 if m.chosen else 12 for m in marks],
            "color": ["#FFD400" if m.chosen else "#FFFFFF" for m in marks],
            "line": {"color": "#111111", "width": 1.5},
        },
        customdata=[[m.tf, m.first, m.last, m.strand, m.value] for m in marks],
        hovertemplate=(
            "<b>%{customdata[0]}</b> site, strand %{customdata[3]}<br>%{customdata[1]:,}-%{customdata[2]:,}<br>"
            "%{customdata[4]:.2f}<br>click to look at it<extra></extra>"
        ),
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=False,
        name="strongest sites",
    )


def factor_bars(tfs: Sequence[str], values: np.ndarray, *, unit: str) -> go.Figure:
    """Bars of factors for a record of one window, in the order given."""
    scale, low, high = _value_scale(values, unit)
    figure = go.Figure(
        go.Bar(
            x=np.round(values, 4),
            y=list(tfs),
            orientation="h",
            marker={
                "color": values,
                "colorscale": scale,
                "cmin": low,
                "cmax": high,
                "line": {"color": MUTED, "width": 1},
            },
            hovertemplate="%{y}: %{x:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title=UNIT_LABELS[unit], range=[0, 1] if unit == "probability" else None, zerolinecolor=MUTED)
    figure.update_yaxes(title="factor", autorange="reversed", showgrid=False)
    return layout(figure, height=90 + 22 * len(tfs))


def records_by_factor(records: Sequence[str], tfs: Sequence[str], values: np.ndarray, *, unit: str) -> go.Figure:
    """Heat map of records (down) against factors (across): each record's strongest window; cells can be clicked.

    Parameters
    ----------
    values : float array, (R, F)
    """
    scale, low, high = _value_scale(values, unit)
    rows = [f"{i}  {name[:40]}" for i, name in enumerate(records, 1)]
    figure = go.Figure()
    figure.add_heatmap(
        z=np.round(values, 3),
        x=list(tfs),
        y=rows,
        colorscale=scale,
        zmin=low,
        zmax=high,
        xgap=1,
        ygap=1,
        colorbar={"title": {"text": UNIT_LABELS[unit], "side": "right"}, "thickness": 14},
        hoverinfo="skip",
    )
    grid = [(r, f) for r in range(len(rows)) for f in range(len(tfs))]
    figure.add_scatter(
        x=[tfs[f] for _, f in grid],
        y=[rows[r] for r, _ in grid],
        mode="markers",
        marker={"symbol": "square", "size": 18, "opacity": 0, "color": MUTED},
        customdata=[[r, tfs[f], float(values[r, f])] for r, f in grid],
        hovertemplate="<b>%{x}</b><br>%{y}<br>%{customdata[2]:.2f}<br>click to look at it<extra></extra>",
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
        name="cells",
    )
    side = "top" if len(rows) > 15 else "bottom"  # in sight where the figure is higher than the screen
    figure.update_xaxes(title="factor", side=side, showgrid=False, tickangle=-45)
    figure.update_yaxes(title=None, categoryorder="array", categoryarray=rows[::-1], showgrid=False)
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="select")
    layout(figure, height=max(240, 26 * len(rows) + 110))
    return figure.update_layout(margin_t=120) if side == "top" else figure
