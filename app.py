"""The frame: every page in menu order.  ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

MENU = {
    "": [("pages/home.py", "Home", "home")],
    "DNA": [("pages/dna_binding.py", "DNA binding", "genetics")],
    "Protein": [
        ("pages/masked_residues.py", "Masked residues", "password"),
        ("pages/structures.py", "Structures", "deployed_code"),
        ("pages/embedding_map.py", "Embedding map", "scatter_plot"),
        ("pages/protein_function.py", "Protein function", "manufacturing"),
    ],
    "About": [("pages/models.py", "Models", "fact_check")],
}
ROOT = Path(__file__).parent

pages = {
    section: [
        st.Page(path, title=title, icon=f":material/{icon}:", default=path == "pages/home.py")
        for path, title, icon in entries
        if (ROOT / path).exists()
    ]
    for section, entries in MENU.items()
}
st.navigation({section: entries for section, entries in pages.items() if entries}).run()
