"""One residue is selected at a time; the viewer, tables and figures all read and set it here."""

import streamlit as st

from biocore import web
from biocore.structure.model import Structure

_KEY = "structures.selected"
GOTO = "structures.goto"


def selected(structure: Structure) -> int | None:
    """Row of the selected residue; None if none is, or if it was selected in another structure."""
    key, row = st.session_state.get(_KEY, ("", None))
    return row if key == structure.key and row is not None and row < len(structure.residues) else None


def select(structure: Structure, row: int | None) -> None:
    """Select a residue (call it from a callback, before the widgets are drawn)."""
    st.session_state[_KEY] = (structure.key, row)
    st.session_state[GOTO] = structure.address(structure.residues[row]) if row is not None else ""


def go_to_input(structure: Structure) -> None:
    """A box for an address like A:45."""

    def go() -> None:
        text = st.session_state[GOTO].strip()
        residue = structure.find(text) if text else None
        if residue is not None or not text:
            st.session_state[_KEY] = (structure.key, residue.index if residue else None)
            st.session_state.pop(f"{GOTO}.error", None)
        else:
            st.session_state[f"{GOTO}.error"] = text

    st.text_input(
        "Go to residue",
        key=GOTO,
        on_change=go,
        placeholder="A:45",
        help="Chain, colon, author's residue number (with insertion code: A:60A); A:#12 is place 12 of the sequence.",
    )
    missed = st.session_state.pop(f"{GOTO}.error", None)
    if missed is not None:
        st.warning(
            web.plain(f"There is no residue {missed[:30]!r} here; write {structure.address(structure.residues[0])}.")
        )


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
    """A callback for ``st.dataframe(on_select=...)``: line i of the table is the residue ``rows[i]``."""

    def picked() -> None:
        lines = (st.session_state.get(key) or {}).get("selection", {}).get("rows", [])
        if lines and lines[0] < len(rows):
            select(structure, rows[lines[0]])

    return picked
