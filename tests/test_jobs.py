"""Jobs: one state at a time, turns between owners, nothing computed twice, nothing of another owner's seen."""

import json
import math
import re

import jobs_toys
import numpy as np
import pandas as pd
import pytest

from biocore import jobs
from biocore.cli import main
from biocore.errors import DataUnavailable, InputError, ModelUnavailable
from biocore.jobs import Description, Worker, kinds, limits, process, queue
from biocore.jobs.store import Store

ANNE, BERT = "anne-" * 5, "bert-" * 5


@pytest.fixture(autouse=True)
def toys(tmp_path, monkeypatch):
    jobs_toys.install(tmp_path, monkeypatch)
    yield
    kinds._others.cache_clear()
    kinds.get.cache_clear()


def squares(*numbers, **settings):
    return Description.make("squares", {"numbers": list(numbers)}, settings)


def computed(log):
    return [float(line.split()[0]) for line in log.read_text().splitlines()] if log.exists() else []


def count(table):
    with Store().reading() as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


# ------------------------------------------------------------------------------------------------- descriptions


def test_the_same_question_has_the_same_hash_and_survives_a_file():
    one = squares(1, 2, seconds=0)
    other = Description.make("squares", {"numbers": [1, 2]}, {"harm": ""}, seconds=0)
    assert one == other and one.hash == other.hash
    assert Description.from_json(one.to_json()) == one
    assert squares(2, 1).hash != one.hash


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "job.json.*is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("[1]", "needs an object"),
        ('{"kind": "paint"}', "no kind of job 'paint'; there is .*squares"),
        ('{"kind": "squares", "inputs": 3}', "must be objects"),
        ('{"kind": "squares", "inputs": {"numbers": ["x"]}}', "numbers are needed"),
        ('{"kind": "squares", "inputs": {"numbers": [1]}, "settings": {"colour": 1}}', "no setting 'colour'"),
        ('{"kind": "scan-protein", "inputs": {"records": [["p", "MK1V"]]}}', "record 'p'.*MK1V"),
        ('{"kind": "scan-protein", "inputs": {"records": [["p"]]}}', "record 1 is no pair"),
        ('{"kind": "scan-protein", "inputs": {"records": [["p", "MKV"]]}, "settings": {"model": "go-mf"}}', "go-mf"),
    ],
)
def test_nothing_in_a_file_is_trusted(text, said):
    with pytest.raises(InputError, match=said):
        Description.from_json(text, name="job.json")


def test_other_weights_than_those_asked_are_refused():
    text = Description.make("scan-protein", {"records": [["p", "MKV"]]}).to_json()
    changed = json.loads(text) | {"models": {"esm-mini": "0" * 16}}
    with pytest.raises(ModelUnavailable, match="other weights of esm-mini"):
        Description.from_json(json.dumps(changed))


# ------------------------------------------------------------------------------------------------------- states


def test_a_job_goes_from_queued_to_done_and_is_answered_once(tmp_path):
    log = tmp_path / "log"
    job = jobs.submit(squares(1, 2, 3, log=str(log)), ANNE)
    assert (job.state, job.place, job.fraction) == ("queued", 1, 0)
    assert jobs.partial(job) is None
    with pytest.raises(DataUnavailable, match="queued; it has no result"):
        jobs.result(job)
    Worker().drain()
    job = jobs.get(job.id, ANNE)
    assert (job.state, job.place, job.fraction) == ("done", None, 1)
    assert job.rate > 0 and math.isnan(job.seconds_left)
    assert jobs.result(job).tolist() == [1, 4, 9]
    assert jobs.submit(squares(1, 2, 3, log=str(log)), ANNE).id == job.id
    other = jobs.submit(squares(3, 1, log=str(log)), BERT)  # another's question, made of known steps
    assert other.state == "done" and jobs.result(other).tolist() == [9, 1]
    assert computed(log) == [1, 2, 3]


def test_a_step_of_two_jobs_is_computed_once(tmp_path):
    log = tmp_path / "log"
    one, two = (
        jobs.submit(squares(1, 2, 3, 4, log=str(log)), ANNE),
        jobs.submit(squares(4, 3, 2, 1, log=str(log)), BERT),
    )
    worker = Worker()
    while worker.turn(seconds=-1):  # turn by turn, so that each finds what the other has done since
        pass
    assert sorted(computed(log)) == [1, 2, 3, 4]
    assert jobs.result(jobs.get(one.id, ANNE)).tolist() == [1, 4, 9, 16]
    jobs.delete(one.id, ANNE)
    assert jobs.result(jobs.get(two.id, BERT)).tolist() == [16, 9, 4, 1]


