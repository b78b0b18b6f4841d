"""The structures page's parts: where a structure comes from, exploring one, comparing two."""

from biocore.web.structures.compare import compare
from biocore.web.structures.explore import explore
from biocore.web.structures.source import examples, structure_input

__all__ = ["compare", "examples", "explore", "structure_input"]
