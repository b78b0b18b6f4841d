"""Models shared by all sessions: loaded once per server, used by one session at a time, few kept in memory."""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

import streamlit as st

from biocore import runtime, zoo
from biocore.errors import BiocoreError
from biocore.web.link import from_link, set_link


@dataclass
class _Shared:
    models: list[Any]
    lock: Any = field(default_factory=RLock)


def _release(shared: _Shared) -> None:
    """Give a model's memory back when it leaves the cache; models that hold a GPU's memory have a `close`."""
    for model in shared.models:
        close = getattr(model, "close", None)
        if close is not None:
            close()


@st.cache_resource(
    max_entries=int(runtime.setting("max_models", "4")), on_release=_release, show_spinner="Loading the model..."
)
def _load(names: tuple[str, ...], stamp: tuple[int, ...]) -> _Shared:
    return _Shared([zoo.load(name) for name in names])


def _stamp(name: str) -> int:
    """Changes when a model is trained again, so that a running server takes the new weights."""
    folder = zoo.card(name).folder
    return max((path.stat().st_mtime_ns for path in folder.glob("*") if path.is_file()), default=0)


@contextmanager
def open_models(names: Sequence[str]) -> Iterator[list[Any]]:
    """Several models at once, as one entry of the cache: ``with web.open_models(names) as loaded: ...``.

    The models belong to the caller until the block ends; other sessions wait.  Never change a model.

    Raises
    ------
    InputError, ModelUnavailable
        As `zoo.load`.
    """
    shared = _load(tuple(names), tuple(_stamp(name) for name in names))
    with shared.lock:
        yield shared.models


@contextmanager
def open_model(name: str) -> Iterator[Any]:
    """One model: ``with web.open_model(name) as loaded: ...``.  See `open_models`."""
    with open_models((name,)) as loaded:
        yield loaded[0]


def model_picker(task: str, *, key: str, label: str = "Model") -> str:
    """A menu of the models of one task; those that are not on this machine say so.  Returns the chosen name.

    The name, not the title, is kept in the link under `key`: titles change.
    """
    cards = zoo.cards(task)
    here = {card.name: zoo.available(card) for card in cards}
    ordered = sorted(here, key=lambda name: not here[name])
    if st.session_state.get(key) not in ordered:
        st.session_state[key] = from_link(key, ordered[0], lambda text: ordered[ordered.index(text)])
    name = st.selectbox(
        label,
        ordered,
        format_func=lambda name: zoo.title(name) + ("" if here[name] else " - not on this machine"),
        key=key,
    )
    set_link(**{key: name})
    return name


@st.cache_resource(show_spinner=False)
def warm_up() -> None:
    """Once per server, in the background: start JAX and compile the factors' track, for a quick first click."""
    threading.Thread(target=_start_factors, daemon=True).start()


def _start_factors() -> None:
    """Score a stretch of unknown bases with every factor; a model that cannot be loaded is for its page to report."""
    from biocore import tfbinding
    from biocore.sequence import one_hot

    with contextlib.suppress(BiocoreError):
        loaded = [zoo.load(name) for name in zoo.names("tf-binding")]
        tfbinding.track(loaded, one_hot(["N" * 600])[0])
