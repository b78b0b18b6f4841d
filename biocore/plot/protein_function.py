"""Figures of protein functions: the terms' graph, residue evidence, and how good the model is."""

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import plotly.graph_objects as go

from biocore.go.evidence import ResidueEvidence
from biocore.plot.term_graph import TermGraph
from biocore.plot.theme import ACCENT, CATEGORIES, DIVERGING, MUTED, SEQUENTIAL, layout, symmetric_limit

METRICS = {
    "fmax": "Fmax",
    "smin": "Smin (bits; less is better)",
    "protein_auprc": "auPRC per protein",
    "protein_auroc": "auROC per protein",
    "term_auprc": "auPRC per term",
    "term_auroc": "auROC per term",
}


def term_graph(graph: TermGraph) -> go.Figure:
    """Predicted terms below their parents; colour is the probability, a dark rim marks the most specific ones.

    Parameters
    ----------
    graph : TermGraph
    """
    figure = go.Figure()
    lines_x, lines_y = [], []
    for child, parent in graph.edges:
        lines_x += [graph.x[child], graph.x[parent], None]
        lines_y += [graph.y[child], graph.y[parent], None]
    figure.add_scatter(x=lines_x, y=lines_y, mode="lines", line={"color": MUTED, "width": 1}, hoverinfo="skip")
    figure.add_scatter(
        x=graph.x,
        y=graph.y,
        mode="markers+text",
        text=_fitted_names(graph),
        textposition="bottom center",
        textfont={"size": 10},
        customdata=list(zip(graph.terms, graph.names, strict=True)),
        hovertemplate="%{customdata[1]}<br>%{customdata[0]}<br>probability %{marker.color:.2f}<extra></extra>",
        marker={
            "size": 22,
            "color": graph.probability,
            "colorscale": SEQUENTIAL,
            "cmin": 0,
            "cmax": 1,
            "colorbar": {"title": "probability", "thickness": 12},
            "line": {"width": [3 if leaf else 0.5 for leaf in graph.specific], "color": ACCENT},
        },
    )
    layers = len(set(graph.y.tolist())) or 1
    layout(figure, height=120 + 110 * layers)
    figure.update_layout(showlegend=False)
    figure.update_xaxes(visible=False, range=[min(graph.x, default=0) - 0.7, max(graph.x, default=0) + 0.7])
    figure.update_yaxes(visible=False, range=[min(graph.y, default=0) - 0.75, 0.35])
    return figure


def _fitted_names(graph: TermGraph, *, pixels: int = 740, letter: float = 5.6) -> list[str]:
    """Names broken into lines that are no wider than the gap to the next term of the layer."""
    unit = pixels / (max(graph.x, default=0) - min(graph.x, default=0) + 1.4)
    lines = []
    for x, y, name in zip(graph.x, graph.y, graph.names, strict=True):
        gaps = [abs(other - x) for other, level in zip(graph.x, graph.y, strict=True) if level == y and other != x]
        lines.append("<br>".join(wrap(name, int(np.clip(min(gaps, default=2) * unit / letter, 10, 28)))))
    return lines


def residue_evidence(evidence: ResidueEvidence, name: str) -> go.Figure:
    """Fall of a term's log-odds with the residues hidden, along the protein; the windows shown are shaded.

    Parameters
    ----------
    evidence : ResidueEvidence
    name : str
        Of the term.
    """
    figure = go.Figure(
        go.Scatter(
            x=list(range(1, len(evidence.sequence) + 1)),
            y=evidence.effect,
            mode="lines",
            line={"color": ACCENT, "shape": "hvh"},
            fill="tozeroy",
            text=list(evidence.sequence),
            hovertemplate="%{text}%{x}: %{y:.2f}<extra></extra>",
        )
    )
    for start, stop in evidence.shown():
        figure.add_vrect(x0=start + 0.5, x1=stop + 0.5, fillcolor=CATEGORIES[1], opacity=0.25, line_width=0)
    layout(figure, height=280)
    figure.update_xaxes(title="residue")
    figure.update_yaxes(title=f"fall of log-odds<br>{name[:40]}", zeroline=True)
    return figure


