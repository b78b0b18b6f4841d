"""Numbers along a protein that one page offers to the others (entropy to the structures page, for instance)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from biocore.structure.tracks import Track

_KEY = "biocore.tracks"
MAX_TRACKS = 24  # the oldest is forgotten first


def offer_track(name: str, sequence: str, values: Sequence[float] | Any) -> None:
    """Offer a track to other pages of this session; one of the same name and sequence is replaced.

    Raises
    ------
    ValueError
        Not one value for each residue.
    """
    numbers = [float(value) for value in values]
    if len(numbers) != len(sequence):
        raise ValueError(f"{len(numbers)} values for {len(sequence)} residues")
    kept = [t for t in st.session_state.get(_KEY, []) if (t["name"], t["sequence"]) != (name, sequence)]
    kept.append({"name": name, "sequence": sequence, "values": numbers})
    st.session_state[_KEY] = kept[-MAX_TRACKS:]


def offered_tracks() -> list[Track]:
    """Tracks other pages have offered in this session, the latest first."""
    kept = reversed(st.session_state.get(_KEY, []))
    return [Track(track["name"], np.array(track["values"], float), track["sequence"]) for track in kept]
