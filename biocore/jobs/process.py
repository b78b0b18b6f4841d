"""The worker's own processes: a supervisor, light and long-lived, and below it the one that computes.

A crash or too much memory ends the computing process; the supervisor writes down why, and starts the next one, which
goes on with the step that was lost.  One supervisor of a name lives at a time: a lock on a file, which the system
releases with the process, says so.
"""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType

from filelock import FileLock, Timeout

from biocore import runtime
from biocore.errors import InputError
from biocore.jobs import limits, queue
from biocore.jobs.store import ASIDE, LANES, MAIN, Store, folder
from biocore.jobs.worker import Worker, prefix_of

IDLE_S = 600.0  # without work, a worker ends after so long and gives its memory back
FULL = 75  # exit status of a computing process that asks to be started again, as its memory is nearly used up
NICE = 5  # pages answer first
ASIDE_IDLE_S = 60.0  # of the process for long steps, which are rare
# a step that takes longer is broken off when its job is stopped; a shorter one may finish, as models are then not lost
LONG_S = {MAIN: 5.0, ASIDE: 1.0}
_LOG_BYTES = 2**20
_ASK_S, _STARTING_S = 1.0, 5.0  # between two looks for a worker; and how long a new one may take to be seen

_looking = threading.Lock()
_next_look: dict[str, float] = {}
_started: list[subprocess.Popen] = []


def ensure_worker(store: Store | None = None) -> None:
    """See to it that a worker lives, unless the setting ``BIOCORE_JOBS`` says that someone else does.

    Cheap enough to be called whenever a page looks at a job.

    Parameters
    ----------
    store : Store, optional
        Nothing is done for another one than that of ``<home>``.

    Raises
    ------
    InputError
        The setting is neither "worker" nor "none".
    """
    wish = runtime.setting("jobs")
    if wish not in ("worker", "none"):
        raise InputError(f"BIOCORE_JOBS is {wish!r}; use worker or none.")
    home = folder()
    if wish == "none" or (store is not None and store.path.parent != home) or not _looking.acquire(blocking=False):
        return
    try:
        now = time.monotonic()
        if now < _next_look.get(str(home), 0.0):
            return
        _next_look[str(home)] = now + _ASK_S
        if not _lives("main"):
            _start_detached()
            _next_look[str(home)] = now + _STARTING_S
    finally:
        _looking.release()


def _lock(name: str) -> FileLock:
    return FileLock(folder() / f"worker-{name}.lock")


def _lives(name: str) -> bool:
    try:
        with _lock(name).acquire(timeout=0):
            return False
    except Timeout:
        return True


def _command(*arguments: str) -> list[str]:
    """A biocore command, whether biocore is installed or runs from a checkout; the working folder stays."""
    root = str(runtime.PACKAGE.parent)
    code = f"import sys; sys.path.insert(0, {root!r}); from biocore.cli import main; sys.exit(main())"
    return [sys.executable, "-c", code, *arguments]


def _start_detached() -> None:
    """A supervisor that outlives this process, with its words in ``<home>/jobs/worker.log``."""
    _started[:] = [process for process in _started if process.poll() is None]  # and no zombies
    log = folder() / "worker.log"
    fresh = log.exists() and log.stat().st_size > _LOG_BYTES
    with log.open("w" if fresh else "a") as words:
        process = subprocess.Popen(
            _command("jobs", "worker"),
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
        )
    _started.append(process)


# -------------------------------------------------------------------------------------------------- supervisor


def supervise(name: str = "main", *, idle: float = IDLE_S) -> None:
    """Keep a computing process at work until nothing has waited for `idle` seconds.

    Returns at once where a worker of this name lives already.
    """
    with contextlib.suppress(ValueError):  # not the main thread, in a test
        signal.signal(signal.SIGTERM, _leave)
    store = Store()
    limits.clean(store)
    while True:
        try:
            with _lock(name).acquire(timeout=0):
                _keep_computing(store, name, idle)
        except Timeout:
            return
        if not queue.pending(store):  # else something was asked for after the last look, while the lock was still held
            return


