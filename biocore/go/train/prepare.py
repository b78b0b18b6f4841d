"""From files anyone can download to a training table: sequences, annotations, ontology -> labels, clusters, splits.

The result has the columns EntryID, subset, cluster, Length, Sequence, terms, terms_experimental (separated by
``;``, propagated).  Every step says how many it dropped and why.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.go.ontology import ASPECTS, Ontology
from biocore.go.train.sources import COLUMNS, read_annotations, read_clusters, read_fasta, read_taxonomy
from biocore.go.train.splits import clustered, split_by_cluster
from biocore.go.train.steps import Step, keep
from biocore.sequence import AMINO_ACIDS, RARE_AMINO_ACIDS

UNINFORMATIVE = ("molecular_function", "binding", "protein binding")
EXPERIMENTAL = frozenset("EXP IDA IPI IMP IGI IEP HTP HDA HMP HGI HEP TAS IC".split())  # as CAFA counts them
MIN_PROTEINS = 10


@dataclass(frozen=True)
class Prepared:
    """A training table and how it came about."""

    table: pd.DataFrame
    steps: tuple[Step, ...]

    def report(self) -> pd.DataFrame:
        """One row for each step: step, unit, kept, dropped, why, examples."""
        rows = [(s.name, s.unit, s.kept, s.dropped, s.why, " ".join(s.examples)) for s in self.steps]
        return pd.DataFrame(rows, columns=["step", "unit", "kept", "dropped", "why", "examples"])


# -------------------------------------------------------------------------------------------------------- steps


def distinct_proteins(proteins: pd.DataFrame) -> tuple[pd.DataFrame, Step]:
    """Drop records that repeat an accession (the first stays)."""
    twice = proteins["EntryID"].duplicated()
    return keep(proteins, ~twice, "distinct accessions", "proteins", "accession seen before", "EntryID")


def readable_proteins(proteins: pd.DataFrame) -> tuple[pd.DataFrame, Step]:
    """Drop sequences with letters that stand for no residue."""
    good = ~proteins["Sequence"].str.contains(f"[^{AMINO_ACIDS}{RARE_AMINO_ACIDS}]", regex=True)
    return keep(proteins, good, "readable sequences", "proteins", "a letter that stands for no residue", "EntryID")


def proteins_of_taxon(
    proteins: pd.DataFrame, taxon: int, taxa: Mapping[str, int] | None = None
) -> tuple[pd.DataFrame, Step]:
    """Keep one species.  `taxa` (accession -> taxon) adds to what the FASTA headers state.

    Parameters
    ----------
    proteins : DataFrame
        With EntryID and taxon.
    taxon : int
        NCBI number.
    taxa : mapping, optional

    Returns
    -------
    DataFrame, Step
    """
    stated = proteins["EntryID"].map(dict(taxa or {})).fillna(proteins["taxon"]).astype(int)
    return keep(proteins, stated == taxon, f"taxon {taxon}", "proteins", "another species, or none stated", "EntryID")


def asserted(annotations: pd.DataFrame) -> tuple[pd.DataFrame, Step]:
    """Drop annotations that say a protein does NOT have a function."""
    why = "qualifier NOT: the protein lacks this function"
    return keep(
        annotations, ~annotations["negated"].astype(bool), "asserted annotations", "annotations", why, "EntryID"
    )


def current_terms(annotations: pd.DataFrame, ontology: Ontology) -> tuple[pd.DataFrame, Step, Step]:
    """Map alternative and replaced identifiers to current ones, and drop the rest (retired, or of another aspect).

    Parameters
    ----------
    annotations : DataFrame
    ontology : Ontology

    Returns
    -------
    DataFrame, Step, Step
    """
    mapped = annotations.assign(term=[ontology.current(t) for t in annotations["term"]])
    renamed = (mapped["term"] != annotations["term"]) & mapped["term"].notna()
    first = Step(
        "current identifiers",
        "annotations",
        len(mapped),
        0,
        f"{int(renamed.sum()):,} alternative or replaced identifiers were mapped to current ones",
        tuple(annotations.loc[renamed, "term"].unique()[:5]),
    )
    known = mapped["term"].notna()
    gone = annotations.loc[~known, "term"]
    second = Step(
        "terms of the aspect",
        "annotations",
        int(known.sum()),
        int((~known).sum()),
        "retired without a replacement, of another aspect, or unknown",
        tuple(gone.unique()[:5]),
    )
    return mapped[known], first, second


def propagated_terms(annotations: pd.DataFrame, ontology: Ontology) -> dict[str, set[str]]:
    """Accession -> its terms and everything above them, without the root of the aspect.

    Parameters
    ----------
    annotations : DataFrame
        With EntryID and current terms.
    ontology : Ontology

    Returns
    -------
    dict of str to set of str
    """
    roots = {root for _, root in ASPECTS.values()}
    grouped = annotations.groupby("EntryID")["term"].agg(set)
    return {entry: ontology.propagate(terms) - roots for entry, terms in grouped.items()}


def annotated_proteins(proteins: pd.DataFrame, terms: Mapping[str, set[str]]) -> tuple[pd.DataFrame, Step]:
    """Drop proteins without any term: no annotation does not mean no function."""
    has = proteins["EntryID"].map(lambda entry: bool(terms.get(entry)))
    return keep(proteins, has, "annotated proteins", "proteins", "no term of this aspect is known for them", "EntryID")


def vocabulary(
    labels: Iterable[str],
    ontology: Ontology,
    *,
    min_proteins: int = MIN_PROTEINS,
    uninformative: Collection[str] = UNINFORMATIVE,
) -> tuple[tuple[str, ...], tuple[Step, ...]]:
    """Terms frequent enough to learn and specific enough to tell something.

    Parameters
    ----------
    labels : iterable of str
        The column `terms` of the *training* proteins.
    uninformative : collection of str
        Names of terms that are left out.

    Returns
    -------
    terms : tuple of str
        Parents before children.
    steps : tuple of Step
    """
    counts: dict[str, int] = {}
    for text in labels:
        for term in filter(None, text.split(";")):
            counts[term] = counts.get(term, 0) + 1
    known = [t for t in ontology.order if t in counts]
    frequent = [t for t in known if counts[t] >= min_proteins]
    kept = [t for t in frequent if ontology.names[t] not in uninformative]
    dropped = [t for t in frequent if t not in set(kept)]
    steps = (
        Step("terms in the ontology", "terms", len(known), len(counts) - len(known), "not in the table of terms"),
        Step(
            "frequent terms", "terms", len(frequent), len(known) - len(frequent), f"fewer than {min_proteins} proteins"
        ),
        Step(
            "informative terms",
            "terms",
            len(kept),
            len(dropped),
            "too general: " + ", ".join(ontology.names[t] for t in dropped),
            tuple(dropped[:5]),
        ),
    )
    return tuple(kept), steps


def label_matrix(labels: Sequence[str], terms: Sequence[str]) -> np.ndarray:
    """``;``-separated terms as a bool array (N, T); terms outside the vocabulary are ignored.

    Parameters
    ----------
    labels : sequence of str, N
    terms : sequence of str, T

    Examples
    --------
    >>> label_matrix(["a;b", "c"], ["a", "b"]).tolist()
    [[True, True], [False, False]]
    """
    index = {term: i for i, term in enumerate(terms)}
    matrix = np.zeros((len(labels), len(terms)), dtype=bool)
    for row, text in enumerate(labels):
        for term in text.split(";"):
            if term in index:
                matrix[row, index[term]] = True
    return matrix


# ------------------------------------------------------------------------------------------------------ all of it


def prepare(
    fasta: Path,
    annotations: Path,
    ontology: Ontology,
    *,
    aspect: str = "molecular_function",
    taxon: int | None = None,
    taxonomy: Path | None = None,
    clusters: Path | None = None,
    drop_unclustered: bool = False,
    valid_fraction: float = 1 / 6,
    seed: int = 0,
) -> Prepared:
    """The whole way from downloaded files to a training table.

    Parameters
    ----------
    fasta : Path
        UniProt or CAFA sequences.
    annotations : Path
        GAF, or a CAFA table with EntryID and term.
    taxon : int, optional
        NCBI taxon to keep (9606 is human); all when absent.
    taxonomy : Path, optional
        Table of accession and taxon, for FASTA files whose headers state none.
    clusters : Path, optional
        ``mmseqs easy-cluster`` table.  Without it sequences that share many k-mers are put together
        (`biocore.go.neighbours.cluster`).
    drop_unclustered : bool
        Leave out proteins that `clusters` does not hold, see `splits.clustered`.

    Returns
    -------
    Prepared

    Raises
    ------
    InputError
        A file cannot be read, nothing is left, or `clusters` lacks proteins.
    """
    from biocore.go.neighbours import cluster

    steps = []
    proteins, step = distinct_proteins(read_fasta(fasta))
    steps.append(Step("records read", "proteins", step.kept + step.dropped, 0))
    steps.append(step)
    proteins, step = readable_proteins(proteins)
    steps.append(step)
    if taxon is not None:
        proteins, step = proteins_of_taxon(proteins, taxon, read_taxonomy(taxonomy) if taxonomy else None)
        steps.append(step)

    found = read_annotations(annotations)
    steps.append(Step("annotations read", "annotations", len(found), 0))
    letter = ASPECTS[aspect][0]
    found, step = keep(
        found, found["aspect"].isin([letter, ""]), f"aspect {aspect}", "annotations", "other aspect", "term"
    )
    steps.append(step)
    found, step = asserted(found)
    steps.append(step)
    found, *two = current_terms(found, ontology)
    steps += two
    inside = found["EntryID"].isin(set(proteins["EntryID"]))
    found, step = keep(found, inside, "annotations of these proteins", "annotations", "no such protein", "EntryID")
    steps.append(step)

    every = propagated_terms(found, ontology)
    experimental = propagated_terms(found[found["evidence"].isin(EXPERIMENTAL)], ontology)
    proteins, step = annotated_proteins(proteins, every)
    steps.append(step)
    if proteins.empty:
        raise InputError("no annotated protein is left. Check that both files use the same accessions.")

    table = proteins.assign(
        Length=proteins["Sequence"].str.len(),
        terms=[";".join(sorted(every[e])) for e in proteins["EntryID"]],
        terms_experimental=[";".join(sorted(experimental.get(e, ()))) for e in proteins["EntryID"]],
    )
    if clusters is not None:
        table, step = clustered(table, read_clusters(clusters), drop_unclustered=drop_unclustered)
        steps.append(step)
    else:
        table["cluster"] = cluster(list(table["Sequence"]))
    table["subset"] = split_by_cluster(list(table["cluster"]), valid_fraction=valid_fraction, seed=seed)
    for subset in ("train", "valid"):
        steps.append(Step(f"subset {subset}", "proteins", int((table["subset"] == subset).sum()), 0))
    return Prepared(table[list(COLUMNS)].reset_index(drop=True), tuple(steps))
