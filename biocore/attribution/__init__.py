"""Which bases does a model read?  Mutagenesis, gradients, named changes, significance, strongest sites.

Every function takes a *predictor*: any callable from one-hot DNA, (N, L, 4) float32, to scores, (N,).  Gradients take
the same function written in JAX.  Nothing in this package knows which network is behind it.
"""

from biocore.attribution.binding import (
    STRANDS,
    Overview,
    WindowTrack,
    on_strand,
    overview,
    record_tracks,
    site_table,
    track_table,
)
from biocore.attribution.changes import Change, ChangeEffects, change_effects, parse_changes
from biocore.attribution.gradients import (
    GRADIENT_METHODS,
    corrected_gradient,
    gradient_map,
    input_gradient,
    integrated_gradients,
)
from biocore.attribution.mutagenesis import Significance, mutation_scan, mutation_scans, ranked_changes, significance
from biocore.attribution.results import EffectMap, agreement, effect_table, to_probability
from biocore.attribution.sites import Site, bedgraph, binned_maximum, core, strongest_sites, window_around

__all__ = [
    "GRADIENT_METHODS",
    "STRANDS",
    "Change",
    "ChangeEffects",
    "EffectMap",
    "Overview",
    "Significance",
    "Site",
    "WindowTrack",
    "agreement",
    "bedgraph",
    "binned_maximum",
    "change_effects",
    "core",
    "corrected_gradient",
    "effect_table",
    "gradient_map",
    "input_gradient",
    "integrated_gradients",
    "mutation_scan",
    "mutation_scans",
    "on_strand",
    "overview",
    "record_tracks",
    "parse_changes",
    "ranked_changes",
    "significance",
    "site_table",
    "strongest_sites",
    "to_probability",
    "track_table",
    "window_around",
]
