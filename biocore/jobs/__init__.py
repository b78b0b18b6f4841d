"""Jobs: long work that others need not wait for, that can be stopped, and that is not lost.

    description = Description.make("scan-protein", {"records": [["p53", "MEEPQ..."]]}, {"model": "esm-mini"})
    job = submit(description, owner)
    job = get(job.id, owner)        # state, place in the queue, progress, time left
    scans = result(job)             # what the library itself returns

A job is a pure description, cut into small steps whose results are kept by the hash of all they depend on.  A worker
in a process of its own computes them; `run_here` does the same in this one.  Importing this loads no framework.
"""

from biocore.jobs.api import (
    ENGINES,
    adopt,
    delete,
    find,
    get,
    jobs_of,
    known,
    partial,
    result,
    resume,
    run_here,
    share,
    stop,
    submit,
)
from biocore.jobs.description import Description
from biocore.jobs.job import Job
from biocore.jobs.kinds.records import usable
from biocore.jobs.process import ensure_worker
from biocore.jobs.store import DONE, FAILED, QUEUED, RUNNING, STATES, STOPPED, Store
from biocore.jobs.worker import Worker

__all__ = [
    "DONE",
    "ENGINES",
    "FAILED",
    "QUEUED",
    "RUNNING",
    "STATES",
    "STOPPED",
    "Description",
    "Job",
    "Store",
    "Worker",
    "adopt",
    "delete",
    "ensure_worker",
    "find",
    "get",
    "jobs_of",
    "known",
    "partial",
    "result",
    "resume",
    "run_here",
    "share",
    "stop",
    "submit",
    "usable",
]
