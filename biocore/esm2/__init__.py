"""ESM-2, the protein language model: residue probabilities, substitution scores, embeddings.

``zoo.load("esm-mini")`` gives an `Esm2`; `open_folder` opens a folder in the hub's layout.  torch is imported
when a model is opened, not before.
"""

from biocore.errors import ModelUnavailable
from biocore.esm2.folder import open_folder
from biocore.esm2.hub import fetch, local_hash
from biocore.esm2.model import MAX_RESIDUES, Esm2, is_weak
from biocore.esm2.results import BLEND, FAMILY, MASKED, STRATEGIES, WILD_TYPE, ResidueProbabilities, SubstitutionScan
from biocore.esm2.vocabulary import RESIDUES, TOKENS
from biocore.zoo import ModelCard, hub_folder, weights

__all__ = [
    "BLEND",
    "FAMILY",
    "MASKED",
    "MAX_RESIDUES",
    "RESIDUES",
    "STRATEGIES",
    "TOKENS",
    "WILD_TYPE",
    "Esm2",
    "ResidueProbabilities",
    "SubstitutionScan",
    "fetch",
    "is_weak",
    "load",
    "open_folder",
]


def load(card: ModelCard) -> Esm2:
    """The model of a card, from this machine; `fetch` brings a hub model here first.

    Raises
    ------
    ModelUnavailable
        Its weights are not on this machine, or are damaged.
    """
    if card.hub_repository is None:
        path = weights(card)
        return open_folder(path.parent, card, hash=card.sha256.get(path.name, "")[:16] or None)
    folder = hub_folder(card)
    if folder is None:
        raise ModelUnavailable(
            f"{card.name} is not on this machine ({card.details.get('download_mb', '?'):,} MB). Fetch it from the "
            f"Masked residues page, or with: python -m biocore fetch {card.name}"
        )
    return open_folder(folder, card, hash=local_hash(card))
