"""Fetching weights from the hub: visible, resumable, and quick to say that there is no internet.

Files land in ``<home>/hub/<repository>/<revision>`` under their own names, so that the folder can be copied as it is to
a machine without internet.  A download that breaks off leaves a ``.part`` file and goes on from there the next time
(the hub's own client starts again).  What that client has fetched before is found as well (`zoo.hub_folder`).
"""

import hashlib
import http.client
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from pathlib import Path

from biocore import runtime, zoo
from biocore.errors import ModelUnavailable

Progress = Callable[[int, int], None]

FIRST_ANSWER_S = 4.0  # until the hub counts as out of reach
STALL_S = 30.0  # without a byte until a running download counts as broken off
_CHUNK = 1 << 20
_SHA256 = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True)
class _Remote:
    """A file on the hub: its size in bytes, and its sha256 where the hub knows one (large files)."""

    name: str
    url: str
    size: int
    sha256: str | None


def endpoint() -> str:
    """Address of the hub: ``BIOCORE_HUB``, or what the hub's client is set to (``HF_ENDPOINT``)."""
    from huggingface_hub import constants

    return (runtime.setting("hub") or constants.ENDPOINT).rstrip("/")


def fetch(card: zoo.ModelCard, progress: Progress | None = None) -> Path:
    """The folder of a hub model; what is missing is downloaded first.

    Parameters
    ----------
    progress : callable, optional
        Called with (bytes here, bytes in all) before, during and after the download.

    Raises
    ------
    ModelUnavailable
        No internet (said within 5 s), the hub does not have the files, the download broke off (start it
        again and it goes on), or the disk is full.
    """
    found = zoo.hub_folder(card)
    if found is not None:
        return found
    if card.hub_repository is None:
        raise ModelUnavailable(f"{card.name} does not come from the hub.")
    if runtime.offline():
        raise _not_here(card, "BIOCORE_OFFLINE is set, so nothing is fetched")
    folder = zoo.hub_download_folder(card)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remotes = _within(FIRST_ANSWER_S, lambda: [_head(card, name) for name in zoo.hub_files(card)], card)
        _fetch_all(remotes, folder, progress)
    except urllib.error.HTTPError as error:
        raise ModelUnavailable(
            f"{card.name}: the hub answers {error.code} ({error.reason}) for {error.url}. Revision {card.revision} may "
            "have been withdrawn; use a folder of your own instead."
        ) from error
    except (http.client.HTTPException, OSError) as error:
        raise ModelUnavailable(
            f"{card.name}: the download broke off ({_reason(error)}). Start it again; it goes on where it stopped."
        ) from error
    return folder


def _not_here(card: zoo.ModelCard, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{card.name} is not on this machine, and {why}. Choose a model that is here, give the path of a folder "
        f"with its files, or fetch it where there is internet: python -m biocore fetch {card.name}"
    )


def _within(seconds: float, work: Callable, card: zoo.ModelCard):
    """Result of `work`, or "not on this machine" after `seconds`; looking up a name has no time limit of its own."""
    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(timeout=seconds)
    except urllib.error.HTTPError:
        raise
    except (FutureTimeout, OSError, http.client.HTTPException) as error:
        raise _not_here(card, f"{endpoint()} is out of reach ({_reason(error)})") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _reason(error: BaseException) -> str:
    reason = getattr(error, "reason", None) or str(error) or ("no answer" if isinstance(error, TimeoutError) else "")
    return str(reason) or type(error).__name__


class _HeadRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a redirect with HEAD and remembers its headers.

    Large files are answered with a redirect; it, and not the storage behind it, says their size and hash.
    """

    def __init__(self):
        self.linked: dict[str, str] = {}

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        for key in ("x-linked-size", "x-linked-etag"):
            if headers.get(key):
                self.linked.setdefault(key, headers[key])
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            following.method = "HEAD"
        return following


def _head(card: zoo.ModelCard, name: str) -> _Remote:
    url = f"{endpoint()}/{card.hub_repository}/resolve/{card.revision}/{name}"
    request = urllib.request.Request(url, method="HEAD", headers={"Accept-Encoding": "identity"})
    redirects = _HeadRedirects()
    with urllib.request.build_opener(redirects).open(request, timeout=FIRST_ANSWER_S) as answer:
        headers = {key.lower(): value for key, value in answer.headers.items()} | redirects.linked
    size = headers.get("x-linked-size") or headers.get("content-length")
    tag = headers.get("x-linked-etag") or headers.get("etag") or ""
    if size is None:
        raise OSError(f"the hub does not say how large {name} is")
    tag = tag.strip('"').removeprefix("W/").strip('"')
    return _Remote(name, url, int(size), tag if _SHA256.match(tag) else None)


def _fetch_all(remotes: list[_Remote], folder: Path, progress: Progress | None) -> None:
    total = sum(remote.size for remote in remotes)
    done = 0
    for remote in remotes:

        def report(bytes_here: int, before: int = done) -> None:
            if progress:
                progress(before + bytes_here, total)

        _fetch_one(remote, folder / remote.name, report)
        done += remote.size
    if progress:
        progress(total, total)


def _fetch_one(remote: _Remote, path: Path, report: Callable[[int], None]) -> None:
    """Download one file beside its place and move it there when it is whole."""
    if path.exists() and path.stat().st_size == remote.size:
        return
    part = path.with_name(f"{path.name}.part")
    here = part.stat().st_size if part.exists() else 0
    if here > remote.size:
        part.unlink()
        here = 0
    if here < remote.size:
        _append(remote, part, here, report)
    if part.stat().st_size != remote.size:
        raise OSError(f"{part.stat().st_size:,} of {remote.size:,} bytes of {remote.name} came")
    if remote.sha256 and zoo.sha256(part) != remote.sha256:
        part.unlink()
        raise OSError(f"{remote.name} came damaged: its sha256 is not the hub's")
    part.replace(path)


def _append(remote: _Remote, part: Path, here: int, report: Callable[[int], None]) -> None:
    headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={here}-"} if here else {})
    request = urllib.request.Request(remote.url, headers=headers)
    with urllib.request.urlopen(request, timeout=STALL_S) as answer:
        resumed = answer.status == 206
        here = here if resumed else 0
        with part.open("ab" if resumed else "wb") as file:
            report(here)
            while chunk := answer.read(_CHUNK):
                file.write(chunk)
                here += len(chunk)
                report(here)


def local_hash(card: zoo.ModelCard) -> str:
    """What stands for a hub model's weights in cache keys: the repository's name and commit."""
    return hashlib.sha256(f"{card.hub_repository}@{card.revision}".encode()).hexdigest()[:16]
