"""A job as it stands at one moment."""

import math
import sqlite3
import time
from dataclasses import dataclass, field
from functools import cached_property

from biocore.jobs import kinds
from biocore.jobs.description import Description
from biocore.jobs.store import LIVE, Store


@dataclass(frozen=True)
class Job:
    """A snapshot; ask `get` again for a newer one.

    Attributes
    ----------
    id : str
        Random, not guessable.
    kind, title, hash : str
        `hash` is that of the description.
    state : str
        "queued", "running", "done", "stopped" or "failed".
    message : str
        Why it failed or was stopped; empty otherwise.
    place : int or None
        In the queue, 1 is next; None where it is not queued.
    work_done, work_total : float
        In the kind's `unit`.
    created, started, ended : float or None
        Seconds since 1970.
    rate : float
        Work a second since it was last started; NaN before the first step.
    token : str or None
        With it, whoever has it may see the job; None where it is not shared.
    """

    id: str
    kind: str
    title: str
    hash: str
    state: str
    message: str
    place: int | None
    work_done: float
    work_total: float
    created: float
    started: float | None
    ended: float | None
    rate: float
    token: str | None
    _store: Store = field(repr=False, compare=False)

    @property
    def live(self) -> bool:
        """Whether it is queued or running."""
        return self.state in LIVE

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return self.work_done / self.work_total if self.work_total else float(self.state == "done")

    @property
    def seconds_left(self) -> float:
        """At the rate so far; NaN where that is not known, or nothing runs."""
        left = self.work_total - self.work_done
        return left / self.rate if self.live and self.rate > 0 else math.nan

    @property
    def unit(self) -> str:
        """What `work_done` counts."""
        return kinds.get(self.kind).unit

    @cached_property
    def description(self) -> Description:
        """What was asked.

        Raises
        ------
        DataUnavailable
            The job was deleted meanwhile.
        """
        from biocore.errors import DataUnavailable

        text = self._store.description(self.id)
        if text is None:
            raise DataUnavailable("This job was deleted.")
        return Description.stored(text)


COLUMNS = (
    "id, kind, title, hash, state, message, done, total, created, started, ended, run_started, run_done, updated, token"
)


def from_row(row: sqlite3.Row, store: Store, place: int | None) -> Job:
    """A snapshot from a row with `COLUMNS`."""
    now, rate = time.time(), math.nan
    if row["run_started"] and row["done"] > row["run_done"]:
        until = max(row["updated"], row["run_started"]) if row["state"] in LIVE else row["ended"] or now
        rate = (row["done"] - row["run_done"]) / max(until - row["run_started"], 1e-3)
    return Job(
        id=row["id"],
        kind=row["kind"],
        title=row["title"],
        hash=row["hash"],
        state=row["state"],
        message=row["message"],
        place=place,
        work_done=min(row["done"], row["total"]),
        work_total=row["total"],
        created=row["created"],
        started=row["started"],
        ended=row["ended"],
        rate=rate,
        token=row["token"],
        _store=store,
    )
