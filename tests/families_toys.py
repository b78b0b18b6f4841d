"""Random proteins and their descendants, whose families are known."""

import numpy as np

from biocore.families import columns, hmm
from biocore.families.mixture import Mixture
from biocore.families.train.build import family_of
from biocore.families.train.msa import FamilyAlignment
from biocore.sequence import AMINO_ACIDS

BACKGROUND = hmm.background()
PRIOR = Mixture(np.ones(1, np.float32), BACKGROUND[None])


def random_protein(rng, length):
    return "".join(rng.choice(list(AMINO_ACIDS), length, p=BACKGROUND.astype(float) / BACKGROUND.astype(float).sum()))


def relatives(rng, ancestor, count, kept=0.7):
    """Descendants that keep each residue of the ancestor with probability `kept`."""
    letters = np.array(list(ancestor))
    made = []
    for _ in range(count):
        change = rng.random(len(letters)) > kept
        made.append("".join(np.where(change, rng.choice(list(AMINO_ACIDS), len(letters)), letters)))
    return made


def family(rng, ancestor, count=30, name="f"):
    rows = np.stack([columns.encode(s) for s in relatives(rng, ancestor, count)])
    return family_of(FamilyAlignment(rows, np.zeros(rows.shape, bool)), name)


def made_up() -> list[str]:
    """Forty ancestors of 80 to 159 residues."""
    rng = np.random.default_rng(0)
    return [random_protein(rng, n) for n in rng.integers(80, 160, 40)]
