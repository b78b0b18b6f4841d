"""How models are opened, and what an answer consists of."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

from biocore import zoo
from biocore.workspace.session import Answer
from biocore.workspace.tracks import Track

Opener = Callable[[Sequence[str]], AbstractContextManager[list[Any]]]
MOST_LETTERS = 1500  # of a figure in a report: more columns than pixels show nothing


@dataclass(frozen=True)
class Found:
    """An answer, and the numbers along the sequence that came with it."""

    answer: Answer
    tracks: tuple[Track, ...] = ()


@contextmanager
def opened(names: Sequence[str]) -> Iterator[list[Any]]:
    """Models of the zoo; pages give an opener that shares models between sessions instead."""
    yield [zoo.load(name) for name in names]


def hash_of(name: str) -> str:
    """Of a model's weights, as its card has it; empty where it has none."""
    return zoo.card(name).sha256.get(zoo.WEIGHTS, "")


def as_json(figure: Any) -> dict[str, Any]:
    """A plotly figure as plain JSON values, without the template."""
    figure.update_layout(template=None)
    return json.loads(figure.to_json())


def available(name: str) -> bool:
    """Whether a model is on this machine."""
    return any(card.name == name and zoo.available(card) for card in zoo.cards())
