"""What touches what: the neighbours of a residue and how they hold on to it."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from biocore.structure.model import WATER, Structure

RADIUS = 5.0  # angstrom
_POSITIVE = {("LYS", "NZ"), ("ARG", "NE"), ("ARG", "NH1"), ("ARG", "NH2"), ("HIS", "ND1"), ("HIS", "NE2")}
_NEGATIVE = {("ASP", "OD1"), ("ASP", "OD2"), ("GLU", "OE1"), ("GLU", "OE2")}
_HYDROPHOBIC = {"ALA", "VAL", "LEU", "ILE", "MET", "PHE", "TRP", "TYR", "PRO", "CYS"}
_RINGS = {
    "PHE": ("CG", "CD1", "CD2", "CE1", "CE2", "CZ"),
    "TYR": ("CG", "CD1", "CD2", "CE1", "CE2", "CZ"),
    "TRP": ("CD2", "CE2", "CE3", "CZ2", "CZ3", "CH2"),
    "HIS": ("CG", "ND1", "CD2", "CE1", "NE2"),
}


@dataclass(frozen=True)
class Neighbour:
    """A residue near another.

    Attributes
    ----------
    row : int
        Row of the neighbour in `Structure.residues`.
    distance : float
        Between the two nearest heavy atoms, in angstrom.
    atoms : tuple of str
        Those atoms: the selected residue's, the neighbour's.
    contacts : tuple of str
        "disulfide", "covalent bond", "metal", "salt bridge", "hydrogen bond", "stacking", "hydrophobic"; empty where
        none of their criteria holds.
    """

    row: int
    distance: float
    atoms: tuple[str, str]
    contacts: tuple[str, ...]


def neighbours(structure: Structure, row: int, *, radius: float = RADIUS, waters: bool = False) -> list[Neighbour]:
    """Residues with a heavy atom near the residue `row`, nearest first.

    Parameters
    ----------
    row : int
        0-based row of `Structure.residues`.
    radius : float
        In angstrom, between heavy atoms.
    waters : bool
        List waters too.

    Returns
    -------
    list of Neighbour
        Empty where the residue is not resolved or nothing is near.

    Notes
    -----
    Criteria, by distance alone because most files lack hydrogens: disulfide SG-SG up to 2.5 angstrom; covalent bond up
    to 2.0 (neighbours in the chain); metal up to 3.0 from N, O or S; salt bridge up to 4.0 between charged groups
    (histidine counted as charged); hydrogen bond up to 3.5 between N and O or two O, not between residues bonded to
    each other; stacking: ring centres up to 5.5; hydrophobic: carbons of hydrophobic side chains up to 4.5.
    """
    atoms = structure.atoms
    mine = np.flatnonzero((atoms.residue == row) & (atoms.element != "H"))
    if not len(mine):
        return []
    low, high = atoms.xyz[mine].min(0) - radius, atoms.xyz[mine].max(0) + radius
    box = ((atoms.xyz >= low) & (atoms.xyz <= high)).all(1) & (atoms.residue != row) & (atoms.element != "H")
    others = np.flatnonzero(box)
    if not len(others):
        return []
    distance = np.linalg.norm(atoms.xyz[mine][:, None] - atoms.xyz[others][None], axis=2)
    found = []
    for other in np.unique(atoms.residue[others]):
        if structure.residues[other].kind == WATER and not waters:
            continue
        columns = np.flatnonzero(atoms.residue[others] == other)
        part = distance[:, columns]
        i, j = np.unravel_index(np.argmin(part), part.shape)
        if part[i, j] <= radius:
            pair = (str(atoms.name[mine[i]]), str(atoms.name[others[columns[j]]]))
            kinds = _contacts(structure, row, int(other), mine, others[columns], part)
            found.append(Neighbour(int(other), float(part[i, j]), pair, kinds))
    return sorted(found, key=lambda n: n.distance)


def _contacts(structure: Structure, row: int, other: int, mine, theirs, distance) -> tuple[str, ...]:
    atoms, first, second = structure.atoms, structure.residues[row], structure.residues[other]
    a, b = _labels(structure, first, mine), _labels(structure, second, theirs)
    kinds = []
    sulphurs = np.outer(a["name"] == "SG", b["name"] == "SG")
    if (distance[sulphurs] < 2.5).any():
        kinds.append("disulfide")
    elif (distance < 2.0).any() and not (a["metal"].any() or b["metal"].any()):
        kinds.append("covalent bond")
    near = np.outer(a["metal"], b["polar"]) | np.outer(a["polar"], b["metal"])
    if (distance[near] <= 3.0).any():
        kinds.append("metal")
    charged = np.outer(a["plus"], b["minus"]) | np.outer(a["minus"], b["plus"])
    if (distance[charged] <= 4.0).any():
        kinds.append("salt bridge")
    polar = np.outer(a["oxygen"], b["no"]) | np.outer(a["no"], b["oxygen"])
    if "covalent bond" not in kinds and (distance[polar] <= 3.5).any():
        kinds.append("hydrogen bond")
    ring, other_ring = _ring(atoms, first, mine), _ring(atoms, second, theirs)
    if ring is not None and other_ring is not None and np.linalg.norm(ring - other_ring) <= 5.5:
        kinds.append("stacking")
    hydrophobic = np.outer(a["hydrophobic"], b["hydrophobic"])
    if (distance[hydrophobic] <= 4.5).any():
        kinds.append("hydrophobic")
    return tuple(kinds)


def _labels(structure: Structure, residue, rows) -> dict[str, np.ndarray]:
    names, elements = structure.atoms.name[rows], structure.atoms.element[rows]
    backbone = np.isin(names, ("N", "CA", "C", "O"))
    return {
        "name": names,
        "metal": np.array([_is_metal(str(element)) for element in elements], bool),
        "polar": np.isin(elements, ("N", "O", "S")),
        "no": np.isin(elements, ("N", "O")),
        "oxygen": elements == "O",
        "plus": np.array([(residue.name, str(name)) in _POSITIVE for name in names], bool),
        "minus": np.array([(residue.name, str(name)) in _NEGATIVE for name in names], bool),
        "hydrophobic": (elements == "C") & ~backbone & (residue.name in _HYDROPHOBIC),
    }


@lru_cache(maxsize=256)
def _is_metal(element: str) -> bool:
    import gemmi

    return gemmi.Element(element).is_metal


def _ring(atoms, residue, rows) -> np.ndarray | None:
    wanted = _RINGS.get(residue.name)
    if wanted is None:
        return None
    inside = rows[np.isin(atoms.name[rows], wanted)]
    return atoms.xyz[inside].mean(0) if len(inside) == len(wanted) else None
