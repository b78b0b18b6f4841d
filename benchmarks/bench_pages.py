"""How long a person waits: the first answer of every page in Chromium, cold and warm, and a rerun of its script.

Cold: the server was started 30 s before and its caches are empty; each page is opened once.  Warm: the same again, in a
session of its own.  A rerun is what a click costs without a model: the median of a page's script, run again unchanged.

    python -m benchmarks.bench_pages            # Chromium and an idle machine are needed
"""

import argparse
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
from contextlib import contextmanager
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).parents[1]
FLAGS = ["--no-sandbox", "--disable-background-networking", "--use-gl=swiftshader", "--enable-unsafe-swiftshader"]
FIGURE, TABLE = ".js-plotly-plot .main-svg", "[data-testid=stDataFrame]"
# page -> what is there once its first answer is drawn
ANSWERS = {
    "home": "[data-testid=stMetric]",
    "workspace": "text=Guided tours",
    "dna_binding": FIGURE,
    "masked_residues": FIGURE,
    "variant_effects": FIGURE,
    "structures": ".bsv-root canvas",
    "embedding_map": FIGURE,
    "protein_function": TABLE,
    "jobs": "h1",
    "models": TABLE,
}


@contextmanager
def server(wait_s: float) -> Iterator[str]:
    """A dashboard with empty caches, `wait_s` after it answers; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"BIOCORE_HOME": home, "BIOCORE_OFFLINE": "1"}
        command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            address = f"http://127.0.0.1:{port}"
            for _ in range(240):
                try:
                    urllib.request.urlopen(f"{address}/_stcore/health", timeout=1).close()
                    break
                except OSError:
                    time.sleep(0.25)
            time.sleep(wait_s)
            yield address
        finally:
            process.terminate()
            process.wait(20)


def first_answers(address: str, pages: list[str], limit_s: float) -> dict[str, float]:
    """Seconds from opening each page to its first answer; NaN where it took longer than `limit_s`."""
    from playwright.sync_api import TimeoutError as TooLate
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    found = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for page in pages:
            context = browser.new_context(viewport={"width": 1400, "height": 900})
            tab = context.new_page()
            start = time.perf_counter()
            try:
                tab.goto(f"{address}/{'' if page == 'home' else page}")
                tab.wait_for_selector(ANSWERS[page], timeout=1000 * limit_s)
                found[page] = time.perf_counter() - start
            except TooLate:
                found[page] = float("nan")
            context.close()
        browser.close()
    return found


def rerun(page: str, repeats: int) -> float:
    """Median seconds of a page's script, run again with nothing changed."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(ROOT / "pages" / f"{page}.py", default_timeout=600).run()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        app.run()
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--pages", nargs="+", default=list(ANSWERS), choices=list(ANSWERS))
    parser.add_argument("--wait", type=float, default=30.0, metavar="S", help="after the server's start")
    parser.add_argument("--limit", type=float, default=120.0, metavar="S")
    parser.add_argument("--repeats", type=int, default=7, help="reruns of each script")
    arguments = parser.parse_args()
    pages = [page for page in arguments.pages if (ROOT / "pages" / f"{page}.py").exists()]
    with server(arguments.wait) as address:
        cold = first_answers(address, pages, arguments.limit)
        warm = first_answers(address, pages, arguments.limit)
    rows = [
        {"page": page, "cold (s)": cold[page], "warm (s)": warm[page], "rerun (s)": rerun(page, arguments.repeats)}
        for page in pages
    ]
    print(pd.DataFrame(rows).round(2).to_string(index=False))


if __name__ == "__main__":
    main()
