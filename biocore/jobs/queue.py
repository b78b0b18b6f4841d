"""The states of a job, and whose turn it is: every function here is one transaction on the store."""

import os
import secrets
import socket
import sqlite3
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from biocore.jobs.description import Description
from biocore.jobs.kinds import Step
from biocore.jobs.store import DONE, FAILED, LIVE, QUEUED, RUNNING, STOPPED, Store, keep, present_keys

LIGHT_STEPS = 20  # a job of no more steps may run beside the one heavy job of its owner
MOST_ATTEMPTS = 2  # a step that has ended the worker so often fails its job
_LIVE = f"state IN {LIVE}"


def add(
    store: Store,
    description: Description,
    steps: Sequence[Step],
    owner: str,
    title: str,
    *,
    state: str = QUEUED,
    worker: str | None = None,
) -> str:
    """A new job; results that are in the store are its own from now on.  Returns its id.

    Where all of them are, the job is done at once.
    """
    job, now = secrets.token_hex(16), time.time()  # hexadecimal: an id that begins with - is no argument
    total = sum(step.work for step in steps)
    with store.writing() as connection:
        same = connection.execute(
            f"SELECT id FROM jobs WHERE owner = ? AND hash = ? AND {_LIVE}", [owner, description.hash]
        ).fetchone()
        if same is not None and state == QUEUED:  # asked twice at the same moment
            return same["id"]
        connection.execute(
            "INSERT INTO jobs (id, owner, hash, kind, title, description, state, heavy, created, total, worker) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                job,
                owner,
                description.hash,
                description.kind,
                title,
                description.to_json(),
                state,
                len(steps) > LIGHT_STEPS,
                now,
                total,
                worker,
            ],
        )
        if _take_known(connection, job, steps) >= {step.key for step in steps}:
            connection.execute(
                "UPDATE jobs SET state = ?, started = ?, ended = ?, worker = NULL WHERE id = ?", [DONE, now, now, job]
            )
    return job


def _take_known(connection: sqlite3.Connection, job: str, steps: Sequence[Step]) -> set[str]:
    """Give a job the results that are here, and count its finished work anew; returns their keys."""
    here = present_keys(connection, [step.key for step in steps])
    connection.executemany("INSERT OR IGNORE INTO parts (job, key) VALUES (?, ?)", [(job, key) for key in here])
    done = sum(step.work for step in steps if step.key in here)
    connection.execute(
        "UPDATE jobs SET run_done = run_done + ? - done, done = ?, updated = ? WHERE id = ?",
        [done, done, time.time(), job],
    )
    return here


def claim(store: Store, worker: str, lane: str | None = None) -> sqlite3.Row | None:
    """The job of a lane (None: of any) whose turn it is, now this worker's; None where there is none.

    Owners take turns.  An owner's light jobs come first, then the heavy one that runs; another heavy one waits for it.
    """
    now = time.time()
    with store.writing() as connection:
        row = connection.execute(
            f"""
            SELECT j.id, j.owner, j.state FROM jobs j LEFT JOIN turns t ON t.owner = j.owner
            WHERE j.{_LIVE} AND j.worker IS NULL AND j.lane = coalesce(?, j.lane) AND NOT (
                j.state = '{QUEUED}' AND j.heavy AND EXISTS (
                    SELECT 1 FROM jobs k WHERE k.owner = j.owner AND k.state = '{RUNNING}' AND k.heavy))
            ORDER BY coalesce(t.served, 0), j.heavy, j.state = '{QUEUED}', j.created, j.rowid LIMIT 1
            """,
            [lane],
        ).fetchone()
        if row is None:
            return None
        connection.execute("INSERT OR REPLACE INTO turns VALUES (?, ?)", [row["owner"], now])
        connection.execute("UPDATE jobs SET worker = ?, state = ? WHERE id = ?", [worker, RUNNING, row["id"]])
        if row["state"] == QUEUED:
            connection.execute(
                "UPDATE jobs SET started = coalesce(started, ?), run_started = ?, updated = ? WHERE id = ?",
                [now, now, now, row["id"]],
            )
        return connection.execute("SELECT id, kind, run_started FROM jobs WHERE id = ?", [row["id"]]).fetchone()


def release(store: Store, job: str, worker: str) -> None:
    """The end of a worker's turn."""
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET worker = NULL WHERE id = ? AND worker = ?", [job, worker])


