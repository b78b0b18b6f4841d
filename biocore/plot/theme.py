"""Colours and layout shared by every figure.  All palettes are safe for colour-blind readers."""

from textwrap import TextWrapper

import plotly.graph_objects as go

BASE_COLOURS = {"A": "#009E73", "C": "#0072B2", "G": "#E69F00", "T": "#D55E00", "N": "#9AA0A6"}
DIVERGING = "RdBu_r"  # blue: less, red: more; always centred at zero
SEQUENTIAL = "Viridis"
CATEGORIES = [
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#7F6BB3",
    "#8C564B",
    "#5F6B6D",
    "#B8A000",
]
ACCENT = "#0F766E"
MUTED = "#8A949E"
TITLE_LETTERS = 48  # in one line of a figure's title
MARKED = "#C026D3"  # a frame that is seen on a light and on a dark page, on blue, red, green and yellow

CHEMISTRY = {  # amino acids by side chain
    "hydrophobic": "AVILMC",
    "aromatic": "FWY",
    "polar": "STNQ",
    "positive": "KRH",
    "negative": "DE",
    "special": "GP",
}
CHEMISTRY_COLOURS = dict(
    zip(CHEMISTRY, ["#E69F00", "#7F6BB3", "#009E73", "#0072B2", "#D55E00", "#5F6B6D"], strict=True)
)


def layout(figure: go.Figure, *, height: int | None = None, title: str | None = None) -> go.Figure:
    """Give a figure the common margins, fonts and hover style; transparent so that it fits a light or dark page."""
    figure.update_layout(
        height=height,
        title={"text": wrapped(title), "font": {"size": 15}} if title else None,
        margin={"l": 60, "r": 20, "t": 84 if title else 64, "b": 50},  # at the top: tool bar, then legend
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "Source Sans Pro, sans-serif", "size": 13},
        legend={"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        hoverlabel={"font_family": "Source Sans Pro, sans-serif"},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": MUTED, "activecolor": ACCENT},
    )
    return figure


def legend_below(figure: go.Figure) -> go.Figure:
    """Put the legend under the axis; the plot gives it as many lines as it needs in a narrow window."""
    return figure.update_layout(legend={"yref": "container", "y": 0.02, "yanchor": "bottom", "x": 0})


def wrapped(title: str) -> str:
    """A title in lines that a window of 400 pixels shows whole.

    Examples
    --------
    >>> wrapped("Substitution landscape, wild-type marginal, esm-mini and more")
    'Substitution landscape, wild-type marginal,<br>esm-mini and more'
    """
    lines = TextWrapper(TITLE_LETTERS, break_on_hyphens=False, break_long_words=False)
    return "<br>".join("<br>".join(lines.wrap(part)) for part in title.split("<br>"))


def symmetric_limit(values) -> float:
    """Half-width of a colour range centred at zero; 1 where everything is zero, so that a scale can be drawn."""
    import numpy as np

    finite = np.abs(values)[np.isfinite(values)]
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0
