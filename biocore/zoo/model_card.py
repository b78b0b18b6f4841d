"""What is known of one model, and the file that says it: ``card.json``.  Imports no framework."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from biocore.errors import ModelUnavailable
from biocore.io import write_atomically


@dataclass(frozen=True)
class Quality:
    """One measured number of a model: what, on which split, and its 95 % interval (NaN where none was computed)."""

    metric: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    split: str = "valid"
    note: str = ""

    def __post_init__(self):
        if not all(isinstance(number, int | float) for number in (self.value, self.low, self.high)):
            raise TypeError(f"the numbers of the quality {self.metric!r} must be numbers")


@dataclass(frozen=True)
class ModelCard:
    """What a user must know about a model before trusting it.

    Attributes
    ----------
    name, task, title : str
        Unique name; one of ``LOADERS`` (or a task nobody loads by name, such as "tf-trunk"); one line for people.
    source : str
        "assets", "user" or "hub:<repository>".
    revision : str
        Commit of a hub repository; empty for weights in a folder.
    sha256 : mapping
        File name -> hash, for weights in a folder.
    window : int or None
        bp or residues the model was trained on in one piece.
    output_unit, trained_on, limits, licence, citation : str
        `limits` is shown beside every result.
    quality : tuple of Quality
    details : mapping
        Whatever else the model's own module stores (architecture, calibration, curves); JSON values only.
    folder : Path
    """

    name: str
    task: str
    title: str
    source: str
    output_unit: str
    trained_on: str
    limits: str
    licence: str
    citation: str
    window: int | None = None
    revision: str = ""
    sha256: Mapping[str, str] = field(default_factory=dict)
    quality: tuple[Quality, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    folder: Path = Path()

    def __post_init__(self):
        for name in ("name", "task", "title", "source", "output_unit", "trained_on", "limits", "licence", "citation"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} must be text")
        if not self.name or not self.task:
            raise ValueError("name and task must not be empty")
        if not isinstance(self.details, Mapping) or not isinstance(self.sha256, Mapping):
            raise TypeError("details and sha256 must be mappings")
        if not isinstance(self.window, int | None):
            raise TypeError("window must be a whole number or null")
        if not isinstance(self.details.get("order", 0), int | float):
            raise TypeError("details.order must be a number")

    @property
    def hub_repository(self) -> str | None:
        """Repository on the hub, or None for weights in a folder."""
        return self.source.removeprefix("hub:") if self.source.startswith("hub:") else None


def read_card(path: Path) -> ModelCard:
    """Read a ``card.json``.

    Parameters
    ----------
    path : Path
        The file; its folder is the model's.

    Returns
    -------
    ModelCard

    Raises
    ------
    ModelUnavailable
        The file is missing, is not JSON, or a field is missing, unknown or of the wrong kind; the message says which.
    """
    try:
        values = json.loads(path.read_text("utf-8"))
        if not isinstance(values, dict):
            raise TypeError("it holds no JSON object")
        values["quality"] = tuple(Quality(**row) for row in values.get("quality", []))
        return ModelCard(**values, folder=path.parent)
    except (OSError, ValueError, TypeError, RecursionError) as error:
        why = str(error).removeprefix("ModelCard.__init__() ").removeprefix("Quality.__init__() ")
        raise ModelUnavailable(f"{path} is not a model card: {why}") from error


@lru_cache(maxsize=256)
def read_card_once(path: Path, stamp: int) -> ModelCard:
    """`read_card`, once for each version of the file; pages ask for the cards on every run."""
    return read_card(path)


def write_card(card: ModelCard) -> Path:
    """Write `card` as ``card.json`` into its folder, with the hashes of the weights that lie there.

    Parameters
    ----------
    card : ModelCard
        Its `folder` must exist; its `sha256` is made anew.

    Returns
    -------
    Path
        The file, which is replaced as a whole: nobody ever reads half a card.

    Raises
    ------
    OSError
        The folder is missing or cannot be written to.
    """
    values = asdict(card)
    folder = values.pop("folder")
    values["sha256"] = {path.name: sha256(path) for path in sorted(folder.glob("*.safetensors"))}
    return write_atomically(folder / "card.json", json.dumps(_without_nan(values), indent=1) + "\n")


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: drop undefined interval ends so that they read back as NaN by default."""
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items() if not (isinstance(v, float) and v != v)}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    return value


def sha256(path: Path) -> str:
    """Hash of a file's content.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
        64 hexadecimal digits.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
