"""What a job costs beside the plain function, what a second Ray worker is worth, and 500 random jobs with kills.

    python -m benchmarks.bench_jobs overhead [--rounds 3] [--kind scan-protein embed track] [--scale 1]
    python -m benchmarks.bench_jobs step [--steps 200]
    python -m benchmarks.bench_jobs rates [--proteins 10] [--kind embed ...]
    python -m benchmarks.bench_jobs stop [--rounds 3] [--kind embed ...]
    python -m benchmarks.bench_jobs ray [--proteins 600]
    python -m benchmarks.bench_jobs soak [--jobs 500] [--seed 0] [--real 0.15] [--pause 10]

`overhead` computes the same work by the plain function and as a job (submitted, computed by a worker in this process,
result read back from the store), in turn, in a new store each time.  Seconds are processor time where there is no GPU,
so that what else the machine does is no part of them.

`step` computes a job of many quick steps, and the same without: what one step costs to plan, keep and count.

`rates` computes jobs of each kind, after a first one that loads the models; seconds as above, and what a million would
take on one core.

`stop` starts a job of each kind with a real worker, stops it, and asks for another one at once: how long it takes until
the worker has answered that, and so has left the stopped one.

`ray` embeds proteins on a cluster of one worker and of two, both on this machine with one core each, models loaded
before; seconds on the clock.

`soak` submits random jobs of several owners to a real worker, stops, resumes and deletes some, kills the computing
process and its supervisor at random times (`--pause` seconds apart, about), and at the end checks that every job is in
exactly one state, that results are those of the plain function, and that the store holds nothing that belongs to no
job.  `--real` of the jobs scan DNA and proteins, embed, and score variants; the others are of a kind that counts
primes, made known as another package would, so that a process that was killed is soon there again.
"""

import argparse
import os
import random
import statistics
import time

from benchmarks.jobs_rates import NAMES, rates
from benchmarks.jobs_shared import (
    AMINO_ACIDS,
    BASES,
    FACTORS,
    OWNER,
    install_primes,
    letters,
    new_home,
    primes,
    same,
    seconds,
)
from benchmarks.jobs_soak import soak
from benchmarks.jobs_stop import stop
from biocore import jobs, tfbinding, zoo
from biocore.jobs import Description, Store, Worker, limits

KINDS = ["scan-protein", "embed", "track"]


# ------------------------------------------------------------------------------------------------------- overhead


def overhead(arguments: argparse.Namespace) -> None:
    rng = random.Random(0)
    proteins = set(arguments.kind) - {"track"}
    model = zoo.load("esm-mini") if proteins else None
    factors = [zoo.load(name) for name in FACTORS] if "track" in arguments.kind else []
    worker_models = jobs.models.Models()
    print("| work | plain, s | as a job, s | more | steps |\n|---|---|---|---|---|")
    for name in arguments.kind:
        times: dict[str, list[float]] = {"plain": [], "job": []}
        for number in range(arguments.rounds + 1):  # the first one wakes everything up
            description, plain = questions(name, rng, model, factors, arguments.scale)
            start = seconds()
            expected = plain()
            middle = seconds()
            with new_home():
                store = Store()
                job = jobs.submit(description, OWNER, store=store)
                Worker(store, models=worker_models).drain()
                found = jobs.result(jobs.get(job.id, OWNER, store=store))
                end = seconds()
                store.close()
            same(name, found, expected)
            if number:
                times["plain"].append(middle - start)
                times["job"].append(end - middle)
        one, other = (statistics.median(times[way]) for way in ("plain", "job"))
        steps = len(jobs.kinds.steps_of(description))
        print(f"| {name} | {one:.2f} | {other:.2f} | {other / one - 1:+.1%} | {steps} |", flush=True)


def questions(name: str, rng: random.Random, model, factors, scale: float):
    """A description, and the plain function that answers it."""
    if name == "scan-protein":
        sequence = letters(AMINO_ACIDS, int(200 * scale), rng)
        asked = Description.make(name, {"records": [["p", sequence]]})
        return asked, lambda: [model.substitution_scores(sequence)]
    if name == "embed":
        records = [[str(i), letters(AMINO_ACIDS, rng.randint(50, 250), rng)] for i in range(int(200 * scale))]
        asked = Description.make(name, {"records": records})
        return asked, lambda: model.embed([sequence for _, sequence in records])
    sequence = letters(BASES, int(30_000 * scale), rng)
    asked = Description.make(name, {"records": [["d", sequence]]}, models=FACTORS)
    return asked, lambda: tfbinding.record_tracks(factors, [sequence])


