"""Ray as the engine: the same steps as tasks on a cluster, with the models on the workers.

A task whose worker dies is given to another one by Ray; results come back to the process that asked, which keeps them
in its store, so that a run on a cluster can be stopped and goes on like any other.  biocore and the weights must be on
every machine.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from biocore.errors import BiocoreError, ModelUnavailable
from biocore.jobs import kinds
from biocore.jobs.kinds import Arrays, Step
from biocore.jobs.models import Models
from biocore.jobs.store import Store

RETRIES = 1  # of a task whose worker has died, as of a step on one machine: at the second death the job fails
AHEAD = 2  # tasks handed out for each worker: the next one is there when one is finished

_models: Models | None = None  # of a worker process, which Ray uses for one task after the other


def _run(kind: str, step: Step, wanted: Mapping[str, str], parts: Mapping[str, Arrays]) -> Arrays:
    """One step, in a worker process of the cluster."""
    global _models
    if _models is None:
        _models = Models()
    _models.expect(wanted)
    return kinds.get(kind).run(step, _models, parts)


def connected() -> Any:
    """The module `ray`, connected: to ``RAY_ADDRESS`` where that is set, else to Ray on this machine, started now.

    Raises
    ------
    ModelUnavailable
        Ray is not installed, or the cluster does not answer.
    """
    try:
        import ray
    except ImportError as error:
        raise ModelUnavailable(
            "Ray is not installed. Install it with `pip install biocore[ray]`, or use --engine local."
        ) from error
    if not ray.is_initialized():
        try:
            ray.init(logging_level=logging.ERROR, include_dashboard=False)
        except (ConnectionError, ValueError) as error:
            raise ModelUnavailable(f"The Ray cluster does not answer: {error}") from error
    return ray


def compute(kind: str, steps: Sequence[Step], wanted: Mapping[str, str], store: Store) -> Iterator[tuple[Step, Arrays]]:
    """Compute steps on the cluster.

    Parameters
    ----------
    kind : str
    steps : sequence of Step
        In an order in which needed ones come first.
    wanted : mapping
        Model -> what stands for its weights; a worker with others refuses.
    store : Store
        Results that steps need are read from here: what was yielded must be kept before the next is asked for.

    Yields
    ------
    step, arrays
        As they are finished.

    Raises
    ------
    BiocoreError
        As the step; `ModelUnavailable` where it has ended its workers.
    """
    ray = connected()
    total = ray.cluster_resources()
    gpus, cpus = int(total.get("GPU", 0)), int(total.get("CPU", 1))
    share = {"num_gpus": 1} if gpus else {"num_cpus": 1}
    task = ray.remote(_run).options(max_retries=RETRIES, **share)
    waiting = list(steps)
    running: dict[Any, Step] = {}
    missing = {step.key for step in waiting}
    try:
        while waiting or running:
            for step in [s for s in waiting if not missing.intersection(s.needs)][
                : AHEAD * (gpus or cpus) - len(running)
            ]:
                waiting.remove(step)
                parts = {key: arrays for key in step.needs if (arrays := store.arrays(key)) is not None}
                running[task.remote(kind, step, dict(wanted), parts)] = step
            (ready, *_), _ = ray.wait(list(running), num_returns=1)
            step = running.pop(ready)
            found = _get(ray, ready)
            missing.discard(step.key)
            yield step, {name: np.array(value) for name, value in found.items()}
    finally:  # also when the caller stops asking
        for task_ in running:
            ray.cancel(task_, force=False)


def _get(ray: Any, task: Any) -> Arrays:
    try:
        return ray.get(task)
    except ray.exceptions.RayTaskError as error:
        if isinstance(error.cause, BiocoreError):
            raise error.cause from None
        raise
    except ray.exceptions.RayError as error:
        raise ModelUnavailable(
            f"A step has ended the computing process on the cluster {RETRIES + 1} times, so it is not tried again "
            f"({type(error).__name__}). Try fewer or shorter records, or workers with more memory."
        ) from error


def embed(job: Any) -> Iterator[tuple[list[str], list[str], np.ndarray]]:
    """The steps of an `embedding.bulk.Job` on the cluster: keys, sequences and vectors of a batch, as they come."""
    from biocore.jobs.models import model_hash

    steps, keys = [], {}
    for number, (own, sequences) in enumerate(job.steps()):
        step = Step(f"{number}", {"model": job.model, "layer": job.layer, "sequences": sequences})
        steps.append(step)
        keys[step.key] = own
    for step, arrays in compute("embed", steps, {job.model: model_hash(job.model)}, Store()):
        yield keys[step.key], step.payload["sequences"], arrays["vectors"]
