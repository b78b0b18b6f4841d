"""Predicted contact maps: residues that touch in the fold, and how often a prediction is right.

A contact is a pair of residues whose beta carbons (alpha carbon of glycine) are less than 8 angstrom apart and that are
at least six places apart in the sequence, as in CASP.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.structure.geometry import representative
from biocore.structure.model import Structure

CONTACT = 8.0  # angstrom
LEAST_SEPARATION, LONG_RANGE = 6, 24  # places in the sequence
ATTENDED, COUPLED = "attention", "direct coupling"  # how the metrics of a card begin, after "contact precision, "


@dataclass(frozen=True)
class ContactMap:
    """How likely each pair of residues touches.

    Attributes
    ----------
    sequence : str, length L
    scores : float32 array, (L, L)
        Symmetric; higher means more likely.  NaN where nothing is predicted.
    source : str
        What predicts, for people.
    unit : str
        "probability", or what else the scores are.
    """

    sequence: str
    scores: np.ndarray
    source: str
    unit: str = "probability"

    def __post_init__(self):
        if self.scores.shape != (len(self.sequence),) * 2:
            raise ValueError(f"scores {self.scores.shape} for {len(self.sequence)} residues")

    def top(self, count: int, *, least: int = LEAST_SEPARATION) -> np.ndarray:
        """The best `count` pairs (i < j, 0-based) at least `least` places apart, best first, int (K, 2)."""
        i, j = np.triu_indices(len(self.sequence), k=least)
        order = np.argsort(-_ranked(self.scores[i, j]), kind="stable")[:count]
        return np.stack([i[order], j[order]], axis=1)


@dataclass(frozen=True)
class KnownContacts:
    """Distances in a protein whose structure is known.

    Attributes
    ----------
    name, sequence : str
    distances : float32 array, (L, L), in angstrom
        NaN where a residue is not resolved, or not predicted with confidence.
    """

    name: str
    sequence: str
    distances: np.ndarray

    @property
    def contacts(self) -> np.ndarray:
        """Pairs closer than 8 angstrom, bool (L, L), whatever their separation."""
        return np.nan_to_num(self.distances, nan=np.inf) < CONTACT

    @property
    def known(self) -> np.ndarray:
        """Pairs whose distance is known, bool (L, L)."""
        return np.isfinite(self.distances)


def known_contacts(structure: Structure, chain: str, *, least_confidence: float = 70.0) -> KnownContacts:
    """Distances between the residues of a chain.

    Parameters
    ----------
    structure : Structure
    chain : str
        The author's name of it.
    least_confidence : float
        pLDDT below which a residue of a predicted model counts as unknown.

    Raises
    ------
    InputError
        There is no such chain.
    """
    found = structure.chain(chain)
    rows = list(found.polymer)
    points = representative(structure, beta=True)[rows]
    if structure.confidence is not None:
        points = np.where(structure.confidence[rows][:, None] >= least_confidence, points, np.nan)
    distances = np.linalg.norm(points[:, None] - points[None], axis=2)
    return KnownContacts(f"{structure.name} chain {chain}", found.sequence, distances.astype(np.float32))


def average_product_corrected(maps: np.ndarray) -> np.ndarray:
    """Each map less the product of its row and column means over its mean, (..., L, L).

    What a residue has in common with all others is removed.  Dunn et al. (2008), doi:10.1093/bioinformatics/btm604.

    Examples
    --------
    >>> average_product_corrected(np.outer([1.0, 2.0], [1.0, 2.0]))
    array([[0., 0.],
           [0., 0.]])
    """
    rows, columns = maps.sum(axis=-1, keepdims=True), maps.sum(axis=-2, keepdims=True)
    total = maps.sum(axis=(-1, -2), keepdims=True)
    return maps - rows * columns / np.where(total == 0, 1, total)


def hits(predicted: ContactMap, truth: KnownContacts, *, part: int, least: int = LONG_RANGE) -> tuple[int, int]:
    """How many of the best L / `part` pairs touch, of how many; pairs of unknown distance are passed over.

    Parameters
    ----------
    part : int
        1, 2 or 5.
    least : int
        Separation of the pairs; 24 is long range.
    """
    i, j = np.triu_indices(len(truth.sequence), k=least)
    seen = truth.known[i, j]
    i, j = i[seen], j[seen]
    length = int(np.isfinite(np.diagonal(truth.distances)).sum())
    best = np.argsort(-_ranked(predicted.scores[i, j]), kind="stable")[: max(1, length // part)]
    return int(truth.contacts[i[best], j[best]].sum()), len(best)


def _ranked(scores: np.ndarray) -> np.ndarray:
    """Scores to sort by: what is not predicted comes last."""
    return np.nan_to_num(scores, nan=-np.inf)


def chance(truth: KnownContacts, *, least: int = LONG_RANGE) -> float:
    """Part of the pairs that touch: the precision of a guess; NaN where no pair is known."""
    pairs = np.triu(truth.known, k=least)
    return float(truth.contacts[pairs].mean()) if pairs.any() else float("nan")


def measured_in_words(quality: Iterable[Any], predictor: str) -> str:
    """How often the best L/5 long-range pairs of a predictor touch, beside chance, for people.

    Parameters
    ----------
    quality : iterable of `biocore.zoo.Quality`
        Of the card that was measured.
    predictor : str
        `ATTENDED` or `COUPLED`.
    """
    for row in quality:
        if row.metric.startswith(f"contact precision, {predictor}") and "L/5" in row.metric:
            percent = [round(100 * number) for number in (row.value, row.low, row.high)]
            said = (
                f"Measured: {percent[0]} % [{percent[1]}, {percent[2]}] of the best L/5 long-range pairs touch "
                f"({row.note}; {row.split})."
            )
            chance_ = float(row.note.removeprefix("by chance ").split()[0])
            return said if row.low > chance_ else f"{said} No better than chance: read no fold from this map."
    return "How often these pairs touch was not measured here."
