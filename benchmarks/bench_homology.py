"""Constants and speed of the alignments over amino-acid groups.

    python -m benchmarks.bench_homology                      # scale and size of chance scores, by gap costs
    python -m benchmarks.bench_homology --data human_mf.tsv.gz --queries 60   # and speed beside MMseqs2 or BLAST

Chance scores of random sequences follow an extreme-value distribution; its scale and size are estimated by moments.
"""

import argparse
import shutil
import time

import numpy as np

from biocore.go import homology
from biocore.go.train import alignment, sources

EULER = 0.5772156649
LENGTH = 400


def random_strings(count: int, rng: np.random.Generator) -> list[str]:
    """Random sequences with the background's frequencies."""
    from biocore.sequence import AMINO_ACIDS

    share = np.array(homology.BACKGROUND) / sum(homology.BACKGROUND)
    return ["".join(rng.choice(list(AMINO_ACIDS), LENGTH, p=share)) for _ in range(count)]


def constants(gap_open: int, gap_extend: int, *, pairs: int = 60_000) -> tuple[float, float]:
    """Scale (lambda) and size (K) of the scores of random pairs."""
    homology.GAP_OPEN, homology.GAP_EXTEND = gap_open, gap_extend
    rng = np.random.default_rng(0)
    index = homology.HomologyIndex.build(random_strings(4000, rng))
    scores = np.concatenate([index.scores(query) for query in random_strings(pairs // 4000, rng)])
    scale = np.pi / np.sqrt(6) / scores.std()
    return scale, np.exp(scale * scores.mean() - EULER) / LENGTH**2


def speed(path, queries: int) -> None:
    """Seconds a query, one thread, beside an alignment program; and how often both find the same nearest protein."""
    table = sources.read_table(path)
    references = table[table["subset"] == "train"].reset_index(drop=True)
    asked = table[table["subset"] == "valid"].sample(queries, random_state=0).reset_index(drop=True)
    index = homology.HomologyIndex.build(list(references["Sequence"]))
    index.scores("MKV")  # builds the database
    started = time.perf_counter()
    found = homology.HomologueHits(
        *(np.vstack(x) for x in zip(*(_one(index, s) for s in asked["Sequence"]), strict=True))
    )
    print(f"biocore\t{(time.perf_counter() - started) / queries:.3f} s a query")
    for tool in filter(shutil.which, alignment.PROGRAMS):
        started = time.perf_counter()
        hits = alignment.align(list(asked["Sequence"]), list(references["Sequence"]), tool=tool)
        seconds = (time.perf_counter() - started) / queries
        first = hits.drop_duplicates("query")
        among = [row.reference in found.indices[int(row.query)] for row in first.itertuples()]
        print(f"{tool}\t{seconds:.3f} s a query\tits best hit is among our 20: {np.mean(among):.1%} of {len(first)}")


def filter_loss(path, queries: int) -> None:
    """What the filter loses and costs, on proteins of any length."""
    table = sources.read_table(path)
    index = homology.HomologyIndex.build(list(table[table["subset"] == "train"]["Sequence"]))
    asked = list(table[table["subset"] == "valid"].sample(queries, random_state=1)["Sequence"])
    exact = index.search(asked, among=np.arange(len(index)))
    expect = homology.expect(exact.bits, np.array([len(s) for s in asked]), index.residues)
    index.candidates("MKV")  # compiles the filter
    started = time.process_time()
    chosen = [index.candidates(s) for s in asked]
    seconds = (time.process_time() - started) / queries
    kept = np.array([np.isin(row, near) for row, near in zip(exact.indices, chosen, strict=True)])
    sure = (expect <= 1e-3) & (exact.indices >= 0)
    first = sure[:, 0]
    print(
        f"filter\t{seconds:.3f} s a query\tkeeps {kept[sure].mean():.1%} of {sure.sum()} hits with E <= 0.001, ", end=""
    )
    print(f"the best of {kept[first, 0].sum()} of {first.sum()} proteins that have one")


def _one(index: homology.HomologyIndex, sequence: str):
    hits = index.search([sequence])
    return hits.indices, hits.similarity, hits.bits


def main() -> None:
    from pathlib import Path

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="table with Sequence and subset")
    parser.add_argument("--queries", type=int, default=60)
    arguments = parser.parse_args()
    kept = homology.GAP_OPEN, homology.GAP_EXTEND
    print("gap open\tgap extend\tscale\tsize")
    for costs in ((11, 1), (12, 2), (10, 1)):
        scale, size = constants(*costs)
        print(f"{costs[0]}\t{costs[1]}\t{scale:.3f}\t{size:.4f}")
    homology.GAP_OPEN, homology.GAP_EXTEND = kept
    if arguments.data:
        speed(arguments.data, arguments.queries)
        filter_loss(arguments.data, arguments.queries)


if __name__ == "__main__":
    main()
