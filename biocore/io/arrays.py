"""Arrays in .npz and HDF5 files.  Every bound is checked before anything is unpacked, and nothing is ever unpickled."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np

from biocore.errors import InputError

LARGEST = 2 * 2**30  # bytes once unpacked
TEXT = 64  # bytes that a string costs besides its letters
DEEPEST = 4  # groups within groups


class Budget:
    """Bytes that may still be unpacked.

    Examples
    --------
    >>> Budget(3 * 2**30).spend(4 * 2**30)
    Traceback (most recent call last):
    biocore.errors.InputError: this file is larger than 3 GB once unpacked.
    """

    def __init__(self, limit: int = LARGEST):
        self.limit = self.left = limit

    def spend(self, size: int) -> None:
        """Take `size` bytes.

        Raises
        ------
        InputError
            There are not as many left.
        """
        self.left -= size
        if self.left < 0:
            raise InputError(f"this file is larger than {self.limit / 2**30:.3g} GB once unpacked.")


# -------------------------------------------------------------------------------------------------------------- .npz


def read_npz(content: bytes, *, limit: int = LARGEST) -> dict[str, np.ndarray]:
    """Arrays of an .npz file by name.

    Parameters
    ----------
    content : bytes
    limit : int
        Bytes that all arrays together may take.

    Raises
    ------
    InputError
        Not an .npz file, damaged, too large, an array that holds Python objects, or one whose header announces more
        numbers than follow.
    """
    budget, arrays = Budget(limit), {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            for member in archive.infolist():
                if not member.filename.endswith(".npy"):
                    continue
                if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise InputError(f"{member.filename} is compressed in a way that NumPy does not use.")
                budget.spend(member.file_size)
                with archive.open(member) as file:  # with a number: what the archive says is no promise
                    name = member.filename.removesuffix(".npy")
                    arrays[name] = _npy(file.read(member.file_size), name)
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError) as error:
        raise InputError(f"this is not an .npz file, or it is damaged ({error}).") from error
    return arrays


def _npy(content: bytes, name: str) -> np.ndarray:
    stream = BytesIO(content)
    version = np.lib.format.read_magic(stream)
    if version == (1, 0):
        shape, _, dtype = np.lib.format.read_array_header_1_0(stream)
    elif version == (2, 0):
        shape, _, dtype = np.lib.format.read_array_header_2_0(stream)
    else:
        raise InputError(f"{name} is an array of a kind that is not read here (.npy version {version[0]}).")
    if dtype.hasobject:
        raise InputError(
            "this file holds Python objects, which are never loaded because they can run code. "
            "Save names as text: np.savez(file, embeddings=vectors, names=np.array(names, dtype=str))."
        )
    there = len(content) - stream.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * max(1, dtype.itemsize) > there:
        size = " x ".join(f"{n:,}" for n in shape)
        raise InputError(f"{name} is damaged: it announces {size} numbers, and {there:,} bytes follow.")
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)


# -------------------------------------------------------------------------------------------------------------- HDF5


def read_hdf5(content: bytes, *, limit: int = LARGEST) -> tuple[dict[str, np.ndarray], dict[str, str], dict[str, str]]:
    """Numbers and texts of an HDF5 file by path.

    Parameters
    ----------
    content : bytes
    limit : int
        Bytes that all arrays together may take.

    Returns
    -------
    arrays : dict of arrays
        Single values have the shape (1,).
    labels : dict of str
        Attribute ``name`` of those data sets that have one.
    attributes : dict of str
        Of the file itself, as text.

    Raises
    ------
    InputError
        Not an HDF5 file, damaged, too large, or a link: HDF5 can point at any other file of the machine.
    """
    import h5py

    budget, arrays, labels = Budget(limit), {}, {}
    try:
        with h5py.File(BytesIO(content), "r") as file:
            attributes = {name: str(value) for name, value in file.attrs.items()}
            for path, dataset in _datasets(file):
                text = h5py.check_string_dtype(dataset.dtype) is not None
                if dataset.dtype.kind not in "fiuSO" or (dataset.dtype.kind == "O" and not text):
                    continue
                if text and dataset.ndim > 1:
                    continue
                budget.spend(max(dataset.size, math.prod(dataset.chunks or ())) * dataset.dtype.itemsize)
                arrays[path] = _texts(dataset, budget) if text else np.atleast_1d(dataset[()])
                if "name" in dataset.attrs:
                    labels[path] = str(dataset.attrs["name"])
    except InputError:
        raise
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise InputError(f"this is not an HDF5 file, or it is damaged ({error}).") from error
    return arrays, labels, attributes


def _texts(dataset: Any, budget: Budget, *, at_a_time: int = 64) -> np.ndarray:
    """Strings of a data set.  Many may point at one long text of the file, so a few are read at a time."""
    budget.spend(TEXT * dataset.size)
    rows = dataset.asstr()
    if dataset.ndim == 0:
        return np.array([rows[()]], object)
    found: list[str] = []
    for start in range(0, len(dataset), at_a_time):
        part = list(rows[start : start + at_a_time])
        budget.spend(sum(map(len, part)))
        found += part
    return np.array(found, object)


def _datasets(group: Any, prefix: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Data sets that lie in the file itself, with their paths."""
    import h5py

    if depth > DEEPEST:
        return
    for name in group:
        link = group.get(name, getlink=True)
        if not isinstance(link, h5py.HardLink):
            raise InputError(f"{prefix}{name} is a link, which is not followed. Save the vectors in the file itself.")
        item = group[name]
        if isinstance(item, h5py.Group):
            yield from _datasets(item, f"{prefix}{name}/", depth + 1)
        elif isinstance(item, h5py.Dataset):
            if item.external or item.is_virtual:
                raise InputError(f"{prefix}{name} keeps its numbers in another file. Save them in the file itself.")
            if item.shape is not None:
                yield f"{prefix}{name}", item