def _leave(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


class _Computing:
    """The computing process of one lane, as its supervisor sees it."""

    def __init__(self, store: Store, name: str, lane: str, idle: float):
        self.store, self.name, self.lane, self.idle = store, name, lane, idle
        self.child: subprocess.Popen | None = None
        self.quick_ends, self.started, self.not_before = 0, 0.0, 0.0

    def start(self) -> None:
        own = ("--name", self.name, "--lane", self.lane, "--idle", str(self.idle))
        self.child = subprocess.Popen(_command("jobs", "worker", "--compute", *own))
        self.started = time.monotonic()

    def look(self) -> None:
        """Start it where something waits; end it where it takes too much memory; write down why it has ended."""
        if self.child is None:
            if time.monotonic() >= self.not_before and queue.waiting(self.store, self.lane):
                self.start()
            return
        why = self._overfull(self.child)
        status = self.child.poll()
        if status is None:
            return
        self.child = None
        if status in (0, FULL):
            return
        reason = why or _how_it_ended(status)
        queue.blame(self.store, prefix_of(self.name, self.lane), reason)
        queue.release_all(self.store, prefix_of(self.name, self.lane))
        print(f"the computing process ended: {reason}", file=sys.stderr, flush=True)
        quick = time.monotonic() - self.started < 5
        self.quick_ends = self.quick_ends + 1 if quick else 0
        self.not_before = time.monotonic() + min(0.1 * 2**self.quick_ends, 30.0)

    @staticmethod
    def _overfull(child: subprocess.Popen) -> str:
        import psutil

        limit = runtime.number("worker_gb")
        with contextlib.suppress(psutil.Error):
            if psutil.Process(child.pid).memory_info().rss > limit * 2**30:
                child.kill()
                child.wait()
                return f"it needed more than the {limit:g} GB of memory it may use"
        return ""

    def end(self) -> None:
        if self.child is not None:
            self.child.terminate()
            self.child.wait()


def _keep_computing(store: Store, name: str, idle: float) -> None:
    computing = [_Computing(store, name, lane, idle if lane == MAIN else min(idle, ASIDE_IDLE_S)) for lane in LANES]
    for lane in LANES:  # of a supervisor that was killed; its computing processes have left or are leaving
        with _computing_lock(name, lane):
            queue.release_all(store, prefix_of(name, lane))
    try:
        computing[0].start()  # at once, so that it is warm when the first job comes
        while any(one.child for one in computing) or queue.pending(store):
            time.sleep(0.1)
            for one in computing:
                one.look()
    finally:
        for one in computing:
            one.end()


def _how_it_ended(status: int) -> str:
    if status < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-status).name}"
    return f"exit status {status}"


# -------------------------------------------------------------------------------------------- computing process


def compute(name: str = "main", lane: str = MAIN, *, idle: float = IDLE_S) -> int:
    """Compute what waits in a lane; returns the exit status.

    0 after `idle` seconds without work, `FULL` to be started again.
    """
    if hasattr(os, "nice"):
        os.nice(NICE)
    signal.signal(signal.SIGTERM, _leave)
    store = Store()
    with _computing_lock(name, lane):
        worker = Worker(store, name=name, lane=lane)
        threading.Thread(target=_leave_when_told, args=(os.getppid(), worker), daemon=True).start()
        asked = time.monotonic()
        while time.monotonic() - asked < idle and store.path.exists():
            if not queue.waiting(store, lane) or not worker.turn():
                time.sleep(0.1)
                continue
            asked = time.monotonic()
            if _nearly_full(worker):
                return FULL
    return 0


def _computing_lock(name: str, lane: str) -> FileLock:
    return FileLock(folder() / f"worker-{name}.{lane}.computing.lock")


def _leave_when_told(parent: int, worker: Worker) -> None:
    """End this process when its supervisor has gone, or in the middle of a long step whose job was stopped.

    The next supervisor must not find it still computing; and nobody waits for what a stopped job would become.
    """
    long = LONG_S[worker.lane or MAIN]
    while os.getppid() == parent:
        time.sleep(0.5)
        doing = worker.current
        if doing and time.monotonic() - doing[1] > long and not queue.is_mine(worker.store, doing[0], worker.id):
            os._exit(FULL)
    queue.forgive(worker.store, worker.id)
    queue.release_all(worker.store, worker.id)
    os._exit(1)


def _nearly_full(worker: Worker) -> bool:
    """Whether four fifths of the memory are used even without models."""
    import psutil

    most, process = 0.8 * runtime.number("worker_gb") * 2**30, psutil.Process()
    if process.memory_info().rss > most:
        worker.models.close()
        return process.memory_info().rss > most
    return False
