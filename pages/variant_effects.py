"""Variant effects: which substitutions a protein tolerates, and what each answer rests on."""

import streamlit as st

from biocore import web
from biocore.web import variant_effects as parts

web.page("Variant effects", "Which changes of this protein are tolerated, and what does each answer rest on?")

text = web.sequence_input("Protein", key=parts.PROTEIN, kind="protein", examples=parts.EXAMPLES, help=parts.HELP)

with web.show_errors():
    card = parts.effect_card()
    protein, source = parts.read_request(text)
    web.show_notes(protein.notes)

    st.subheader("Every substitution")
    basis = parts.score(protein, source)
    parts.show_landscape(protein, basis)
    web.limits(card)

    st.subheader("The evidence for one")
    parts.show_evidence(protein, basis)

    st.subheader("Variants")
    parts.show_variants(protein, basis)

    st.subheader("Your own assay")
    parts.show_assay(protein, basis)

    st.subheader("Measured scans")
    parts.show_scans(card)

    st.subheader("Export")
    parts.show_command(protein, source)
    parts.keep_in_link(text, protein, basis)
