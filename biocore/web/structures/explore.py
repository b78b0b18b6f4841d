"""One structure: facts, viewer with its choices, the selected residue, and the figures linked to it."""

from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.plot import scene as scenes
from biocore.plot.residue_colour import MODES, Colouring, available
from biocore.structure import contacts, tables
from biocore.structure.model import Structure
from biocore.structure.secondary import NAMES
from biocore.web.link import from_link, set_link
from biocore.web.structures import details, painting
from biocore.web.structures.current import offer_structure
from biocore.web.structures.selection import follow, go_to_input, pick_from_table, select, selected
from biocore.web.structures.source import Source, keep_in_link, load, share
from biocore.web.viewer import CDN, FILE, library_here, structure_view

VIEWER = "structures.viewer"
MAX_PICK_CHAINS = 200


def explore(source: Source, left, right) -> None:
    """The page's main part: choices and the selected residue in the container `left`, the viewer in `right`."""
    with right:
        structure = load(source, model=_chosen_model(source), assembly=_chosen_assembly(source))
        structure = _as_prediction(structure)
        keep_in_link(source)
        _show_facts(structure)
        offer_structure(structure)
    with left:
        pick_model(source, structure)
        choices = _choices(structure)
        follow(structure)
        _select_from_link(structure)
    with right, web.show_errors():
        colouring = painting.colouring(structure, choices["colour"])
        structure_view(
            structure,
            colouring,
            key=VIEWER,
            on_pick=lambda row: select(structure, row),
            style=choices["style"],
            chains=choices["chains"] or None,
            ligands=choices["ligands"],
            waters=choices["waters"],
            selected=selected(structure),
            about=_about(structure, colouring),
        )
    with right:
        if not library_here():
            st.caption(f"static/{FILE} is missing, so the browser asks {CDN.split('/')[2]} for the viewer.")
    with left:
        _selection(structure, choices["waters"])
    details.show(structure, choices["chains"] or [chain.name for chain in structure.chains], colouring)
    row = selected(structure)
    set_link(
        style=choices["style"],
        colour=choices["colour"],
        residue=structure.address(structure.residues[row]) if row is not None else None,
    )
    share(source)
    web.command_line(["structure", *source.argument, "--out", "residues.csv"], note=_note(source))


def _note(source: Source) -> str:
    return "The file is the one you gave this page." if source.way in ("file", "text") else ""


# ------------------------------------------------------------------------------------------------ which one


def _mark(source: Source) -> str:
    """Model and assembly belong to one source; another starts at the first again."""
    return f"{source.way}.{source.value[:60]}.{len(source.content)}"


def _chosen_model(source: Source) -> int:
    chosen = st.session_state.get("structures.model", ("", 1))
    return chosen[1] if chosen[0] == _mark(source) else 1


def _chosen_assembly(source: Source) -> str:
    chosen = st.session_state.get("structures.assembly", ("", ""))
    return chosen[1] if chosen[0] == _mark(source) else ""


def pick_model(source: Source, structure: Structure) -> None:
    """Menus of the file's models and assemblies, where it has more than one way to be seen."""

    def model_chosen() -> None:
        st.session_state["structures.model"] = (_mark(source), st.session_state["structures.model_menu"])

    def assembly_chosen() -> None:
        st.session_state["structures.assembly"] = (_mark(source), st.session_state["structures.assembly_menu"])

    if structure.models > 1:
        st.session_state["structures.model_menu"] = structure.model
        st.selectbox(
            f"Model (of {structure.models:,})",
            range(1, structure.models + 1),
            key="structures.model_menu",
            on_change=model_chosen,
        )
    if structure.assemblies:
        st.session_state["structures.assembly_menu"] = structure.assembly
        st.selectbox(
            "Assembly",
            ["", *structure.assemblies],
            key="structures.assembly_menu",
            format_func=lambda name: f"biological assembly {name}" if name else "as in the file",
            on_change=assembly_chosen,
        )


def _as_prediction(structure: Structure) -> Structure:
    """Where the file does not say what its B-factor column holds, the user may."""
    if structure.confidence is None and st.session_state.get("structures.is_plddt"):
        from biocore.structure.confidence import rescaled

        if not np.isfinite(structure.resolution) and np.nanmax(structure.b, initial=0) <= 100:
            return replace(structure, confidence=rescaled(structure.b.astype(np.float32)))
    return structure


def _select_from_link(structure: Structure) -> None:
    """Once, when the page is opened by an address that names a residue."""
    if not st.session_state.get("structures.link_read"):
        st.session_state["structures.link_read"] = True
        residue = structure.find(from_link("residue", ""))
        if residue is not None:
            select(structure, residue.index)


# ------------------------------------------------------------------------------------------------ facts, choices


def _show_facts(structure: Structure) -> None:
    st.subheader(web.plain(structure.name), anchor=False)
    facts = tables.facts(structure)
    polymers = [chain for chain in structure.chains if len(chain.polymer)]
    facts["Chains"] = f"{len(polymers)} with {sum(len(c.polymer) for c in polymers):,} residues"
    facts["Atoms"] = f"{len(structure.atoms):,}"
    shown = ["Method", "Resolution", "Organism", "Date", "Chains", "Atoms", "From", "Secondary structure"]
    given = [name for name in shown if facts[name] not in ("not given", "not defined")]
    lines = [structure.title, " · ".join(f"{name}: {facts[name]}" for name in given), " ".join(structure.notes)]
    st.caption("  \n".join(web.plain(line) for line in lines if line))


