"""A peptide from its sequence, with ideal geometry: something to look at where there is no file and no internet."""

from dataclasses import dataclass, replace

import numpy as np

from biocore.errors import InputError
from biocore.sequence import clean_protein
from biocore.structure.model import PROTEIN, Atoms, Chain, Residue, Structure
from biocore.structure.sidechains import BRANCHES, CHI
from biocore.structure.superposition import fit

MAX_LENGTH = 500
MAX_TRIPLE = 120  # residues in each of three chains
ORIGIN = "built with ideal geometry"

# Backbone of an L-peptide: lengths in angstrom, angles in degrees (Engh & Huber 1991).
N_CA, CA_C, C_N, C_O = 1.458, 1.525, 1.329, 1.231
CA_C_N, C_N_CA, CA_C_O, N_CA_C = 116.9, 121.7, 120.3, 111.0
CA_CB, N_CA_CB, C_N_CA_CB = 1.530, 110.5, -122.6


@dataclass(frozen=True)
class Shape:
    """A regular backbone: (phi, psi) in degrees for each residue in turn, and what it is.

    `codes` are the secondary-structure letters a reader of files would give; `reference` where the angles are from.
    """

    title: str
    angles: tuple[tuple[float, float], ...]
    code: str
    about: str
    reference: str


SHAPES = {
    "helix": Shape(
        "alpha helix",
        ((-57.0, -47.0),),
        "H",
        "3.6 residues and 5.4 Å per turn; each C=O bonds to the N-H four residues on.",
        "Pauling, Corey & Branson (1951), doi:10.1073/pnas.37.4.205",
    ),
    "strand": Shape(
        "beta strand",
        ((-139.0, 135.0),),
        "E",
        "Fully extended, as in an antiparallel sheet; side chains alternate between the two faces.",
        "Arnott, Dover & Elliott (1967), doi:10.1016/0022-2836(67)90252-2",
    ),
    "ppii": Shape(
        "polyproline II helix",
        ((-75.0, 145.0),),
        "-",
        "Left-handed, three residues and 9.3 Å per turn, no hydrogen bonds inside.",
        "Adzhubei, Sternberg & Makarov (2013), doi:10.1016/j.jmb.2013.03.018",
    ),
    "collagen": Shape(
        "collagen-like triple helix",
        # glycine, X, Y: the medians of 1BKV's imino-rich ends, moved by up to 1 degree so that the glycine
        # N-H...O=C distance between chains is 3.0 angstrom
        ((-69.4, 172.3), (-74.9, 160.3), (-61.1, 148.8)),
        "-",
        "Three chains, each much like polyproline II, wound around one axis; every third residue is a glycine inside.",
        "Kramer et al. (1999), doi:10.1038/8259 (1BKV)",
    ),
}


def build_peptide(sequence: str, shape: str = "helix", *, name: str = "") -> Structure:
    """Build a peptide, all heavy atoms, with ideal bond lengths and angles.

    Parameters
    ----------
    sequence : str
        One-letter code; in a triple helix O is hydroxyproline.  Length in residues: up to 500 (triple helix: 120).
    shape : str
        "helix", "strand", "ppii" or "collagen" (three copies of the chain).

    Returns
    -------
    Structure
        Numbered from 1; B-factors are 0.  It is a drawing of what such a backbone looks like, not a prediction.

    Raises
    ------
    InputError
        Unknown shape, unreadable or too long sequence, or a triple helix without glycine at every third place.

    Notes
    -----
    Side chains take the commonest rotamer that touches nothing; where every one touches something, the least bad.
    A triple helix winds its three chains by the symmetry of its own backbone, one residue of rise between chains.

    References
    ----------
    Engh & Huber (1991), Acta Cryst. A47:392-400, doi:10.1107/S0108767391001071.
    """
    if shape not in SHAPES:
        raise InputError(f"{shape!r} is not a shape; use {', '.join(SHAPES)}.")
    names, notes = _names(sequence, shape)
    if shape == "collagen":
        strands, register_note = _triple(names)
        notes += register_note
    else:
        strands = [_backbone(len(names), SHAPES[shape].angles)]
    parts, others = [], [np.vstack([np.vstack(list(strand.values())) for strand in strands])]
    for strand in strands:
        parts.append(_with_side_chains(names, strand, others[0], shape))
    return _structure(names, parts, SHAPES[shape], name or f"{SHAPES[shape].title}, {len(names)} residues", notes)


def place(a: np.ndarray, b: np.ndarray, c: np.ndarray, length: float, angle: float, dihedral: float) -> np.ndarray:
    """The point d that lies at a given distance, angle and dihedral from three others.

    Parameters
    ----------
    a, b, c : float arrays, (..., 3), in angstrom
    length : float
        From c to d, in angstrom.
    angle, dihedral : float
        b-c-d and a-b-c-d, in degrees.

    Returns
    -------
    float array, (..., 3), in angstrom

    References
    ----------
    Parsons et al. (2005), doi:10.1002/jcc.20237.
    """
    angle, dihedral = np.radians(angle), np.radians(dihedral)
    bc = (c - b) / np.linalg.norm(c - b, axis=-1, keepdims=True)
    normal = np.cross(b - a, bc)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    across = np.cross(normal, bc)
    return c + length * (
        -np.cos(angle) * bc + np.sin(angle) * np.cos(dihedral) * across + np.sin(angle) * np.sin(dihedral) * normal
    )


