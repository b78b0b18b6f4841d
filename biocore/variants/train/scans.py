"""Deep mutational scans as they lie in a folder, and which of their proteins must stay on one side of a split."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.errors import DataUnavailable, InputError
from biocore.families import Families, Profile
from biocore.sequence import AMINO_ACIDS, clean_protein
from biocore.structure.alignment import align

INDEX = "index.csv"
NEEDED = ("assay", "uniprot", "protein", "taxon", "wild_type_sequence", "doi")
IDENTITY = 0.3  # proteins more alike than this are homologues
EVALUE = 1e-3  # of hits that count as shared


@dataclass(frozen=True)
class Assay:
    """One measured scan: N single substitutions.

    Attributes
    ----------
    name : str
    position : int array, (N,)
        0-based residues of the protein.
    mutant : int array, (N,)
        Column of `AMINO_ACIDS`.
    rank : float array, (N,)
        Of the measured effect within the assay, above 0 to below 1; 1 is the fittest.  Ties share.
    measured : float array, (N,)
    published : dict
        Spearman of published predictors on this assay, by name.
    doi : str
    """

    name: str
    position: np.ndarray
    mutant: np.ndarray
    rank: np.ndarray
    measured: np.ndarray
    published: dict[str, float]
    doi: str


@dataclass(frozen=True)
class Protein:
    """A protein with all its assays and what its homologues say; `cluster` is shared by homologous proteins."""

    uniprot: str
    title: str
    sequence: str
    viral: bool
    assays: tuple[Assay, ...]
    profile: Profile
    cluster: str = ""


def read_scans(folder: Path) -> list[tuple[dict, list[Assay]]]:
    """Rows of the index by protein (its first row), with the protein's assays.

    Parameters
    ----------
    folder : Path
        ``index.csv`` (`NEEDED` columns, and ``ref_*``: published correlations) and ``ASSAY.csv.gz`` (mutant, score).

    Raises
    ------
    DataUnavailable
        A file is missing.
    InputError
        A column is missing, or a mutant does not fit the protein.
    """
    if not (folder / INDEX).is_file():
        raise DataUnavailable(f"{folder / INDEX} is missing: the table of the assays.")
    index = pd.read_csv(folder / INDEX)
    lacking = [name for name in NEEDED if name not in index]
    if lacking:
        raise InputError(f"{INDEX} lacks the columns: {', '.join(lacking)}.")
    proteins = []
    for _, rows in index.groupby("uniprot", sort=True):
        records = rows.to_dict("records")
        proteins.append((records[0], [_assay(folder, record) for record in records]))
    return proteins


def _assay(folder: Path, record: dict) -> Assay:
    path = folder / f"{record['assay']}.csv.gz"
    if not path.is_file():
        raise DataUnavailable(f"{path} is missing; {INDEX} names it.")
    table = pd.read_csv(path)
    parts = table["mutant"].str.extract(r"^([A-Z])(\d+)([A-Z])$")
    sequence = record["wild_type_sequence"]
    usable = parts.notna().all(axis=1) & parts[2].isin(list(AMINO_ACIDS)) & table["score"].notna()
    parts, measured = parts[usable], table["score"][usable].to_numpy(float)
    position = parts[1].astype(int).to_numpy() - 1
    wrong = [m for m, a, i in zip(table["mutant"][usable], parts[0], position, strict=True) if sequence[i : i + 1] != a]
    if wrong:
        raise InputError(f"{wrong[0]} does not fit the wild type of {record['assay']}.", record=record["assay"])
    rank = (pd.Series(measured).rank().to_numpy() - 0.5) / len(measured)
    published = {n.removeprefix("ref_"): float(v) for n, v in record.items() if n.startswith("ref_") and v == v}
    mutant = np.array([AMINO_ACIDS.index(letter) for letter in parts[2]], int)
    return Assay(record["assay"], position, mutant, rank, measured, published, str(record["doi"]))


def with_profiles(scans: Iterable[tuple[dict, list[Assay]]], library: Families) -> list[Protein]:
    """Proteins with their profiles, and homologous ones (`homologous`) in one cluster."""
    proteins = []
    for record, assays in scans:
        sequence = clean_protein(record["wild_type_sequence"]).sequence
        proteins.append(
            Protein(
                str(record["uniprot"]),
                str(record["protein"]),
                sequence,
                str(record["taxon"]) == "Virus",
                tuple(assays),
                library.profile(sequence),
            )
        )
    return clustered(proteins)


def clustered(proteins: list[Protein]) -> list[Protein]:
    """The proteins, each with the name of its cluster: the homologous ones, and theirs, together."""
    from dataclasses import replace

    parent = list(range(len(proteins)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, first in enumerate(proteins):
        for j in range(i):
            if homologous(first, proteins[j]):
                parent[root(i)] = root(j)
    return [replace(p, cluster=proteins[root(i)].uniprot) for i, p in enumerate(proteins)]


def homologous(first: Protein, second: Protein) -> bool:
    """Whether two proteins share a family among their hits, or over 30 % of the shorter one's residues when aligned."""
    families = [{hit.family for hit in p.profile.hits if hit.evalue <= EVALUE} for p in (first, second)]
    if families[0] & families[1]:
        return True
    pairs = align(first.sequence, second.sequence)
    same = sum(first.sequence[i] == second.sequence[j] for i, j in pairs)
    return same > IDENTITY * min(len(first.sequence), len(second.sequence))
