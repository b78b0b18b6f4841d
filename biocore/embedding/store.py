"""Vectors on disk: what is finished is kept, and not computed a second time."""

import hashlib
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np

from biocore import runtime
from biocore.errors import DataUnavailable

SPARED = 3600.0  # seconds: what was used since may still be waited for, here or by another process


def key(model_hash: str, layer: int, sequence: str) -> str:
    """What a vector depends on, as 64 hexadecimal digits."""
    return hashlib.sha256(f"{model_hash}\n{layer}\n{sequence}".encode()).hexdigest()


class VectorStore:
    """Vectors on disk: one SQLite file below `runtime.home`, which several processes may use at once.

    A vector is written in one transaction or not at all.  `trim` removes those unused for longest; asking whether a
    vector is here, writing it and reading it count as use.

    Parameters
    ----------
    path : Path, optional
        Another file than ``<home>/embeddings.sqlite``.
    """

    def __init__(self, path: Path | None = None):
        self.path = path or runtime.home() / "embeddings.sqlite"

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            with closing(sqlite3.connect(self.path, timeout=60)) as connection:
                connection.execute(
                    "CREATE TABLE IF NOT EXISTS vectors (key TEXT PRIMARY KEY, used REAL, vector BLOB) WITHOUT ROWID"
                )
                with connection:  # a transaction: all of it or nothing
                    yield connection
        except sqlite3.Error as error:
            raise DataUnavailable(
                f"The store of embeddings cannot be used ({error}): {self.path}. Free some space, or delete the file; "
                "vectors are then computed again."
            ) from error

    def get(self, keys: Sequence[str]) -> dict[str, np.ndarray]:
        """The vectors of those `keys` that are here, float32 (D,)."""
        return {k: np.frombuffer(blob, "<f4") for k, blob in self._used("key, vector", keys)}

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` that are here; they count as used now."""
        return {k for (k,) in self._used("key", keys)}

    def _used(self, columns: str, keys: Sequence[str]) -> list[tuple]:
        """Rows of `keys`, which are marked as used."""
        rows: list[tuple] = []
        with self._connection() as connection:
            for part in _parts(list(dict.fromkeys(keys)), 500):
                here = f"WHERE key IN ({','.join('?' * len(part))})"
                connection.execute(f"UPDATE vectors SET used = ? {here}", [time.time(), *part])
                rows += connection.execute(f"SELECT {columns} FROM vectors {here}", part)
        return rows

    def put(self, keys: Sequence[str], vectors: np.ndarray) -> None:
        """Keep `vectors`, (N, D), under `keys`."""
        rows = [(k, time.time(), np.ascontiguousarray(v, "<f4").tobytes()) for k, v in zip(keys, vectors, strict=True)]
        with self._connection() as connection:
            connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?, ?)", rows)

    def __len__(self) -> int:
        with self._connection() as connection:
            return connection.execute("SELECT count(*) FROM vectors").fetchone()[0]

    def trim(self, limit: int | None = None, *, spared: float = SPARED) -> int:
        """Remove the vectors unused for longest until at most `limit` bytes of vectors are left, as far as that goes.

        Parameters
        ----------
        limit : int, optional
            Bytes.  The default is the setting ``BIOCORE_STORE_GB``.
        spared : float
            Seconds.  Vectors used since then stay, so that no job loses what it has not collected yet: the store may
            exceed its limit until a later job ends.

        Returns
        -------
        int
            How many were removed.

        Raises
        ------
        InputError
            The setting is not a number.
        DataUnavailable
            The file cannot be used.
        """
        if limit is None:
            limit = int(runtime.number("store_gb") * 2**30)
        with self._connection() as connection:
            total = connection.execute("SELECT coalesce(sum(length(vector)), 0) FROM vectors").fetchone()[0]
            removed = []
            unused = "SELECT key, length(vector) FROM vectors WHERE used <= ? ORDER BY used, key"
            for k, size in connection.execute(unused, [time.time() - spared]) if total > limit else ():
                removed.append((k,))
                total -= size
                if total <= limit:
                    break
            connection.executemany("DELETE FROM vectors WHERE key = ?", removed)
        return len(removed)


def _parts(items: list, size: int) -> Iterator[list]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
