"""Backbone angles and distances between residues."""

from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.structure.model import POLYMERS, PROTEIN, Structure

MAX_MATRIX = 3000  # residues; a matrix of more cannot be drawn, and takes 70 MB


@dataclass(frozen=True)
class Ramachandran:
    """Backbone angles of protein residues, in degrees from -180 to 180; R residues.

    Attributes
    ----------
    rows : int array, (R,)
        Rows of `Structure.residues`.
    phi, psi : float arrays, (R,)
    group : str array, (R,)
        "glycine", "proline", "before proline" or "general".
    """

    rows: np.ndarray
    phi: np.ndarray
    psi: np.ndarray
    group: np.ndarray


@dataclass(frozen=True)
class DistanceMatrix:
    """Distances between residues of a structure, (R, R) in angstrom.

    Attributes
    ----------
    rows : int array, (R,)
        Rows of `Structure.residues` that have the atom.
    atom : str
        Which atoms were measured, for people.
    """

    rows: np.ndarray
    distances: np.ndarray
    atom: str


def dihedral(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Dihedral angles a-b-c-d.

    Parameters
    ----------
    a, b, c, d : float arrays, (..., 3)
        Points; NaN where missing.

    Returns
    -------
    float array, (...)
        In degrees, -180 to 180; NaN where a point is missing.

    Examples
    --------
    >>> dihedral(np.array([0., 1, 0]), np.zeros(3), np.array([1., 0, 0]), np.array([1., 0, 1])).round(6).item()
    90.0
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        axis = (c - b) / np.linalg.norm(c - b, axis=-1, keepdims=True)
        first = (a - b) - ((a - b) * axis).sum(-1, keepdims=True) * axis
        second = (d - c) - ((d - c) * axis).sum(-1, keepdims=True) * axis
        y = (np.cross(axis, first) * second).sum(-1)
        return np.degrees(np.arctan2(y, (first * second).sum(-1)))


def ramachandran(structure: Structure) -> Ramachandran:
    """Phi and psi of every protein residue that is bonded to both neighbours.

    Parameters
    ----------
    structure : Structure
        Two residues count as bonded where C and the next N are less than 2 angstrom apart.

    References
    ----------
    Ramachandran, Ramakrishnan & Sasisekharan (1963), doi:10.1016/S0022-2836(63)80023-6.
    """
    n, ca, c = (structure.atom_positions(atom) for atom in ("N", "CA", "C"))
    count = len(structure.residues)
    phi, psi = np.full(count, np.nan), np.full(count, np.nan)
    with np.errstate(invalid="ignore"):
        joined = np.linalg.norm(c[:-1] - n[1:], axis=1) < 2.0
    phi[1:] = np.where(joined, dihedral(c[:-1], n[1:], ca[1:], c[1:]), np.nan)
    psi[:-1] = np.where(joined, dihedral(n[:-1], ca[:-1], c[:-1], n[1:]), np.nan)
    names = [residue.name for residue in structure.residues] + [""]
    protein = np.array([residue.kind == PROTEIN for residue in structure.residues], bool)
    rows = np.flatnonzero(protein & np.isfinite(phi) & np.isfinite(psi))
    group = np.array([_group(names[row], names[row + 1]) for row in rows], dtype="<U16")
    return Ramachandran(rows, phi[rows], psi[rows], group)


def _group(name: str, following: str) -> str:
    if name == "GLY":
        return "glycine"
    if name in ("PRO", "HYP"):
        return "proline"
    return "before proline" if following in ("PRO", "HYP") else "general"


def representative(structure: Structure, *, beta: bool = False) -> np.ndarray:
    """One point for each polymer residue: alpha carbon of amino acids, C1' of nucleotides.

    Parameters
    ----------
    beta : bool
        Take the beta carbon instead, where there is one.

    Returns
    -------
    float array, (R, 3), in angstrom
        NaN for residues that lack the atom, and for what is no polymer.
    """
    xyz = structure.atom_positions("CA")
    if beta:
        cb = structure.atom_positions("CB")
        xyz = np.where(np.isfinite(cb), cb, xyz)
    sugar = structure.atom_positions("C1'")
    kinds = np.array([residue.kind for residue in structure.residues])
    xyz[~np.isin(kinds, POLYMERS)] = np.nan
    nucleic = np.isin(kinds, POLYMERS[1:])
    xyz[nucleic] = sugar[nucleic]
    return xyz


def distance_matrix(structure: Structure, chains: list[str], *, beta: bool = True) -> DistanceMatrix:
    """Distances between all residues of some chains.

    Parameters
    ----------
    chains : list of str
        Author's chain names.
    beta : bool
        Measure between beta carbons (glycine: alpha) rather than alpha carbons; nucleotides always by C1'.

    Raises
    ------
    InputError
        No such chain, fewer than two residues with coordinates, or more than 3,000.
    """
    xyz = representative(structure, beta=beta)
    wanted = [row for name in chains for row in structure.chain(name).polymer]
    rows = np.array([row for row in wanted if np.isfinite(xyz[row]).all()], int)
    if len(rows) < 2:
        raise InputError("a distance matrix needs two residues with coordinates; choose another chain.")
    if len(rows) > MAX_MATRIX:
        raise InputError(f"{len(rows):,} residues are too many for one matrix ({MAX_MATRIX:,}); choose fewer chains.")
    points = xyz[rows]
    square = (points**2).sum(1)
    distances = np.sqrt(np.clip(square[:, None] + square[None] - 2 * points @ points.T, 0, None))
    np.fill_diagonal(distances, 0.0)
    return DistanceMatrix(
        rows, distances.astype(np.float32), "Cβ (glycine: Cα; nucleotides: C1′)" if beta else "Cα or C1′"
    )
