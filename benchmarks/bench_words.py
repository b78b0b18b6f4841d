"""Linear models of words on the valid splits, alone and blended with the shipped networks.

    python -m benchmarks.bench_words --data DIR [--tf GABPA,GATA3,ELK1,GATA1,TP53] [--svm]

Each is fitted on a factor's training rows without those that overlap its valid rows; the blend with the network is
fitted on one half of the valid rows and measured on the other, both ways.  `--svm` adds a linear SVM on the same gapped
words, the nearest thing to gkm-SVM that scikit-learn has: LS-GKM itself is in no package registry.
"""

import argparse
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from biocore import zoo
from biocore.stats.ranking import auroc
from biocore.tfbinding.train import data
from biocore.tfbinding.train.baseline import gapped_words, kmer_counts
from biocore.tfbinding.train.blend import plain
from biocore.tfbinding.train.measure import cross_fitted

WORDS = {  # name: (bp, letters that count, scale of words without a gap, scale of those with one)
    "6-mers": (6, 6, 1.0, 1.0),
    "5 of 8": (8, 5, 35**-0.5, 35**-0.5),
    "6 of 8": (8, 6, 21**-0.5, 21**-0.5),
    "6 of 8, 6-mers count more": (8, 6, 0.53, 0.19),
    "7 of 8": (8, 7, 7**-0.5, 7**-0.5),
    "6 of 9": (9, 6, 56**-0.5, 56**-0.5),
}
STRENGTHS = (0.01, 0.03)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--tf", default="GABPA,GATA3,ELK1,GATA1,TP53")
    parser.add_argument("--svm", action="store_true")
    arguments = parser.parse_args()
    print(f"{'factor':<8}{'words':<28}{'strength':>9}{'alone':>8}{'blended':>9}")
    for tf in arguments.tf.split(","):
        measure(arguments.data, tf, arguments.svm)


def measure(folder: Path, tf: str, svm: bool) -> None:
    train, valid = (data.load_dna(data.find(folder, tf, split), tf) for split in ("train", "valid"))
    train = data.apart(train, valid)
    network = plain([zoo.load(f"tf-{tf}")])[0](data.one_hot_codes(valid.codes))
    print(f"{tf:<8}{'network':<28}{'':>9}{auroc(valid.labels, network):>8.4f}", flush=True)
    for name, (k, letters, *scales) in WORDS.items():
        held = gapped_words(k, letters)
        scale = np.where(np.arange(held.shape[1]) < 4**letters, *scales).astype(np.float32)
        held = held.multiply(scale[None]).tocsr()
        counts, others = (kmer_counts(each.codes, k=k) @ held for each in (train, valid))
        models = {(name, c): LogisticRegression(C=c, max_iter=200, tol=1e-3) for c in STRENGTHS}
        if svm and (k, letters) == (8, 6):
            models[f"{name}, SVM", STRENGTHS[0]] = LinearSVC(C=STRENGTHS[0], dual="auto")
        for (label, strength), model in models.items():
            scores = others @ model.fit(counts, train.labels).coef_[0]
            both = cross_fitted(valid.labels, np.stack([network, scores], axis=1), seed=0)
            print(
                f"{tf:<8}{label:<28}{strength:>9}{auroc(valid.labels, scores):>8.4f}{auroc(valid.labels, both):>9.4f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
