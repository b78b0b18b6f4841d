"""Where the evidence for a term lies: a homologue's alignment and the families, along the protein."""

from collections.abc import Sequence

import plotly.graph_objects as go

from biocore.go.pairwise import PairwiseAlignment
from biocore.plot.theme import ACCENT, CATEGORIES, MUTED, SEQUENTIAL, layout


def alignment(
    found: PairwiseAlignment, names: tuple[str, str], families: Sequence[tuple[str, int, int]] = ()
) -> go.Figure:
    """Two proteins as bars, aligned stretches as bands between them, families above; axes count from 1.

    Parameters
    ----------
    found : PairwiseAlignment
    names : (str, str)
        Of the protein and of the homologue.
    families : sequence of (name, start, end)
        Extent on the protein, 0-based half-open.
    """
    figure = go.Figure()
    top = 1.0 + 0.35 * len(families)
    for length, y, name in ((found.query_length, 1.0, names[0]), (found.reference_length, 0.0, names[1])):
        figure.add_scatter(
            x=[1, length],
            y=[y, y],
            mode="lines",
            line={"color": MUTED, "width": 9},
            hovertemplate=f"{name}: %{{x}}<extra></extra>",
        )
    for q, r, size in found.blocks():
        same = float(found.same[(found.query >= q) & (found.query < q + size)].mean())
        figure.add_scatter(
            x=[q + 1, q + size, r + size, r + 1, q + 1],
            y=[0.93, 0.93, 0.07, 0.07, 0.93],
            mode="lines",
            fill="toself",
            line={"width": 0.5, "color": ACCENT},
            fillcolor=_shade(same),
            text=f"{q + 1:,} to {q + size:,} on {r + 1:,} to {r + size:,}: {same:.0%} in the same group",
            hoverinfo="text",
        )
    for number, (name, start, end) in enumerate(families):
        y = 1.35 + 0.35 * number
        figure.add_scatter(
            x=[start + 1, end],
            y=[y, y],
            mode="lines",
            line={"color": CATEGORIES[number % len(CATEGORIES)], "width": 7},
            hovertemplate=f"{name}: {start + 1:,} to {end:,}<extra></extra>",
        )
    layout(figure, height=190 + 34 * len(families))
    figure.update_layout(showlegend=False)
    figure.update_xaxes(title="residue", range=[0, max(found.query_length, found.reference_length) + 1])
    ticks = [0.0, 1.0, *(1.35 + 0.35 * n for n in range(len(families)))]
    figure.update_yaxes(
        tickvals=ticks, ticktext=[names[1], names[0], *(f[0] for f in families)], range=[-0.3, top + 0.3]
    )
    return figure


def _shade(fraction: float) -> str:
    """A colour of the sequential scale, see-through, for a fraction."""
    from plotly.colors import sample_colorscale

    return str(sample_colorscale(SEQUENTIAL, [fraction])[0]).replace("rgb", "rgba").replace(")", ", 0.55)")
