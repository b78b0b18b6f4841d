"""How long a person waits: the first answer of every page in Chromium, cold and warm, and a rerun of its script.

Cold: a server of the page's own with empty caches, started 30 s before, and nobody has opened anything on it but the
page Jobs (Models for Jobs itself), from whose menu the page is clicked.  Warm: back, and the same click again.  Opened:
the page by its address in a browser with nothing in its cache, as by a link from a colleague; most of that is the
browser reading Streamlit itself.  An answer is the first figure or table of the page's worked example, not its
skeleton.  A rerun is what a click costs without a model: the median of the page's script, run again unchanged over
the protocol of the browser.  Times are printed as they come.

    python -m benchmarks.bench_pages            # Chromium and an idle machine are needed; about four minutes
"""

import argparse
import asyncio
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pandas as pd

from benchmarks.streamlit_session import Visitor

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]
FIGURE, TABLE = ".js-plotly-plot .main-svg", "[data-testid=stDataFrame] >> visible=true"
# page -> what is there once its first answer is drawn
ANSWERS = {
    "home": "[data-testid=stMetricValue]",
    "workspace": "button:has-text('Start')",
    "dna_binding": FIGURE,
    "masked_residues": FIGURE,
    "variant_effects": FIGURE,
    "structures": ".bsv-root canvas",
    "embedding_map": FIGURE,
    "protein_function": TABLE,
    "jobs": "text=No jobs yet",
    "models": TABLE,
}
TITLES = {page: page.replace("_", " ").capitalize() for page in ANSWERS} | {"dna_binding": "DNA binding"}
HEADINGS = {"home": "biocore"}
ASKED = {"cold (s)": 3.0, "warm (s)": 1.0, "rerun (s)": 0.3}


def start(home: str) -> tuple[subprocess.Popen[bytes], str]:
    """A dashboard with empty caches, and its address; it may not answer yet."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"BIOCORE_HOME": home, "BIOCORE_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return process, f"127.0.0.1:{port}"


def wait_until_healthy(address: str, limit_s: float = 120.0) -> None:
    """Until a server answers.

    Raises
    ------
    TimeoutError
        It does not.
    """
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        try:
            urllib.request.urlopen(f"http://{address}/_stcore/health", timeout=1).close()
            return
        except OSError:
            time.sleep(0.25)
    raise TimeoutError(f"the dashboard at {address} does not answer after {limit_s:.0f} s")


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server, with whatever it does."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


@contextmanager
def chromium() -> Iterator:
    """A headless browser."""
    from playwright.sync_api import sync_playwright

    found = shutil.which("chromium") or shutil.which("chromium-browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def new_tab(browser, limit_s: float) -> Iterator:
    """A tab of a browser with nothing in its cache; it waits up to `limit_s` for anything."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    tab = context.new_page()
    tab.set_default_timeout(1000 * limit_s)
    yield tab
    context.close()


def opened(tab, address: str, page: str) -> float:
    """Seconds from opening a page by its address to its first answer; NaN where that takes too long."""
    from playwright.sync_api import TimeoutError as TooLate

    begin = time.perf_counter()
    try:
        tab.goto(f"http://{address}/{'' if page == 'home' else page}")
        tab.wait_for_selector(ANSWERS[page])
    except TooLate:
        return float("nan")
    return time.perf_counter() - begin


def clicked(tab, page: str, settle_s: float = 2.0) -> float:
    """Seconds from a click in the menu to the first answer of a page; NaN where that takes too long.

    The tab rests on another page for `settle_s` first, so that nothing of that page is drawn meanwhile.
    """
    from playwright.sync_api import TimeoutError as TooLate

    time.sleep(settle_s)
    begin = time.perf_counter()
    try:
        tab.get_by_test_id("stSidebarNav").get_by_role("link", name=TITLES[page], exact=True).click()
        tab.wait_for_selector(f"h1:has-text('{HEADINGS.get(page, TITLES[page])}')")
        tab.wait_for_selector(ANSWERS[page])
    except TooLate:
        return float("nan")
    return time.perf_counter() - begin


async def rerun(address: str, page: str, repeats: int, limit_s: float) -> float:
    """Median seconds of a page's script, run again with nothing changed.

    Raises
    ------
    RuntimeError
        The page showed a traceback.
    """
    visitor = Visitor(f"ws://{address}", "" if page == "home" else page)
    await visitor.open(limit_s)
    times = [await visitor.again(limit_s) for _ in range(repeats)]
    await visitor.close()
    if visitor.exceptions:
        raise RuntimeError(f"{page}: {visitor.exceptions[0]}")
    return statistics.median(times)


def measure(browser, address: str, page: str, arguments: argparse.Namespace) -> dict[str, float | str]:
    """A row of the table, printed number by number."""
    row: dict[str, float | str] = {"page": page}
    print(f"{page:18}", end="", flush=True)
    elsewhere = "models" if page == "jobs" else "jobs"
    with new_tab(browser, arguments.limit) as tab:
        opened(tab, address, elsewhere)
        row["cold (s)"] = clicked(tab, page)
        clicked(tab, elsewhere)
        row["warm (s)"] = clicked(tab, page)
    with new_tab(browser, arguments.limit) as tab:
        row["opened (s)"] = opened(tab, address, page)
    print(*(f"  {name[:-4]} {row[name]:6.2f}" for name in ("cold (s)", "warm (s)", "opened (s)")), end="", flush=True)
    try:
        with ThreadPoolExecutor(1) as thread:  # Playwright has an event loop in this one
            work = thread.submit(asyncio.run, rerun(address, page, arguments.repeats, arguments.limit))
            row["rerun (s)"] = work.result()
    except TimeoutError:
        row["rerun (s)"] = float("nan")
    print(f"  rerun {row['rerun (s)']:6.3f}", flush=True)
    return row


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", nargs="+", default=list(ANSWERS), choices=list(ANSWERS))
    parser.add_argument("--wait", type=float, default=30.0, metavar="S", help="after the server's start")
    parser.add_argument("--limit", type=float, default=30.0, metavar="S", help="the longest a page is waited for")
    parser.add_argument("--repeats", type=int, default=7, help="reruns of each script")
    parser.add_argument("--servers", type=int, default=2, help="servers that wait beside each other")
    arguments = parser.parse_args()
    rows = []
    with chromium() as browser:
        for first in range(0, len(arguments.pages), arguments.servers):
            pages = arguments.pages[first : first + arguments.servers]
            with ExitStack() as stack:
                started = {page: start(stack.enter_context(tempfile.TemporaryDirectory())) for page in pages}
                for process, _ in started.values():
                    stack.callback(stop, process)
                for _, address in started.values():
                    wait_until_healthy(address)
                print(f"{len(started)} servers started; {arguments.wait:.0f} s of waiting", flush=True)
                time.sleep(arguments.wait)
                for page, (process, address) in started.items():
                    rows.append(measure(browser, address, page, arguments))
                    stop(process)
    table = pd.DataFrame(rows).set_index("page")
    print(table.round(2).to_string())
    for name, limit in ASKED.items():
        late = table.index[~(table[name] <= limit)].tolist()
        print(f"{name} within {limit:g}: {'every page' if not late else 'not ' + ', '.join(late)}")


if __name__ == "__main__":
    main()
