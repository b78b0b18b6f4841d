"""What pages and commands call: submit, look, stop, go on, share, delete, and read results."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from biocore.errors import DataUnavailable, InputError
from biocore.jobs import kinds, limits, process, queue
from biocore.jobs.description import Description
from biocore.jobs.job import COLUMNS, Job, from_row
from biocore.jobs.models import Models
from biocore.jobs.store import DONE, LIVE, QUEUED, RUNNING, Store
from biocore.jobs.worker import run_step

ENGINES = ("local", "ray")
Progress = Callable[[float, float], None]


def submit(description: Description, owner: str, title: str = "", *, store: Store | None = None) -> Job:
    """Ask for a job.  The same question of the same owner is the same job, unless it has failed or was stopped.

    Parameters
    ----------
    description : Description
    owner : str
        The key of who asks; whoever has it sees the job.
    title : str
        For the list of jobs.

    Returns
    -------
    Job
        Done at once where every step's result is known.

    Raises
    ------
    InputError
        A limit is exceeded; the message has the number, and what to do.
    """
    store = store or Store()
    found = find(description, owner, store=store)
    if found is not None and found.state in (DONE, *LIVE):
        if found.state != DONE or _complete(description, store):
            return found
    limits.check(description, owner, store)
    if found is not None:
        queue.resume(store, found.id)
        job = found.id
    else:
        job = queue.add(store, description, kinds.steps_of(description), owner, title or _title(description))
    limits.clean_sometimes(store)
    process.ensure_worker(store)
    return _must_get(job, store)


def find(description: Description, owner: str, *, store: Store | None = None) -> Job | None:
    """The owner's job that asks this, the newest where there are several; None where there is none."""
    store = store or Store()
    with store.reading() as connection:
        row = connection.execute(
            "SELECT id FROM jobs WHERE owner = ? AND hash = ? ORDER BY created DESC LIMIT 1", [owner, description.hash]
        ).fetchone()
    return get(row["id"], owner, store=store) if row else None


def known(description: Description, *, store: Store | None = None) -> bool:
    """Whether every step's result is here, whoever asked for it: a job would be done at once."""
    return _complete(description, store or Store())


def get(id: str, owner: str | None = None, token: str | None = None, *, store: Store | None = None) -> Job | None:
    """A job as it stands; None where there is none, or it is neither this owner's nor shared with this token."""
    store = store or Store()
    with store.reading() as connection:
        row = connection.execute(f"SELECT owner, {COLUMNS} FROM jobs WHERE id = ?", [id]).fetchone()
    if row is None or not (_same(row["owner"], owner) or _same(row["token"], token)):
        return None
    if row["state"] in LIVE:
        process.ensure_worker(store)
    return from_row(row, store, queue.places(store).get(id) if row["state"] == QUEUED else None)


def jobs_of(owner: str, *, kind: str | None = None, store: Store | None = None) -> list[Job]:
    """Every job of an owner, or those of one kind, the newest first."""
    store = store or Store()
    queue.stop_abandoned(store)
    with store.reading() as connection:
        rows = connection.execute(
            f"SELECT {COLUMNS} FROM jobs WHERE owner = ? AND kind = coalesce(?, kind) "
            "ORDER BY created DESC, rowid DESC",
            [owner, kind],
        ).fetchall()
    if any(row["state"] in LIVE for row in rows):
        process.ensure_worker(store)
    places = queue.places(store) if any(row["state"] == QUEUED for row in rows) else {}
    return [from_row(row, store, places.get(row["id"])) for row in rows]


def stop(id: str, owner: str, *, store: Store | None = None) -> Job:
    """Let a job wait; what is finished is kept.  Takes effect after the step that runs, a second or so.

    Raises
    ------
    DataUnavailable
        The owner has no such job.
    """
    return _change(id, owner, store, queue.stop)


def resume(id: str, owner: str, *, store: Store | None = None) -> Job:
    """Let a job that was stopped, has failed, or has lost results to cleaning go on.  Errors as `stop` and `submit`."""
    store = store or Store()
    job = _owned(id, owner, store)
    if not job.live and not (job.state == DONE and _complete(job.description, store)):
        limits.check(job.description, owner, store)
        queue.resume(store, id)
        process.ensure_worker(store)
    return _must_get(id, store)


def delete(id: str, owner: str, *, store: Store | None = None) -> None:
    """Remove a job and the results that no other job has.  Errors as `stop`."""
    store = store or Store()
    _owned(id, owner, store)
    queue.delete(store, id)


def share(id: str, owner: str, *, store: Store | None = None) -> str:
    """A token that lets whoever has it see this job; the same one when asked again.  Errors as `stop`."""
    store = store or Store()
    _owned(id, owner, store)
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET token = coalesce(token, ?) WHERE id = ?", [secrets.token_hex(16), id])
        return connection.execute("SELECT token FROM jobs WHERE id = ?", [id]).fetchone()["token"]


