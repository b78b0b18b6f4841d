"""Fit the regressions to measured scans, and measure them on proteins that were left out."""

from biocore.variants.train import own_assay
from biocore.variants.train.recipe import across_sources, assay_table, prepare, quality, results, save, with_profiles_of

__all__ = ["across_sources", "assay_table", "own_assay", "prepare", "quality", "results", "save", "with_profiles_of"]