def test_a_step_that_ended_a_worker_and_was_finished_by_another_job_leaves_no_trace():
    one = jobs.submit(squares(1, 2), ANNE)
    worker = Worker()
    queue.claim(worker.store, "dead")
    queue.begin(worker.store, one.id, "dead", kinds.steps_of(squares(1, 2))[0].key)
    jobs.submit(squares(1, 2, 3), BERT)
    worker.drain()
    queue.release_all(worker.store, "dead")
    worker.drain()
    assert jobs.get(one.id, ANNE).state == "done" and count("attempts") == 0


def test_stop_keeps_what_is_finished_and_resume_goes_on(tmp_path):
    log = tmp_path / "log"
    job = jobs.submit(squares(*range(6), log=str(log)), ANNE)
    worker = Worker()
    worker.turn(seconds=-1)  # one step
    worker.turn(seconds=-1)
    assert jobs.stop(job.id, ANNE).state == "stopped"
    assert not worker.turn()
    np.testing.assert_array_equal(jobs.partial(job), [0, 1, np.nan, np.nan, np.nan, np.nan])
    assert jobs.resume(job.id, ANNE).state == "queued"
    worker.drain()
    assert jobs.get(job.id, ANNE).state == "done"
    assert computed(log) == list(range(6))


def test_a_job_stopped_in_the_middle_of_a_step_keeps_the_step_and_stays_stopped(monkeypatch):
    job = jobs.submit(squares(1, 2), ANNE)
    run = jobs_toys.Squares.run
    monkeypatch.setattr(jobs_toys.Squares, "run", lambda *a: (jobs.stop(job.id, ANNE), run(*a))[1])
    Worker().drain()
    assert jobs.get(job.id, ANNE).state == "stopped"
    np.testing.assert_array_equal(jobs.partial(job), [1, np.nan])


def test_a_job_deleted_in_the_middle_of_a_step_leaves_nothing(monkeypatch):
    job = jobs.submit(squares(1, 2), ANNE)
    run = jobs_toys.Squares.run
    monkeypatch.setattr(jobs_toys.Squares, "run", lambda *a: (jobs.delete(job.id, ANNE), run(*a))[1])
    Worker().drain()
    assert jobs.get(job.id, ANNE) is None
    assert (count("jobs"), count("results"), count("parts"), count("attempts")) == (0, 0, 0, 0)


def test_deleting_spares_what_another_job_has():
    one, two = jobs.submit(squares(1, 2), ANNE), jobs.submit(squares(2, 3), BERT)
    Worker().drain()
    jobs.delete(one.id, ANNE)
    assert count("results") == 2
    assert jobs.result(jobs.get(two.id, BERT)).tolist() == [4, 9]


@pytest.mark.parametrize(("harm", "said"), [("input", "cannot be squared"), ("bug", "fault of biocore.*a toy's bug")])
def test_a_step_that_raises_fails_its_job_and_no_other(harm, said, capsys):
    bad, good = jobs.submit(squares(1, 2, harm=harm, at=2), ANNE), jobs.submit(squares(5), BERT)
    Worker().drain()
    bad = jobs.get(bad.id, ANNE)
    assert bad.state == "failed"
    assert re.search(said, bad.message)
    assert jobs.get(good.id, BERT).state == "done"
    np.testing.assert_array_equal(jobs.partial(bad), [1, np.nan])


def test_steps_read_those_they_need():
    job = jobs.submit(Description.make("sum", {"numbers": [1, 2, 3]}), ANNE)
    Worker().drain()
    assert jobs.result(jobs.get(job.id, ANNE)) == 14
    assert jobs.run_here(Description.make("sum", {"numbers": [3, 4]})) == 25


# ------------------------------------------------------------------------------------------- turns, places, limits


def test_owners_take_turns_and_an_owner_has_one_heavy_job_at_a_time(tmp_path):
    log = tmp_path / "log"
    heavy, later = [jobs.submit(squares(*range(first, first + 30), log=str(log)), ANNE).id for first in (100, 200)]
    light = jobs.submit(squares(1, 2, log=str(log)), BERT)
    worker = Worker()
    for _ in range(4):
        worker.turn(seconds=-1)
    assert computed(log) == [1, 100, 2, 101]
    assert jobs.get(later, ANNE).state == "queued"
    quick = jobs.submit(squares(7, log=str(log)), ANNE)  # a light job runs beside its owner's heavy one
    worker.turn(seconds=-1)
    assert jobs.get(quick.id, ANNE).state == "done"
    worker.drain()
    assert jobs.get(light.id, BERT).state == jobs.get(heavy, ANNE).state == jobs.get(later, ANNE).state == "done"
    assert [n for n in computed(log) if n >= 100] == [*range(100, 130), *range(200, 230)]