def release_all(store: Store, prefix: str) -> None:
    """Free the jobs of dead workers whose names start with `prefix`."""
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET worker = NULL WHERE substr(worker, 1, ?) = ?", [len(prefix), prefix])


def known(store: Store, job: str, worker: str, steps: Sequence[Step]) -> set[str]:
    """Keys of the steps that are finished, this job's own from now on."""
    with store.writing() as connection:
        if _is_mine(connection, job, worker):
            return _take_known(connection, job, steps)
        return present_keys(connection, [step.key for step in steps])


class Begun(NamedTuple):
    """A step that a worker may compute now: how often it has ended a worker before and why; and if it is known."""

    attempts: int
    reason: str
    known: bool


def begin(store: Store, job: str, worker: str, key: str) -> Begun | None:
    """Write down that a step begins; None where the job is not this worker's any more (stopped or deleted meanwhile).

    It is known where another job has computed it since this one was planned.
    """
    with store.writing() as connection:
        if not _is_mine(connection, job, worker):
            return None
        if connection.execute("SELECT 1 FROM results WHERE key = ?", [key]).fetchone() is not None:
            connection.execute("INSERT OR IGNORE INTO parts (job, key) VALUES (?, ?)", [job, key])
            return Begun(0, "", True)
        row = connection.execute("SELECT count, reason FROM attempts WHERE job = ? AND key = ?", [job, key]).fetchone()
        count, reason = (row["count"], row["reason"]) if row else (0, "")
        if count < MOST_ATTEMPTS:
            connection.execute(
                "INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", [job, key, count + 1, "it ended without a word"]
            )
        return Begun(count, reason, False)


def finish(store: Store, job: str, worker: str, step: Step, arrays, *, last: bool) -> bool:
    """Keep a step's result and count its work; False where the job is not this worker's any more.

    A stopped job keeps the step that was computed meanwhile; a deleted one does not.
    """
    now = time.time()
    with store.writing() as connection:
        if connection.execute("SELECT 1 FROM jobs WHERE id = ?", [job]).fetchone() is None:
            return False
        if arrays is not None:
            keep(connection, job, step.key, arrays)
        connection.execute("DELETE FROM attempts WHERE job = ? AND key = ?", [job, step.key])
        mine = _is_mine(connection, job, worker)
        connection.execute("UPDATE jobs SET done = done + ?, updated = ? WHERE id = ?", [step.work, now, job])
        if mine and last:
            _end(connection, job, worker)
        return mine and not last


def set_done(store: Store, job: str, worker: str) -> None:
    """A job whose steps were all finished by others."""
    with store.writing() as connection:
        _end(connection, job, worker)


def _end(connection: sqlite3.Connection, job: str, worker: str) -> None:
    """Within a transaction: a worker's job is done.  A step it once began may have been finished by another job."""
    changed = connection.execute(
        "UPDATE jobs SET state = ?, ended = ?, done = total, worker = NULL, message = '' WHERE id = ? AND worker = ?",
        [DONE, time.time(), job, worker],
    ).rowcount
    if changed:
        connection.execute("DELETE FROM attempts WHERE job = ?", [job])


def fail(store: Store, job: str, worker: str, message: str) -> None:
    """The job cannot be computed; `message` says why."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE jobs SET state = ?, ended = ?, message = ?, worker = NULL WHERE id = ? AND worker = ?",
            [FAILED, time.time(), message, job, worker],
        )


def stop(store: Store, job: str, message: str = "") -> None:
    """A live job waits from now on; what is finished is kept."""
    with store.writing() as connection:
        connection.execute(
            f"UPDATE jobs SET state = ?, ended = ?, message = ?, worker = NULL WHERE id = ? AND {_LIVE}",
            [STOPPED, time.time(), message, job],
        )
        connection.execute("DELETE FROM attempts WHERE job = ?", [job])


def resume(store: Store, job: str, *, state: str = QUEUED, worker: str | None = None) -> None:
    """A job that is not live is queued again; finished steps are not computed a second time."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE jobs SET state = ?, created = ?, ended = NULL, message = '', lane = 'main', worker = ? "
            f"WHERE id = ? AND NOT {_LIVE}",
            [state, time.time(), worker, job],
        )
        connection.execute("DELETE FROM attempts WHERE job = ?", [job])


