"""Figures of bases that act together, and of implanted motifs."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from biocore.attribution import PairEffects
from biocore.plot.theme import ACCENT, DIVERGING, MUTED, layout, symmetric_limit


def pair_triangle(pairs: PairEffects) -> go.Figure:
    """Heat map of positions against positions: the strongest interaction of each two, above the diagonal."""
    positions = np.arange(pairs.start + 1, pairs.start + len(pairs.core) + 1)
    names = [f"{base}{position}" for base, position in zip(pairs.core, positions, strict=True)]
    values = pairs.strongest
    limit = symmetric_limit(values)
    figure = go.Figure(
        go.Heatmap(
            z=np.round(values, 4),
            x=names,
            y=names,
            colorscale=DIVERGING,
            zmin=-limit,
            zmax=limit,
            xgap=1,
            ygap=1,
            hoverongaps=False,
            colorbar={"title": {"text": "interaction (natural log-odds)", "side": "right"}, "thickness": 14},
            hovertemplate="%{y} with %{x}<br>interaction %{z:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="position", side="bottom", showgrid=False, tickangle=-60)
    figure.update_yaxes(title="position", autorange="reversed", showgrid=False)
    return layout(figure, height=420)


def spacing_curve(distances: pd.DataFrame) -> go.Figure:
    """Mean and largest absolute interaction by distance; `distances` as `PairEffects.by_distance` gives it."""
    figure = go.Figure()
    for column, colour in (("largest", MUTED), ("mean", ACCENT)):
        figure.add_scatter(
            x=distances.distance,
            y=distances[column],
            mode="lines+markers",
            name=column,
            line={"color": colour, "width": 1.8},
            hovertemplate=f"%{{x}} bp apart<br>{column} %{{y:.3f}}<extra></extra>",
        )
    figure.update_xaxes(title="distance (bp)", showgrid=False)
    figure.update_yaxes(title="absolute interaction (natural log-odds)", rangemode="tozero")
    return layout(figure, height=420)


def implant_curve(table: pd.DataFrame) -> go.Figure:
    """Mean effect with its 95 % interval, by offset or by gap; `table` as `ImplantEffects.table` gives it."""
    kind = table.columns[0]
    x = table[kind]
    label = {"offset": "first position of the motif", "gap": "bases between the motifs"}[kind]
    value = {"offset": "added to the natural log-odds", "gap": "beyond the sum of each (natural log-odds)"}[kind]
    figure = go.Figure()
    figure.add_scatter(
        x=pd.concat([x, x[::-1]]),
        y=pd.concat([table.high, table.low[::-1]]),
        fill="toself",
        fillcolor="rgba(15,118,110,0.2)",
        line={"width": 0},
        hoverinfo="skip",
        name="95 % interval of the mean",
    )
    figure.add_scatter(
        x=x,
        y=table.effect,
        mode="lines",
        line={"color": ACCENT, "width": 1.8},
        name="mean over backgrounds",
        hovertemplate=f"{kind} %{{x}}<br>%{{y:.3f}}<extra></extra>",
    )
    figure.add_hline(y=0, line={"color": MUTED, "width": 1})
    figure.update_xaxes(title=label, showgrid=False)
    figure.update_yaxes(title=value)
    return layout(figure, height=340)
