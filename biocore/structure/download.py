"""One file from the internet: a bounded size and time, tried again where that may help, never from another place."""

import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

CONNECT_S, READ_S, TOTAL_S = 4.0, 15.0, 60.0
TRIES = 3
REDIRECTS = 3
BUSY = (429, 500, 502, 503, 504)  # answers that another try may change

Result = TypeVar("Result")


class Unreachable(Exception):
    """No connection, or one that breaks off each time."""


class TooSlow(Exception):
    """Connected, but the file did not arrive in time."""


class Refused(Exception):
    """An answer that is no file; `status` is 404 where the server has none of that name, 0 where it is no status."""

    def __init__(self, message: str, status: int = 0):
        super().__init__(message)
        self.status = status


def download(url: str, limit: int) -> bytes:
    """Content at `url`, as it comes (compressed, where it is).

    Parameters
    ----------
    limit : int
        Most bytes accepted.

    Raises
    ------
    Unreachable
        Within 4 s where there is no connection, even where the name's look-up hangs.
    TooSlow
        After 60 s.
    Refused
        A status that is not 200, a redirect to another host, more than three redirects, or more than `limit` bytes.
    """
    try:
        _within(CONNECT_S, lambda: _reach(url))
    except (TimeoutError, OSError) as error:
        raise Unreachable(str(error)) from error
    deadline = time.monotonic() + TOTAL_S
    try:
        return _within(TOTAL_S, lambda: _get(url, limit, deadline))
    except TimeoutError as error:
        raise TooSlow from error


def _within(seconds: float, work: Callable[[], Result]) -> Result:
    """What `work` returns or raises; TimeoutError after `seconds`, whatever it is stuck in."""
    outcome: Future = Future()

    def run() -> None:
        try:
            outcome.set_result(work())
        except Exception as error:  # handed to the thread that waits
            outcome.set_exception(error)

    threading.Thread(target=run, daemon=True, name="download").start()
    return outcome.result(timeout=seconds)


def _reach(url: str) -> None:
    """Open and close a connection to where the request will go: the host, or the proxy that is set for it."""
    from requests.utils import get_environ_proxies, select_proxy

    parts = urlsplit(select_proxy(url, get_environ_proxies(url)) or url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    socket.create_connection((parts.hostname or "", port), CONNECT_S).close()


def _get(url: str, limit: int, deadline: float) -> bytes:
    import requests
    from requests.adapters import HTTPAdapter
    from urllib3 import Retry
    from urllib3.exceptions import HTTPError

    again = Retry(
        TRIES - 1,
        redirect=False,
        status_forcelist=BUSY,
        backoff_factor=0.3,
        raise_on_status=False,
        respect_retry_after_header=False,
    )
    broken: Exception | None = None
    with requests.Session() as session:
        session.headers.update({"User-Agent": "biocore", "Accept-Encoding": "identity"})
        for scheme in ("https://", "http://"):
            session.mount(scheme, HTTPAdapter(max_retries=again))
        for _ in range(TRIES):
            try:
                return _follow(session, url, limit, deadline)
            except HTTPError as error:  # urllib3's: the connection broke within the body
                broken = error
            except requests.RequestException as error:
                raise Unreachable(str(error)) from error
    raise Unreachable(str(broken)) from broken


def _follow(session, url: str, limit: int, deadline: float) -> bytes:
    """Follow redirects within the same host."""
    home = urlsplit(url)
    for _ in range(REDIRECTS + 1):
        with session.get(url, stream=True, allow_redirects=False, timeout=(CONNECT_S, READ_S)) as answer:
            if answer.is_redirect:
                url = urljoin(url, answer.headers["Location"])
                new = urlsplit(url)
                if (new.scheme, new.hostname, new.port) != (home.scheme, home.hostname, home.port):
                    raise Refused("the answer pointed to another place on the internet, which is not followed")
            elif answer.status_code != 200:
                raise Refused(f"the server answered {answer.status_code}", answer.status_code)
            else:
                return _body(answer, limit, deadline)
    raise Refused("too many redirects")


def _body(answer, limit: int, deadline: float) -> bytes:
    length = answer.headers.get("Content-Length", "")
    too_large = Refused(f"the file is larger than {limit // 2**20} MB")
    if length.isdigit() and int(length) > limit:
        raise too_large
    content = bytearray()
    for part in answer.raw.stream(65536, decode_content=False):  # urllib3 notices where fewer bytes come than promised
        content += part
        if len(content) > limit:
            raise too_large
        if time.monotonic() > deadline:
            raise TimeoutError  # nobody waits for it any more
    return bytes(content)
