"""Files into structures: PDB and mmCIF, compressed or not, whatever state they are in."""

import re
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.io import decompress
from biocore.structure import confidence, headers, secondary, uniprot
from biocore.structure.kinds import kind_of, letter_of
from biocore.structure.model import BACKBONE, ION, LIGAND, POLYMERS, PROTEIN, WATER, Atoms, Chain, Residue, Structure

MAX_BYTES = 60 * 2**20  # of text, after decompression: a whole ribosome is 30 MB
MAX_ATOMS = 250_000
MAX_SEQUENCE = 25_000  # residues of one chain; aligning SEQRES with the model takes quadratic time
FAR = 1e5  # angstrom; no coordinate of a molecule is further out
_CIF_BLOCK = re.compile(r"^[ \t]*data_", re.MULTILINE | re.IGNORECASE)  # within a line: \s would try every blank one
_PDB_LINE = re.compile(r"^(HEADER|TITLE |COMPND|ATOM  |HETATM|MODEL |CRYST1|REMARK|EXPDTA|SEQRES)", re.MULTILINE)
ACCEPTED = "PDB (.pdb, .ent) and mmCIF (.cif) are read, also compressed with gzip (.gz)"


def read_structure(
    content: bytes | str, name: str = "file", *, model: int = 1, assembly: str = "", origin: str = "file"
) -> Structure:
    """Read one model of a structure.

    Parameters
    ----------
    content : bytes or str
        The file; its format is told from the content, not from the name.
    name : str
        File name or identifier, for messages and for the title where the file has none.
    model : int
        1-based number of the model, as in the file's order.
    assembly : str
        Name of a biological assembly ("1"), or empty for what the file lists.

    Raises
    ------
    InputError
        Not a structure, damaged, larger than 60 MB of text or 250,000 atoms, or no such model or assembly.

    Notes
    -----
    Of a residue's alternate conformers the one with the highest summed occupancy is kept, whole.  Secondary structure
    is the file's own; where a protein has none it is computed (see `secondary`).
    """

    content = content.encode("utf-8", "replace") if isinstance(content, str) else content
    content = decompress(content, name, MAX_BYTES)
    if not content.strip():
        raise InputError(f"the file is empty. {ACCEPTED}.", record=name)
    try:
        return _read(content, name, model, assembly, origin)
    except InputError:
        raise
    except (RuntimeError, ValueError, IndexError, MemoryError, OverflowError) as error:  # what gemmi raises
        raise InputError(
            f"the file cannot be read: {_first_lines(error)}. It may be cut short.", record=name
        ) from error


def _read(content: bytes, name: str, model: int, assembly: str, origin: str) -> Structure:
    import gemmi

    parsed, block, text = _parse(content, name)
    if len(parsed) == 0 or sum(1 for _ in parsed[0].all()) == 0:
        raise InputError(f"the file holds no atom. {ACCEPTED}.", record=name)
    if not 1 <= model <= len(parsed):
        raise InputError(f"there is no model {model}; the file has {len(parsed)}.", record=name)
    if sum(chain.count_atom_sites() for chain in parsed[model - 1]) > MAX_ATOMS:
        raise InputError(f"the model has more than {MAX_ATOMS:,} atoms, which is more than can be drawn.", record=name)

    head = headers.from_block(block) if block is not None else headers.from_pdb(text)
    stretches = uniprot.from_block(block) if block is not None else uniprot.from_pdb(text)
    models, assemblies = len(parsed), tuple(a.name for a in parsed.assemblies)
    ranges = headers.secondary_ranges(parsed, block)
    plddt = confidence.stated(block, parsed[model - 1].num)
    for other in reversed([i for i in range(len(parsed)) if i != model - 1]):
        del parsed[other]
    _complete(parsed)
    if assembly:
        if assembly not in assemblies:
            known = ", ".join(assemblies) or "none"
            raise InputError(f"there is no assembly {assembly!r}; the file has: {known}.", record=name)
        _assemble(parsed, assembly, name, gemmi)
    return _Builder(parsed, parsed[0], head, ranges, block is not None, stretches).structure(
        name=head.entry or name,
        origin=origin,
        model=model,
        models=models,
        assembly=assembly,
        assemblies=assemblies,
        plddt=plddt,
    )


