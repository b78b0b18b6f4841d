"""The contact map beside the most constrained positions, with how often it is right and, where known, what touches."""

from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.errors import BiocoreError
from biocore.families import coevolution, kept_alignment, read_alignment
from biocore.plot.contacts import contact_map
from biocore.structure.alignment import align
from biocore.structure.contact_map import ATTENDED, COUPLED, ContactMap, known_contacts, measured_in_words
from biocore.structure.geometry import MAX_MATRIX
from biocore.web import shipped
from biocore.web.masked_residues.homologues import ALIGNMENT, DATABASE, LIBRARY, Source
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.model import Choice
from biocore.web.masked_residues.residues import masked
from biocore.web.structures.source import loaded

ATTENTION = "language model"
COUPLING = {ALIGNMENT: "your alignment", DATABASE: "the database search"}
QUICK_LENGTH = 1000  # residues; above it the map is drawn on request
LEAST_IDENTITY = 0.9  # of the shorter sequence, for a structure to count as one of the protein


def show_contacts(protein: Protein, choice: Choice, source: Source) -> None:
    """One map; a message where there is none."""
    st.markdown(
        "**Contacts**",
        help="Pairs of residues six places apart or more whose beta carbons are likely to be closer than 8 Å. From a "
        "language model: its attention maps (Rao et al. 2021). From an alignment: columns that change together "
        "(direct coupling analysis, Morcos et al. 2011).",
    )
    kind, searched = ATTENTION, _searched(source, protein.sequence)
    if source.text or searched:
        kind = st.segmented_control(
            "Contacts from",
            [ATTENTION, COUPLING[source.kind]],
            default=COUPLING[source.kind],
            required=True,
            key=f"masked_residues.contacts.{'database' if searched else 'alignment'}",
        )
    coupled = kind != ATTENTION
    length = len(protein.sequence)
    if length > QUICK_LENGTH and not (
        length <= MAX_MATRIX
        and st.toggle(f"Predict contacts of {length:,} residues", key="masked_residues.contacts.go")
    ):
        if length > MAX_MATRIX:
            st.caption(f"Contact maps are made of up to {MAX_MATRIX:,} residues.")
        return
    try:
        if coupled:
            predicted = _coupled(protein.sequence, source.name, source.text, str(searched or ""))
        else:
            predicted = attended(choice, protein.sequence)
    except BiocoreError as error:
        st.caption(web.plain(str(error)))
        return
    truth, name = _truth(protein.sequence)
    web.figure(
        contact_map(predicted, truth=truth, offset=protein.offset, selected=masked(protein)[0]),
        "contacts",
        alt=_in_words(protein, predicted, truth),
        key="masked_residues.contacts.figure",
    )
    card = zoo.card(LIBRARY) if coupled else choice.card
    st.caption(web.plain(measured_in_words(card.quality, COUPLED if coupled else ATTENDED)))
    if truth is None:
        st.caption("A structure of this protein that is open on the Structures page is drawn beside the prediction.")
    else:
        st.caption(web.plain(f"Below the diagonal: {name}. {_right(predicted, truth)}"))
    web.download(
        "Contacts as CSV",
        lambda: _table(protein, predicted, truth).to_csv(index=False),
        "contacts.csv",
        "text/csv",
        key="masked_residues.contacts.csv",
    )


def attended(choice: Choice, sequence: str) -> ContactMap:
    """Contacts as a language model's attention has them."""
    heads = str(choice.card.details.get("contacts", {}))  # changes with the head that is kept on the model's card
    return _attended(choice, choice.name, choice.hash, heads, sequence)


@shipped.cached(
    given=["sequence"],
    models=["model"],
    settings=["hash", "heads"],
    max_entries=8,
    show_spinner="Reading attention...",
)
def _attended(_choice: Choice, model: str, hash: str, heads: str, sequence: str) -> ContactMap:
    with _choice.opened() as loaded:
        return loaded.contacts(sequence)


def _searched(source: Source, sequence: str) -> Path | None:
    """The alignment that a search of the chosen database has made; None without one."""
    return kept_alignment(sequence, source.path) if source.kind == DATABASE and source.path is not None else None


@st.cache_data(max_entries=4, scope="session", show_spinner="Looking for columns that change together...")
def _coupled(sequence: str, name: str, text: str, path: str) -> ContactMap:
    """From the text of an alignment or, where there is none, from a file whose name changes with what is in it."""
    return coevolution(read_alignment(text or Path(path).read_text()), sequence, source=name).coupling


def _truth(sequence: str) -> tuple[np.ndarray | None, str]:
    """Contacts of the structure that is open on the structures page, in the protein's numbering; None without one."""
    structure = loaded("structures")
    if structure is None:
        return None, ""
    for chain in structure.chains:
        if chain.kind != "protein" or len(chain.sequence) > MAX_MATRIX:
            continue
        pairs = np.array(align(sequence, chain.sequence), int).reshape(-1, 2)
        same = sum(sequence[a] == chain.sequence[b] for a, b in pairs)
        if same >= LEAST_IDENTITY * min(len(sequence), len(chain.sequence)):
            known = known_contacts(structure, chain.name)
            truth = np.zeros((len(sequence),) * 2, bool)
            truth[np.ix_(pairs[:, 0], pairs[:, 0])] = known.contacts[np.ix_(pairs[:, 1], pairs[:, 1])]
            return truth, known.name
    return None, ""


def _right(predicted: ContactMap, truth: np.ndarray) -> str:
    pairs = predicted.top(max(len(predicted.sequence) // 5, 1), least=24)
    if not len(pairs):
        return ""
    found = int(truth[pairs[:, 0], pairs[:, 1]].sum())
    return f"Of the best {len(pairs)} pairs 24 places apart or more, {found} touch there."


def _in_words(protein: Protein, predicted: ContactMap, truth: np.ndarray | None) -> str:
    pairs = predicted.top(3)
    best = ", ".join(f"{protein.label(int(a))} - {protein.label(int(b))}" for a, b in pairs)
    return f"Contact map of {len(protein.sequence)} residues. Best pairs: {best or 'none'}." + (
        f" {_right(predicted, truth)}" if truth is not None else ""
    )


def _table(protein: Protein, predicted: ContactMap, truth: np.ndarray | None) -> pd.DataFrame:
    pairs = predicted.top(2 * len(protein.sequence))
    i, j = pairs[:, 0], pairs[:, 1]
    table = pd.DataFrame(
        {
            "record": protein.name,
            "residue_1": [protein.label(int(a)) for a in i],
            "residue_2": [protein.label(int(b)) for b in j],
            "separation": j - i,
            predicted.unit: predicted.scores[i, j].astype(float),
            "source": predicted.source,
        }
    )
    return table if truth is None else table.assign(touches=truth[i, j])
