"""How much one visitor may ask for, and what is deleted when."""

import secrets
import time
from dataclasses import dataclass

from biocore import runtime
from biocore.errors import InputError
from biocore.io import write_atomically
from biocore.jobs import kinds, own, queue
from biocore.jobs.description import Description
from biocore.jobs.store import LIVE, Store, drop_unowned, folder

CLEAN_S = 600.0  # between two cleanings by one process, at least
_next_clean: dict[str, float] = {}


@dataclass(frozen=True)
class Limits:
    """What holds for every owner but the user of this machine, from the settings.

    Attributes
    ----------
    records, residues : int
        Of one job.
    queued : int
        Jobs of one owner that run or wait.
    gb : float
        Room for results.
    days : float
        That a job is kept after it has ended.
    """

    records: int
    residues: int
    queued: int
    gb: float
    days: float


def limits() -> Limits:
    """The limits that hold now.

    Raises
    ------
    InputError
        A setting is not a number.
    """
    return Limits(
        records=int(runtime.number("job_records")),
        residues=int(runtime.number("job_residues")),
        queued=int(runtime.number("jobs_queued")),
        gb=runtime.number("jobs_gb"),
        days=runtime.number("jobs_days"),
    )


def local_owner() -> str:
    """The key of the user of this machine: random, readable for that user alone."""
    path = folder() / "owner"
    if not path.exists():
        write_atomically(path, secrets.token_urlsafe(16))
        path.chmod(0o600)
    return path.read_text().strip()


def check(description: Description, owner: str, store: Store) -> None:
    """Refuse what exceeds a limit.

    Raises
    ------
    InputError
        With the number, the limit and what to do.
    """
    if owner == local_owner():
        return
    here = limits()
    records = len(description.inputs.get("records", []))
    residues = kinds.get(description.kind).residues(description)
    on_own = "on your own machine, `python -m biocore jobs run` has no limit."
    if records > here.records:
        raise InputError(f"{records:,} records; a job takes up to {here.records:,}. Split them; {on_own}")
    if residues > here.residues:
        raise InputError(f"{residues:,} letters in all; a job takes up to {here.residues:,}. Split them; {on_own}")
    count = queue.live(store, owner)
    if count >= here.queued:
        raise InputError(
            f"You have {count:,} jobs that run or wait; {here.queued:,} are the limit. Wait until one is done, or stop "
            f"one on the page Jobs; {on_own}"
        )


def clean_sometimes(store: Store) -> None:
    """`clean`, unless this process has done so within the last ten minutes."""
    now, key = time.monotonic(), str(store.path)
    if now >= _next_clean.get(key, 0.0):
        _next_clean[key] = now + CLEAN_S
        clean(store)


def clean(store: Store | None = None) -> int:
    """Delete jobs past their age, results that belong to none, and the results unused for longest past the room.

    Returns
    -------
    int
        How many results were deleted to make room; their jobs stay and can be run again.
    """
    store, here = store or Store(), limits()
    removed = 0
    with store.writing() as connection:
        connection.execute(
            f"DELETE FROM jobs WHERE state NOT IN {LIVE} AND ended < ?", [time.time() - here.days * 86400]
        )
        drop_unowned(connection)
        total = connection.execute("SELECT coalesce(sum(size), 0) FROM results").fetchone()[0]
        if total > here.gb * 2**30:
            unused = (
                "SELECT key, size FROM results WHERE key NOT IN (SELECT p.key FROM parts p "
                f"JOIN jobs j ON j.id = p.job WHERE j.state IN {LIVE}) ORDER BY used, key"
            )
            gone = []
            for row in connection.execute(unused):
                if total <= here.gb * 2**30:
                    break
                gone.append((row["key"],))
                total -= row["size"]
            connection.executemany("DELETE FROM results WHERE key = ?", gone)
            removed = len(gone)
        own.drop_unowned(connection)
    with store.reading() as connection:
        connection.executescript("PRAGMA incremental_vacuum")  # `execute` would stop after the first page
    vectors = runtime.home() / "embeddings.sqlite"  # what jobs embed is kept there, too
    if vectors.exists():
        from biocore.embedding.store import VectorStore

        VectorStore(vectors).trim()
    return removed
