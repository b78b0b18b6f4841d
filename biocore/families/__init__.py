"""Protein families: what a protein's relatives have at each of its residues, without internet or GPU.

``zoo.load("families")`` gives a `Families`; its ``profile(sequence)`` is a `Profile`.
"""

from biocore.families.alignments import read_alignment
from biocore.families.blend import Blend
from biocore.families.coevolution import Coevolution, coevolution
from biocore.families.database import Database, database_alignment, kept_alignment
from biocore.families.library import Family, Library
from biocore.families.model import Families, load
from biocore.families.profile import FamilyHit, Profile

__all__ = [
    "Blend",
    "Coevolution",
    "Database",
    "Families",
    "Family",
    "FamilyHit",
    "Library",
    "Profile",
    "coevolution",
    "database_alignment",
    "kept_alignment",
    "load",
    "read_alignment",
]
