"""Colouring a structure by a per-residue track: from another page or from the user's table."""

import numpy as np
import streamlit as st

from biocore import web
from biocore.errors import BiocoreError, InputError
from biocore.plot.residue_colour import Colouring, colour
from biocore.structure.model import PROTEIN, Structure
from biocore.structure.tracks import Track, match_track, read_tracks
from biocore.web.inputs import show_upload_error, upload_text
from biocore.web.structures.current import belongs
from biocore.web.tracks import offered_tracks

TABLE_KEY, FILE_KEY = "structures.track_table", "structures.track_file"
MAX_CHAINS = 60
EXAMPLE = "position,letter,value\n1,G,0.1\n2,I,0.7\n3,G,0.2"


def colouring(structure: Structure, mode: str) -> Colouring:
    """The colours of the page; for a track, with its menu and the report of what did not match.

    Raises
    ------
    InputError
        The table cannot be read, or nothing of it fits.
    """
    if mode != "track":
        return colour(structure, mode)
    with st.container(border=True):
        values, title = _painted(structure)
    if values is None:
        return colour(structure, "chain")
    return colour(structure, "track", values=values, title=title)


def _painted(structure: Structure) -> tuple[np.ndarray | None, str]:
    tracks = [track for track in offered_tracks() if belongs(structure, track.sequence)]
    left, right = st.columns([2, 3])
    with left:
        table = _table_input()
    if table:
        try:
            tracks = read_tracks(table, "your table") + tracks
        except InputError as error:
            st.error(web.plain(str(error)), icon=":material/error:")
    if not tracks:
        st.info(
            "No track yet that belongs to a chain of this one: paste or upload a table, or open a page that makes "
            "one with this protein (Masked residues: entropy and mean effect). Until then chains are coloured.",
            icon=":material/info:",
        )
        return None, ""
    with right:
        return _matched(structure, tracks)


def _table_input() -> str:
    upload_text("Table (CSV or TSV)", key=FILE_KEY, into=TABLE_KEY, types=("csv", "tsv", "txt", "gz"))
    show_upload_error(FILE_KEY)
    return st.text_area(
        "or paste it",
        key=TABLE_KEY,
        height=120,
        persist_state="session",
        placeholder=EXAMPLE,
        help="A header line, then one line for each residue. Columns named position (or number), letter (or wild_type) "
        "and chain are recognised; every column of numbers becomes a track. Letters are matched by alignment.",
    )


def _matched(structure: Structure, tracks: list[Track]) -> tuple[np.ndarray | None, str]:
    index = st.selectbox(
        "Track",
        range(len(tracks)),
        format_func=lambda i: tracks[i].name,
        key="structures.track",
        persist_state="session",
    )
    track = tracks[min(index or 0, len(tracks) - 1)]
    names = [chain.name for chain in structure.chains if len(chain.polymer)][:MAX_CHAINS]
    best = _best_chains(structure, names, track)
    key = f"structures.track_chains.{structure.key}.{index}.{len(tracks)}"
    chains = st.multiselect("Chains it belongs to", names, default=best, key=key)
    numbering = "author"
    if not track.sequence.strip("X"):
        numbering = st.radio(
            "The table's numbers are",
            ["author", "sequence"],
            format_func={"author": "the author's residue numbers", "sequence": "positions in the sequence"}.__getitem__,
            horizontal=True,
            key="structures.numbering",
        )
    values = np.full(len(structure.residues), np.nan)
    lines = list(track.notes)
    for name in chains:
        try:
            match = match_track(structure, name, track, numbering=numbering)
        except InputError as error:
            lines.append(str(error))
            continue
        values = np.where(np.isfinite(match.values), match.values, values)
        lines += match.report()
    for line in lines[:12]:
        st.text(line)
    return (values if np.isfinite(values).any() else None), track.name


def _best_chains(structure: Structure, names: list[str], track: Track) -> list[str]:
    """The chain the track names, or the one it fits best, with its copies of the same sequence."""
    if track.chain in names:
        return [track.chain]
    scored = []
    for chain in {structure.chain(name).sequence: structure.chain(name) for name in reversed(names)}.values():
        try:
            match = match_track(structure, chain.name, track)
        except BiocoreError:
            continue
        identity = match.identity if np.isfinite(match.identity) else 1.0
        scored.append((identity * match.matched, chain.kind == PROTEIN, chain.sequence))
    if not scored:
        return names[:1]
    best = max(scored)[2]
    return [name for name in names if structure.chain(name).sequence == best]
