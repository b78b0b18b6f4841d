"""Figures of a model's card: how its training went, and whether its probabilities mean what they say."""

from collections.abc import Mapping, Sequence

import numpy as np
import plotly.graph_objects as go

from biocore.plot.theme import ACCENT, CATEGORIES, MUTED, layout
from biocore.stats.calibration import Reliability


def training_curve(
    train_loss: Sequence[float], metrics: Sequence[Mapping[str, float]], monitor: str, best: int
) -> go.Figure:
    """Training loss and the metric that decided, by epoch.

    Parameters
    ----------
    train_loss : sequence of float, one an epoch
    metrics : sequence of mapping
        Measured on the valid split after each epoch.
    monitor : str
        The metric that chose the weights.
    best : int
        0-based epoch whose weights were kept; shown 1-based.
    """
    epochs = list(range(1, len(train_loss) + 1))
    figure = go.Figure()
    figure.add_scatter(x=epochs, y=list(train_loss), name="training loss", mode="lines+markers", line_color=MUTED)
    figure.add_scatter(
        x=epochs,
        y=[row.get(monitor) for row in metrics],
        name=f"{monitor} (valid)",
        mode="lines+markers",
        line_color=ACCENT,
        yaxis="y2",
    )
    figure.add_vline(x=best + 1, line_dash="dot", line_color=MUTED, annotation_text="kept")
    figure.update_xaxes(title="epoch", dtick=max(1, len(epochs) // 10))
    figure.update_yaxes(title="training loss (nats)")
    figure.update_layout(yaxis2={"title": f"{monitor} (valid)", "overlaying": "y", "side": "right", "showgrid": False})
    return layout(figure, height=320)


def reliability(measured: Reliability) -> go.Figure:
    """How often predictions of about p came true, with 95 % intervals; on the diagonal they mean what they say.

    Parameters
    ----------
    measured : Reliability
        Empty bins are not drawn; the size of a point is the number of its predictions.
    """
    used = measured.count > 0
    low, high = (ends[used] for ends in measured.interval())
    predicted, observed, count = measured.predicted[used], measured.observed[used], measured.count[used]
    sizes = 8 + 16 * np.sqrt(count / count.max(initial=1))
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": MUTED}, name="as predicted")
    figure.add_scatter(
        x=predicted,
        y=observed,
        mode="lines+markers",
        marker={"size": sizes, "color": CATEGORIES[0]},
        line_color=CATEGORIES[0],
        error_y={
            "type": "data",
            "color": MUTED,
            "symmetric": False,
            "array": (high - observed).clip(0),
            "arrayminus": (observed - low).clip(0),
        },
        name="observed",
        customdata=count,
        hovertemplate="predicted %{x:.2f}<br>observed %{y:.2f}<br>%{customdata:,} predictions<extra></extra>",
    )
    figure.update_xaxes(title="predicted probability", range=[-0.02, 1.02])
    figure.update_yaxes(title="observed fraction", range=[-0.02, 1.02])
    return layout(figure, height=320)


def receptive_field(shares: np.ndarray) -> go.Figure:
    """Share of the squared gradient on each base that one position of the last convolution sees, (W,)."""
    figure = go.Figure(
        go.Bar(
            x=np.arange(1, len(shares) + 1),
            y=np.round(shares, 4),
            marker={"color": ACCENT},
            hovertemplate="base %{x}<br>share %{y:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="base of the receptive field", showgrid=False)
    figure.update_yaxes(title="share of the squared gradient", rangemode="tozero")
    return layout(figure, height=260)