def _parse(content: bytes, name: str):
    """(gemmi structure, mmCIF block or None, PDB text or "")."""
    import gemmi

    if content[0] & 0xF0 == 0x80 and b"dataBlocks" in content[:4096]:  # a msgpack map
        raise InputError(f"this is BinaryCIF, which is not read; fetch the entry as mmCIF. {ACCEPTED}.", record=name)
    if b"\x00" in content[:65536]:
        raise InputError(f"this is a binary file, not a structure. {ACCEPTED}.", record=name)
    text = content.decode("utf-8", "replace").lstrip("\ufeff").lstrip()
    if _CIF_BLOCK.search(text[:100_000]):
        document = gemmi.cif.read_string(text)
        block = next((b for b in document if b.find_values("_atom_site.Cartn_x")), None)
        if block is None:
            raise InputError("this mmCIF file has no table of atoms (_atom_site).", record=name)
        return gemmi.make_structure_from_block(block), block, ""
    if _PDB_LINE.search(text):
        ascii_text = text.encode("ascii", "replace").decode()  # its columns are counted in bytes
        return gemmi.read_pdb_string(ascii_text), None, text
    raise InputError(f"this is not a structure file. {ACCEPTED}.", record=name)


def _first_lines(error: Exception) -> str:
    """gemmi quotes the offending line after its message; both are useful, but not more than that."""
    return " ".join(str(error).split())[:200].rstrip(". ")


def _complete(parsed) -> None:
    """Give every residue its entity and its place in the chain's sequence, as mmCIF files have them anyway."""
    parsed.merge_chain_parts()
    parsed.setup_entities()
    longest = max((len(e.full_sequence) for e in parsed.entities), default=0)
    if longest <= MAX_SEQUENCE:
        parsed.assign_label_seq_id()


def _assemble(parsed, assembly: str, name: str, gemmi) -> None:
    found = next(a for a in parsed.assemblies if a.name == assembly)
    copies = sum(len(g.operators) for g in found.generators)
    atoms = sum(chain.count_atom_sites() for chain in parsed[0])
    if copies > 120 or copies * atoms > 2 * MAX_ATOMS:
        raise InputError(f"assembly {assembly} has {copies} copies, more atoms than can be drawn.", record=name)
    try:
        parsed.transform_to_assembly(assembly, gemmi.HowToNameCopiedChain.AddNumber)
    except (RuntimeError, ValueError) as error:
        raise InputError(f"assembly {assembly} cannot be made: {_first_lines(error)}.", record=name) from error
    parsed.merge_chain_parts()
    if sum(chain.count_atom_sites() for chain in parsed[0]) > MAX_ATOMS:
        raise InputError(f"assembly {assembly} has more than {MAX_ATOMS:,} atoms.", record=name)


