"""Masked residues: what a protein's family and a language model expect at every position."""

import streamlit as st

from biocore import web
from biocore.web import masked_residues as parts

web.page("Masked residues", "What do a protein's family and a language model expect at every position?")

text = web.sequence_input("Protein", key=parts.PROTEIN, kind="protein", examples=parts.EXAMPLES, help=parts.HELP)

with web.show_errors():
    left, right = st.columns([3, 1])
    with left:
        choice = parts.choose_model()
    with right:
        offset = parts.read_settings()
        source = parts.choose_source()
    protein = parts.read_protein(text, offset)
    web.show_notes(protein.notes)

    st.subheader("The protein")
    parts.show_residues(protein, choice)

    st.subheader("Masked residues")
    profile = parts.family_profile(source, protein.sequence)
    parts.show_answer(protein, choice, source, profile)
    web.limits(choice.card)

    if profile is not None:
        st.subheader("The family")
        parts.show_family(protein, profile, source, choice)

    st.subheader("The substitution landscape")
    scan = parts.show_landscape(protein, choice, profile)

    st.subheader("Variants")
    parts.show_variants(protein, choice, scan)
    parts.show_measured(protein, scan)

    st.subheader("How the model sees a protein")
    parts.show_inside(protein, choice)

    st.subheader("Export")
    parts.show_commands(protein, choice, scan, source)
    parts.keep_in_link(text, protein, scan)
