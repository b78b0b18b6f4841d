"""Worked examples: embeddings that ship with biocore, with accession, name and label but no sequences."""

import json
from dataclasses import dataclass

from biocore import runtime
from biocore.embedding.reading import read_vectors
from biocore.embedding.sets import EmbeddingSet
from biocore.errors import DataUnavailable

PREFIX = "map_"


@dataclass(frozen=True)
class Example:
    """Embeddings with what a user must know about it.

    Attributes
    ----------
    name, title, description, source, licence : str
    colour : str
        The column to colour by.
    embeddings : EmbeddingSet
        With a projection computed in advance.
    """

    name: str
    title: str
    description: str
    source: str
    licence: str
    colour: str
    embeddings: EmbeddingSet


def example_names() -> dict[str, str]:
    """Name -> title of the examples on this machine, in the order of their cards."""
    cards = [(json.loads(path.read_text()), path) for path in (runtime.ASSETS / "examples").glob(f"{PREFIX}*.json")]
    cards.sort(key=lambda pair: (pair[0].get("order", 0), pair[1].name))
    return {path.stem.removeprefix(PREFIX): card["title"] for card, path in cards}


def example(name: str) -> Example:
    """Load an example.

    Raises
    ------
    DataUnavailable
        There is none of this name.
    """
    folder = runtime.ASSETS / "examples"
    try:
        card = json.loads((folder / f"{PREFIX}{name}.json").read_text())
    except (OSError, ValueError) as error:
        there = ", ".join(example_names()) or "none"
        raise DataUnavailable(f"There is no example {name!r}; there are: {there}.") from error
    embeddings = read_vectors(folder / f"{PREFIX}{name}.npz")
    return Example(
        name, card["title"], card["description"], card["source"], card["licence"], card["colour"], embeddings
    )
