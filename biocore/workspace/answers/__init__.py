"""The first answer of every page about one molecule: a sentence or two, a figure, a table, and tracks.

The home page shows them as cards, a report as its sections, a session file as what can be read where nothing can be
computed.  Each names the models it asked, with their hashes, and the command that gives the same.
"""

from collections.abc import Iterator
from importlib import import_module

from biocore.errors import BiocoreError
from biocore.structure.model import Structure
from biocore.workspace.answers.asking import Found, Opener, opened
from biocore.workspace.molecule import DNA, Molecule
from biocore.workspace.session import Answer

__all__ = ["ASKED", "Found", "Opener", "answer_pages", "ask", "opened"]

# page -> the module whose function of that name answers: (sequence, name, opener, quick) -> Found.  Imported when it is
# asked, for what answers imports the frameworks of its models.
ASKED = {
    "dna_binding": "dna",
    "masked_residues": "protein",
    "variant_effects": "protein",
    "protein_function": "protein",
    "embedding_map": "protein",
}
TITLES = {
    "dna_binding": "DNA binding",
    "masked_residues": "Masked residues",
    "variant_effects": "Variant effects",
    "structures": "Structure",
    "protein_function": "Protein function",
    "embedding_map": "Embedding map",
}


def pages_of(kind: str) -> tuple[str, ...]:
    """Pages that have an answer about a molecule of this kind, in the order of the menu."""
    return ("dna_binding",) if kind == DNA else tuple(page for page in ASKED if page != "dna_binding")


def ask(page: str, molecule: Molecule, opener: Opener = opened, *, quick: bool = False) -> Found:
    """One page's answer about the current record of a molecule.

    Parameters
    ----------
    page : str
        One of `ASKED`.
    opener : callable
        Names of models -> context manager that gives them; loads them from the zoo by default.
    quick : bool
        Leave out what takes long: the card of the home page.

    Raises
    ------
    InputError, ModelUnavailable, DataUnavailable
        As the page would.
    """
    asked = getattr(import_module(f"{__name__}.{ASKED[page]}"), page)
    return asked(molecule.sequence, molecule.name, opener, quick)


def answer_pages(
    molecule: Molecule, opener: Opener = opened, *, structure: Structure | None = None
) -> Iterator[tuple[str, Found]]:
    """Every page's answer, one after the other; where one has none, its section says why.

    Parameters
    ----------
    structure : Structure, optional
        Of this molecule, for the section on its structure.

    Yields
    ------
    (str, Found)
        Page and answer.
    """
    if structure is not None:
        from biocore.workspace.answers.shape import structure_answer

        yield "structures", structure_answer(structure)
    for page in pages_of(molecule.kind):
        try:
            yield page, ask(page, molecule, opener)
        except BiocoreError as error:
            yield page, Found(Answer(page, TITLES[page], f"No answer: {error}"))
