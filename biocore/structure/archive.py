"""Structures from the RCSB PDB and AlphaFold DB: checked identifiers, bounded downloads, a disk cache."""

import ipaddress
import json
import re
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from biocore import runtime
from biocore.errors import DataUnavailable, InputError
from biocore.io import decompress, write_atomically
from biocore.structure.model import Structure
from biocore.structure.read import read_structure

HOSTS = {"pdb": "https://files.rcsb.org", "alphafold": "https://alphafold.ebi.ac.uk"}
TITLES = {"pdb": "the RCSB PDB", "alphafold": "AlphaFold DB"}
ORIGINS = {"pdb": "PDB", "alphafold": "AlphaFold DB"}
MAX_DOWNLOAD = 40 * 2**20  # bytes as they come, usually compressed
CONNECT_S, TOTAL_S = 4.0, 60.0
TRIES = 3
_INSTEAD = "Structures fetched before still open; a file or a built peptide needs no connection."

_PDB = re.compile(r"[1-9][A-Za-z0-9]{3}")
_LONG_PDB = re.compile(r"pdb_[A-Za-z0-9]{8}", re.IGNORECASE)
_UNIPROT = re.compile(r"[OPQ][0-9][A-Z0-9]{3}[0-9]|[A-NR-Z][0-9](?:[A-Z][A-Z0-9]{2}[0-9]){1,2}")
_ALPHAFOLD = re.compile(r"AF-([A-Z0-9]{6,10})-F(\d{1,2})(?:-MODEL_V\d{1,2})?")
WANTED = (
    "a PDB id (4 characters such as 3I40, or pdb_00003i40) "
    "or a UniProt accession (such as P01308, for its AlphaFold model)"
)


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

    >>> parse_identifier(" pdb_00003i40 ")
    Identifier(source='pdb', name='3I40')
    >>> parse_identifier("AF-P01308-F1")
    Identifier(source='alphafold', name='P01308')

    Raises
    ------
    InputError
        It fits none of the patterns.
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
    """The entry's mmCIF text, from the cache or from its archive.  Only what can be read as a structure is kept."""
    kept = cache_folder() / identifier.file_name
    if kept.is_file():
        try:
            content = kept.read_bytes()
            kept.touch()  # the cache forgets what was opened longest ago
            return content
        except OSError:
            pass  # unreadable: fetch it again
    if runtime.offline():
        raise DataUnavailable(f"{identifier.name} is not in the cache, and this server is set to work offline.")
    content = _from_pdb(identifier) if identifier.source == "pdb" else _from_alphafold(identifier)
    try:
        read_structure(content, identifier.name)
    except InputError as error:
        raise DataUnavailable(f"{TITLES[identifier.source]} sent something that is not a structure: {error}") from error
    _keep(kept, content)
    return content


def cached() -> list[Identifier]:
    """What opens without a connection, newest first."""
    files = sorted(cache_folder().glob("*.cif"), key=lambda path: -path.stat().st_mtime)
    return [Identifier(*path.stem.split("-", 1)) for path in files if "-" in path.stem]


def cache_folder() -> Path:
    """Folder of fetched structures."""
    path = runtime.home() / "structures"
    path.mkdir(parents=True, exist_ok=True)
    return path


def cache_limit() -> int:
    """Bytes the cache may take: ``BIOCORE_STRUCTURE_CACHE_MB``, 500 unless set."""
    try:
        return int(float(runtime.setting("structure_cache_mb", "500")) * 2**20)
    except ValueError as error:
        raise InputError("BIOCORE_STRUCTURE_CACHE_MB is not a number.") from error


def _keep(path: Path, content: bytes) -> None:
    limit = cache_limit()
    if len(content) > limit:
        return
    try:
        write_atomically(path, content)
        files = sorted(path.parent.glob("*.cif"), key=lambda p: p.stat().st_mtime)
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
    base = runtime.setting(name, HOSTS[source]).rstrip("/")
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
    from biocore.structure.read import MAX_BYTES

    try:
        return decompress(content, identifier.name, MAX_BYTES)
    except InputError as error:
        raise DataUnavailable(str(error)) from error


# ------------------------------------------------------------------------------------------------ one download


@dataclass
class _Job:
    """A download in a thread of its own, so that a resolver that hangs cannot hold the page."""

    url: str
    limit: int
    connected: threading.Event
    done: threading.Event
    stop: threading.Event
    content: bytes = b""
    error: Exception | None = None


class _Refused(Exception):
    """An answer that another try would not change."""


class _Busy(Exception):
    """An answer that another try may change."""


