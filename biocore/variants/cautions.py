"""Residues whose scores deserve little trust, each with its reason in a few words."""

from collections.abc import Iterable

import numpy as np

from biocore.families.profile import Profile
from biocore.sequence import AMINO_ACIDS

OTHERS = "others"  # residues without a caution
NO_HOMOLOGUE, FEW_HOMOLOGUES, LOW_COMPLEXITY = "no homologue", "few homologues", "low complexity"
FEW = 2.0  # effective homologues
REACH = 10  # residues on either side
LEAST_BITS = 2.6  # of the residues of such a window; 4.2 is the most that 21 residues can have


def cautions(sequence: str, profile: Profile | None) -> dict[str, np.ndarray]:
    """Which residues each caution is of; what it costs was measured, see the card's ``details["cautions"]``.

    Parameters
    ----------
    sequence : str, length L
    profile : Profile or None
        None where nothing is known of the protein's homologues.

    Returns
    -------
    dict of str to bool array, (L,)
        ``NO_HOMOLOGUE``: no homologue reaches the residue; ``FEW_HOMOLOGUES``: some do, but fewer than two effective
        ones; ``LOW_COMPLEXITY``: few kinds of residues stand around it.
    """
    effective = np.zeros(len(sequence)) if profile is None else profile.effective
    return {
        NO_HOMOLOGUE: effective <= 0,
        FEW_HOMOLOGUES: (effective > 0) & (effective < FEW),
        LOW_COMPLEXITY: complexity(sequence) <= LEAST_BITS,
    }


def in_words(found: dict[str, np.ndarray], residues: Iterable[int]) -> str:
    """The cautions of some residues (0-based) as one phrase; empty where there is none."""
    places = list(residues)
    return ", ".join(name for name, mask in found.items() if mask[places].any())


def complexity(sequence: str) -> np.ndarray:
    """Shannon entropy of the amino acids up to `REACH` residues away, in bits, float (L,).

    As SEG measures complexity: Wootton & Federhen (1993), doi:10.1016/0097-8485(93)85006-X.

    Examples
    --------
    >>> complexity("AAAA").round(1).tolist(), complexity("ACAC").round(1).tolist()
    ([0.0, 0.0, 0.0, 0.0], [1.0, 1.0, 1.0, 1.0])
    """
    letters = np.array(list(sequence))[:, None] == np.array(list(AMINO_ACIDS))[None]  # (L, 20)
    before = np.concatenate([np.zeros((1, len(AMINO_ACIDS)), int), np.cumsum(letters, axis=0)])
    places = np.arange(len(sequence))
    counts = before[np.minimum(places + REACH + 1, len(sequence))] - before[np.maximum(places - REACH, 0)]
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return -(shares * np.log2(np.where(shares > 0, shares, 1))).sum(axis=1) + 0.0
