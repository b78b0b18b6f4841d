"""Embeddings from .npz, .csv, .tsv, .parquet and .h5.  Nothing is ever unpickled.

What `writing.write_vectors` writes is read back: names, vectors, columns and (not from .csv) model and projection.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.embedding.labels import IDENTIFIERS, RESERVED
from biocore.embedding.projection.methods import Projection
from biocore.embedding.projection.settings import ProjectionSettings
from biocore.embedding.sets import EmbeddingSet, unique_names
from biocore.errors import InputError
from biocore.io.arrays import read_hdf5, read_npz
from biocore.io.parquet import read_parquet

ENDINGS = (".npz", ".csv", ".tsv", ".parquet", ".h5")
AXES = ("x", "y", "z")
NUMBERED = re.compile(r"((?:e|d|f|v|h|dim|emb|embedding|feature)?[_ ]?)(\d+)", re.IGNORECASE | re.ASCII)


def read_vectors(source: Path | bytes, name: str | None = None) -> EmbeddingSet:
    """Embeddings from a file.

    | ending | what is looked for |
    |---|---|
    | .csv .tsv | an identifier column; number columns e1 ... eD (or dim_0 ..., 1 ...), else every number column |
    | .parquet | the same, or a column ``embedding`` of lists |
    | .npz | ``embeddings`` (N, D) and ``names`` (N,); or one vector for each name |
    | .h5 | the same |

    Parameters
    ----------
    source : Path or bytes
    name : str, optional
        File name, for the ending and for messages; needed with bytes.

    Raises
    ------
    InputError
        Another ending, a file that is damaged, holds pickled objects, or has no vectors of one length.
    """
    if isinstance(source, Path):
        name = name or source.name
        try:
            source = source.read_bytes()
        except OSError as error:
            raise InputError(f"cannot be read: {error.strerror or error}", record=str(name)) from error
    name = str(name)
    ending = Path(name).suffix.lower()
    readers = {
        ".csv": lambda content: _read_text(content, ","),
        ".tsv": lambda content: _read_text(content, "\t"),
        ".parquet": _read_parquet,
        ".npz": _read_npz,
        ".h5": _read_h5,
        ".hdf5": _read_h5,
    }
    if ending not in readers:
        raise InputError(
            f"embeddings are read from {', '.join(ENDINGS)}; this is {ending or 'none of them'}.", record=name
        )
    try:
        return readers[ending](source)
    except InputError as error:
        raise InputError(str(error), record=name) from error


def _embedding_set(names, vectors, table: pd.DataFrame, about: dict, coordinates=None) -> EmbeddingSet:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or 0 in vectors.shape or not np.issubdtype(vectors.dtype, np.number):
        raise InputError(
            f"one row of numbers for each protein is needed; this holds an array of shape {vectors.shape}."
        )
    if len(names) != len(vectors):
        raise InputError(f"there are {len(names):,} names and {len(vectors):,} vectors; their numbers must be equal.")
    names, notes = unique_names([str(n) for n in names])
    projection = None
    values = dict(about.get("map") or {})
    if coordinates is not None and values:
        variance = tuple(values.pop("variance", ()))
        try:
            projection = Projection(np.asarray(coordinates, np.float32), ProjectionSettings(**values), variance)
        except (TypeError, ValueError) as error:
            raise InputError(f"the map in this file cannot be used ({error}).") from error
    columns = table.reset_index(drop=True)
    columns = columns.rename(columns={c: f"label_{c}" for c in columns if str(c).lower() in RESERVED})
    return EmbeddingSet(
        names,
        vectors.astype(np.float32),
        columns,
        model=str(about.get("model", "")),
        model_hash=str(about.get("model_hash", "")),
        layer=int(about.get("layer", -1)),
        projection=projection,
        notes=notes,
    )


def _about_from(text) -> dict:
    try:
        about = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def _read_text(content: bytes, separator: str) -> EmbeddingSet:
    try:
        table = pd.read_csv(StringIO(content.decode("utf-8-sig")), sep=separator, low_memory=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"this is not a table of text: {error}") from error
    return _from_frame(table, {})


def _read_parquet(content: bytes) -> EmbeddingSet:
    table, metadata, left_out = read_parquet(content, lists=["embedding"])
    found = _from_frame(table, _about_from(metadata.get("biocore", "")))
    notes = (f"Columns of lists are left out: {', '.join(left_out)}.",) if left_out else ()
    return replace(found, notes=found.notes + notes)


def _from_frame(table: pd.DataFrame, about: dict) -> EmbeddingSet:
    table = table.rename(columns=str)
    if table.empty:
        raise InputError("the table has no rows.")
    identifier = next((c for c in table if c.lower() in IDENTIFIERS and c != "embedding"), None)
    vectors, used = _vectors_of(table, identifier)
    names = table[identifier] if identifier else [f"row {i + 1}" for i in range(len(table))]
    axes = [a for a in AXES if a in table and a not in used]
    has_projection = bool(about.get("map")) and len(axes) == about["map"].get("dims")
    rest = table.drop(columns=[*used, *([identifier] if identifier else []), *axes])
    for column in rest:
        if not pd.api.types.is_numeric_dtype(rest[column]):
            rest[column] = rest[column].fillna("").map(str)
    if "model" in rest and not about.get("model") and rest["model"].nunique() == 1:
        about = about | {"model": rest["model"].iloc[0]}
    return _embedding_set(list(names), vectors, rest, about, table[axes].to_numpy() if has_projection else None)


def _vectors_of(table: pd.DataFrame, identifier: str | None) -> tuple[np.ndarray, list[str]]:
    if "embedding" in table:
        rows = [_listed(value) for value in table["embedding"]]
        lengths = {len(row) for row in rows}
        if len(lengths) != 1 or 0 in lengths:
            raise InputError("the column 'embedding' must hold a list of numbers in each row, all of one length.")
        return np.stack(rows), ["embedding"]
    others = [c for c in table if c != identifier and c.lower() not in AXES]
    dimensions = _numbered(others) or [c for c in others if _is_number(table[c])]
    if not dimensions:
        raise InputError("no column of numbers was found; each dimension of the vectors needs one.")
    if len(dimensions) == 1:
        raise InputError(f"only one column of numbers was found ({dimensions[0]!r}); a vector needs two or more.")
    texts = [c for c in dimensions if not _is_number(table[c])]
    if texts:
        raise InputError(f"the column {texts[0]!r} is a dimension of the vectors and holds text, not numbers.")
    return table[dimensions].to_numpy(np.float32), dimensions


def _is_number(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)


def _numbered(names: Sequence[str]) -> list[str]:
    """Names that count the dimensions of vectors, in that order: one prefix, and 0 to D - 1 or 1 to D.

    The longest such row is taken; an empty list is returned where no two names share a prefix.
    """
    found: dict[str, dict[int, str]] = {}
    for name in names:
        match = NUMBERED.fullmatch(name)
        if match:
            found.setdefault(match[1], {})[int(match[2])] = name
    rows = [[row[n] for n in sorted(row)] for row in found.values() if len(row) > 1 and min(row) < 2]
    gaps = [_gap(row) for row in found.values() if len(row) > 1 and min(row) < 2]
    whole = [row for row, gap in zip(rows, gaps, strict=True) if gap is None]
    if rows and not whole:
        raise InputError(
            f"the columns {rows[0][0]} to {rows[0][-1]} look like the dimensions of vectors, but number {gaps[0]} is "
            "missing. Count them from 0 or 1 without a gap, and name other columns differently."
        )
    return max(whole, key=len, default=[])


def _gap(numbers: Iterable[int]) -> int | None:
    """The first number missing from a row that starts at 0 or 1."""
    ordered = sorted(numbers)
    return next((i for i, n in enumerate(ordered, start=ordered[0]) if i != n), None)


def _listed(value) -> np.ndarray:
    """A row of numbers from a list, or from JSON text; empty where it is neither."""
    try:
        row = np.asarray(json.loads(value) if isinstance(value, str) else value, np.float32)
    except (TypeError, ValueError):
        return np.zeros(0, np.float32)
    return row if row.ndim == 1 else np.zeros(0, np.float32)


def _read_npz(content: bytes) -> EmbeddingSet:
    return _from_arrays(read_npz(content))


def _from_arrays(arrays: dict[str, np.ndarray]) -> EmbeddingSet:
    about = _about_from(str(arrays.pop("about"))) if "about" in arrays else {}
    matrix = next((k for k in ("embeddings", "vectors", "embedding", "X", "arr_0") if k in arrays), None)
    if matrix is not None and arrays[matrix].ndim == 2:
        vectors = arrays[matrix]
        listed = next((k for k in ("names", "record", "ids", "identifiers", "accessions") if k in arrays), None)
        names = list(arrays[listed]) if listed else [f"row {i + 1}" for i in range(len(vectors))]
        columns = {k.removeprefix("column:"): v for k, v in arrays.items() if k.startswith("column:")}
        columns |= {k: arrays[k] for k in ("label", "labels") if k in arrays}
        wrong = [k for k, v in columns.items() if v.shape != (len(vectors),)]
        if wrong:
            raise InputError(f"the column {wrong[0]!r} does not have one value for each vector.")
        return _embedding_set(
            names, vectors, pd.DataFrame(columns, index=range(len(vectors))), about, arrays.get("coordinates")
        )
    single = {k: v for k, v in arrays.items() if v.ndim == 1 and np.issubdtype(v.dtype, np.number)}
    lengths = {len(v) for v in single.values()}
    if not single or len(lengths) != 1:
        raise InputError(
            "no vectors were found. Accepted: 'embeddings' (N, D) with 'names' (N,), or one vector of numbers for each "
            "name, all of one length."
        )
    return _embedding_set(list(single), np.stack(list(single.values())), pd.DataFrame(index=range(len(single))), about)


def _read_h5(content: bytes) -> EmbeddingSet:
    found, labels, attributes = read_hdf5(content)
    arrays: dict[str, np.ndarray] = {}
    for path, array in found.items():
        is_column = path.startswith("columns/")
        arrays[f"column:{labels.get(path, path.removeprefix('columns/'))}" if is_column else path] = array
    if "about" in attributes:
        arrays["about"] = np.array(attributes["about"])
    return _from_arrays(arrays)
