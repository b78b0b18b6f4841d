"""DNA binding: which factors bind, where, and which bases matter."""

import streamlit as st

from biocore import web
from biocore.web import dna_binding as dna

web.page("DNA binding", "Which transcription factors bind this DNA, where, and which bases matter?")

text = web.sequence_input("DNA", key="dna", kind="dna", examples=dna.examples(), help=dna.HELP)

with web.show_errors():
    records = dna.read_dna(text)
    web.show_notes(dna.notes(records))
    records, tracks = dna.scan(records)
    dna.start_choice(records, tracks)

    st.subheader("Which factors bind, and where")
    dna.show_overview(records, tracks)

    st.subheader("Which bases matter")
    choice = dna.choose(records, tracks)
    detail = dna.show_detail(choice)

    st.subheader("What would a variant do")
    dna.show_variants(choice, detail.scan)
    dna.show_alleles(records)
    dna.show_pairs(choice, detail.scan)
    dna.show_inside(choice)

    if len(records) > 1:
        dna.show_comparison(records, tracks, choice)
        dna.show_discovery(records, tracks, choice)

    st.subheader("Your own factor")
    dna.show_training()

    st.subheader("Export")
    dna.show_commands(records, choice)
    dna.keep_in_link(text, choice)
    detail.add_threshold()
