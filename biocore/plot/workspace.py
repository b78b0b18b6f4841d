"""Tracks of one molecule stacked above one another, on one axis of positions."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.plot.residue_colour import colour_limits
from biocore.plot.theme import ACCENT, CATEGORIES, MUTED, layout

ROW = 92  # pixels of one track
LONGEST = 20_000  # letters on the axis; more points than that draw slowly


def stacked_tracks(
    rows: Sequence[tuple[str, np.ndarray]], sequence: str, *, offset: int = 0, cursor: Sequence[int] = ()
) -> go.Figure:
    """One panel for each track, all with the same positions; a click gives the 0-based position as custom data.

    Parameters
    ----------
    rows : sequence of (str, float array (L,))
        Title with its unit, and values; NaN leaves a gap.
    sequence : str, length L
    offset : int
        Added to the 1-based numbers.
    cursor : sequence of int
        0-based positions marked in every panel.
    """
    figure = make_subplots(rows=len(rows), cols=1, shared_xaxes=True, vertical_spacing=min(0.08, 0.3 / len(rows)))
    where = np.arange(len(sequence))
    for number, (title, values) in enumerate(rows, 1):
        low, high = colour_limits(values)
        margin = 0.25 * (high - low)
        finite = values[np.isfinite(values)]
        top, bottom = (finite.max(), finite.min()) if finite.size else (high, low)
        figure.add_trace(
            go.Scatter(
                x=where + 1 + offset,
                y=np.round(values, 4),
                mode="lines+markers",
                line={"color": CATEGORIES[(number - 1) % len(CATEGORIES)], "width": 1.4, "shape": "hvh"},
                marker={"size": 3 if len(sequence) < 2000 else 1},
                customdata=where,
                text=[f"{letter}{i + 1 + offset}" for i, letter in enumerate(sequence)],
                hovertemplate="<b>%{text}</b> %{y:.3g}<extra></extra>",
                showlegend=False,
                selected={"marker": {"opacity": 1}},
                unselected={"marker": {"opacity": 1}},
            ),
            row=number,
            col=1,
        )
        figure.update_yaxes(
            range=[min(max(bottom, low - margin), low), max(min(top, high + margin), high)],
            nticks=3,
            zerolinecolor=MUTED,
            row=number,
            col=1,
        )
        figure.add_annotation(
            text=title,
            x=0,
            y=1,
            xref="x domain" if number == 1 else f"x{number} domain",
            yref="y domain" if number == 1 else f"y{number} domain",
            xanchor="left",
            yanchor="bottom",
            showarrow=False,
            font={"size": 12},
        )
    for place in cursor:
        figure.add_vline(x=place + 1 + offset, line={"color": ACCENT, "width": 1.5, "dash": "dot"})
    figure.update_xaxes(title="position", row=len(rows), col=1)
    layout(figure, height=110 + ROW * len(rows))
    figure.update_layout(margin={"t": 50, "l": 60, "r": 20, "b": 50})
    return figure
