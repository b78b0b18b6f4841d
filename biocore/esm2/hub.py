"""Fetching weights from the hub: one download at a time, resumable, and quick to say that there is no internet.

Files land in ``<home>/hub/<repository>/<revision>`` under their own names, so that the folder can be copied as it is to
a machine without internet.  The hub's client asks and downloads; a download that breaks off leaves a ``.part`` file and
goes on from there the next time (``hf_hub_download`` throws away what it had).  Files that the client's own cache holds
are found as well (`zoo.hub_folder`).
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biocore import runtime, zoo
from biocore.errors import ModelUnavailable

Progress = Callable[[int, int], None]

FIRST_ANSWER_S = 4.0  # until the hub counts as out of reach
WAIT_S = 0.5  # between two looks at a download somebody else has started
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


def fetch(card: zoo.ModelCard, progress: Progress | None = None, *, again: bool = False) -> Path:
    """The folder of a hub model; what is missing is downloaded first.

    Where another thread or process is fetching the same model, this one waits for it and goes on if it breaks off.

    Parameters
    ----------
    card : ModelCard
    progress : callable, optional
        Called with (bytes here, bytes in all) before, during and after the download.
    again : bool
        Compare the files that are here with the hub's and download what differs, because they cannot be opened.

    Returns
    -------
    Path
        Holds every file of `zoo.hub_files`.

    Raises
    ------
    ModelUnavailable
        No internet (said within 5 s), the hub does not have the files, the download broke off (start it
        again and it goes on), or the disk is full.
    """
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    found = zoo.hub_folder(card)
    if found is not None and not again:
        return found
    if card.hub_repository is None:
        raise ModelUnavailable(f"{card.name} does not come from the hub.")
    if runtime.offline():
        raise _not_here(card, "BIOCORE_OFFLINE is set, so nothing is fetched")
    folder = zoo.hub_download_folder(card)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        remotes = _within(FIRST_ANSWER_S, lambda: [_remote(card, name) for name in zoo.hub_files(card)], card)
        with _alone(folder, remotes, progress):
            _fetch_all(remotes, folder, progress, again)
    except HfHubHTTPError as error:
        said = f"the hub answers {error.response.status_code} for {error.response.url}"
        if error.response.status_code >= 500:
            raise _broke_off(card, said) from error
        raise ModelUnavailable(
            f"{card.name}: {said}. Revision {card.revision} may have been withdrawn; use a folder of your own instead."
        ) from error
    except (httpx2.HTTPError, OSError) as error:
        raise _broke_off(card, _reason(error)) from error
    return folder


def _broke_off(card: zoo.ModelCard, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{card.name}: the download broke off ({why}). Start it again; it goes on where it stopped."
    )


def _not_here(card: zoo.ModelCard, why: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{card.name} is not on this machine, and {why}. Choose a model that is here, give the path of a folder "
        f"with its files, or fetch it where there is internet: python -m biocore fetch {card.name}"
    )


def _within(seconds: float, work: Callable[[], list[_Remote]], card: zoo.ModelCard) -> list[_Remote]:
    """Result of `work`, or "not on this machine" after `seconds`; looking up a name has no time limit of its own."""
    import httpx2
    from huggingface_hub.errors import HfHubHTTPError

    pool = ThreadPoolExecutor(1)
    try:
        return pool.submit(work).result(timeout=seconds)
    except HfHubHTTPError:
        raise
    except (FutureTimeout, OSError, httpx2.HTTPError) as error:
        raise _not_here(card, f"{endpoint()} is out of reach ({_reason(error)})") from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _reason(error: BaseException) -> str:
    return str(error) or ("no answer" if isinstance(error, TimeoutError) else type(error).__name__)


def _remote(card: zoo.ModelCard, name: str) -> _Remote:
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    url = hf_hub_url(str(card.hub_repository), name, revision=card.revision or None, endpoint=endpoint())
    about = get_hf_file_metadata(url, timeout=FIRST_ANSWER_S, token=False, endpoint=endpoint())
    if about.size is None:
        raise OSError(f"the hub does not say how large {name} is")
    return _Remote(name, url, about.size, about.etag if _SHA256.match(about.etag or "") else None)


@contextmanager
def _alone(folder: Path, remotes: Sequence[_Remote], progress: Progress | None) -> Iterator[None]:
    """Hold the folder's lock, which the system takes back when a process dies; until then show how far others are."""
    from filelock import FileLock, Timeout

    lock = FileLock(folder / ".lock")
    while True:
        try:
            lock.acquire(timeout=WAIT_S)
            break
        except Timeout:
            if progress:
                progress(sum(_bytes_here(folder, remote) for remote in remotes), sum(r.size for r in remotes))
    try:
        yield
    finally:
        lock.release()


def _part(folder: Path, remote: _Remote) -> Path:
    return folder / f"{remote.name}.part"


def _bytes_here(folder: Path, remote: _Remote) -> int:
    paths = (folder / remote.name, _part(folder, remote))
    return max((path.stat().st_size for path in paths if path.exists()), default=0)


def _fetch_all(remotes: Sequence[_Remote], folder: Path, progress: Progress | None, again: bool) -> None:
    total = sum(remote.size for remote in remotes)
    done = 0
    for remote in remotes:

        def report(bytes_here: int, before: int = done) -> None:
            if progress:
                progress(before + bytes_here, total)

        if not _is_here(remote, folder / remote.name, again):
            _fetch_one(remote, folder, report)
        done += remote.size
    if progress:
        progress(total, total)


def _is_here(remote: _Remote, path: Path, again: bool) -> bool:
    if not path.exists() or path.stat().st_size != remote.size:
        return False
    return not again or (remote.sha256 is not None and zoo.sha256(path) == remote.sha256)


def _fetch_one(remote: _Remote, folder: Path, report: Callable[[int], None]) -> None:
    """Download one file beside its place and move it there when it is whole."""
    from huggingface_hub.file_download import http_get

    part = _part(folder, remote)
    if part.exists() and part.stat().st_size > remote.size:
        part.unlink()
    with part.open("ab") as file:
        http_get(
            remote.url,
            file,
            resume_size=file.tell(),
            headers={"Accept-Encoding": "identity"},
            expected_size=remote.size,
            tqdm_class=lambda **known: _Bar(report, **known),  # type: ignore[arg-type]
        )
    if remote.sha256 and zoo.sha256(part) != remote.sha256:
        part.unlink()
        raise OSError(f"{remote.name} came damaged: its sha256 is not the hub's")
    part.replace(folder / remote.name)


class _Bar:
    """What `http_get` takes for a progress bar."""

    def __init__(self, report: Callable[[int], None], *, initial: int = 0, **_: Any):
        self.report, self.here = report, initial
        report(initial)

    def __enter__(self) -> "_Bar":
        return self

    def __exit__(self, *_: object) -> None: ...

    def update(self, more: int) -> None:
        self.here += more
        self.report(self.here)


def local_hash(card: zoo.ModelCard) -> str:
    """What stands for a hub model's weights in cache keys: the repository's name and commit."""
    return hashlib.sha256(f"{card.hub_repository}@{card.revision}".encode()).hexdigest()[:16]
