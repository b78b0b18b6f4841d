"""Twenty visitors of one server: does what one of them computes keep the others waiting?

    python -m benchmarks.bench_load [--seconds 180] [--checkout ../older]

One scans 1,000 residues with one mask at a time, one maps 5,000 proteins, one scans 200 kb of DNA; seventeen open
pages and click, with 5 to 15 s of thought in between.  Each visitor speaks the protocol of the web socket, as a
browser does.
"First answer": from opening a page, or from a click, until its script has run to its end.  First each page is opened
and clicked four times by one visitor alone; the median without the first is "alone".  Memory is the resident set of
the server and of all it started: before, at its peak, and after all have left and their sessions were let go.
"""

import argparse
import asyncio
import contextlib
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from pathlib import Path

import psutil

from benchmarks.streamlit_session import Visitor, proteins

ROOT = Path(__file__).resolve().parents[1]
PAGES: dict[str, tuple[str, list[str | bool | None]] | None] = {  # page -> what is clicked: session key, values in turn
    "home": ("home.text", ["R175H", "3I40"]),
    "dna_binding": ("dna.variants", ["G102A", "T105C"]),
    "masked_residues": ("masked_residues.position_text", ["30", "27"]),
    "variant_effects": ("variant_effects.variants", ["L43S", "K48R"]),
    "structures": None,
    "embedding_map": ("map.find", ["a", "b"]),
    "protein_function": ("function.only", [False, True]),
    "models": None,
}
VISITORS, THOUGHT_S = 17, (5.0, 15.0)
SESSIONS_END_S = 150.0  # Streamlit keeps a session that was left for two minutes


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the code that serves; default: this one")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, serving(arguments.checkout.resolve(), home) as (address, server):
        alone = await measure_alone(address)
        before = memory(server)
        print(f"memory before: {before / 2**20:,.0f} MB", flush=True)
        answers: dict[str, list[float]] = defaultdict(list)
        errors: list[str] = []
        peak = [before]
        heavy = [
            asyncio.create_task(guard(work(address, errors), errors))
            for work in (scan_residues, map_proteins, scan_dna)
        ]
        watch = asyncio.create_task(watch_memory(server, peak))
        await asyncio.sleep(5)
        until = time.monotonic() + arguments.seconds
        crowd = [visit(address, number, until, answers, errors) for number in range(VISITORS)]
        await asyncio.gather(*(guard(one, errors) for one in crowd))
        for task in [*heavy, watch]:
            task.cancel()
        await asyncio.gather(*heavy, watch, return_exceptions=True)
        await asyncio.sleep(SESSIONS_END_S)
        report(alone, answers, errors)
        print(f"\nmemory, MB: before {before / 2**20:,.0f}, peak {peak[0] / 2**20:,.0f}, "
              f"after {memory(server) / 2**20:,.0f}")  # fmt: skip


