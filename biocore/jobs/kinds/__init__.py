"""The kinds of jobs, by name.  A kind's module is imported when the kind is first asked for.

Other packages add kinds as entry points of the group ``biocore.jobs``: ``name = module:Class``.
"""

import importlib
from functools import cache, lru_cache
from importlib.metadata import entry_points

from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step

__all__ = ["Arrays", "Kind", "Parts", "Step", "get", "names", "steps_of"]

_HERE = "biocore.jobs.kinds"
KINDS = {
    "scan-protein": f"{_HERE}.scan:ScanProtein",
    "embed": f"{_HERE}.embed:Embed",
    "function": f"{_HERE}.function:Function",
    "occlusion": f"{_HERE}.function:Occlusion",
    "track": f"{_HERE}.dna:Track",
    "map": f"{_HERE}.map:Map",
    "variants": f"{_HERE}.families:Variants",
    "first-answers": "biocore.workspace.answers.job:FirstAnswers",
    "search-database": f"{_HERE}.families:SearchDatabase",
    "significance": f"{_HERE}.dna:Significance",
    "alleles": f"{_HERE}.alleles:Alleles",
    "discover": f"{_HERE}.motifs:Discover",
    "implants": f"{_HERE}.motifs:Implants",
    "pairs": f"{_HERE}.motifs:Pairs",
    "project": f"{_HERE}.project:Project",
    "fit-assay": f"{_HERE}.assay:FitAssay",
    "train-tfbinding": "biocore.jobs.train.tfbinding:TrainFactor",
}


@cache
def _others() -> dict[str, str]:
    return {entry.name: entry.value for entry in entry_points(group="biocore.jobs")}


def names() -> list[str]:
    """Every kind there is."""
    return [*KINDS, *(name for name in _others() if name not in KINDS)]


@cache
def get(name: str) -> Kind:
    """The kind of a name.

    Raises
    ------
    InputError
        There is none.
    """
    place = KINDS.get(name) or _others().get(name)
    if place is None:
        raise InputError(f"There is no kind of job {name!r}; there is {', '.join(names())}.")
    module, _, attribute = place.partition(":")
    return getattr(importlib.import_module(module), attribute)()


@lru_cache(maxsize=8)
def steps_of(description: Description) -> tuple[Step, ...]:
    """The steps of a description; those of the last few are kept."""
    return tuple(get(description.kind).steps(description))
