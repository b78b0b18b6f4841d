"""Zip files from strangers: every bound is checked before anything is unpacked, and nothing is written to disk."""

import re
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO

from biocore.errors import InputError
from biocore.io.arrays import Budget

MOST_MEMBERS = 500
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_-][A-Za-z0-9_.-]*){0,3}")
_KINDS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read_members(content: bytes, *, limit: int, what: str = "a zip file") -> dict[str, bytes]:
    """The files of a zip archive by name, in memory.

    Parameters
    ----------
    content : bytes
    limit : int
        Bytes that all files together may take once unpacked.
    what : str
        What the user was asked for, for messages.

    Raises
    ------
    InputError
        Not a zip file, damaged, encrypted, more than 500 files, larger than `limit` once unpacked, a name that is
        there twice, or one that leads out of the archive.
    """
    budget = Budget(limit)
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            members = [member for member in archive.infolist() if not member.is_dir()]
            if len(members) > MOST_MEMBERS:
                raise InputError(f"this archive holds {len(members):,} files; {MOST_MEMBERS} are the most.")
            for member in members:
                _check(member, found)
                budget.spend(member.file_size)
            for member in members:
                with archive.open(member) as file:  # with a number: what the archive says is no promise
                    found[member.filename] = file.read(member.file_size)
                    if file.read(1):
                        raise InputError(f"{member.filename} is larger than the archive says.")
    except InputError:
        raise
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, ValueError, NotImplementedError) as error:
        raise InputError(f"this is not {what}, or it is damaged ({error}).") from error
    return found


def _check(member: zipfile.ZipInfo, found: dict[str, bytes]) -> None:
    name = member.orig_filename
    if not _NAME.fullmatch(name) or name != member.filename:
        raise InputError(f"the archive holds a file with the name {name[:80]!r}, which is not read.")
    if name in found:
        raise InputError(f"the archive holds {name} twice.")
    if member.flag_bits & 1:
        raise InputError(f"{name} is encrypted.")
    if member.compress_type not in _KINDS:
        raise InputError(f"{name} is compressed in a way that is not read here; deflate is.")
    found[name] = b""


def write_members(members: Mapping[str, bytes | str]) -> bytes:
    """A zip archive of these files; the same files give the same bytes.

    Parameters
    ----------
    members : mapping
        Name -> bytes, or text that is written in UTF-8.

    Examples
    --------
    >>> read_members(write_members({"a.txt": "x"}), limit=100)
    {'a.txt': b'x'}
    """
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)  # dated 1980, so that equal files give equal archives
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
    return stream.getvalue()
