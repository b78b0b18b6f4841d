"""What the benchmarks of jobs share: random records, seconds, a home folder of one's own, and the kind Primes."""

import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from biocore import runtime
from biocore.jobs import kinds
from biocore.jobs.kinds.base import Kind

ROOT = Path(__file__).resolve().parents[1]
AMINO_ACIDS, BASES = "ACDEFGHIKLMNPQRSTVWY", "ACGT"
FACTORS = ["tf-CTCF", "tf-GATA1", "tf-REST"]
OWNER = "benchmark-of-jobs"


def letters(alphabet: str, length: int, rng: random.Random) -> str:
    """A random sequence."""
    return "".join(rng.choices(alphabet, k=length))


def seconds() -> float:
    """Processor time where there is no GPU, so that what else the machine does is no part of it."""
    return time.process_time() if runtime.device().kind == "cpu" else time.perf_counter()


def same(name: str, found, expected) -> None:
    """Check that a job's result is that of the plain function."""
    if name == "scan-protein":
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one.token_log_probabilities, other.token_log_probabilities, atol=1e-4)
    elif name == "embed":
        np.testing.assert_allclose(found.vectors, expected, atol=1e-5)
    elif name == "variants":
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_array_equal(one.scores, other.scores)
    elif name == "primes":
        assert found == expected
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
    (package / "entry_points.txt").write_text("[biocore.jobs]\nprimes = benchmarks.jobs_shared:Primes\n")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(folder), str(ROOT)])
    sys.path.insert(0, str(folder))
    kinds._others.cache_clear()
