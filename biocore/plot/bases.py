"""Figures of the DNA page: which bases matter, with the motifs there, and side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.attribution import ISM, EffectMap, Significance
from biocore.motif import Hit
from biocore.plot.logo import BASES, letter_traces
from biocore.plot.theme import ACCENT, BASE_COLOURS, DIVERGING, MUTED, layout, symmetric_limit

NUMBER_LABELS = {"log-odds": "natural log-odds", "probability": "probability"}
CHANGE_LABELS = {unit: f"change in {label}" for unit, label in NUMBER_LABELS.items()}
METHOD_LABELS = {
    ISM: "in-silico mutagenesis (ISM)",
    "gradient": "input gradient",
    "corrected-gradient": "corrected gradient",
    "integrated-gradients": "integrated gradients",
}
VALUE_LABELS = {
    "gradient": "slope of the natural log-odds",
    "corrected-gradient": "slope of the natural log-odds",
    "integrated-gradients": "share of the natural log-odds",
}
OWN, OTHER, UPLOADED = ACCENT, MUTED, "#CC79A7"
MOST_LANES = 3  # lines of motif names above the logo


@dataclass(frozen=True)
class Box:
    """A motif match to box: label, 1-based first and last base, and "own", "other" or "uploaded"."""

    label: str
    first: int
    last: int
    kind: str


def boxes(hits: Sequence[Hit], *, start: int, tf: str, uploaded: Sequence[str] = ()) -> list[Box]:
    """Motif matches of a window that begins at 0-based `start`, as boxes; the chosen factor's own first.

    Parameters
    ----------
    uploaded : sequence of str
        Names of the user's own motifs.
    """
    found = []
    for hit in hits:
        kind = "own" if tf in hit.motif.factors else "uploaded" if hit.motif.name in uploaded else "other"
        label = f"{hit.motif.name} ({hit.strand})"
        found.append(Box(label, start + hit.start + 1, start + hit.end, kind))
    return sorted(found, key=lambda box: (box.kind != "own", box.first))


def value_label(result: EffectMap) -> str:
    """What the numbers of a map are, with their unit."""
    return CHANGE_LABELS[result.unit] if result.method == ISM else VALUE_LABELS[result.method]


def mutation_map(
    result: EffectMap,
    *,
    significance: Significance | None = None,
    motif_boxes: Sequence[Box] = (),
    limit: float | None = None,
) -> go.Figure:
    """Importance line, logo and 4 x L heat map over one axis; the reference base is outlined, motif matches are boxed.

    Parameters
    ----------
    limit : float, optional
        Half-width of the colour range; by default the largest absolute effect.
    """
    figure = make_subplots(rows=3, cols=1, shared_xaxes=True, row_heights=[0.22, 0.36, 0.42], vertical_spacing=0.075)
    _add_importance(figure, result, significance)
    for trace in letter_traces(result.positions, result.sequence, result.contribution):
        figure.add_trace(trace, row=2, col=1)
    figure.add_hline(y=0, line={"color": MUTED, "width": 1}, row=2, col=1)
    _add_effects(figure, result, limit)
    _add_boxes(figure, motif_boxes)
    _axes(figure, result)
    return layout(figure, height=560)


def _add_importance(figure: go.Figure, result: EffectMap, significance: Significance | None) -> None:
    figure.add_scatter(
        x=result.positions,
        y=result.importance,
        mode="lines",
        line={"color": ACCENT, "width": 1.6, "shape": "hvh"},
        fill="tozeroy",
        fillcolor="rgba(15,118,110,0.18)",
        hovertemplate=f"position %{{x:,}}<br>importance %{{y:.3f}} {NUMBER_LABELS[result.unit]}<extra></extra>",
        showlegend=False,
        name="importance",
        row=1,
        col=1,
    )
    if significance is not None:
        figure.add_hline(
            y=significance.threshold,
            line={"color": "#D55E00", "width": 1.5, "dash": "dash"},
            annotation={
                "text": f"{significance.level:.0%} of {len(significance.maxima)} shuffles reach this",
                "font": {"size": 11, "color": "#D55E00"},
                "xanchor": "right",
            },
            annotation_position="top right",
            row=1,
            col=1,
        )


def _add_effects(figure: go.Figure, result: EffectMap, limit: float | None) -> None:
    limit = limit or symmetric_limit(result.effects)
    label = value_label(result)
    figure.add_heatmap(
        z=np.full((4, len(result)), 0.0),
        x=result.positions,
        y=list(BASES),
        colorscale=[[0, "#D9DCDF"], [1, "#D9DCDF"]],
        showscale=False,
        hoverinfo="skip",
        name="unknown",
        row=3,
        col=1,
    )
    figure.add_heatmap(
        z=result.effects.T,
        x=result.positions,
        y=list(BASES),
        zmin=-limit,
        zmax=limit,
        colorscale=DIVERGING,
        colorbar={"title": {"text": label, "side": "right"}, "len": 0.5, "y": 0.18, "thickness": 14},
        hoverinfo="skip",
        name="effects",
        row=3,
        col=1,
    )
    position, base = np.nonzero(np.isfinite(result.effects) & result.is_reference)
    figure.add_scatter(
        x=result.positions[position],
        y=[BASES[b] for b in base],
        mode="markers",
        marker={"symbol": "square-open", "size": 8, "line": {"width": 1}, "color": "#333333"},
        hoverinfo="skip",
        showlegend=False,
        name="reference allele",
        row=3,
        col=1,
    )
    position, base = np.nonzero(np.isfinite(result.effects))
    figure.add_scatter(
        x=result.positions[position],
        y=[BASES[b] for b in base],
        mode="markers",
        marker={"symbol": "square", "size": 12, "opacity": 0, "color": MUTED},
        customdata=[
            [result.sequence[p], int(result.positions[p]), BASES[b], float(result.effects[p, b])]
            for p, b in zip(position, base, strict=True)
        ],
        hovertemplate=(
            "%{customdata[0]}%{customdata[1]}%{customdata[2]}<br>" + label + " %{customdata[3]:.3f}<extra></extra>"
        ),
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        showlegend=False,
        name="cells",
        row=3,
        col=1,
    )


def _add_boxes(figure: go.Figure, motif_boxes: Sequence[Box]) -> None:
    colours = {"own": OWN, "other": OTHER, "uploaded": UPLOADED}
    lanes: list[int] = []
    for box in motif_boxes:
        lane = next((i for i, end in enumerate(lanes) if end < box.first), len(lanes))
        lanes[lane : lane + 1] = [box.last + 8]
        colour = colours[box.kind]
        for row in (2, 3):
            figure.add_shape(
                type="rect",
                x0=box.first - 0.5,
                x1=box.last + 0.5,
                y0=0,
                y1=1,
                xref="x",
                yref=f"y{row} domain",
                line={"color": colour, "width": 2 if box.kind != "other" else 1},
                layer="above",
            )
        figure.add_annotation(
            text=box.label,
            x=(box.first + box.last) / 2,
            y=1,
            xref="x",
            yref="y2 domain",
            yanchor="bottom",
            yshift=1 + 13 * min(lane, MOST_LANES),
            showarrow=False,
            font={"size": 11, "color": colour},
        )


def _axes(figure: go.Figure, result: EffectMap) -> None:
    low, high = result.positions[0] - 0.5, result.positions[-1] + 0.5
    figure.update_xaxes(range=[low, high], zeroline=False, showgrid=False, tickformat=",d")
    figure.update_xaxes(title="position in the record (bp)", row=3, col=1)
    unit = {"font": {"size": 12}}
    number = NUMBER_LABELS[result.unit]
    importance, logo = (
        ("mean |change|", "over the average base") if result.method == ISM else ("|contribution|", "contribution")
    )
    figure.update_yaxes(title=unit | {"text": f"{importance}<br>{number}"}, rangemode="tozero", row=1, col=1)
    figure.update_yaxes(title=unit | {"text": f"{logo}<br>{number}"}, zeroline=False, row=2, col=1)
    figure.update_yaxes(showgrid=False, row=1, col=1)
    figure.update_yaxes(showgrid=False, row=2, col=1)
    figure.update_yaxes(title="alternate allele", autorange="reversed", showgrid=False, row=3, col=1)
    if len(result) <= 60:
        figure.update_xaxes(
            tickvals=result.positions,
            ticktext=[
                f"{b}<br>{p}" if p % 5 == 0 else b for b, p in zip(result.sequence, result.positions, strict=True)
            ],
            tickangle=0,
            row=3,
            col=1,
        )
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="zoom")


@dataclass(frozen=True)
class Panel:
    """One record in a stack of maps: title, its map, and whether it counts as a positive."""

    title: str
    result: EffectMap
    positive: bool


def stacked_maps(panels: Sequence[Panel], *, headings: tuple[str, str]) -> go.Figure:
    """Maps of several records under one another, one colour range for all: positives left, negatives right.

    Parameters
    ----------
    headings : (str, str)
        Above the left and the right column.
    """
    left = [p for p in panels if p.positive]
    right = [p for p in panels if not p.positive]
    columns = [column for column in (left, right) if column]
    heads = [head for head, column in zip(headings, (left, right), strict=True) if column]
    rows = max(len(column) for column in columns)
    order = [column[r] if r < len(column) else None for r in range(rows) for column in columns]
    figure = make_subplots(
        rows=rows,
        cols=len(columns),
        subplot_titles=[panel.title if panel else "" for panel in order],
        vertical_spacing=min(0.9 / max(rows, 1) * 0.36, 0.3),
        horizontal_spacing=0.05,
    )
    limit = max(symmetric_limit(panel.result.effects) for panel in panels)
    for i, panel in enumerate(order):
        if panel is None:
            continue
        row, col = i // len(columns) + 1, i % len(columns) + 1
        result = panel.result
        figure.add_heatmap(
            z=result.effects.T,
            x=result.positions,
            y=list(BASES),
            coloraxis="coloraxis",
            hovertemplate="position %{x:,}, to %{y}: %{z:.3f}<extra></extra>",
            row=row,
            col=col,
        )
        figure.update_yaxes(autorange="reversed", row=row, col=col, showgrid=False)
        figure.update_xaxes(showgrid=False, tickformat=",d", row=row, col=col)
    for col in range(1, len(columns) + 1):
        figure.update_xaxes(title="position in the record (bp)", row=len(columns[col - 1]), col=col)
    figure.update_annotations(font_size=12)
    for col, head in enumerate(heads):
        figure.add_annotation(
            text=f"<b>{head}</b>",
            x=(col + 0.5) / len(heads),
            y=1,
            xanchor="center",
            yanchor="bottom",
            yshift=22,
            xref="paper",
            yref="paper",
            showarrow=False,
        )
    label = value_label(panels[0].result)
    figure.update_layout(
        coloraxis={
            "colorscale": DIVERGING,
            "cmin": -limit,
            "cmax": limit,
            "colorbar": {"title": {"text": label, "side": "right"}, "thickness": 14},
        }
    )
    figure = layout(figure, height=110 + 120 * rows)
    return figure.update_layout(margin_t=70)


def variants_bar(names: Sequence[str], values: Sequence[float], *, unit: str) -> go.Figure:
    """Bars of variants: red raises, blue lowers the score."""
    colours = ["#B2182B" if v > 0 else "#2166AC" for v in values]
    figure = go.Figure(
        go.Bar(
            x=list(values),
            y=list(names),
            orientation="h",
            marker_color=colours,
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    figure.update_xaxes(title=CHANGE_LABELS[unit], zeroline=True, zerolinecolor=MUTED)
    figure.update_yaxes(autorange="reversed", title="variant", type="category")
    return layout(figure, height=110 + 26 * len(names))


def base_legend() -> Mapping[str, str]:
    """Colour of each base, for a legend beside a logo."""
    return {base: BASE_COLOURS[base] for base in BASES}
