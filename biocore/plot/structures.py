"""Figures of a structure: distances between residues, backbone angles, a profile along a chain."""

from collections.abc import Sequence

import numpy as np
import plotly.graph_objects as go

from biocore.plot.residue_colour import PLDDT
from biocore.plot.theme import ACCENT, CATEGORIES, MUTED, layout
from biocore.structure.geometry import DistanceMatrix, Ramachandran
from biocore.structure.model import Structure

CHOSEN = "#D55E00"
IDEAL = {  # (phi, psi) in degrees of regular backbones, for orientation
    "alpha helix": (-57, -47),
    "beta strand": (-139, 135),
    "polyproline II": (-75, 145),
    "left-handed helix": (57, 47),
}
_SYMBOLS = {"general": "circle", "glycine": "triangle-up", "proline": "square", "before proline": "diamond"}


def distance_map(
    structure: Structure, matrix: DistanceMatrix, *, cutoff: float, selected: int | None = None, least_apart: int = 3
) -> go.Figure:
    """Distance matrix with contacts as points to click.

    Parameters
    ----------
    matrix : DistanceMatrix
        Of `structure`.
    cutoff : float
        Largest distance of a contact, in angstrom.
    selected : int, optional
        0-based row of the residue that lines mark.
    least_apart : int
        Fewest rows between the two residues of a contact.

    Notes
    -----
    Axes count the rows of `matrix`, 1-based; hovering names the residues.  Points carry the row of the residue on the
    x axis as custom data.
    """
    titles = [structure.residues[row].title for row in matrix.rows]
    axis = np.arange(1, len(matrix.rows) + 1)
    figure = go.Figure(
        go.Heatmap(
            z=matrix.distances,
            x=axis,
            y=axis,
            colorscale="Viridis_r",
            zmin=0,
            zmax=max(20.0, min(40.0, float(matrix.distances.max()))),
            colorbar={"title": "distance (Å)"},
            hoverinfo="skip",
        )
    )
    i, j = np.nonzero((matrix.distances <= cutoff) & (np.abs(axis[:, None] - axis[None]) >= least_apart))
    figure.add_scattergl(
        x=axis[j],
        y=axis[i],
        mode="markers",
        marker={"size": 4, "color": "#FFFFFF", "line": {"width": 0.5, "color": "#15211F"}, "symbol": "square"},
        customdata=np.column_stack([matrix.rows[j], matrix.rows[i]]),
        text=[f"{titles[b]} - {titles[a]}: {matrix.distances[a, b]:.1f} Å" for a, b in zip(i, j, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        name=f"contact (≤ {cutoff:g} Å)",
    )
    place = np.flatnonzero(matrix.rows == selected)  # none where nothing is selected
    if len(place):
        figure.add_vline(int(place[0]) + 1, line={"color": CHOSEN, "width": 2})
        figure.add_hline(int(place[0]) + 1, line={"color": CHOSEN, "width": 2})
    figure.update_xaxes(title="residue (order in the chains shown)", constrain="domain")
    figure.update_yaxes(title="residue", autorange="reversed", scaleanchor="x", constrain="domain")
    figure.update_layout(showlegend=True)
    return layout(figure, height=560)


def ramachandran(structure: Structure, angles: Ramachandran, *, selected: int | None = None) -> go.Figure:
    """Phi against psi, a point for each residue, ideal backbones marked.  Points carry their row as custom data.

    Parameters
    ----------
    angles : Ramachandran
        Of `structure`.
    selected : int, optional
        0-based row of the residue that is ringed.
    """
    figure = go.Figure()
    for number, (group, symbol) in enumerate(_SYMBOLS.items()):
        here = np.flatnonzero(angles.group == group)
        if not len(here):
            continue
        figure.add_scatter(
            x=angles.phi[here],
            y=angles.psi[here],
            mode="markers",
            name=group,
            marker={"symbol": symbol, "size": 7, "color": CATEGORIES[number], "opacity": 0.8},
            customdata=angles.rows[here],
            text=[structure.residues[row].title for row in angles.rows[here]],
            hovertemplate="%{text}<br>φ %{x:.0f}°, ψ %{y:.0f}°<extra></extra>",
        )
    figure.add_scatter(
        x=[phi for phi, _ in IDEAL.values()],
        y=[psi for _, psi in IDEAL.values()],
        mode="markers+text",
        text=list(IDEAL),
        textposition="top center",
        marker={"symbol": "x-thin", "size": 10, "line": {"width": 2, "color": MUTED}},
        textfont={"color": MUTED},
        name="ideal",
        hoverinfo="skip",
        showlegend=False,
    )
    chosen = np.flatnonzero(angles.rows == selected)
    if selected is not None and len(chosen):
        figure.add_scatter(
            x=angles.phi[chosen],
            y=angles.psi[chosen],
            mode="markers",
            marker={"symbol": "circle-open", "size": 17, "line": {"width": 3, "color": CHOSEN}},
            name=structure.residues[selected].title,
            hoverinfo="skip",
        )
    ticks = {"range": [-180, 180], "dtick": 60, "zeroline": True}
    figure.update_xaxes(title="φ (degrees)", **ticks, constrain="domain")
    figure.update_yaxes(title="ψ (degrees)", **ticks, scaleanchor="x", constrain="domain")
    return layout(figure, height=520)


def profile(
    structure: Structure,
    chains: Sequence[str],
    values: np.ndarray,
    *,
    unit: str,
    selected: int | None = None,
    bands: bool = False,
) -> go.Figure:
    """A value along each chain; gaps where there is none.

    Parameters
    ----------
    chains : sequence of str
        Author's chain names.
    values : float array, (R,)
        One for each residue of the structure; NaN where it is not defined.
    unit : str
        For the axis.
    selected : int, optional
        0-based row of the residue that a line marks.
    bands : bool
        Draw AlphaFold's classes of pLDDT behind it.
    """
    figure = go.Figure()
    if bands:
        edges = [100.0, *(least for least, _, _ in PLDDT[:-1]), 0.0]
        for (_, shade, label), top, bottom in zip(PLDDT, edges[:-1], edges[1:], strict=True):
            figure.add_hrect(
                bottom, top, fillcolor=shade, opacity=0.15, line_width=0, annotation_text=label.split(" (")[0]
            )
    for number, name in enumerate(chains):
        rows = np.array(structure.chain(name).polymer, int)
        figure.add_scatter(
            x=[structure.residues[row].label_number for row in rows],
            y=values[rows],
            mode="lines+markers",
            marker={"size": 4},
            line={"width": 1.5, "color": CATEGORIES[number % len(CATEGORIES)]},
            name=f"chain {name}",
            customdata=rows,
            text=[structure.residues[row].title for row in rows],
            hovertemplate="%{text}: %{y:.2f}<extra></extra>",
        )
    if selected is not None and structure.residues[selected].chain in chains:
        place = structure.residues[selected].label_number
        if place is not None:
            figure.add_vline(place, line={"color": CHOSEN, "width": 2})
    figure.update_xaxes(title="position in the sequence (residues)")
    figure.update_yaxes(title=unit, range=[0, 100] if bands else None)
    return layout(figure, height=340)


def pair_distances(structure: Structure, rows: np.ndarray, distances: np.ndarray, used: np.ndarray) -> go.Figure:
    """Distance of each pair of residues after superposition, along the reference chain.

    Parameters
    ----------
    structure : Structure
        The reference.
    rows : int array, (P,)
        0-based rows of the pairs' residues in it.
    distances : float array, (P,), in angstrom
    used : bool array, (P,)
        Pairs the fit rests on; the others are outliers.
    """
    places = [structure.residues[row].label_number for row in rows]
    figure = go.Figure()
    for label, mask, shade in (("fitted", used, ACCENT), ("outlier", ~used, CHOSEN)):
        if mask.any():
            figure.add_scatter(
                x=np.array(places)[mask],
                y=distances[mask],
                mode="markers",
                name=label,
                marker={"color": shade, "size": 5},
                text=[structure.residues[row].title for row in rows[mask]],
                hovertemplate="%{text}: %{y:.2f} Å<extra></extra>",
            )
    figure.update_xaxes(title="position in the reference chain (residues)")
    figure.update_yaxes(title="distance after superposition (Å)", rangemode="tozero")
    return layout(figure, height=320)
