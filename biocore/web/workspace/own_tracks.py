"""A user's own numbers along the sequence, as tracks beside those of the pages."""

from functools import partial

import streamlit as st

from biocore.errors import InputError
from biocore.web.frame import plain
from biocore.web.inputs import show_upload_error, upload_text
from biocore.web.tracks import offer_track
from biocore.workspace import Molecule
from biocore.workspace.own import example, tracks_of_table

TEXT, FILE, SAID = "workspace.own", "workspace.own_file", "workspace.own_said"


def own_tracks(molecule: Molecule) -> None:
    """A table of the user's becomes tracks of this molecule, or a message that names the line."""
    with st.expander("Add your own numbers", icon=":material/add_chart:"):
        upload_text("Table (CSV or TSV)", key=FILE, into=TEXT, types=("csv", "tsv", "txt", "gz"))
        show_upload_error(FILE)
        st.session_state.setdefault(TEXT, "")
        st.text_area(
            "or paste it",
            key=TEXT,
            height=120,
            persist_state="session",
            placeholder=example(molecule),
            help="A header, then a line for each residue or base. A column position counts from 1; without it a line "
            "for each letter is needed. A column letter is checked. Every other column becomes a track.",
        )
        st.button("Add as tracks", key="workspace.own_add", on_click=partial(_add, molecule))
        wrong, said = st.session_state.pop(SAID, (False, ""))
        if said:
            (st.error if wrong else st.caption)(plain(said))


def _add(molecule: Molecule) -> None:
    try:
        tracks = tracks_of_table(st.session_state.get(TEXT, ""), molecule)
    except InputError as error:
        st.session_state[SAID] = True, str(error)
        return
    for track in tracks:
        offer_track(track.name, track.sequence, track.values, source=track.source, kind=track.kind)
    st.session_state[SAID] = False, f"Added: {', '.join(track.name for track in tracks)}."
