"""One residue is selected at a time; the viewer, tables and figures all read and set it here."""

import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.structure.address import WAYS, residues_at
from biocore.structure.model import Structure
from biocore.web import workspace

_KEY = "structures.selected"
GOTO = "structures.goto"
_READER = "structures"  # of the residue cursor


def selected(structure: Structure) -> int | None:
    """Row of the selected residue; None if none is, or if it was selected in another structure."""
    key, row = st.session_state.get(_KEY, ("", None))
    return row if key == structure.key and row is not None and row < len(structure.residues) else None


def select(structure: Structure, row: int | None) -> None:
    """Select a residue (call it from a callback, before the widgets are drawn)."""
    st.session_state[_KEY] = (structure.key, row)
    if row is not None:
        chain = structure.chain(structure.residues[row].chain)
        if row in chain.polymer:
            workspace.look_at(_READER, chain.sequence, [row - chain.start])
    st.session_state[GOTO] = structure.address(structure.residues[row]) if row is not None else ""


def follow(structure: Structure) -> None:
    """Select what another page has pointed at, where a chain of this structure has it; before the widgets are drawn."""
    if not workspace.changed(_READER):
        return
    for chain in structure.chains:
        rows = [chain.start + place for place in workspace.pointed_in(chain.sequence)]
        if rows and structure.residues[rows[0]].resolved:
            st.session_state[_KEY] = (structure.key, rows[0])
            st.session_state[GOTO] = structure.address(structure.residues[rows[0]])
            return


def go_to_input(structure: Structure) -> None:
    """A box for a residue, written as 87, H87, His87 or A:87."""
    said = f"{GOTO}.said"

    def go() -> None:
        st.session_state.pop(said, None)
        text = st.session_state[GOTO].strip()
        if not text:
            st.session_state[_KEY] = (structure.key, None)
            return
        now = selected(structure)
        try:
            found = residues_at(structure, text, chain=structure.residues[now].chain if now is not None else "")
        except InputError as error:
            st.session_state[said] = st.warning, str(error)
            return
        select(structure, found[0].index)
        if len(found) > 1:
            others = ", ".join(structure.address(residue) for residue in found[1:13])
            st.session_state[said] = st.caption, f"{found[0].title} is selected; also there: {others}."

    st.text_input("Go to residue", key=GOTO, on_change=go, placeholder="87, H87, His87 or A:87", help=f"{WAYS}.")
    if said in st.session_state:
        show, message = st.session_state.pop(said)
        show(web.plain(message))


def pick_from_chart(structure: Structure, key: str):
    """A callback for ``st.plotly_chart(on_select=...)``: the clicked point's custom data is the residue's row."""

    def picked() -> None:
        event = st.session_state.get(key)
        points = (event or {}).get("selection", {}).get("points", [])
        if points:
            row = points[0].get("customdata")
            row = row[0] if isinstance(row, list | tuple) else row
            if row is not None and 0 <= int(row) < len(structure.residues):
                select(structure, int(row))

    return picked


def pick_from_table(structure: Structure, key: str, rows: list[int]):
    """A callback for ``web.table(on_select=...)``: line i of the table is the residue ``rows[i]``."""

    def picked() -> None:
        lines = (st.session_state.get(key) or {}).get("selection", {}).get("rows", [])
        if lines and lines[0] < len(rows):
            select(structure, rows[lines[0]])

    return picked
