"""What a job costs beside the plain function, what a second Ray worker is worth, and 500 random jobs with kills.

    python benchmarks/bench_jobs.py overhead [--rounds 3] [--kind scan-protein embed track] [--scale 1]
    python benchmarks/bench_jobs.py step [--steps 200]
    python benchmarks/bench_jobs.py rates [--proteins 30]
    python benchmarks/bench_jobs.py ray [--proteins 600]
    python benchmarks/bench_jobs.py soak [--jobs 500] [--seed 0]

`overhead` computes the same work by the plain function and as a job (submitted, computed by a worker in this process,
result read back from the store), in turn, in a new store each time.  Seconds are processor time where there is no GPU,
so that what else the machine does is no part of them.

`step` computes a job of many quick steps, and the same without: what one step costs to plan, keep and count.

`rates` computes jobs of each kind over proteins of 300 residues, and DNA, after a first one that loads the models;
seconds as above, and what a million would take on one core.

`ray` embeds proteins on a cluster of one worker and of two, both on this machine with one core each, models loaded
before; seconds on the clock.

`soak` submits random jobs of several owners to a real worker, stops, resumes and deletes some, kills the computing
process and its supervisor at random times, and at the end checks that every job is in exactly one state, that results
are those of the plain function, and that the store holds nothing that belongs to no job.  Jobs are scans of DNA, and
for the greater part of a kind that counts primes, made known as another package would, so that a process that was
killed is soon there again.
"""

import argparse
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore import jobs, runtime, tfbinding, zoo
from biocore.errors import BiocoreError
from biocore.jobs import Description, Store, Worker, limits, process
from biocore.jobs.kinds.base import Kind

AMINO_ACIDS, BASES = "ACDEFGHIKLMNPQRSTVWY", "ACGT"
FACTORS = ["tf-CTCF", "tf-GATA1", "tf-REST"]
KINDS = ["scan-protein", "embed", "track"]
OWNER = "benchmark-of-jobs"


def letters(alphabet: str, length: int, rng: random.Random) -> str:
    return "".join(rng.choices(alphabet, k=length))


def seconds() -> float:
    return time.process_time() if runtime.device().kind == "cpu" else time.perf_counter()


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


def rates(arguments: argparse.Namespace) -> None:
    rng, models = random.Random(0), jobs.models.Models(8)
    print("| job | s for one | a million, core hours | kept for one, kB |\n|---|---|---|---|")
    for kind, settings in (
        ("embed", {}),
        ("scan-protein", {"strategy": "wild-type"}),
        ("scan-protein", {"strategy": "masked"}),
        ("scan-protein", {"model": "families"}),
        ("function", {}),
        ("variants", {}),
        ("track", {"models": "all"}),
    ):
        with new_home():
            store = Store()
            for count in (2, arguments.proteins):
                alphabet, length = (BASES, 1000) if kind == "track" else (AMINO_ACIDS, 300)
                records = [[str(i), letters(alphabet, length, rng)] for i in range(count)]
                description = Description.make(kind, {"records": records}, settings)
                start = seconds()
                jobs.submit(description, OWNER, store=store)
                Worker(store, models=models).drain()
                each = (seconds() - start) / count
                with store.reading() as connection:
                    kept = connection.execute("SELECT sum(size) FROM results").fetchone()[0] / 1e3
            kept /= arguments.proteins + 2
            store.close()
        what = " ".join([kind, *(str(value) for value in settings.values())])
        print(f"| {what} | {each:.4f} | {each * 1e6 / 3600:,.0f} | {kept:,.1f} |", flush=True)


def same(name: str, found, expected) -> None:
    if name == "scan-protein":
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.token_log_probabilities, other.token_log_probabilities, atol=1e-4)
    elif name == "embed":
        np.testing.assert_allclose(found.vectors, expected, atol=1e-5)
    else:
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.forward, other.forward, atol=5e-4)
            np.testing.assert_allclose(one.reverse, other.reverse, atol=5e-4)


