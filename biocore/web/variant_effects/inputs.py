"""Which protein, how it is numbered, and where its homologues come from."""

import streamlit as st

from biocore import zoo
from biocore.jobs import Description
from biocore.web import shipped
from biocore.web.job_link import as_fasta
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues.inputs import EXAMPLES as BOOK
from biocore.web.masked_residues.inputs import Protein, read_protein, read_settings

PREFIX = "variant_effects"  # of this page's session keys
PROTEIN = f"{PREFIX}.protein"
MODEL = "variant-effect"
EXAMPLES = shipped.register(
    {
        "Ubiquitin": BOOK["Ubiquitin"],
        "TEM-1 beta-lactamase": ">BLA_ECOLX TEM-1 beta-lactamase, P62593\n"
        "MSIQHFRVALIPFFAAFCLPVFAHPETLVKVKDAEDQLGARVGYIELDLNSGKILESFRPEERFPMMSTFKVLLCGAVLSRVDAGQEQLGRRIHYSQNDLVEYSPVTEKHLT"
        "DGMTVRELCSAAITMSDNTAANLLLTTIGGPKELTAFLHNMGDHVTRLDRWEPELNEAIPNDERDTTMPAAMATTLRKLLTGELLTLASRQQLIDWMEADKVAGPLLRSALPA"
        "GWFIADKSGAGERGSRGIIAALGPDGKPSRIVVIYTTGSQATMDERNRQIAEIGASLIKHW\n",
        "Human insulin": BOOK["Human insulin"],
    }
)
EXAMPLE_VARIANTS = "L43S, p.Ile44Ala, K48R, L8A:I44A"  # of ubiquitin


def effect_card() -> zoo.ModelCard:
    """The card of the model this page asks.

    Raises
    ------
    InputError, ModelUnavailable
        It is not on this machine.
    """
    return zoo.card(MODEL)


def read_request(text: str) -> tuple[Protein, homologues.Source]:
    """The protein and the source of its homologues, asked for side by side.

    Raises
    ------
    InputError
        As `read_protein`.
    """
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        offset = read_settings(PREFIX)
    with right:
        source = homologues.choose_source(PREFIX)
    return read_protein(text, offset, PREFIX), source


def open_job(description: Description) -> None:
    """Show a job of this page: its proteins."""
    st.session_state["hand_over.protein"] = as_fasta(description)
