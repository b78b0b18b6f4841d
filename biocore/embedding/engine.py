"""Run a batch job: here, or where somebody else computes it.  The vectors end in the job's store, batch by batch."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from biocore.embedding.bulk import Job, Progress
from biocore.embedding.store import SPARED
from biocore.errors import ModelUnavailable

OpenModel = Callable[[], AbstractContextManager[Any]]
Batch = tuple[list[str], list[str], np.ndarray]  # keys, sequences, vectors


def run(
    job: Job, open_model: OpenModel, *, elsewhere: Callable[[Job], Iterator[Batch]] | None = None
) -> Iterator[Progress]:
    """Embed what the job still needs.

    Parameters
    ----------
    job : Job
    open_model : callable
        ``with open_model() as model`` gives a model with ``embed``.  Entered once for each batch, so that others can
        use a shared model in between.
    elsewhere : callable, optional
        Computes the batches instead, with models of its own: gives keys, sequences and vectors of one after the other,
        in any order (`jobs.cluster.embed`: on a Ray cluster).

    Yields
    ------
    Progress
        Before the first batch and after each one.  Stop asking, and the job stops; what is finished is in the store.

    Raises
    ------
    ModelUnavailable
        The model has changed since the job was prepared.
    """
    results = _local(job, open_model) if elsewhere is None else elsewhere(job)
    start, sequences, residues = time.monotonic(), 0, 0
    total, marked = job.residues, start
    yield Progress(0, len(job.todo), 0, total, 0.0)
    for keys, texts, vectors in results:
        job.store.put(keys, vectors)
        sequences += len(texts)
        residues += sum(map(len, texts))
        now = time.monotonic()
        if now - marked > SPARED / 4:  # the first vectors of a long job must outlive the jobs that end beside it
            job.store.present(job.keys)
            marked = now
        yield Progress(sequences, len(job.todo), residues, total, now - start)
    if job.todo:
        job.store.present(job.keys)  # not collected yet
        job.store.trim()


def _local(job: Job, open_model: OpenModel) -> Iterator[Batch]:
    for keys, texts in job.steps():
        with open_model() as model:
            if model.hash != job.model_hash:
                raise ModelUnavailable(f"{job.model} has changed since this job was prepared. Start it again.")
            vectors = model.embed(texts, layer=job.layer)
        yield keys, texts, vectors
