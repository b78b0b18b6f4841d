"""Tables and figures below the viewer; only the one that is open is computed."""

import numpy as np
import streamlit as st

from biocore import web
from biocore.errors import BiocoreError
from biocore.plot import structures as plots
from biocore.plot.residue_colour import Colouring
from biocore.structure import geometry, tables
from biocore.structure.model import POLYMERS, Structure
from biocore.web.structures.selection import pick_from_chart, pick_from_table, selected

VIEWS = ["Residues", "Contact map", "Ramachandran plot", "Profile", "Chains and ligands"]
MAX_ROWS = 20_000
LABELS = {  # of the columns, on the screen; files keep the short names
    "chain": "chain",
    "number": "residue number",
    "label_chain": "archive's chain",
    "position": "position in sequence",
    "name": "residue",
    "letter": "one-letter code",
    "kind": "kind",
    "resolved": "resolved",
    "secondary": "secondary structure",
    "b_factor": "B-factor (Å²)",
    "plddt": "pLDDT",
    "phi": "φ (°)",
    "psi": "ψ (°)",
    "uniprot": "UniProt residue",
}


def show(structure: Structure, chains: list[str], colouring: Colouring) -> None:
    """The chosen table or figure, for the chains that are shown."""
    view = st.segmented_control("Analysis", VIEWS, default=VIEWS[0], key="structures.view", required=True)
    parts = {
        VIEWS[0]: _residues,
        VIEWS[1]: _contact_map,
        VIEWS[2]: _ramachandran,
        VIEWS[3]: _profile,
        VIEWS[4]: _chains,
    }
    try:
        parts[view](structure, chains, colouring)
    except BiocoreError as error:
        st.error(web.plain(str(error)), icon=":material/error:")


def _residues(structure: Structure, chains: list[str], _colouring: Colouring) -> None:
    table = tables.residue_table(structure)
    table = table[table["chain"].isin(chains)]
    rows = [r.index for r in structure.residues if r.kind != "water" and r.chain in chains]
    key = "structures.residues"
    st.caption(
        "The residue number is the author's, the position is the place in the chain's sequence, counted from 1. "
        "Click a line's box to select the residue."
    )
    if len(table) > MAX_ROWS:
        st.caption(f"The first {MAX_ROWS:,} of {len(table):,} lines are shown; the file has them all.")
    empty = [column for column in table.columns if (table[column].isna() | (table[column].astype(str) == "")).all()]
    web.table(
        table.drop(columns=empty),
        f"{structure.name[:40]}_residues",
        key=key,
        height=320,
        column_config={name: st.column_config.Column(LABELS[name], help=tables.COLUMNS[name]) for name in LABELS},
        on_select=pick_from_table(structure, key, rows),
        selection_mode="single-row",
    )
    web.download("Sequences as FASTA", lambda: tables.fasta(structure), f"{structure.name[:40]}.fasta", "text/plain")


def _contact_map(structure: Structure, chains: list[str], _colouring: Colouring) -> None:
    cutoff = st.slider("Contact: up to (Å, between Cβ)", 4.0, 15.0, 8.0, 0.5, key="structures.cutoff")
    wanted = [name for name in chains if structure.chain(name).kind in POLYMERS]
    total = sum(len(structure.chain(name).polymer) for name in wanted)
    if total > geometry.MAX_MATRIX:
        wanted = wanted[:1]
        said = f"{total:,} residues are too many for one figure; chain {wanted[0]} is shown. Choose chains above."
        st.caption(web.plain(said))
    matrix = geometry.distance_matrix(structure, wanted)
    far = np.abs(np.subtract.outer(matrix.rows, matrix.rows)) >= 3
    count = int(((matrix.distances <= cutoff) & far).sum() // 2)
    st.caption(
        f"{count:,} pairs of residues, three or more apart, are within {cutoff:g} Å. Measured between "
        f"{web.plain(matrix.atom)}. Click a white point to select its residue."
    )
    key = "structures.contact_map"
    figure = plots.distance_map(structure, matrix, cutoff=cutoff, selected=selected(structure))
    web.figure(
        figure,
        "contact_map",
        key=key,
        alt=f"Distance matrix of {len(matrix.rows)} residues with {count} contacts up to {cutoff:g} Å.",
        on_select=pick_from_chart(structure, key),
        selection_mode="points",
    )


def _ramachandran(structure: Structure, chains: list[str], _colouring: Colouring) -> None:
    angles = geometry.ramachandran(structure)
    keep = np.array([structure.residues[row].chain in chains for row in angles.rows], bool)
    angles = geometry.Ramachandran(angles.rows[keep], angles.phi[keep], angles.psi[keep], angles.group[keep])
    if not len(angles.rows):
        st.info("No residue here has both angles: they need a protein with neighbours on both sides.")
        return
    key = "structures.ramachandran"
    figure = plots.ramachandran(structure, angles, selected=selected(structure))
    web.figure(
        figure,
        "ramachandran",
        key=key,
        alt=f"Backbone angles phi and psi of {len(angles.rows)} residues.",
        on_select=pick_from_chart(structure, key),
        selection_mode="points",
    )
    positive = int(((angles.phi > 0) & (angles.group != "glycine")).sum())
    st.caption(
        f"{len(angles.rows):,} residues; {positive:,} that are not glycine have φ above 0. The values stand in the "
        "table of residues. Crosses mark ideal backbones. Click a point to select its residue."
    )


def _profile(structure: Structure, chains: list[str], colouring: Colouring) -> None:
    predicted = structure.confidence is not None
    values = structure.b if structure.confidence is None else structure.confidence
    unit = "pLDDT" if predicted else "B-factor (Å²)"
    wanted = [name for name in chains if len(structure.chain(name).polymer)][:12]
    rows = np.array([row for name in wanted for row in structure.chain(name).polymer], int)
    if not len(rows) or not np.nanmax(np.abs(values[rows]), initial=0):
        st.info("This structure has no B-factors or confidences; a built peptide never has.")
        return
    key = "structures.profile"
    figure = plots.profile(structure, wanted, values, unit=unit, selected=selected(structure), bands=predicted)
    finite = values[rows][np.isfinite(values[rows])]
    summary = (
        f"{unit}: mean {finite.mean():.1f}, from {finite.min():.1f} to {finite.max():.1f}, {len(finite):,} residues."
    )
    web.figure(
        figure,
        "profile",
        key=key,
        alt=summary,
        on_select=pick_from_chart(structure, key),
        selection_mode="points",
    )
    if predicted:
        share = 100 * float((finite > 70).mean())
        summary += f" {share:.0f} % of the residues are above 70; below 50 a chain is often disordered."
    st.caption(summary)


def _chains(structure: Structure, _chains_shown: list[str], _colouring: Colouring) -> None:
    web.table(tables.chain_table(structure), f"{structure.name[:40]}_chains", key="structures.chain_table")
    ligands = tables.ligand_table(structure)
    if len(ligands):
        key = "structures.ligand_table"
        rows = [r.index for r in structure.residues if r.kind in ("ligand", "ion")]
        st.caption("Click a line's box to go to the ligand.")
        web.table(
            ligands,
            f"{structure.name[:40]}_ligands",
            key=key,
            on_select=pick_from_table(structure, key, rows),
            selection_mode="single-row",
        )
    else:
        st.caption("No ligands or ions.")
