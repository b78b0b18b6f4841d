"""Text files as users have them: compressed or not, with or without a byte-order mark."""

from pathlib import Path

from biocore.errors import InputError
from biocore.io.compression import decompress

MOST_BYTES = 4 * 2**30  # of one file read as a whole: all of Swiss-Prot takes 0.3 GB as FASTA


def decode(content: bytes, name: str, *, limit: int = MOST_BYTES) -> str:
    """Text of a file's content, gzip- or xz-compressed or not, in UTF-8.

    Parameters
    ----------
    content : bytes
    name : str
        File name, for messages.
    limit : int
        Most bytes once decompressed.

    Raises
    ------
    InputError
        Damaged, too large, or not text.

    Examples
    --------
    >>> decode(b"\\xef\\xbb\\xbf>a\\nACGT\\n", "a.fa")
    '>a\\nACGT\\n'
    """
    try:
        return decompress(content, name, limit).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("this is not a text file (UTF-8 is read).", record=name) from error


def read_text(path: Path, *, limit: int = MOST_BYTES) -> str:
    """Text of a file, compressed or not; see `decode`.

    Parameters
    ----------
    path : Path
    limit : int
        Most bytes once decompressed.

    Raises
    ------
    InputError
        The file is missing, damaged, too large, or not text.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", record=str(path)) from error
    return decode(content, str(path), limit=limit)
