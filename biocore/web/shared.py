"""Models shared by all sessions: loaded once per server, used by one session at a time, few kept in memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, RLock
from typing import Any

import streamlit as st

from biocore import runtime, zoo
from biocore.web.link import set_link, start_from_link


class _Shared:
    """Loaded models of one entry of the cache: one session at a time uses them, and the last to leave closes them."""

    def __init__(self, models: list[Any]) -> None:
        self.models = models
        self.turn = RLock()  # held while a session uses the models
        self._count = Lock()  # held while the two below are read or changed; never while waiting for anything
        self._users = 0  # sessions that use the models or wait for them
        self._released = False

    def enter(self) -> bool:
        """Count one more user; False where the models have left the cache, so that they must be asked for again."""
        with self._count:
            if self._released:
                return False
            self._users += 1
            return True

    def leave(self) -> None:
        """One user less.  The last one closes models that have left the cache meanwhile."""
        with self._count:
            self._users -= 1
            unused = self._released and not self._users
        if unused:
            self._close()

    def release(self) -> None:
        """The cache has let go of the models: give their memory back now, or when nobody uses them any more."""
        with self._count:
            unused = not self._released and not self._users
            self._released = True
        if unused:
            self._close()

    def _close(self) -> None:
        """Models that hold a GPU's memory have a `close`."""
        for model in self.models:
            close = getattr(model, "close", None)
            if close is not None:
                close()


@st.cache_resource(
    max_entries=max(1, int(runtime.number("max_models"))),
    on_release=_Shared.release,
    show_spinner="Loading the model...",
)
def _load(names: tuple[str, ...], stamps: tuple[int, ...], _loader: Callable[[str], Any]) -> _Shared:
    return _Shared([_loader(name) for name in names])


def _stamp(folder: Path) -> int:
    """Changes when a model is trained again, so that a running server takes the new weights."""
    return max((path.stat().st_mtime_ns for path in folder.glob("*") if path.is_file()), default=0)


@contextmanager
def _opened(names: Sequence[str], folders: Sequence[Path], loader: Callable[[str], Any]) -> Iterator[list[Any]]:
    key = tuple(names), tuple(_stamp(folder) for folder in folders)
    while not (shared := _load(*key, loader)).enter():
        pass  # it left the cache between these two calls, so the next call loads it anew
    try:
        with shared.turn:
            yield shared.models
    finally:
        shared.leave()


@contextmanager
def open_models(names: Sequence[str]) -> Iterator[list[Any]]:
    """Several models at once, as one entry of the cache: ``with web.open_models(names) as loaded: ...``.

    The models belong to the caller until the block ends; other sessions wait.  Never change a model.

    Raises
    ------
    InputError, ModelUnavailable
        As `zoo.load`.
    """
    with _opened(names, [zoo.card(name).folder for name in names], zoo.load) as loaded:
        yield loaded


@contextmanager
def open_model(name: str) -> Iterator[Any]:
    """One model: ``with web.open_model(name) as loaded: ...``.  See `open_models`."""
    with open_models((name,)) as loaded:
        yield loaded[0]


@contextmanager
def open_folder(path: Path, loader: Callable[[Path], Any]) -> Iterator[Any]:
    """A model in a folder of the user's own, from the same cache: ``with web.open_folder(path, esm2.open_folder) ...``.

    Raises
    ------
    InputError, ModelUnavailable
        As `loader`.
    """
    with _opened((str(path.resolve()),), (path,), lambda name: loader(Path(name))) as loaded:
        yield loaded[0]


def model_picker(task: str, *, key: str, param: str = "model", label: str = "Model") -> str:
    """A menu of the models of one task; those that are not on this machine say so.  Returns the chosen name.

    The name, not the title, is kept in the link under `param`: titles change.  `key` is the page's own, so that the
    choice on one page does not end the one on another.
    """
    cards = zoo.cards(task)
    here = {card.name: zoo.available(card) for card in cards}
    ordered = sorted(here, key=lambda name: not here[name])
    start_from_link(param, ordered[0], key=key, allowed=ordered)
    name = st.selectbox(
        label,
        ordered,
        format_func=lambda name: zoo.title(name) + ("" if here[name] else " - not on this machine"),
        key=key,
        persist_state="session",
    )
    set_link(**{param: name})
    return name