class new_home:
    """A home folder of one's own; compiled JAX functions stay where they are."""

    def __enter__(self):
        self.before = os.environ.get("BIOCORE_HOME")
        self.folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        os.environ["BIOCORE_HOME"] = self.folder.name
        os.environ.setdefault("BIOCORE_JOBS", "none")
        return Path(self.folder.name)

    def __exit__(self, *what):
        if self.before is None:
            del os.environ["BIOCORE_HOME"]
        else:
            os.environ["BIOCORE_HOME"] = self.before
        self.folder.cleanup()


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


# ----------------------------------------------------------------------------------------------------------- soak


def soak(arguments: argparse.Namespace) -> None:
    os.environ |= {"BIOCORE_JOBS": "worker", "BIOCORE_JOBS_QUEUED": "100000"}
    with new_home() as home:
        os.environ["BIOCORE_JOBS"] = "worker"
        install_primes(home)
        _Soak(arguments.jobs, random.Random(arguments.seed)).run()


class Primes(Kind):
    """How many primes there are below each of some numbers; a step looks at 500 numbers."""

    name, title, unit = "primes", "Primes", "numbers"
    defaults = {"salt": 0}

    def read(self, inputs, settings):
        return {"below": [int(n) for n in inputs["below"]]}, dict(settings)

    def models(self, inputs, settings):
        return []

    def steps(self, description):
        steps = []
        for below in dict.fromkeys(description.inputs["below"]):
            for first in range(0, below, 500):
                last = min(first + 500, below)
                payload = {"below": below, "first": first, "last": last, "salt": description.settings["salt"]}
                steps.append(self.step(description, payload, last - first, long=below % 97 == 0))
        return steps

    def run(self, step, models, parts):
        return {"count": np.array([primes(step.payload["first"], step.payload["last"])])}

    def collect(self, description, steps, parts):
        counts: Counter = Counter()
        for step in steps:
            if step.key in parts:
                counts[step.payload["below"]] += int(parts[step.key]["count"][0])
        return [counts[below] for below in description.inputs["below"]]

    def tables(self, description, result):
        return {}


def primes(first: int, last: int) -> int:
    """Primes from `first` to `last`, which is not counted, by trial division."""
    divisors = np.arange(2, max(3, int(last**0.5) + 1))
    return sum(n > 1 and not (n % divisors[divisors < n] == 0).any() for n in range(first, last))


def install_primes(folder: Path) -> None:
    """Make the kind known to this process and to those it starts."""
    package = folder / "bench_jobs-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: bench-jobs\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[biocore.jobs]\nprimes = bench_jobs:Primes\n")
    places = [str(folder), str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1])]
    os.environ["PYTHONPATH"] = os.pathsep.join(places)
    sys.path[:0] = places


