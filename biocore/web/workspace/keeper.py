"""A session that outlives a reload: what was pasted or uploaded is kept by the browser's tab, and by nobody else."""

import base64
import json
import zlib
from functools import lru_cache
from pathlib import Path

import streamlit as st

from biocore.errors import InputError
from biocore.web.workspace import cursor, molecules
from biocore.workspace import DNA, PROTEIN, read_molecule

_COMPONENT, _FILES = "biocore.keeper", "biocore.keeper.files"
_PACKED = "biocore.keeper.packed"  # what the files were when they were packed, and the text they became
MOST = 2_000_000  # characters of each of the two: a tab keeps about five million
MOST_FILE = 50 * 2**20  # bytes of one file once it is unpacked
# session key of (name, content) of an upload -> session key and value of the menu that shows it
UPLOADS = {
    "structures.kept_file": ("structures.way", "file"),
    "structures.second.kept_file": ("structures.second.way", "file"),
    "masked_residues.kept_alignment": ("masked_residues.source", "an alignment of yours"),
    "variant_effects.kept_alignment": ("variant_effects.source", "an alignment of yours"),
}


def keep() -> None:
    """Hand the browser what to keep; a fresh session gets back what this tab kept.  Draw it once on every page."""
    for key, place, snapshot, restore in (
        (_COMPONENT, "biocore.workspace", _snapshot(), _restore),
        (_FILES, "biocore.files", _packed(), _unpack),
    ):
        _component()(key=key, data={"key": place, "snapshot": snapshot}, on_saved_change=restore, height="content")


def _snapshot() -> str:
    """Molecules and cursor as JSON; empty in a fresh session, so that nothing overwrites what the tab has."""
    if molecules.is_fresh():
        return ""
    found = [now for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None]
    kept = [{"kind": m.kind, "text": m.text, "current": m.current} for m in found]
    sequence, places = cursor.pointed()
    text = json.dumps({"molecules": kept, "cursor": {"sequence": sequence, "places": places}})
    return text if len(text) <= MOST else "{}"


def _restore() -> None:
    """Take back what the tab kept.  It comes from the browser, so it is read as carefully as anything pasted."""
    value = (st.session_state.get(_COMPONENT) or {}).get("saved")
    try:
        kept = json.loads(value) if isinstance(value, str) and len(value) <= MOST else {}
        for entry in kept.get("molecules", []):
            given = read_molecule(str(entry["text"]), str(entry["kind"]), current=int(entry["current"]))
            if molecules.molecule(given.kind) is None:  # a link that holds a sequence comes first
                molecules.put(given)
        places = [int(place) for place in kept.get("cursor", {}).get("places", [])]
        sequence = str(kept.get("cursor", {}).get("sequence", ""))
    except (InputError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return
    if places and max(places) < len(sequence) and min(places) >= 0:
        cursor.look_at("", sequence, places)


def _packed() -> str:
    """Uploads as JSON, each compressed; packed again only where one of them changed."""
    state = st.session_state
    found = {key: state[key] for key in UPLOADS if key in state}
    now = [(key, name, id(content), state.get(UPLOADS[key][0])) for key, (name, content) in found.items()]
    if state.get(_PACKED, ([], ""))[0] != now:
        entries, left = [], MOST - 1000
        for key, (name, content) in found.items():
            data = content if isinstance(content, bytes) else content.encode()
            text = base64.b64encode(zlib.compress(data)).decode()
            if len(text) <= left:  # what is too large for a tab is uploaded again after a reload
                left -= len(text)
                menu, shows = UPLOADS[key]
                entries.append({"key": key, "name": name[:200], "content": text, "shown": state.get(menu) == shows})
        state[_PACKED] = now, json.dumps(entries)
    return state.get(_PACKED, ([], ""))[1]


def _unpack() -> None:
    """Take back the uploads a tab kept; whatever is not what was packed is left."""
    state = st.session_state
    value = (state.get(_FILES) or {}).get("saved")
    try:
        entries = json.loads(value) if isinstance(value, str) and len(value) <= MOST else []
        for entry in entries:
            key, name = str(entry["key"]), str(entry["name"])[:200]
            unpacker = zlib.decompressobj()
            content = unpacker.decompress(base64.b64decode(entry["content"], validate=True), MOST_FILE)
            if key not in UPLOADS or key in state or unpacker.unconsumed_tail:
                continue
            state[key] = name, content if key.endswith("file") else content.decode()
            menu, shows = UPLOADS[key]
            if entry["shown"] is True:
                state[menu] = shows
                show_structure_input(menu)
    except (ValueError, KeyError, TypeError, zlib.error, RecursionError):
        return


def show_structure_input(menu: str) -> None:
    """The other parts of a structure's input have values once its menu has one."""
    prefix = menu.removesuffix(".way")
    if prefix == menu:
        return
    for part in ("seq", "text", "id"):
        st.session_state.setdefault(f"{prefix}.{part}", "")
    st.session_state.setdefault(f"{prefix}.shape", "helix")


@lru_cache(maxsize=1)
def _component():
    script = (Path(__file__).parent / "keeper.js").read_text("utf-8")
    return st.components.v2.component("biocore_keeper", html="<div hidden></div>", js=script, isolate_styles=False)
