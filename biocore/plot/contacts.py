"""A contact map: predicted pairs above the diagonal, contacts of a structure below it."""

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import MUTED, SEQUENTIAL, layout
from biocore.structure.contact_map import LEAST_SEPARATION, ContactMap

FEW = 500  # residues; a map of more has so many points that WebGL draws it sooner, though it takes time to start


def contact_map(
    predicted: ContactMap, *, truth: np.ndarray | None = None, offset: int = 0, selected: int | None = None
) -> go.Figure:
    """The best L pairs of a prediction, and what touches in a structure.

    Parameters
    ----------
    truth : bool array, (L, L), optional
        Contacts of a structure of the protein.
    selected : int, optional
        A residue to mark, 0-based.
    """
    length = len(predicted.sequence)
    pairs = predicted.top(length)
    i, j = pairs[:, 0], pairs[:, 1]
    names = np.array([f"{letter}{n + 1 + offset}" for n, letter in enumerate(predicted.sequence)])
    figure = go.Figure()
    kind = go.Scatter if length <= FEW else go.Scattergl
    if truth is not None:
        a, b = np.nonzero(np.triu(truth, k=LEAST_SEPARATION))
        for rows, columns, legend in ((a, b, True), (b, a, False)):
            figure.add_trace(
                kind(
                    x=columns + 1 + offset,
                    y=rows + 1 + offset,
                    mode="markers",
                    name="touch in the structure",
                    showlegend=legend,
                    marker={"symbol": "square", "size": 5, "color": MUTED, "opacity": 0.55},
                    text=[f"{names[r]} - {names[c]}" for r, c in zip(rows, columns, strict=True)],
                    hovertemplate="%{text} touch in the structure<extra></extra>",
                )
            )
    scores = predicted.scores[i, j].astype(float)
    right = np.full(len(i), "") if truth is None else np.where(truth[i, j], ", touches", ", does not touch")
    figure.add_trace(
        kind(
            x=j + 1 + offset,
            y=i + 1 + offset,
            mode="markers",
            name=f"predicted, best {len(i)} pairs",
            marker={
                "size": 6,
                "color": np.round(scores, 4),
                "colorscale": SEQUENTIAL,
                "colorbar": {"title": {"text": predicted.unit, "side": "right"}, "thickness": 12},
            },
            text=[f"{names[a]} - {names[b]}{r}" for a, b, r in zip(i, j, right, strict=True)],
            hovertemplate="%{text}<br>%{marker.color:.3g}<extra></extra>",
        )
    )
    ends = [0.5 + offset, length + 0.5 + offset]
    figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": MUTED, "width": 1}, hoverinfo="skip")
    figure.data[-1].showlegend = False
    if selected is not None:
        at = selected + 1 + offset
        figure.add_vline(x=at, line={"color": MUTED, "width": 1, "dash": "dot"})
        figure.add_hline(y=at, line={"color": MUTED, "width": 1, "dash": "dot"})
    figure.update_xaxes(title="residue number", tickformat="d", range=ends, constrain="domain", showgrid=False)
    figure.update_yaxes(
        title="residue number", tickformat="d", range=ends[::-1], scaleanchor="x", constrain="domain", showgrid=False
    )
    return layout(figure, height=470, title=f"Contacts, {predicted.source}")
