"""Results that are frozen dataclasses as named arrays, and back."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields, is_dataclass
from typing import Any, get_type_hints

import numpy as np

from biocore.jobs.arrays import array_text, text_array


def to_arrays(value: Any, prefix: str = "") -> dict[str, np.ndarray]:
    """Every field of a dataclass, those of dataclasses in it with their path; what is no array as JSON."""
    found: dict[str, np.ndarray] = {}
    for field in fields(value):
        part, name = getattr(value, field.name), prefix + field.name
        if isinstance(part, np.ndarray):
            found[name] = part
        elif is_dataclass(part):
            found |= to_arrays(part, name + ".")
        else:
            found[name + ":json"] = text_array(json.dumps(part, default=_plain))
    return found


def from_arrays(kind: type, arrays: dict[str, np.ndarray], prefix: str = "", **items: Callable[[Any], Any]) -> Any:
    """Inverse of `to_arrays`.

    Parameters
    ----------
    kind : type
        The dataclass.
    arrays : dict
    prefix : str
        Of the names.
    **items
        For a field that is a tuple of dataclasses: what makes one of its values.

    Returns
    -------
    object
        Of `kind`; lists have become tuples.
    """
    hints = get_type_hints(kind)
    values: dict[str, Any] = {}
    for field in fields(kind):
        name = prefix + field.name
        if name in arrays:
            values[field.name] = arrays[name]
        elif name + ":json" in arrays:
            found = json.loads(array_text(arrays[name + ":json"]))
            make = items.get(field.name)
            values[field.name] = tuple(map(make, found)) if make else _tuples(found)
        else:
            values[field.name] = from_arrays(hints[field.name], arrays, name + ".")
    return kind(**values)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def _plain(value: Any) -> Any:
    """What JSON has no word for: numpy's numbers, and dataclasses in tuples."""
    return asdict(value) if is_dataclass(value) and not isinstance(value, type) else value.item()
