"""Structures: where is a residue, what touches it, and what does a number look like on the fold?"""

import streamlit as st

from biocore import web
from biocore.web import structures

MODES = ["One structure", "Compare two"]

web.page("Structures", "Where is this residue in the structure, and what does my number look like on it?")
with web.show_errors():
    left, right = st.columns([2, 5], gap="medium", vertical_alignment="center")
    with left:
        web.start_from_link("mode", MODES[0], key="structures.mode", allowed=MODES)
        mode = st.segmented_control("Mode", MODES, key="structures.mode", required=True, label_visibility="collapsed")
        web.set_link(mode=None if mode == MODES[0] else mode)
    with right:
        structures.examples("structures")
    left, right = st.columns([2, 5], gap="medium")
    with left:
        source = structures.structure_input("structures")
    if mode == MODES[0]:
        structures.explore(source, left, right)
    else:
        structures.compare(source, left, right)
