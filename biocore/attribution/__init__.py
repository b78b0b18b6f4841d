"""Which bases does a model read?  In-silico mutagenesis (ISM), gradients, variants, significance.

Every function takes a *predictor*: any callable from one-hot DNA, (N, L, 4) float32, to scores, (N,).  Gradients take
the same function written in JAX.  Nothing in this package knows which network is behind it.
"""

from biocore.attribution.changes import Change, ChangeEffects, change_effects, parse_changes
from biocore.attribution.gradients import (
    GRADIENT_METHODS,
    corrected_gradient,
    gradient_map,
    input_gradient,
    integrated_gradients,
)
from biocore.attribution.mutagenesis import Significance, mutation_scan, mutation_scans, ranked_changes, significance
from biocore.attribution.results import EffectMap, agreement, core, effect_table, to_probability

__all__ = [
    "GRADIENT_METHODS",
    "Change",
    "ChangeEffects",
    "EffectMap",
    "Significance",
    "agreement",
    "change_effects",
    "core",
    "corrected_gradient",
    "effect_table",
    "gradient_map",
    "input_gradient",
    "integrated_gradients",
    "mutation_scan",
    "mutation_scans",
    "parse_changes",
    "ranked_changes",
    "significance",
    "to_probability",
]
