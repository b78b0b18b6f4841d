"""Where homologues come from, and the profile they give: embedded families, an alignment, or a database here."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from biocore import runtime, web, zoo
from biocore.errors import BiocoreError
from biocore.families import Profile
from biocore.jobs import Description
from biocore.web import shipped
from biocore.web.inputs import MAX_UPLOAD_MB, decode
from biocore.web.waiting import job

LIBRARY = "families"
EMBEDDED, ALIGNMENT, DATABASE = "embedded families", "an alignment of yours", "a database on this server"
TYPES = ("a3m", "fa", "fasta", "afa", "sto", "stockholm", "aln", "txt", "gz")


@dataclass(frozen=True)
class Source:
    """Where homologues come from.

    Attributes
    ----------
    kind : str
        One of the three above.
    name : str
        Of the file; empty for the embedded families.
    text : str
        The alignment.
    path : Path or None
        The database.
    """

    kind: str = EMBEDDED
    name: str = ""
    text: str = ""
    path: Path | None = None


def available() -> bool:
    """Whether a library of families is on this machine."""
    cards = [card for card in zoo.cards("protein-families") if card.name == LIBRARY]
    return bool(cards) and zoo.available(cards[0])


def databases() -> list[Path]:
    """The FASTA databases this server offers (setting ``BIOCORE_DATABASES``: paths with ``:`` between them)."""
    paths = [Path(text).expanduser() for text in runtime.setting("databases").split(":") if text.strip()]
    return [path for path in paths if path.is_file()]


def choose_source(prefix: str = "masked_residues") -> Source:
    """The menu of sources, with an upload or a list of databases; `prefix` is the page's own, for its session keys."""
    offered = databases()
    kinds = [EMBEDDED, ALIGNMENT, *([DATABASE] if offered else [])]
    with st.popover("Homologues", icon=":material/account_tree:", help="Where the family's profile comes from."):
        kind = st.radio("Homologues from", kinds, key=f"{prefix}.source", persist_state="session")
        if kind == ALIGNMENT:
            file = st.file_uploader(
                f"A3M, aligned FASTA or Stockholm, up to {MAX_UPLOAD_MB} MB",
                type=list(TYPES),
                key=f"{prefix}.alignment",
                max_upload_size=MAX_UPLOAD_MB,
                help="Made for this protein, as ColabFold, HHblits, Pfam or HMMER write it. It stays on the machine "
                "that runs this page.",
            )
            kept = f"{prefix}.kept_alignment"  # leaving the page, or a reload, does not lose it
            if file is not None and st.session_state.get(f"{kept}.of") != file.file_id:
                st.session_state[kept] = file.name, decode(file.getvalue(), file.name)
                st.session_state[f"{kept}.of"] = file.file_id
                st.rerun()  # what the tab keeps for a reload is sent at the top of a page
            if kept in st.session_state:
                name, text = st.session_state[kept]
                if file is None:
                    st.caption(f"Using {web.plain(name)}, chosen before.")
                return Source(ALIGNMENT, name, text)
            st.caption("Until a file is chosen the embedded families answer.")
        elif kind == DATABASE:
            path = st.selectbox("Database", offered, format_func=lambda p: web.plain(p.name), key=f"{prefix}.db")
            return Source(DATABASE, path.name, path=path)
    return Source()


@shipped.cached(
    given=["sequence"], settings=["stamp"], max_entries=32, show_spinner="Looking for the protein's family..."
)
def embedded_profile(stamp: str, sequence: str, hidden: tuple[int, ...]) -> Profile:
    """The embedded families' profile; `stamp` is the library's hash."""
    with web.open_model(LIBRARY) as library:
        return library.profile(sequence, hidden=hidden)


@st.cache_data(max_entries=8, scope="session", show_spinner="Reading the alignment...")
def _aligned_profile(stamp: str, sequence: str, name: str, text: str) -> Profile:
    with web.open_model(LIBRARY) as library:
        return library.alignment_profile(sequence, text, source=name)


def stamp() -> str:
    """The library's hash, part of the key of every kept result."""
    return zoo.card(LIBRARY).sha256.get(zoo.WEIGHTS, "")


def family_profile(source: Source, sequence: str) -> Profile | None:
    """The profile of a whole protein; None where no library is here, the source failed or was not searched yet.

    The page says which; call it once in a run of the page.
    """
    if not available():
        return None
    try:
        if source.kind == ALIGNMENT:
            return _aligned_profile(stamp(), sequence, source.name, source.text)
        if source.kind == DATABASE and source.path is not None:
            return _database_profile(source.path, sequence)
        return embedded_profile(stamp(), sequence, ())
    except BiocoreError as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        return None


def without(source: Source, profile: Profile | None, sequence: str, hidden: tuple[int, ...]) -> Profile | None:
    """`profile` as it is where the search did not see some residues (0-based); an alignment stays as it was made."""
    if profile is None or source.kind != EMBEDDED:
        return profile
    return embedded_profile(stamp(), sequence, hidden)


def _database_profile(path: Path, sequence: str) -> Profile | None:
    answer = job(
        Description.make(
            "search-database", {"records": [["protein", sequence]]}, {"model": LIBRARY, "database": str(path)}
        ),
        key="masked_residues.search",
        title=f"Homologues of a protein of {len(sequence):,} residues in {path.name}",
        start=f"Search {path.name}",
    )
    if answer.job is None:
        st.caption("Two rounds with HMMER: about a minute for each 100 million residues. The result is kept.")
    return answer.result[0] if answer.complete else None


def blended(profile: Profile | None, said: np.ndarray, model: str, positions: np.ndarray | None = None) -> np.ndarray:
    """Profile and language model as one answer, (P, 20); the language model alone without a profile.

    Parameters
    ----------
    said : float array, (P, 20)
        Of the language model, at `positions` (all residues where None).
    model : str
        Its name, for the weights.
    """
    if profile is None:
        return said
    rows = np.arange(len(profile)) if positions is None else positions
    with web.open_model(LIBRARY) as library:
        return library.blend(model)(profile.probabilities[rows], said, profile.effective[rows])


def weights_in_words(model: str, effective: float) -> str:
    """How much family and language model count at a residue with so many effective homologues."""
    if not effective > 0:
        return "No homologue is known here: the language model answers alone."
    with web.open_model(LIBRARY) as library:
        blend = library.blend(model)
    a, b = (float(weight[0]) for weight in blend.weights(np.array([effective])))
    said = f"Weights here: family {a:.2f}, language model {b:.2f}"
    if blend.fitted:
        return f"{said}, fitted on clusters held out of the library."
    return f"{said}: plain halves, as nothing was fitted for {model}. Do not expect the measured perplexity."
