"""Figures of the masked-residues page: what the language model expects, residue by residue."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from biocore.esm2.results import BLEND, FAMILY, MASKED, WILD_TYPE, ResidueProbabilities, SubstitutionScan
from biocore.esm2.vocabulary import TOKENS
from biocore.plot.residue_bars import OTHER_TOKEN, RESIDUE_CLASS, name_wild_type, residue_bars
from biocore.plot.substitutions import (
    CHEMICAL_ORDER,
    add_cells,
    add_heat_map,
    add_track,
    keep_opacity,
    shade_window,
)
from biocore.plot.theme import (
    ACCENT,
    CHEMISTRY,
    CHEMISTRY_COLOURS,
    DIVERGING,
    MARKED,
    MUTED,
    SEQUENTIAL,
    layout,
    legend_below,
    symmetric_limit,
)
from biocore.sequence import AMINO_ACIDS

CLICK = "click to mask this residue"
STRATEGY_LABELS = {
    BLEND: "blend",
    FAMILY: "family profile",
    MASKED: "masked marginal",
    WILD_TYPE: "wild-type marginal",
}
SCORE = "log-odds against the wild type (natural)"
_ENTROPY_MAX = float(np.log2(len(AMINO_ACIDS)))


def probability_bars(answer: ResidueProbabilities, index: int, *, offset: int = 0, tokens: bool = False) -> go.Figure:
    """Bars of the 20 amino acids (or 33 tokens) at one masked residue, most likely first, the wild type marked."""
    labels, values = (TOKENS, answer.tokens[index]) if tokens else (tuple(AMINO_ACIDS), answer.probabilities[index])
    wild_type = answer.wild_type[index]
    figure = residue_bars(labels, values, own=wild_type)
    if wild_type in labels:
        name_wild_type(figure, wild_type, float(values[labels.index(wild_type)]))
    position = answer.positions[index] + 1 + offset
    if tokens:
        figure.update_xaxes(title="token")
    title = f"Residue {position} masked, {answer.model}"
    return legend_below(layout(figure, height=420, title=title)).update_layout(legend={"traceorder": "normal"})


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
    columns = [AMINO_ACIDS.index(residue) for residue in CHEMICAL_ORDER]
    all_scores = scan.scores
    scores = all_scores[start:stop][:, columns].T
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
    add_heat_map(
        figure,
        scores,
        scan.sequence,
        start,
        offset,
        own="#111111",
        unit=SCORE,
        colours=DIVERGING,
        limits=(-limit, limit),
        bar={"len": 0.62, "y": 0.7},
    )
    cells = [(index, residue) for residue in CHEMICAL_ORDER for index in range(start, stop)]
    add_cells(
        figure,
        cells,
        lambda index, residue: _named(
            all_scores[index, AMINO_ACIDS.index(residue)], scan.sequence, index, residue, offset
        ),
        offset=offset,
        click=CLICK,
    )
    for row, (name, values, colour, span) in enumerate(tracks, 2):
        axis = {"range": span, "nticks": 3}
        add_track(figure, values[start:stop], start, offset, name=name, colour=colour, row=row, axis=axis)
    for index in selected:
        if start <= index < stop:
            number = index + 1 + offset
            figure.add_vrect(x0=number - 0.5, x1=number + 0.5, line={"color": MARKED, "width": 2}, fillcolor=None)
    figure.update_xaxes(title="residue number", tickformat="d", row=rows, col=1)
    title = f"Substitution landscape, {STRATEGY_LABELS[scan.strategy]}, {scan.model}"
    return layout(figure, height=int(shares.sum()), title=title)


def _named(score: float, sequence: str, index: int, residue: str, offset: int) -> str:
    """ "L30P  -2.31" of a 0-based residue and an amino acid."""
    shown = f"{score:+.2f}" if np.isfinite(score) else "not scored"
    return f"{sequence[index]}{index + 1 + offset}{residue}  {shown}"


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
            **keep_opacity(1.0),
            row=row,
            col=1,
        )
        figure.update_yaxes(title=name, nticks=4, row=row, col=1)
    shade_window(figure, window, offset)
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
    return legend_below(layout(figure, height=500, title=title))


def track_colours(values: np.ndarray, *, low: float, high: float) -> list[str]:
    """A colour for each value of a track, "#rrggbb" along the sequential scale; grey where it is not defined."""
    from plotly.colors import sample_colorscale, unlabel_rgb

    position = np.clip((np.asarray(values, float) - low) / ((high - low) or 1.0), 0, 1)
    known = np.isfinite(position)
    colours = sample_colorscale(SEQUENTIAL, position[known].tolist()) if known.any() else []
    found = iter("#" + "".join(f"{int(round(c)):02x}" for c in unlabel_rgb(colour)) for colour in colours)
    return [next(found) if is_known else "#D0D5DA" for is_known in known]
