"""Residues as people write them: 87, H87, His87, A:87."""

import re

from biocore.errors import InputError
from biocore.structure.model import POLYMERS, Residue, Structure

WAYS = (
    "Write a residue as 45, H45, His45 or A:45 (chain A); 60A with insertion code; #12 for place 12 of the sequence; "
    "P01308:31 in UniProt's numbers, where the file says them"
)
_ADDRESS = re.compile(r"(?:(?P<chain>[^:/\s]+)\s*[:/]\s*)?(?P<name>[A-Za-z]{1,3})?\s*(?P<place>#?-?\d{1,7}[A-Za-z]?)")


def residues_at(structure: Structure, text: str, *, chain: str = "") -> list[Residue]:
    """Residues that an address may mean, the likeliest first.

    Parameters
    ----------
    text : str
        Author's residue number (``#12``: 1-based position in the sequence), before it a one- or three-letter code if
        wanted, before that a chain and a colon; or accession and residue of UniProt (``P01308:31``).  ``A87`` is
        alanine 87, or residue 87 of chain A where no alanine is.
    chain : str
        Chain to prefer where the text names none.

    Returns
    -------
    list of Residue
        One or more; polymers only, unless nothing but ligands or waters is there.

    Raises
    ------
    InputError
        Not an address, or no such residue; the message says what is there instead.

    Examples
    --------
    >>> from biocore.structure import build_peptide
    >>> [residue.title for residue in residues_at(build_peptide("GIGKF"), "Ile2")]
    ['A:ILE 2']
    """
    match = _ADDRESS.fullmatch(text.strip())
    by_uniprot = [r for r in structure.residues if r.uniprot and r.uniprot == "".join(text.split()).upper()]
    if by_uniprot:
        return sorted(by_uniprot, key=lambda r: (r.chain != chain, r.index))
    if not match:
        raise InputError(f"{text.strip()[:30]!r} is not an address of a residue. {WAYS}.")
    wanted, name = match["chain"], (match["name"] or "").upper()
    if wanted is not None:
        wanted = structure.chain(wanted).name
    there = [r for r in structure.residues if _is_at(r, match["place"]) and wanted in (None, r.chain)]
    there.sort(key=lambda r: (r.kind not in POLYMERS, r.chain != chain, r.index))
    found = [r for r in there if not name or name in (r.name.upper(), r.letter if r.kind in POLYMERS else "")]
    if not found and wanted is None:  # "A87" may mean a chain
        found = [r for r in there if r.chain == match["name"]]
    if not found:
        raise InputError(_absent(structure, match["place"], wanted, there))
    return [r for r in found if r.kind in POLYMERS] or found


def _is_at(residue: Residue, place: str) -> bool:
    if place.startswith("#"):
        return str(residue.label_number) == place[1:]
    return residue.resolved and residue.place.upper() == place.upper()


def _absent(structure: Structure, place: str, chain: str | None, there: list[Residue]) -> str:
    if there:
        return f"at {place} there is {', '.join(r.title for r in there[:8])}."
    numbers = [r.number for r in structure.residues if r.number is not None and chain in (None, r.chain)]
    where = f"chain {chain}" if chain else "this structure"
    spans = f", whose residue numbers run from {min(numbers)} to {max(numbers)}" if numbers else ""
    return f"there is no residue {place} in {where}{spans}. {WAYS}."