class _Builder:
    """Collects columns while walking over gemmi's chains."""

    def __init__(self, parsed, model, head, ranges, labelled: bool, stretches: list[uniprot.Stretch]):
        self.parsed, self.model, self.head, self.stretches = parsed, model, head, stretches
        self.labelled = labelled  # PDB files have one naming of chains, mmCIF two
        self.ranges = ranges  # (chain, number, insertion) -> letter
        self.rows: list[dict] = []
        self.chains: list[Chain] = []
        self.xyz: list[tuple[float, float, float]] = []
        self.atom_row: list[int] = []
        self.names: list[str] = []
        self.elements: list[str] = []
        self.b: list[float] = []
        self.bad_positions = 0

    def structure(self, *, plddt, **facts) -> Structure:
        for chain in self.model:
            self._chain(chain)
        if not self.xyz:
            raise InputError("the file holds no atom with usable coordinates.", record=facts["name"])
        atoms = Atoms(
            np.array(self.xyz, np.float32).reshape(-1, 3),
            np.array(self.atom_row, np.int32),
            np.array(self.names),
            np.array(self.elements),
            np.array(self.b, np.float32),
        )
        letters, source = self._secondary(atoms)
        residues = tuple(
            Residue(index=i, secondary=s, **row) for i, (row, s) in enumerate(zip(self.rows, letters, strict=True))
        )
        b = _mean_by_row(atoms.b, atoms.residue, len(residues))
        return Structure(
            atoms=atoms,
            residues=residues,
            chains=tuple(self.chains),
            b=b,
            confidence=self._confidence(plddt, atoms, b),
            title=self.head.title,
            organism=self.head.organism,
            method=self.head.method,
            resolution=float(self.parsed.resolution) or float("nan"),
            date=self.head.date,
            ligand_names=self._ligands(),
            secondary_from=source,
            notes=tuple(self._notes()),
            **facts,
        )

    def _chain(self, chain) -> None:
        polymer: list[tuple] = []  # of (residue, kind), as the two others
        rest: list[tuple] = []
        waters: list[tuple] = []
        for residue in chain:
            kind = kind_of(residue, self.parsed)
            (polymer if kind in POLYMERS else waters if kind == WATER else rest).append((residue, kind))
        start = len(self.rows)
        entity = self.parsed.get_entity_of(chain.get_polymer()) if polymer else None
        self._polymer(chain, polymer, entity)
        polymer_stop = len(self.rows)
        for row in self.rows[start:polymer_stop]:
            row["uniprot"] = uniprot.residue_of(self.stretches, row)
        for residue, kind in rest + waters:
            self._residue(chain.name, residue, kind, None)
        kinds = [row["kind"] for row in self.rows[start:polymer_stop]]
        self.chains.append(
            Chain(
                chain.name,
                start,
                polymer_stop,
                len(self.rows),
                max(set(kinds), key=kinds.count) if kinds else "none",
                "".join(row["letter"] for row in self.rows[start:polymer_stop]),
                self.head.molecule(chain.name, entity.name if entity else ""),
            )
        )

    def _polymer(self, chain, polymer, entity) -> None:
        """Polymer residues in the order of the sequence; what the sequence has and the model lacks goes in between."""
        import gemmi

        sequence = [gemmi.Entity.first_mon(item) for item in entity.full_sequence] if entity else []
        if len(sequence) > MAX_SEQUENCE or any(residue.label_seq is None for residue, _ in polymer):
            sequence = []
        kind = max((k for _, k in polymer), key=[k for _, k in polymer].count) if polymer else PROTEIN
        label_chain = polymer[0][0].subchain if polymer and self.labelled else ""
        position, seen = 1, set()
        for residue, residue_kind in polymer:
            number = residue.label_seq if sequence else position
            if sequence and number in seen:  # two residue types at one place: the first is shown
                continue
            seen.add(number)
            for missing in range(position, number if sequence else position):
                self._missing(chain.name, label_chain, sequence[missing - 1], missing, kind)
            self._residue(chain.name, residue, residue_kind, number)
            position = number + 1
        for missing in range(position, len(sequence) + 1):
            self._missing(chain.name, label_chain, sequence[missing - 1], missing, kind)

    def _missing(self, chain, label_chain, name, position, kind) -> None:
        self.rows.append(
            {
                "chain": chain,
                "label_chain": label_chain,
                "number": None,
                "insertion": "",
                "label_number": position,
                "name": name,
                "letter": letter_of(name, kind),
                "kind": kind,
                "resolved": False,
            }
        )

    def _residue(self, chain, residue, kind, label_number) -> None:
        row = len(self.rows)
        occupancy: dict[str, float] = {}
        for atom in residue:
            if atom.has_altloc():
                occupancy[atom.altloc] = occupancy.get(atom.altloc, 0.0) + atom.occ
        conformer = max(occupancy, key=occupancy.__getitem__, default="")  # of equal ones the first
        kept: dict[str, Any] = {}
        for atom in residue:
            if not atom.has_altloc() or atom.altloc == conformer:
                kept.setdefault(atom.name, atom)
        added = 0
        for atom in kept.values():
            position = atom.pos
            if not (abs(position.x) < FAR and abs(position.y) < FAR and abs(position.z) < FAR):  # NaN fails too
                self.bad_positions += 1
                continue
            self.xyz.append((position.x, position.y, position.z))
            self.atom_row.append(row)
            self.names.append(atom.name)
            self.elements.append(atom.element.name)
            self.b.append(atom.b_iso)
            added += 1
        if not added:
            return
        self.rows.append(
            {
                "chain": chain,
                "label_chain": residue.subchain if self.labelled else "",
                "number": residue.seqid.num,
                "insertion": residue.seqid.icode.strip(),
                "label_number": label_number,
                "name": residue.name,
                "letter": letter_of(residue.name, kind),
                "kind": kind,
                "resolved": True,
                "altlocs": "".join(sorted(occupancy)),
            }
        )

    def _secondary(self, atoms: Atoms) -> tuple[list[str], str]:
        if self.ranges:
            return [self._recorded(row) for row in self.rows], "file"
        return compute_secondary(atoms, self.rows), "computed"

    def _recorded(self, row) -> str:
        """The file's own secondary structure."""
        if not row["resolved"] or row["kind"] != PROTEIN:
            return "-"
        return _first(self.ranges, row["chain"], row["number"], row["insertion"], default="-")

    def _confidence(self, plddt, atoms, b) -> np.ndarray | None:
        rows = [r["kind"] in POLYMERS and r["resolved"] for r in self.rows]
        polymer = np.array(rows, bool)
        if plddt is not None:  # the file has quality metrics, so its B-factors need no guess
            values = [_first(plddt, r["label_chain"], r["label_number"], default=np.nan) for r in self.rows]
            return confidence.rescaled(np.array(values, np.float32)) if plddt else None
        resolution = float(self.parsed.resolution)
        if not polymer.any() or not confidence.looks_predicted(self.head, resolution, atoms, polymer, b):
            return None
        return confidence.rescaled(np.where(polymer, b, np.nan).astype(np.float32))

    def _ligands(self) -> dict[str, str]:
        names = {r["name"] for r in self.rows if r["kind"] in (LIGAND, ION)}
        return {name: self.head.components.get(name, "") for name in sorted(names)}

    def _notes(self):
        alternate = sum(bool(r.get("altlocs")) for r in self.rows)
        if alternate:
            yield f"Alternate conformers, of which the one with the highest occupancy is shown: {alternate:,} residues."
        missing = sum(not r["resolved"] for r in self.rows)
        if missing:
            yield f"In the sequence but not resolved (no atom in the model): {missing:,} residues."
        if self.bad_positions:
            yield f"Left out, without usable coordinates: {self.bad_positions:,} atoms."


