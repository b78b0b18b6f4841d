"""Angles, distances and superposition."""

from dataclasses import dataclass, replace

import numpy as np

from biocore.errors import InputError
from biocore.structure.model import POLYMERS, PROTEIN, Atoms, Chain, Structure

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


@dataclass(frozen=True)
class Superposition:
    """One chain laid on another.

    Attributes
    ----------
    rotation : float array, (3, 3); shift : float array, (3,)
        Moved coordinates are ``xyz @ rotation.T + shift``.
    pairs : int array, (P, 2)
        Rows of residues of the fixed and of the moved structure that alignment put together.
    distances : float array, (P,)
        Between the pair's alpha carbons (nucleic acids: C1') afterwards, in angstrom.
    used : bool array, (P,)
        Pairs the fit rests on; all of them, unless outliers were left out.
    rmsd, rmsd_all : float
        Root mean square distance of the pairs used, and of all pairs, in angstrom.
    identity : float
        Share of pairs with the same residue letter.
    """

    rotation: np.ndarray
    shift: np.ndarray
    pairs: np.ndarray
    distances: np.ndarray
    used: np.ndarray
    rmsd: float
    rmsd_all: float
    identity: float


def dihedral(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Dihedral angles a-b-c-d in degrees, -180 to 180, of points (..., 3); NaN where a point is missing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        axis = (c - b) / np.linalg.norm(c - b, axis=-1, keepdims=True)
        first = (a - b) - ((a - b) * axis).sum(-1, keepdims=True) * axis
        second = (d - c) - ((d - c) * axis).sum(-1, keepdims=True) * axis
        y = (np.cross(axis, first) * second).sum(-1)
        return np.degrees(np.arctan2(y, (first * second).sum(-1)))


def ramachandran(structure: Structure) -> Ramachandran:
    """Phi and psi of every protein residue that is bonded to both neighbours.

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
    """One point for each polymer residue, (R, 3) in angstrom, NaN for all others.

    Alpha carbon (with `beta`: beta carbon where there is one) of amino acids, C1' of nucleotides.
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


def superpose(
    fixed: Structure, fixed_chain: str, moved: Structure, moved_chain: str, *, leave_out_outliers: bool = False
) -> Superposition:
    """Lay a chain of `moved` on a chain of `fixed`; which residue belongs to which comes from aligning the sequences.

    Parameters
    ----------
    leave_out_outliers : bool
        Fit again without pairs further apart than twice the RMSD (at least 2 angstrom), until nothing changes, while at
        least half of the pairs stay.

    Raises
    ------
    InputError
        Fewer than three residues match.

    References
    ----------
    Kabsch (1976), doi:10.1107/S0567739476001873.
    """
    from biocore.structure.tracks import align

    first, second = fixed.chain(fixed_chain), moved.chain(moved_chain)
    if "none" in (first.kind, second.kind) or (first.kind == PROTEIN) != (second.kind == PROTEIN):
        raise InputError("choose two chains of the same kind: two proteins or two nucleic acids.")
    xyz, other = representative(fixed), representative(moved)
    matched = align(first.sequence, second.sequence)
    pairs = np.array(
        [
            (first.start + i, second.start + j)
            for i, j in matched
            if np.isfinite(xyz[first.start + i]).all() and np.isfinite(other[second.start + j]).all()
        ],
        int,
    ).reshape(-1, 2)
    if len(pairs) < 3:
        raise InputError("fewer than three residues of the two chains match, so they cannot be superposed.")
    a, b = xyz[pairs[:, 0]], other[pairs[:, 1]]
    used = np.ones(len(pairs), bool)
    for _ in range(20):
        rotation, shift = kabsch(a[used], b[used])
        distances = np.linalg.norm(a - (b @ rotation.T + shift), axis=1)
        if not leave_out_outliers:
            break
        limit = max(2.0, 2 * float(np.sqrt((distances[used] ** 2).mean())))
        closer = distances <= limit
        if (closer == used).all() or closer.sum() < max(3, len(pairs) / 2):
            break
        used = closer
    same = [_letter(fixed, first, i) == _letter(moved, second, j) for i, j in pairs]
    return Superposition(
        rotation,
        shift,
        pairs,
        distances,
        used,
        float(np.sqrt((distances[used] ** 2).mean())),
        float(np.sqrt((distances**2).mean())),
        float(np.mean(same)),
    )


def _letter(structure: Structure, chain: Chain, row: int) -> str:
    return chain.sequence[row - chain.start]


def kabsch(fixed: np.ndarray, moved: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rotation (3, 3) and shift (3,) that lay `moved` (P, 3) on `fixed` (P, 3) with the least squared distance."""
    a, b = fixed.mean(0), moved.mean(0)
    u, _, vt = np.linalg.svd((moved - b).T @ (fixed - a))
    sign = np.sign(np.linalg.det(vt.T @ u.T))
    rotation = vt.T @ np.diag([1.0, 1.0, sign]) @ u.T
    return rotation, a - rotation @ b


def merge(fixed: Structure, moved: Structure, placement: Superposition) -> Structure:
    """Both structures as one, the second one laid on the first; its chains' names end in a prime."""
    offset = len(fixed.residues)
    xyz = (moved.atoms.xyz.astype(float) @ placement.rotation.T + placement.shift).astype(np.float32)
    atoms = Atoms(
        np.vstack([fixed.atoms.xyz, xyz]),
        np.concatenate([fixed.atoms.residue, moved.atoms.residue + offset]).astype(np.int32),
        np.concatenate([fixed.atoms.name, moved.atoms.name]),
        np.concatenate([fixed.atoms.element, moved.atoms.element]),
        np.concatenate([fixed.atoms.b, moved.atoms.b]),
    )
    residues = [replace(r, index=r.index + offset, chain=f"{r.chain}′") for r in moved.residues]
    chains = [
        replace(
            c, name=f"{c.name}′", start=c.start + offset, polymer_stop=c.polymer_stop + offset, stop=c.stop + offset
        )
        for c in moved.chains
    ]
    return Structure(
        name=f"{fixed.name} and {moved.name}",
        origin="superposed",
        atoms=atoms,
        residues=(*fixed.residues, *residues),
        chains=(*fixed.chains, *chains),
        b=np.concatenate([fixed.b, moved.b]),
        title=f"{moved.name} laid on {fixed.name}",
        ligand_names={**fixed.ligand_names, **moved.ligand_names},
    )
