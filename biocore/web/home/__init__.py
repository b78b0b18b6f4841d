"""The home page's parts: "paste anything", a card for each page, and what is ready on this machine."""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from biocore import runtime, zoo
from biocore.errors import BiocoreError, InputError
from biocore.esm2.variants import parse_variants
from biocore.jobs import Description
from biocore.sequence import Record, not_a_sequence, parse_records, recognise, to_fasta
from biocore.structure import archive
from biocore.web.frame import plain
from biocore.web.job_link import as_fasta
from biocore.web.link import hand_over
from biocore.web.workspace import answers, molecules
from biocore.workspace import DNA, PROTEIN

PICTURES = runtime.ASSETS / "img"


@dataclass(frozen=True)
class Card:
    """A page as the home page shows it."""

    page: str
    title: str
    question: str
    icon: str


CARDS = (
    Card(
        "dna_binding",
        "DNA binding",
        "Which transcription factors bind this DNA, where, and which bases matter?",
        "genetics",
    ),
    Card(
        "masked_residues", "Masked residues", "What does a protein language model expect at every position?", "password"
    ),
    Card("variant_effects", "Variant effects", "Which changes of this protein are tolerated?", "swap_horiz"),
    Card(
        "structures",
        "Structures",
        "Where in the structure is this residue, and what does my number look like on it?",
        "deployed_code",
    ),
    Card("embedding_map", "Embedding map", "Which proteins does the model see as similar?", "scatter_plot"),
    Card(
        "protein_function",
        "Protein function",
        "What does this protein do, and how far can I trust the answer?",
        "manufacturing",
    ),
)
TITLES = {card.page: card.title for card in CARDS}

# what was pasted -> the pages that take it, the likeliest first, and the name under which it is handed over
DESTINATIONS = {
    "dna": ("dna", ["dna_binding"]),
    "protein": ("protein", ["masked_residues", "protein_function", "embedding_map", "structures"]),
    "proteins": ("protein", ["embedding_map", "protein_function", "masked_residues"]),
    "variant": ("variants", ["variant_effects", "masked_residues"]),
    "pdb id": ("structure", ["structures"]),
    "uniprot accession": ("structure", ["structures"]),
    "alphafold id": ("structure", ["structures"]),
    "structure": ("structure", ["structures"]),
}
NAMES = {
    "dna": "DNA",
    "protein": "a protein",
    "proteins": "several proteins",
    "variant": "a variant of a protein",
    "pdb id": "a PDB id",
    "uniprot accession": "a UniProt accession",
    "alphafold id": "an AlphaFold DB id",
    "structure": "a structure file",
}


def paste_anything() -> None:
    """One box for whatever a biologist has at hand; says what it is and leads to the pages that take it."""
    st.session_state.setdefault("home.text", st.session_state.get("home.kept", ""))
    text = st.text_area(
        "Paste anything",
        key="home.text",
        height=120,
        persist_state="session",
        on_change=_use_text,
        placeholder="DNA, a protein, FASTA, GenBank, a PDB id such as 3I40, a UniProt accession such as P01308, "
        "a variant such as R175H",
        help="Recognised by its letters. Press Ctrl+Enter, or click outside the box.",
    )
    kind = _kind(text)
    if kind == "empty":
        st.caption("Nothing is sent anywhere: the models run on the machine that serves this page.")
    elif kind not in DESTINATIONS:
        st.warning(
            plain(not_a_sequence(text) or "")
            or "This is neither DNA, a protein, FASTA, GenBank, a PDB id (3I40), a UniProt accession (P01308) nor a "
            "variant (R175H, p.Arg175His). Letters that are neither bases nor amino acids, or text around a sequence, "
            "are the usual reasons."
        )
    else:
        name, pages = DESTINATIONS[kind]
        st.markdown(f"This is **{NAMES[kind]}**. Open it in:")
        if kind == "variant":
            st.caption("It is scored in the protein that is open there; paste your protein there if it is another.")
        with st.container(horizontal=True):
            for page in filter(_exists, pages):
                primary = page == pages[0]
                if st.button(TITLES[page], key=f"home.open.{page}", type="primary" if primary else "secondary"):
                    hand_over(page, **{name: text})
        if kind in {"pdb id", "uniprot accession", "alphafold id"}:
            _offer_fetch(text.strip())