def test_places_count_every_owners_first_job_before_anybodys_second():
    first, second = (jobs.submit(squares(*range(n, n + 30)), ANNE).id for n in (100, 200))
    other = jobs.submit(squares(*range(30)), BERT).id
    places = [jobs.get(job, owner).place for job, owner in ((first, ANNE), (other, BERT), (second, ANNE))]
    assert places == [1, 2, 3]


def test_limits_say_the_number_and_what_to_do(monkeypatch):
    monkeypatch.setenv("BIOCORE_JOBS_QUEUED", "1")
    monkeypatch.setenv("BIOCORE_JOB_RESIDUES", "5")
    monkeypatch.setenv("BIOCORE_JOB_RECORDS", "2")
    for records, said in ([["p", "MKVAAA"]], "6 letters in all; a job takes up to 5"), ([["p", "M"]] * 3, "3 records"):
        with pytest.raises(InputError, match=f"{said}.*jobs run"):
            jobs.submit(Description.make("scan-protein", {"records": records}), ANNE)
    jobs.submit(squares(1), ANNE)
    with pytest.raises(InputError, match="You have 1 jobs that run or wait; 1 are the limit.*stop"):
        jobs.submit(squares(2), ANNE)
    assert jobs.submit(squares(1), ANNE).place == 1  # the same question is no second job
    jobs.submit(squares(2), BERT)
    jobs.submit(squares(2), limits.local_owner())


def test_cleaning_by_age_and_by_room(monkeypatch):
    store = Store()
    old, new = jobs.submit(squares(1), ANNE), jobs.submit(squares(2), ANNE)
    Worker().drain()
    with store.writing() as connection:
        connection.execute("UPDATE jobs SET ended = ended - 40 * 86400 WHERE id = ?", [old.id])
    limits.clean()
    assert jobs.get(old.id, ANNE) is None and count("results") == 1
    waiting = jobs.submit(squares(3, 4), BERT)
    Worker().turn(seconds=-1)
    monkeypatch.setenv("BIOCORE_JOBS_GB", "0")
    assert limits.clean() == 1  # what a live job has is spared
    with pytest.raises(DataUnavailable, match="deleted to make room. Run it again"):
        jobs.result(jobs.get(new.id, ANNE))
    assert jobs.get(waiting.id, BERT).state == "running" and count("results") == 1
    assert jobs.resume(new.id, ANNE).state == "queued"
    Worker().drain()
    assert jobs.result(jobs.get(new.id, ANNE)).tolist() == [4]


def test_the_file_shrinks_when_results_are_deleted(monkeypatch):
    store = Store()
    monkeypatch.setattr(jobs_toys.Squares, "run", lambda *a: {"square": np.zeros(2**19)})  # 4 MB
    job = jobs.submit(squares(1, 2, 3), ANNE)
    Worker().drain()
    jobs.delete(job.id, ANNE)
    limits.clean()
    with store.reading() as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert store.path.stat().st_size < 2**20


def test_a_worker_that_is_nearly_full_gives_its_models_back(monkeypatch):
    worker, closed = Worker(), []
    monkeypatch.setattr(worker.models, "close", lambda: closed.append(True))
    assert not process._nearly_full(worker) and not closed
    monkeypatch.setenv("BIOCORE_WORKER_GB", "0.01")
    assert process._nearly_full(worker) and closed


# ----------------------------------------------------------------------------------------------------- privacy


def test_only_the_owner_sees_a_job_unless_it_is_shared():
    job = jobs.submit(squares(1), ANNE)
    assert jobs.get(job.id, BERT) is None and jobs.get(job.id) is None and jobs.get(job.id, None, None) is None
    assert jobs.jobs_of(BERT) == [] and jobs.find(squares(1), BERT) is None
    for change in (jobs.stop, jobs.resume, jobs.delete, jobs.share):
        with pytest.raises(DataUnavailable, match="not yours"):
            change(job.id, BERT)
    token = jobs.share(job.id, ANNE)
    assert token == jobs.share(job.id, ANNE) and len(token) >= 20
    assert jobs.get(job.id, token=token).id == job.id
    assert jobs.get(job.id, token=token + "x") is None
    jobs.adopt(ANNE, BERT)
    assert [j.id for j in jobs.jobs_of(BERT)] == [job.id] and jobs.jobs_of(ANNE) == []


