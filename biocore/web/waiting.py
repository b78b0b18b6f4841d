"""Long work of a page: asked for here, done by the worker; only the part of the page that waits is redrawn."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import streamlit as st

from biocore import jobs
from biocore.errors import BiocoreError
from biocore.jobs import Description, Job
from biocore.web.browser_key import owner
from biocore.web.frame import plain
from biocore.web.job_link import keep_job_in_link, shared_job

LIVE = ("queued", "running")
_POLL_S = 1.0  # between two looks at a job that is waited for


@dataclass(frozen=True)
class Answer:
    """What is known of a job now.

    Attributes
    ----------
    result : object or None
        As the library's own function gives it; what is finished so far where `complete` is False and that makes
        sense, else None.
    complete : bool
    job : Job or None
        None where it was not asked for yet, or was answered at once.
    """

    result: Any = None
    complete: bool = False
    job: Job | None = None


def job(
    description: Description,
    *,
    key: str,
    title: str,
    start: str,
    unasked: bool = False,
    in_link: bool = False,
) -> Answer:
    """The answer to a question that takes a while; draws what the user can do about it.

    Parameters
    ----------
    description : Description
        The question: the same one is found again after a reload, by this user, and is never answered twice.
    key : str
        Of the widgets, the page's own.
    title : str
        For the Jobs page, with what tells it from others: the protein's name.
    start : str
        Label of the button that starts it.
    unasked : bool
        Start without a click.
    in_link : bool
        Keep the job in the page's address, so that a reload finds its input too.  For the page's main job.

    Returns
    -------
    Answer
    """
    found = _find(description)
    if found is None and (unasked or jobs.known(description)) and _refusal(description, key) is None:
        found = _submit(description, key, title)
    if in_link:
        keep_job_in_link(found)
    answer = Answer() if found is None else watch(found, key=key)
    if found is None or (found.state == "done" and not answer.complete):
        _offer(description, key, title, start)
    return answer


def watch(found: Job, *, key: str) -> Answer:
    """The answer of a job that was asked for; as `job` without the button that starts it."""
    if found.state == "done":
        result = _result(found.hash, found)
        if result is not None:
            return Answer(result, complete=True, job=found)
        st.caption("The result was deleted to make room.")
        return Answer(job=found)
    if found.state in LIVE:
        _wait(found.id, key)
    else:
        _ended(found, key)
    return Answer(jobs.partial(found), job=found)


def _find(description: Description) -> Job | None:
    """This user's latest job of the description, else one that was shared with them."""
    return jobs.find(description, owner()) or shared_job(description.hash)


@st.cache_resource(max_entries=8, scope="session", show_spinner="Reading the result...")
def _kept(key: str, _job: Job) -> Any:
    return jobs.result(_job)


def _result(key: str, found: Job) -> Any:
    """The result, read once a session; None where the store no longer has it."""
    try:
        return _kept(key, found)
    except BiocoreError:
        return None


def _submit(description: Description, key: str, title: str) -> Job | None:
    """Start it, or keep why it was refused, to be said beside the button."""
    try:
        return jobs.submit(description, owner(), title)
    except BiocoreError as error:
        st.session_state[f"{key}.refused"] = (description.hash, str(error))
        return None


def _start(description: Description, key: str, title: str) -> None:
    """`_submit` for a button."""
    _submit(description, key, title)


def _refusal(description: Description, key: str) -> str | None:
    of, message = st.session_state.get(f"{key}.refused", ("", ""))
    return message if of == description.hash else None


def _offer(description: Description, key: str, title: str, start: str) -> None:
    st.button(
        plain(start),
        key=f"{key}.start",
        icon=":material/play_arrow:",
        on_click=_start,
        args=(description, key, title),
        help="Goes on when you close this page; find it again here or on the page Jobs.",
    )
    refusal = _refusal(description, key)
    if refusal:
        st.error(plain(refusal), icon=":material/error:")


@st.fragment(run_every=_POLL_S)
def _wait(id: str, key: str) -> None:
    """How far the job is, redrawn on its own; the page runs again once, when the job has ended."""
    mine = jobs.get(id, owner())
    now = mine or shared_job(id=id)
    if now is None or now.state not in LIVE:
        st.rerun()
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(min(max(now.fraction, 0.0), 1.0), plain(progress_text(now)))
        if mine is not None:
            st.button(
                "Stop",
                key=f"{key}.stop",
                icon=":material/stop_circle:",
                on_click=act,
                args=(jobs.stop, id, f"{key}.act"),
            )
            _say_refused(f"{key}.act")
        if now.work_done and st.button("Show what is finished", key=f"{key}.show", type="tertiary"):
            st.rerun()
    st.caption("The job goes on when you close this page; find it again here or on the page Jobs.")


def _ended(found: Job, key: str) -> None:
    """A job that was stopped or failed: how far it came, and a way to go on."""
    if found.state == "failed":
        st.error(plain(found.message), icon=":material/error:")
    else:
        st.info(f"Stopped; {found.fraction:.0%} is finished and kept.", icon=":material/pause_circle:")
    if jobs.get(found.id, owner()) is not None:
        label = "Try again" if found.state == "failed" else "Go on"
        st.button(
            label,
            key=f"{key}.resume",
            icon=":material/play_arrow:",
            on_click=act,
            args=(jobs.resume, found.id, f"{key}.act"),
        )
        _say_refused(f"{key}.act")


def act(action: Callable[[str, str], Any], id: str, refused: str) -> None:
    """For buttons: do something to a job of this browser.

    Where it cannot be done, the reason is kept in the session under `refused`, to be said on the page.
    """
    try:
        action(id, owner())
    except BiocoreError as error:
        st.session_state[refused] = str(error)


def _say_refused(key: str) -> None:
    message = st.session_state.pop(key, None)
    if message:
        st.error(plain(message), icon=":material/error:")


def progress_text(job: Job) -> str:
    """Where a live job is, in a few words."""
    if job.state == "queued":
        before = (job.place or 1) - 1
        return f"Waiting: {before:,} before it" if before else "Starting..."
    left = job.seconds_left
    return f"{job.fraction:.0%}" + (f", {duration(left)} to go" if math.isfinite(left) else "")


def duration(seconds: float) -> str:
    """Seconds for people: "3 s", "2 min", "1.5 h"."""
    if seconds < 90:
        return f"{max(seconds, 0.1):.1f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
