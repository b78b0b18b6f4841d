"""Saving a session as a file, and opening one."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from biocore.errors import InputError
from biocore.web.frame import plain
from biocore.web.outputs import download
from biocore.web.tracks import put_tracks, track_table
from biocore.web.workspace import answers, cursor, molecules
from biocore.workspace import DNA, PROTEIN
from biocore.workspace.report import file_name
from biocore.workspace.session import ENDING, MOST_BYTES, Session, read_session, write_session

_OPENED, _ERROR, _FILE = "biocore.opened", "biocore.open_error", "workspace.file"
MOST_OFFSET = 100_000


def _text(value: Any) -> bool:
    return isinstance(value, str) and len(value) < 20_000


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= MOST_OFFSET


def _one(*allowed: str) -> Callable[[Any], bool]:
    return lambda value: value in allowed


# What is saved of the pages' settings, each with what it may be when it comes back from a file
SETTINGS: dict[str, Callable[[Any], bool]] = {
    "masked_residues.offset": _whole,
    "masked_residues.strategy": _one("blend", "family", "masked", "wild-type"),
    "masked_residues.variants": _text,
    "variant_effects.offset": _whole,
    "variant_effects.variants": _text,
    "dna.variants": _text,
    "dna.unit": _one("log-odds", "probability"),
    "dna.strand": _one("both", "forward", "reverse"),
    "structures.way": _one("id", "seq", "text"),
    "structures.id": _text,
    "structures.seq": _text,
    "structures.shape": _one("helix", "strand", "ppii", "collagen"),
    "structures.colour": _one("chain", "spectrum", "secondary", "element", "hydrophobicity", "b", "plddt", "track"),
}


def session_now(page: str = "workspace") -> Session:
    """Everything of this session that a file can hold."""
    found = {kind: now for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None}
    sequence, places = cursor.pointed()
    kind = next((kind for kind, now in found.items() if now.sequence == sequence), "")
    state = st.session_state
    settings = {key: state[key] for key, good in SETTINGS.items() if key in state and good(state[key])}
    opened = opened_session()
    return Session(
        found,
        track_table(),
        tuple(each.answer for now in found.values() for each in answers.kept(now.sequence).values()),
        {kind: places} if kind else {},
        settings,
        structure_now(),
        page,
        opened.title if opened else next((now.name for now in found.values()), ""),
        opened.notes if opened else "",
    )


def structure_now() -> tuple[str, bytes] | None:
    """The structure of the structures page: a file's name and bytes, or an identifier; None for a built one."""
    way = st.session_state.get("structures.way")
    if way == "id" and st.session_state.get("structures.id", "").strip():
        return st.session_state["structures.id"].strip(), b""
    if way == "file" and "structures.kept_file" in st.session_state:
        return st.session_state["structures.kept_file"]
    if way == "text" and st.session_state.get("structures.text", "").strip():
        return "pasted text", st.session_state["structures.text"].encode()
    return None


def opened_session() -> Session | None:
    """The session file that was opened last, without what the session has taken over."""
    return st.session_state.get(_OPENED)


def take(session: Session) -> None:
    """Make a file's session the present one: molecules, tracks, answers, cursor and settings."""
    for molecule in session.molecules.values():
        molecules.put(molecule)
    put_tracks(session.tracks)
    for answer in session.answers:
        shown = session.molecules.get(DNA if answer.page == "dna_binding" else PROTEIN)
        if shown is not None:
            answers.keep(shown.sequence, answer)
    for key, value in session.settings.items():
        if key in SETTINGS and SETTINGS[key](value):
            st.session_state[key] = value
    if session.structure is not None:
        _take_structure(*session.structure)
    for kind, places in session.cursor.items():
        pointed = session.molecules.get(kind)
        if pointed is not None and places and max(places) < len(pointed.sequence):
            cursor.look_at("", pointed.sequence, places)
    if session.molecules:
        st.session_state["workspace.kind"] = next(iter(session.molecules))
    st.session_state[_OPENED] = replace(session, tracks=type(session.tracks)(), answers=(), structure=None)


def _take_structure(name: str, content: bytes) -> None:
    state = st.session_state
    if content:
        state["structures.way"], state["structures.kept_file"] = "file", (name[:200], content)
    else:
        state["structures.way"], state["structures.id"] = "id", name[:60]
    for key in ("structures.seq", "structures.text", "structures.id"):
        state.setdefault(key, "")
    state.setdefault("structures.shape", "helix")


def show() -> None:
    """Save and Open, in the side bar."""
    with st.container(horizontal=True, gap="small"):
        now = session_now()
        download(
            "Save",
            lambda: write_session(now),
            f"{file_name(now.title or 'session')}{ENDING}",
            "application/zip",
            key="workspace.save",
        )
        with st.popover("Open", icon=":material/folder_open:"):
            st.file_uploader(
                "A session file (.biocore.zip)",
                type=["zip"],
                key=_FILE,
                on_change=_open,
                max_upload_size=MOST_BYTES // 2**20,
                help="Brings back the molecules, tracks, answers and settings somebody saved. Nothing in it is run.",
            )
            if st.session_state.get(_ERROR):
                st.error(plain(st.session_state[_ERROR]), icon=":material/error:")
    opened = opened_session()
    if opened is not None and opened.title:
        st.caption(plain(f"Opened: {opened.title}"), help=plain(opened.notes) or None)


def _open() -> None:
    file = st.session_state.get(_FILE)
    st.session_state.pop(_ERROR, None)
    if file is None:
        return
    try:
        take(read_session(file.getvalue()))
    except InputError as error:
        st.session_state[_ERROR] = str(error)
