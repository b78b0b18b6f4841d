"""The side bar's part of every page: which molecule, which residue, which record."""

import math

import streamlit as st

from biocore.errors import BiocoreError, InputError
from biocore.sequence import Record, reading_frames, to_fasta
from biocore.web.frame import plain
from biocore.web.tracks import track_table
from biocore.web.workspace import cursor, molecules
from biocore.workspace import DNA, PROTEIN, Molecule, read_molecule

_NAMES = {PROTEIN: "Protein", DNA: "DNA"}
MOST_FRAMES, MOST_LINES = 12, 8


def show() -> None:
    """Name and records of the current molecules, and the residue that is looked at."""
    found = [now for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None]
    if not found:
        st.caption("Nothing pasted yet: pages show worked examples. What you paste on one page is on all of them.")
    for now in found:
        _show_one(now)
    _show_cursor()


def _show_one(now: Molecule) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{plain(_NAMES[now.kind])}**  \n{plain(now.title)}", width="stretch")
        st.button(
            "",
            icon=":material/close:",
            key=f"workspace.forget.{now.kind}",
            type="tertiary",
            help="Forget it",
            on_click=molecules.forget,
            args=(now.kind,),
        )
    if len(now.records) > 1:
        key = f"workspace.record.{now.kind}"
        st.session_state[key] = now.current

        def choose() -> None:
            molecules.choose(now.kind, st.session_state[key])

        st.selectbox(
            f"Record of {len(now.records):,}",
            range(len(now.records)),
            format_func=lambda i: f"{i + 1}. {now.names[i]}",
            key=key,
            on_change=choose,
        )
    if now.kind == DNA:
        with st.popover("Translate", icon=":material/translate:", width="stretch"):
            translation(now, "sidebar")


def _show_cursor() -> None:
    sequence, places = cursor.pointed()
    if not places:
        return
    known = [now.sequence for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None]
    of = "" if not known or sequence in known else f" of another sequence of {len(sequence):,} letters"
    shown = ", ".join(f"{sequence[place]}{place + 1}" for place in places[:6]) + (" ..." if len(places) > 6 else "")
    lines = [f":material/my_location: **{plain(shown)}**{plain(of)}"]
    if len(places) == 1:
        tracks = [track for track in reversed(track_table().of(sequence)) if math.isfinite(track.values[places[0]])]
        lines += [plain(f"{track.name}: {track.values[places[0]]:.3g} {track.unit}") for track in tracks[:MOST_LINES]]
    st.caption("  \n".join(lines), help="The residue all pages look at, and what they have computed for it.")


def translation(now: Molecule, place: str) -> None:
    """Open reading frames of a DNA, the longest first; the chosen one becomes the current protein."""
    try:
        frames = reading_frames(now.sequence)[:MOST_FRAMES]
    except InputError as error:
        st.caption(plain(str(error)))
        return
    if not frames:
        st.caption("No reading frame of this DNA has 20 residues without a stop codon.")
        return
    key = f"workspace.frame.{place}"
    index = st.selectbox(
        "Reading frame",
        range(len(frames)),
        format_func=lambda i: frames[i].title,
        key=key,
        help="All six frames by the standard genetic code; the longest that begins with ATG comes first.",
    )
    frame = frames[min(index or 0, len(frames) - 1)]

    def use() -> None:
        name = f"{now.name}_frame{frame.frame:+d}_{frame.start + 1}-{frame.end}"
        molecules.put(read_molecule(to_fasta([Record(name, frame.protein)]), PROTEIN))

    st.button("Use this protein", key=f"{key}.use", on_click=use, type="primary")


def offer_translation(text: str, key: str) -> None:
    """Below a protein's text box that holds DNA: its reading frames."""
    if not molecules.looks_coding(text):
        return
    with st.container(border=True):
        st.caption("This is DNA. It is the current DNA of all pages now; a protein it encodes can be used here.")
        try:
            translation(read_molecule(text, DNA), key)
        except BiocoreError as error:
            st.caption(plain(str(error)))
