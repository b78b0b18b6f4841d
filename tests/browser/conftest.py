"""A running dashboard and a headless Chromium for the tests of what only a browser shows.

Use the fixture ``open_page``: ``page = open_page("structures?seq=...")`` gives a Playwright page whose title is drawn.
"""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from esm_toys import tiny_model
from filelock import FileLock
from playwright.sync_api import TimeoutError, expect

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TINY = "esm-tiny"  # a language model of the server's own home
VIEWPORT = {"width": 1400, "height": 900}
# What turns, pulses or slides in while a page waits is at its end at once: drawn in software, it would fill a core.
STILL = """const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { animation-duration: 0s !important; animation-delay: 0s !important;"
    + " animation-iteration-count: 1 !important; transition-duration: 0s !important; }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];"""
FLAGS = ["--no-sandbox", "--disable-background-networking", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker("browser")
            item.add_marker("slow")


@pytest.fixture(scope="session")
def server(shared_folder, compiled):
    """Address of a dashboard with a home of its own and no internet, one for all processes of xdist.

    The first that needs it starts it; the last that goes stops it.
    """
    folder = shared_folder / "server"
    lock, users = FileLock(shared_folder / "server.lock"), folder / "users"
    with lock:
        if not folder.exists():
            _start(folder, compiled)
            users.write_text("0")
        users.write_text(str(int(users.read_text()) + 1))
    url = f"http://127.0.0.1:{(folder / 'port').read_text()}"
    try:
        _wait_until_healthy(url, int((folder / "pid").read_text()), folder / "log")
        yield url
    finally:
        with lock:
            left = int(users.read_text()) - 1
            users.write_text(str(left))
            if not left:
                _stop(int((folder / "pid").read_text()))
            log = (folder / "log").read_text()
            if not left:  # whoever comes later starts another
                folder.rename(folder.with_name(f"server-{os.getpid()}"))
    assert "Traceback" not in log, log[-3000:]


def _start(folder: Path, compiled: Path) -> None:
    """A server whose port, process and log are in the folder."""
    home = folder / "home"
    home.mkdir(parents=True)
    (home / "jax").symlink_to(compiled, target_is_directory=True)
    tiny_model(home, TINY)  # as many steps as with the one that ships, of a moment each
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    environment = os.environ | {"BIOCORE_HOME": str(home), "BIOCORE_OFFLINE": "1", "BIOCORE_JOBS": "worker"}
    with (folder / "log").open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    (folder / "port").write_text(str(port))
    (folder / "pid").write_text(str(process.pid))


def _stop(pid: int) -> None:
    """End the server and its worker, which would outlive it; another process of ours may have started them."""
    with suppress(psutil.NoSuchProcess):
        server = psutil.Process(pid)
        processes = [server, *server.children()]
        for process in processes:
            process.terminate()
        deadline = time.monotonic() + 20
        while any(_runs(process) for process in processes) and time.monotonic() < deadline:
            time.sleep(0.1)


def _runs(process: psutil.Process) -> bool:
    """Whether it has not ended; where its parent has not asked yet, it stays as a zombie."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _wait_until_healthy(url: str, pid: int, log: Path) -> None:
    for _ in range(240):
        if not (psutil.pid_exists(pid) and _runs(psutil.Process(pid))):
            pytest.fail(f"the dashboard ended:\n{log.read_text()}")
        try:
            with urllib.request.urlopen(f"{url}/_stcore/health", timeout=1) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.25)
    pytest.fail(f"the dashboard does not answer:\n{log.read_text()}")


@pytest.fixture(scope="session")
def chromium(need):
    """A headless Chromium that can draw WebGL in software."""
    need(CHROMIUM is not None, "Chromium is not installed (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def new_context(chromium):
    """``new_context(...)``: a browser of its own, with its own storage, in which nothing moves of its own accord."""

    def new(**options):
        context = chromium.new_context(**{"viewport": VIEWPORT} | options)
        context.add_init_script(STILL)
        return context

    return new


@pytest.fixture(scope="session")
def open_in(server):
    """``open_in(context, path)`` opens a page of the dashboard in a context and waits for its title."""

    def open_(context, path: str = ""):
        page = context.new_page()
        page.set_default_timeout(90_000)
        page.requests_outside = []
        page.on(
            "request",
            lambda r: page.requests_outside.append(r.url) if r.url.startswith("http") and server not in r.url else None,
        )
        page.goto(f"{server}/{path}")
        page.wait_for_selector("h1")
        return page

    return open_


@pytest.fixture
def open_page(open_in, new_context):
    """Open a page of the dashboard by its path (with query) and wait for its title; gives the Playwright page.

    ``page.requests_outside`` lists what the page asked of other hosts: a page that works offline asks nothing.
    """
    contexts = []

    def open_(path: str = "", **context_options):
        contexts.append(new_context(**context_options))
        return open_in(contexts[-1], path)

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def follow_menu():
    """``follow_menu(page, "Structures")`` goes to a page by the menu and waits for its title.

    Streamlit forgets a click in the menu where the page that is left reports something in the same moment, as a page
    does once when it brings back what a tab had kept: whoever sees the old page 15 seconds later clicks again.
    """

    def follow(page, name: str) -> None:
        link = page.get_by_test_id("stSidebarNav").get_by_role("link", name=name)
        title = page.get_by_role("heading", name="biocore" if name == "Home" else name, level=1)
        link.click()
        try:
            title.wait_for(timeout=15_000)
        except TimeoutError:
            link.click()
        expect(title).to_be_visible(timeout=60_000)

    return follow
