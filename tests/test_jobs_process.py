"""The worker as a process: killed, overfull, or left without its supervisor, nothing finished is computed again."""

import os
import signal
import time

import jobs_toys
import psutil
import pytest

from biocore import jobs
from biocore.jobs import Description, kinds, process

ANNE, BERT = "anne-" * 5, "bert-" * 5
pytestmark = pytest.mark.slow


@pytest.fixture
def worker(tmp_path, monkeypatch):
    """Submitting starts a real worker, which can use 1 GB; what was started is ended."""
    jobs_toys.install(tmp_path, monkeypatch)
    monkeypatch.setenv("BIOCORE_JOBS", "worker")
    monkeypatch.setenv("BIOCORE_WORKER_GB", "1")
    monkeypatch.setenv("TOY_GB", "1")
    monkeypatch.setattr(process, "_STARTING_S", 1.0)
    yield
    for started in process._started:
        started.terminate()
        started.wait(10)
    kinds._others.cache_clear()
    kinds.get.cache_clear()


def wait(condition, seconds=40.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def squares(*numbers, **settings):
    return Description.make("squares", {"numbers": list(numbers)}, settings)


def lines(log):
    return [line.split() for line in log.read_text().splitlines()] if log.exists() else []


def test_nothing_finished_is_lost_with_a_process(tmp_path, worker):
    log = tmp_path / "log"
    job = jobs.submit(squares(*range(16), seconds=0.2, log=str(log)), ANNE)

    def at(count):
        jobs.get(job.id, ANNE)  # as a page asks; starts a supervisor where none lives
        return len(lines(log)) >= count

    wait(lambda: at(3))
    first = int(lines(log)[-1][1])
    os.kill(first, signal.SIGKILL)  # the computing process: its supervisor starts another
    wait(lambda: at(8))
    second = int(lines(log)[-1][1])
    assert second != first
    assert os.getsid(second) != os.getsid(0)  # the end of the server's session is not theirs
    os.kill(psutil.Process(second).ppid(), signal.SIGKILL)  # the supervisor: the next look starts another
    wait(lambda: jobs.get(job.id, ANNE).state == "done")
    assert jobs.result(jobs.get(job.id, ANNE)).tolist() == [n**2 for n in range(16)]
    numbers = [int(n) for n, _, _ in lines(log)]
    assert set(numbers) == set(range(16)) and len(numbers) <= 18  # each of the two ends cost one step at most
    assert len({pid for _, pid, _ in lines(log)}) == 3
    times = [float(t) for _, _, t in lines(log)]
    assert min(b - a for a, b in zip(times, times[1:], strict=False)) > 0.1  # never two at once

    # a job that ends the process twice, or needs too much memory, fails; the next one is not harmed
    bad = jobs.submit(squares(1, 2, harm="kill", at=2), ANNE)
    big = jobs.submit(squares(1, 3, harm="memory", at=3), BERT)
    wait(lambda: not jobs.get(bad.id, ANNE).live and not jobs.get(big.id, BERT).live)
    assert "2 times (signal SIGKILL)" in jobs.get(bad.id, ANNE).message
    assert "more than the 1 GB of memory it may use" in jobs.get(big.id, BERT).message
    good = jobs.submit(squares(5), BERT)
    wait(lambda: jobs.get(good.id, BERT).state == "done")

    # a long step keeps nobody waiting, and is broken off when its job is stopped
    slow = jobs.submit(squares(77, seconds=60, long=True, log=str(log)), BERT)
    wait(lambda: lines(log)[-1][0] == "77")
    beside = jobs.submit(squares(6), ANNE)
    wait(lambda: jobs.get(beside.id, ANNE).state == "done", 3)
    aside = psutil.Process(int(lines(log)[-1][1]))
    jobs.stop(slow.id, BERT)
    wait(lambda: not aside.is_running() or aside.status() == psutil.STATUS_ZOMBIE, 5)
    assert jobs.get(slow.id, BERT).state == "stopped"

    # a stop takes effect within two seconds, and is not undone
    long = jobs.submit(squares(*range(100, 140), seconds=0.2), ANNE)
    wait(lambda: jobs.get(long.id, ANNE).fraction > 0)
    jobs.stop(long.id, ANNE)
    time.sleep(0.6)
    kept = jobs.get(long.id, ANNE)
    time.sleep(0.6)
    assert jobs.get(long.id, ANNE) == kept and kept.state == "stopped"


def test_a_second_supervisor_leaves_at_once(worker):
    with process._lock("main"):
        process.supervise()
    assert process._started == [] or all(p.poll() is not None for p in process._started)
