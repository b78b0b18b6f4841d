"""The table of tracks: every number along a sequence that a page has computed in this session."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import streamlit as st

from biocore.structure import tracks as structure_tracks
from biocore.workspace import PROTEIN, Track, TrackTable

_KEY = "biocore.tracks"


def offer_track(
    name: str,
    sequence: str,
    values: Sequence[float] | Any,
    *,
    unit: str = "",
    source: str = "",
    kind: str = PROTEIN,
) -> None:
    """Put a track into the table of this session; one of the same name and sequence is replaced.

    Parameters
    ----------
    name, sequence, values, unit, source, kind
        As in `workspace.Track`; NaN is "not defined".

    Raises
    ------
    ValueError
        Not one value for each residue.
    """
    numbers = np.array([float(value) for value in values])
    st.session_state[_KEY] = track_table().add(Track(name, sequence, numbers, unit, source, kind))


def track_table() -> TrackTable:
    """All tracks of this session, the oldest first."""
    return st.session_state.get(_KEY, TrackTable())


def put_tracks(table: TrackTable) -> None:
    """Add the tracks of a session file."""
    now = track_table()
    for track in table:
        now = now.add(track)
    st.session_state[_KEY] = now


def offered_tracks(kind: str = PROTEIN) -> list[structure_tracks.Track]:
    """Tracks as a structure takes them, the latest first."""
    return [
        structure_tracks.Track(track.name, track.values, track.sequence, track.unit)
        for track in reversed(track_table().tracks)
        if track.kind == kind
    ]
