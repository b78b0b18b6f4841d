"""``jobs run|submit|list|show|stop|resume|delete|worker``: long work, as a folder of results or in the background."""

import argparse
import json
import math
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from biocore import jobs, runtime
from biocore.cli.files import add_output, read_records, write_table
from biocore.errors import DataUnavailable, InputError
from biocore.io import read_text
from biocore.jobs import ENGINES, Description, Job, kinds, limits, process, results
from biocore.jobs.store import LANES, MAIN


def register(commands) -> None:
    group = commands.add_parser("jobs", help="long work: compute a description, or look after what is queued")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")

    run = actions.add_parser("run", help="compute a job here; goes on where it was stopped")
    _add_question(run)
    run.add_argument(
        "--out", type=Path, metavar="FOLDER", help="parquet tables and manifest.json; default: the job's id"
    )
    run.add_argument("--engine", choices=ENGINES, default="local", help="ray: on a cluster; default: %(default)s")
    run.set_defaults(run=run_run)

    submit = actions.add_parser("submit", help="queue a job for the worker and return at once")
    _add_question(submit)
    submit.add_argument("--title", default="", help="for the list of jobs")
    submit.set_defaults(run=run_submit)

    listing = actions.add_parser("list", help="your jobs, the newest first")
    add_output(listing)
    listing.set_defaults(run=run_list)

    for name, help_, function in (
        ("show", "state and progress of a job, and the command that computes it", run_show),
        ("stop", "let a job wait; what is finished is kept", run_stop),
        ("resume", "let a job go on", run_resume),
        ("delete", "remove a job and its results", run_delete),
    ):
        action = actions.add_parser(name, help=help_)
        action.add_argument("id", help="as `jobs list` shows it; the first letters are enough")
        if name == "show":
            action.add_argument("--out", type=Path, metavar="FOLDER", help="write the results of a finished job")
        action.set_defaults(run=function)

    worker = actions.add_parser(
        "worker", help="compute what is queued; ends by itself when nothing has come for a while"
    )
    worker.add_argument("--name", default="main", help="one for each device; default: %(default)s")
    worker.add_argument("--idle", type=float, default=process.IDLE_S, metavar="SECONDS", help="default %(default)s")
    worker.add_argument("--lane", choices=LANES, default=MAIN, help=argparse.SUPPRESS)
    worker.add_argument("--compute", action="store_true", help=argparse.SUPPRESS)  # the process below the supervisor
    worker.set_defaults(run=run_worker)


def _add_question(command: argparse.ArgumentParser) -> None:
    command.add_argument("input", metavar="FILE", help="a description (job.json), or with --kind a FASTA file or -")
    command.add_argument("--kind", choices=kinds.names(), help="what to do with the records of a FASTA file")
    command.add_argument("--model", metavar="NAME", help="short for --set model=NAME")
    command.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", help="a setting of the kind; VALUE is JSON or text"
    )


def description_of(arguments: argparse.Namespace) -> Description:
    """The question a command line asks.

    Raises
    ------
    InputError
        The file, a setting or a record cannot be used.
    """
    settings = dict(_setting(text) for text in arguments.set)
    if arguments.model:
        settings["model"] = arguments.model
    if arguments.kind:
        found = [[record.name, record.sequence] for record in read_records(arguments.input)]
        return Description.make(arguments.kind, {"records": found}, settings)
    if settings:
        raise InputError("--model and --set go with --kind; a description holds its settings.")
    path = Path(arguments.input)
    if not path.is_file():
        raise InputError("there is no such file. Give a description, or a FASTA file and --kind.", record=str(path))
    text = read_text(path)
    if text.lstrip().startswith(">"):
        raise InputError(f"is FASTA: say what to do with it, --kind {kinds.names()[0]} for one.", record=str(path))
    return Description.from_json(text, name=path.name)