def _use_text() -> None:
    """What is pasted here is the current molecule of all pages, and is still here on return."""
    text = st.session_state["home.kept"] = st.session_state["home.text"]
    kind = _kind(text)
    if kind in {"dna", "protein", "proteins"}:
        molecules.use(DNA if kind == "dna" else PROTEIN, text)


def _fetch(identifier: str) -> None:
    """Sequence and structure of a public entry become the current ones."""
    try:
        structure = archive.fetch(identifier)
        chains = {chain.sequence: chain for chain in reversed(structure.chains) if chain.kind == PROTEIN}
        records = [Record(f"{structure.name}_{c.name}", c.sequence, c.molecule) for c in reversed(chains.values())]
        given = bool(records) and molecules.use(PROTEIN, to_fasta(records))
    except BiocoreError as error:
        st.session_state["home.fetch_error"] = str(error)
        return
    st.session_state.pop("home.fetch_error", None)
    st.session_state["structures.way"], st.session_state["structures.id"] = "id", identifier
    for key in ("structures.seq", "structures.text"):
        st.session_state.setdefault(key, "")
    st.session_state.setdefault("structures.shape", "helix")
    st.session_state["home.fetched"] = f"{structure.name}: {structure.title}" + ("" if given else " (no protein)")


def _offer_fetch(identifier: str) -> None:
    """A button that brings an entry's protein and its structure to all pages; says where there is no connection."""
    try:
        here = archive.is_cached(identifier)
    except InputError:  # several at once
        return
    if not here and runtime.offline():
        st.caption("This server is offline and has no copy of this entry: paste the sequence, or upload the file.")
        return
    st.button(
        "Use its protein on all pages",
        key="home.fetch",
        icon=":material/download:",
        help="From this machine." if here else "Asks the public archive for this entry.",
        on_click=_fetch,
        args=(identifier,),
    )
    if "home.fetch_error" in st.session_state:
        st.error(plain(st.session_state["home.fetch_error"]), icon=":material/error:")


def open_job(description: Description) -> None:
    """Show a job of this page: its molecule is the current one."""
    text = as_fasta(description)
    st.session_state["home.text"] = st.session_state["home.kept"] = text
    molecules.use(description.settings["molecule"], text)


def first_answers() -> Callable[[], None]:
    """A card for each page about what is pasted.  Call what is returned at the page's end: it fills them in."""
    found = answers.current()
    if not found:
        return lambda: None
    st.subheader("First answers")
    return answers.cards(found)


def _exists(page: str) -> bool:
    return (runtime.PAGES / f"{page}.py").exists()


def _kind(text: str) -> str:
    kind = recognise(text)
    if kind in {"dna", "protein", "unknown"} and _names_variants(text):
        return "variant"
    if kind == "protein":
        try:
            return "proteins" if len(parse_records(text)) > 1 else "protein"
        except InputError:
            return "unknown"
    return kind


def _names_variants(text: str) -> bool:
    """Whether every word is a substitution, as R175H or p.Arg175His; a sequence has no number inside a word."""
    try:
        return bool(parse_variants(text))
    except InputError:
        return False


def page_cards() -> None:
    """A card for each page: picture, question, link."""
    columns = st.columns(3)
    for index, card in enumerate(card for card in CARDS if _exists(card.page)):
        with columns[index % 3], st.container(border=True):
            picture = PICTURES / f"{card.page}.png"
            if picture.exists():
                st.image(str(picture), width="stretch", alt=plain(f"The page {card.title}."))
            st.page_link(f"pages/{card.page}.py", label=f"**{plain(card.title)}**", icon=f":material/{card.icon}:")
            st.caption(plain(card.question))


def ready() -> None:
    """The device in use and which models are ready."""
    cards = [card for card in zoo.cards() if card.task in zoo.LOADERS]
    here = [card for card in cards if zoo.available(card)]
    factors = sum(card.task == "tf-binding" for card in here)
    columns = st.columns(3)
    columns[0].metric("Models run on", plain(runtime.device().name))
    columns[1].metric("Transcription factors ready", factors)
    columns[2].metric("Protein models ready", len(here) - factors)
    missing = len(cards) - len(here)
    if missing:
        st.caption(f"{missing} larger protein models are not on this machine; the Models page says how to fetch them.")
