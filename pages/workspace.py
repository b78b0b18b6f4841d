"""Workspace: everything known about the current molecule in one place, and how to take it with you."""

import streamlit as st

from biocore import web
from biocore.web.workspace import overview, tours

web.page("Workspace", "What is known about this molecule so far, and how do I take it with me?")

with web.show_errors():
    overview.notes()
    molecule = overview.choose_molecule()
    if molecule is not None:
        st.subheader(web.plain(molecule.title), anchor=False)
        overview.show_sequence(molecule)
        structure = overview.structure_here(molecule)
        tracks = overview.tracks_of(molecule, structure)

        st.subheader("Tracks")
        overview.show_tracks(molecule, tracks, structure)

        st.subheader("Report")
        overview.show_report(molecule, tracks, structure)

    st.subheader("Guided tours")
    tours.show()
