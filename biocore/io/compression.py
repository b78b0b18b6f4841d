"""Compressed files: told by their first bytes, unpacked within a limit."""

import gzip
import lzma
import zlib
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from biocore.errors import InputError

DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)  # what the two unpackers raise for a damaged or cut file
_KINDS = {b"\x1f\x8b": ("gzip", gzip.open), b"\xfd7zXZ\x00": ("xz", lzma.open)}


def decompress(content: bytes, name: str, limit: int) -> bytes:
    """The content, unpacked where it is gzip or xz; never more than `limit` bytes of it are held.

    Parameters
    ----------
    content : bytes
        Compressed or not; told by its first bytes, not by its name.
    name : str
        File name, for messages.
    limit : int
        Most bytes accepted after unpacking, and also of what is not compressed.

    Raises
    ------
    InputError
        Damaged, cut short, or larger than `limit`.
    """
    kind, opener = _kind(content[:6])
    if opener is not None:
        try:
            with opener(BytesIO(content)) as file:
                content = file.read(limit + 1)
        except DAMAGE as error:
            raise InputError(f"this {kind} file is damaged or cut short ({error}).", record=name) from error
    if len(content) > limit:
        unpacked = " once decompressed" if opener is not None else ""
        raise InputError(f"the file is larger than {limit / 2**20:,.0f} MB{unpacked}.", record=name)
    return content


def open_compressed(path: Path) -> BinaryIO:
    """A file's bytes as a stream, unpacked on the way where it is gzip or xz.

    Parameters
    ----------
    path : Path

    Raises
    ------
    OSError
        The file cannot be opened.  Reading raises one of `DAMAGE` where it is damaged.
    """
    with path.open("rb") as file:
        _, opener = _kind(file.read(6))
    return cast(BinaryIO, (opener or open)(path, "rb"))


def _kind(start: bytes):
    """Name and opener of a compressed format; ("", None) for anything else."""
    return next((found for magic, found in _KINDS.items() if start.startswith(magic)), ("", None))
