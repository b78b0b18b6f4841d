"""The frame every page stands in, and how errors are shown."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import streamlit as st

from biocore import runtime, zoo
from biocore.errors import BiocoreError
from biocore.web.browser_key import keep_owner
from biocore.web.garbage import collect_sometimes
from biocore.web.job_link import open_linked_job

LOGO = runtime.ASSETS / "logo.svg"
PRIVACY = (
    "Sequences, variants and files are kept for this session only, and the pasted sequences in the memory of this "
    "browser tab, so that a reload brings them back. Long work is a job: its input and result stay on this machine "
    "for the time that the page Jobs states, or until you delete them there. Only this browser can open it, by a "
    "random key that it keeps in a cookie, unless you share a link there. Embeddings of proteins stay in a cache on "
    "this machine, under a hash of the sequence. Answers about the worked examples are shared by all visitors. The "
    "address of a page holds its settings. What you pasted gets into a link only when you press *Copy link*, and "
    "whoever has that link can read it. PDB ids and UniProt accessions are asked of their public archives."
)
ICON = runtime.ASSETS / "icon.svg"  # a file of ours: icons by name are fetched from the internet


def page(title: str, question: str) -> None:
    """Start a page: browser title, heading, the biological question it answers, and the common side bar."""
    st.set_page_config(page_title=f"{title} - biocore", page_icon=str(ICON), layout="wide")
    if LOGO.exists():
        st.logo(str(LOGO), size="large")
    st.title(title)
    st.caption(question)
    with st.sidebar:
        from biocore.web.workspace import (  # they show words of a user's, by `plain` of this module
            keeper,
            saving,
            sidebar,
        )

        if not st.session_state.pop("biocore.framed", False):
            # A fresh server runs a page opened by its address on its own, with a menu made of file names.
            st.html("<style>[data-testid='stSidebarNav'] { display: none }</style>")
            st.html("<a href='./' target='_self'>Home and all pages</a>")
        keeper.keep()
        keep_owner()
        sidebar.show()
        saving.show()
        st.divider()
        st.segmented_control(
            "Figures are saved as",
            ["png", "svg"],
            default="png",
            required=True,
            format_func=str.upper,
            key="biocore.figure_format",
            persist_state="session",
            help="Used by the camera button at the top right of each figure. PNG has twice the screen's size.",
        )
        st.caption(plain(f"Models run on: {runtime.device().name}"))
        st.caption("What you paste stays on the machine that runs this page.", help=PRIVACY)
    open_linked_job()
    collect_sometimes()


@contextmanager
def show_errors() -> Iterator[None]:
    """Show a BiocoreError as a message and end the page there; let bugs surface as tracebacks."""
    try:
        yield
    except BiocoreError as error:
        st.error(plain(str(error)), icon=":material/error:")
        st.stop()


_MARKDOWN = re.compile(r"([\\`*_\[\]$<~|]|:(?=[\w/+-]+:)|^[ \t]*(?:[#>+-]|\d+[.)](?=\s)))", re.MULTILINE)


def plain(text: str) -> str:
    """`text` as Markdown that shows it as it is: a name from a user's file must not load a picture or become a link."""
    return _MARKDOWN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    sign = found.group(0)
    return f"{sign[:-1]}\\{sign[-1]}"


def show_notes(notes: Iterable[str]) -> None:
    """Say what was changed in the user's input, one line for each kind of change."""
    notes = list(dict.fromkeys(notes))
    if notes:
        st.info("  \n".join(plain(note) for note in notes), icon=":material/info:")


def limits(card: zoo.ModelCard) -> None:
    """What the model cannot do, beside its result."""
    st.caption(f":material/warning: **Limits of {plain(card.title)}.** {plain(card.limits)}")