def training_curves(curve: Sequence[Mapping[str, float]]) -> go.Figure:
    """Loss and ranking measures over epochs, on a fold held out of training.

    Parameters
    ----------
    curve : sequence of mapping
        epoch, loss, held_out_loss, protein_auprc and protein_auroc of each epoch that was measured.
    """
    figure = go.Figure()
    epochs = [row["epoch"] for row in curve]
    for column, name, axis, colour in (
        ("loss", "loss, trained on", "y", CATEGORIES[0]),
        ("held_out_loss", "loss, held out", "y", CATEGORIES[5]),
        ("protein_auprc", "auPRC per protein, held out", "y2", CATEGORIES[2]),
        ("protein_auroc", "auROC per protein, held out", "y2", CATEGORIES[3]),
    ):
        values = [row[column] for row in curve]
        figure.add_scatter(x=epochs, y=values, name=name, yaxis=axis, mode="lines+markers", line={"color": colour})
    layout(figure, height=380)
    figure.update_layout(yaxis2={"overlaying": "y", "side": "right", "range": [0, 1], "title": "auPRC, auROC"})
    figure.update_xaxes(title="epoch")
    figure.update_yaxes(title="loss (nats per protein)", selector={"overlaying": None})
    return figure


def true_and_predicted(sample: Mapping[str, Any]) -> go.Figure:
    """A sample of held-out proteins: their true terms beside the predicted probabilities.

    Parameters
    ----------
    sample : mapping
        proteins, terms, truth and probability (proteins by terms).
    """
    from plotly.subplots import make_subplots

    figure = make_subplots(1, 2, subplot_titles=("annotated", "predicted"), shared_yaxes=True, horizontal_spacing=0.03)
    for column, key in ((1, "truth"), (2, "probability")):
        figure.add_heatmap(
            z=sample[key],
            x=sample["terms"],
            y=sample["proteins"],
            zmin=0,
            zmax=1,
            colorscale=SEQUENTIAL,
            showscale=column == 2,
            colorbar={"title": "probability", "thickness": 12},
            hovertemplate="%{y}<br>%{x}<br>%{z:.2f}<extra></extra>",
            row=1,
            col=column,
        )
    layout(figure, height=760)
    figure.update_xaxes(tickfont={"size": 8}, tickangle=-60)
    figure.update_yaxes(tickfont={"size": 9}, autorange="reversed")
    figure.update_yaxes(title="held-out protein", col=1)
    figure.update_layout(margin={"b": 190, "t": 50})
    return figure


def auprc_by_examples(terms: Sequence[Mapping[str, Any]]) -> go.Figure:
    """auPRC of each term against the number of training proteins that have it.

    Parameters
    ----------
    terms : sequence of mapping
        name, training_proteins and auprc (method -> value) of each term.
    """
    rows = [r for r in terms if r["auprc"]["model"] is not None]
    figure = go.Figure(
        go.Scatter(
            x=[r["training_proteins"] for r in rows],
            y=[r["auprc"]["model"] for r in rows],
            mode="markers",
            marker={"color": ACCENT, "opacity": 0.6},
            text=[r["name"] for r in rows],
            hovertemplate="%{text}<br>%{x:,} training proteins, auPRC %{y:.2f}<extra></extra>",
        )
    )
    layout(figure, height=400)
    figure.update_xaxes(title="training proteins with the term", type="log")
    figure.update_yaxes(title="auPRC of the term (valid)", range=[0, 1.02])
    return figure


