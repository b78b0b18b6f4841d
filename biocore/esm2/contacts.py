"""From attention maps to contacts: a logistic regression over all heads of all blocks.

Rao et al. (2021), ICLR, doi:10.1101/2020.12.15.422761.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.esm2.tiles import tiles
from biocore.structure.contact_map import ContactMap
from biocore.structure.geometry import MAX_MATRIX

Features = Callable[[str], Iterable[np.ndarray]]


@dataclass(frozen=True)
class ContactHead:
    """Weights of a logistic regression, one for each attention head, block after block.

    Attributes
    ----------
    weights : float array, (blocks * heads,)
    bias : float
    source : str
        Where they are from, for people.
    """

    weights: np.ndarray
    bias: float
    source: str

    def predict(self, sequence: str, window: int, features: Features, *, source: str) -> ContactMap:
        """Contact probabilities; NaN for pairs that no window holds.

        Parameters
        ----------
        window : int
            Residues looked at together.
        features : callable
            `Esm2.attention_features`.
        source : str
            What predicts, for people.

        Raises
        ------
        InputError
            More than 3,000 residues.
        ValueError
            Not as many heads as weights.
        """
        length = len(sequence)
        if length > MAX_MATRIX:
            raise InputError(f"{length:,} residues given; a contact map takes up to {MAX_MATRIX:,}. Give a domain.")
        total, seen = np.zeros((length, length), np.float32), np.zeros((length, length), np.uint8)
        for part in tiles(length, window):
            here = slice(part.start, part.stop)
            total[here, here] += self._of_piece(features(sequence[here]), part.stop - part.start)
            seen[here, here] += 1
        return ContactMap(sequence, np.where(seen, total / np.maximum(seen, 1), np.nan).astype(np.float32), source)

    def _of_piece(self, features: Iterable[np.ndarray], length: int) -> np.ndarray:
        logits = np.full((length, length), self.bias, np.float32)
        done = 0
        for maps in features:
            weights = self.weights[done : done + len(maps)].astype(np.float32)
            if len(weights) == len(maps):
                logits += np.tensordot(weights, maps, axes=1)
            done += len(maps)
        if done != len(self.weights):
            raise ValueError(f"{len(self.weights)} weights do not fit {done} attention heads")
        return 1 / (1 + np.exp(-logits))


def head_of(details: Mapping[str, Any]) -> ContactHead | None:
    """The head that a card's ``details["contacts"]`` holds, or None."""
    kept = details.get("contacts")
    if not isinstance(kept, Mapping):
        return None
    return ContactHead(np.array(kept["weights"], float), float(kept["bias"]), str(kept.get("source", "its card")))
