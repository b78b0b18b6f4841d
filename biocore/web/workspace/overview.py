"""The workspace page: tracks stacked and exported, the report, guided tours."""

from collections.abc import Sequence
from functools import partial

import streamlit as st

from biocore import web
from biocore.errors import BiocoreError
from biocore.plot.workspace import stacked_tracks
from biocore.structure import fetch, read_structure
from biocore.structure.model import Structure
from biocore.web.sequence_view import sequence_view
from biocore.web.structures.current import belongs
from biocore.web.tracks import track_table
from biocore.web.workspace import answers, cursor, molecules, saving
from biocore.web.workspace.own_tracks import own_tracks
from biocore.workspace import DNA, PROTEIN, Molecule, Track, exports
from biocore.workspace.answers import TITLES, pages_of
from biocore.workspace.answers.shape import hydropathy, structure_answer, structure_tracks
from biocore.workspace.report import file_name, report_html
from biocore.workspace.tracks import to_frame

MOST_SHOWN = 12
_READER = "workspace"


def choose_molecule() -> Molecule | None:
    """The molecule the page is about; a choice where there are a protein and a DNA."""
    found = answers.current()
    if not found:
        st.info(
            "Nothing is pasted yet. Paste a protein or a DNA on Home or on any page, open a saved session in the side "
            "bar, or start one of the tours below.",
            icon=":material/info:",
        )
        return None
    if len(found) == 1:
        return found[0]
    st.session_state.setdefault("workspace.kind", PROTEIN)
    kind = st.segmented_control(
        "Molecule",
        [PROTEIN, DNA],
        required=True,
        format_func={PROTEIN: "Protein", DNA: "DNA"}.__getitem__,
        key="workspace.kind",
        persist_state="session",
    )
    return molecules.molecule(kind or PROTEIN)


def show_sequence(molecule: Molecule) -> None:
    """The letters; a click points every page at a residue."""
    sequence = molecule.sequence
    if molecule.kind == DNA and len(sequence) > 5000:
        st.caption("The DNA is too long to be shown letter by letter here.")
        return
    clicked = sequence_view(
        sequence,
        key=f"workspace.sequence.{molecule.kind}",
        selected=cursor.pointed_in(sequence),
        label=f"{molecule.name}: arrow keys move, Enter points every page at it",
        max_height=180,
    )
    if clicked is not None:
        cursor.look_at(_READER, sequence, [clicked])
        st.rerun()


def tracks_of(molecule: Molecule, structure: Structure | None) -> list[Track]:
    """All tracks of the current record: computed on pages, of the structure that is loaded, and hydropathy."""
    sequence = molecule.sequence
    found = track_table().of(sequence)
    if molecule.kind == PROTEIN:
        found = [*found, hydropathy(sequence)]
        if structure is not None:
            found += [track for track in structure_tracks(structure) if track.sequence == sequence]
    return found


def structure_here(molecule: Molecule) -> Structure | None:
    """The structure of the structures page where it is this protein's; None where it is not, or cannot be read."""
    given = saving.structure_now()
    if given is None or molecule.kind != PROTEIN:
        return None
    try:
        structure = read_structure(given[1], given[0]) if given[1] else fetch(given[0])
    except BiocoreError:
        return None
    return structure if belongs(structure, molecule.sequence) else None


def show_tracks(molecule: Molecule, tracks: Sequence[Track], structure: Structure | None) -> None:
    """The stacked figure, and every export of the chosen tracks."""
    names = [track.name for track in tracks]
    own_tracks(molecule)
    if not tracks:
        st.caption("No page has computed anything along this sequence yet.")
        return
    chosen = st.multiselect(
        "Tracks", names, default=names[:MOST_SHOWN], key=f"workspace.tracks.{molecule.kind}.{len(names)}"
    )
    shown = [track for track in tracks if track.name in chosen] or list(tracks[:1])
    event = web.figure(
        stacked_tracks(
            [(track.title, track.values) for track in shown],
            molecule.sequence,
            cursor=cursor.pointed_in(molecule.sequence),
        ),
        f"{file_name(molecule.name)}_tracks",
        alt=f"Tracks of {molecule.name}, one above the other: {', '.join(track.title for track in shown)}.",
        key="workspace.stack",
        on_select="rerun",
        selection_mode="points",
    )
    _use_click(molecule, event)
    web.fold(
        "Tracks as a table", lambda: web.listing(to_frame(shown).round(4), height=300), key="workspace.tracks.fold"
    )
    _exports(molecule, shown, structure)


