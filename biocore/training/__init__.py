"""Training: one `fit` for every flax model, and weights on disk."""

from biocore.training.fit import History, TrainConfig, fit
from biocore.training.store import load_params, save_json, save_params

__all__ = ["History", "TrainConfig", "fit", "load_params", "save_json", "save_params"]
