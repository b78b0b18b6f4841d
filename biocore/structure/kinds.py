"""What a residue is, and its letter."""

from biocore.structure.model import DNA, ION, LIGAND, PROTEIN, RNA, WATER

_HALIDES = ("F", "Cl", "Br", "I")
_EXTRA_LETTERS = {"HYP": "P", "SEC": "U", "PYL": "O"}


def kind_of(residue, parsed) -> str:
    """Kind of a residue: "protein", "dna", "rna", "ligand", "ion" or "water".

    Parameters
    ----------
    residue : gemmi.Residue
        With its entity type set.
    parsed : gemmi.Structure
        Whose entities tell what polymer a residue belongs to that gemmi does not know.
    """
    import gemmi

    if residue.is_water():
        return WATER
    if residue.entity_type == gemmi.EntityType.Polymer:
        info = gemmi.find_tabulated_residue(residue.name)
        if info.kind == gemmi.ResidueKind.DNA:
            return DNA
        if info.kind == gemmi.ResidueKind.RNA:
            return RNA
        if info.is_amino_acid():
            return PROTEIN
        entity = parsed.get_entity(residue.entity_id)
        polymer = entity.polymer_type if entity else gemmi.PolymerType.Unknown
        if polymer in (gemmi.PolymerType.Dna, gemmi.PolymerType.DnaRnaHybrid):
            return DNA
        if polymer == gemmi.PolymerType.Rna:
            return RNA
        names = {atom.name for atom in residue}
        return PROTEIN if "CA" in names else RNA if "O2'" in names else DNA if "C1'" in names else LIGAND
    return ION if len(residue) == 1 and (residue[0].element.is_metal or residue[0].element.name in _HALIDES) else LIGAND


def letter_of(name: str, kind: str) -> str:
    """One-letter code; a modified residue has its parent's, "X" ("N" in nucleic acids) stands where there is none.

    Parameters
    ----------
    name : str
        Three-letter code.
    kind : str
        As `kind_of` tells.

    Examples
    --------
    >>> letter_of("MSE", "protein"), letter_of("HEM", "ligand")
    ('M', 'X')
    """
    import gemmi

    if kind in (LIGAND, ION, WATER):
        return "X"
    if name in _EXTRA_LETTERS:
        return _EXTRA_LETTERS[name]
    letter = gemmi.find_tabulated_residue(name).one_letter_code.upper().strip()
    return letter if letter.isalpha() else "N" if kind in (DNA, RNA) else "X"
