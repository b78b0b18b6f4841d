"""BinaryCIF, the archive's compact form of mmCIF, decoded into a gemmi block.

References
----------
Sehnal et al. (2020), PLoS Comput. Biol. 16:e1008247, doi:10.1371/journal.pcbi.1008247.
"""

from typing import Any

import numpy as np

from biocore.errors import InputError

WANTED = (  # the categories a Structure is made from; the rest is not decoded
    "_atom_site",
    "_cell",
    "_chem_comp",
    "_database_PDB_rev",
    "_entity",
    "_entity_poly",
    "_entity_poly_seq",
    "_entity_src_gen",
    "_entity_src_nat",
    "_entry",
    "_exptl",
    "_em_3d_reconstruction",
    "_ma_qa_metric_local",
    "_ma_target_ref_db_details",
    "_pdbx_database_status",
    "_pdbx_entity_src_syn",
    "_pdbx_struct_assembly",
    "_pdbx_struct_assembly_gen",
    "_pdbx_struct_oper_list",
    "_refine",
    "_struct",
    "_struct_asym",
    "_struct_conf",
    "_struct_sheet_range",
)
MAX_VALUES = 5_000_000  # in one column
_TYPES = {1: "<i1", 2: "<i2", 3: "<i4", 4: "<u1", 5: "<u2", 6: "<u4", 32: "<f4", 33: "<f8"}


def looks_like_bcif(content: bytes) -> bool:
    """True for a msgpack map that names BinaryCIF's fields near its start."""
    return content[:1] != b"" and content[0] & 0xF0 == 0x80 and b"dataBlocks" in content[:4096]


def read_block(content: bytes, name: str = "file"):
    """The first data block as a ``gemmi.cif.Block``, with the categories a structure is made from.

    Raises
    ------
    InputError
        Not BinaryCIF, damaged, or a column that would unfold to more than five million values.
    """
    import gemmi
    import msgpack

    try:
        document = msgpack.unpackb(content, raw=False, strict_map_key=True)
        source = document["dataBlocks"][0]
        block = gemmi.cif.Block(str(source.get("header") or "bcif").split()[0])
        for category in source["categories"]:
            if category["name"] in WANTED:
                _add(block, category)
    except InputError:
        raise
    except Exception as error:  # msgpack and numpy raise many kinds for damaged bytes; each means the same to the user
        raise InputError(f"this BinaryCIF file is damaged ({type(error).__name__}: {error}).", record=name) from error
    return block


def _add(block, category: dict[str, Any]) -> None:
    import gemmi

    rows = int(category["rowCount"])
    if not 0 < rows <= MAX_VALUES:
        if rows == 0:
            return
        raise InputError(f"the table {category['name']} of this BinaryCIF file has too many rows ({rows:,}).")
    tags, columns = [], []
    for column in category["columns"]:
        values = _texts(column, gemmi.cif.quote)
        if len(values) != rows:
            raise ValueError(f"{category['name']}.{column['name']} has {len(values)} values for {rows} rows")
        tags.append(str(column["name"]))
        columns.append(values)
    block.init_loop(category["name"] + ".", tags).set_all_values(columns)


def _texts(column: dict[str, Any], quote) -> list[str]:
    values = _decode(column["data"])
    if isinstance(values, np.ndarray) and values.dtype.kind == "f":
        texts = [f"{value:.6g}" for value in values.tolist()]
    elif isinstance(values, np.ndarray):
        texts = [str(value) for value in values.tolist()]
    else:
        quoted = {text: quote(text) for text in set(values)}
        texts = [quoted[text] for text in values]
    if column.get("mask"):
        mask = _decode(column["mask"])
        texts = [text if m == 0 else "." if m == 1 else "?" for text, m in zip(texts, mask.tolist(), strict=True)]
    return texts


def _decode(data: dict[str, Any]):
    """Undo the encodings of one array, last first.  Returns a numpy array, or a list of str for text."""
    values: Any = data["data"]
    for encoding in reversed(data["encoding"]):
        values = _STEPS[encoding["kind"]](values, encoding)
        if len(values) > MAX_VALUES:
            raise InputError("a column of this BinaryCIF file unfolds to too many values.")
    return values


def _byte_array(values, encoding):
    return np.frombuffer(values, dtype=_TYPES[encoding["type"]]).astype(
        np.float64 if encoding["type"] >= 32 else np.int64
    )


def _fixed_point(values, encoding):
    return values / float(encoding["factor"])


def _interval(values, encoding):
    low, high, steps = float(encoding["min"]), float(encoding["max"]), int(encoding["numSteps"])
    return low + values * ((high - low) / (steps - 1))


def _run_length(values, encoding):
    lengths = values[1::2]
    if (lengths < 0).any() or lengths.sum() > MAX_VALUES or int(encoding.get("srcSize", 0)) > MAX_VALUES:
        raise InputError("a column of this BinaryCIF file unfolds to too many values.")
    return np.repeat(values[0::2], lengths)


def _delta(values, encoding):
    return np.cumsum(values) + int(encoding["origin"])


def _unpack(values, encoding):
    """Integers too large for one or two bytes are written as a run of the largest value and a remainder."""
    top = (
        (1 << (8 * encoding["byteCount"])) - 1 if encoding["isUnsigned"] else (1 << (8 * encoding["byteCount"] - 1)) - 1
    )
    partial = values == top
    if not encoding["isUnsigned"]:
        partial |= values == -top - 1
    ends = np.flatnonzero(~partial)
    sums = np.concatenate([[0], np.cumsum(values)])
    starts = np.concatenate([[0], ends[:-1] + 1]) if len(ends) else ends
    return sums[ends + 1] - sums[starts]


def _strings(values, encoding):
    offsets = _decode({"data": encoding["offsets"], "encoding": encoding["offsetEncoding"]}).tolist()
    text = encoding["stringData"]
    strings = [text[a:b] for a, b in zip(offsets[:-1], offsets[1:], strict=True)]
    indices = _decode({"data": values, "encoding": encoding["dataEncoding"]}).tolist()
    return [strings[i] if i >= 0 else "" for i in indices]


_STEPS = {
    "ByteArray": _byte_array,
    "FixedPoint": _fixed_point,
    "IntervalQuantization": _interval,
    "RunLength": _run_length,
    "Delta": _delta,
    "IntegerPacking": _unpack,
    "StringArray": _strings,
}
