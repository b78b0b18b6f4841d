"""Protein function: GO terms with probabilities one can trust, and evidence one can check."""

import streamlit as st

from biocore import web
from biocore.web import protein_function as parts

web.page("Protein function", "What does this protein do, how sure is the model, and what is that based on?")

text = web.sequence_input("Protein", key="function", kind="protein", examples=parts.examples(), help=parts.HELP)

with web.show_errors():
    card = parts.choose_model()
    proteins = parts.read_proteins(text)
    done = parts.predict(card, proteins)
    number = parts.choose_protein(card, proteins, done)
    protein, prediction = proteins[number], done[number]
    web.show_notes(protein.notes)

    st.subheader("The answer")
    answer = parts.show_answer(card, protein, prediction)
    web.limits(card)
    web.link_to("models", "How good the model is, measured", model=card.name)

    st.subheader("Nearest annotated proteins")
    parts.show_neighbours(card, prediction)

    st.subheader("Which residues it rests on")
    term = parts.show_residues(card, protein, answer, alone=len(proteins) == 1)
    parts.show_alignment(card, protein, prediction, term)

    st.subheader("Export")
    parts.show_outputs(card, proteins, done)
    parts.keep_in_link(text, proteins, number, term)
