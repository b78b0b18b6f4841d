"""Figures of the masked-residues page: what the language model expects, residue by residue."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.esm2.measured import Comparison
from biocore.esm2.results import BLEND, FAMILY, MASKED, WILD_TYPE, ResidueProbabilities, SubstitutionScan
from biocore.esm2.vocabulary import TOKENS
from biocore.plot.theme import (
    ACCENT,
    CHEMISTRY,
    CHEMISTRY_COLOURS,
    DIVERGING,
    MARKED,
    MUTED,
    SEQUENTIAL,
    layout,
    symmetric_limit,
)
from biocore.sequence import AMINO_ACIDS

CHEMICAL_ORDER = "KRHEDNQTSCGAVLIMPYFW"  # rows of the landscape: charges, polar, small, aliphatic, aromatic
STRATEGY_LABELS = {
    BLEND: "blend",
    FAMILY: "family profile",
    MASKED: "masked marginal",
    WILD_TYPE: "wild-type marginal",
}
RESIDUE_CLASS = {residue: name for name, residues in CHEMISTRY.items() for residue in residues}
OTHER_TOKEN = "not an amino acid"
_SCORE = "log-odds against the wild type (natural)"
_ENTROPY_MAX = float(np.log2(len(AMINO_ACIDS)))


def probability_bars(answer: ResidueProbabilities, index: int, *, offset: int = 0, tokens: bool = False) -> go.Figure:
    """Bars of the 20 amino acids (or 33 tokens) at one masked residue, most likely first, the wild type marked."""
    labels, values = (TOKENS, answer.tokens[index]) if tokens else (tuple(AMINO_ACIDS), answer.probabilities[index])
    order = np.argsort(-values, kind="stable")
    wild_type = answer.wild_type[index]
    names = [labels[k] for k in order]
    figure = go.Figure()
    for name in [*CHEMISTRY, OTHER_TOKEN]:
        rows = [k for k in range(len(order)) if RESIDUE_CLASS.get(names[k], OTHER_TOKEN) == name]
        if rows:
            figure.add_bar(
                x=[names[k] for k in rows],
                y=values[order][rows],
                name=name,
                marker={
                    "color": CHEMISTRY_COLOURS.get(name, MUTED),
                    "line": {"color": MARKED, "width": [3 if names[k] == wild_type else 0 for k in rows]},
                },
                hovertemplate="%{x}: %{y:.4f}<extra>" + name + "</extra>",
            )
    if wild_type in names:
        figure.add_annotation(
            x=wild_type,
            y=float(values[labels.index(wild_type)]),
            text=f"wild type {wild_type}",
            showarrow=True,
            arrowhead=2,
            ay=-32,
        )
    position = answer.positions[index] + 1 + offset
    figure.update_xaxes(
        title="token" if tokens else "amino acid", categoryorder="array", categoryarray=names, type="category"
    )
    figure.update_yaxes(title="probability", rangemode="tozero")
    figure.update_layout(barmode="overlay")
    return layout(figure, height=390, title=f"Residue {position} masked, {answer.model}").update_layout(
        margin={"t": 90}, legend={"y": 1.0, "traceorder": "normal"}
    )


def landscape(
    scan: SubstitutionScan,
    *,
    start: int = 0,
    stop: int | None = None,
    offset: int = 0,
    selected: Sequence[int] = (),
    limit: float | None = None,
    conservation: np.ndarray | None = None,
) -> go.Figure:
    """Substitution scores of residues `start` to `stop` (0-based, half-open) as a heat map, with tracks below.

    Every cell carries an invisible marker, because heat maps send no clicks; its ``customdata`` is the 0-based residue
    and the amino acid of the row.

    Parameters
    ----------
    limit : float, optional
        Half-width of the colour range; default is the largest score shown.
    conservation : float array, (L,), optional
        Bits of each residue's column in its family, a fourth track; NaN where no homologue is known.
    """
    stop = len(scan.sequence) if stop is None else stop
    numbers = np.arange(start, stop) + 1 + offset
    columns = [AMINO_ACIDS.index(residue) for residue in CHEMICAL_ORDER]
    scores = scan.scores[start:stop][:, columns].T
    limit = limit or symmetric_limit(scores)
    tracks = [
        ("entropy (bits)", scan.entropy, "#0072B2", [0, _ENTROPY_MAX]),
        ("p(wild type)", scan.wild_type_probability, "#009E73", [0, 1]),
        ("mean effect", scan.mean_effect, "#D55E00", None),
    ]
    if conservation is not None:
        tracks.append(("conservation (bits)", conservation, "#7F6BB3", [0, None]))
    shares = np.array([430, *[92] * len(tracks)], float)  # pixels
    rows = len(shares)
    figure = make_subplots(
        rows=rows, cols=1, shared_xaxes=True, row_heights=(shares / shares.sum()).tolist(), vertical_spacing=0.025
    )
    figure.add_heatmap(
        z=np.round(scores, 3),
        x=numbers,
        y=list(CHEMICAL_ORDER),
        colorscale=DIVERGING,
        zmin=-limit,
        zmax=limit,
        hoverinfo="skip",
        colorbar={"title": {"text": _SCORE, "side": "right"}, "thickness": 14, "len": 0.62, "y": 0.7},
        row=1,
        col=1,
    )
    own = [(n, scan.sequence[i]) for n, i in zip(numbers, range(start, stop), strict=True)]
    own = [(n, residue) for n, residue in own if residue in CHEMICAL_ORDER]
    figure.add_scatter(
        x=[n for n, _ in own],
        y=[residue for _, residue in own],
        mode="markers",
        marker={"symbol": "circle", "size": 5, "color": "#111111"},
        hoverinfo="skip",
        name="wild type",
        **_keep_opacity(1.0),
        row=1,
        col=1,
    )
    _add_cells(figure, scan, scores, start, stop, offset)
    for row, (name, values, colour, span) in enumerate(tracks, 2):
        figure.add_scatter(
            x=numbers,
            y=np.round(values[start:stop], 4),
            mode="lines",
            line={"color": colour, "shape": "hvh", "width": 1.6},
            name=name,
            showlegend=False,
            hovertemplate="%{x}: %{y:.3f}<extra>" + name + "</extra>",
            row=row,
            col=1,
        )
        figure.update_yaxes(title={"text": name, "font": {"size": 11}}, range=span, nticks=3, row=row, col=1)
    for index in selected:
        if start <= index < stop:
            number = index + 1 + offset
            figure.add_vrect(x0=number - 0.5, x1=number + 0.5, line={"color": MARKED, "width": 2}, fillcolor=None)
    figure.update_xaxes(showgrid=False, zeroline=False, range=[numbers[0] - 0.5, numbers[-1] + 0.5])
    figure.update_xaxes(title="residue number", tickformat="d", row=rows, col=1)
    figure.update_yaxes(
        title="substituted by", categoryorder="array", categoryarray=list(reversed(CHEMICAL_ORDER)), row=1, col=1
    )
    figure.update_yaxes(tickfont={"size": 10}, dtick=1, showgrid=False, row=1, col=1)
    figure.update_layout(hovermode="closest", clickmode="event+select", dragmode="zoom")
    title = f"Substitution landscape, {STRATEGY_LABELS[scan.strategy]}, {scan.model}"
    return layout(figure, height=int(shares.sum()), title=title).update_layout(showlegend=False)


def _keep_opacity(opacity: float) -> dict:
    """A selection is kept by the page; the figure must not fade what was not clicked."""
    return {"selected": {"marker": {"opacity": opacity}}, "unselected": {"marker": {"opacity": opacity}}}


def _add_cells(figure: go.Figure, scan: SubstitutionScan, scores: np.ndarray, start: int, stop: int, offset: int):
    count = stop - start
    numbers = np.arange(start, stop) + 1 + offset
    figure.add_scatter(
        x=np.tile(numbers, len(CHEMICAL_ORDER)),
        y=np.repeat(list(CHEMICAL_ORDER), count),
        mode="markers",
        marker={"symbol": "square", "size": 9, "color": "#000000", "opacity": 0.0},
        customdata=[[start + k % count, CHEMICAL_ORDER[k // count]] for k in range(count * len(CHEMICAL_ORDER))],
        text=[
            f"{scan.sequence[start + k % count]}{numbers[k % count]}{CHEMICAL_ORDER[k // count]}"
            f"  {_number(scores[k // count, k % count])}"
            for k in range(count * len(CHEMICAL_ORDER))
        ],
        hovertemplate="<b>%{text}</b><br>click to mask this residue<extra></extra>",
        name="cells",
        showlegend=False,
        **_keep_opacity(0.0),
        row=1,
        col=1,
    )


def _number(value: float) -> str:
    return f"{value:+.2f}" if np.isfinite(value) else "not scored"


def protein_tracks(scan: SubstitutionScan, *, offset: int = 0, window: tuple[int, int] | None = None) -> go.Figure:
    """Entropy and mean effect along a whole long protein, clickable; the window the landscape shows is shaded."""
    numbers = np.arange(len(scan.sequence)) + 1 + offset
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, vertical_spacing=0.06)
    tracks = [("entropy (bits)", scan.entropy, "#0072B2"), ("mean effect", scan.mean_effect, "#D55E00")]
    for row, (name, values, colour) in enumerate(tracks, 1):
        figure.add_scatter(
            x=numbers,
            y=np.round(values, 4),
            mode="lines+markers",
            marker={"size": 3},
            line={"width": 1},
            marker_color=colour,
            customdata=np.arange(len(numbers)),
            hovertemplate="residue %{x}: %{y:.3f}<extra>" + name + "</extra>",
            name=name,
            showlegend=False,
            **_keep_opacity(1.0),
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, nticks=4, row=row, col=1)
    if window:
        figure.add_vrect(
            x0=window[0] + 0.5 + offset, x1=window[1] + 0.5 + offset, fillcolor=ACCENT, opacity=0.12, line_width=0
        )
    figure.update_xaxes(title="residue number", tickformat="d", row=2, col=1)
    figure.update_layout(hovermode="closest", clickmode="event+select")
    return layout(figure, height=300)


def strategies(masked: SubstitutionScan, wild_type: SubstitutionScan, rho: float) -> go.Figure:
    """Every substitution once: the score of one strategy against the other's."""
    residues = np.array(list(AMINO_ACIDS))
    keep = (np.array(list(masked.sequence))[:, None] != residues[None]) & np.isfinite(masked.scores + wild_type.scores)
    where, column = np.nonzero(keep)
    figure = go.Figure(
        go.Scattergl(
            x=np.round(wild_type.scores[keep], 3),
            y=np.round(masked.scores[keep], 3),
            mode="markers",
            marker={"size": 4, "opacity": 0.45, "color": ACCENT},
            text=[f"{masked.sequence[i]}{i + 1}{AMINO_ACIDS[j]}" for i, j in zip(where, column, strict=True)],
            hovertemplate="<b>%{text}</b><br>wild-type %{x:.2f}, masked %{y:.2f}<extra></extra>",
        )
    )
    figure.update_xaxes(title="wild-type marginal (log-odds)", zerolinecolor=MUTED)
    figure.update_yaxes(title="masked marginal (log-odds)", zerolinecolor=MUTED)
    shown = f"{rho:.2f}" if np.isfinite(rho) else "not defined"
    return layout(figure, height=400, title=f"Two strategies, {masked.model}: Spearman {shown}")