def compute_secondary(atoms: Atoms, rows: list[dict]) -> list[str]:
    """Secondary structure of protein rows from their backbone (`secondary.assign`).

    Parameters
    ----------
    atoms : Atoms
    rows : list of dict
        For each residue its ``name``, ``kind`` and whether it is ``resolved``.

    Returns
    -------
    list of str
        One letter for each row; "-" for what is no protein, or everywhere in more than 60,000 residues.
    """
    count = len(rows)
    protein = np.array([r["kind"] == PROTEIN and r["resolved"] for r in rows], bool)
    if not protein.any() or protein.sum() > secondary.MAX_RESIDUES:
        return ["-"] * count

    def positions(name: str) -> np.ndarray:
        xyz = np.full((count, 3), np.nan)
        found = np.flatnonzero(atoms.name == name)
        xyz[atoms.residue[found]] = atoms.xyz[found]
        return xyz[protein]

    n, ca, c, o = (positions(name) for name in BACKBONE)
    proline = np.array([r["name"] in ("PRO", "HYP") for r in rows], bool)[protein]
    letters = np.full(count, "-", dtype="<U1")
    letters[protein] = list(secondary.assign(n, ca, c, o, proline))
    return letters.tolist()


def _first(found: dict, chain: str, *place, default):
    """What is known of a place in a chain; an assembly's copies carry a number after the original chain's name."""
    names = (chain, chain.rstrip("0123456789"))
    return next((found[name, *place] for name in names if (name, *place) in found), default)


def _mean_by_row(values, rows, count) -> np.ndarray:
    number = np.bincount(rows, minlength=count)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (np.bincount(rows, weights=values, minlength=count) / number).astype(np.float32)
