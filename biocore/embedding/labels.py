"""Labels of proteins: what FASTA headers say, and tables joined by identifier."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import numpy as np
import pandas as pd

from biocore.errors import InputError
from biocore.sequence import Record

IDENTIFIERS = (
    "record",
    "id",
    "identifier",
    "accession",
    "entry",
    "entryid",
    "name",
    "protein",
    "protein_id",
    "uniprot",
)
RESERVED = ("record", "x", "y", "z", "copies", "embedding")


def header_columns(records: Sequence[Record]) -> pd.DataFrame:
    """Labels in FASTA headers.

    ``key=value`` pairs become columns (``label=kinase``; UniProt's ``OS=Homo sapiens OX=9606``; NCBI's ``[gene=x]``);
    what stands before them becomes ``description``.  Columns that say nothing anywhere are left out.

    Returns
    -------
    DataFrame
        One row for each record, "" where a record does not say.
    """
    rows = [_pairs(record.description) for record in records]
    names = [name for name, _ in Counter(name for row in rows for name in row).most_common(30)]
    table = pd.DataFrame({name: [row.get(name, "") for row in rows] for name in names}, index=range(len(rows)))
    return table.map(str).loc[:, [c for c in table if (table[c] != "").any()]].pipe(_numbers)


def _pairs(description: str) -> dict[str, str]:
    bracketed = re.findall(r"\[(\w+)=([^\]]*)\]", description)
    rest = re.sub(r"\[\w+=[^\]]*\]", "", description).strip()
    parts = re.split(r"(?:^|[\s;|])([A-Za-z_]\w*)=", rest)
    pairs = dict(bracketed) | dict(zip(parts[1::2], (v.strip(" ;|") for v in parts[2::2]), strict=True))
    if parts[0].strip():
        pairs["description"] = parts[0].strip()
    return {("label_" + k if k.lower() in RESERVED else k): v for k, v in pairs.items()}


def _numbers(table: pd.DataFrame) -> pd.DataFrame:
    """Columns that hold nothing but numbers (and gaps) as numbers."""
    columns = {}
    for name in table:
        column = table[name]
        missing = column.isna() | (column.astype(str).str.strip() == "")
        numbers = pd.to_numeric(column.where(~missing), errors="coerce")
        whole = numbers[~missing]
        columns[name] = numbers if len(whole) and np.isfinite(whole.astype(float)).all() else column.where(~missing, "")
    return pd.DataFrame(columns, index=table.index)


@dataclass(frozen=True)
class LabelJoin:
    """Labels that found their proteins.

    Attributes
    ----------
    columns : DataFrame, N rows
        In the order of the proteins; "" or NaN where a protein has no row.
    matched : int
        Proteins that found a row.
    missing : tuple of str
        Proteins without a row.
    unused : tuple of str
        Identifiers in the labels that no protein has.
    notes : tuple of str
        The same for the user.
    """

    columns: pd.DataFrame
    matched: int
    missing: tuple[str, ...]
    unused: tuple[str, ...]
    notes: tuple[str, ...]


def read_labels(text: str, *, name: str = "labels") -> pd.DataFrame:
    """A table of labels from CSV or TSV text with a header line.

    The identifier is the first column named like one (record, id, accession, entry, name ...), else the first column.

    Returns
    -------
    DataFrame
        Identifiers (str) as the index, one column or more.

    Raises
    ------
    InputError
        Empty, a single column, or not a table.
    """
    text = text.lstrip("\ufeff").strip("\r\n")
    if not text.strip():
        raise InputError("the file of labels is empty. CSV or TSV with a header line is accepted.", record=name)
    header = text.splitlines()[0]
    separator = max("\t,;", key=header.count)
    if not header.count(separator):
        raise InputError(
            "there is only one column. An identifier and a label are needed, separated by commas or tabs.", record=name
        )
    try:
        table = pd.read_csv(StringIO(text), sep=separator, dtype=str, keep_default_na=False, skipinitialspace=True)
    except (pd.errors.ParserError, ValueError) as error:
        raise InputError(f"this is not a table: {error}", record=name) from error
    if table.empty:
        raise InputError("there is a header line and nothing below it.", record=name)
    table.columns = [str(c).strip() or f"column {i + 1}" for i, c in enumerate(table.columns)]
    key = next((c for c in table if c.lower() in IDENTIFIERS), table.columns[0])
    table = table.set_index(table[key].str.strip().rename("identifier")).drop(columns=key)
    return table.rename(columns={c: f"label_{c}" for c in table if c.lower() in RESERVED})


def join_labels(names: Sequence[str], labels: pd.DataFrame) -> LabelJoin:
    """Give each protein its row of labels.

    A name matches an identifier as a whole, or by a part of it between ``|`` (``sp|P12345|NAME`` finds ``P12345``),
    without a version (``P12345.2``) and in either case.  Names numbered by `unique_names` match as their originals.

    Raises
    ------
    InputError
        No protein has a row: the message shows both kinds of names.
    """
    repeated = labels.index[labels.index.duplicated()].unique()
    labels = labels[~labels.index.duplicated()]
    rows: dict[str, int] = {}
    for row, identifier in enumerate(labels.index):
        for variant in _variants(identifier):
            rows.setdefault(variant, row)
    exact = {identifier: row for row, identifier in enumerate(labels.index)}
    found = [exact.get(name, next((rows[v] for v in _variants(name) if v in rows), -1)) for name in names]
    missing = tuple(name for name, row in zip(names, found, strict=True) if row < 0)
    if len(missing) == len(names):
        raise InputError(
            f"No label fits: the proteins are named {_some(names)}, the labels {_some(labels.index)}. "
            "The identifiers of both must be the same."
        )
    used = set(found)
    unused = tuple(str(i) for row, i in enumerate(labels.index) if row not in used)
    columns = labels.reset_index(drop=True).reindex(found).reset_index(drop=True).fillna("")
    notes = []
    if missing:
        notes.append(f"{len(missing):,} of {len(names):,} proteins have no label ({_some(missing)}).")
    if unused:
        notes.append(f"{len(unused):,} of {len(labels):,} labels fit no protein ({_some(unused)}).")
    if len(repeated):
        notes.append(f"Labelled more than once, the first is used: {_some(repeated)}.")
    return LabelJoin(_numbers(columns), len(names) - len(missing), missing, unused, tuple(notes))


def _variants(name: str) -> list[str]:
    whole = re.sub(r" \(\d+\)$", "", str(name).strip())
    parts = [whole, *[part for part in whole.split("|") if len(part) > 2]]
    return [p.lower() for p in dict.fromkeys(parts + [re.sub(r"\.\d+$", "", p) for p in parts])]


def _some(names: Sequence[str], count: int = 3) -> str:
    return ", ".join(map(str, list(names)[:count])) + (", ..." if len(names) > count else "")
