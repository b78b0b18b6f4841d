"""The frame: every page in menu order.  ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

from biocore.web.shared import warm_up

# No icons here: the browser would fetch the page's icon from the internet.
MENU = {
    "": [("pages/home.py", "Home"), ("pages/workspace.py", "Workspace")],
    "DNA": [("pages/dna_binding.py", "DNA binding")],
    "Protein": [
        ("pages/masked_residues.py", "Masked residues"),
        ("pages/variant_effects.py", "Variant effects"),
        ("pages/structures.py", "Structures"),
        ("pages/embedding_map.py", "Embedding map"),
        ("pages/protein_function.py", "Protein function"),
    ],
    "About": [("pages/jobs.py", "Jobs"), ("pages/models.py", "Models")],
}
ROOT = Path(__file__).parent

pages = {
    section: [
        st.Page(path, title=title, default=path == "pages/home.py") for path, title in entries if (ROOT / path).exists()
    ]
    for section, entries in MENU.items()
}
if st.runtime.exists():  # a test has no server to warm
    warm_up()
chosen = st.navigation({section: entries for section, entries in pages.items() if entries})
st.session_state["biocore.framed"] = True  # tells the page that the menu is there
chosen.run()