def _setting(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InputError(f"--set {text!r} is not NAME=VALUE.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def run_run(arguments: argparse.Namespace) -> None:
    description = description_of(arguments)
    out = arguments.out or Path(f"{description.kind}-{description.hash[:8]}")
    results.check_folder(out)
    started = time.time()
    try:
        result = jobs.run_here(description, progress=_Line(description), engine=arguments.engine)
    except KeyboardInterrupt:
        _say("\nstopped; what is finished is kept, and the same command goes on from there")
        raise
    results.write_folder(description, result, out, times={"started": started, "ended": time.time()})
    print(out)


class _Line:
    """Progress on stderr: a line that is rewritten; in a log, one for every tenth."""

    def __init__(self, description: Description):
        self.unit, self.said, self.start, self.first = kinds.get(description.kind).unit, -1.0, time.monotonic(), 0.0

    def __call__(self, done: float, total: float) -> None:
        fraction = done / total if total else 1.0
        if self.said < 0:
            self.first = done
        watched = sys.stderr.isatty()
        if not watched and 0 <= self.said and fraction < 1 and int(10 * fraction) == int(10 * self.said):
            return
        self.said = fraction
        new, seconds = done - self.first, time.monotonic() - self.start
        left = f", about {(total - done) * seconds / new:,.0f} s to go" if 0 < new and done < total else ""
        _say(
            f"{done:,.0f} of {total:,.0f} {self.unit} ({fraction:.0%}){left}   ",
            end="\r" if watched and done < total else "\n",
        )


def run_submit(arguments: argparse.Namespace) -> None:
    job = jobs.submit(description_of(arguments), limits.local_owner(), arguments.title)
    _say(_line(job))
    print(job.id)


def run_list(arguments: argparse.Namespace) -> None:
    found = jobs.jobs_of(limits.local_owner())
    columns = ["id", "kind", "title", "state", "done", "created", "seconds_left", "message"]
    rows = [
        (j.id, j.kind, j.title, j.state, round(j.fraction, 4), _time(j.created), round(j.seconds_left), j.message)
        if not math.isnan(j.seconds_left)
        else (j.id, j.kind, j.title, j.state, round(j.fraction, 4), _time(j.created), math.nan, j.message)
        for j in found
    ]
    write_table(pd.DataFrame(rows, columns=columns), arguments)


def run_show(arguments: argparse.Namespace) -> None:
    job = _job(arguments.id)
    print(_line(job))
    print(f"{job.title}; asked {_time(job.created)}" + (f", ended {_time(job.ended)}" if job.ended else ""))
    print("settings:", json.dumps(dict(job.description.settings)))
    print("models:", json.dumps(dict(job.description.models)))
    print("command:", job.description.command())
    if arguments.out:
        times = {"created": job.created, "started": job.started, "ended": job.ended}
        results.write_folder(job.description, jobs.result(job), arguments.out, times=times)
        print("results:", arguments.out)


def run_stop(arguments: argparse.Namespace) -> None:
    _say(_line(jobs.stop(_job(arguments.id).id, limits.local_owner())))


def run_resume(arguments: argparse.Namespace) -> None:
    _say(_line(jobs.resume(_job(arguments.id).id, limits.local_owner())))


def run_delete(arguments: argparse.Namespace) -> None:
    job = _job(arguments.id)
    jobs.delete(job.id, limits.local_owner())
    _say(f"{job.id} is deleted")


def run_worker(arguments: argparse.Namespace) -> None:
    if arguments.compute:
        runtime.share_cores()
        sys.exit(process.compute(arguments.name, arguments.lane, idle=arguments.idle))
    process.supervise(arguments.name, idle=arguments.idle)


def _job(start: str) -> Job:
    """The user's job whose id begins so.

    Raises
    ------
    DataUnavailable
        None does.
    InputError
        Several do.
    """
    found = [job for job in jobs.jobs_of(limits.local_owner()) if job.id.startswith(start)]
    if not found:
        raise DataUnavailable(f"There is no job {start!r}; `python -m biocore jobs list` shows them.")
    if len(found) > 1 and not any(job.id == start for job in found):
        raise InputError(f"{len(found)} jobs begin with {start!r}; give more letters.")
    return next((job for job in found if job.id == start), found[0])


def _line(job: Job) -> str:
    text = f"{job.id} {job.state}"
    if job.place is not None:
        text += f", place {job.place} in the queue"
    if job.live or job.state == jobs.STOPPED:
        text += f", {job.work_done:,.0f} of {job.work_total:,.0f} {job.unit}"
    if not math.isnan(job.seconds_left):
        text += f", about {job.seconds_left:,.0f} s to go"
    return text + (f": {job.message}" if job.message else "")


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).isoformat(sep=" ", timespec="seconds")


def _say(text: str, end: str = "\n") -> None:
    print(text, end=end, file=sys.stderr, flush=True)
