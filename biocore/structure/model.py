"""What a structure is here: atoms in columns, residues in rows, chains as ranges of rows."""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from biocore.errors import InputError

PROTEIN, DNA, RNA, LIGAND, ION, WATER = "protein", "dna", "rna", "ligand", "ion", "water"
POLYMERS = (PROTEIN, DNA, RNA)
BACKBONE = ("N", "CA", "C", "O")


@dataclass(frozen=True)
class Residue:
    """One residue, ligand or water, seen in the experiment or only known from the sequence.

    Attributes
    ----------
    index : int
        0-based row in `Structure.residues`.
    chain : str
        Author's chain name (auth_asym_id), the one papers use.
    label_chain : str
        The archive's own chain name (label_asym_id); empty where the file has none.
    number : int or None
        Author's residue number; None for a residue that is not resolved.
    insertion : str
        Insertion code, one letter or empty.
    label_number : int or None
        1-based position in the chain's sequence (label_seq_id); None outside polymers.
    name : str
        Three-letter (ligands: up to five-letter) code.
    letter : str
        One-letter code; the parent's for modified residues, "X" where there is none.
    kind : str
        "protein", "dna", "rna", "ligand", "ion" or "water".
    resolved : bool
        False where the sequence has the residue but the model has no atom of it.
    secondary : str
        H alpha helix, G 3-10 helix, I pi helix, E strand, B isolated bridge, T turn, S bend, "-" none of these.
    altlocs : str
        Labels of alternate conformers, e.g. "AB"; empty where there is one.  The one with the
        highest occupancy is kept.
    uniprot : str
        Accession and 1-based residue of UniProt, e.g. "P01308:31"; empty where the file does not say.
    """

    index: int
    chain: str
    label_chain: str
    number: int | None
    insertion: str
    label_number: int | None
    name: str
    letter: str
    kind: str
    resolved: bool
    secondary: str = "-"
    altlocs: str = ""
    uniprot: str = ""

    @property
    def place(self) -> str:
        """Author's number with insertion code, e.g. "60A"; "not resolved" where there is none."""
        return f"{self.number}{self.insertion}" if self.number is not None else "not resolved"

    @property
    def title(self) -> str:
        """For people: "A:LYS 45", or "A:LYS (sequence position 45, not resolved)"."""
        if self.number is None:
            return f"{self.chain}:{self.name} (sequence position {self.label_number}, not resolved)"
        return f"{self.chain}:{self.name} {self.place}"


@dataclass(frozen=True)
class Chain:
    """One chain under its author's name: polymer residues first, then ligands, ions and waters.

    Attributes
    ----------
    start, polymer_stop, stop : int
        0-based half-open ranges of `Structure.residues`: polymer is start:polymer_stop, all is start:stop.
    kind : str
        "protein", "dna", "rna", or "none" for a chain without a polymer.
    sequence : str
        One letter for each polymer residue, unresolved ones too.
    molecule : str
        Name of the molecule, where the file tells.
    """

    name: str
    start: int
    polymer_stop: int
    stop: int
    kind: str
    sequence: str
    molecule: str = ""

    @property
    def polymer(self) -> range:
        """Rows of the polymer's residues."""
        return range(self.start, self.polymer_stop)


@dataclass(frozen=True)
class Atoms:
    """Atoms in columns, N of them, in the order of their residues.

    Attributes
    ----------
    xyz : float32 array, (N, 3), in angstrom
    residue : int32 array, (N,)
        0-based row of the residue.
    name, element : str array, (N,)
    b : float32 array, (N,)
        B-factor in square angstrom, or a predicted model's confidence.
    """

    xyz: np.ndarray
    residue: np.ndarray
    name: np.ndarray
    element: np.ndarray
    b: np.ndarray

    def __post_init__(self):
        n = len(self.residue)
        counts = {len(self.name), len(self.element), len(self.b)}
        if self.xyz.shape != (n, 3) or counts != {n}:
            raise ValueError(f"columns of {n} atoms: xyz is {self.xyz.shape}, the others have {sorted(counts)}")

    def __len__(self) -> int:
        return len(self.residue)


@dataclass(frozen=True)
class Structure:
    """One model of one structure, with what its file says about it.

    Attributes
    ----------
    name : str
        Identifier, file name, or a name for a built peptide.
    origin : str
        Where it comes from, for people: "PDB", "AlphaFold DB", "file", "built with ideal geometry".
    confidence : float32 array, (R,), or None
        pLDDT from 0 to 100 of each residue (NaN where there is none) if this is a predicted model.
    b : float32 array, (R,)
        Mean B-factor of each residue's atoms; NaN where it is not resolved.  A prediction's own numbers, unscaled.
    secondary_from : str
        "file" or "computed": where the secondary structure is from.
    notes : tuple of str
        What the reader should know: alternate locations, gaps, what was left out.
    """

    name: str
    origin: str
    atoms: Atoms
    residues: tuple[Residue, ...]
    chains: tuple[Chain, ...]
    b: np.ndarray
    confidence: np.ndarray | None = None
    title: str = ""
    organism: str = ""
    method: str = ""
    resolution: float = float("nan")
    date: str = ""
    model: int = 1
    models: int = 1
    assembly: str = ""
    assemblies: tuple[str, ...] = ()
    ligand_names: dict[str, str] = field(default_factory=dict)
    secondary_from: str = "file"
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        for column in (self.b, self.confidence):
            if column is not None and len(column) != len(self.residues):
                raise ValueError(f"{len(column)} values for {len(self.residues)} residues")

    @cached_property
    def key(self) -> str:
        """Changes when anything does that the viewer would have to draw anew."""
        state = hashlib.sha256(self.atoms.xyz.tobytes())
        state.update(f"{self.name}|{self.model}|{self.assembly}|{len(self.residues)}".encode())
        return state.hexdigest()[:16]

    def chain(self, name: str) -> Chain:
        """The chain of that name.

        Parameters
        ----------
        name : str
            The author's.

        Raises
        ------
        InputError
            There is none.
        """
        for chain in self.chains:
            if chain.name == name:
                return chain
        raise InputError(f"there is no chain {name!r}; there are {', '.join(c.name for c in self.chains)}.")

    def find(self, text: str) -> Residue | None:
        """The residue of an exact address; `address.residues_at` takes what people write.

        Parameters
        ----------
        text : str
            "A:45", "A:60A" with insertion code or, where not resolved, "A:#12" (1-based position in the sequence).

        Returns
        -------
        Residue or None
            None where there is none.
        """
        chain, _, place = text.partition(":")
        for residue in self.residues:
            if residue.chain == chain and self.address(residue) == text and place:
                return residue
        return None

    @staticmethod
    def address(residue: Residue) -> str:
        """What `find` takes."""
        return f"{residue.chain}:{residue.place if residue.resolved else f'#{residue.label_number}'}"

    def atom_rows(self) -> list[slice]:
        """For each residue, its rows in `atoms` (empty slices where it is not resolved)."""
        rows = np.arange(len(self.residues))
        starts = np.searchsorted(self.atoms.residue, rows, side="left")
        stops = np.searchsorted(self.atoms.residue, rows, side="right")
        return [slice(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]

    def atom_positions(self, name: str) -> np.ndarray:
        """Coordinates of one atom of each residue.

        Parameters
        ----------
        name : str
            Such as "CA".

        Returns
        -------
        float64 array, (R, 3), in angstrom
            NaN where a residue has no such atom.
        """
        found = np.full((len(self.residues), 3), np.nan)
        rows = np.flatnonzero(self.atoms.name == name)
        found[self.atoms.residue[rows]] = self.atoms.xyz[rows]
        return found
