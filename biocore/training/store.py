"""Weights on disk: safetensors, and JSON beside them.  Nothing is pickled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from biocore.io import replacing, write_atomically
from biocore.zoo import WEIGHTS


def flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, np.ndarray]:
    """Nested mapping of arrays -> ``{"a/b/c": array}``."""
    flat: dict[str, np.ndarray] = {}
    for name, value in tree.items():
        path = f"{prefix}/{name}" if prefix else name
        flat |= flatten(value, path) if isinstance(value, Mapping) else {path: np.asarray(value)}
    return flat


def unflatten(flat: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Inverse of `flatten`."""
    tree: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, leaf = path.split("/")
        node = tree
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return tree


def save_params(folder: Path, tree: Mapping[str, Any], *, dtype: str = "float32", file: str = WEIGHTS) -> Path:
    """Write a nested mapping of arrays as safetensors into `folder` (made where missing)."""
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    with replacing(path) as part:
        save_file({name: np.ascontiguousarray(a, dtype) for name, a in flatten(tree).items()}, part)
        part.chmod(0o644)  # safetensors makes it readable by its owner only
    return path


def load_params(folder: Path, *, file: str = WEIGHTS) -> dict[str, Any]:
    """Read what `save_params` wrote, as float32."""
    from safetensors.numpy import load_file

    return unflatten({name: a.astype(np.float32) for name, a in load_file(folder / file).items()})


def save_json(path: Path, values: Any) -> Path:
    """Write JSON values, one indentation step a level."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(path, json.dumps(values, indent=1) + "\n")
