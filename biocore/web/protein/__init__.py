"""The masked-residues page in parts: the protein, the answer, the landscape, variants, and what a model is fed."""

from biocore.web.protein.inputs import EXAMPLES, HELP, Protein, read_protein, read_settings
from biocore.web.protein.inside import show_inside
from biocore.web.protein.landscape import show_landscape
from biocore.web.protein.model import Choice, choose_model
from biocore.web.protein.residues import show_answer, show_residues
from biocore.web.protein.take_along import keep_in_link, show_commands
from biocore.web.protein.variants import show_measured, show_variants

__all__ = [
    "EXAMPLES",
    "HELP",
    "Choice",
    "Protein",
    "choose_model",
    "keep_in_link",
    "read_protein",
    "read_settings",
    "show_answer",
    "show_commands",
    "show_inside",
    "show_landscape",
    "show_measured",
    "show_residues",
    "show_variants",
]
