"""A structure as tables and text: residues, chains, ligands, FASTA, PDB."""

import numpy as np
import pandas as pd

from biocore.sequence import Record, to_fasta
from biocore.structure.geometry import ramachandran
from biocore.structure.model import POLYMERS, WATER, Structure
from biocore.structure.secondary import NAMES

COLUMNS = {
    "chain": "author's chain name",
    "number": "author's residue number with insertion code; empty where not resolved",
    "label_chain": "the archive's chain name",
    "position": "1-based position in the chain's sequence",
    "name": "residue name",
    "letter": "one-letter code",
    "kind": "protein, dna, rna, ligand, ion or water",
    "resolved": "whether the model has atoms of it",
    "secondary": "H, G, I helix; E strand; B bridge; T turn; S bend; - none",
    "b_factor": "mean over its atoms, square angstrom",
    "plddt": "confidence of a prediction, 0-100",
    "phi": "degrees",
    "psi": "degrees",
    "uniprot": "accession and 1-based residue of UniProt, where the file says it",
}

HELIX_CLASS = {"H": 1, "I": 3, "G": 5}  # of the PDB format: right-handed alpha, pi and 3-10


def residue_table(structure: Structure, *, waters: bool = False) -> pd.DataFrame:
    """One row for each residue and ligand.

    Parameters
    ----------
    waters : bool
        List waters too.

    Returns
    -------
    pandas.DataFrame
        With the columns of `COLUMNS`; numbers that are not defined are NaN.
    """
    angles = ramachandran(structure)
    phi, psi = np.full(len(structure.residues), np.nan), np.full(len(structure.residues), np.nan)
    phi[angles.rows], psi[angles.rows] = angles.phi, angles.psi
    plddt = structure.confidence
    measured = plddt is None and bool(np.nanmax(np.abs(structure.b), initial=0))
    keep = [r.index for r in structure.residues if waters or r.kind != WATER]
    residues = [structure.residues[row] for row in keep]
    return pd.DataFrame(
        {
            "chain": [r.chain for r in residues],
            "number": [r.place if r.resolved else "" for r in residues],
            "label_chain": [r.label_chain for r in residues],
            "position": pd.array([r.label_number for r in residues], dtype="Int64"),
            "name": [r.name for r in residues],
            "letter": [r.letter if r.kind in POLYMERS else "" for r in residues],
            "kind": [r.kind for r in residues],
            "resolved": [r.resolved for r in residues],
            "secondary": [r.secondary for r in residues],
            "b_factor": structure.b[keep].round(2) if measured else np.full(len(keep), np.nan),
            "plddt": np.full(len(keep), np.nan) if plddt is None else plddt[keep].round(2),
            "phi": phi[keep].round(1),
            "psi": psi[keep].round(1),
            "uniprot": [r.uniprot for r in residues],
        },
        columns=list(COLUMNS),
    )


def chain_table(structure: Structure) -> pd.DataFrame:
    """One row for each chain.

    Returns
    -------
    pandas.DataFrame
        chain, molecule, kind, length (of its sequence), resolved (residues with coordinates), helix_percent and
        strand_percent (of the resolved residues; NaN where it is no protein).
    """
    rows = []
    for chain in structure.chains:
        polymer = [structure.residues[row] for row in chain.polymer]
        resolved = [r for r in polymer if r.resolved]
        helix = sum(r.secondary in "HGI" for r in resolved)
        strand = sum(r.secondary in "EB" for r in resolved)
        protein = chain.kind == "protein" and resolved
        rows.append(
            {
                "chain": chain.name,
                "molecule": chain.molecule,
                "kind": chain.kind,
                "length": len(polymer),
                "resolved": len(resolved),
                "helix_percent": round(100 * helix / len(resolved)) if protein else np.nan,
                "strand_percent": round(100 * strand / len(resolved)) if protein else np.nan,
            }
        )
    return pd.DataFrame(rows)


def ligand_table(structure: Structure) -> pd.DataFrame:
    """One row for each ligand or ion in the model.

    Returns
    -------
    pandas.DataFrame
        code, name, chain, number (the author's), atoms (how many).
    """
    counts = np.bincount(structure.atoms.residue, minlength=len(structure.residues))
    return pd.DataFrame(
        [
            {
                "code": r.name,
                "name": structure.ligand_names.get(r.name, ""),
                "chain": r.chain,
                "number": r.place,
                "atoms": int(counts[r.index]),
            }
            for r in structure.residues
            if r.kind in ("ligand", "ion")
        ],
        columns=["code", "name", "chain", "number", "atoms"],
    )


