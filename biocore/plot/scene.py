"""What the viewer draws: a structure, its colours and a few choices as plain JSON values.

No text of the file is ever markup here: names travel as JSON strings, and the viewer puts them on the page as text.
"""

import base64
import json
from functools import lru_cache
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.plot.residue_colour import ELEMENTS, OTHER_ELEMENT, Colouring
from biocore.structure.model import ION, LIGAND, POLYMERS, WATER, Structure

STYLES = ("cartoon", "cartoon + sticks", "stick", "sphere", "surface")
MAX_SURFACE = 25_000  # atoms; a surface of more takes a browser minutes
KINDS = {"protein": "p", "dna": "d", "rna": "r", LIGAND: "l", ION: "i", WATER: "w"}
_NUCLEOTIDES = {"dna": {"A": "DA", "C": "DC", "G": "DG", "T": "DT"}, "rna": {"A": "A", "C": "C", "G": "G", "U": "U"}}


def scene(
    structure: Structure,
    colouring: Colouring,
    *,
    style: str = "cartoon",
    chains: list[str] | None = None,
    ligands: bool = True,
    waters: bool = False,
    selected: int | None = None,
) -> dict[str, Any]:
    """Everything the viewer needs: `geometry` and `look` in one.

    Parameters
    ----------
    style, selected
        As in `look`.
    chains, ligands, waters
        As in `geometry`.

    Returns
    -------
    dict
        JSON-able.

    Raises
    ------
    InputError
        Unknown style or chain, or a surface of too many atoms.
    """
    shape = geometry(structure, chains=chains, ligands=ligands, waters=waters)
    return shape | look(shape, colouring, style=style, selected=selected)


def geometry(
    structure: Structure, *, chains: list[str] | None = None, ligands: bool = True, waters: bool = False
) -> dict[str, Any]:
    """What is large and seldom changes: atoms, residues, chains.

    Parameters
    ----------
    chains : list of str, optional
        Chains to draw; all unless given.
    ligands, waters : bool
        Whether ligands with ions, and waters, are drawn.

    Returns
    -------
    dict
        JSON-able; ``key``, the first, tells one geometry from another.  Arrays are base64, little-endian: ``xyz``
        float32 (angstrom), ``residue`` and ``bonds`` uint32 (0-based), ``name`` uint16, ``element`` uint8.

    Raises
    ------
    InputError
        Unknown chain.
    """
    shown = {structure.chain(name).name for name in chains} if chains else {c.name for c in structure.chains}
    keep = np.array(
        [
            r.chain in shown
            and (r.kind in POLYMERS or (ligands and r.kind in (LIGAND, ION)) or (waters and r.kind == WATER))
            for r in structure.residues
        ],
        bool,
    )
    return {
        "key": geometry_key(structure, chains=chains, ligands=ligands, waters=waters),
        "name": structure.name,
        "title": structure.title,
        "atoms": _atoms(structure, np.flatnonzero(keep[structure.atoms.residue])),
        "residues": _residues(structure),
        "chains": [
            {
                "name": c.name,
                "molecule": c.molecule,
                "kind": c.kind,
                "start": c.start,
                "stop": c.stop,
                "polymer": c.polymer_stop,
                "shown": c.name in shown,
            }
            for c in structure.chains
        ],  # fmt: skip
        "view": principal_axes(structure.atoms.xyz).round(5).ravel().tolist(),
    }


def geometry_key(
    structure: Structure, *, chains: list[str] | None = None, ligands: bool = True, waters: bool = False
) -> str:
    """What `geometry` depends on, in a few letters; the parameters are the same."""
    return f"{structure.key}.{'-'.join(sorted(chains)) if chains else 'all'}.{int(ligands)}{int(waters)}"


def look(
    shape: dict[str, Any], colouring: Colouring, *, style: str = "cartoon", selected: int | None = None
) -> dict[str, Any]:
    """What is small and changes with every choice: colours, representation, selection.

    Parameters
    ----------
    shape : dict
        The `geometry` that is dressed.
    style : str
        One of `STYLES`.
    selected : int, optional
        0-based row of the residue the camera goes to.

    Returns
    -------
    dict
        JSON-able, with the ``key`` of `shape`.  Colours are base64 of uint8.

    Raises
    ------
    InputError
        Unknown style, or a surface of too many atoms.
    """
    if style not in STYLES:
        raise InputError(f"{style!r} is not a style; use {', '.join(STYLES)}.")
    atoms = shape["atoms"]["count"]
    if style == "surface" and atoms > MAX_SURFACE:
        raise InputError(
            f"a surface of {atoms:,} atoms would take minutes (limit: {MAX_SURFACE:,}). Choose fewer chains."
        )
    return {"key": shape["key"], "colours": _colours(colouring), "style": style, "selected": selected}


