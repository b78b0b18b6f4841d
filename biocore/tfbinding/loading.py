"""Trained models from their folders: a factor's own weights, and the trunk it shares."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from safetensors.numpy import load_file

from biocore import runtime, zoo
from biocore.errors import ModelUnavailable
from biocore.tfbinding.model import WINDOW, SharedTrunk, TFModel
from biocore.tfbinding.network import Architecture


def load(card: zoo.ModelCard) -> TFModel:
    """Load the model of a card.

    Parameters
    ----------
    card : ModelCard
        Of the task "tf-binding".

    Returns
    -------
    TFModel

    Raises
    ------
    ModelUnavailable
        Its weights, or those of the trunk it shares, are missing, damaged or of another training run.
    """
    runtime.persist_jax_compilations()
    details = card.details
    weights = _tensors(zoo.weights(card))
    if "trunk" in details:
        trunk = _shared_trunk(card)
    else:
        trunk = SharedTrunk(Architecture.from_json(details["architecture"]), _variables(weights))
    heads = {name.removeprefix("heads/"): array for name, array in weights.items() if name.startswith("heads/")}
    kmers = weights.get("kmers", np.zeros((1, 64, 64), np.float32))
    scale, offset = (float(details["calibration"][name]) for name in ("scale", "offset"))
    return TFModel(zoo.factor(card.name), trunk, heads, kmers, scale, offset, card.window or WINDOW)


def _shared_trunk(card: zoo.ModelCard) -> SharedTrunk:
    """The trunk named on a factor's card: from the folder beside it, else from the zoo."""
    name = card.details["trunk"]
    beside = card.folder.parent / name / "card.json"
    trunk = zoo.read_card(beside) if beside.exists() else zoo.card(name)
    path = zoo.weights(trunk)
    if trunk.sha256.get(path.name) != card.details["trunk_sha256"]:
        raise ModelUnavailable(
            f"{card.name} belongs to another training run of {name} than the one in {path.parent}. Train both again."
        )
    return _load_trunk(path, path.stat().st_mtime_ns, Architecture.from_json(trunk.details["architecture"]))


@lru_cache(maxsize=8)
def _load_trunk(path: Path, stamp: int, architecture: Architecture) -> SharedTrunk:
    """One object for every factor that shares it: that is how `track` knows."""
    return SharedTrunk(architecture, _variables(_tensors(path)))


def _tensors(path: Path) -> dict[str, np.ndarray]:
    """Arrays of a safetensors file as float32; they may be stored in half precision."""
    return {name: array.astype(np.float32) for name, array in load_file(path).items()}


def _variables(tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    """Names such as ``trunk/params/conv0/kernel`` -> the nested mapping flax takes."""
    tree: dict[str, Any] = {"params": {}, "batch_stats": {}}
    for name, array in tensors.items():
        first, *parts = name.split("/")
        if first != "trunk":
            continue
        node = tree
        for part in parts[:-1]:
            node = node.setdefault(part, {})
        node[parts[-1]] = jnp.asarray(array)
    return tree
