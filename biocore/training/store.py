"""Weights on disk: safetensors, and JSON beside them.  Nothing is pickled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from biocore.io import replacing, write_atomically
from biocore.zoo import WEIGHTS


def save_params(folder: Path, tree: Mapping[str, Any], *, dtype: str = "float32", file: str = WEIGHTS) -> Path:
    """Write a nested mapping of arrays as safetensors.

    Parameters
    ----------
    folder : Path
        Made where missing.
    tree : nested mapping of arrays
        A name in it must not hold "/".
    dtype : str
        Number format in the file.
    file : str
        Its name.

    Returns
    -------
    Path
        The file, which is replaced as a whole.

    Raises
    ------
    OSError
        The folder cannot be written to, or the disk is full.
    """
    from flax.traverse_util import flatten_dict
    from safetensors.numpy import save_file

    folder.mkdir(parents=True, exist_ok=True)
    path = folder / file
    with replacing(path) as part:
        save_file({name: np.ascontiguousarray(a, dtype) for name, a in flatten_dict(tree, sep="/").items()}, part)
        part.chmod(0o644)  # safetensors makes it readable by its owner only
    return path


def load_params(folder: Path, *, file: str = WEIGHTS) -> dict[str, Any]:
    """Read what `save_params` wrote.

    Parameters
    ----------
    folder : Path
    file : str

    Returns
    -------
    nested dict of float32 arrays

    Raises
    ------
    OSError
        The file is missing.
    """
    from flax.traverse_util import unflatten_dict
    from safetensors.numpy import load_file

    return unflatten_dict({name: a.astype(np.float32) for name, a in load_file(folder / file).items()}, sep="/")


def save_json(path: Path, values: Any) -> Path:
    """Write JSON values, one indentation step a level.

    Parameters
    ----------
    path : Path
        Its folder is made where missing; the file is replaced as a whole.
    values : JSON values

    Returns
    -------
    Path
        `path`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    return write_atomically(path, json.dumps(values, indent=1) + "\n")
