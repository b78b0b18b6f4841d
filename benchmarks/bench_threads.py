"""What a masked scan takes beside another one, with threads that wait busily and with threads that sleep.

    python -m benchmarks.bench_threads [--length 170] [--processes 2] [--repeats 3]

Each line: a scan in one process, then in several processes at a time, in seconds; the median of the processes of all
repeats.  "sleep" is what ``import biocore`` asks OpenMP for (``OMP_WAIT_POLICY=PASSIVE``), "busy" what OpenMP does
unasked (ACTIVE says so), "one thread" a scan that uses one core.
"""

import argparse
import os
import statistics
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WAYS = {
    "sleep": {"OMP_WAIT_POLICY": "PASSIVE"},
    "busy": {"OMP_WAIT_POLICY": "ACTIVE"},
    "one thread": {"OMP_WAIT_POLICY": "PASSIVE", "OMP_NUM_THREADS": "1"},
}
SCAN = """
import sys, time
import numpy as np
from biocore import zoo
from biocore.sequence import AMINO_ACIDS
model = zoo.load("esm-mini")
sequence = "".join(np.random.default_rng(0).choice(list(AMINO_ACIDS), int(sys.argv[1])))
list(model.scan_chunks(sequence[:40]))
start = time.perf_counter()
list(model.scan_chunks(sequence))
print(time.perf_counter() - start)
"""


def seconds(way: dict[str, str], length: int, processes: int) -> list[float]:
    """Of each of `processes` scans at a time."""
    started = [
        subprocess.Popen(
            [sys.executable, "-c", SCAN, str(length)],
            cwd=ROOT,
            env=os.environ | way,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(processes)
    ]
    return [float(process.communicate()[0]) for process in started]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--length", type=int, default=170, help="residues")
    parser.add_argument("--processes", type=int, default=2, help="at a time")
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    taken: dict[tuple[str, int], list[float]] = {}
    for _ in range(arguments.repeats):  # interleaved, so that a busy machine slows all of them
        for name, way in WAYS.items():
            for processes in (1, arguments.processes):
                taken.setdefault((name, processes), []).extend(seconds(way, arguments.length, processes))
    print(f"| threads | alone | {arguments.processes} at a time |\n|---|---|---|")
    for name in WAYS:
        alone, beside = (statistics.median(taken[name, n]) for n in (1, arguments.processes))
        print(f"| {name} | {alone:.2f} | {beside:.2f} |")


if __name__ == "__main__":
    main()
