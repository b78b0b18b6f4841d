"""The frame: every page in menu order.  ``streamlit run app.py``."""

import streamlit as st

PAGES = {
    "": [st.Page("pages/home.py", title="Home", icon=":material/home:", default=True)],
    "DNA": [st.Page("pages/dna_binding.py", title="DNA binding", icon=":material/genetics:")],
    "Protein": [
        st.Page("pages/masked_residues.py", title="Masked residues", icon=":material/password:"),
        st.Page("pages/structures.py", title="Structures", icon=":material/deployed_code:"),
        st.Page("pages/embedding_map.py", title="Embedding map", icon=":material/scatter_plot:"),
        st.Page("pages/protein_function.py", title="Protein function", icon=":material/manufacturing:"),
    ],
    "About": [st.Page("pages/models.py", title="Models", icon=":material/fact_check:")],
}

st.navigation(PAGES).run()
