"""Jobs and the results of their steps on disk: one SQLite file that pages, workers and commands share.

Every change of a job is one transaction, so a job is in exactly one state, and a process that is killed at any time
leaves a whole store behind.  The file is in WAL mode: readers never wait for the writer.
"""

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from biocore import runtime
from biocore.errors import DataUnavailable
from biocore.jobs.arrays import pack, unpack

QUEUED, RUNNING, DONE, STOPPED, FAILED = "queued", "running", "done", "stopped", "failed"
STATES = (QUEUED, RUNNING, DONE, STOPPED, FAILED)
LIVE = (QUEUED, RUNNING)
MAIN, ASIDE = LANES = ("main", "aside")  # where a job's next step is computed: in turn with others, or a long one alone
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, hash TEXT NOT NULL, kind TEXT NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, state TEXT NOT NULL CHECK (state IN {STATES}), heavy INTEGER NOT NULL,
    created REAL NOT NULL, started REAL, ended REAL, message TEXT NOT NULL DEFAULT '',
    total REAL NOT NULL, done REAL NOT NULL DEFAULT 0,
    run_started REAL, run_done REAL NOT NULL DEFAULT 0, updated REAL,
    worker TEXT, lane TEXT NOT NULL DEFAULT 'main', token TEXT UNIQUE
);
CREATE INDEX IF NOT EXISTS jobs_owner ON jobs (owner, hash);
CREATE INDEX IF NOT EXISTS jobs_state ON jobs (state);
CREATE TABLE IF NOT EXISTS results (key TEXT PRIMARY KEY, size INTEGER NOT NULL, used REAL NOT NULL, arrays BLOB);
CREATE TABLE IF NOT EXISTS parts (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, key TEXT NOT NULL, PRIMARY KEY (job, key)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS parts_key ON parts (key);
CREATE TABLE IF NOT EXISTS attempts (
    job TEXT NOT NULL REFERENCES jobs ON DELETE CASCADE, key TEXT NOT NULL, count INTEGER NOT NULL,
    reason TEXT NOT NULL DEFAULT '', PRIMARY KEY (job, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS turns (owner TEXT PRIMARY KEY, served REAL NOT NULL) WITHOUT ROWID;
"""


def folder() -> Path:
    """``<home>/jobs``, made on demand; nobody else on the machine may look into it."""
    path = runtime.home() / "jobs"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class Store:
    """The file.  One object may be used by several threads; each has a connection of its own.

    Parameters
    ----------
    path : Path, optional
        Default is ``<home>/jobs/jobs.sqlite``.
    """

    def __init__(self, path: Path | None = None):
        self.path = path or folder() / "jobs.sqlite"
        self._local = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = sqlite3.connect(self.path, timeout=60, isolation_level=None)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # before the first table; else without effect
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.executescript(_SCHEMA)
            self._local.connection = connection
        return connection

    def close(self) -> None:
        """Close this thread's connection."""
        connection = getattr(self._local, "connection", None)
        if connection is not None:
            connection.close()
            del self._local.connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """A connection to read from.

        Raises
        ------
        DataUnavailable
            The file cannot be used.
        """
        try:
            yield self._connection()
        except sqlite3.Error as error:
            raise DataUnavailable(
                f"The store of jobs cannot be used ({error}): {self.path}. Free some space; where the file is damaged, "
                "delete it, and jobs are computed again."
            ) from error

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all of the block, or nothing of it.  Errors as `reading`."""
        with self.reading() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

    def description(self, job: str) -> str | None:
        """The description of a job as JSON; None where there is no such job."""
        with self.reading() as connection:
            row = connection.execute("SELECT description FROM jobs WHERE id = ?", [job]).fetchone()
        return None if row is None else row["description"]

    # ------------------------------------------------------------------------------------------------- results

    def present(self, keys: Sequence[str]) -> set[str]:
        """Those of `keys` whose result is here."""
        with self.reading() as connection:
            return present_keys(connection, keys)

    def arrays(self, key: str):
        """The arrays of a step, or None."""
        with self.reading() as connection:
            row = connection.execute("SELECT arrays FROM results WHERE key = ?", [key]).fetchone()
        return None if row is None else unpack(row["arrays"])

    def parts(self, keys: Sequence[str]) -> "StoredParts":
        """Results of those of `keys` that are here, read when they are asked for; they count as used now."""
        with self.writing() as connection:
            here = present_keys(connection, keys)
            now = time.time()
            connection.executemany("UPDATE results SET used = ? WHERE key = ?", [(now, key) for key in here])
        return StoredParts(self, [key for key in keys if key in here])


class StoredParts(Mapping):
    """Step key -> arrays, read from the store one at a time."""

    def __init__(self, store: Store, keys: Sequence[str]):
        self._store, self._keys = store, dict.fromkeys(keys)

    def __getitem__(self, key: str):
        found = self._store.arrays(key) if key in self._keys else None
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._keys

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def present_keys(connection: sqlite3.Connection, keys: Sequence[str]) -> set[str]:
    found: set[str] = set()
    unique = list(dict.fromkeys(keys))
    for start in range(0, len(unique), 500):
        part = unique[start : start + 500]
        marks = ",".join("?" * len(part))
        found |= {row["key"] for row in connection.execute(f"SELECT key FROM results WHERE key IN ({marks})", part)}
    return found


def keep(connection: sqlite3.Connection, job: str, key: str, arrays) -> None:
    """Within a transaction: store a step's result and say that `job` has it."""
    data = pack(arrays)
    connection.execute(
        "INSERT OR REPLACE INTO results (key, size, used, arrays) VALUES (?, ?, ?, ?)",
        [key, len(data), time.time(), data],
    )
    connection.execute("INSERT OR IGNORE INTO parts (job, key) VALUES (?, ?)", [job, key])


def drop_unowned(connection: sqlite3.Connection) -> None:
    """Within a transaction: delete results that belong to no job any more."""
    connection.execute("DELETE FROM results WHERE key NOT IN (SELECT key FROM parts)")
