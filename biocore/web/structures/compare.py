"""Two structures: side by side in a linked grid, or superposed."""

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.plot import structures as plots
from biocore.plot.residue_colour import CHAINS, MISSING, Colouring, colour
from biocore.structure.model import Structure
from biocore.structure.superposition import Superposition, merge, superpose
from biocore.web.structures import side_by_side
from biocore.web.structures.selection import select, selected
from biocore.web.structures.source import Source, load, structure_input
from biocore.web.viewer import library_addresses, library_here, structure_view

WAYS = ["Superposed", "Side by side"]


def compare(source: Source, left, right) -> None:
    """The page's second mode: the first structure and another one, chosen in `left` and shown in `right`."""
    with left:
        same = st.toggle("Chains of one structure", key="structures.same", help="Lays one chain of it on another.")
        second = source
        if not same:
            second = structure_input("structures.second", "Second structure from", linked=False, shape="strand")
    with right:
        first_structure, second_structure = load(source), load(second)
        way = st.segmented_control("Show them", WAYS, default=WAYS[0], key="structures.compare_way", required=True)
        with web.show_errors():
            (_superposed if way == WAYS[0] else _side_by_side)(first_structure, second_structure)


def _side_by_side(first: Structure, second: Structure) -> None:
    style = st.segmented_control(
        "Representation", ["cartoon", "stick", "sphere"], default="cartoon", key="structures.grid_style", required=True
    )
    view = side_by_side.grid([first, second], style=style, library=library_addresses()[0]["url"])
    side_by_side.show(view)
    st.caption("Turn or zoom one and the other follows. Cartoons are coloured from the first residue to the last.")
    left, right = st.columns(2)
    left.text(f"Left: {first.name}. {first.title}")
    right.text(f"Right: {second.name}. {second.title}")
    if library_here():
        about = f"Left: {first.name}. {first.title} Right: {second.name}. {second.title}"
        title = f"{first.name} beside {second.name}"
        web.download("HTML", lambda: side_by_side.to_html(view, title, about), "side_by_side.html", "text/html")


def _superposed(first: Structure, second: Structure) -> None:
    left, right, third = st.columns([2, 2, 2])
    with left:
        reference = st.selectbox("Reference chain", _polymers(first), key="structures.reference_chain")
    with right:
        others = _polymers(second)
        mobile = st.selectbox(
            "Mobile chain", others, index=int(second is first and len(others) > 1), key="structures.mobile_chain"
        )
    with third:
        outliers = st.toggle(
            "Outlier rejection",
            key="structures.outliers",
            help="Fits again without pairs further apart than twice the RMSD, while at least half of the pairs stay.",
        )
        alone = st.toggle("Only these two chains", key="structures.two_chains")
        by = st.radio("Colour by", ["structure", "distance"], horizontal=True, key="structures.compare_colour")
    result = superpose(first, reference or "", second, mobile or "", reject_outliers=outliers)
    both = merge(first, second, result)
    columns = st.columns(4)
    columns[0].metric("RMSD (Å)", f"{result.rmsd:.2f}", help="Of the pairs the fit rests on.")
    columns[1].metric("Pairs fitted", f"{int(result.used.sum()):,} of {len(result.pairs):,}")
    columns[2].metric("RMSD of all pairs (Å)", f"{result.rmsd_all:.2f}")
    columns[3].metric("Sequence identity", f"{result.identity:.0%}")
    if result.identity < 0.2:
        st.warning(
            "Fewer than a fifth of the paired residues are the same: the alignment, and so the fit, is uncertain."
        )
    chains = [reference or "", f"{mobile}′"] if alone else None
    structure_view(
        both,
        _colouring(first, both, result, by),
        chains=chains,
        key="structures.superposed",
        on_pick=lambda row: select(both, row),
        selected=selected(both),
        about=f"{second.name} {mobile} on {first.name} {reference}, RMSD {result.rmsd:.2f} Å.",
    )
    st.caption("Names of the mobile structure's chains end in ′.")
    rows = result.pairs[:, 0]
    web.figure(
        plots.pair_distances(first, rows, result.distances, result.used),
        "superposition",
        alt=f"Distances of {len(rows)} pairs; RMSD {result.rmsd:.2f} Å.",
    )
    web.table(_table(first, second, result), "superposition", height=260)
    st.caption(
        "Pairs come from aligning the sequences of the two chains (BLOSUM62; nucleic acids: identity), not from "
        "residue numbers; Cα or C1′ are fitted."
    )


def _polymers(structure: Structure) -> list[str]:
    return [chain.name for chain in structure.chains if len(chain.polymer)]


def _colouring(first: Structure, both: Structure, result: Superposition, by: str):
    if by == "distance":
        values = np.full(len(both.residues), np.nan)
        values[result.pairs[:, 0]] = result.distances
        values[result.pairs[:, 1] + len(first.residues)] = result.distances
        return colour(both, "track", values=values, title="Distance after superposition", unit="Å")
    index = np.array([0] * len(first.residues) + [1] * (len(both.residues) - len(first.residues)), np.uint8)
    names = both.name.split(" and ", 1)
    legend = ((names[0], CHAINS[0]), (names[-1] + " (mobile)", CHAINS[1]))
    return Colouring("chain", "Structure", (*CHAINS[:2], MISSING), index, legend)


def _table(first: Structure, second: Structure, result: Superposition) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "reference": [first.residues[a].title for a, _ in result.pairs],
            "mobile": [second.residues[b].title for _, b in result.pairs],
            "distance (Å)": result.distances.round(2),
            "fitted": result.used,
        }
    )
