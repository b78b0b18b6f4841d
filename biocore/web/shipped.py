"""Answers about what ships, computed once for all visitors; a visitor's own stay in the visitor's session.

A worked example is nobody's secret: its text stands in this project.  Everything else is private, so an answer is
shared only where each thing it was made from is known to be ours; what nobody has thought of stays in the session.
"""

import inspect
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import update_wrapper
from numbers import Number
from typing import Any, Generic, ParamSpec, TypeVar

import streamlit as st

from biocore import zoo
from biocore.errors import BiocoreError
from biocore.sequence import parse_records

ENTRIES, MOST = 64, "32MB"  # of each function, for all visitors together
LEAST = 20  # letters of a piece of a shipped sequence that counts as one: a window of the DNA page

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_texts: set[str] = set()
_sequences: set[str] = set()


def register(examples: Mapping[str, str]) -> dict[str, str]:
    """Make texts known as ours, and the sequences of their records.

    Parameters
    ----------
    examples : mapping
        What a menu says -> FASTA or a bare sequence.

    Returns
    -------
    dict
        The same.
    """
    for text in examples.values():
        _texts.add(text)
        _sequences.update(record.sequence.upper() for record in parse_records(text))
    return dict(examples)


def register_name(name: str) -> None:
    """Make a data set that ships known by its name."""
    _texts.add(name)


def is_shipped(text: str) -> bool:
    """Whether a text, or a sequence, is one the project ships, or a piece of 20 or more letters of such a sequence.

    Examples
    --------
    >>> _ = register({"Magainin 2": ">magainin 2\\nGIGKFLHSAKKFGKAFVGEIMNS"})
    >>> is_shipped("GIGKFLHSAKKFGKAFVGEIMNS"), is_shipped("GIGKFLHSAKKFGKAFVGEIMNSA"), is_shipped("GIGKFLH")
    (True, False, False)
    """
    if text in _texts or text in _sequences:
        return True
    return len(text) >= LEAST and any(text in sequence for sequence in _sequences)


def is_shipped_model(name: str) -> bool:
    """Whether a model came with the project: not fetched, not in a folder of a visitor's, not trained by one."""
    try:
        return zoo.card(name).source == "assets"
    except BiocoreError:
        return False


def cached(
    *,
    given: Collection[str],
    models: Collection[str] = (),
    settings: Collection[str] = (),
    max_entries: int,
    show_spinner: str | bool = False,
) -> "Callable[[Callable[Arguments, Result]], Cached[Arguments, Result]]":
    """As ``st.cache_data`` of a session, but what ships is answered once for the whole server.

    Of several visitors who ask for the same at the same time one computes, and the others wait for that answer.

    Parameters
    ----------
    given : collection of str
        Parameters that hold what a visitor may have given: text, or a tuple of texts.
    models : collection of str
        Parameters that hold names of models; a shared answer is computed anew when their weights change.
    settings : collection of str
        Parameters whose values tell nothing about a visitor: a method's name, a hash of weights.  Numbers need not be
        named here.
    max_entries : int
        Of each session.
    show_spinner : str or bool
        As in ``st.cache_data``.

    Notes
    -----
    A parameter that is named nowhere and holds anything but numbers makes the answer private.  One that begins with
    ``_`` belongs to no key and must follow from the others.
    """

    def decorate(function: Callable[Arguments, Result]) -> "Cached[Arguments, Result]":
        public = _Public(frozenset(given), frozenset(models), frozenset(settings))
        return Cached(function, public, max_entries, show_spinner)

    return decorate


@dataclass(frozen=True)
class _Public:
    """Which parameters may be seen by all, and when."""

    given: frozenset[str]
    models: frozenset[str]
    settings: frozenset[str]

    def is_public(self, name: str, value: Any) -> bool:
        """Whether the value of a parameter tells nothing about a visitor."""
        if name in self.given:
            return all(is_shipped(text) for text in _each(value))
        if name in self.models:
            return all(is_shipped_model(model) for model in _each(value))
        return name in self.settings or all(isinstance(number, Number) for number in _each(value))


class Cached(Generic[Arguments, Result]):
    """A function whose answers are kept: those about what ships for all visitors, others in the session."""

    def __init__(
        self, function: Callable[Arguments, Result], public: _Public, max_entries: int, show_spinner: str | bool
    ) -> None:
        def answer(key: tuple, _compute: Callable[[], Result]) -> Result:
            return _compute()

        update_wrapper(self, function)
        answer.__module__, answer.__qualname__ = function.__module__, f"{function.__qualname__}.shipped"
        self._function, self._public, self._signature = function, public, inspect.signature(function)
        self._own = st.cache_data(scope="session", max_entries=max_entries, show_spinner=show_spinner)(function)
        self._shared = st.cache_data(max_entries=ENTRIES, max_size=MOST, show_spinner=show_spinner)(answer)
        self._answered: set[tuple] = set()

    def __call__(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        key = self._key(*args, **kwargs)
        if key is None:
            return self._own(*args, **kwargs)
        answer = self._shared(key, lambda: self._function(*args, **kwargs))
        if len(self._answered) > 10 * ENTRIES:
            self._answered.clear()
        self._answered.add(key)
        return answer

    def is_known(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> bool:
        """Whether somebody on this server has been given this answer, so that it most likely costs nothing now."""
        key = self._key(*args, **kwargs)
        return key is not None and key in self._answered

    def _key(self, *args: Arguments.args, **kwargs: Arguments.kwargs) -> tuple | None:
        """Of the shared answer; None where the answer is the visitor's own."""
        bound = self._signature.bind(*args, **kwargs).arguments
        known = {name: value for name, value in bound.items() if not name.startswith("_")}
        if not all(self._public.is_public(name, value) for name, value in known.items()):
            return None
        used = [model for name in sorted(self._public.models) for model in _each(known[name])]
        return (*known.items(), *(tuple(sorted(zoo.card(model).sha256.items())) for model in used))


def _each(value: Any) -> tuple:
    """The members of a tuple, a single value as a tuple of one, None as none."""
    if value is None:
        return ()
    return value if isinstance(value, tuple) else (value,)
