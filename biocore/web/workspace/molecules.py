"""The current protein and the current DNA of a session; every text box of that kind follows them."""

import streamlit as st

from biocore.errors import InputError
from biocore.workspace import DNA, PROTEIN, Molecule, read_molecule

_KEY = "biocore.molecules"  # kind -> (number of the change, Molecule)
_COUNT = "biocore.molecule_changes"


def is_fresh() -> bool:
    """Whether nothing was pasted, opened or cleared in this session yet."""
    return _KEY not in st.session_state


def molecule(kind: str) -> Molecule | None:
    """The current protein ("protein") or DNA ("dna"); None where nothing was pasted."""
    entry = st.session_state.get(_KEY, {}).get(kind)
    return entry[1] if entry else None


def stamp(kind: str) -> int:
    """Changes when another text becomes the current molecule; 0 before the first."""
    entry = st.session_state.get(_KEY, {}).get(kind)
    return entry[0] if entry else 0


def chosen(kind: str) -> tuple[int, int]:
    """Changes when another text, or another record of it, becomes the current one."""
    now = molecule(kind)
    return stamp(kind), now.current if now else 0


def put(given: Molecule) -> None:
    """Make a molecule the current one of its kind; the same text again only chooses its record."""
    known = molecule(given.kind)
    if known is not None and known.text == given.text:
        choose(given.kind, given.current)
        return
    count = st.session_state[_COUNT] = st.session_state.get(_COUNT, 0) + 1
    st.session_state[_KEY] = st.session_state.get(_KEY, {}) | {given.kind: (count, given)}


def use(kind: str, text: str, *, record: int = 0) -> bool:
    """Make a pasted text the current molecule where it can be read; DNA typed as a protein becomes the current DNA.

    Parameters
    ----------
    kind : str
        What the text box is for.
    text : str
    record : int
        0-based record to look at; the first where there are not as many.

    Returns
    -------
    bool
        Whether it is the current molecule of `kind` now.
    """
    try:
        given = read_molecule(text, kind)
        if kind == PROTEIN and looks_coding(text):
            given = read_molecule(text, DNA)
        if 0 < record < len(given.records):
            given = given.choose(record)
        _ = given.sequence  # a text that no page can read is nobody's current molecule
    except InputError:
        return False
    put(given)
    return given.kind == kind


def looks_coding(text: str) -> bool:
    """Whether a text in a protein's box is DNA."""
    try:
        found = read_molecule(text)
    except InputError:
        return False
    return found.kind == DNA and len(found.records[0].sequence) >= 20


def choose(kind: str, index: int) -> None:
    """Look at another record of the current molecule."""
    now = molecule(kind)
    if now is not None and index != now.current and 0 <= index < len(now.records):
        st.session_state[_KEY] = st.session_state[_KEY] | {kind: (stamp(kind), now.choose(index))}


def forget(kind: str) -> None:
    """No current molecule of this kind any more: pages keep what they show, new ones open with their example."""
    st.session_state[_KEY] = {k: v for k, v in st.session_state.get(_KEY, {}).items() if k != kind}


def kind_of(names: tuple[str, ...]) -> str:
    """The kind whose current molecule has records of these names; empty where there is none."""
    found = [kind for kind in (PROTEIN, DNA) if (now := molecule(kind)) is not None and now.names == names]
    return found[0] if found else ""