def _names(sequence: str, shape: str) -> tuple[list[str], list[str]]:
    from Bio.SeqUtils import seq3

    limit = MAX_TRIPLE if shape == "collagen" else MAX_LENGTH
    cleaned = clean_protein(sequence, min_length=2, max_length=limit, allow_dna=True)
    notes = [note for note in cleaned.notes if "stop" in note or "gap" in note]
    names = []
    for position, letter in enumerate(cleaned.sequence, 1):
        if letter == "O" and shape == "collagen":
            names.append("HYP")
        elif letter in "BZUXO":
            instead = {"B": "ASN", "Z": "GLN", "U": "CYS"}.get(letter, "ALA")
            notes.append(f"{letter} at position {position:,} is drawn as {instead}.")
            names.append(instead)
        else:
            names.append(seq3(letter).upper())
    prolines = [str(i + 1) for i, name in enumerate(names) if name == "PRO" and i > 3]
    if shape == "helix" and prolines:
        notes.append(f"Proline does not fit into a helix; its ring overlaps the turn before it: {', '.join(prolines)}.")
    return names, notes


def _backbone(count: int, angles, start: int = 0) -> dict[str, np.ndarray]:
    """N, CA, C, O and CB of a chain, each (count, 3); residue i has the angles number (i + start) modulo the count."""
    n = np.zeros((count, 3))
    ca, c, o, cb = n.copy(), n.copy(), n.copy(), n.copy()
    n[0], ca[0] = (0.0, 0.0, 0.0), (N_CA, 0.0, 0.0)
    c[0] = place(np.array([0.0, 1.0, 0.0]), n[0], ca[0], CA_C, N_CA_C, 180.0)
    turn = [angles[(i + start) % len(angles)] for i in range(count)]
    for i in range(1, count):
        n[i] = place(n[i - 1], ca[i - 1], c[i - 1], C_N, CA_C_N, turn[i - 1][1])
        ca[i] = place(ca[i - 1], c[i - 1], n[i], N_CA, C_N_CA, 180.0)
        c[i] = place(c[i - 1], n[i], ca[i], CA_C, N_CA_C, turn[i][0])
    psi = np.array([p for _, p in turn])
    for i in range(count):
        o[i] = place(n[i], ca[i], c[i], C_O, CA_C_O, psi[i] + 180.0)
    cb[:] = place(c, n, ca, CA_CB, N_CA_CB, C_N_CA_CB)
    return {"N": n, "CA": ca, "C": c, "O": o, "CB": cb}


def _triple(names: list[str]) -> tuple[list[dict[str, np.ndarray]], list[str]]:
    """Three chains around the axis about which a chain's own triplets wind."""
    glycines = [sum(name == "GLY" for name in names[k::3]) / max(1, len(names[k::3])) for k in range(3)]
    register = int(np.argmax(glycines))
    if len(names) < 6 or glycines[register] < 0.5:
        raise InputError(
            "a triple helix needs glycine at every third place and 6 residues or more, e.g. GPOGPOGPO "
            "(O is hydroxyproline)."
        )
    notes = []
    if glycines[register] < 1:
        bad = [i + 1 for i in range(register, len(names), 3) if names[i] != "GLY"]
        notes.append(f"Not glycine where the chains meet, so side chains clash there: {', '.join(map(str, bad))}.")
    angles = SHAPES["collagen"].angles
    start = (-register) % 3
    chain = _backbone(len(names), angles, start)
    rotation, shift = _screw(_backbone(9, angles, start)["CA"])
    strands = [chain]
    for _ in range(2):
        strands.append({atom: xyz @ rotation.T + shift for atom, xyz in strands[-1].items()})
    return strands, notes


