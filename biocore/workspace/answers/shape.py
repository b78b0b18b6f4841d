"""A structure in words."""

from biocore.plot.residue_colour import KYTE_DOOLITTLE
from biocore.structure import tables
from biocore.structure.model import PROTEIN, Structure
from biocore.workspace.answers.asking import Found
from biocore.workspace.session import Answer
from biocore.workspace.tracks import Track


def structure_answer(structure: Structure) -> Found:
    """What a structure is, with its B-factors or its confidence as tracks of each chain."""
    facts = tables.facts(structure)
    given = [f"{name}: {value}" for name, value in facts.items() if value not in ("not given", "not defined", "")]
    answer = Answer(
        "structures",
        "Structure",
        f"{structure.name} {structure.title}. " + "; ".join(given[:8]) + ".",
        table=tables.chain_table(structure),
        command=("structure", structure.name, "--out", "residues.csv"),
    )
    return Found(answer, structure_tracks(structure))


def structure_tracks(structure: Structure) -> tuple[Track, ...]:
    """pLDDT or B-factor along each chain of protein."""
    predicted = structure.confidence is not None
    values = structure.b if structure.confidence is None else structure.confidence
    name, unit = ("pLDDT", "") if predicted else ("B-factor", "Å²")
    found = {}
    for chain in structure.chains:
        if chain.kind == PROTEIN and len(chain.polymer) and chain.sequence not in found:
            rows = values[chain.polymer.start : chain.polymer.stop].astype(float)
            if rows.any():
                found[chain.sequence] = Track(f"{name} of {structure.name}", chain.sequence, rows, unit, structure.name)
    return tuple(found.values())


def hydropathy(sequence: str) -> Track:
    """Kyte & Doolittle (1982), doi:10.1016/0022-2836(82)90515-0."""
    values = [KYTE_DOOLITTLE.get(letter, float("nan")) for letter in sequence]
    return Track("hydropathy", sequence, values, "", "Kyte-Doolittle")  # type: ignore[arg-type]
