"""Guided tours: saved sessions on real questions, that open computed."""

from pathlib import Path

import streamlit as st

from biocore import runtime
from biocore.errors import BiocoreError
from biocore.web.frame import plain
from biocore.web.workspace import saving
from biocore.workspace.session import ENDING, Session, read_session

FOLDER = "tours"


@st.cache_data(max_entries=4, show_spinner=False)
def _titles(stamps: tuple[tuple[str, int], ...]) -> dict[str, tuple[str, str]]:
    found = {}
    for path, _ in stamps:
        try:
            session = _read(Path(path))
        except BiocoreError:
            continue
        found[path] = (session.title, session.notes.split("\n\n")[0])
    return found


def _read(path: Path) -> Session:
    return read_session(path.read_bytes())


def show() -> None:
    """A card for each tour."""
    paths = sorted((runtime.ASSETS / FOLDER).glob(f"*{ENDING}"))
    titles = _titles(tuple((str(path), path.stat().st_mtime_ns) for path in paths))
    if not titles:
        st.caption("The tours are not on this machine. Make them: python -m biocore tours")
        return
    columns = st.columns(len(titles))
    for column, (path, (title, question)) in zip(columns, titles.items(), strict=True):
        with column, st.container(border=True):
            st.markdown(f"**{plain(title)}**")
            st.caption(plain(question))
            st.button("Start", key=f"tour.{Path(path).name}", help=plain(title), on_click=_start, args=(path,))
    page = st.session_state.pop("biocore.tour_page", "")
    if page and (runtime.PAGES / f"{page}.py").exists():
        st.switch_page(f"pages/{page}.py")


def _start(path: str) -> None:
    session = _read(Path(path))
    saving.take(session)
    if session.page != "workspace":
        st.session_state["biocore.tour_page"] = session.page
