"""Figures of a family's profile."""

import numpy as np
import plotly.graph_objects as go

from biocore.families import Profile
from biocore.plot.residue_bars import RESIDUE_CLASS, add_marks, name_wild_type, residue_bars
from biocore.plot.theme import ACCENT, CHEMISTRY_COLOURS, MUTED, layout, legend_below
from biocore.sequence import AMINO_ACIDS

LEAST_SHOWN = 0.03  # probability of a letter in a logo


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
            marker={"color": [CHEMISTRY_COLOURS[RESIDUE_CLASS[letter]] for letter in letters], "line": {"width": 0}},
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
    figure = residue_bars(AMINO_ACIDS, blend, own=wild_type, frame=MUTED, unit="blend ")
    for values, label, symbol in ((family, names[0], "diamond"), (model, names[1], "circle-open")):
        add_marks(figure, AMINO_ACIDS, values, name=label, symbol=symbol, size=10)
    if wild_type in AMINO_ACIDS:
        name_wild_type(figure, wild_type, float(blend[AMINO_ACIDS.index(wild_type)]))
    return legend_below(layout(figure, height=440, title=title))