# ------------------------------------------------------------------------------------- after a crash, in one process


def test_a_dead_workers_job_goes_on_and_a_step_that_kills_twice_fails_it(tmp_path, monkeypatch):
    log = tmp_path / "log"
    job = jobs.submit(squares(1, 2, log=str(log)), ANNE)

    class Killed(BaseException):
        pass

    def die(self, step, models, parts):
        if step.payload["n"] == 2:
            raise Killed
        return run(self, step, models, parts)

    run = jobs_toys.Squares.run
    monkeypatch.setattr(jobs_toys.Squares, "run", die)
    monkeypatch.setattr(queue, "forgive", lambda *a: None)  # kill -9 leaves no time for that
    monkeypatch.setattr(queue, "release", lambda *a: None)
    for _ in range(2):
        worker = Worker()
        queue.release_all(worker.store, worker.prefix)
        with pytest.raises(Killed):
            worker.drain()
        assert jobs.get(job.id, ANNE).state == "running"
        queue.blame(worker.store, worker.prefix, "signal SIGKILL")
    queue.release_all(worker.store, worker.prefix)
    Worker().drain()
    failed = jobs.get(job.id, ANNE)
    assert failed.state == "failed"
    assert "ended the computing process 2 times (signal SIGKILL)" in failed.message
    assert computed(log) == [1]


def test_a_command_that_was_killed_leaves_a_stopped_job_that_goes_on(tmp_path):
    log = tmp_path / "log"
    description = squares(1, 2, log=str(log))
    store = Store()
    steps = kinds.steps_of(description)
    gone = f"{queue.here().rsplit(':', 1)[0]}:{2**22 + 1}"  # no such process
    job = queue.add(store, description, steps, limits.local_owner(), "", state="running", worker=gone)
    assert queue.pending(store) == 0 and not Worker().turn()  # no worker takes it
    (found,) = jobs.jobs_of(limits.local_owner())
    assert (found.id, found.state, found.message) == (job, "stopped", "the command that computed it ended")
    assert jobs.run_here(description).tolist() == [1, 4]
    assert jobs.get(job, limits.local_owner()).state == "done"


def test_a_long_step_is_left_to_the_worker_aside():
    job = jobs.submit(squares(1, long=True), ANNE)
    main, aside = Worker(lane="main"), Worker(lane="aside")
    assert not aside.turn() and main.turn() and not main.turn()
    assert jobs.get(job.id, ANNE).state == "running"
    assert aside.turn()
    assert jobs.get(job.id, ANNE).state == "done"


# ------------------------------------------------------------------------------------------------- command line


def test_a_job_on_the_command_line_becomes_a_folder(tmp_path, capsys):
    file, out = tmp_path / "job.json", tmp_path / "out"
    file.write_text(squares(2, 3).to_json())
    assert main(["jobs", "run", str(file), "--out", str(out)]) == 0
    assert pd.read_parquet(out / "squares.parquet")["square"].tolist() == [4, 9]
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["tables"] == {"squares.parquet": {"rows": 2, "columns": ["number", "square"]}}
    assert Description.from_json((out / "job.json").read_text()) == squares(2, 3)
    assert "2 of 2 numbers (100%)" in capsys.readouterr().err
    assert main(["jobs", "list", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["kind"], row["state"]) == ("squares", "done")
    assert main(["jobs", "show", row["id"][:8]]) == 0
    assert "done" in capsys.readouterr().out
    assert main(["jobs", "delete", row["id"]]) == 0
    assert main(["jobs", "show", row["id"]]) == 3


def test_what_the_command_line_refuses(tmp_path, capsys):
    fasta = tmp_path / "p.fasta"
    fasta.write_text(">a\nMKV\n")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.tex").touch()
    for arguments, said in (
        (["run", str(fasta)], "say what to do with it, --kind"),
        (["run", str(tmp_path / "none.json")], "no such file"),
        (["run", str(fasta), "--kind", "scan-protein", "--set", "model"], "not NAME=VALUE"),
        (["run", str(fasta), "--kind", "scan-protein", "--out", str(tmp_path / "full")], "thesis.tex"),
    ):
        assert main(["jobs", *arguments]) == 2
        assert said in capsys.readouterr().err
