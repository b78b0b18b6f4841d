"""Figures of a model's card: how its training went, and whether its probabilities mean what they say."""

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from biocore.plot.theme import ACCENT, CATEGORIES, MUTED, layout


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


def reliability(predicted: Sequence[float], observed: Sequence[float], count: Sequence[int]) -> go.Figure:
    """How often predictions of about p came true; on the diagonal they mean what they say.

    Parameters
    ----------
    predicted, observed : sequences of float, (B,)
        Mean predicted probability and share that was true, by bin.
    count : sequence of int, (B,)
        Predictions in each bin; the size of a point.
    """
    largest = max(count, default=1)
    figure = go.Figure()
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line={"dash": "dot", "color": MUTED}, name="as predicted")
    figure.add_scatter(
        x=list(predicted),
        y=list(observed),
        mode="lines+markers",
        marker={"size": [8 + 16 * (n / largest) ** 0.5 for n in count], "color": CATEGORIES[0]},
        line_color=CATEGORIES[0],
        name="observed",
        customdata=list(count),
        hovertemplate="predicted %{x:.2f}<br>observed %{y:.2f}<br>%{customdata:,} predictions<extra></extra>",
    )
    figure.update_xaxes(title="predicted probability", range=[-0.02, 1.02])
    figure.update_yaxes(title="share that was true", range=[-0.02, 1.02])
    return layout(figure, height=320)