def _download(url: str, source: str, name: str, *, limit: int = MAX_DOWNLOAD) -> bytes:
    """Content at `url`; tried again after server errors and broken connections.

    Raises
    ------
    DataUnavailable
        Nothing came, for a reason the message gives.
    """
    started = time.monotonic()
    for attempt in range(TRIES):
        job = _Job(url, limit, threading.Event(), threading.Event(), threading.Event())
        threading.Thread(target=_work, args=(job,), daemon=True, name="structure-download").start()
        budget = CONNECT_S if attempt == 0 else 2.0
        if not _either(job, budget):
            job.stop.set()
            raise DataUnavailable(
                f"{TITLES[source]} cannot be reached from this machine ({CONNECT_S:g} s without a connection), so "
                f"{name} was not fetched. {_INSTEAD}"
            )
        if not job.done.wait(max(0.0, TOTAL_S - (time.monotonic() - started))):
            job.stop.set()
            raise DataUnavailable(
                f"{TITLES[source]} is too slow: {name} did not arrive within {TOTAL_S:g} s. Try again."
            )
        if job.error is None:
            return job.content
        if isinstance(job.error, _Refused):
            raise DataUnavailable(_reason(job.error, source, name)) from job.error
        if time.monotonic() - started > TOTAL_S or (not job.connected.is_set() and attempt):
            break
        if attempt < TRIES - 1:
            time.sleep(0.3 * 2**attempt)
    raise DataUnavailable(_reason(job.error, source, name)) from job.error


def _reason(error: Exception | None, source: str, name: str) -> str:
    if isinstance(error, _Refused) and str(error) == "404":
        hint = (
            "It may be obsolete, or too new."
            if source == "pdb"
            else "Not every UniProt accession has a predicted model."
        )
        return f"{TITLES[source]} has no entry {name}. {hint}"
    if isinstance(error, _Refused | _Busy):
        return f"{name} was not fetched from {TITLES[source]}: {error}."
    return f"{TITLES[source]} cannot be reached from this machine, so {name} was not fetched. {_INSTEAD}"


def _either(job: _Job, seconds: float) -> bool:
    """Wait until the job is connected or done."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if job.connected.wait(0.02) or job.done.is_set():
            return True
    return False


def _work(job: _Job) -> None:
    try:
        job.content = _get(job)
    except Exception as error:  # handed to the thread that waits, which tells them apart
        job.error = error
    finally:
        job.done.set()


def _get(job: _Job) -> bytes:
    """Follow up to three redirects within the same host, and read up to the limit."""
    import requests

    url, home = job.url, urlsplit(job.url)
    with requests.Session() as session:
        session.mount(f"{home.scheme}://", _announcing_adapter(job.connected))
        for _ in range(4):
            with session.get(
                url,
                stream=True,
                allow_redirects=False,
                timeout=(CONNECT_S, 15),
                headers={"User-Agent": "biocore", "Accept-Encoding": "identity"},
            ) as answer:
                if answer.status_code in (301, 302, 303, 307, 308):
                    url = _same_place(urljoin(url, answer.headers.get("Location", "")), home)
                    continue
                if answer.status_code in (404, 410):
                    raise _Refused("404")
                if answer.status_code == 429 or answer.status_code >= 500:
                    raise _Busy(f"the server answered {answer.status_code}")
                if answer.status_code != 200:
                    raise _Refused(f"the server answered {answer.status_code}")
                return _body(answer, job)
    raise _Refused("too many redirects")


def _same_place(url: str, home) -> str:
    new = urlsplit(url)
    if (new.scheme, new.hostname, new.port) != (home.scheme, home.hostname, home.port):
        raise _Refused("the answer pointed to another place on the internet, which is not followed")
    return url


def _body(answer, job: _Job) -> bytes:
    length = answer.headers.get("Content-Length", "")
    too_large = _Refused(f"the file is larger than {job.limit // 2**20} MB")
    if length.isdigit() and int(length) > job.limit:
        raise too_large
    parts, size = [], 0
    for part in answer.raw.stream(65536, decode_content=False):
        if job.stop.is_set():
            raise _Refused("stopped")
        parts.append(part)
        size += len(part)
        if size > job.limit:
            raise too_large
    if length.isdigit() and size < int(length):
        raise _Busy("the connection broke off")
    return b"".join(parts)


def _announcing_adapter(connected: threading.Event):
    """An adapter that says when the connection stands, so that waiting for it and waiting for the answer differ."""
    from requests.adapters import HTTPAdapter
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool

    def announcing(pool):
        class Connection(pool.ConnectionCls):
            def connect(self):
                super().connect()
                connected.set()

        return type("Pool", (pool,), {"ConnectionCls": Connection})

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args, **kwargs):
            super().init_poolmanager(*args, **kwargs)
            self._announce(self.poolmanager)

        def proxy_manager_for(self, *args, **kwargs):
            return self._announce(super().proxy_manager_for(*args, **kwargs))

        @staticmethod
        def _announce(manager):
            manager.pool_classes_by_scheme = {
                "http": announcing(HTTPConnectionPool),
                "https": announcing(HTTPSConnectionPool),
            }
            return manager

    return Adapter()