def delete(store: Store, job: str) -> None:
    """Remove a job, and the results no other job has."""
    with store.writing() as connection:
        connection.execute(
            "DELETE FROM results WHERE key IN (SELECT p.key FROM parts p WHERE p.job = ? AND NOT EXISTS "
            "(SELECT 1 FROM parts q WHERE q.key = p.key AND q.job <> p.job))",
            [job],
        )
        connection.execute("DELETE FROM jobs WHERE id = ?", [job])


def blame(store: Store, worker_prefix: str, reason: str) -> None:
    """Say why the steps that dead workers had begun have ended them."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE attempts SET reason = ? WHERE job IN (SELECT id FROM jobs WHERE substr(worker, 1, ?) = ?)",
            [reason, len(worker_prefix), worker_prefix],
        )


def forgive(store: Store, worker: str) -> None:
    """The step a worker had begun was not what ended it."""
    with store.writing() as connection:
        connection.execute(
            "UPDATE attempts SET count = count - 1 WHERE job IN (SELECT id FROM jobs WHERE worker = ?)", [worker]
        )


def move(store: Store, job: str, worker: str, lane: str) -> None:
    """The next step of a worker's job is one for another lane; the end of the turn."""
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET lane = ?, worker = NULL WHERE id = ? AND worker = ?", [lane, job, worker])


def waiting(store: Store, lane: str) -> bool:
    """Whether a job of a lane waits for a worker; cheaper to ask than `claim`."""
    query = f"SELECT 1 FROM jobs WHERE {_LIVE} AND worker IS NULL AND lane = ? LIMIT 1"
    with store.reading() as connection:
        return connection.execute(query, [lane]).fetchone() is not None


def is_mine(store: Store, job: str, worker: str) -> bool:
    """Whether a job is still this worker's: neither stopped nor deleted."""
    with store.reading() as connection:
        return _is_mine(connection, job, worker)


def live(store: Store, owner: str | None = None) -> int:
    """How many jobs are queued or running, of one owner or of all."""
    with store.reading() as connection:
        query, values = f"SELECT count(*) FROM jobs WHERE {_LIVE}", []
        if owner is not None:
            query, values = f"{query} AND owner = ?", [owner]
        return connection.execute(query, values).fetchone()[0]


HERE = "here:"  # how the worker of a job begins that a process computes for itself


def here() -> str:
    """This process as the worker of its own jobs."""
    return f"{HERE}{socket.gethostname()}:{os.getpid()}"


def pending(store: Store) -> int:
    """How many jobs are queued or running that a worker has to compute."""
    query = f"SELECT count(*) FROM jobs WHERE {_LIVE} AND (worker IS NULL OR substr(worker, 1, ?) <> ?)"
    with store.reading() as connection:
        return connection.execute(query, [len(HERE), HERE]).fetchone()[0]


def stop_abandoned(store: Store) -> None:
    """Jobs that a process of this machine computed for itself, and that has ended without saying so, are stopped."""
    import psutil

    mine = f"{HERE}{socket.gethostname()}:"
    with store.reading() as connection:
        rows = connection.execute(
            "SELECT id, worker FROM jobs WHERE state = ? AND substr(worker, 1, ?) = ?", [RUNNING, len(mine), mine]
        ).fetchall()
    for row in rows:
        if not psutil.pid_exists(int(row["worker"].removeprefix(mine))):
            stop(store, row["id"], "the command that computed it ended")


def places(store: Store) -> dict[str, int]:
    """Place in the queue of each queued job, 1-based: an owner's first job comes before everybody's second."""
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT id, owner, state, heavy FROM jobs WHERE {_LIVE} ORDER BY state = '{QUEUED}', heavy, created, rowid"
        ).fetchall()
    before: dict[str, int] = {}
    ranked: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows):
        rank = before.get(row["owner"], 0)
        before[row["owner"]] = rank + 1
        if row["state"] == QUEUED:
            ranked.append((rank, number, row["id"]))
    return {job: place for place, (_, _, job) in enumerate(sorted(ranked), 1)}


def _is_mine(connection: sqlite3.Connection, job: str, worker: str) -> bool:
    row: Any = connection.execute("SELECT state, worker FROM jobs WHERE id = ?", [job]).fetchone()
    return row is not None and row["state"] == RUNNING and row["worker"] == worker
