"""Figures of a family's profile."""

import numpy as np
import plotly.graph_objects as go

from biocore.families import Profile
from biocore.plot.theme import ACCENT, CHEMISTRY, CHEMISTRY_COLOURS, MUTED, layout
from biocore.sequence import AMINO_ACIDS

LEAST_SHOWN = 0.03  # probability of a letter in a logo
_CLASS = {residue: name for name, residues in CHEMISTRY.items() for residue in residues}


def profile_logo(profile: Profile, *, start: int, stop: int, selected: int | None = None, offset: int = 0) -> go.Figure:
    """A sequence logo: stacked letters, each as high as its probability times the column's conservation in bits.

    Parameters
    ----------
    start, stop : int
        Residues, 0-based half-open.
    selected : int, optional
        A residue to frame, 0-based.
    """
    bits = np.nan_to_num(profile.conservation)[start:stop]
    heights = np.maximum(profile.probabilities[start:stop] * bits[:, None], 0)
    numbers = np.arange(start, stop) + 1 + offset
    figure = go.Figure()
    order = np.argsort(profile.probabilities[start:stop], axis=1, kind="stable")  # the likeliest on top
    shown = np.take_along_axis(profile.probabilities[start:stop], order, axis=1) >= LEAST_SHOWN
    for rank in range(len(AMINO_ACIDS)):
        columns = np.flatnonzero(shown[:, rank])
        if not len(columns):
            continue
        letters = [AMINO_ACIDS[order[c, rank]] for c in columns]
        figure.add_bar(
            x=numbers[columns],
            y=heights[columns, order[columns, rank]],
            marker={"color": [CHEMISTRY_COLOURS[_CLASS[letter]] for letter in letters], "line": {"width": 0}},
            text=[f"<b>{letter}</b>" for letter in letters],
            textposition="inside",
            insidetextanchor="middle",
            textangle=0,
            textfont={"color": "#FFFFFF"},
            customdata=profile.probabilities[start:stop][columns, order[columns, rank]],
            hovertemplate="%{x}: %{text} %{customdata:.3f}<extra></extra>",
            showlegend=False,
        )
    if selected is not None and start <= selected < stop:
        at = selected + 1 + offset
        figure.add_vrect(x0=at - 0.5, x1=at + 0.5, line={"color": ACCENT, "width": 2}, fillcolor=None)
    figure.update_layout(barmode="stack", bargap=0.06, uniformtext={"minsize": 7, "mode": "hide"})
    figure.update_xaxes(title="residue number", tickformat="d", range=[numbers[0] - 0.6, numbers[-1] + 0.6])
    figure.update_yaxes(title="conservation (bits)", rangemode="tozero")
    return layout(figure, height=330, title=f"The family, {profile.source}")


def three_answers(
    blend: np.ndarray, family: np.ndarray, model: np.ndarray, *, wild_type: str, title: str, names: tuple[str, str]
) -> go.Figure:
    """Bars of the blend at one masked residue, most likely first, with family and language model as marks beside.

    Parameters
    ----------
    blend, family, model : float arrays, (20,)
    names : two str
        What the two parts are called.
    """
    order = np.argsort(-blend, kind="stable")
    residues = [AMINO_ACIDS[k] for k in order]
    figure = go.Figure()
    for name, members in CHEMISTRY.items():
        rows = [k for k in range(20) if residues[k] in members]
        figure.add_bar(
            x=[residues[k] for k in rows],
            y=blend[order][rows],
            name=name,
            marker={
                "color": CHEMISTRY_COLOURS[name],
                "line": {"color": MUTED, "width": [3 if residues[k] == wild_type else 0 for k in rows]},
            },
            hovertemplate="%{x}: blend %{y:.4f}<extra>" + name + "</extra>",
        )
    for values, label, symbol in ((family, names[0], "diamond"), (model, names[1], "circle-open")):
        figure.add_scatter(
            x=residues,
            y=values[order],
            mode="markers",
            name=label,
            marker={"symbol": symbol, "size": 10, "color": ACCENT, "line": {"width": 2, "color": ACCENT}},
            hovertemplate="%{x}: %{y:.4f}<extra>" + label + "</extra>",
        )
    if wild_type in residues:
        figure.add_annotation(
            x=wild_type,
            y=float(blend[AMINO_ACIDS.index(wild_type)]),
            text=f"wild type {wild_type}",
            showarrow=True,
            arrowhead=2,
            ay=-32,
        )
    figure.update_xaxes(title="amino acid", categoryorder="array", categoryarray=residues, type="category")
    figure.update_yaxes(title="probability", rangemode="tozero")
    figure.update_layout(barmode="overlay")
    return layout(figure, height=440, title=title).update_layout(
        legend={"y": -0.22, "yanchor": "top"}, margin={"b": 110}
    )
