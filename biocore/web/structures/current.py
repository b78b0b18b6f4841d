"""The current protein and the structure that is shown: whether they belong together, and where its structure is."""

import streamlit as st

from biocore import web
from biocore.runtime import offline
from biocore.sequence import recognise
from biocore.structure import archive
from biocore.structure.model import PROTEIN, Structure
from biocore.web.workspace import molecule
from biocore.web.workspace.cursor import belong_together
from biocore.workspace import Molecule

MAX_BUILT = 500  # residues of an ideal backbone


def belongs(structure: Structure, sequence: str) -> bool:
    """Whether a chain of the structure is, or contains, or is part of this protein; told by aligning the letters."""
    distinct = {chain.sequence for chain in structure.chains if len(chain.polymer)}
    return any(belong_together(sequence, each) for each in distinct)


def offer_structure(structure: Structure) -> None:
    """Where the structure that is shown is another protein's than the current one, say so and offer the right one."""
    now = molecule(PROTEIN)
    if now is None or belongs(structure, now.sequence):
        return
    st.info(
        f"This is not a structure of the current protein ({web.plain(now.title)}). Give its PDB id, its UniProt "
        "accession or its file on the left.",
        icon=":material/info:",
    )
    accession = accession_of(now)
    with st.container(horizontal=True):
        if accession and (archive.is_cached(accession) or not offline()):
            st.button(
                web.plain(f"AlphaFold model of {accession}"),
                key="structures.current.fetch",
                type="primary",
                on_click=_use,
                args=("id", accession),
            )
        if len(now.sequence) <= MAX_BUILT:
            st.button(
                "Build an ideal helix of it",
                key="structures.current.build",
                help="Ideal geometry, not a prediction of its fold.",
                on_click=_use,
                args=("seq", f">{now.name}\n{now.sequence}\n"),
            )


def _use(way: str, value: str) -> None:
    st.session_state["structures.way"], st.session_state[f"structures.{way}"] = way, value


def accession_of(now: Molecule) -> str:
    """The UniProt accession in a record's header; empty where there is none.

    Examples
    --------
    >>> from biocore.workspace import read_molecule
    >>> accession_of(read_molecule(">sp|P01308|INS_HUMAN Insulin\\nMALWMRLLPLLAL"))
    'P01308'
    """
    record = now.records[now.current]
    words = [word.strip("(),;.:") for word in (record.name.split("|") + record.description.split())]
    return next((word for word in words if word and recognise(word) == "uniprot accession"), "")
