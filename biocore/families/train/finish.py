"""A finished library as a model folder."""

from pathlib import Path

from biocore import zoo
from biocore.families.library import Library
from biocore.families.model import as_tensors
from biocore.io import replacing

LIMITS = (
    "It knows families, not proteins: a protein whose homologues were not among its training sequences gets no "
    "answer, and in a family of few members an answer is little more than chemistry. Columns count each family as a "
    "whole, so what is special to a subfamily is averaged out. Insertions that most members lack are not modelled. It "
    "says what evolution has kept, which is not the same as what a laboratory measures or what causes disease."
)


def save(library: Library, folder: Path, *, proteins: int) -> Path:
    """Write weights and card into `folder`, which gives the model its name; returns the card's path."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    with replacing(folder / zoo.WEIGHTS) as part:
        save_file(as_tensors(library), part)
        part.chmod(0o644)
    columns = int(library.lengths.sum())
    card = zoo.ModelCard(
        name=folder.name,
        task="protein-families",
        title=f"Protein families ({len(library):,}, embedded)",
        source="assets",
        output_unit="probability of each amino acid at a residue",
        trained_on=f"{proteins:,} proteins with clusters, 2 % of the clusters left out, grouped by MMseqs2 into "
        f"{len(library):,} families of three members or more with {columns:,} columns; distributions only, no sequence",
        limits=LIMITS,
        licence="CC BY 4.0 (made from UniProt sequences)",
        citation="Eddy (2011), doi:10.1371/journal.pcbi.1002195; Steinegger & Soding (2017), doi:10.1038/nbt.3988",
        details={"families": len(library), "columns": columns, "order": 1},
        folder=folder,
    )
    return zoo.write_card(card)
