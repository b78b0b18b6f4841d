"""The server and its frame: every page in menu order.  ``streamlit run app.py``."""

from pathlib import Path

import streamlit as st

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


def show() -> None:
    """Draw the menu and the page that was chosen in it."""
    pages = {
        section: [
            st.Page(path, title=title, default=path == "pages/home.py")
            for path, title in entries
            if (ROOT / path).exists()
        ]
        for section, entries in MENU.items()
    }
    chosen = st.navigation({section: entries for section, entries in pages.items() if entries})
    st.session_state["biocore.framed"] = True  # tells the page that the menu is there
    chosen.run()


if __name__ == "__main__":  # a visitor: Streamlit runs this file as a script
    show()
else:  # the server imports this file once, before anybody comes
    from biocore.web.warm import ready

    app = st.App(__file__, lifespan=ready)
