"""All shipped factors at every window of a long sequence: one pass of the convolutions against the sliding window.

    python -m benchmarks.bench_track [--lengths 10000,100000] [--repeats 3]

Three ways to the same numbers, on one machine, in one run, compiled beforehand:

one pass     `tfbinding.track`: convolutions once over the sequence, pooling and heads for each window
sliding      every window cut out and scored on its own, a batch at a time; the trunk is shared by all factors here too
one by one   the same, each factor as a model of its own (first length only: it takes long)
"""

import argparse
import time

import numpy as np

from biocore import tfbinding, zoo
from biocore.tfbinding.train.data import one_hot_codes

BATCH = 512


def sliding(models, x: np.ndarray) -> np.ndarray:
    """Log-odds of every window, (F, W), each window scored on its own."""
    windows = np.lib.stride_tricks.sliding_window_view(x, tfbinding.model.WINDOW, axis=0).transpose(0, 2, 1)
    parts = [tfbinding.scores(models, windows[i : i + BATCH]) for i in range(0, len(windows), BATCH)]
    return np.concatenate(parts, axis=1)


def one_by_one(models, x: np.ndarray) -> np.ndarray:
    """`sliding` for one factor after the other."""
    return np.concatenate([sliding([model], x) for model in models])


def best_time(function, repeats: int) -> tuple[float, np.ndarray]:
    """Shortest of some runs in seconds, and the result."""
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        result = function()
        times.append(time.perf_counter() - started)
    return min(times), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--lengths", default="10000,100000", help="bp (default 10000,100000)")
    parser.add_argument("--repeats", type=int, default=3, help="of the one pass; the others run once or twice")
    arguments = parser.parse_args()

    models = [zoo.load(name) for name in zoo.names("tf-binding")]
    rng = np.random.default_rng(0)
    print(f"{len(models)} factors, both strands, windows of {tfbinding.model.WINDOW} bp at every base")
    print(f"{'bp':>8}  {'way':<11} {'seconds':>9} {'windows/s':>10} {'times slower':>13} {'largest difference':>19}")
    for order, length in enumerate(int(part) for part in arguments.lengths.split(",")):
        x = one_hot_codes(rng.integers(0, 4, length).astype(np.uint8))
        one_pass = lambda x=x: tfbinding.track(models, x).log_odds  # noqa: E731
        one_pass()
        tfbinding.scores(models, np.zeros((BATCH, tfbinding.model.WINDOW, 4), np.float32))
        fast, expected = best_time(one_pass, arguments.repeats)
        ways = [
            ("one pass", fast, expected),
            ("sliding", *best_time(lambda x=x: sliding(models, x), 2 - min(order, 1))),
        ]
        if order == 0:
            one_by_one(models, x[: BATCH + tfbinding.model.WINDOW - 1])
            ways.append(("one by one", *best_time(lambda x=x: one_by_one(models, x), 1)))
        for name, seconds, result in ways:
            rate = (length - tfbinding.model.WINDOW + 1) / seconds
            difference = np.abs(result - expected).max()
            print(f"{length:>8}  {name:<11} {seconds:>9.2f} {rate:>10,.0f} {seconds / fast:>13.1f} {difference:>19.1e}")


if __name__ == "__main__":
    main()
