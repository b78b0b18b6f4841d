"""First answers of the pages about the current molecules, computed once in a session."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from biocore import jobs
from biocore.errors import BiocoreError
from biocore.jobs import Description
from biocore.web.browser_key import owner
from biocore.web.frame import plain
from biocore.web.shared import open_models
from biocore.web.tracks import offer_track
from biocore.workspace import DNA, PROTEIN, Molecule
from biocore.workspace.answers import TITLES, Found, ask, pages_of
from biocore.workspace.session import Answer

_KEY = "biocore.answers"  # (sequence, page) -> Found
MOST = 60
LIVE = ("queued", "running")
LONG = {PROTEIN: 1200, DNA: 30_000}  # letters: above, first answers take more than about a second
ICONS = {
    "dna_binding": ":material/genetics:",
    "masked_residues": ":material/password:",
    "variant_effects": ":material/swap_horiz:",
    "structures": ":material/deployed_code:",
    "protein_function": ":material/manufacturing:",
    "embedding_map": ":material/scatter_plot:",
}


def kept(sequence: str) -> dict[str, Found]:
    """Answers this session has about a sequence, by page."""
    return {page: found for (of, page), found in st.session_state.get(_KEY, {}).items() if of == sequence}


def keep(sequence: str, answer: Answer) -> None:
    """Keep an answer that came from a file; what was computed here with a figure stays."""
    known = kept(sequence).get(answer.page)
    if known is None or known.answer.figure is None:
        _keep(sequence, answer.page, Found(answer))


def _keep(sequence: str, page: str, found: Found) -> None:
    entries = {key: value for key, value in st.session_state.get(_KEY, {}).items() if key != (sequence, page)}
    st.session_state[_KEY] = dict([*entries.items(), ((sequence, page), found)][-MOST:])
    for track in found.tracks:
        offer_track(track.name, track.sequence, track.values, unit=track.unit, source=track.source, kind=track.kind)


def answer_of(molecule: Molecule, page: str, *, quick: bool) -> Found:
    """A page's answer, from this session or computed now.

    Parameters
    ----------
    quick : bool
        One without a figure will do.

    Raises
    ------
    InputError, ModelUnavailable, DataUnavailable
        As the page would.
    """
    known = kept(molecule.sequence).get(page)
    if known is None or (not quick and known.answer.figure is None and not known.answer.text.startswith("No ")):
        known = ask(page, molecule, open_models, quick=quick)
        _keep(molecule.sequence, page, known)
    return known


def cards(found: Sequence[Molecule]) -> Callable[[], None]:
    """A card for each page that has an answer about these molecules.

    Returns
    -------
    callable
        Computes what is not known yet, one after the other, and fills each card in as soon as its answer is there.
        Long molecules are a job, whose cards were drawn and fill themselves while the page is used.
    """
    places: list[tuple[Molecule, str, Any]] = []
    for molecule in found:
        st.markdown(f"**{plain(molecule.title)}**")
        if len(molecule.sequence) > LONG[molecule.kind]:
            _cards_of_job(molecule)
        else:
            places += [(molecule, page, place) for page, place in _empty_cards(molecule).items()]

    def fill_in() -> None:
        for molecule, page, place in places:
            try:
                with place, st.spinner("Asking..."):
                    answer = answer_of(molecule, page, quick=True).answer
                place.markdown(plain(answer.text))
            except BiocoreError as error:
                place.caption(plain(f"No answer: {error}"))

    return fill_in


def _empty_cards(molecule: Molecule) -> dict[str, Any]:
    """Page -> where its answer goes."""
    columns, places = st.columns(2), {}
    for number, page in enumerate(pages_of(molecule.kind)):
        with columns[number % 2], st.container(border=True):
            st.page_link(f"pages/{page}.py", label=f"**{TITLES[page]}**", icon=ICONS[page])
            places[page] = st.empty()
    return places


def _cards_of_job(molecule: Molecule) -> None:
    """Cards of a long molecule: a job computes them, and only they are drawn again while it does."""
    sequence = molecule.sequence
    if set(kept(sequence)) >= set(pages_of(molecule.kind)):
        _fill(molecule, kept(sequence), "")
        return
    records = {"records": [[molecule.name, sequence]]}
    try:
        asked = Description.make("first-answers", records, {"molecule": molecule.kind})
        now = jobs.find(asked, owner()) or jobs.submit(asked, owner(), f"First answers about {molecule.name}")
    except BiocoreError as error:
        _fill(molecule, {}, f"No answer: {error}")
        return
    st.fragment(run_every=1.0 if now.state in LIVE else None)(_follow)(molecule, now.id)


def _follow(molecule: Molecule, id: str) -> None:
    """What a job has answered so far; the page runs once more when it has ended."""
    now = jobs.get(id, owner())
    if now is None:
        return
    found = jobs.partial(now) or {}
    if now.state == "done":
        for page, each in found.items():
            _keep(molecule.sequence, page, each)
    waits = {"queued": "Waits for its turn.", "running": "Asking...", "failed": f"No answer: {now.message}"}
    _fill(molecule, found, waits.get(now.state, "Stopped; open the page Jobs to go on."))
    if now.state in LIVE:
        st.caption("Long work is a job: it goes on when you leave this page, and stands on the page Jobs.")
    elif st.session_state.get("home.ended") != id:
        st.session_state["home.ended"] = id
        st.rerun()


def _fill(molecule: Molecule, found: Mapping[str, Found], otherwise: str) -> None:
    for page, place in _empty_cards(molecule).items():
        if page in found:
            place.markdown(plain(found[page].answer.text))
        else:
            place.caption(plain(otherwise))


def current() -> list[Molecule]:
    """The current molecules, the protein first."""
    from biocore.web.workspace import molecules

    return [now for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None]