def _choices(structure: Structure) -> dict:
    modes = available(structure)
    style_key, colour_key, chains_key = "structures.style", "structures.colour", "structures.chains"
    if style_key not in st.session_state:
        style = from_link("style", "")
        usual = "cartoon + sticks" if structure.origin.startswith("built") else "cartoon"
        st.session_state[style_key] = style if style in scenes.STYLES else usual
    if st.session_state.get("structures.coloured_for") != structure.key:
        st.session_state["structures.coloured_for"] = structure.key
        wanted = from_link("colour", "") if colour_key not in st.session_state else st.session_state[colour_key]
        keeps = wanted in modes and (wanted == "track" or colour_key not in st.session_state)
        st.session_state[colour_key] = wanted if keeps else _first_colour(structure)
        st.session_state[chains_key] = []
    if st.session_state.get(colour_key) not in modes:
        st.session_state[colour_key] = _first_colour(structure)
    style = st.selectbox("Representation", scenes.STYLES, key=style_key, persist_state="session")
    mode = st.selectbox("Colour by", modes, format_func=MODES.__getitem__, key=colour_key, persist_state="session")
    kinds = {residue.kind for residue in structure.residues}
    chains = []
    if len(structure.chains) > 1:
        names = [chain.name for chain in structure.chains][:MAX_PICK_CHAINS]
        chains = st.multiselect("Chains", names, key=chains_key, placeholder="all")
    columns = st.columns(2)
    ligands = not kinds & {"ligand", "ion"} or columns[0].toggle("Ligands", True, key="structures.ligands")
    waters = "water" in kinds and columns[1].toggle("Waters", False, key="structures.waters")
    doubtful = structure.confidence is None and not structure.method and np.nanmax(structure.b, initial=0) > 0
    if doubtful or st.session_state.get("structures.is_plddt"):
        st.toggle("B-factors are pLDDT", key="structures.is_plddt")
    return {"style": style, "colour": mode, "chains": chains, "ligands": ligands, "waters": waters}


def _first_colour(structure: Structure) -> str:
    """What says most at first sight."""
    if structure.confidence is not None:
        return "plddt"
    built = structure.origin.startswith("built")
    if len(structure.chains) > 1:
        return "chain"
    return "hydrophobicity" if built and "hydrophobicity" in available(structure) else "spectrum"


def _about(structure: Structure, colouring: Colouring) -> str:
    """A sentence for the file that the viewer saves."""
    said = [f"From: {structure.origin}", structure.organism, f"coloured by {colouring.title}"]
    return "; ".join(part for part in said if part) + "."


def _file_name(structure: Structure) -> str:
    return "".join(c if c.isalnum() or c in "-_" else "_" for c in structure.name)[:60] or "structure"


# ------------------------------------------------------------------------------------------------ selected residue


def _selection(structure: Structure, waters: bool) -> None:
    go_to_input(structure)
    ligands = tables.ligand_table(structure)
    if len(ligands):
        _ligand_menu(structure)
    row = selected(structure)
    if row is None:
        st.caption("Click a residue in the 3D view or in the sequence: its neighbours are listed here.")
        return
    residue = structure.residues[row]
    facts = [f"residue {residue.title}"]
    if residue.label_number is not None:
        facts.append(
            f"position {residue.label_number} in the sequence"
            + (f" (archive's chain {residue.label_chain})" if residue.label_chain not in ("", residue.chain) else "")
        )
    if residue.uniprot:
        facts.append(f"UniProt {residue.uniprot.replace(':', ', residue ')}")
    if residue.kind == "protein":
        facts.append(NAMES.get(residue.secondary, "coil"))
    if residue.name in structure.ligand_names and structure.ligand_names[residue.name]:
        facts.append(structure.ligand_names[residue.name])
    if structure.confidence is not None and np.isfinite(structure.confidence[row]):
        facts.append(f"pLDDT {structure.confidence[row]:.1f}")
    elif np.isfinite(structure.b[row]) and structure.b[row]:
        facts.append(f"B-factor {structure.b[row]:.1f} Å²")
    if residue.altlocs:
        facts.append(f"alternate locations {', '.join(residue.altlocs)}")
    st.text("\n".join(facts))
    if not residue.resolved:
        st.caption("It is in the sequence, but the model has no atom of it.")
        return
    near = contacts.neighbours(structure, row, waters=waters)
    if not near:
        st.caption("Nothing is within 5 Å of it.")
        return
    table = pd.DataFrame(
        {
            "neighbour": [structure.residues[n.row].title for n in near],
            "Å": [round(n.distance, 2) for n in near],
            "contact": [", ".join(n.contacts) or "near" for n in near],
            "atoms": [" - ".join(n.atoms) for n in near],
        }
    )
    key = "structures.neighbours"
    st.caption(f"Within {contacts.RADIUS:g} Å, between the nearest heavy atoms; contacts are judged by distance alone.")
    web.table(
        table,
        f"{_file_name(structure)}_neighbours",
        key=key,
        height=300,
        on_select=pick_from_table(structure, key, [n.row for n in near]),
        selection_mode="single-row",
    )


def _ligand_menu(structure: Structure) -> None:
    rows = [r.index for r in structure.residues if r.kind in ("ligand", "ion")][:500]
    key = "structures.ligand"

    def chosen() -> None:
        if st.session_state[key] is not None:
            select(structure, st.session_state[key])

    now = selected(structure)
    st.session_state[key] = now if now in rows else None
    st.selectbox(
        "Ligands and ions",
        rows,
        index=None,
        key=key,
        on_change=chosen,
        placeholder="go to a ligand",
        format_func=lambda row: (
            f"{structure.residues[row].title} {structure.ligand_names.get(structure.residues[row].name, '')}".strip()
        ),
    )
