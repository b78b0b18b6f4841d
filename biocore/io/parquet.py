"""Tables in parquet files, which may unpack to a million times their size: measured before they are read."""

from collections.abc import Collection
from io import BytesIO
from typing import Any

import pandas as pd

from biocore.errors import InputError
from biocore.io.arrays import LARGEST, Budget

WIDTHS = {"BOOLEAN": 1, "INT32": 4, "INT64": 8, "INT96": 12, "FLOAT": 4, "DOUBLE": 8, "BYTE_ARRAY": 8}  # bytes


def read_parquet(
    content: bytes, *, lists: Collection[str] = (), limit: int = LARGEST
) -> tuple[pd.DataFrame, dict[str, str], tuple[str, ...]]:
    """A table from a parquet file.

    Parameters
    ----------
    content : bytes
    lists : names of columns
        Columns that may hold lists; others that do are left out.
    limit : int
        Bytes that the table may take.

    Returns
    -------
    table : DataFrame
    metadata : dict of str
        Of the file.
    left_out : tuple of str
        Columns of lists and records that were not read.

    Raises
    ------
    InputError
        Not a parquet file, damaged, or too large.

    Notes
    -----
    Numbers are counted from the file's own description.  Texts are repeated by reference in the file, so their length
    is known only once they are read: they are read as references, one row group after another.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    budget = Budget(limit)
    try:
        file = pq.ParquetFile(BytesIO(content))
        schema = file.schema_arrow
        kept = [f.name for f in schema if not pa.types.is_nested(f.type) or (f.name in lists and _is_list(f.type))]
        budget.spend(_announced(file, kept))
        leaves = [file.schema.column(i) for i in range(len(file.schema))]
        texts = [leaf.path for leaf in leaves if leaf.physical_type == "BYTE_ARRAY" and leaf.path in kept]
        file = pq.ParquetFile(BytesIO(content), read_dictionary=texts)
        parts = []
        for number in range(file.metadata.num_row_groups):
            part = file.read_row_group(number, columns=kept).select(kept)
            for name in kept:
                budget.spend(_text_length(part[name]))
            parts.append(part)
        table = pa.concat_tables(parts) if parts else file.schema_arrow.empty_table().select(kept)
        metadata = {_text(k): _text(v) for k, v in (schema.metadata or {}).items()}
        frame = pa.table([_plain(table[name]) for name in kept], names=kept).to_pandas(ignore_metadata=True)
    except InputError:
        raise
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise InputError(f"this is not a parquet file, or it is damaged ({error}).") from error
    return frame, metadata, tuple(name for name in schema.names if name not in kept)


def _is_list(kind: Any) -> bool:
    import pyarrow as pa

    listed = pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)
    return listed and (pa.types.is_floating(kind.value_type) or pa.types.is_integer(kind.value_type))


def _announced(file: Any, kept: list[str]) -> int:
    """Bytes of the columns as the file describes them: as stored, or as numbers, whichever is more."""
    total = 0
    for number in range(file.metadata.num_row_groups):
        group = file.metadata.row_group(number)
        for i in range(group.num_columns):
            column, leaf = group.column(i), file.schema.column(i)
            if leaf.path in kept or leaf.path.split(".")[0] in kept:
                count = max(column.num_values, group.num_rows)
                width = WIDTHS.get(leaf.physical_type) or leaf.length
                total += max(count * width, column.total_uncompressed_size)
    return total


def _text_length(column: Any) -> int:
    """Letters that a column of references stands for."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not _is_text(column.type):
        return 0
    lengths = [(pc.binary_length(chunk.dictionary), chunk.indices) for chunk in column.chunks]
    sums = [pc.sum(pc.cast(each.take(rows.drop_null()), pa.int64())).as_py() for each, rows in lengths]
    return sum(found or 0 for found in sums)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    if not pa.types.is_dictionary(kind):
        return False
    value = kind.value_type
    return any(is_kind(value) for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary))


def _plain(column: Any) -> Any:
    import pyarrow as pa

    if not _is_text(column.type):
        return column
    return pa.chunked_array([chunk.dictionary_decode() for chunk in column.chunks], type=column.type.value_type)


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
