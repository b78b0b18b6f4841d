"""Make a library of families, and measure it."""

from biocore.families.train.evaluation import evaluation
from biocore.families.train.finish import save
from biocore.families.train.recipe import read_proteins, train_library

__all__ = ["evaluation", "read_proteins", "save", "train_library"]