def to_json(data: dict[str, Any]) -> str:
    """JSON that may stand inside an HTML ``<script>``: no character of it can end the element or open another.

    Parameters
    ----------
    data : dict
        As `scene` returns it.
    """
    text = json.dumps(data, ensure_ascii=True, allow_nan=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def principal_axes(xyz: np.ndarray) -> np.ndarray:
    """The rotation that turns the longest extent of the atoms to x and the shortest to the viewer.

    Parameters
    ----------
    xyz : float array, (N, 3), in angstrom

    Returns
    -------
    float array, (3, 3)
    """
    centred = xyz.astype(float) - xyz.mean(0)
    _, axes = np.linalg.eigh(centred.T @ centred)
    axes = axes[:, ::-1].T
    return axes if np.linalg.det(axes) > 0 else axes * np.array([[1], [1], [-1]])


def _residues(structure: Structure) -> dict[str, Any]:
    residues = structure.residues
    return {
        "letter": "".join(r.letter[:1] or "X" for r in residues),
        "kind": "".join(KINDS[r.kind] for r in residues),
        "secondary": "".join(r.secondary for r in residues),
        "resolved": "".join("1" if r.resolved else "0" for r in residues),
        "place": [r.place if r.resolved else "" for r in residues],
        "position": [r.label_number for r in residues],
        "name": [r.name for r in residues],
    }


def _atoms(structure: Structure, rows: np.ndarray) -> dict[str, Any]:
    atoms = structure.atoms
    names, name_index = np.unique(atoms.name[rows], return_inverse=True)
    elements, element_index = np.unique(atoms.element[rows], return_inverse=True)
    return {
        "count": len(rows),
        "xyz": _base64(atoms.xyz[rows].astype("<f4")),
        "residue": _base64(atoms.residue[rows].astype("<u4")),
        "names": names.tolist(),
        "name": _base64(name_index.astype("<u2")),
        "elements": elements.tolist(),
        "element": _base64(element_index.astype("u1")),
        "bonds": _base64(bonds(atoms.xyz[rows], atoms.element[rows]).astype("<u4")),
        "draw_as": [drawn_name(structure, r) for r in structure.residues],
    }


def drawn_name(structure: Structure, residue) -> str:
    """Name under which 3Dmol knows how to draw a residue's ribbon: a standard nucleotide, or any amino acid."""
    if residue.kind in _NUCLEOTIDES:
        names = _NUCLEOTIDES[residue.kind]
        return names.get(residue.letter, next(iter(names.values())))
    return {"p": "GLY", "w": "HOH"}.get(KINDS[residue.kind], "LIG")


def bonds(xyz: np.ndarray, elements: np.ndarray) -> np.ndarray:
    """Pairs of atoms closer than the sum of their covalent radii + 0.4 angstrom; metals stay single.

    Parameters
    ----------
    xyz : float array, (N, 3), in angstrom
    elements : str array, (N,)

    Returns
    -------
    int array, (B, 2)
        0-based.
    """
    from scipy.spatial import cKDTree

    if len(xyz) < 2:
        return np.zeros((0, 2), np.int64)
    radius = np.array([covalent_radius(e) for e in elements.tolist()])
    pairs = cKDTree(xyz).query_pairs(2.6, output_type="ndarray")
    if not len(pairs):
        return np.zeros((0, 2), np.int64)
    a, b = pairs[:, 0], pairs[:, 1]
    distance = np.linalg.norm(xyz[a] - xyz[b], axis=1)
    limit = np.where((radius[a] > 0) & (radius[b] > 0), radius[a] + radius[b] + 0.4, 0.0)
    hydrogens = (elements[a] == "H") & (elements[b] == "H")
    return pairs[(distance <= limit) & (distance > 0.4) & ~hydrogens]


@lru_cache(maxsize=256)
def covalent_radius(element: str) -> float:
    """Angstrom; 0 for metals and unknown elements, which are drawn without bonds."""
    import gemmi

    found = gemmi.Element(element)
    return 0.0 if found.is_metal or element in ("X", "") else float(found.covalent_r)


def _colours(colouring: Colouring) -> dict[str, Any]:
    return {
        "mode": colouring.mode,
        "title": colouring.title,
        "palette": list(colouring.palette),
        "index": _base64(colouring.index.astype("u1")),
        "legend": [list(entry) for entry in colouring.legend],
        "gradient": list(colouring.gradient),
        "low": _number(colouring.low),
        "high": _number(colouring.high),
        "missing": colouring.missing,
        "by_element": colouring.by_element,
        "elements": ELEMENTS,
        "other_element": OTHER_ELEMENT,
    }


def _number(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None


def _base64(array: np.ndarray) -> str:
    return base64.b64encode(np.ascontiguousarray(array).tobytes()).decode()
