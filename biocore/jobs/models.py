"""The models of a worker: loaded once, bounded in number and memory, checked against what a job was asked with."""

import gc
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from pathlib import Path
from typing import Any

from biocore import runtime, zoo
from biocore.errors import ModelUnavailable
from biocore.jobs.description import digest

_NOTES = 8  # things a kind may keep between the steps of a job


def is_folder(name: str) -> bool:
    """Whether a model is named by the path of its folder."""
    return "/" in name or "\\" in name


def model_hash(name: str) -> str:
    """What stands for a model's weights and calibration; changes when it is trained again.  Loads nothing.

    Parameters
    ----------
    name : str
        In the zoo, or the path of a folder.

    Raises
    ------
    InputError, ModelUnavailable
        As `zoo.card`; or it is not on this machine.
    """
    if is_folder(name):
        folder = Path(name).expanduser()
        files = sorted(path for path in folder.glob("*") if path.is_file())
        if not files:
            raise ModelUnavailable(f"{folder} is not a folder with a model on this machine.")
        return digest([(p.name, p.stat().st_size, p.stat().st_mtime_ns) for p in files])[:16]
    card = zoo.card(name)
    if not zoo.available(card):
        raise ModelUnavailable(f"The model {name} is not on this machine. Fetch it: python -m biocore fetch {name}")
    return digest([dict(card.sha256), card.source, card.revision, dict(card.details)])[:16]


def load(name: str) -> Any:
    """A model by its name in the zoo, or the path of a folder."""
    if is_folder(name):
        from biocore import esm2

        return esm2.open_folder(Path(name).expanduser())
    return zoo.load(name)


class Models:
    """Loaded models, least recently used ones released first.

    Parameters
    ----------
    most : int, optional
        Models kept; default is the setting ``BIOCORE_MAX_MODELS`` (all factors of a DNA job count as one).
    """

    def __init__(self, most: int | None = None):
        self.most = max(1, most if most is not None else int(runtime.number("max_models")))
        self._loaded: OrderedDict[tuple, Any] = OrderedDict()
        self._notes: OrderedDict[Hashable, Any] = OrderedDict()
        self._wanted: dict[str, str] = {}

    def expect(self, wanted: Mapping[str, str]) -> None:
        """From now on models must be these: name -> `model_hash`, as in a description."""
        self._wanted = dict(wanted)

    def get(self, name: str) -> Any:
        """A loaded model.

        Raises
        ------
        ModelUnavailable
            It is not here, or was changed since the job was asked for.
        """
        return self.several((name,))[0]

    def several(self, names: tuple[str, ...]) -> list[Any]:
        """Several models that are used and released together."""
        key = tuple((name, self._wanted.get(name) or model_hash(name)) for name in names)
        if key not in self._loaded:
            for name, wanted in key:
                if model_hash(name) != wanted:
                    raise ModelUnavailable(f"{name} has changed since this job was asked for. Start it again.")
            while len(self._loaded) >= self.most:
                self._release(next(iter(self._loaded)))
            self._loaded[key] = [load(name) for name in names]
        self._loaded.move_to_end(key)
        return self._loaded[key]

    def note(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """What a kind wants to keep between two steps; made anew when it has been forgotten."""
        if key not in self._notes:
            while len(self._notes) >= _NOTES:
                self._notes.popitem(last=False)
            self._notes[key] = make()
        self._notes.move_to_end(key)
        return self._notes[key]

    def close(self) -> None:
        """Release everything."""
        while self._loaded:
            self._release(next(iter(self._loaded)))
        gc.collect()

    def _release(self, key: tuple) -> None:
        self._notes.clear()  # may hold the model
        for model in self._loaded.pop(key):
            close = getattr(model, "close", None)
            if close is not None:
                close()


def parameters(name: str) -> int:
    """How many numbers a language model is made of, from its card or the size of its files; loads nothing."""
    if is_folder(name):
        return sum(path.stat().st_size for path in Path(name).expanduser().glob("*.safetensors")) // 4
    return int(zoo.card(name).details.get("parameters", 1_000_000))


def window(name: str) -> int:
    """Residues a language model sees in one piece, from its card; loads nothing."""
    return (None if is_folder(name) else zoo.card(name).window) or 1022
