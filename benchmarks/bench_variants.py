"""Time from a protein to the scores of all its substitutions, warm: family search, features and regression, table.

    python benchmarks/bench_variants.py [--residues 400] [--repeats 5]

The protein is random with the residue frequencies of proteins, and holds a stretch that families know (ubiquitin's),
so that the search finds homologues; every repeat has another one, so that nothing is remembered.  The first repeat,
which opens the model and unpacks the library, is printed apart; the others' median follows.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore import zoo  # noqa: E402
from biocore.families.hmm import background  # noqa: E402
from biocore.sequence import AMINO_ACIDS  # noqa: E402

KNOWN = "MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG"  # of P0CH08


def protein(residues: int, seed: int) -> str:
    rng = np.random.default_rng(seed)
    p = background().astype(float)
    letters = rng.choice(list(AMINO_ACIDS), residues, p=p / p.sum())
    start = int(rng.integers(0, max(residues - len(KNOWN), 0) + 1))
    return ("".join(letters)[:start] + KNOWN + "".join(letters)[start + len(KNOWN) :])[:residues]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--residues", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    start = time.perf_counter()
    library, model = zoo.load("families"), zoo.load("variant-effect")
    opening = time.perf_counter() - start
    rows = []
    for seed in range(arguments.repeats + 1):
        sequence = protein(arguments.residues, seed)
        opened = time.perf_counter()
        profile = library.profile(sequence)
        searched = time.perf_counter()
        scan = model.scan(sequence, profile)
        scored = time.perf_counter()
        table = scan.table()
        rows.append((searched - opened, scored - searched, time.perf_counter() - scored))
        known = profile.coverage
    names = ("families", "scores", "table")
    print(f"{arguments.residues} residues, {len(table):,} substitutions, homologues at {100 * known:.0f} % (the last)")
    first = dict(zip(names, rows[0], strict=True))
    total = opening + sum(first.values())
    print(
        f"cold   open {opening:.2f} s ", "  ".join(f"{n} {v:.2f} s" for n, v in first.items()), f"  all {total:.2f} s"
    )
    warm = {name: statistics.median(row[k] for row in rows[1:]) for k, name in enumerate(names)}
    print("warm  ", "  ".join(f"{n} {v:.2f} s" for n, v in warm.items()), f"  all {sum(warm.values()):.2f} s")


if __name__ == "__main__":
    main()
