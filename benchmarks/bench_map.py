"""t-SNE of 2,000 and 20,000 vectors: openTSNE as `embedding.project` calls it, against scikit-learn's.

    python benchmarks/bench_map.py [--points 2000] [--skip-sklearn]

Vectors: 50 clusters of different width in 192 dimensions, made by a fixed seed, so that everybody measures the same.
One run each; time is the processor's (all threads together) and the wall clock's.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from biocore.embedding import Projection, ProjectionSettings, project, projection_quality


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--points", type=int, nargs="+", default=[2000, 20_000])
    parser.add_argument("--skip-sklearn", action="store_true")
    arguments = parser.parse_args()
    project(vectors(50), ProjectionSettings())  # imports are not what is measured
    print(
        "| points | way | seconds | processor seconds | trustworthiness | neighbours kept |\n|---|---|---|---|---|---|"
    )
    for n in arguments.points:
        x = vectors(n)
        ways = {"openTSNE (exact neighbours)": lambda x=x: project(x, ProjectionSettings()).coordinates}
        if not arguments.skip_sklearn:
            ways["scikit-learn"] = lambda x=x: sklearn_tsne(x)
        for name, run in ways.items():
            wall, processor = time.perf_counter(), time.process_time()
            y = run()
            wall, processor = time.perf_counter() - wall, time.process_time() - processor
            kept = projection_quality(x, Projection(np.asarray(y, np.float32), ProjectionSettings()))
            print(f"| {n:,} | {name} | {wall:.1f} | {processor:.1f} | {kept.trustworthiness:.3f} | "
                  f"{kept.neighbourhood_preservation:.1%} |", flush=True)  # fmt: skip


def vectors(n: int, clusters: int = 50, dims: int = 192) -> np.ndarray:
    rng = np.random.default_rng(0)
    centres = rng.normal(size=(clusters, dims))
    member = rng.integers(0, clusters, n)
    width = rng.uniform(0.3, 1.2, clusters)[member, None]
    return (centres[member] + width * rng.normal(size=(n, dims))).astype(np.float32)


def sklearn_tsne(x: np.ndarray) -> np.ndarray:
    from sklearn.manifold import TSNE

    return TSNE(perplexity=30, random_state=0, init="pca").fit_transform(x)


if __name__ == "__main__":
    main()
