"""Figure of a network's attention: from which stretch of a window each other takes."""

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import SEQUENTIAL, layout
from biocore.tfbinding.attention import AttentionMaps


def attention_map(maps: AttentionMaps, *, block: int, head: int | None = None, start: int = 0) -> go.Figure:
    """Heat map of one block's weights, of one head or (None) their mean.

    Parameters
    ----------
    maps : AttentionMaps
    block, head : int
        0-based.
    start : int
        0-based place of the window in its record.
    """
    weights = maps.weights[block].mean(axis=0) if head is None else maps.weights[block, head]
    centre = maps.centre + start + 1
    seen = [f"{a + start + 1:,}-{b + start + 1:,}" for a, b in zip(maps.first, maps.last, strict=True)]
    figure = go.Figure(
        go.Heatmap(
            z=np.round(weights, 4),
            x=centre,
            y=centre,
            colorscale=SEQUENTIAL,
            zmin=0,
            customdata=np.stack(np.meshgrid(seen, seen), axis=-1),  # of the column, of the row
            colorbar={"title": {"text": "attention weight", "side": "right"}, "thickness": 14},
            hovertemplate="%{customdata[1]} takes %{z:.3f} from %{customdata[0]}<extra></extra>",
        )
    )
    figure.update_xaxes(title="takes from: middle of the stretch (bp)", showgrid=False)
    figure.update_yaxes(title="stretch (bp)", autorange="reversed", showgrid=False)
    return layout(figure, height=420)
