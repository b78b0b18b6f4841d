"""How soon a worker leaves a job that was stopped, for each kind; see `bench_jobs`."""

import argparse
import os
import random
import statistics
import time

from benchmarks.jobs_rates import RATES, description_of
from benchmarks.jobs_shared import OWNER, install_primes, new_home
from biocore import jobs
from biocore.jobs import Description, process

OTHER = "somebody-else-" * 2
BELOW = {"main": 10, "aside": 97}  # of the other's question: numbers that Primes counts in turn, and aside
RECORDS = 40  # so that no job ends by itself
PATIENCE_S = 120.0


def stop(arguments: argparse.Namespace) -> None:
    """A row for each kind: seconds from a stop until the worker has answered somebody else."""
    rng = random.Random(0)
    print("| job | until the worker had left it, s |\n|---|---|", flush=True)
    with new_home() as home:
        os.environ["BIOCORE_JOBS"] = "worker"
        install_primes(home)
        _answer("main", 0)  # the worker is there, and its long lane
        _answer("aside", 0)
        try:
            for name in arguments.kind:
                found = [_measure(name, rng, number) for number in range(arguments.rounds)]
                times = [seconds for seconds in found if seconds is not None]
                told = f"{statistics.median(times):.2f} (largest {max(times):.2f})" if times else "ended before"
                print(f"| {name} | {told} |", flush=True)
        finally:
            for started in process._started:
                started.terminate()


def _measure(name: str, rng: random.Random, number: int) -> float | None:
    rate = RATES[name]
    inputs = rate.inputs(round(RECORDS * max(1, rate.share)), rng)
    job = jobs.submit(description_of(rate, inputs[0]), OWNER)
    until = time.monotonic() + PATIENCE_S
    while (now := jobs.get(job.id, OWNER)) is not None and now.fraction == 0 and now.live:
        if time.monotonic() > until:
            raise TimeoutError(f"{name} has not begun")
        time.sleep(0.05)
    time.sleep(rng.uniform(0, 1))
    start = time.monotonic()
    stopped = jobs.stop(job.id, OWNER)
    _answer("main", hash((name, number)))
    taken = time.monotonic() - start
    jobs.delete(job.id, OWNER)
    return taken if stopped.state == jobs.STOPPED else None


def _answer(lane: str, salt: int) -> None:
    """Ask something small, and wait for the answer."""
    job = jobs.submit(Description.make("primes", {"below": [BELOW[lane]]}, salt=salt), OTHER)
    while (now := jobs.get(job.id, OTHER)) is not None and now.live:
        time.sleep(0.02)
    assert now is not None and now.state == jobs.DONE, now
