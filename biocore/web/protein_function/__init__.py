"""Parts of the protein function page: input, answer, evidence, files."""

from biocore.web.protein_function.alignment import show_alignment
from biocore.web.protein_function.answer import show_answer
from biocore.web.protein_function.basis import show_neighbours, show_residues
from biocore.web.protein_function.export import keep_in_link, show_outputs
from biocore.web.protein_function.proteins import HELP, Protein, choose_model, examples, read_proteins
from biocore.web.protein_function.running import choose_protein, open_job, predict

__all__ = [
    "HELP",
    "Protein",
    "choose_model",
    "choose_protein",
    "examples",
    "keep_in_link",
    "open_job",
    "predict",
    "read_proteins",
    "show_alignment",
    "show_answer",
    "show_neighbours",
    "show_outputs",
    "show_residues",
]
