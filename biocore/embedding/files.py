"""Embeddings as files: .npz, .csv, .tsv, .parquet and .h5, in and out.  Nothing is ever unpickled.

What `write_vectors` writes, `read_vectors` reads back: names, vectors, columns and (not from .csv) model and map.
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.embedding.collection import IDENTIFIERS, RESERVED, Collection, unique_names
from biocore.embedding.projection.maps import Map, MapSettings, settings_dict
from biocore.errors import InputError
from biocore.io.arrays import read_hdf5, read_npz
from biocore.io.parquet import read_parquet

ENDINGS = (".npz", ".csv", ".tsv", ".parquet", ".h5")
AXES = ("x", "y", "z")
_NUMBERED = re.compile(r"((?:e|d|f|v|h|dim|emb|embedding|feature)?[_ ]?)(\d+)", re.IGNORECASE | re.ASCII)


# ---------------------------------------------------------------------------------------------------------- writing


def to_frame(collection: Collection, shown: Map | None = None, *, vectors: bool = False) -> pd.DataFrame:
    """A table: record, x, y (z), columns, and with `vectors` e1 ... eD."""
    parts = [pd.DataFrame({"record": list(collection.names)})]
    if shown is not None:
        parts.append(pd.DataFrame(shown.coordinates, columns=list(AXES[: shown.settings.dims])))
    table = collection.table.reset_index(drop=True)
    if vectors:  # a column of labels must not be read back as a part of the vectors
        table = table.rename(columns={c: f"label_{c}" for c in table if _NUMBERED.fullmatch(str(c))})
    parts.append(table)
    if vectors:
        names = [f"e{i + 1}" for i in range(collection.vectors.shape[1])]
        parts.append(pd.DataFrame(collection.vectors, columns=names))
    return pd.concat(parts, axis=1)


def write_vectors(collection: Collection, ending: str, shown: Map | None = None, *, half: bool = False) -> bytes:
    """A file with the names, the vectors, the columns and the coordinates.

    Parameters
    ----------
    ending : str
        ".csv", ".tsv", ".parquet", ".npz" or ".h5".
    half : bool
        .npz: vectors of 16 bits, which rounds them to three digits.

    Raises
    ------
    InputError
        Another ending.
    """
    if ending in (".csv", ".tsv"):
        text = to_frame(collection, shown, vectors=True).to_csv(index=False, sep="\t" if ending == ".tsv" else ",")
        return text.encode()
    if ending == ".parquet":
        return _parquet(collection, shown)
    if ending == ".npz":
        return _npz(collection, shown, half)
    if ending == ".h5":
        return _h5(collection, shown)
    raise InputError(f"the format {ending!r} is not known; use {', '.join(ENDINGS)}.")


def _about(collection: Collection, shown: Map | None) -> dict:
    about = {"model": collection.model, "model_hash": collection.model_hash, "layer": collection.layer}
    if shown is not None:
        about["map"] = settings_dict(shown.settings) | {"variance": list(shown.variance)}
    return about


def _parquet(collection: Collection, shown: Map | None) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(to_frame(collection, shown), preserve_index=False)
    flat = pa.array(collection.vectors.ravel())
    table = table.append_column("embedding", pa.FixedSizeListArray.from_arrays(flat, collection.vectors.shape[1]))
    metadata = dict(table.schema.metadata or {}) | {b"biocore": json.dumps(_about(collection, shown)).encode()}
    buffer = BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


def _arrays(collection: Collection, shown: Map | None) -> dict[str, np.ndarray]:
    arrays = {"embeddings": collection.vectors}
    if shown is not None:
        arrays["coordinates"] = shown.coordinates
    return arrays


def _npz(collection: Collection, shown: Map | None, half: bool) -> bytes:
    arrays = _arrays(collection, shown) | {"names": np.array(collection.names, dtype=str)}
    for column in collection.table:
        values = collection.table[column]
        is_number = pd.api.types.is_numeric_dtype(values)
        arrays[f"column:{column}"] = values.to_numpy() if is_number else np.array(list(map(str, values)), str)
    if half:
        arrays["embeddings"] = arrays["embeddings"].astype(np.float16)
    buffer = BytesIO()
    arrays["about"] = np.array(json.dumps(_about(collection, shown)))
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _h5(collection: Collection, shown: Map | None) -> bytes:
    import h5py

    buffer = BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in _arrays(collection, shown).items():
            file.create_dataset(name, data=array, compression="gzip", compression_opts=1)
        text = h5py.string_dtype()
        file.create_dataset("names", data=list(collection.names), dtype=text)
        columns = file.create_group("columns")
        for number, column in enumerate(collection.table):
            values = collection.table[column]
            path = column.replace("/", "_")  # a slash would open a group
            path = f"{path} ({number + 1})" if path in columns or path in ("", ".") else path
            if pd.api.types.is_numeric_dtype(values):
                columns.create_dataset(path, data=values.to_numpy())
            else:
                columns.create_dataset(path, data=list(map(str, values)), dtype=text)
            columns[path].attrs["name"] = column
        file.attrs["about"] = json.dumps(_about(collection, shown))
    return buffer.getvalue()


# ---------------------------------------------------------------------------------------------------------- reading


def read_vectors(source: Path | bytes, name: str | None = None) -> Collection:
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


def _collection(names, vectors, table: pd.DataFrame, about: dict, coordinates=None) -> Collection:
    vectors = np.asarray(vectors)
    if vectors.ndim != 2 or 0 in vectors.shape or not np.issubdtype(vectors.dtype, np.number):
        raise InputError(
            f"one row of numbers for each protein is needed; this holds an array of shape {vectors.shape}."
        )
    if len(names) != len(vectors):
        raise InputError(f"there are {len(names):,} names and {len(vectors):,} vectors; their numbers must be equal.")
    names, notes = unique_names([str(n) for n in names])
    shown = None
    values = dict(about.get("map") or {})
    if coordinates is not None and values:
        variance = tuple(values.pop("variance", ()))
        try:
            shown = Map(np.asarray(coordinates, np.float32), MapSettings(**values), variance)
        except (TypeError, ValueError) as error:
            raise InputError(f"the map in this file cannot be used ({error}).") from error
    columns = table.reset_index(drop=True)
    columns = columns.rename(columns={c: f"label_{c}" for c in columns if str(c).lower() in RESERVED})
    return Collection(
        names,
        vectors.astype(np.float32),
        columns,
        model=str(about.get("model", "")),
        model_hash=str(about.get("model_hash", "")),
        layer=int(about.get("layer", -1)),
        map=shown,
        notes=notes,
    )


def _about_from(text) -> dict:
    try:
        about = json.loads(text)
    except (TypeError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def _read_text(content: bytes, separator: str) -> Collection:
    try:
        table = pd.read_csv(StringIO(content.decode("utf-8-sig")), sep=separator, low_memory=False)
    except (UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"this is not a table of text: {error}") from error
    return _from_frame(table, {})


def _read_parquet(content: bytes) -> Collection:
    table, metadata, left_out = read_parquet(content, lists=["embedding"])
    found = _from_frame(table, _about_from(metadata.get("biocore", "")))
    notes = (f"Columns of lists are left out: {', '.join(left_out)}.",) if left_out else ()
    return replace(found, notes=found.notes + notes)


def _from_frame(table: pd.DataFrame, about: dict) -> Collection:
    table = table.rename(columns=str)
    if table.empty:
        raise InputError("the table has no rows.")
    identifier = next((c for c in table if c.lower() in IDENTIFIERS and c != "embedding"), None)
    vectors, used = _vectors_of(table, identifier)
    names = table[identifier] if identifier else [f"row {i + 1}" for i in range(len(table))]
    axes = [a for a in AXES if a in table and a not in used]
    has_map = bool(about.get("map")) and len(axes) == about["map"].get("dims")
    rest = table.drop(columns=[*used, *([identifier] if identifier else []), *axes])
    for column in rest:
        if not pd.api.types.is_numeric_dtype(rest[column]):
            rest[column] = rest[column].fillna("").map(str)
    if "model" in rest and not about.get("model") and rest["model"].nunique() == 1:
        about = about | {"model": rest["model"].iloc[0]}
    return _collection(list(names), vectors, rest, about, table[axes].to_numpy() if has_map else None)


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
        match = _NUMBERED.fullmatch(name)
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


def _read_npz(content: bytes) -> Collection:
    return _from_arrays(read_npz(content))


def _from_arrays(arrays: dict[str, np.ndarray]) -> Collection:
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
        return _collection(
            names, vectors, pd.DataFrame(columns, index=range(len(vectors))), about, arrays.get("coordinates")
        )
    single = {k: v for k, v in arrays.items() if v.ndim == 1 and np.issubdtype(v.dtype, np.number)}
    lengths = {len(v) for v in single.values()}
    if not single or len(lengths) != 1:
        raise InputError(
            "no vectors were found. Accepted: 'embeddings' (N, D) with 'names' (N,), or one vector of numbers for each "
            "name, all of one length."
        )
    return _collection(list(single), np.stack(list(single.values())), pd.DataFrame(index=range(len(single))), about)


def _read_h5(content: bytes) -> Collection:
    found, labels, attributes = read_hdf5(content)
    arrays: dict[str, np.ndarray] = {}
    for path, array in found.items():
        is_column = path.startswith("columns/")
        arrays[f"column:{labels.get(path, path.removeprefix('columns/'))}" if is_column else path] = array
    if "about" in attributes:
        arrays["about"] = np.array(attributes["about"])
    return _from_arrays(arrays)
