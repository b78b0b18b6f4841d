"""Structures of proteins and nucleic acids: fetched, read, built, measured and coloured.

``archive`` (RCSB PDB and AlphaFold DB, with a disk cache), ``read`` (PDB and mmCIF through gemmi), ``build`` (ideal
peptides), ``secondary``, ``geometry`` (Ramachandran angles, distances), ``alignment``, ``superposition``, ``contacts``,
``tracks`` (per-residue values matched by alignment) and ``tables``.

>>> from biocore.structure import build_peptide
>>> build_peptide("GIGKFLHSAKKF").chains[0].sequence
'GIGKFLHSAKKF'
"""

from biocore.structure.archive import fetch, parse_identifier
from biocore.structure.build import build_peptide
from biocore.structure.model import Atoms, Chain, Residue, Structure
from biocore.structure.read import read_structure

__all__ = [
    "Atoms",
    "Chain",
    "Residue",
    "Structure",
    "build_peptide",
    "fetch",
    "parse_identifier",
    "read_structure",
]
