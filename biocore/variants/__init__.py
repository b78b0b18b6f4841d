"""Variant effects: which substitutions a protein will tolerate, from its homologues and chemistry.

``zoo.load("variant-effect")`` gives a `VariantModel`; its ``scan(sequence, profile)`` is an `EffectScan`.
"""

from biocore.variants.features import FeatureTable, features
from biocore.variants.model import VariantModel, load
from biocore.variants.results import Calibration, EffectScan

__all__ = ["Calibration", "EffectScan", "FeatureTable", "VariantModel", "features", "load"]
