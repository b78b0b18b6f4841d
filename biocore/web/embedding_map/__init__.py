"""The embedding map page's parts: what to map, how, the map itself, and what lies beside a protein."""

from biocore.web.embedding_map.beside import new_proteins_input, show_neighbours
from biocore.web.embedding_map.collect import embeddings_for, open_job
from biocore.web.embedding_map.draw import compute_map, show_map
from biocore.web.embedding_map.export import about, link, model_card, share, show_outputs
from biocore.web.embedding_map.request import Request, applied, request_input, settings_input

__all__ = [
    "Request",
    "about",
    "applied",
    "embeddings_for",
    "compute_map",
    "link",
    "model_card",
    "new_proteins_input",
    "open_job",
    "request_input",
    "settings_input",
    "share",
    "show_map",
    "show_neighbours",
    "show_outputs",
]
