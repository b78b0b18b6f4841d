"""Proteins of known structure in a folder, and which of them are homologues."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from biocore.errors import InputError
from biocore.structure.alignment import align
from biocore.structure.contact_map import KnownContacts, known_contacts
from biocore.structure.model import PROTEIN
from biocore.structure.read import read_structure

ENDINGS = (".pdb", ".ent", ".cif", ".mmcif")
LEAST_RESIDUES = 40
IDENTITY = 0.3  # of the shorter protein; above it two proteins count as homologues


def known_proteins(folder: Path, *, longest: int = 1000) -> list[KnownContacts]:
    """The chains of all structures in a folder, each sequence once, in the order of the file names.

    Parameters
    ----------
    folder : Path
        PDB and mmCIF files, compressed with gzip or not.  Chains of fewer than 40 residues are passed over.
    longest : int
        Residues; longer chains are passed over.

    Raises
    ------
    InputError
        Not a folder, no such chain in it, or a file that cannot be read (which one).
    """
    if not folder.is_dir():
        raise InputError("is no folder of structures.", record=str(folder))
    found: dict[str, KnownContacts] = {}
    for path in sorted(folder.iterdir()):
        if not path.name.lower().removesuffix(".gz").endswith(ENDINGS):
            continue
        structure = read_structure(path.read_bytes(), path.name)
        for chain in structure.chains:
            if chain.kind == PROTEIN and LEAST_RESIDUES <= len(chain.sequence) <= longest:
                if chain.sequence not in found:
                    found[chain.sequence] = known_contacts(structure, chain.name)
    if not found:
        raise InputError(
            f"holds no protein chain of {LEAST_RESIDUES} to {longest:,} residues in a PDB or mmCIF file.",
            record=str(folder),
        )
    return list(found.values())


def homologous_groups(sequences: Sequence[str], *, identity: float = IDENTITY) -> list[int]:
    """A number for each protein; homologues share one (single linkage over pairwise alignments).

    Parameters
    ----------
    identity : float
        Identical residues of the best global alignment over the length of the shorter protein.
    """
    group = np.arange(len(sequences))
    for i, first in enumerate(sequences):
        for j, second in enumerate(sequences[:i]):
            pairs = align(first, second)
            same = sum(first[a] == second[b] for a, b in pairs)
            if same >= identity * min(len(first), len(second)):
                group[group == group[i]] = group[j]
    return group.tolist()
