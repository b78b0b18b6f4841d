"""Which models there are, what they can do, and where their weights lie.  Imports no framework.

A model is a folder with a ``card.json`` and, unless its weights come from the hub, a ``model.safetensors``.
Folders lie in ``assets/models`` (what ships) and in ``<home>/models`` (what a user has trained); a user's model of the
same name wins.
"""

import difflib
import hashlib
import importlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from biocore import runtime
from biocore.errors import InputError, ModelUnavailable

WEIGHTS = "model.safetensors"

# task -> the module whose load(card) makes a model of it; a new architecture is a line here
LOADERS = {
    "tf-binding": "biocore.tfbinding",
    "protein-language-model": "biocore.esm2",
    "protein-function": "biocore.go",
}


@dataclass(frozen=True)
class Quality:
    """One measured number of a model: what, on which split, and its 95 % interval (NaN where none was computed)."""

    metric: str
    value: float
    low: float = float("nan")
    high: float = float("nan")
    split: str = "valid"
    note: str = ""


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

    @property
    def hub_repository(self) -> str | None:
        """Repository on the hub, or None for weights in a folder."""
        return self.source.removeprefix("hub:") if self.source.startswith("hub:") else None


def folders() -> list[Path]:
    """Where models are looked for, the most important last."""
    return [runtime.ASSETS / "models", runtime.home() / "models"]


def cards(task: str | None = None) -> list[ModelCard]:
    """Every model card, or those of one task, in order of their names (models that ship first in a tie)."""
    found = {}
    for root in folders():
        for path in sorted(root.glob("*/card.json")):
            stamp = path.stat().st_mtime_ns
            card = _read_card(path, stamp)
            found[card.name] = card
    return sorted(
        (c for c in found.values() if task in (None, c.task)), key=lambda c: (c.task, c.details.get("order", 0), c.name)
    )


def names(task: str) -> list[str]:
    """Names of the models of one task."""
    return [card.name for card in cards(task)]


def title(name: str) -> str:
    """The line that stands for a model in menus."""
    return card(name).title


def card(name: str) -> ModelCard:
    """The card of a model.

    Raises
    ------
    InputError
        No model has this name; the message lists the nearest ones.
    """
    known = {c.name: c for c in cards()}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:5]
    raise InputError(
        f"There is no model {name!r}. Did you mean: {', '.join(near)}? `python -m biocore models` lists all."
    )


def read_card(path: Path) -> ModelCard:
    """Read a ``card.json``.

    Raises
    ------
    ModelUnavailable
        The file is missing, is not JSON, or lacks a field.
    """
    try:
        values = json.loads(path.read_text())
        values["quality"] = tuple(Quality(**row) for row in values.get("quality", []))
        return ModelCard(**values, folder=path.parent)
    except (OSError, ValueError, TypeError) as error:
        raise ModelUnavailable(f"{path} is not a model card: {error}") from error


@lru_cache(maxsize=256)
def _read_card(path: Path, stamp: int) -> ModelCard:
    """`read_card`, once for each version of the file; pages ask for the cards on every run."""
    return read_card(path)


def write_card(card: ModelCard) -> Path:
    """Write `card` as ``card.json`` into its folder, with the hashes of the weights that lie there."""
    values = asdict(card)
    folder = values.pop("folder")
    values["sha256"] = {path.name: sha256(path) for path in sorted(folder.glob("*.safetensors"))}
    path = folder / "card.json"
    path.write_text(json.dumps(_without_nan(values), indent=1) + "\n")
    return path


def _without_nan(value: Any) -> Any:
    """JSON has no NaN: drop undefined interval ends so that they read back as NaN by default."""
    if isinstance(value, dict):
        return {k: _without_nan(v) for k, v in value.items() if not (isinstance(v, float) and v != v)}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    return value


def sha256(path: Path) -> str:
    """Hash of a file's content."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def weights(card: ModelCard, name: str = WEIGHTS) -> Path:
    """Path of a model's weights in its folder, checked against the hash on the card.

    Raises
    ------
    ModelUnavailable
        The file is missing, or is not the one the card describes.
    """
    path = card.folder / name
    if not path.exists():
        raise ModelUnavailable(f"The weights of {card.name} are not on this machine: {path} is missing.")
    expected = card.sha256.get(name)
    if expected and sha256(path) != expected:
        raise ModelUnavailable(
            f"{path} is damaged or was changed: its sha256 is not the one on its card. Fetch or train it again."
        )
    return path


def available(card: ModelCard) -> bool:
    """True where the weights are on this machine.  Asks nothing of the internet."""
    return hub_folder(card) is not None if card.hub_repository else (card.folder / WEIGHTS).exists()


def hub_files(card: ModelCard) -> list[str]:
    """The files of a hub model that are needed: ``details["files"]`` of its card."""
    return list(card.details.get("files", [WEIGHTS]))


def hub_download_folder(card: ModelCard) -> Path:
    """Where the files of a hub model are put when they are fetched: ``<home>/hub/<repository>/<revision>``."""
    return runtime.home() / "hub" / str(card.hub_repository).replace("/", "--") / (card.revision or "main")


def hub_folder(card: ModelCard) -> Path | None:
    """The folder that holds all files of a hub model: fetched by biocore, or found in the hub client's cache."""
    files = hub_files(card)
    folder = hub_download_folder(card)
    if all((folder / name).exists() for name in files):
        return folder
    from huggingface_hub import try_to_load_from_cache

    paths = [try_to_load_from_cache(str(card.hub_repository), name, revision=card.revision or None) for name in files]
    found = [Path(path) for path in paths if isinstance(path, str)]
    return found[0].parent if found and len(found) == len(files) else None


def load(name: str) -> Any:
    """Load a model by name, onto the GPU when there is one.

    Raises
    ------
    InputError
        No such model, or one that is only a part of others.
    ModelUnavailable
        Its weights are not on this machine, or are damaged.
    """
    chosen = card(name)
    if chosen.task not in LOADERS:
        raise InputError(f"{name} is a part of other models and cannot be loaded on its own.")
    return importlib.import_module(LOADERS[chosen.task]).load(chosen)
