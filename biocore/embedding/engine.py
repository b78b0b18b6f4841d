"""Run a batch job: here, or on a Ray cluster.  Either way the vectors end in the job's store, batch by batch."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from biocore.embedding.bulk import Job, Progress
from biocore.embedding.store import SPARED
from biocore.errors import InputError, ModelUnavailable

ENGINES = ("local", "ray")
OpenModel = Callable[[], AbstractContextManager[Any]]


def run(job: Job, open_model: OpenModel, *, engine: str = "local") -> Iterator[Progress]:
    """Embed what the job still needs.

    Parameters
    ----------
    job : Job
    open_model : callable
        ``with open_model() as model`` gives a model with ``embed``.  Entered once for each batch, so that others can
        use a shared model in between.  Not used with Ray, where each worker loads the job's model by its name.
    engine : str
        "local" or "ray".

    Yields
    ------
    Progress
        Before the first batch and after each one.  Stop asking, and the job stops; what is finished is in the store.

    Raises
    ------
    InputError
        Another engine.
    ModelUnavailable
        "ray" where Ray is not installed.
    """
    if engine not in ENGINES:
        raise InputError(f"The engine {engine!r} is not known; use {' or '.join(ENGINES)}.")
    results = _local(job, open_model) if engine == "local" else _ray(job)
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


def _local(job: Job, open_model: OpenModel) -> Iterator[tuple[list[str], list[str], np.ndarray]]:
    for keys, texts in job.steps():
        with open_model() as model:
            if model.hash != job.model_hash:
                raise ModelUnavailable(f"{job.model} has changed since this job was prepared. Start it again.")
            vectors = model.embed(texts, layer=job.layer)
        yield keys, texts, vectors


def _ray(job: Job) -> Iterator[tuple[list[str], list[str], np.ndarray]]:
    """One worker for each CPU (or GPU) of the cluster; batches are handed out as workers become free.

    Uses the cluster this process is connected to (``RAY_ADDRESS``), else starts Ray on this machine.
    """
    try:
        import ray
    except ImportError as error:
        raise ModelUnavailable(
            "Ray is not installed. Install it with `pip install ray`, or use --engine local."
        ) from error
    if not job.todo:
        return
    if not ray.is_initialized():
        ray.init(logging_level="error", include_dashboard=False)
    resources = ray.cluster_resources()
    gpus = int(resources.get("GPU", 0))
    options = {"num_gpus": 1} if gpus else {"num_cpus": 1}
    worker = ray.remote(**options)(_Worker)
    count = max(1, min(gpus or int(resources.get("CPU", 1)), len(job.plan.batches)))
    idle = [worker.remote(job.model, job.model_hash, job.layer) for _ in range(count)]
    running: dict[Any, tuple[Any, list[str], list[str]]] = {}
    steps = job.steps()
    try:
        while True:
            while idle and (step := next(steps, None)) is not None:
                actor = idle.pop()
                running[actor.embed.remote(step[1])] = (actor, *step)
            if not running:
                return
            (ready, *_), _ = ray.wait(list(running), num_returns=1)
            actor, keys, texts = running.pop(ready)
            vectors = ray.get(ready)
            idle.append(actor)
            yield keys, texts, np.array(vectors)
    finally:  # also when the caller stops asking
        for actor in [*idle, *(entry[0] for entry in running.values())]:
            ray.kill(actor)


class _Worker:
    """A model in a Ray worker.  biocore and the model's weights must be on every machine of the cluster."""

    def __init__(self, name: str, model_hash: str, layer: int):
        from biocore import zoo

        self.model, self.layer = zoo.load(name), layer
        if self.model.hash != model_hash:
            raise ModelUnavailable(f"this worker has another version of {name}.")

    def embed(self, texts: list[str]) -> np.ndarray:
        return self.model.embed(texts, layer=self.layer)
