"""Parts of the DNA page: records in, overview of factors and places, one window in depth, records side by side."""

from biocore.web.dna_binding.choice import Choice, choose, start_choice
from biocore.web.dna_binding.compare import show_comparison
from biocore.web.dna_binding.compute import fill_pending, models_here, scan_records
from biocore.web.dna_binding.detail import show_changes, show_detail
from biocore.web.dna_binding.inputs import HELP, examples, notes, read_dna
from biocore.web.dna_binding.overview import show_overview
from biocore.web.dna_binding.takeaway import keep_in_link, show_commands

__all__ = [
    "HELP",
    "Choice",
    "choose",
    "examples",
    "fill_pending",
    "keep_in_link",
    "models_here",
    "notes",
    "read_dna",
    "scan_records",
    "show_changes",
    "show_commands",
    "show_comparison",
    "show_detail",
    "show_overview",
    "start_choice",
]
