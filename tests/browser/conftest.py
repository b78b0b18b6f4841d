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
from pathlib import Path

import psutil
import pytest
from esm_toys import tiny_model
from playwright.sync_api import TimeoutError, expect

ROOT = Path(__file__).parents[2]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
TINY = "esm-tiny"  # a language model of the server's own home
FLAGS = ["--no-sandbox", "--disable-background-networking", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker("browser")
            item.add_marker("slow")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Address of a dashboard of its own, with an empty cache folder and no internet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    home = tmp_path_factory.mktemp("home")
    tiny_model(home, TINY)  # as many steps as with the one that ships, of a moment each
    environment = os.environ | {"BIOCORE_HOME": str(home), "BIOCORE_OFFLINE": "1"}
    environment["BIOCORE_JOBS"] = "worker"
    log = tmp_path_factory.mktemp("server") / "log"
    with log.open("w") as file:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=file, stderr=file)
    try:
        _wait_until_healthy(f"http://127.0.0.1:{port}", process, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        workers = psutil.Process(process.pid).children() if process.poll() is None else []
        process.terminate()
        process.wait(20)
        for worker in workers:  # it would outlive the server
            worker.terminate()
    assert "Traceback" not in log.read_text(), log.read_text()[-3000:]


def _wait_until_healthy(url, process, log):
    for _ in range(240):
        if process.poll() is not None:
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


@pytest.fixture
def open_page(server, chromium):
    """Open a page of the dashboard by its path (with query) and wait for its title; gives the Playwright page.

    ``page.requests_outside`` lists what the page asked of other hosts: a page that works offline asks nothing.
    """
    contexts = []

    def open_(path: str = "", **context_options):
        context = chromium.new_context(viewport={"width": 1400, "height": 900}, **context_options)
        contexts.append(context)
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
