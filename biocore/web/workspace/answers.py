"""First answers of the pages about the current molecules, computed once in a session."""

from collections.abc import Callable, Sequence

import streamlit as st

from biocore.errors import BiocoreError
from biocore.web.frame import plain
from biocore.web.shared import open_models
from biocore.web.tracks import offer_track
from biocore.workspace import DNA, PROTEIN, Molecule
from biocore.workspace.answers import TITLES, Found, ask, pages_of
from biocore.workspace.session import Answer

_KEY = "biocore.answers"  # (sequence, page) -> Found
MOST = 60
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
    """
    places = []
    for molecule in found:
        st.markdown(f"**{plain(molecule.title)}**")
        columns = st.columns(2)
        for number, page in enumerate(pages_of(molecule.kind)):
            with columns[number % 2], st.container(border=True):
                st.page_link(f"pages/{page}.py", label=f"**{TITLES[page]}**", icon=ICONS[page])
                places.append((molecule, page, st.empty()))

    def fill_in() -> None:
        for molecule, page, place in places:
            try:
                with place, st.spinner("Asking..."):
                    answer = answer_of(molecule, page, quick=True).answer
                place.markdown(plain(answer.text))
            except BiocoreError as error:
                place.caption(plain(f"No answer: {error}"))

    return fill_in


def current() -> list[Molecule]:
    """The current molecules, the protein first."""
    from biocore.web.workspace import molecules

    return [now for kind in (PROTEIN, DNA) if (now := molecules.molecule(kind)) is not None]
