"""The embedding map page's parts: what to map, how, the map itself, and what lies beside a protein."""

from biocore.web.maps.beside import place_input, show_neighbours
from biocore.web.maps.collect import collection_for
from biocore.web.maps.draw import compute_map, show_map
from biocore.web.maps.request import Request, applied, request_input, settings_input
from biocore.web.maps.take_along import about, link, model_card, show_outputs

__all__ = [
    "Request",
    "about",
    "applied",
    "collection_for",
    "compute_map",
    "link",
    "model_card",
    "place_input",
    "request_input",
    "settings_input",
    "show_map",
    "show_neighbours",
    "show_outputs",
]