def adopt(old: str, new: str, *, store: Store | None = None) -> None:
    """Jobs of the owner `old` belong to `new` from now on."""
    store = store or Store()
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET owner = ? WHERE owner = ?", [new, old])


def result(job: Job) -> Any:
    """What the library itself returns for a job that is done.

    Raises
    ------
    DataUnavailable
        It is not done, or some of its results were deleted to make room.
    """
    if job.state != DONE:
        raise DataUnavailable(f"This job is {job.state}; it has no result yet.")
    found, complete = _collected(job.description, job._store)
    if not complete:
        raise DataUnavailable("Results of this job were deleted to make room. Run it again; what is left is used.")
    return found


def partial(job: Job) -> Any | None:
    """As `result`, of what is finished so far: NaN or None where something is missing; None where nothing is there."""
    return _collected(job.description, job._store)[0]


def run_here(
    description: Description,
    *,
    progress: Progress | None = None,
    engine: str = "local",
    owner: str | None = None,
    store: Store | None = None,
) -> Any:
    """Compute a description in this process; goes on where an earlier run, or job, was stopped.

    Parameters
    ----------
    description : Description
    progress : callable, optional
        Gets (work done, work in all) at the start and after each step.
    engine : str
        "local" or "ray".
    owner : str, optional
        Whose job it is; default is this machine's user (`limits.local_owner`).
    store : Store, optional

    Returns
    -------
    object
        As `result`.

    Raises
    ------
    InputError, ModelUnavailable, DataUnavailable
    """
    if engine not in ENGINES:
        raise InputError(f"The engine {engine!r} is not known; use {' or '.join(ENGINES)}.")
    store, owner = store or Store(), owner or limits.local_owner()
    steps, worker = kinds.steps_of(description), queue.here()
    job = _row_for(description, owner, worker, store)
    try:
        done = queue.known(store, job, worker, steps)
        finished, total = sum(step.work for step in steps if step.key in done), sum(step.work for step in steps)
        if progress:
            progress(finished, total)
        todo = [step for step in steps if step.key not in done]
        for number, (step, arrays) in enumerate(_computed(description, todo, store, engine), 1):
            queue.finish(store, job, worker, step, arrays, last=number == len(todo))
            finished += step.work
            if progress:
                progress(finished, total)
        queue.set_done(store, job, worker)
    except BaseException as error:
        if isinstance(error, Exception):
            queue.fail(store, job, worker, str(error))
        else:
            queue.stop(store, job)
        raise
    return _collected(description, store)[0]


def _computed(
    description: Description, steps: Sequence[kinds.Step], store: Store, engine: str
) -> Iterator[tuple[kinds.Step, kinds.Arrays]]:
    """(step, arrays) as they are finished."""
    if engine == "ray":
        from biocore.jobs import cluster

        yield from cluster.compute(description.kind, steps, description.models, store)
        return
    models, kind = Models(), kinds.get(description.kind)
    models.expect(description.models)
    for step in steps:
        yield step, run_step(kind, step, models, store)


def _row_for(description: Description, owner: str, worker: str, store: Store) -> str:
    """A job of this process's own, that no worker takes."""
    found = find(description, owner, store=store)
    if found is not None and not found.live:
        queue.resume(store, found.id, state=RUNNING, worker=worker)
        return found.id
    job = queue.add(
        store, description, kinds.steps_of(description), owner, _title(description), state=RUNNING, worker=worker
    )
    return job


def _title(description: Description) -> str:
    names = [name for name, _ in description.inputs.get("records", [])]
    title = kinds.get(description.kind).title
    return f"{title}: {names[0]}" + (f" and {len(names) - 1:,} more" if len(names) > 1 else "") if names else title


def _complete(description: Description, store: Store) -> bool:
    keys = {step.key for step in kinds.steps_of(description)}
    return len(store.present(list(keys))) == len(keys)


def _collected(description: Description, store: Store) -> tuple[Any, bool]:
    steps = kinds.steps_of(description)
    parts = store.parts([step.key for step in steps])
    complete = len(parts) == len({step.key for step in steps})
    return kinds.get(description.kind).collect(description, steps, parts), complete


def _same(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and secrets.compare_digest(one.encode(), other.encode())


def _owned(id: str, owner: str, store: Store) -> Job:
    job = get(id, owner, store=store)
    if job is None:
        raise DataUnavailable("There is no such job, or it is not yours.")
    return job


def _must_get(id: str, store: Store) -> Job:
    with store.reading() as connection:
        row = connection.execute(f"SELECT {COLUMNS} FROM jobs WHERE id = ?", [id]).fetchone()
    if row is None:
        raise DataUnavailable("This job was deleted.")
    return from_row(row, store, queue.places(store).get(id))


def _change(id: str, owner: str, store: Store | None, change: Callable[[Store, str], None]) -> Job:
    store = store or Store()
    _owned(id, owner, store)
    change(store, id)
    return _must_get(id, store)
