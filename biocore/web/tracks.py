"""Numbers along a protein that one page offers to the others (entropy to the structures page, for instance)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

_KEY = "biocore.tracks"
MAX_TRACKS = 24  # the oldest is forgotten first


@dataclass(frozen=True)
class Track:
    """Values along a protein: `values` has one number for each letter of `sequence`, NaN where it is not defined."""

    name: str
    sequence: str
    values: list[float]


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
    return [Track(**track) for track in reversed(st.session_state.get(_KEY, []))]
