"""Which models there are, what they can do, and where their weights lie.  Imports no framework.

A model is a folder with a ``card.json`` and, unless its weights come from the hub, a ``model.safetensors``.
Folders lie in ``assets/models`` (what ships) and in ``<home>/models`` (what a user has trained); a user's model of the
same name wins.  What a visitor of the pages has trained lies in ``<home>/own_models``: it is listed for nobody, and
opened only by its name, which cannot be guessed.
"""

import difflib
import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biocore import runtime
from biocore.errors import InputError, ModelUnavailable
from biocore.zoo.model_card import ModelCard, Quality, read_card, read_card_once, sha256, write_card

__all__ = [
    "LOADERS",
    "WEIGHTS",
    "BrokenCard",
    "ModelCard",
    "Quality",
    "available",
    "broken",
    "card",
    "cards",
    "factor",
    "folders",
    "here",
    "hub_download_folder",
    "hub_files",
    "hub_folder",
    "is_here",
    "load",
    "names",
    "own_folder",
    "read_card",
    "sha256",
    "title",
    "weights",
    "write_card",
]

WEIGHTS = "model.safetensors"
_OWN = re.compile(r"own-[0-9a-f]{32}")

# task -> the module whose load(card) makes a model of it; a new architecture is a line here
LOADERS = {
    "tf-binding": "biocore.tfbinding",
    "protein-language-model": "biocore.esm2",
    "protein-families": "biocore.families",
    "protein-function": "biocore.go",
    "variant-effect": "biocore.variants",
}


def folders() -> list[Path]:
    """Where models are looked for, the most important last.

    Returns
    -------
    list of Path
        What ships, and what the user has trained; a model of the same name in the later folder wins.
    """
    return [runtime.ASSETS / "models", runtime.home() / "models"]


def own_folder(name: str) -> Path | None:
    """Folder of a model that is not listed; None where the name is not such a one.

    Parameters
    ----------
    name : str
        ``own-`` and 32 hexadecimal digits.

    Returns
    -------
    Path or None
        Need not exist.
    """
    return runtime.home() / "own_models" / name if _OWN.fullmatch(name) else None


@dataclass(frozen=True)
class BrokenCard:
    """A model folder whose card cannot be read, and why; it harms no other model."""

    folder: Path
    reason: str


def _read_all() -> tuple[dict[str, ModelCard], list[BrokenCard]]:
    found: dict[str, ModelCard] = {}
    unreadable = []
    for root in folders():
        for path in sorted(root.glob("*/card.json")):
            try:
                card = read_card_once(path, path.stat().st_mtime_ns)
            except (ModelUnavailable, OSError) as error:  # OSError: deleted since the folder was listed
                unreadable.append(BrokenCard(path.parent, str(error)))
            else:
                found[card.name] = card
    return found, unreadable


def cards(task: str | None = None) -> list[ModelCard]:
    """Every model card that can be read.

    Parameters
    ----------
    task : str, optional
        Only the models of this task.

    Returns
    -------
    list of ModelCard
        By task, the order their cards ask for, and name.  Cards that cannot be read are left out; see `broken`.
    """
    found, _ = _read_all()
    return sorted(
        (c for c in found.values() if task in (None, c.task)), key=lambda c: (c.task, c.details.get("order", 0), c.name)
    )


def broken() -> list[BrokenCard]:
    """Model folders whose card cannot be read.

    Returns
    -------
    list of BrokenCard
        Usually empty.
    """
    return _read_all()[1]


def names(task: str) -> list[str]:
    """Names of the models of one task, in the order of `cards`.

    Parameters
    ----------
    task : str
        One of ``LOADERS``, or a task nobody loads by name.

    Returns
    -------
    list of str
    """
    return [card.name for card in cards(task)]


def here(task: str) -> list[str]:
    """Names of the models of one task on this machine, without the examples of other architectures.

    Parameters
    ----------
    task : str
        As `names`.

    Returns
    -------
    list of str
        Those whose card has ``"example": true`` among its details are to be asked for by name.
    """
    return [card.name for card in cards(task) if available(card) and not card.details.get("example")]


def title(name: str) -> str:
    """The line that stands for a model in menus.

    Parameters
    ----------
    name : str

    Returns
    -------
    str

    Raises
    ------
    InputError, ModelUnavailable
        As in `card`.
    """
    return card(name).title


def card(name: str) -> ModelCard:
    """The card of a model.

    Parameters
    ----------
    name : str
        As on its card.

    Returns
    -------
    ModelCard

    Raises
    ------
    InputError
        No model has this name; the message lists the nearest ones.
    ModelUnavailable
        A folder has this name, but its card cannot be read.
    """
    own = own_folder(name)
    if own is not None:
        path = own / "card.json"
        if not path.exists():
            raise ModelUnavailable("This model of your own was deleted, with the job that trained it. Train it again.")
        return read_card_once(path, path.stat().st_mtime_ns)
    known, unreadable = _read_all()
    if name in known:
        return known[name]
    for entry in unreadable:
        if entry.folder.name == name:
            raise ModelUnavailable(entry.reason)
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or sorted(known)[:5]
    raise InputError(
        f"There is no model {name!r}. Did you mean: {', '.join(near)}? `python -m biocore models` lists all."
    )


def is_here(name: str) -> bool:
    """Whether a user's own model, by its unlisted name, is still on this machine."""
    own = own_folder(name)
    return own is not None and (own / "card.json").exists()


def factor(name: str) -> str:
    """The transcription factor of a model: ``CTCF`` for ``tf-CTCF``; for a user's own, what its card says.

    Parameters
    ----------
    name : str

    Raises
    ------
    ModelUnavailable
        A user's own model that is not here any more.
    """
    return str(card(name).details["tf"]) if own_folder(name) else name.removeprefix("tf-")


def weights(card: ModelCard, name: str = WEIGHTS) -> Path:
    """Path of a model's weights in its folder, checked against the hash on the card.

    Parameters
    ----------
    card : ModelCard
    name : str
        File name; the card may have no hash of it, and then it is taken as it is.

    Returns
    -------
    Path

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
    """Whether the weights are on this machine.  Asks nothing of the internet.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    bool
    """
    return hub_folder(card) is not None if card.hub_repository else (card.folder / WEIGHTS).exists()


def hub_files(card: ModelCard) -> list[str]:
    """The files of a hub model that are needed.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    list of str
        ``details["files"]`` of the card.
    """
    return list(card.details.get("files", [WEIGHTS]))


def hub_download_folder(card: ModelCard) -> Path:
    """Where the files of a hub model are put when they are fetched.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    Path
        ``<home>/hub/<repository>/<revision>``; need not exist.
    """
    return runtime.home() / "hub" / str(card.hub_repository).replace("/", "--") / (card.revision or "main")


def hub_folder(card: ModelCard) -> Path | None:
    """The folder that holds all files of a hub model: fetched by biocore, or found in the hub client's cache.

    Parameters
    ----------
    card : ModelCard

    Returns
    -------
    Path or None
        None where a file is missing.
    """
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

    Parameters
    ----------
    name : str
        As on its card.

    Returns
    -------
    object
        What the module of its task makes of the card: a ``TFModel``, an ``Esm2``, a ``FunctionModel``.

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
