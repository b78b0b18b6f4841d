"""Twenty visitors of one server: does what one of them computes keep the others waiting?

    python -m benchmarks.bench_load --out after.jsonl [--sessions 20] [--seconds 120]
    python -m benchmarks.bench_load --out before.jsonl --checkout ../older      # a git worktree of an earlier commit
    python -m benchmarks.bench_load --table before.jsonl after.jsonl

One side takes 2 minutes more than twice `--seconds`.  What is measured is written as it comes, so that a run that was
broken off can be read, too.

One visitor scans 1,000 residues with one mask at a time, one maps 5,000 proteins, one scans 200 kb of DNA; all others
open pages and click, with 5 to 15 s of thought in between.  Each speaks the protocol of the web socket, as a browser
does.

"First answer": from opening a page, or from a click, until its script has run to its end.  First one visitor alone
opens and clicks each page, three times in new sessions; the median without the first, which loads models, is "alone".
An answer that had not come when the measurement ended counts as long as it was waited for.  Memory is the resident
set, of the server and of the processes it has started: before, at its peak, and after all have left and their sessions
were let go.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from benchmarks.load_table import compare
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
HEAVY = 3  # visitors with long work
TURNS, THOUGHT_S = 3, (5.0, 15.0)
LEFT_S = 20.0  # after the last click, for answers that are on their way
SESSIONS_END_S = 125.0  # Streamlit keeps a session that was left for two minutes


class Log:
    """What is measured, a line of JSON each, on disk at once; and a line of progress."""

    def __init__(self, path: Path):
        self._file = path.open("w")
        self._start = time.monotonic()

    def write(self, event: str, **values: Any) -> None:
        now = round(time.monotonic() - self._start, 1)
        print(json.dumps({"event": event, "at": now, **values}), file=self._file, flush=True)
        told = " ".join(f"{value:.2f}" if isinstance(value, float) else str(value) for value in values.values())
        print(f"{now:6.1f} s  {event}  {told}"[:200], flush=True)


async def measure(checkout: Path, out: Path, sessions: int, seconds: float) -> None:
    """One side: everything into `out`."""
    log = Log(out)
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True
    ).stdout.strip()
    log.write("start", commit=commit, sessions=sessions, seconds=seconds, cores=os.cpu_count())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home, serving(checkout, home) as (address, server):
        await measure_alone(address, log)
        log.write("memory", phase="before", **memory(server))
        until = time.monotonic() + seconds
        works = (scan_residues, map_proteins, scan_dna)[: max(0, min(HEAVY, sessions))]
        heavy = [asyncio.create_task(guard(work(address, until, log), log)) for work in works]
        watch = asyncio.create_task(watch_memory(server, until + LEFT_S, log))
        crowd = [visit(address, number, until, log) for number in range(max(0, sessions - HEAVY))]
        await asyncio.gather(*(guard(one, log) for one in crowd))
        for name, state, fraction in jobs_in(Path(home)):
            log.write("job", name=name, state=state, fraction=fraction)
        for task in [*heavy, watch]:
            task.cancel()
        await asyncio.gather(*heavy, watch, return_exceptions=True)
        await asyncio.sleep(SESSIONS_END_S)
        last = Visitor(address, "models")  # Streamlit lets old sessions go when the next one comes
        await last.open()
        await last.close()
        await asyncio.sleep(2)
        log.write("memory", phase="after", **memory(server))
        log.write("end")


async def guard(work, log: Log) -> None:
    """Write down what goes wrong with one visitor, and let the others go on."""
    try:
        await work
    except (TimeoutError, OSError, KeyError) as error:
        log.write("error", text=f"{type(error).__name__}: {error}")


@contextlib.contextmanager
def serving(checkout: Path, home: str):
    """A server of its own; gives the address of its web socket and its process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"BIOCORE_HOME": home, "BIOCORE_OFFLINE": "1"}
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    words = Path(home) / "server.log"
    with (
        words.open("w") as log,
        subprocess.Popen(command, cwd=checkout, env=environment, stdout=log, stderr=log) as process,
    ):
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


async def measure_alone(address: str, log: Log) -> None:
    """First answers of each page, and of its click, with nobody else there; a session for each turn."""
    for turn in range(TURNS):
        visitor = Visitor(address, next(iter(PAGES)))
        for number, (page, click) in enumerate(PAGES.items()):
            log.write("alone", name=page, turn=turn, s=await (visitor.go(page) if number else visitor.open()))
            if click is not None and click[0] in visitor.widgets:
                log.write("alone", name=f"{page}, click", turn=turn, s=await visitor.set(click[0], click[1][turn % 2]))
        await visitor.close()
        for text in visitor.exceptions:
            log.write("error", text=text)