def facts(structure: Structure) -> dict[str, str]:
    """What the file says about itself, ready to be shown; "not given" where it does not."""
    none = "not given"
    resolution = f"{structure.resolution:.2f} Å" if np.isfinite(structure.resolution) else "not defined"
    method = structure.method or ("prediction" if structure.confidence is not None else none)
    return {
        "Title": structure.title or none,
        "From": structure.origin,
        "Organism": structure.organism or none,
        "Method": method,
        "Resolution": resolution,
        "Date": structure.date or none,
        "Secondary structure": {"file": "as the file states", "computed": "computed from hydrogen bonds"}.get(
            structure.secondary_from, structure.secondary_from
        ),
    }


def fasta(structure: Structure) -> str:
    """Sequences of all polymer chains, unresolved residues included."""
    return to_fasta(
        [
            Record(f"{structure.name}_{chain.name}".replace(" ", "_"), chain.sequence, chain.molecule)
            for chain in structure.chains
            if chain.sequence
        ]
    )


def secondary_name(code: str) -> str:
    """Name of a secondary structure.

    Parameters
    ----------
    code : str
        DSSP's letter.

    Examples
    --------
    >>> secondary_name("G"), secondary_name("-")
    ('3-10 helix', 'coil')
    """
    return NAMES.get(code, "coil")


def to_pdb(structure: Structure, *, waters: bool = False) -> str:
    """Minimal PDB text of what is shown, for viewers that read nothing else: atoms and secondary structure only.

    Chains are named A, B, C... and residues numbered by their order where PDB's columns are too narrow; text from the
    file is limited to atom and residue names.

    Parameters
    ----------
    waters : bool
        Write waters too.

    Raises
    ------
    InputError
        More than 99,999 atoms or 62 chains.
    """
    from biocore.errors import InputError

    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
    if len(structure.chains) > len(letters) or len(structure.atoms) > 99_999:
        raise InputError("this structure is too large for the PDB format (62 chains, 99,999 atoms).")
    names = {chain.name: letter for chain, letter in zip(structure.chains, letters, strict=False)}
    if all(len(chain.name) == 1 for chain in structure.chains):
        names = {chain.name: chain.name for chain in structure.chains}
    numbers = {
        r.index: r.number if r.number is not None and -999 <= r.number <= 9999 else r.index % 10000
        for r in structure.residues
    }
    lines = _records(structure, names, numbers)
    serial = 0
    for row, name, element, (x, y, z), b in zip(
        structure.atoms.residue.tolist(),
        structure.atoms.name.tolist(),
        structure.atoms.element.tolist(),
        structure.atoms.xyz.tolist(),
        structure.atoms.b.tolist(),
        strict=True,
    ):
        r = structure.residues[row]
        if r.kind == WATER and not waters:
            continue
        serial += 1
        record = "ATOM  " if r.kind in POLYMERS else "HETATM"
        padded = name[:4] if len(name) >= 4 or len(element) == 2 else f" {name}"
        lines.append(
            f"{record}{serial:>5} {padded:<4} {r.name[:3]:>3} {names[r.chain]}{numbers[row]:>4}{r.insertion or ' '}   "
            f"{x:>8.3f}{y:>8.3f}{z:>8.3f}  1.00{min(b, 999.99):>6.2f}          {element.upper()[:2]:>2}"
        )
    return "\n".join([*lines, "END", ""])


def _records(structure: Structure, names, numbers) -> list[str]:
    """HELIX and SHEET lines, one for each run of helix or strand."""
    lines: list[str] = []
    for chain in structure.chains:
        run: list = []
        for row in [*chain.polymer, None]:
            residue = structure.residues[row] if row is not None else None
            code = residue.secondary if residue and residue.secondary in "HGIE" else ""
            if run and (code != run[0] or residue is None or not residue.resolved):
                lines.append(_record(run, names[chain.name], numbers, len(lines) + 1))
                run = []
            if residue and code and residue.resolved:
                run = [code, *(run[1:] or []), residue]
    return lines


def _record(run: list, chain: str, numbers, serial: int) -> str:
    code, first, last = run[0], run[1], run[-1]
    a, b = numbers[first.index], numbers[last.index]
    ia, ib = first.insertion or " ", last.insertion or " "
    if code in HELIX_CLASS:
        return (
            f"HELIX  {serial % 1000:>3} {serial % 1000:>3} {first.name[:3]:>3} {chain} {a:>4}{ia} "
            f"{last.name[:3]:>3} {chain} {b:>4}{ib}{HELIX_CLASS[code]:>2}{'':30}{len(run) - 1:>6}"
        )
    ends = f"{first.name[:3]:>3} {chain}{a:>4}{ia} {last.name[:3]:>3} {chain}{b:>4}{ib}"
    return f"SHEET  {1:>3} {serial % 1000:>3} 1 {ends} 0"
