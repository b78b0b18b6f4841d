"""Figures of motifs: what a model found, each beside the known motif it looks like."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.motif import Motif
from biocore.plot.logo import stacked_traces
from biocore.plot.theme import layout


@dataclass(frozen=True)
class Pair:
    """A motif, the known one it looks like (None where none does) and their titles; probabilities (W, 4).

    `offset` is the column of the motif at which the known one begins.
    """

    title: str
    probabilities: np.ndarray
    known_title: str
    known: np.ndarray | None
    offset: int = 0


def beside(row: Mapping[str, Any], known: Motif | None) -> Pair:
    """A row of `motif.discovery.as_rows` beside the known motif it names."""
    title = f"{row['seqlets']:,} places in {row['sequences']:,} sequences"
    found = np.array(row["probabilities"])
    if known is None:
        return Pair(title, found, "no known motif is alike", None)
    turned = known.reverse_complement() if row["strand"] == "-" else known
    return Pair(title, found, f"{known.name}, q {row['q_value']:.1g}", turned.probabilities, row["offset"])


def motif_logos(pairs: Sequence[Pair]) -> go.Figure:
    """Information logos in rows: found on the left, known on the right, on one axis so that columns stand aligned."""
    titles = [title for pair in pairs for title in (pair.title, pair.known_title)]
    figure = make_subplots(
        rows=len(pairs), cols=2, subplot_titles=titles, vertical_spacing=0.45 / max(len(pairs), 2), shared_yaxes=True
    )
    for row, pair in enumerate(pairs, 1):
        first = min(1, 1 + pair.offset)
        last = max(len(pair.probabilities), 0 if pair.known is None else pair.offset + len(pair.known))
        for trace in stacked_traces(pair.probabilities):
            figure.add_trace(trace, row=row, col=1)
        if pair.known is not None:
            for trace in stacked_traces(pair.known, first=1 + pair.offset):
                figure.add_trace(trace, row=row, col=2)
        for column in (1, 2):
            figure.update_xaxes(range=[first - 0.6, last + 0.6], showgrid=False, zeroline=False, row=row, col=column)
        figure.update_yaxes(range=[0, 2.05], tickvals=[0, 1, 2], showgrid=False, row=row)
        figure.update_yaxes(title="bits", row=row, col=1)
    figure.update_annotations(font_size=13)
    return layout(figure, height=90 + 130 * len(pairs))
