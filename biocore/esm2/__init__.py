"""ESM-2, the protein language model: letter probabilities, substitution scores, embeddings.

``zoo.load("esm-mini")`` gives an `Esm2`; `open_folder` opens a folder in the hub's layout.  torch is imported
when a model is opened, not before.
"""

from pathlib import Path

from biocore.errors import ModelUnavailable
from biocore.esm2.folder import open_folder
from biocore.esm2.model import MAX_RESIDUES, Esm2
from biocore.esm2.results import MASKED, STRATEGIES, WILD_TYPE, LetterProbabilities, SubstitutionScan
from biocore.esm2.vocabulary import LETTERS, TOKENS
from biocore.zoo import ModelCard, weights

__all__ = [
    "LETTERS",
    "MASKED",
    "MAX_RESIDUES",
    "STRATEGIES",
    "TOKENS",
    "WILD_TYPE",
    "Esm2",
    "LetterProbabilities",
    "SubstitutionScan",
    "load",
    "open_folder",
]


def load(card: ModelCard) -> Esm2:
    """The model of a card.

    Raises
    ------
    ModelUnavailable
        Its weights are not on this machine, or are damaged.
    """
    if card.hub_repository is None:
        path = weights(card)
        return open_folder(Path(path).parent, card, hash=card.sha256.get(path.name, "")[:16] or None)
    raise ModelUnavailable(f"{card.name} is not on this machine.")
