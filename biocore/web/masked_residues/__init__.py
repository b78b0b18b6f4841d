"""The masked-residues page in parts: the protein, the answer, the landscape, variants, and what a model is fed."""

from biocore.web.masked_residues.export import keep_in_link, show_commands
from biocore.web.masked_residues.family import show_family
from biocore.web.masked_residues.homologues import choose_source, family_profile
from biocore.web.masked_residues.inputs import EXAMPLES, HELP, PROTEIN, Protein, read_protein, read_settings
from biocore.web.masked_residues.inside import show_inside
from biocore.web.masked_residues.landscape import show_landscape
from biocore.web.masked_residues.model import Choice, choose_model
from biocore.web.masked_residues.residues import show_answer, show_residues
from biocore.web.masked_residues.scan import open_job
from biocore.web.masked_residues.variants import show_measured, show_variants

__all__ = [
    "EXAMPLES",
    "HELP",
    "PROTEIN",
    "Choice",
    "Protein",
    "choose_model",
    "choose_source",
    "family_profile",
    "keep_in_link",
    "open_job",
    "read_protein",
    "read_settings",
    "show_answer",
    "show_commands",
    "show_family",
    "show_inside",
    "show_landscape",
    "show_measured",
    "show_residues",
    "show_variants",
]