def _screw(ca: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """From a chain to the next: a third of the rise of one triplet, and the turn that three times makes the triplet's.

    Three such turns differ from the triplet's by one whole turn the other way round (left-handed, about -103 degrees).
    """
    before, after = ca[:-3], ca[3:]
    whole, move = fit(after, before)
    axis = np.array([whole[2, 1] - whole[1, 2], whole[0, 2] - whole[2, 0], whole[1, 0] - whole[0, 1]])
    axis /= np.linalg.norm(axis)
    turn = np.arccos(np.clip((np.trace(whole) - 1) / 2, -1, 1))
    rise = axis @ move
    if rise < 0:
        axis, turn, rise = -axis, -turn, -rise
    across = move - rise * axis
    foot = np.linalg.pinv(np.eye(3) - whole) @ across  # a point on the axis
    third = _rotation(axis, (turn - 2 * np.pi) / 3)
    return third, foot - third @ foot + axis * rise / 3


def _rotation(axis: np.ndarray, angle: float) -> np.ndarray:
    x, y, z = axis
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def _with_side_chains(names, strand, backbone, shape) -> list[dict[str, np.ndarray]]:
    """Atoms of each residue by name: side chains set one after the other, each away from what is there already."""
    placed: list[np.ndarray] = [backbone]
    residues = []
    for i, name in enumerate(names):
        atoms = {atom: strand[atom][i] for atom in ("N", "CA", "C", "O", "CB") if not (name == "GLY" and atom == "CB")}
        if name in BRANCHES:
            around = np.vstack(placed)
            around = around[np.linalg.norm(around - atoms["CA"], axis=1) < 14.0]
            mine = np.vstack(list(atoms.values()))
            neighbours = around[np.linalg.norm(around[:, None] - mine[None], axis=2).min(1) > 0.01]
            own = np.vstack([atoms[atom] for atom in ("N", "C", "O")])
            best = min(
                (_side_chain(name, atoms, chi) for chi in _rotamers(name, shape)),
                key=lambda side: _overlap(side, neighbours, own),
            )
            placed.append(np.vstack(list(best.values())))
            atoms |= best
        residues.append(atoms)
    return residues


def _rotamers(name: str, shape: str) -> list[tuple[float, ...]]:
    """Side-chain angles to try, the commonest first."""
    common = CHI[name]
    if name in ("PRO", "HYP"):
        return [common]
    first = [common[0], -65.0, 180.0, 62.0]
    if shape == "helix":
        first = [f for f in first if f != 62.0] + [62.0]  # a helix has no room for it
    seconds = [common[1], 180.0, 65.0, -65.0] if len(common) > 1 else [None]
    found = []
    for one in first:
        for two in seconds:
            chi = (one, *(() if two is None else (two,)), *common[2:])
            if chi not in found:
                found.append(chi)
    return found


def _side_chain(name: str, atoms: dict[str, np.ndarray], chi: tuple[float, ...]) -> dict[str, np.ndarray]:
    side: dict[str, np.ndarray] = {}
    at = dict(atoms)
    for atom, a, b, c, length, angle, number, offset in BRANCHES[name]:
        dihedral = (chi[number - 1] if number else 0.0) + offset
        at[atom] = side[atom] = place(at[a], at[b], at[c], length, angle, dihedral)
    return side


def _overlap(side: dict[str, np.ndarray], others: np.ndarray, own: np.ndarray) -> float:
    """How much a side chain pushes into what is there already; 0 where every distance is 3.2 angstrom or more."""
    xyz = np.vstack(list(side.values()))
    distance = np.linalg.norm(xyz[:, None] - others[None], axis=2)
    far = np.linalg.norm(xyz[1:, None] - own[None], axis=2)  # beyond the first atom, the residue's own backbone counts
    return float((np.clip(3.2 - distance, 0, None) ** 2).sum() + (np.clip(2.9 - far, 0, None) ** 2).sum())


def _structure(names, parts, shape: Shape, name: str, notes) -> Structure:
    from Bio.SeqUtils import seq1

    xyz, row, atom_names = [], [], []
    residues: list[Residue] = []
    chains = []
    for number, part in enumerate(parts):
        chain = "ABC"[number]
        start = len(residues)
        for position, (residue_name, atoms) in enumerate(zip(names, part, strict=True), 1):
            letter = "P" if residue_name == "HYP" else seq1(residue_name)
            residues.append(
                Residue(
                    len(residues), chain, chain, position, "", position, residue_name, letter, PROTEIN, True, shape.code
                )
            )
            for atom, where in atoms.items():
                xyz.append(where)
                row.append(len(residues) - 1)
                atom_names.append(atom)
        sequence = "".join(residue.letter for residue in residues[start:])
        chains.append(Chain(chain, start, len(residues), len(residues), PROTEIN, sequence, f"Built {shape.title}"))
    if shape.code in "HE" and len(names) > 2:  # the ends of a helix or strand have no partner on one side
        residues = [replace(r, secondary="-") if r.label_number in (1, len(names)) else r for r in residues]
    xyz = np.array(xyz) - np.mean(xyz, axis=0)
    atoms = Atoms(
        xyz.astype(np.float32),
        np.array(row, np.int32),
        np.array(atom_names),
        np.array([atom[0] for atom in atom_names]),
        np.zeros(len(row), np.float32),
    )
    return Structure(
        name=name,
        origin=ORIGIN,
        atoms=atoms,
        residues=tuple(residues),
        chains=tuple(chains),
        b=np.zeros(len(residues), np.float32),
        title=f"{shape.title.capitalize()} built from its sequence",
        secondary_from="computed" if shape.code == "-" else "as built",
        notes=tuple(notes),
    )
