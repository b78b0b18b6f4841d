"""Text files as users have them: gzip-compressed or not, with or without a byte-order mark."""

import gzip
from pathlib import Path

from biocore.errors import InputError


def read_text(path: Path) -> str:
    """Text of a file, gzip-compressed or not.

    Raises
    ------
    InputError
        The file is missing or is not text.
    """
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content).decode("utf-8-sig")
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", record=str(path)) from error
    except (UnicodeDecodeError, EOFError) as error:
        raise InputError("is not a text file, or is cut short.", record=str(path)) from error
