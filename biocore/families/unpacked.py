"""A library's columns unpacked once, and kept on disk for every later process.

Unpacking millions of columns takes seconds of processor time.  What comes out is kept below ``<home>/families`` under
the hash of the weights and opened as memory maps, which the processes of a machine share.  Nothing depends on it: where
the folder cannot be written, the disk is full or a file is damaged, the columns are unpacked in memory.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biocore import runtime
from biocore.io import write_atomically

ORDER = 1  # counts up when what is kept changes
LIBRARIES = 3  # kept at a time; those not used for longest go first
LARGEST = 2**30  # bytes of one library; a larger one is unpacked by each process
ROOM = 2  # times its size that must be free on the disk
MANIFEST = "digests.json"


@dataclass(frozen=True)
class Unpacked:
    """What a library's search needs of all columns.

    Attributes
    ----------
    columns : uint8 array, (C, 11)
        As `biocore.families.library.pack` makes them.
    states : uint8 array, (C,)
        The typical column that each resembles most.
    """

    columns: np.ndarray
    states: np.ndarray

    def __post_init__(self):
        count = len(self.states)
        if self.columns.shape != (count, 11) or {self.columns.dtype, self.states.dtype} != {np.dtype(np.uint8)}:
            raise ValueError("columns (C, 11) and states (C,) of bytes are needed")


def folder_of(sha256: str) -> Path | None:
    """Where the library with these weights is kept; None where there is no hash, or no home to write to."""
    if not sha256:
        return None
    try:
        return runtime.home() / "families" / f"{sha256[:32]}-{ORDER}"
    except OSError:
        return None


def opened(folder: Path, columns: int) -> Unpacked | None:
    """What lies in `folder`, as memory maps; None where nothing does, or it is damaged or of another size.

    Parameters
    ----------
    folder : Path
        Of `folder_of`.
    columns : int
        How many the library has.
    """
    try:
        digests = json.loads((folder / MANIFEST).read_text())
        found = Unpacked(*(_opened(folder / f"{name}.npy", digests[name]) for name in ("columns", "states")))
        if len(found.states) != columns:
            return None
        with contextlib.suppress(OSError):
            os.utime(folder / MANIFEST)
        return found
    except (OSError, ValueError, KeyError, TypeError, EOFError):
        return None


def _opened(path: Path, digest: str) -> np.ndarray:
    values = np.load(path, mmap_mode="r", allow_pickle=False)
    if _digest(values) != digest:
        raise ValueError(f"{path} is damaged")
    return np.asarray(values)


def _digest(values: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(values).data).hexdigest()


def keep(folder: Path, unpacked: Unpacked) -> bool:
    """Write a library for later processes; whether it worked.  Nobody ever sees half of it."""
    size = unpacked.columns.nbytes + unpacked.states.nbytes
    if size > LARGEST:
        return False
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder.parent).free < ROOM * size:
            return False
        with tempfile.TemporaryDirectory(prefix=".part-", dir=folder.parent, ignore_cleanup_errors=True) as name:
            part = Path(name) / "new"
            part.mkdir()
            for field in ("columns", "states"):
                np.save(part / f"{field}.npy", getattr(unpacked, field), allow_pickle=False)
            digests = {field: _digest(getattr(unpacked, field)) for field in ("columns", "states")}
            write_atomically(part / MANIFEST, json.dumps(digests))
            if folder.exists():  # damaged, or written by another process just now
                folder.rename(Path(name) / "old")
            part.rename(folder)
        _drop_oldest(folder.parent)
        return True
    except OSError:
        return False


def _drop_oldest(parent: Path) -> None:
    used = sorted(parent.glob(f"*/{MANIFEST}"), key=lambda path: path.stat().st_mtime, reverse=True)
    for manifest in used[LIBRARIES:]:
        shutil.rmtree(manifest.parent, ignore_errors=True)