class _Soak:
    def __init__(self, count: int, rng: random.Random):
        self.count, self.rng, self.store = count, rng, Store()
        self.owners = [f"owner-{i}-" * 3 for i in range(8)]
        self.questions = [self._question() for _ in range(count // 2)]  # so that some are asked twice
        self.asked: dict[str, tuple[str, Description]] = {}
        self.did: Counter = Counter()
        most = max(n for question in self.questions for n in question.inputs.get("below", [0]))
        prime = [primes(n, n + 1) for n in range(most)]
        self.primes = [0, *np.cumsum(prime).tolist()]

    def _question(self) -> Description:
        rng = self.rng
        if rng.random() < 0.15:
            lengths = [rng.choice((101, 150, 600)) for _ in range(rng.randint(1, 3))]
            records = [[str(i), letters(BASES, length, rng)] for i, length in enumerate(lengths)]
            return Description.make("track", {"records": records}, models=FACTORS[:1])
        below = [rng.randint(1, 2500) for _ in range(rng.randint(1, 4))]
        return Description.make("primes", {"below": below}, salt=rng.randint(0, 1))

    def run(self) -> None:
        start, kill_at = time.monotonic(), time.monotonic() + 15
        while len(self.asked) < self.count:
            if queue_length(self.store) < 40:
                self._submit()
            else:
                time.sleep(0.05)
            if self.rng.random() < 0.3:
                self._meddle()
            if time.monotonic() > kill_at:
                self._kill()
                kill_at = time.monotonic() + self.rng.uniform(5, 15)
        while self._unfinished():
            time.sleep(0.3)
            if time.monotonic() > kill_at and self.rng.random() < 0.5:
                self._kill()
                kill_at = time.monotonic() + self.rng.uniform(5, 15)
        print(f"{len(self.asked)} jobs in {time.monotonic() - start:,.0f} s; {dict(self.did)}")
        self._check()
        for started in process._started:
            started.terminate()

    def _submit(self) -> None:
        description, owner = self.rng.choice(self.questions), self.rng.choice(self.owners)
        job = jobs.submit(description, owner)
        self.did["asked again"] += job.id in self.asked
        self.asked[job.id] = owner, description

    def _meddle(self) -> None:
        job = self.rng.choice(list(self.asked))
        owner, _ = self.asked[job]
        action = self.rng.choice(("stop", "stop", "resume", "look", "delete"))
        try:
            if action == "stop":
                jobs.stop(job, owner)
            elif action == "resume":
                jobs.resume(job, owner)
            elif action == "look":  # a reload: another connection, and what is there is shown
                found = jobs.get(job, owner, store=Store())
                if found is not None:
                    jobs.partial(found)
            elif self.rng.random() < 0.1:
                jobs.delete(job, owner)
            self.did[action] += 1
        except BiocoreError as error:
            self.did[f"{action}: {type(error).__name__}"] += 1  # it was deleted before

    def _kill(self) -> None:
        with self.store.reading() as connection:
            row = connection.execute("SELECT worker FROM jobs WHERE worker IS NOT NULL LIMIT 1").fetchone()
        if row is None:
            return
        import psutil

        try:
            computing = psutil.Process(int(row["worker"].split(":")[3]))
            victim = computing.parent() if self.rng.random() < 0.3 else computing
            if victim is not None and victim.pid > 1 and "jobs" in victim.cmdline():
                self.did["supervisor killed" if victim.pid != computing.pid else "computing process killed"] += 1
                os.kill(victim.pid, signal.SIGKILL)
        except (psutil.Error, OSError):
            pass

    def _unfinished(self) -> int:
        left = 0
        for owner in self.owners:
            for job in jobs.jobs_of(owner):
                if job.state in (jobs.STOPPED, jobs.FAILED):
                    self.did[f"went on after {job.state}"] += 1
                    if job.state == jobs.FAILED and "2 times" not in job.message:
                        raise AssertionError(job.message)
                    jobs.resume(job.id, owner)
                left += job.state != jobs.DONE
        return left

    def _check(self) -> None:
        factors, compared = [zoo.load(name) for name in FACTORS[:1]], 0
        for job_id, (owner, description) in self.asked.items():
            job = jobs.get(job_id, owner)
            if job is None:
                continue  # deleted
            assert job.state == jobs.DONE and job.fraction == 1, job
            if description.kind == "track":
                sequences = [sequence for _, sequence in description.inputs["records"]]
                same("track", jobs.result(job), tfbinding.record_tracks(factors, sequences))
            else:
                assert jobs.result(job) == [self.primes[below] for below in description.inputs["below"]]
            compared += 1
        with self.store.reading() as connection:

            def number(query: str) -> int:
                return connection.execute(f"SELECT count(*) FROM {query}").fetchone()[0]

            assert number("jobs") == compared == number("jobs WHERE state = 'done' AND worker IS NULL")
            assert number("parts WHERE job NOT IN (SELECT id FROM jobs)") == 0
            assert number("results WHERE key NOT IN (SELECT key FROM parts)") == 0
            assert number("parts WHERE key NOT IN (SELECT key FROM results)") == 0
            assert number("attempts") == 0
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            print(f"{compared} jobs compared with the plain function: equal")
            print(f"{number('results'):,} results, none without a job")


def queue_length(store: Store) -> int:
    from biocore.jobs import queue

    return queue.live(store)


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
    rate.add_argument("--proteins", type=int, default=30)
    rate.set_defaults(run=rates)
    two = ways.add_parser("ray")
    two.add_argument("--proteins", type=int, default=600)
    two.set_defaults(run=on_ray)
    three = ways.add_parser("soak")
    three.add_argument("--jobs", type=int, default=500)
    three.add_argument("--seed", type=int, default=0)
    three.set_defaults(run=soak)
    arguments = parser.parse_args()
    os.environ.setdefault("BIOCORE_JOBS", "none")
    assert limits.limits().queued > 0
    arguments.run(arguments)


if __name__ == "__main__":
    main()
