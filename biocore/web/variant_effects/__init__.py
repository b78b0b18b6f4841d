"""The variant-effects page in parts: the scan, the evidence of one substitution, variants, an assay, measured scans."""

from biocore.web.masked_residues.inputs import HELP
from biocore.web.variant_effects.assay import show_assay
from biocore.web.variant_effects.compute import Basis, score
from biocore.web.variant_effects.evidence import show_evidence
from biocore.web.variant_effects.export import keep_in_link, show_command
from biocore.web.variant_effects.inputs import EXAMPLES, PROTEIN, effect_card, open_job, read_request
from biocore.web.variant_effects.landscape import show_landscape
from biocore.web.variant_effects.scans import show_scans
from biocore.web.variant_effects.variants import show_variants

__all__ = [
    "EXAMPLES",
    "HELP",
    "PROTEIN",
    "Basis",
    "effect_card",
    "open_job",
    "keep_in_link",
    "read_request",
    "score",
    "show_assay",
    "show_command",
    "show_evidence",
    "show_landscape",
    "show_scans",
    "show_variants",
]