async def guard(work, errors: list[str]) -> None:
    """Count what goes wrong with one visitor, and let the others go on."""
    try:
        await work
    except (TimeoutError, OSError, KeyError) as error:
        errors.append(f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def serving(checkout: Path, home: str):
    """A server of its own; gives the address of its web socket and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"BIOCORE_HOME": home, "BIOCORE_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    with subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL) as process:
        for _ in range(240):
            with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health"):
                break
            time.sleep(0.25)
        try:
            yield f"ws://127.0.0.1:{port}", psutil.Process(process.pid)
        finally:
            started = psutil.Process(process.pid).children(recursive=True)
            process.terminate()
            for child in started:
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.terminate()


async def measure_alone(address: str) -> dict[str, float]:
    """Median first answer of each page, and of its click, with nobody else there; the first of four is not counted."""
    found: dict[str, float] = {}
    for page, click in PAGES.items():
        opened, clicked = [], []
        for turn in range(4):
            visitor = Visitor(address, page)
            opened.append(await visitor.open())
            if click is not None and click[0] in visitor.widgets:
                clicked.append(await visitor.set(click[0], click[1][turn % 2]))
            await visitor.close()
        found[page] = statistics.median(opened[1:])
        if clicked[1:]:
            found[f"{page}, click"] = statistics.median(clicked[1:])
        print(f"alone: {page} {found[page]:.2f} s", flush=True)
    return found


async def visit(address: str, number: int, until: float, answers: dict[str, list[float]], errors: list[str]) -> None:
    """One of the crowd: opens a page, thinks, clicks, thinks, goes to the next."""
    dice = random.Random(number)
    await asyncio.sleep(dice.uniform(0, THOUGHT_S[1]))
    while time.monotonic() < until:
        page = dice.choice(list(PAGES))
        visitor = Visitor(address, page)
        try:
            answers[page].append(await visitor.open())
            await asyncio.sleep(dice.uniform(*THOUGHT_S))
            click = PAGES[page]
            if click is not None and click[0] in visitor.widgets and time.monotonic() < until:
                answers[f"{page}, click"].append(await visitor.set(click[0], dice.choice(click[1])))
                await asyncio.sleep(dice.uniform(*THOUGHT_S))
        finally:
            errors.extend(visitor.exceptions)
            await visitor.close()


async def scan_residues(address: str, errors: list[str]) -> None:
    """A masked scan of 1,000 residues, watched to its end."""
    (protein,) = proteins(1, 1000, 1000)
    visitor = Visitor(address, "masked_residues", f"seq={protein}&strategy=masked")
    await visitor.open()
    for key in ("masked_residues.scan.start", "masked_residues.scan"):  # now, and before jobs
        if key in visitor.widgets:
            await visitor.set(key, None, wait=False)
    await stay(visitor, errors)


async def map_proteins(address: str, errors: list[str]) -> None:
    """A map of 5,000 proteins of 60 to 140 residues."""
    text = "".join(f">p{i}\n{sequence}\n" for i, sequence in enumerate(proteins(5000, 60, 140, seed=1)))
    visitor = Visitor(address, "embedding_map", "source=proteins")
    await visitor.open()
    await visitor.set("map.text", text)
    await visitor.set("map.compute", None, wait=False)
    await stay(visitor, errors)


async def scan_dna(address: str, errors: list[str]) -> None:
    """Every factor along 200,000 bp."""
    dice = random.Random(2)
    text = "".join(f">c{i}\n{''.join(dice.choices('ACGT', k=100_000))}\n" for i in range(2))
    visitor = Visitor(address, "dna_binding")
    await visitor.open()
    await visitor.set("dna", text, wait=False)
    await stay(visitor, errors)


async def stay(visitor: Visitor, errors: list[str]) -> None:
    """Watch until the measurement is over."""
    try:
        await asyncio.sleep(3600)
    finally:
        errors.extend(visitor.exceptions)
        await visitor.close()


def memory(server: psutil.Process) -> int:
    """Bytes of the server and of all processes it has started."""
    total = 0
    for process in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total


async def watch_memory(server: psutil.Process, peak: list[int]) -> None:
    while True:
        peak[0] = max(peak[0], memory(server))
        await asyncio.sleep(1)


def report(alone: dict[str, float], answers: dict[str, list[float]], errors: list[str]) -> None:
    print("\n| first answer of | alone, s | with twenty, median | 95th percentile | largest | answers |")
    print("|---|---|---|---|---|---|")
    for name in alone:
        print(row(name, f"{alone[name]:.2f}", answers.get(name, [])))
    print(row("all", "", [value for values in answers.values() for value in values]))
    print(f"\nerrors: {len(errors)}")
    for error in sorted(set(errors)):
        print(f"- {error[:200]}")


def row(name: str, alone: str, values: list[float]) -> str:
    if not values:
        return f"| {name} | {alone} | - | - | - | 0 |"
    ordered = sorted(values)
    high = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"| {name} | {alone} | {statistics.median(values):.2f} | {high:.2f} | {ordered[-1]:.2f} | {len(values)} |"


if __name__ == "__main__":
    asyncio.run(main())
