"""Profiles and families as tables; positions count from 1."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from biocore.families.profile import FamilyHit, Profile
from biocore.sequence import AMINO_ACIDS

FAMILY_COLUMNS = ("record", "family", "evalue", "bits", "start", "end", "family_start", "family_end", "family_length")


def family_table(hits: Sequence[FamilyHit], *, record: str) -> pd.DataFrame:
    """One row for each hit: record, family, evalue, bits, start, end (residues), and the columns of the family."""
    rows = [
        (record, h.family, h.evalue, h.bits, h.start + 1, h.end, h.family_start + 1, h.family_end, h.family_length)
        for h in hits
    ]
    return pd.DataFrame(rows, columns=list(FAMILY_COLUMNS))


def profile_table(profile: Profile, sequence: str, *, record: str, offset: int = 0) -> pd.DataFrame:
    """One row for each residue: record, position, wild_type, a probability for each amino acid, homologues, family.

    Parameters
    ----------
    sequence : str
        The protein without hidden residues.
    offset : int
        Added to positions.
    """
    table = pd.DataFrame(profile.probabilities.round(5), columns=list(AMINO_ACIDS))
    table.insert(0, "wild_type", list(sequence))
    table.insert(0, "position", np.arange(1, len(sequence) + 1) + offset)
    table.insert(0, "record", record)
    table["homologues"] = profile.effective.round(2)
    families = [profile.family_at(i) for i in range(len(sequence))]
    table["family"] = [hit.family if hit else "" for hit in families]
    return table


def constrained_table(profile: Profile, sequence: str, *, count: int = 20, offset: int = 0) -> pd.DataFrame:
    """The most constrained positions: position, wild_type, conservation (bits), residues seen, homologues."""
    positions = profile.most_constrained(count)
    bits = profile.conservation
    return pd.DataFrame(
        {
            "position": positions + 1 + offset,
            "wild_type": [sequence[i] for i in positions],
            "conservation": [round(float(bits[i]), 2) for i in positions],
            "residues": [residues_seen(profile.probabilities[i]) for i in positions],
            "homologues": [round(float(profile.effective[i]), 1) for i in positions],
        }
    )


def residues_seen(probabilities: np.ndarray, *, least: float = 0.05) -> str:
    """The amino acids of a column above a probability, most likely first, with percentages: ``C 92 %, S 6 %``.

    Examples
    --------
    >>> residues_seen(np.eye(20)[1])
    'C 100 %'
    """
    order = [i for i in np.argsort(-probabilities, kind="stable") if probabilities[i] >= least]
    return ", ".join(f"{AMINO_ACIDS[i]} {100 * probabilities[i]:.0f} %" for i in order)
