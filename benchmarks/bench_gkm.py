"""A gapped k-mer support vector machine on the valid splits, and the shipped models beside it on the same rows.

    python -m benchmarks.bench_gkm --data DIR [--tf GABPA,GATA3,ELK1,GATA1,TP53] [--rows N] [--scores DIR]

The kernel is LS-GKM's default (`benchmarks/gkm_kernel.py`), C 1; the machine sees a factor's training rows without
those that overlap its valid rows, as the tables of words do.  In brackets 95 % intervals (DeLong) of what a model's
auROC is above the machine's.  `--rows` takes that many training rows at random.
"""

import argparse
import time
from pathlib import Path

import numpy as np
from sklearn.svm import SVC

from benchmarks.gkm_kernel import GappedKernel
from biocore import zoo
from biocore.stats.ranking import auroc, auroc_difference
from biocore.tfbinding.train import data
from biocore.tfbinding.train.measure import parts_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--tf", default="GABPA,GATA3,ELK1,GATA1,TP53")
    parser.add_argument("--rows", type=int, metavar="N", help="training rows, drawn at random (default all)")
    parser.add_argument("--scores", type=Path, metavar="DIR", help="write scores of the valid rows to DIR/FACTOR.csv")
    arguments = parser.parse_args()
    print(f"{'factor':<8}{'rows':>7}{'s':>6}{'machine':>9}{'shipped':>9}{'- machine':>27}{'words':>9}{'- machine':>27}")
    for tf in arguments.tf.split(","):
        measure(arguments.data, tf, arguments.rows, arguments.scores)


def measure(folder: Path, tf: str, rows: int | None, out: Path | None) -> None:
    train, valid = (data.load_dna(data.find(folder, tf, split), tf) for split in ("train", "valid"))
    train = data.apart(train, valid)
    if rows is not None and rows < len(train):
        train = train.rows(np.sort(np.random.default_rng(0).permutation(len(train))[:rows]))
    started = time.process_time()
    machine = machine_scores(train.codes, train.labels, valid.codes)
    seconds = time.process_time() - started
    columns = parts_of(zoo.load(f"tf-{tf}"), valid)
    line = f"{tf:<8}{len(train):>7,}{seconds:>6.0f}{auroc(valid.labels, machine):>9.4f}"
    for scores in (columns.sum(axis=1), columns[:, 1]):
        gain = auroc_difference(valid.labels, scores, machine)
        line += f"{auroc(valid.labels, scores):>9.4f}"
        line += f"{gain.value:>+9.4f} [{gain.low:+.4f}, {gain.high:+.4f}]"
    print(line, flush=True)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        table = np.column_stack([valid.labels, machine, columns])
        np.savetxt(out / f"{tf}.csv", table, delimiter=",", header="label,machine,network,words", comments="")


def machine_scores(codes: np.ndarray, labels: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Scores of `others`, (M,), by a machine trained on sequences and their labels."""
    kernel = GappedKernel()
    machine = SVC(C=1.0, kernel="precomputed").fit(kernel(codes, codes), labels)
    return machine.decision_function(kernel(others, codes))


if __name__ == "__main__":
    main()
