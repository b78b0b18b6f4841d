"""Arrays of a step as bytes: safetensors, so that nothing is ever unpickled."""

import numpy as np

from biocore.errors import DataUnavailable


def pack(arrays: dict[str, np.ndarray]) -> bytes:
    """Named arrays of numbers or booleans as one piece of bytes."""
    from safetensors.numpy import save

    return save({name: np.ascontiguousarray(value) for name, value in arrays.items()})


def unpack(data: bytes) -> dict[str, np.ndarray]:
    """Inverse of `pack`.

    Raises
    ------
    DataUnavailable
        The bytes are damaged.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except (SafetensorError, ValueError) as error:
        raise DataUnavailable(f"A stored result is damaged ({error}). Delete the job and start it again.") from error


def text_array(text: str) -> np.ndarray:
    """Text as the bytes of its UTF-8, uint8 (N,)."""
    return np.frombuffer(text.encode(), np.uint8)


def array_text(array: np.ndarray) -> str:
    """Inverse of `text_array`."""
    return array.tobytes().decode()
