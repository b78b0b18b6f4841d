"""Models that visitors have trained: kept beside the job that made them, opened by a name that cannot be guessed."""

import shutil
import sqlite3
from pathlib import Path

import numpy as np

from biocore import runtime, zoo
from biocore.io import write_atomically

CARD, WEIGHTS = "card", "weights"  # arrays of the step that ends a training: bytes of the two files


def name_of(key: str) -> str:
    """Name of the model that the step of this key has trained."""
    return f"own-{key[:32]}"


def to_arrays(folder: Path) -> dict[str, np.ndarray]:
    """A model's folder as arrays."""
    files = {CARD: folder / "card.json", WEIGHTS: folder / zoo.WEIGHTS}
    return {name: np.frombuffer(path.read_bytes(), np.uint8) for name, path in files.items()}


def keep(name: str, arrays: dict[str, np.ndarray]) -> zoo.ModelCard:
    """Write a model where `zoo.card` finds it, unless it is there; gives its card."""
    folder = zoo.own_folder(name)
    if folder is None:
        raise ValueError(f"{name} is no name of a user's own model")
    if not (folder / "card.json").exists():
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / zoo.WEIGHTS, arrays[WEIGHTS].tobytes())
        write_atomically(folder / "card.json", arrays[CARD].tobytes())  # last: with it the model is whole
    return zoo.card(name)


def drop_unowned(connection: sqlite3.Connection) -> None:
    """Delete the models whose training is no longer in the store."""
    for folder in (runtime.home() / "own_models").glob("own-*"):
        key = folder.name.removeprefix("own-")
        if connection.execute("SELECT 1 FROM results WHERE substr(key, 1, 32) = ?", [key]).fetchone() is None:
            shutil.rmtree(folder, ignore_errors=True)
