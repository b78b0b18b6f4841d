"""Embeddings out to .npz, .csv, .tsv, .parquet and .h5; `reading.read_vectors` reads them back."""

import json
from dataclasses import asdict
from io import BytesIO

import numpy as np
import pandas as pd

from biocore.embedding.projection.methods import Projection
from biocore.embedding.reading import AXES, ENDINGS, NUMBERED
from biocore.embedding.sets import EmbeddingSet
from biocore.errors import InputError


def to_frame(embeddings: EmbeddingSet, projection: Projection | None = None, *, vectors: bool = False) -> pd.DataFrame:
    """A table: record, x, y (z), columns, and with `vectors` e1 ... eD."""
    parts = [pd.DataFrame({"record": list(embeddings.names)})]
    if projection is not None:
        parts.append(pd.DataFrame(projection.coordinates, columns=list(AXES[: projection.settings.dims])))
    table = embeddings.table.reset_index(drop=True)
    if vectors:  # a column of labels must not be read back as a part of the vectors
        table = table.rename(columns={c: f"label_{c}" for c in table if NUMBERED.fullmatch(str(c))})
    parts.append(table)
    if vectors:
        names = [f"e{i + 1}" for i in range(embeddings.vectors.shape[1])]
        parts.append(pd.DataFrame(embeddings.vectors, columns=names))
    return pd.concat(parts, axis=1)


def write_vectors(
    embeddings: EmbeddingSet, ending: str, projection: Projection | None = None, *, half: bool = False
) -> bytes:
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
        text = to_frame(embeddings, projection, vectors=True).to_csv(index=False, sep="\t" if ending == ".tsv" else ",")
        return text.encode()
    if ending == ".parquet":
        return _parquet(embeddings, projection)
    if ending == ".npz":
        return _npz(embeddings, projection, half)
    if ending == ".h5":
        return _h5(embeddings, projection)
    raise InputError(f"the format {ending!r} is not known; use {', '.join(ENDINGS)}.")


def _about(embeddings: EmbeddingSet, projection: Projection | None) -> dict:
    about = {"model": embeddings.model, "model_hash": embeddings.model_hash, "layer": embeddings.layer}
    if projection is not None:
        about["map"] = asdict(projection.settings) | {"variance": list(projection.variance)}
    return about


def _parquet(embeddings: EmbeddingSet, projection: Projection | None) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(to_frame(embeddings, projection), preserve_index=False)
    flat = pa.array(embeddings.vectors.ravel())
    table = table.append_column("embedding", pa.FixedSizeListArray.from_arrays(flat, embeddings.vectors.shape[1]))
    metadata = dict(table.schema.metadata or {}) | {b"biocore": json.dumps(_about(embeddings, projection)).encode()}
    buffer = BytesIO()
    pq.write_table(table.replace_schema_metadata(metadata), buffer)
    return buffer.getvalue()


def _arrays(embeddings: EmbeddingSet, projection: Projection | None) -> dict[str, np.ndarray]:
    arrays = {"embeddings": embeddings.vectors}
    if projection is not None:
        arrays["coordinates"] = projection.coordinates
    return arrays


def _npz(embeddings: EmbeddingSet, projection: Projection | None, half: bool) -> bytes:
    arrays = _arrays(embeddings, projection) | {"names": np.array(embeddings.names, dtype=str)}
    for column in embeddings.table:
        values = embeddings.table[column]
        is_number = pd.api.types.is_numeric_dtype(values)
        arrays[f"column:{column}"] = values.to_numpy() if is_number else np.array(list(map(str, values)), str)
    if half:
        arrays["embeddings"] = arrays["embeddings"].astype(np.float16)
    buffer = BytesIO()
    arrays["about"] = np.array(json.dumps(_about(embeddings, projection)))
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _h5(embeddings: EmbeddingSet, projection: Projection | None) -> bytes:
    import h5py

    buffer = BytesIO()
    with h5py.File(buffer, "w") as file:
        for name, array in _arrays(embeddings, projection).items():
            file.create_dataset(name, data=array, compression="gzip", compression_opts=1)
        text = h5py.string_dtype()
        file.create_dataset("names", data=list(embeddings.names), dtype=text)
        columns = file.create_group("columns", track_order=True)
        for number, column in enumerate(embeddings.table):
            values = embeddings.table[column]
            path = column.replace("/", "_")  # a slash would open a group
            path = f"{path} ({number + 1})" if path in columns or path in ("", ".") else path
            if pd.api.types.is_numeric_dtype(values):
                columns.create_dataset(path, data=values.to_numpy())
            else:
                columns.create_dataset(path, data=list(map(str, values)), dtype=text)
            columns[path].attrs["name"] = column
        file.attrs["about"] = json.dumps(_about(embeddings, projection))
    return buffer.getvalue()