def best_and_worst(rows: Sequence[Mapping[str, Any]]) -> go.Figure:
    """auPRC of chosen terms for the model and the methods it is compared with.

    Parameters
    ----------
    rows : sequence
        name and auprc (method -> value) of each term, in the order they are drawn from top to bottom.
    """
    figure = go.Figure()
    methods = list(rows[0]["auprc"]) if rows else []
    for number, method in enumerate(methods):
        figure.add_scatter(
            x=[r["auprc"][method] for r in rows],
            y=[r["name"][:60] for r in rows],
            mode="markers",
            name=method,
            marker={"size": 10, "color": CATEGORIES[number % len(CATEGORIES)], "symbol": number},
        )
    figure.add_scatter(
        x=[r["frequency"] for r in rows],
        y=[r["name"][:60] for r in rows],
        mode="markers",
        name="by chance",
        marker={"color": MUTED, "symbol": "line-ns-open", "size": 10},
    )
    layout(figure, height=160 + 24 * len(rows))
    figure.update_xaxes(title="auPRC of the term (valid)", range=[-0.02, 1.02])
    figure.update_yaxes(autorange="reversed", tickfont={"size": 11})
    return figure


def compare_methods(methods: Mapping[str, Mapping[str, Sequence[float | None]]], metric: str) -> go.Figure:
    """One measure of every method with its 95 % interval.

    Parameters
    ----------
    methods : mapping
        Method -> measure -> value and the ends of its interval.
    metric : str
        Key of `METRICS`.
    """
    names = list(methods)
    values = [methods[n][metric] for n in names]
    middle = [v[0] for v in values]
    figure = go.Figure(
        go.Scatter(
            x=middle,
            y=names,
            mode="markers",
            marker={"size": 11, "color": [ACCENT if n == "model" else CATEGORIES[0] for n in names]},
            error_x={
                "type": "data",
                "color": MUTED,
                "symmetric": False,
                "array": [_gap(v[2], v[0]) for v in values],
                "arrayminus": [_gap(v[0], v[1]) for v in values],
            },
            hovertemplate="%{y}: %{x:.3f}<extra></extra>",
        )
    )
    layout(figure, height=120 + 30 * len(names))
    figure.update_xaxes(title=METRICS[metric])
    figure.update_yaxes(autorange="reversed")
    return figure


def by_identity(rows: Sequence[Mapping[str, Any]], metric: str) -> go.Figure:
    """One measure of the main methods by identity to the nearest training protein.

    Parameters
    ----------
    rows : sequence of mapping
        identity, proteins, method and the measures.
    metric : str
        Key of `METRICS`.
    """
    figure = go.Figure()
    for number, method in enumerate(dict.fromkeys(r["method"] for r in rows)):
        mine = [r for r in rows if r["method"] == method]
        figure.add_scatter(
            x=[f"{r['identity']}<br>({r['proteins']:,})" for r in mine],
            y=[r[metric][0] for r in mine],
            name=method,
            mode="lines+markers",
            line={"color": CATEGORIES[number % len(CATEGORIES)]},
            error_y={
                "type": "data",
                "color": MUTED,
                "symmetric": False,
                "array": [_gap(r[metric][2], r[metric][0]) for r in mine],
                "arrayminus": [_gap(r[metric][0], r[metric][1]) for r in mine],
            },
        )
    layout(figure, height=380)
    figure.update_xaxes(title="identity to the nearest training protein (proteins)")
    figure.update_yaxes(title=METRICS[metric])
    return figure


def _gap(high: float | None, low: float | None) -> float:
    """Length of an error bar; none where an end was not measured."""
    return max(high - low, 0.0) if high is not None and low is not None else 0.0


def evidence_colours(evidence: ResidueEvidence) -> list[str]:
    """A colour for each residue, red where it speaks for the term and blue where against; white is no effect.

    Parameters
    ----------
    evidence : ResidueEvidence, L residues

    Returns
    -------
    list of str, L
        ``#rrggbb``.
    """
    from plotly.colors import sample_colorscale

    limit = symmetric_limit(evidence.effect)
    places = [0.5 + 0.5 * float(v) / limit if v == v else 0.5 for v in evidence.effect]
    colours = sample_colorscale(DIVERGING, places, colortype="tuple")
    return ["#" + "".join(f"{round(255 * c):02x}" for c in colour) for colour in colours]
