"""Files a training table is made from: sequences, annotations, taxonomy, clusters; and the table itself."""

import re
from pathlib import Path

import pandas as pd

from biocore.errors import InputError
from biocore.io import read_fasta as read_entries
from biocore.io import read_text
from biocore.sequence import AMINO_ACIDS, RARE_AMINO_ACIDS

COLUMNS = ("EntryID", "subset", "cluster", "Length", "Sequence", "terms", "terms_experimental")


_UNIREF = re.compile(r"^UniRef(?:100|90|50)_")


def accession(header: str) -> str:
    """Accession of a FASTA header or of a cluster's member.

    Examples
    --------
    >>> [accession(text) for text in ("sp|P01308|INS_HUMAN Insulin", "P01308 any", "UniRef50_P01308")]
    ['P01308', 'P01308', 'P01308']
    """
    word = header.split(maxsplit=1)[0] if header.split() else ""
    parts = word.split("|")
    return parts[1] if len(parts) >= 3 and parts[0] in {"sp", "tr"} else _UNIREF.sub("", word)


def read_fasta(path: Path) -> pd.DataFrame:
    """Sequences with the taxon their header states (``OX=9606``; 0 where it states none).

    Returns
    -------
    DataFrame with EntryID, taxon, Sequence

    Raises
    ------
    InputError
        Not FASTA, or a record without a name or sequence.
    """
    rows: list[tuple[str, int, str]] = []
    for entry in read_entries(path):
        name, sequence = accession(entry.header), "".join(entry.sequence.split()).upper().rstrip("*")
        if not name or not sequence:
            raise InputError(
                f"record {len(rows) + 1} (line {entry.line:,}) has no {'sequence' if name else 'name'}.",
                record=str(path),
            )
        taxon = entry.header.partition("OX=")[2].split(" ")[0]
        rows.append((name, int(taxon) if taxon.isdigit() else 0, sequence))
    if not rows:
        raise InputError("holds no FASTA record ('>' line).", record=str(path))
    return pd.DataFrame(rows, columns=["EntryID", "taxon", "Sequence"])


def read_annotations(path: Path) -> pd.DataFrame:
    """Annotations from a GAF file or a CAFA-style table (columns EntryID, term, and perhaps aspect, evidence).

    Annotations marked NOT are read as such (column `negated`).  A CAFA table states no evidence: it is experimental.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame with EntryID, term, evidence, aspect, taxon, negated

    Raises
    ------
    InputError
        Neither of the two formats, or a line with another number of columns than the header.
    """
    text = read_text(path)
    if text.startswith("!"):
        return _read_gaf(text, path)
    lines = text.splitlines()
    header = lines[0].split("\t") if lines else []
    if not {"EntryID", "term"} <= set(header):
        raise InputError("is neither GAF (starts with '!') nor a table with EntryID and term.", record=str(path))
    rows = []
    for number, line in enumerate(lines[1:], 2):
        values = line.split("\t")
        if not line.strip():
            continue
        if len(values) != len(header):
            raise InputError(
                f"line {number} has {len(values)} tab-separated columns; the header has {len(header)}.",
                record=str(path),
            )
        rows.append(values)
    table = pd.DataFrame(rows, columns=header)
    for column, value in {"evidence": "EXP", "aspect": "", "taxon": "0"}.items():
        if column not in table:
            table[column] = value
    table["aspect"] = table["aspect"].map(lambda a: {"MFO": "F", "BPO": "P", "CCO": "C"}.get(a, a))
    table["taxon"] = pd.to_numeric(table["taxon"], errors="coerce").fillna(0).astype(int)
    table["negated"] = False
    return table[["EntryID", "term", "evidence", "aspect", "taxon", "negated"]]


def _read_gaf(text: str, path: Path) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("!"):
            continue
        values = line.split("\t")
        if len(values) < 15:
            raise InputError(f"line {number} has {len(values)} columns; GAF has 15 or more.", record=str(path))
        taxon = values[12].split("|")[0].removeprefix("taxon:")
        negated = "NOT" in values[3].split("|")
        rows.append((values[1], values[4], values[6], values[8], int(taxon) if taxon.isdigit() else 0, negated))
    return pd.DataFrame(rows, columns=["EntryID", "term", "evidence", "aspect", "taxon", "negated"])


def read_taxonomy(path: Path) -> dict[str, int]:
    """Taxon of each protein from a table with EntryID and taxonomyID (CAFA), tab-separated, with or without a header.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        A row without a numeric taxon.
    """
    taxa = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        values = line.split("\t")
        if number == 1 and values[0] == "EntryID":
            continue
        if len(values) < 2 or not values[1].isdigit():
            raise InputError(f"line {number} is not an accession and a taxon number.", record=str(path))
        taxa[values[0]] = int(values[1])
    return taxa


def read_clusters(path: Path) -> dict[str, str]:
    """Accession -> cluster from ``mmseqs easy-cluster`` (representative, member), tab-separated.

    Names are read as `accession` reads them, so that a table of UniRef clusters fits UniProt's FASTA.

    Parameters
    ----------
    path : Path

    Returns
    -------
    dict

    Raises
    ------
    InputError
        A row without two columns.
    """
    clusters = {}
    for number, line in enumerate(read_text(path).splitlines(), 1):
        values = line.split("\t")
        if len(values) != 2:
            raise InputError(f"line {number} is not a representative and a member.", record=str(path))
        clusters[accession(values[1])] = accession(values[0])
    return clusters


def read_table(path: Path) -> pd.DataFrame:
    """A table in the shape this module writes (and `human_mf.tsv.gz` has): at least EntryID, Sequence and terms.

    Missing columns are filled in: subset "valid", a cluster for each distinct sequence, no experimental terms.

    Parameters
    ----------
    path : Path

    Returns
    -------
    DataFrame
        The columns of `COLUMNS`.

    Raises
    ------
    InputError
        The file is missing, lacks a column, names a protein twice or holds a sequence with another letter.
    """
    try:
        table = pd.read_csv(
            path, sep="\t", keep_default_na=False, dtype={"EntryID": str, "Sequence": str, "terms": str}
        )
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"cannot be read as a table ({error}).", record=str(path)) from error
    missing = {"EntryID", "Sequence", "terms"} - set(table.columns)
    if missing:
        raise InputError(f"lacks the column {', '.join(sorted(missing))}.", record=str(path))
    if not len(table):
        raise InputError("holds no protein.", record=str(path))
    if table["EntryID"].duplicated().any():
        twice = table.loc[table["EntryID"].duplicated(), "EntryID"].iloc[0]
        raise InputError(f"names the protein {twice} twice.", record=str(path))
    strange = table["Sequence"].str.contains(f"[^{AMINO_ACIDS}{RARE_AMINO_ACIDS}]", regex=True) | (
        table["Sequence"] == ""
    )
    if strange.any():
        raise InputError(f"the sequence of {table.loc[strange, 'EntryID'].iloc[0]} is not a protein.", record=str(path))
    first = table.groupby("Sequence")["EntryID"].transform("first")
    fill = {"subset": "valid", "cluster": first, "terms_experimental": ""}
    for column, value in fill.items():
        if column not in table:
            table[column] = value
    table["Length"] = table["Sequence"].str.len()
    return table[list(COLUMNS)]
