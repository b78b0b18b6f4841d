"""Structures from the RCSB PDB and AlphaFold DB: checked identifiers, bounded downloads, a disk cache."""

import ipaddress
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from biocore import runtime
from biocore.errors import DataUnavailable, InputError
from biocore.io import decompress, write_atomically
from biocore.structure import download
from biocore.structure.model import Structure
from biocore.structure.read import MAX_BYTES, read_structure

TITLES = {"pdb": "the RCSB PDB", "alphafold": "AlphaFold DB"}
ORIGINS = {"pdb": "PDB", "alphafold": "AlphaFold DB"}
MAX_DOWNLOAD = 40 * 2**20  # bytes as they come, usually compressed
_ABSENT = {
    "pdb": "It may be obsolete, or too new.",
    "alphafold": "Not every UniProt accession has a predicted model.",
}
_INSTEAD = "Structures fetched before still open; a file or a built peptide needs no connection."

_PDB = re.compile(r"[1-9][A-Za-z0-9]{3}")
_LONG_PDB = re.compile(r"pdb_[A-Za-z0-9]{8}", re.IGNORECASE)
_UNIPROT = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2}")
_ALPHAFOLD = re.compile(r"AF-([A-Z0-9]{6,10})-F(\d{1,2})(?:-MODEL_V\d{1,2})?")
WANTED = (
    "a PDB id (4 characters such as 3I40, or pdb_00003i40) "
    "or a UniProt accession (such as P01308, for its AlphaFold model)"
)


class Offline(DataUnavailable):
    """There is no connection to an archive, or this server is set to work without one."""


@dataclass(frozen=True)
class Identifier:
    """An identifier that has passed its pattern.

    Attributes
    ----------
    source : str
        "pdb" or "alphafold".
    name : str
        PDB id in upper case ("3I40", "pdb_1abcdefg"), or UniProt accession, with "-F2" for a further fragment.
    """

    source: str
    name: str

    @property
    def file_name(self) -> str:
        """Name in the cache."""
        return f"{self.source}-{self.name}.cif"


def parse_identifier(text: str) -> Identifier:
    """What a user typed, as an identifier.

    Parameters
    ----------
    text : str
        PDB id of 4 or 12 characters, UniProt accession, or name of an AlphaFold model; either case, blanks around it.

    Raises
    ------
    InputError
        It fits none of the patterns.

    Examples
    --------
    >>> parse_identifier(" pdb_00003i40 ")
    Identifier(source='pdb', name='3I40')
    >>> parse_identifier("AF-P01308-F1")
    Identifier(source='alphafold', name='P01308')
    """
    text = text.strip()
    if _PDB.fullmatch(text):
        return Identifier("pdb", text.upper())
    if _LONG_PDB.fullmatch(text):
        lower = text.lower()
        if lower.startswith("pdb_0000") and _PDB.fullmatch(lower[8:]):
            return Identifier("pdb", lower[8:].upper())
        return Identifier("pdb", lower)
    upper = text.upper()
    if _UNIPROT.fullmatch(upper):
        return Identifier("alphafold", upper)
    model = _ALPHAFOLD.fullmatch(upper)
    if model and _UNIPROT.fullmatch(model[1]):
        return Identifier("alphafold", model[1] + ("" if model[2] == "1" else f"-F{int(model[2])}"))
    isoform = re.fullmatch(rf"({_UNIPROT.pattern})-\d{{1,3}}", upper)
    if isoform:
        raise InputError(f"{upper} names an isoform; AlphaFold DB is asked by accession. Type {isoform[1]}.")
    raise InputError(f"{text[:40]!r} is not an identifier. Type {WANTED}.")


def fetch(text: str, *, model: int = 1, assembly: str = "") -> Structure:
    """Read a structure from the cache, or download it.

    Parameters
    ----------
    text : str
        As `parse_identifier` takes it.
    model : int
        1-based number of the model.
    assembly : str
        Name of a biological assembly ("1"), or empty for what the file lists.

    Raises
    ------
    InputError
        `text` is no identifier, or the entry has no such model or assembly.
    DataUnavailable
        Offline, unknown to the archive, or refused because of its size or because the answer came from another place.

    Notes
    -----
    Without a connection the answer comes within 5 s.
    """
    identifier = parse_identifier(text)
    content = fetch_bytes(identifier)
    return read_structure(content, identifier.name, model=model, assembly=assembly, origin=ORIGINS[identifier.source])


def fetch_bytes(identifier: Identifier) -> bytes:
    """The entry's mmCIF text, from the cache or from its archive.  Only what can be read as a structure is kept.

    Parameters
    ----------
    identifier : Identifier
        As `parse_identifier` returns it.

    Raises
    ------
    DataUnavailable
        As in `fetch`.
    """
    kept = cache_folder() / identifier.file_name
    if kept.is_file():
        try:
            content = kept.read_bytes()
            kept.touch()  # the cache forgets what was opened longest ago
            return content
        except OSError:
            pass  # unreadable: fetch it again
    if runtime.offline():
        raise Offline(f"{identifier.name} is not in the cache, and this server is set to work offline.")
    content = _from_pdb(identifier) if identifier.source == "pdb" else _from_alphafold(identifier)
    try:
        read_structure(content, identifier.name)
    except InputError as error:
        raise DataUnavailable(f"{TITLES[identifier.source]} sent something that is not a structure: {error}") from error
    _keep(kept, content)
    return content


