"""Train and measure the GO model: embeddings once, cross-validation inside the training split, valid at the end.

What is chosen (weights against neighbours, calibration, thresholds, what is familiar) is chosen on out-of-fold
predictions of *training* proteins; the valid split is only measured.
"""

from biocore.go.train.disk import run, save, store
from biocore.go.train.extend import extend
from biocore.go.train.fit import ablation, train
from biocore.go.train.measure import baselines, evaluate
from biocore.go.train.settings import Data, Settings, quiet, to_stderr
from biocore.go.train.stored import embedding_folder, load_data, stored_embeddings, stored_neighbours
from biocore.go.train.trained import Trained, settle

__all__ = [
    "Data",
    "Settings",
    "Trained",
    "ablation",
    "baselines",
    "embedding_folder",
    "evaluate",
    "extend",
    "load_data",
    "quiet",
    "run",
    "save",
    "settle",
    "store",
    "stored_embeddings",
    "stored_neighbours",
    "to_stderr",
    "train",
]
