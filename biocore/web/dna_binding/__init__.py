"""Parts of the DNA page: records in, overview of factors and places, one window in depth, records side by side."""

from biocore.web.dna_binding.alleles import show_alleles
from biocore.web.dna_binding.choice import Choice, choose, start_choice
from biocore.web.dna_binding.compare import show_comparison
from biocore.web.dna_binding.compute import models_here, open_job, scan
from biocore.web.dna_binding.detail import show_detail
from biocore.web.dna_binding.discovery import show_discovery
from biocore.web.dna_binding.export import keep_in_link, show_commands
from biocore.web.dna_binding.inputs import HELP, examples, notes, read_dna
from biocore.web.dna_binding.inside import show_inside
from biocore.web.dna_binding.overview import show_overview
from biocore.web.dna_binding.own_factor import show_training
from biocore.web.dna_binding.pairs import show_pairs
from biocore.web.dna_binding.variants import show_variants

__all__ = [
    "HELP",
    "Choice",
    "choose",
    "examples",
    "keep_in_link",
    "models_here",
    "notes",
    "read_dna",
    "show_alleles",
    "show_inside",
    "show_pairs",
    "open_job",
    "scan",
    "show_variants",
    "show_commands",
    "show_comparison",
    "show_detail",
    "show_discovery",
    "show_overview",
    "show_training",
    "start_choice",
]