def is_cached(text: str) -> bool:
    """Whether this identifier opens without a connection.

    Parameters
    ----------
    text : str
        As `parse_identifier` takes it.

    Raises
    ------
    InputError
        `text` is no identifier.
    """
    return (cache_folder() / parse_identifier(text).file_name).is_file()


def cached() -> list[Identifier]:
    """What opens without a connection, newest first."""
    return [Identifier(*path.stem.split("-", 1)) for path in reversed(_oldest_first())]


def cache_folder() -> Path:
    """Folder of fetched structures."""
    path = runtime.home() / "structures"
    path.mkdir(parents=True, exist_ok=True)
    return path


def cache_limit() -> int:
    """Bytes the cache may take: the setting ``BIOCORE_STRUCTURE_CACHE_MB``."""
    return int(runtime.number("structure_cache_mb") * 2**20)


def _oldest_first() -> list[Path]:
    """Files of the cache, by when they were opened last; what is being written just now is not among them."""
    opened: dict[Path, float] = {}
    for path in cache_folder().glob("*.cif"):
        try:
            if path.name.startswith(("pdb-", "alphafold-")):
                opened[path] = path.stat().st_mtime
        except OSError:  # forgotten by another session since
            continue
    return sorted(opened, key=opened.__getitem__)


def _keep(path: Path, content: bytes) -> None:
    limit = cache_limit()
    if len(content) > limit:
        return
    try:
        write_atomically(path, content)
        files = _oldest_first()
        total = sum(p.stat().st_size for p in files)
        for old in files:
            if total <= limit or old == path:
                break
            total -= old.stat().st_size
            old.unlink(missing_ok=True)
    except OSError:  # a full disk costs the cache, not the user's answer
        return


# ------------------------------------------------------------------------------------------------ where from


def _base(source: str) -> str:
    """The archive's address.  ``BIOCORE_RCSB_URL``, ``BIOCORE_ALPHAFOLD_URL`` name a mirror: https, or this machine."""
    name = "rcsb_url" if source == "pdb" else "alphafold_url"
    base = runtime.setting(name).rstrip("/")
    parts = urlsplit(base)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts.hostname or "")):
        raise InputError(f"BIOCORE_{name.upper()} is {base!r}; structures are only fetched over https.")
    return base


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _from_pdb(identifier: Identifier) -> bytes:
    content = _download(f"{_base('pdb')}/download/{identifier.name}.cif.gz", "pdb", identifier.name)
    return _plain(content, identifier)


def _from_alphafold(identifier: Identifier) -> bytes:
    """Ask for the entry's latest version, then for its file; the address is made here, not taken from the answer."""
    accession, _, fragment = identifier.name.partition("-F")
    base = _base("alphafold")
    answer = _download(f"{base}/api/prediction/{accession}", "alphafold", identifier.name, limit=5 * 2**20)
    try:
        versions = [int(entry["latestVersion"]) for entry in json.loads(answer)]
        version = max(versions)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DataUnavailable("AlphaFold DB answered in a form that is not understood.") from error
    if not 1 <= version <= 999:
        raise DataUnavailable("AlphaFold DB answered in a form that is not understood.")
    url = f"{base}/files/AF-{accession}-F{fragment or 1}-model_v{version}.cif"
    return _plain(_download(url, "alphafold", identifier.name), identifier)


def _plain(content: bytes, identifier: Identifier) -> bytes:
    try:
        return decompress(content, identifier.name, MAX_BYTES)
    except InputError as error:
        raise DataUnavailable(str(error)) from error


def _download(url: str, source: str, name: str, *, limit: int = MAX_DOWNLOAD) -> bytes:
    """Content at `url`.

    Raises
    ------
    DataUnavailable
        Nothing came, for a reason the message gives.
    """
    try:
        return download.download(url, limit)
    except download.Unreachable as error:
        message = f"{TITLES[source]} cannot be reached from this machine, so {name} was not fetched. {_INSTEAD}"
        raise Offline(message) from error
    except download.TooSlow as error:
        message = f"{TITLES[source]} is too slow: {name} did not arrive within {download.TOTAL_S:g} s. Try again."
        raise DataUnavailable(message) from error
    except download.Refused as error:
        if error.status in (404, 410):
            raise DataUnavailable(f"{TITLES[source]} has no entry {name}. {_ABSENT[source]}") from error
        raise DataUnavailable(f"{name} was not fetched from {TITLES[source]}: {error}.") from error
