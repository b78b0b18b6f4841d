"""Hundreds of random jobs of several owners, with stops, reloads, deletions and killed processes; see `bench_jobs`."""

import argparse
import os
import random
import signal
import time
from collections import Counter

import numpy as np

from benchmarks.jobs_shared import AMINO_ACIDS, BASES, FACTORS, install_primes, letters, new_home, primes, same
from biocore import jobs, tfbinding, zoo
from biocore.errors import BiocoreError
from biocore.jobs import Description, Store, process, queue

REAL = ("track", "embed", "scan-protein", "variants")


def soak(arguments: argparse.Namespace) -> None:
    os.environ |= {"BIOCORE_JOBS": "worker", "BIOCORE_JOBS_QUEUED": "100000"}
    with new_home() as home:
        os.environ["BIOCORE_JOBS"] = "worker"
        install_primes(home)
        _Soak(arguments.jobs, arguments.real, arguments.pause, random.Random(arguments.seed)).run()


class _Soak:
    def __init__(self, count: int, real: float, pause: float, rng: random.Random):
        self.count, self.real, self.pause, self.rng, self.store = count, real, pause, rng, Store()
        self.models: dict = {}
        self.owners = [f"owner-{i}-" * 3 for i in range(8)]
        self.questions = [self._question() for _ in range(count // 2)]  # so that some are asked twice
        self.asked: dict[str, tuple[str, Description]] = {}
        self.did: Counter = Counter()
        most = max(n for question in self.questions for n in question.inputs.get("below", [0]))
        prime = [primes(n, n + 1) for n in range(most)]
        self.primes = [0, *np.cumsum(prime).tolist()]

    def _question(self) -> Description:
        rng = self.rng
        if rng.random() < self.real:
            kind = rng.choice(REAL)
            dna = kind == "track"
            lengths = [rng.choice((101, 150, 600) if dna else (40, 90, 150)) for _ in range(rng.randint(1, 3))]
            records = [[str(i), letters(BASES if dna else AMINO_ACIDS, n, rng)] for i, n in enumerate(lengths)]
            return Description.make(kind, {"records": records}, {"models": FACTORS[:1]} if dna else {})
        below = [rng.randint(1, 2500) for _ in range(rng.randint(1, 4))]
        return Description.make("primes", {"below": below}, salt=rng.randint(0, 1))

    def run(self) -> None:
        start, kill_at = time.monotonic(), time.monotonic() + 2 * self.pause
        while len(self.asked) < self.count:
            if queue.live(self.store) < 40:
                self._submit()
            else:
                time.sleep(0.05)
            if self.rng.random() < 0.3:
                self._meddle()
            if time.monotonic() > kill_at:
                self._kill()
                kill_at = time.monotonic() + self.pause * self.rng.uniform(0.5, 1.5)
        while self._unfinished():
            time.sleep(0.3)
            if time.monotonic() > kill_at and self.rng.random() < 0.5:
                self._kill()
                kill_at = time.monotonic() + self.pause * self.rng.uniform(0.5, 1.5)
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
        compared: Counter = Counter()
        for job_id, (owner, description) in self.asked.items():
            job = jobs.get(job_id, owner)
            if job is None:
                continue  # deleted
            assert job.state == jobs.DONE and job.fraction == 1, job
            same(description.kind, jobs.result(job), self._plain(description))
            compared[description.kind] += 1
        with self.store.reading() as connection:

            def number(query: str) -> int:
                return connection.execute(f"SELECT count(*) FROM {query}").fetchone()[0]

            assert number("jobs") == compared.total() == number("jobs WHERE state = 'done' AND worker IS NULL")
            assert number("parts WHERE job NOT IN (SELECT id FROM jobs)") == 0
            assert number("results WHERE key NOT IN (SELECT key FROM parts)") == 0
            assert number("parts WHERE key NOT IN (SELECT key FROM results)") == 0
            assert number("attempts") == 0
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            print(f"{compared.total()} jobs compared with the plain function: equal ({dict(compared)})")
            print(f"{number('results'):,} results, none without a job")

    def _plain(self, description: Description):
        """What the plain function answers; models are opened once."""
        if description.kind == "primes":
            return [self.primes[below] for below in description.inputs["below"]]
        sequences, model = [sequence for _, sequence in description.inputs["records"]], self._model
        if description.kind == "track":
            return tfbinding.record_tracks([model(name) for name in FACTORS[:1]], sequences)
        if description.kind == "embed":
            return model("esm-mini").embed(sequences)
        if description.kind == "scan-protein":
            return [model("esm-mini").substitution_scores(sequence) for sequence in sequences]
        return [model("variant-effect").scan(s, model("families").profile(s)) for s in sequences]

    def _model(self, name: str):
        if name not in self.models:
            self.models[name] = zoo.load(name)
        return self.models[name]