async def visit(address: str, number: int, until: float, log: Log) -> None:
    """One of the crowd: opens a page, thinks, clicks, thinks, goes to the next in the menu."""
    dice = random.Random(number)
    await asyncio.sleep(dice.uniform(0, THOUGHT_S[1]))
    pages = dice.sample(list(PAGES), len(PAGES))
    visitor = Visitor(address, pages[0])
    try:
        for turn in range(1000):
            page = pages[turn % len(pages)]
            if time.monotonic() > until:
                return
            if not await answered(page, visitor.go(page) if turn else visitor.open(), until, log):
                return
            await asyncio.sleep(dice.uniform(*THOUGHT_S))
            click = PAGES[page]
            if click is not None and click[0] in visitor.widgets and time.monotonic() < until:
                if not await answered(f"{page}, click", visitor.set(click[0], dice.choice(click[1])), until, log):
                    return
                await asyncio.sleep(dice.uniform(*THOUGHT_S))
    finally:
        for text in visitor.exceptions:
            log.write("error", text=text)
        await visitor.close()


async def answered(name: str, answer, until: float, log: Log) -> bool:
    """Wait for an answer to the end of the measurement and a little longer; whether it has come."""
    start = time.monotonic()
    try:
        seconds = await asyncio.wait_for(answer, max(1.0, until + LEFT_S - start))
        log.write("loaded", name=name, s=seconds, came=True)
        return True
    except TimeoutError:
        log.write("loaded", name=name, s=time.monotonic() - start, came=False)
        return False


# --------------------------------------------------------------------------------------------------- the long work


async def scan_residues(address: str, until: float, log: Log) -> None:
    """A masked scan of 1,000 residues, watched to its end."""
    (protein,) = proteins(1, 1000, 1000)
    visitor = Visitor(address, "masked_residues", f"seq={protein}&strategy=masked")
    await visitor.open()
    for key in ("masked_residues.scan.start", "masked_residues.scan"):  # now, and before jobs
        if key in visitor.widgets:
            await visitor.set(key, None, wait=False)
            break
    await stay(visitor, "1,000 residues", log)


async def map_proteins(address: str, until: float, log: Log) -> None:
    """A map of 5,000 proteins of 60 to 140 residues."""
    text = "".join(f">p{i}\n{sequence}\n" for i, sequence in enumerate(proteins(5000, 60, 140, seed=1)))
    visitor = Visitor(address, "embedding_map", "source=proteins")
    await visitor.open()
    await visitor.set("map.text", text)
    await visitor.set("map.compute", None, wait=False)
    await stay(visitor, "5,000 proteins", log)


async def scan_dna(address: str, until: float, log: Log) -> None:
    """Every factor along 200,000 bp."""
    dice = random.Random(2)
    text = "".join(f">c{i}\n{''.join(dice.choices('ACGT', k=100_000))}\n" for i in range(2))
    visitor = Visitor(address, "dna_binding")
    await visitor.open()
    await visitor.set("dna", text, wait=False)
    await stay(visitor, "200 kb of DNA", log)


async def stay(visitor: Visitor, name: str, log: Log) -> None:
    """Watch until all of it is there: the page has run, and nothing on it waits any more."""
    start = time.monotonic()
    try:
        await visitor.settled()
        log.write("whole", name=name, s=time.monotonic() - start)
        await asyncio.sleep(3600)
    finally:
        for text in visitor.exceptions:
            log.write("error", text=f"{name}: {text}")
        await visitor.close()


# ------------------------------------------------------------------------------------------------- what is looked at


def memory(server: psutil.Process) -> dict[str, int]:
    """MB of the server, and of all processes it has started."""
    found = {"server": 0, "workers": 0}
    for process in [server, *server.children(recursive=True)]:
        with contextlib.suppress(psutil.Error):
            found["server" if process == server else "workers"] += process.memory_info().rss // 2**20
    return found


async def watch_memory(server: psutil.Process, until: float, log: Log) -> None:
    """A sample every two seconds; written every twenty, the largest of each."""
    while time.monotonic() < until:
        most = {"server": 0, "workers": 0}
        for _ in range(10):
            most = {name: max(most[name], value) for name, value in memory(server).items()}
            await asyncio.sleep(2)
        log.write("memory", phase="during", **most)


def jobs_in(home: Path) -> list[tuple[str, str, float]]:
    """Title, state and finished share of each job of a server; none where it knows no jobs."""
    path = home / "jobs" / "jobs.sqlite"
    if not path.exists():
        return []
    with contextlib.closing(sqlite3.connect(path)) as store:
        rows = store.execute("SELECT title, state, done / max(total, 1e-9) FROM jobs ORDER BY created").fetchall()
    return [(title, state, float(fraction)) for title, state, fraction in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, metavar="FILE", help="what is measured, a line of JSON each")
    parser.add_argument("--checkout", type=Path, default=ROOT, help="the code that serves; default: this one")
    parser.add_argument("--sessions", type=int, default=20, help="three of them with long work; default %(default)s")
    parser.add_argument("--seconds", type=float, default=120.0, help="under load; default %(default)s")
    parser.add_argument("--table", type=Path, nargs="+", metavar="FILE", help="print what was measured, side by side")
    arguments = parser.parse_args()
    if arguments.table:
        print(compare(arguments.table))
        return
    if arguments.out is None:
        parser.error("--out FILE is needed")
    asyncio.run(measure(arguments.checkout.resolve(), arguments.out, arguments.sessions, arguments.seconds))
    print(f"\n{compare([arguments.out])}")


if __name__ == "__main__":
    main()
