"""What a motif is: the share of each base at each of its positions."""

from dataclasses import dataclass, replace

import numpy as np

from biocore.errors import InputError

BASES = "ACGT"
IUPAC = {
    "A": "A",
    "C": "C",
    "G": "G",
    "T": "T",
    "R": "AG",
    "Y": "CT",
    "S": "CG",
    "W": "AT",
    "K": "GT",
    "M": "AC",
    "B": "CGT",
    "D": "AGT",
    "H": "ACT",
    "V": "ACG",
    "N": "ACGT",
}
_LETTER = {frozenset(bases): letter for letter, bases in IUPAC.items()}
MAX_WIDTH = 100


@dataclass(frozen=True)
class Motif:
    """A position weight matrix.

    Attributes
    ----------
    name : str
    probabilities : float array, (W, 4), columns A C G T
        Each row sums to 1.
    source : str
        Where it comes from: a citation, or the file it was read from.
    factors : tuple of str
        Factors whose binding it stands for, by gene symbol; empty where unknown.
    pseudocount : float
        Share of each row that is spread over the bases as in the background before logarithms are taken; none is minus
        infinity.
    background : four floats, A C G T
        How common each base is where the motif is not; they sum to 1.
    """

    name: str
    probabilities: np.ndarray
    source: str = ""
    factors: tuple[str, ...] = ()
    pseudocount: float = 0.02
    background: tuple[float, float, float, float] = (0.25, 0.25, 0.25, 0.25)

    def __post_init__(self):
        p = self.probabilities
        if p.ndim != 2 or p.shape[1] != 4 or not 1 <= len(p) <= MAX_WIDTH:
            raise ValueError(f"probabilities (={p.shape}) must be (1 to {MAX_WIDTH}, 4).")
        if not np.isfinite(p).all() or (p < 0).any() or not np.allclose(p.sum(axis=1), 1, atol=1e-3):
            raise ValueError("each row of probabilities must be non-negative and sum to 1.")
        if len(self.background) != 4 or min(self.background) <= 0 or abs(sum(self.background) - 1) > 1e-3:
            raise ValueError(f"background (={self.background}) must be four positive numbers that sum to 1.")

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def log_odds(self) -> np.ndarray:
        """Natural logarithm of each probability over the background's, (W, 4)."""
        background = np.array(self.background)
        return np.log((1 - self.pseudocount) * self.probabilities / background + self.pseudocount)

    @property
    def information(self) -> np.ndarray:
        """Bits at each position over four equally common bases, 0 to 2, (W,)."""
        p = np.clip(self.probabilities, 1e-12, 1)
        return 2 + (p * np.log2(p)).sum(axis=1)

    @property
    def consensus(self) -> str:
        """IUPAC letters: at each position the bases with at least half the share of the commonest."""
        keep = self.probabilities >= 0.5 * self.probabilities.max(axis=1, keepdims=True)
        return "".join(_LETTER[frozenset(b for b, k in zip(BASES, row, strict=True) if k)] for row in keep)

    def reverse_complement(self) -> "Motif":
        """The same motif read on the other strand."""
        turned = self.probabilities[::-1, ::-1].copy()
        return replace(self, probabilities=turned, background=self.background[::-1])


def from_consensus(name: str, consensus: str, *, source: str = "", factors: tuple[str, ...] = ()) -> Motif:
    """A matrix in which each position gives equal shares to the bases its IUPAC letter stands for.

    Parameters
    ----------
    name : str
    consensus : str
        IUPAC letters, in either case; U is T.
    source : str
    factors : tuple of str
        As in `Motif`.

    Returns
    -------
    Motif

    Raises
    ------
    InputError
        The consensus is empty, too long, or has another letter.

    Examples
    --------
    >>> from_consensus("AP-1", "TGASTCA").probabilities[3]
    array([0. , 0.5, 0.5, 0. ])
    """
    letters = consensus.strip().upper().replace("U", "T")
    if not 1 <= len(letters) <= MAX_WIDTH:
        raise InputError(f"a consensus has 1 to {MAX_WIDTH} letters; this one has {len(letters)}.", record=name)
    rows = []
    for position, letter in enumerate(letters):
        if letter not in IUPAC:
            raise InputError(f"{letter!r} is not one of {', '.join(IUPAC)}.", record=name, position=position)
        rows.append([(base in IUPAC[letter]) / len(IUPAC[letter]) for base in BASES])
    return Motif(name, np.array(rows), source, factors)
