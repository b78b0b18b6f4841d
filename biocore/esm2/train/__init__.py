"""Train a small protein language model: masked language modelling as ESM-2 does it, from FASTA to a model folder.

`corpus` reads the sequences once into a compact array, `batches` says which residues every step sees (from the seed and
the step alone, so that training resumes exactly), `loop` trains and writes checkpoints, `export` makes a folder `zoo`
can load.
"""

from biocore.esm2.train.batches import Masking, Plan
from biocore.esm2.train.corpus import Corpus, read_corpus
from biocore.esm2.train.loop import SHAPES, PretrainingConfig, pretrain

__all__ = ["SHAPES", "Corpus", "Masking", "Plan", "PretrainingConfig", "pretrain", "read_corpus"]
