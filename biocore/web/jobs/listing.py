"""This browser's jobs: what, with which settings, how far; and what can be done with each."""

import io
import math
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pandas as pd
import streamlit as st

from biocore import jobs, web
from biocore.jobs import Job, kinds
from biocore.jobs.results import write_folder
from biocore.web.browser_key import wait_for_owner
from biocore.web.job_link import PAGES
from biocore.web.waiting import act, duration, progress_text

_REFUSED = "jobs.refused"  # why the last button could not do what it says

CHOSEN = "jobs.chosen"  # session key: id of the job that is looked at
_POLL_S = 2.0


def show_jobs() -> None:
    """Table and details; redrawn on their own while a job runs or waits."""
    live = any(job.live for job in jobs.jobs_of(web.owner()))
    st.fragment(_jobs, run_every=_POLL_S if live else None)(live)


def _jobs(polled: bool) -> None:
    mine = jobs.jobs_of(web.owner())
    if polled and not any(job.live for job in mine):
        st.rerun()  # nothing polls any more
    if not mine and wait_for_owner():
        st.caption("Looking for the jobs of this browser...")
        return
    if not mine:
        st.info("No jobs yet. Long work on any page becomes one, and stands here.", icon=":material/inbox:")
        return
    web.listing(
        job_table(mine),
        key="jobs.table",
        column_config={
            "progress": st.column_config.ProgressColumn("progress", min_value=0, max_value=1, format="percent")
        },
    )
    titles = {job.id: f"{job.title} ({job.state})" for job in mine}
    if st.session_state.get(CHOSEN) not in titles:
        st.session_state[CHOSEN] = mine[0].id
    id = st.selectbox("Job", list(titles), format_func=lambda one: titles[one], key=CHOSEN)
    _details(next(job for job in mine if job.id == id))


def job_table(mine: list[Job]) -> pd.DataFrame:
    """One row for each job: what, analysis, settings, state, progress, asked, took."""
    rows = [
        {
            "what": job.title,
            "analysis": kinds.get(job.kind).title,
            "settings": asked_text(job.id, job)[0],
            "state": job.state,
            "progress": job.fraction,
            "to go": progress_text(job) if job.live else "",
            "asked": _clock(job.created),
            "took": duration(job.ended - job.started) if job.started and job.ended else "",
        }
        for job in mine
    ]
    return pd.DataFrame(rows)


@st.cache_data(max_entries=500, scope="session", show_spinner=False)
def asked_text(id: str, _job: Job) -> tuple[str, str]:
    """The settings of a job that differ from the defaults, with its model; and its command.

    Kept, because a description can hold megabytes of sequences and the list is drawn every two seconds.
    """
    asked, usual = _job.description.settings, kinds.get(_job.kind).defaults
    names = sorted((n for n, v in asked.items() if n == "model" or v != usual.get(n)), key=lambda name: name != "model")
    told = [_told(name, asked[name]) for name in names]
    return ", ".join(told), _job.description.command()


def _told(name: str, value: object) -> str:
    """A setting in a few words: "layer 2", "17 models"."""
    return f"{len(value):,} {name}" if isinstance(value, list) else f"{name} {value}"


def _clock(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).strftime("%Y-%m-%d %H:%M")


def _details(job: Job) -> None:
    """What can be done with one job."""
    if job.live:
        st.progress(min(max(job.fraction, 0.0), 1.0), web.plain(progress_text(job)))
    if math.isfinite(job.rate) and job.rate > 0:
        st.caption(web.plain(f"{job.rate:,.1f} {job.unit} a second; {job.work_done:,.0f} of {job.work_total:,.0f}."))
    if job.message:
        st.warning(web.plain(job.message), icon=":material/info:")
    with st.container(horizontal=True, vertical_alignment="center"):
        page = PAGES.get(job.kind)
        if page and st.button("Open", key="jobs.open", type="primary", icon=":material/open_in_new:"):
            st.switch_page(f"pages/{page}.py", query_params={"job": job.id})
        if job.live:
            st.button(
                "Stop", key="jobs.stop", icon=":material/stop_circle:", on_click=act, args=(jobs.stop, job.id, _REFUSED)
            )
        else:
            label = "Go on" if job.state == jobs.STOPPED else "Run again"
            st.button(
                label, key="jobs.again", icon=":material/replay:", on_click=act, args=(jobs.resume, job.id, _REFUSED)
            )
        st.button(
            "Delete", key="jobs.delete", icon=":material/delete:", on_click=act, args=(jobs.delete, job.id, _REFUSED)
        )
        st.button("Share", key="jobs.share", icon=":material/link:", on_click=act, args=(jobs.share, job.id, _REFUSED))
        if job.state == jobs.DONE:
            web.download("Results as ZIP", lambda: archive(job), f"{job.kind}.zip", "application/zip", key="jobs.zip")
    refused = st.session_state.pop(_REFUSED, None)
    if refused:
        st.error(web.plain(refused), icon=":material/error:")
    if job.token:
        st.caption("Whoever has this link can see the input and the result, until you delete the job.")
        st.code(shared_link(job, st.context.url or ""), language=None, wrap_lines=True)
    with st.expander("Reproduce this on the command line", icon=":material/terminal:"):
        st.code(asked_text(job.id, job)[1], language="bash", wrap_lines=True)
        st.caption("The folder of results holds the question too, as job.json:")
        st.code("python -m biocore jobs run job.json --out results", language="bash")


def shared_link(job: Job, here: str) -> str:
    """The address of a job's page with its token; `here` is the address of the page Jobs."""
    return f"{urljoin(here, PAGES.get(job.kind, 'jobs'))}?{urlencode({'job': job.id, 'token': job.token})}"


def archive(job: Job) -> bytes:
    """The folder of results, zipped: parquet tables, job.json, manifest.json."""
    times = {"created": job.created, "started": job.started, "ended": job.ended}
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        files = write_folder(job.description, jobs.result(job), Path(folder), times=times)
        with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in files:
                zipped.writestr(path.name, path.read_bytes())
    return content.getvalue()
