"""One residue cursor: what is clicked on any page is looked at on all of them.

A page tells with `look_at` what was clicked, and asks `changed` or `news` at its start whether another page has pointed
at something since.  Residues are told by the sequence they belong to, so that a chain of a structure or a longer
construct is pointed at in the place that aligns.
"""

from collections.abc import Sequence

import streamlit as st

from biocore.errors import InputError
from biocore.structure.alignment import align

_KEY = "biocore.cursor"  # (number of the change, sequence, 0-based places)
_SEEN = "biocore.cursor_seen"
_IDENTITY = 0.5  # of the shorter sequence: two others have nothing to do with each other


def look_at(reader: str, sequence: str, places: Sequence[int]) -> None:
    """Point at residues.

    Parameters
    ----------
    reader : str
        The page that points; it needs no news of that.
    sequence : str
        The cleaned sequence they belong to.
    places : sequence of int
        0-based; empty points at nothing.
    """
    number, of, now = st.session_state.get(_KEY, (0, "", ()))
    if (of, now) != (sequence, tuple(places)):
        number += 1
        st.session_state[_KEY] = (number, sequence, tuple(int(place) for place in places))
    _see(reader, number)


def news(reader: str, sequence: str) -> tuple[int, ...] | None:
    """What other pages have pointed at since this one last asked, as places of `sequence`; None where nothing."""
    return (pointed_in(sequence) or None) if changed(reader) else None


def changed(reader: str) -> bool:
    """Whether another page has pointed at something since `reader` last asked."""
    number = st.session_state.get(_KEY, (0, "", ()))[0]
    if st.session_state.get(_SEEN, {}).get(reader, 0) == number:
        return False
    _see(reader, number)
    return True


def _see(reader: str, number: int) -> None:
    st.session_state[_SEEN] = st.session_state.get(_SEEN, {}) | {reader: number}


def pointed() -> tuple[str, tuple[int, ...]]:
    """The sequence that is pointed at, and the 0-based places; empty where nothing is."""
    _, sequence, places = st.session_state.get(_KEY, (0, "", ()))
    return sequence, places


def pointed_in(sequence: str) -> tuple[int, ...]:
    """The residues that are pointed at as places of another sequence; empty where the two do not belong together."""
    of, places = pointed()
    if not places or not sequence:
        return ()
    if of == sequence:
        return places
    found = _places(of, sequence)
    return tuple(found[place] for place in places if place in found)


def belong_together(first: str, second: str) -> bool:
    """Whether two sequences are of one molecule: half of the shorter one's letters agree where they align."""
    return first == second or bool(_places(first, second))


def _is_dna(sequence: str) -> bool:
    return len(sequence) >= 20 and set(sequence) <= set("ACGTUN")


@st.cache_data(max_entries=64, scope="session", show_spinner=False)
def _places(first: str, second: str) -> dict[int, int]:
    if {_is_dna(first), _is_dna(second)} != {False}:  # a base is pointed at in the same DNA only
        return {}
    try:
        pairs = align(first, second)
    except InputError:  # too long to be aligned
        return {}
    same = sum(first[i] == second[j] for i, j in pairs)
    return dict(pairs) if same >= _IDENTITY * min(len(first), len(second)) and same >= 5 else {}
