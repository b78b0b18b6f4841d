"""What a protein's family says about each of its residues."""

from dataclasses import dataclass

import numpy as np

from biocore.sequence import AMINO_ACIDS


@dataclass(frozen=True)
class FamilyHit:
    """One stretch of the protein aligned with one family.

    Attributes
    ----------
    family : str
    evalue : float
        Hits this good expected by chance in the whole library (HMMER's independent E-value of the domain).
    bits : float
        Bit score of the stretch.
    start, end : int
        Residues of the protein, 0-based half-open.
    family_start, family_end : int
        Columns of the family, 0-based half-open.
    family_length : int
    members : int
        Sequences the family was made from.
    """

    family: str
    evalue: float
    bits: float
    start: int
    end: int
    family_start: int
    family_end: int
    family_length: int
    members: int


@dataclass(frozen=True)
class Profile:
    """Amino acids to expect at each residue of a protein, and how many homologues say so.

    Attributes
    ----------
    sequence : str, length L
        The protein; X where a residue was hidden from the search.
    probabilities : float32 array, (L, 20), columns `AMINO_ACIDS`
        Rows sum to 1.  The residue background where nothing is known.
    effective : float32 array, (L,)
        Effective number of homologues with a residue there; 0 where none is known.
    hits : tuple of FamilyHit
        Best first.
    source : str
        Where the homologues come from, for people: the embedded families, an alignment, a database.
    background : float32 array, (20,)
        What conservation is measured against.
    """

    sequence: str
    probabilities: np.ndarray
    effective: np.ndarray
    hits: tuple[FamilyHit, ...]
    source: str
    background: np.ndarray

    def __post_init__(self):
        length = len(self.sequence)
        if self.probabilities.shape != (length, len(AMINO_ACIDS)) or self.effective.shape != (length,):
            raise ValueError(f"({length}, 20) probabilities and ({length},) effective numbers are needed")
        if self.background.shape != (len(AMINO_ACIDS),):
            raise ValueError("the background has one frequency for each amino acid")

    def __len__(self) -> int:
        return len(self.sequence)

    @property
    def covered(self) -> np.ndarray:
        """Residues for which a homologue is known, bool (L,)."""
        return self.effective > 0

    @property
    def coverage(self) -> float:
        """Fraction of the residues for which a homologue is known; NaN for an empty protein."""
        return float(self.covered.mean()) if len(self) else float("nan")

    @property
    def conservation(self) -> np.ndarray:
        """Bits by which each column differs from the background (Kullback-Leibler), (L,); NaN where nothing is known.

        0 is any residue as often as anywhere, about 4 one residue only (more for the rare ones).
        """
        ratio = np.log2(np.maximum(self.probabilities, 1e-9) / self.background)
        return np.where(self.covered, (self.probabilities * ratio).sum(axis=1), np.nan)

    def most_constrained(self, count: int = 20) -> np.ndarray:
        """The positions (0-based) of highest conservation, highest first; at most `count`, none without homologues."""
        bits = self.conservation
        order = np.argsort(-np.nan_to_num(bits, nan=-np.inf), kind="stable")
        return order[np.isfinite(bits[order])][:count]

    def family_at(self, position: int) -> FamilyHit | None:
        """The best hit that reaches over a position (0-based); None where there is none."""
        return next((hit for hit in self.hits if hit.start <= position < hit.end), None)
