"""What this package takes from `transformers`."""

import threading
from importlib import import_module
from typing import Any

_turn = threading.Lock()


def transformers_class(name: str) -> Any:
    """A class of `transformers` by its name, for one thread at a time.

    `transformers` imports what is behind a name when the name is asked for; two threads of a server that ask at the
    same moment, when nothing is imported yet, can find that it does not exist.
    """
    with _turn:
        return getattr(import_module("transformers"), name)
