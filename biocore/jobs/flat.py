"""Results that are frozen dataclasses as named arrays, and back."""

import json
from dataclasses import fields, is_dataclass
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
            found[name + ":json"] = text_array(json.dumps(part))
    return found


def from_arrays(kind: type, arrays: dict[str, np.ndarray], prefix: str = "") -> Any:
    """Inverse of `to_arrays`; lists become tuples."""
    hints, values = get_type_hints(kind), {}
    for field in fields(kind):
        name = prefix + field.name
        if name in arrays:
            values[field.name] = arrays[name]
        elif name + ":json" in arrays:
            values[field.name] = _tuples(json.loads(array_text(arrays[name + ":json"])))
        else:
            values[field.name] = from_arrays(hints[field.name], arrays, name + ".")
    return kind(**values)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
