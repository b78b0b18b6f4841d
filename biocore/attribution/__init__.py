"""Which bases does a model read?  In-silico mutagenesis (ISM), gradients, variants, significance.

Every function takes a *predictor*: any callable from one-hot DNA, (N, L, 4) float32, to scores, (N,).  Gradients take
the same function written in JAX.  Nothing in this package knows which network is behind it.
"""

from biocore.attribution.gradients import (
    GRADIENT_METHODS,
    corrected_gradient,
    gradient_map,
    input_gradient,
    integrated_gradients,
)
from biocore.attribution.implants import ImplantEffects, backgrounds, implant_gaps, implant_offsets
from biocore.attribution.ism import Significance, mutation_scan, mutation_scans, ranked_variants, significance
from biocore.attribution.pairs import PairEffects, pair_effects
from biocore.attribution.results import ISM, EffectMap, agreement, core, effect_table, to_probability
from biocore.attribution.variants import Variant, VariantEffects, parse_variants, variant_effects

__all__ = [
    "GRADIENT_METHODS",
    "ISM",
    "Variant",
    "VariantEffects",
    "EffectMap",
    "ImplantEffects",
    "PairEffects",
    "Significance",
    "agreement",
    "backgrounds",
    "variant_effects",
    "core",
    "corrected_gradient",
    "effect_table",
    "gradient_map",
    "implant_gaps",
    "implant_offsets",
    "input_gradient",
    "integrated_gradients",
    "mutation_scan",
    "mutation_scans",
    "pair_effects",
    "parse_variants",
    "ranked_variants",
    "significance",
    "to_probability",
]