def measured_scatter(comparison: Comparison, *, model: str, strategy: str) -> go.Figure:
    """Predicted score of each variant against its measurement."""
    table = comparison.table
    figure = go.Figure(
        go.Scattergl(
            x=table["score"],
            y=table["measured"],
            text=table["variant"],
            mode="markers",
            marker={"size": 6, "opacity": 0.6, "color": ACCENT},
            hovertemplate="<b>%{text}</b><br>predicted %{x:.2f}, measured %{y:.3g}<extra></extra>",
        )
    )
    figure.update_xaxes(title=f"predicted: {_SCORE}", zerolinecolor=MUTED)
    figure.update_yaxes(title="measured (unit of your table)", zerolinecolor=MUTED)
    rho = comparison.spearman
    shown = f"Spearman {rho:.2f}" if np.isfinite(rho) else "Spearman not defined"
    return layout(figure, height=420, title=f"{STRATEGY_LABELS[strategy]}, {model}: {shown}")


def one_hot_matrix(sequence: str, *, start: int = 0, offset: int = 0) -> go.Figure:
    """The protein as 0 and 1: amino acids down, residues across."""
    residues = list(AMINO_ACIDS)
    matrix = (np.array(residues)[:, None] == np.array(list(sequence))[None]).astype(int)
    figure = go.Figure(
        go.Heatmap(
            z=matrix,
            x=np.arange(len(sequence)) + start + 1 + offset,
            y=residues,
            colorscale=[[0, "rgba(140,150,160,0.15)"], [1, ACCENT]],
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            hovertemplate="residue %{x}, row %{y}: %{z}<extra></extra>",
        )
    )
    figure.update_xaxes(title="residue number", tickformat="d")
    figure.update_yaxes(title="amino acid", autorange="reversed", dtick=1, tickfont={"size": 10})
    return layout(figure, height=430)