# ----------------------------------------------------------------------------------------------------------- step


def one_step(arguments: argparse.Namespace) -> None:
    with new_home() as home:
        install_primes(home)
        store, below = Store(), list(range(1, arguments.steps + 1))  # a step each
        warm = jobs.submit(Description.make("primes", {"below": [500]}), OWNER, store=store)
        Worker(store).drain()
        ended = jobs.get(warm.id, OWNER, store=store)
        assert ended is not None and ended.state == jobs.DONE
        start = seconds()
        for number in below:
            primes(0, number)
        middle = seconds()
        job = jobs.submit(Description.make("primes", {"below": below}), OWNER, store=store)
        Worker(store).drain()
        jobs.result(jobs.get(job.id, OWNER, store=store))
        end = seconds()
        store.close()
    extra = (end - middle) - (middle - start)
    print(
        f"{arguments.steps} steps: {1e3 * extra / arguments.steps:.2f} ms of processor time each, beside their own work"
    )


# ------------------------------------------------------------------------------------------------------------ ray


def on_ray(arguments: argparse.Namespace) -> None:
    import ray
    from ray.cluster_utils import Cluster

    rng = random.Random(0)
    records = [[str(i), letters(AMINO_ACIDS, rng.randint(50, 500), rng)] for i in range(arguments.proteins)]
    size = {"num_cpus": 1, "object_store_memory": 100 * 2**20}
    times = {}
    for workers in (1, 2):
        with new_home():
            cluster = Cluster(initialize_head=True, head_node_args={**size, "include_dashboard": False})
            for _ in range(workers - 1):
                cluster.add_node(**size)
            ray.init(address=cluster.address, logging_level="error", log_to_driver=False)
            warm = [[str(i), letters(AMINO_ACIDS, 250, rng)] for i in range(200)]
            jobs.run_here(Description.make("embed", {"records": warm}), engine="ray")
            start = time.perf_counter()
            jobs.run_here(Description.make("embed", {"records": records}), engine="ray")
            times[workers] = time.perf_counter() - start
            ray.shutdown()
            cluster.shutdown()
        residues = sum(len(sequence) for _, sequence in records)
        print(
            f"{workers} worker(s): {times[workers]:.1f} s, {residues / times[workers]:,.0f} residues a second",
            flush=True,
        )
    print(f"two workers: {times[1] / times[2]:.2f} times one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    ways = parser.add_subparsers(dest="way", required=True)
    one = ways.add_parser("overhead")
    one.add_argument("--rounds", type=int, default=3)
    one.add_argument("--kind", nargs="+", choices=KINDS, default=KINDS)
    one.add_argument("--scale", type=float, default=1.0, help="of the work; default 1")
    one.set_defaults(run=overhead)
    step = ways.add_parser("step")
    step.add_argument("--steps", type=int, default=200)
    step.set_defaults(run=one_step)
    rate = ways.add_parser("rates")
    rate.add_argument("--proteins", type=int, default=10)
    rate.add_argument("--kind", nargs="+", choices=NAMES, default=NAMES, metavar="NAME", help=", ".join(NAMES))
    rate.set_defaults(run=rates)
    stopped = ways.add_parser("stop")
    stopped.add_argument("--rounds", type=int, default=3)
    stopped.add_argument("--kind", nargs="+", choices=NAMES, default=NAMES, metavar="NAME")
    stopped.set_defaults(run=stop)
    two = ways.add_parser("ray")
    two.add_argument("--proteins", type=int, default=600)
    two.set_defaults(run=on_ray)
    three = ways.add_parser("soak")
    three.add_argument("--jobs", type=int, default=500)
    three.add_argument("--seed", type=int, default=0)
    three.add_argument("--real", type=float, default=0.15, help="share of jobs of biocore's kinds; default %(default)s")
    three.add_argument("--pause", type=float, default=10.0, help="s between two kills; default %(default)s")
    three.set_defaults(run=soak)
    arguments = parser.parse_args()
    os.environ.setdefault("BIOCORE_JOBS", "none")
    assert limits.limits().queued > 0
    arguments.run(arguments)


if __name__ == "__main__":
    main()
