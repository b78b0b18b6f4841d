"""Home: what the tool answers, one box for anything, a card for each page, what is ready."""

import streamlit as st

from biocore import web
from biocore.web import home

web.page("biocore", "Paste a sequence and see what deep models make of it.")

st.markdown(
    "Paste **DNA** to see which of seventeen transcription factors bind it, where, and which bases matter. "
    "Paste a **protein** to see what a language model expects at every residue, what the protein does, and where it "
    "lies among others. Open a **structure** and paint any of these numbers on it."
)
with web.show_errors():
    home.paste_anything()
    fill_in = home.first_answers()
    st.subheader("Pages")
    home.page_cards()
    st.subheader("On this machine")
    home.ready()
    fill_in()
