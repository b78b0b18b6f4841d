"""One chain laid on another: pairs from the sequences, the fit from gemmi."""

from dataclasses import dataclass, replace

import numpy as np

from biocore.errors import InputError
from biocore.structure.alignment import align
from biocore.structure.geometry import representative
from biocore.structure.model import PROTEIN, Atoms, Structure

CLOSE = 2.0  # angstrom; a pair nearer than this is never an outlier


@dataclass(frozen=True)
class Superposition:
    """A mobile chain laid on a reference chain.

    Attributes
    ----------
    rotation : float array, (3, 3); shift : float array, (3,)
        Mobile coordinates become ``xyz @ rotation.T + shift``.
    pairs : int array, (P, 2)
        0-based rows of residues of the reference and of the mobile structure that alignment put together.
    distances : float array, (P,)
        Between the pair's alpha carbons (nucleic acids: C1') afterwards, in angstrom.
    used : bool array, (P,)
        Pairs the fit rests on; all of them, unless outliers were rejected.
    rmsd, rmsd_all : float
        Root mean square distance of the pairs used, and of all pairs, in angstrom.
    identity : float
        Fraction of pairs with the same residue.
    """

    rotation: np.ndarray
    shift: np.ndarray
    pairs: np.ndarray
    distances: np.ndarray
    used: np.ndarray
    rmsd: float
    rmsd_all: float
    identity: float


def superpose(
    reference: Structure,
    reference_chain: str,
    mobile: Structure,
    mobile_chain: str,
    *,
    reject_outliers: bool = False,
) -> Superposition:
    """Lay a chain of `mobile` on a chain of `reference`; which residue belongs to which comes from the sequences.

    Parameters
    ----------
    reference_chain, mobile_chain : str
        Author's chain names.
    reject_outliers : bool
        Fit again without pairs further apart than twice the RMSD (at least 2 angstrom), until nothing changes, while at
        least half of the pairs stay.

    Raises
    ------
    InputError
        No such chain, chains of different kinds, fewer than three residues match, or those lie on one line.

    References
    ----------
    Theobald (2005), doi:10.1107/S0108767305015266, as implemented in gemmi.
    """
    first, second = reference.chain(reference_chain), mobile.chain(mobile_chain)
    if "none" in (first.kind, second.kind) or (first.kind == PROTEIN) != (second.kind == PROTEIN):
        raise InputError("choose two chains of the same kind: two proteins or two nucleic acids.")
    xyz, other = representative(reference), representative(mobile)
    matched = align(first.sequence, second.sequence, first.kind)
    rows = np.array(matched, int).reshape(-1, 2) + (first.start, second.start)
    pairs = rows[np.isfinite(xyz[rows[:, 0]]).all(1) & np.isfinite(other[rows[:, 1]]).all(1)]
    if len(pairs) < 3:
        raise InputError("fewer than three residues of the two chains match, so they cannot be superposed.")
    a, b = xyz[pairs[:, 0]], other[pairs[:, 1]]
    used = np.ones(len(pairs), bool)
    for _ in range(20):
        rotation, shift = fit(a[used], b[used])
        distances = np.linalg.norm(a - (b @ rotation.T + shift), axis=1)
        if not reject_outliers:
            break
        closer = distances <= max(CLOSE, 2 * _rms(distances[used]))
        if (closer == used).all() or closer.sum() < max(3, len(pairs) / 2):
            break
        used = closer
    same = [reference.residues[i].letter == mobile.residues[j].letter for i, j in pairs]
    return Superposition(
        rotation, shift, pairs, distances, used, _rms(distances[used]), _rms(distances), float(np.mean(same))
    )


def _rms(distances: np.ndarray) -> float:
    return float(np.sqrt((distances**2).mean()))


def fit(reference: np.ndarray, mobile: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The move that lays points on points with the least squared distance.

    Parameters
    ----------
    reference, mobile : float arrays, (P, 3), in angstrom
        Point i of one belongs to point i of the other; three or more, not on one line.

    Returns
    -------
    rotation : float array, (3, 3); shift : float array, (3,)
        `mobile` becomes ``mobile @ rotation.T + shift``.

    Raises
    ------
    InputError
        The points lie on one line, so that the rotation is not defined.
    """
    import gemmi

    there, here = ([gemmi.Position(*point) for point in points] for points in (reference, mobile))
    move = gemmi.superpose_positions(there, here).transform
    rotation, shift = np.array(move.mat.tolist()), np.array(move.vec.tolist())
    if not np.isfinite(rotation).all():
        raise InputError("the residues that match lie on one line, so how to turn the chain is not defined.")
    return rotation, shift


def merge(reference: Structure, mobile: Structure, placement: Superposition) -> Structure:
    """Both structures as one, the mobile one laid on the reference; its chains' names end in a prime.

    Parameters
    ----------
    placement : Superposition
        As `superpose` returns it for these two.
    """
    offset = len(reference.residues)
    xyz = (mobile.atoms.xyz.astype(float) @ placement.rotation.T + placement.shift).astype(np.float32)
    atoms = Atoms(
        np.vstack([reference.atoms.xyz, xyz]),
        np.concatenate([reference.atoms.residue, mobile.atoms.residue + offset]).astype(np.int32),
        np.concatenate([reference.atoms.name, mobile.atoms.name]),
        np.concatenate([reference.atoms.element, mobile.atoms.element]),
        np.concatenate([reference.atoms.b, mobile.atoms.b]),
    )
    residues = [replace(r, index=r.index + offset, chain=f"{r.chain}′") for r in mobile.residues]
    chains = [
        replace(
            c, name=f"{c.name}′", start=c.start + offset, polymer_stop=c.polymer_stop + offset, stop=c.stop + offset
        )
        for c in mobile.chains
    ]
    return Structure(
        name=f"{reference.name} and {mobile.name}",
        origin="superposed",
        atoms=atoms,
        residues=(*reference.residues, *residues),
        chains=(*reference.chains, *chains),
        b=np.concatenate([reference.b, mobile.b]),
        title=f"{mobile.name} laid on {reference.name}",
        ligand_names={**reference.ligand_names, **mobile.ligand_names},
    )