def _use_click(molecule: Molecule, event) -> None:
    points = (event or {}).get("selection", {}).get("points", [])
    data = next((point["customdata"] for point in points if point.get("customdata") is not None), None)
    if data is None:
        return
    place = int(data[0] if isinstance(data, list | tuple) else data)
    mark = (molecule.sequence, place)
    if st.session_state.get("workspace.clicked") != mark and 0 <= place < len(molecule.sequence):
        st.session_state["workspace.clicked"] = mark
        cursor.look_at(_READER, molecule.sequence, [place])
        st.rerun()


def _exports(molecule: Molecule, tracks: Sequence[Track], structure: Structure | None) -> None:
    name = file_name(molecule.name)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        web.download("CSV", partial(exports.to_csv, tracks), f"{name}_tracks.csv", "text/csv", key="workspace.csv")
        if molecule.kind == DNA:
            web.download("bedGraph", partial(exports.to_bedgraph, tracks), f"{name}.bedgraph", "text/plain")
            return
        index = st.selectbox(
            "Track for PyMOL and ChimeraX",
            range(len(tracks)),
            format_func=lambda i: tracks[i].title,
            key=f"workspace.script.{len(tracks)}",
        )
        track = tracks[index or 0]
        web.download(
            "PyMOL", partial(exports.to_pymol, track, structure), f"{name}.pml", "text/plain", key="workspace.pml"
        )
        web.download(
            "ChimeraX", partial(exports.to_chimerax, track, structure), f"{name}.cxc", "text/plain", key="workspace.cxc"
        )
    of = f"the residue numbers of {structure.name}" if structure is not None else "residue 1 of the sequence as 1"
    st.caption(web.plain(f"The scripts use {of}. Colours end at percentiles 2 and 98."))


def show_report(molecule: Molecule, tracks: Sequence[Track], structure: Structure | None) -> None:
    """Every page's answer, computed on a click; then the report as a file."""
    pages = pages_of(molecule.kind)
    known = answers.kept(molecule.sequence)
    todo = [page for page in pages if page not in known or known[page].answer.figure is None]
    if todo and st.button("Compute every page's answer", type="primary", icon=":material/play_arrow:"):
        bar = st.progress(0.0, "Starting...")
        for number, page in enumerate(todo):
            bar.progress(number / len(todo), f"{TITLES[page]}...")
            try:
                answers.answer_of(molecule, page, quick=False)
            except BiocoreError as error:
                st.warning(web.plain(f"{TITLES[page]}: {error}"), icon=":material/warning:")
        bar.empty()
        st.session_state["workspace.computed"] = molecule.sequence
        st.rerun()
    found = [known[page].answer for page in pages if page in known]
    if structure is not None:
        found = [structure_answer(structure).answer, *found]
    for answer in found:
        st.markdown(f"**{web.plain(answer.title)}.** {web.plain(answer.text)}")
    if found:
        make = partial(report_html, molecule, found, tracks, structure=structure)
        name = f"{file_name(molecule.name)}_report.html"
        web.download("Report (one HTML file, opens offline)", make, name, "text/html", key="workspace.report")
        st.caption(
            "With every figure, the 3D view where a structure of this protein is loaded, the limits of each model, "
            "command lines and versions. Print it from the browser for a PDF."
        )
    whole = molecule.sequence if len(molecule.sequence) <= 2000 else "molecule.fasta"
    web.command_line(["report", whole, "--out", "report.html"])


def notes() -> None:
    """What whoever saved the opened session says about it."""
    opened = saving.opened_session()
    if opened is not None and opened.notes:
        with st.container(border=True):
            st.markdown(f"**{web.plain(opened.title)}**")
            for paragraph in opened.notes.split("\n\n"):
                st.markdown(web.plain(paragraph))
            with st.container(horizontal=True):
                for kind in opened.molecules:
                    for page in (*pages_of(kind), *(["structures"] if kind == PROTEIN else [])):
                        st.page_link(f"pages/{page}.py", label=TITLES[page], icon=answers.ICONS[page])
            made = ", ".join(f"{name} {version}" for name, version in list(opened.versions.items())[:3])
            st.caption(web.plain(f"Saved with {made}."))
