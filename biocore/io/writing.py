"""Files that appear whole or not at all: written beside their place, then moved there."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; when the block ends well, that file takes the place of `path`.

    Where the block raises, the new file is removed and what was there before stays.  Each thread of each process
    gets a path of its own, with the ending of `path`.

    Parameters
    ----------
    path : Path
        Where the file shall be.

    Raises
    ------
    OSError
        The folder is missing or cannot be written to, or the disk is full.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.{threading.get_ident()}.part{path.suffix}")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def write_atomically(path: Path, content: bytes | str) -> Path:
    """Write bytes, or text in UTF-8, so that nobody ever reads half of it.

    Parameters
    ----------
    path : Path
    content : bytes or str

    Returns
    -------
    Path
        `path`.

    Raises
    ------
    OSError
        As in `replacing`.
    """
    with replacing(path) as part:
        part.write_bytes(content.encode() if isinstance(content, str) else content)
    return path
