"""Jobs: this browser's long work, many proteins in one go, and what is kept for how long."""

import streamlit as st

from biocore import web
from biocore.web import jobs as parts

web.page("Jobs", "What is being computed for you, how far is it, and where is the result?")

with web.show_errors():
    parts.show_jobs()

    st.subheader("Many proteins in one go")
    parts.submit_many()

    st.subheader("Limits, retention and privacy")
    parts.show_terms()
