"""Bars of probabilities, one an amino acid, coloured by side chain."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import ACCENT, CHEMISTRY, CHEMISTRY_COLOURS, MARKED, MUTED

RESIDUE_CLASS = {residue: name for name, residues in CHEMISTRY.items() for residue in residues}
OTHER_TOKEN = "not an amino acid"


def residue_bars(
    letters: Sequence[str], values: np.ndarray, *, own: str = "", frame: str = MARKED, of: str = "", unit: str = ""
) -> go.Figure:
    """A figure with one bar a letter, most likely first.

    Parameters
    ----------
    letters : sequence of str
        Amino acids, or tokens of a language model.
    values : float array, (len(letters),)
        Their probabilities.
    own : str
        The letter whose bar has a frame, in the colour `frame`.
    of : str
        What the mouse shows beside the kind of side chain: whose probabilities these are.
    unit : str
        What it shows before the number.
    """
    order = np.argsort(-values, kind="stable")
    names = [letters[k] for k in order]
    figure = go.Figure()
    for kind in [*CHEMISTRY, OTHER_TOKEN]:
        rows = [k for k, name in enumerate(names) if RESIDUE_CLASS.get(name, OTHER_TOKEN) == kind]
        if rows:
            figure.add_bar(
                x=[names[k] for k in rows],
                y=values[order][rows],
                name=kind,
                marker={
                    "color": CHEMISTRY_COLOURS.get(kind, MUTED),
                    "line": {"color": frame, "width": [3 if names[k] == own else 0 for k in rows]},
                },
                hovertemplate=f"%{{x}}: {unit}%{{y:.4f}}<extra>{of}{kind}</extra>",
            )
    figure.update_xaxes(title="amino acid", categoryorder="array", categoryarray=names, type="category")
    figure.update_yaxes(title="probability", rangemode="tozero")
    return figure.update_layout(barmode="overlay")


def add_marks(
    figure: go.Figure, letters: Sequence[str], values: np.ndarray, *, name: str, symbol: str, size: int
) -> None:
    """Another source's probabilities as marks beside the bars."""
    figure.add_scatter(
        x=list(letters),
        y=values,
        mode="markers",
        name=name,
        marker={"symbol": symbol, "size": size, "color": ACCENT, "line": {"width": 2, "color": ACCENT}},
        hovertemplate="%{x}: %{y:.4f}<extra>" + name + "</extra>",
    )


def name_wild_type(figure: go.Figure, letter: str, value: float) -> None:
    """An arrow to the bar of the residue that stands in the protein."""
    figure.add_annotation(x=letter, y=value, text=f"wild type {letter}", showarrow=True, arrowhead=2, ay=-32)
