"""A session that outlives a reload: what was pasted is kept by the browser's tab, and by nobody else."""

import json
from functools import lru_cache
from pathlib import Path

import streamlit as st

from biocore.errors import InputError
from biocore.web.workspace import cursor, molecules
from biocore.workspace import DNA, PROTEIN, read_molecule

_COMPONENT = "biocore.keeper"
MOST = 2_000_000  # characters: a tab keeps about twice as many


def keep() -> None:
    """Hand the browser what to keep; a fresh session gets back what this tab kept.  Draw it once on every page."""
    _component()(key=_COMPONENT, data={"snapshot": _snapshot()}, on_saved_change=_restore, height="content")


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


@lru_cache(maxsize=1)
def _component():
    script = (Path(__file__).parent / "keeper.js").read_text("utf-8")
    return st.components.v2.component("biocore_keeper", html="<div hidden></div>", js=script, isolate_styles=False)