def token_map(tokens: Sequence[str], coordinates: np.ndarray, axes: Sequence[str], title: str) -> go.Figure:
    """Token vectors in the plane, coloured by side chain.

    Parameters
    ----------
    tokens : N str
    coordinates : float array, (N, 2)
    axes : two str
    """
    figure = go.Figure()
    for name in [*CHEMISTRY, OTHER_TOKEN]:
        rows = [k for k, token in enumerate(tokens) if RESIDUE_CLASS.get(token, OTHER_TOKEN) == name]
        if not rows:
            continue
        figure.add_scatter(
            x=coordinates[rows, 0],
            y=coordinates[rows, 1],
            mode="markers+text",
            text=[tokens[k] for k in rows],
            textposition="top center",
            marker={"size": 11, "color": CHEMISTRY_COLOURS.get(name, MUTED)},
            name=name,
            hovertemplate="%{text}<extra>" + name + "</extra>",
        )
    figure.update_xaxes(title=axes[0], zeroline=False)
    figure.update_yaxes(title=axes[1], zeroline=False)
    return layout(figure, height=470, title=title).update_layout(margin={"t": 90}, legend={"y": 1.0})


def track_colours(values: np.ndarray, *, low: float, high: float) -> list[str]:
    """A colour for each value of a track, "#rrggbb" along the sequential scale; grey where it is not defined."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    position = np.clip((np.asarray(values, float) - low) / ((high - low) or 1.0), 0, 1)
    known = np.isfinite(position)
    colours = sample_colorscale(SEQUENTIAL, position[known].tolist()) if known.any() else []
    found = iter("#" + "".join(f"{int(round(c)):02x}" for c in unlabel_rgb(colour)) for colour in colours)
    return [next(found) if is_known else "#D0D5DA" for is_known in known]
