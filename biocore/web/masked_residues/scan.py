"""Substitution scans: short ones here and now, long ones as a job that nobody waits for."""

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from biocore import runtime
from biocore.esm2 import MASKED, TOKENS, WILD_TYPE, Esm2, SubstitutionScan
from biocore.jobs import Description
from biocore.jobs.models import is_folder
from biocore.web import shipped
from biocore.web.job_link import as_fasta, keep_job_in_link
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues.model import Choice
from biocore.web.waiting import duration, job

_KEY = "masked_residues.scans"
MAX_KEPT = 12
# Parameters times tokens of a masked scan; a second on two free cores is some 5e10
AT_ONCE = {"cpu": 5e10, "gpu": 2e13}  # computed on the page
UNASKED = {"cpu": 4e11, "gpu": 2e14}  # a job that starts by itself
_TURN_S = 0.5  # of the model, at least; then other sessions have theirs


@dataclass
class Kept:
    """A scan of this session, rows (L, 33) with NaN where nothing was computed yet, and the seconds spent on it."""

    rows: np.ndarray
    seconds: float = 0.0

    @property
    def done(self) -> np.ndarray:
        return ~np.isnan(self.rows[:, 0])


def _kept(choice: Choice, sequence: str, strategy: str) -> Kept:
    """The scan of this session under this key; the least recently used ones are forgotten."""
    scans: dict[tuple[str, str, str], Kept] = st.session_state.setdefault(_KEY, {})
    key = (choice.hash, sequence, strategy)
    kept = scans[key] = (
        scans.pop(key) if key in scans else Kept(np.full((len(sequence), len(TOKENS)), np.nan, np.float32))
    )
    while len(scans) > MAX_KEPT:
        scans.pop(next(iter(scans)))
    return kept


def result(choice: Choice, sequence: str, strategy: str) -> SubstitutionScan | None:
    """What this session knows of a scan; None where that is nothing."""
    kept = _kept(choice, sequence, strategy)
    return SubstitutionScan(sequence, strategy, kept.rows, choice.card.name) if kept.done.any() else None


def kept_scan(choice: Choice, sequence: str) -> SubstitutionScan | None:
    """The scan whose tracks colour the residues: a complete masked one, else the wild-type one."""
    found = [result(choice, sequence, strategy) for strategy in (MASKED, WILD_TYPE)]
    return next((scan for scan in found if scan is not None and scan.done.all()), None)


def seconds(choice: Choice, sequence: str, strategy: str) -> float:
    """Time spent on a scan so far."""
    return _kept(choice, sequence, strategy).seconds


def expected_seconds(choice: Choice, sequence: str) -> float:
    """Estimated cost of a masked scan, from the time of the one-pass scan."""
    one_pass = _kept(choice, sequence, WILD_TYPE).seconds
    windows = max(1.0, len(sequence) / choice.window * 2 - 1)  # tiles that overlap by half
    return one_pass / windows * len(sequence)


def _work(choice: Choice, sequence: str) -> float:
    return choice.parameters * len(sequence) * (min(len(sequence), choice.window) + 2)


def is_quick(choice: Choice, sequence: str) -> bool:
    """Whether a masked scan may start without being asked for; the same on every machine of a kind."""
    return _work(choice, sequence) <= UNASKED[runtime.device().kind]


def run_wild_type(choice: Choice, sequence: str) -> None:
    """The one-pass scan, unless it is there already."""
    kept = _kept(choice, sequence, WILD_TYPE)
    if kept.done.all():
        return
    if shipped.is_shipped(sequence) and shipped.is_shipped_model(choice.name):
        _take_shipped(choice, sequence, WILD_TYPE, kept)
        return
    with st.spinner("One pass over the protein..."), choice.opened() as model:
        if kept.done.all():  # another run of this session's page was first
            return
        if not st.session_state.get("masked_residues.warm") == choice.hash:  # the first pass also wakes the model up
            model.residue_probabilities(sequence[: min(len(sequence), 32)], [0])
            st.session_state["masked_residues.warm"] = choice.hash
        _one_pass(model, sequence, kept)


def _one_pass(model: Esm2, sequence: str, kept: Kept) -> None:
    start = time.perf_counter()
    for positions, values in model.scan_chunks(sequence, WILD_TYPE):
        kept.rows[positions] = values
    kept.seconds = time.perf_counter() - start


def _take_shipped(choice: Choice, sequence: str, strategy: str, kept: Kept) -> None:
    """Both scans of a worked example are made once for all visitors."""
    if not kept.done.all():
        whole = _whole(choice, choice.name, choice.hash, sequence, strategy)
        kept.rows, kept.seconds = whole.rows, whole.seconds


def answer_example(choice: Choice, sequence: str) -> None:
    """Both scans of what the page opens with, for all visitors."""
    for strategy in (WILD_TYPE, MASKED):
        if _work(choice, sequence) <= AT_ONCE[runtime.device().kind]:
            _whole(choice, choice.name, choice.hash, sequence, strategy)


@shipped.cached(
    given=["sequence"],
    models=["model"],
    settings=["hash", "strategy"],
    max_entries=2,
    show_spinner="Scanning the worked example...",
)
def _whole(_choice: Choice, model: str, hash: str, sequence: str, strategy: str) -> Kept:
    kept = Kept(np.full((len(sequence), len(TOKENS)), np.nan, np.float32))
    if strategy == WILD_TYPE:
        with _choice.opened() as loaded:
            loaded.residue_probabilities(sequence[: min(len(sequence), 32)], [0])  # the first pass wakes the model up
            _one_pass(loaded, sequence, kept)
    while not kept.done.all():
        _step(_choice, sequence, kept)
    return kept


def run_masked(choice: Choice, sequence: str, name: str, *, key: str = "masked_residues.scan") -> None:
    """One mask at a time: at once where that takes a second, else as a job; `result` has what is finished.

    Parameters
    ----------
    name : str
        Of the protein, for the list of jobs.
    key : str
        Of the widgets, the page's own.
    """
    kept = _kept(choice, sequence, MASKED)
    if _work(choice, sequence) <= AT_ONCE[runtime.device().kind]:
        keep_job_in_link(None)
        if shipped.is_shipped(sequence) and shipped.is_shipped_model(choice.name):
            _take_shipped(choice, sequence, MASKED, kept)
        else:
            _run_here(choice, sequence, kept)
        return
    answer = job(
        Description.make("scan-protein", {"records": [[name, sequence]]}, {"model": choice.name, "strategy": MASKED}),
        key=key,
        title=f"Scan of {name}, {len(sequence):,} residues, {choice.card.name}",
        start=f"Scan with one mask at a time, about {duration(expected_seconds(choice, sequence))}",
        unasked=is_quick(choice, sequence),
        in_link=True,
    )
    if answer.result:
        kept.rows = answer.result[0].token_log_probabilities
        if answer.complete and answer.job and answer.job.started and answer.job.ended:
            kept.seconds = answer.job.ended - answer.job.started


def _run_here(choice: Choice, sequence: str, kept: Kept) -> None:
    """The whole scan on the page, in turns of half a second, so that other sessions have the model in between."""
    with st.spinner("One mask at a time..."):
        while not kept.done.all():
            _step(choice, sequence, kept)


def _step(choice: Choice, sequence: str, kept: Kept) -> None:
    with choice.opened() as model:
        todo = np.flatnonzero(~kept.done)  # read here: another run of this session's page may have had the model
        if not len(todo):
            return
        start = time.perf_counter()
        for positions, values in model.scan_chunks(sequence, MASKED, todo.tolist()):
            kept.rows[positions] = values
            if time.perf_counter() - start > _TURN_S:
                break
        kept.seconds += time.perf_counter() - start


def open_job(description: Description) -> None:
    """Show a job of this page: its protein, model and strategy."""
    _, sequence = description.inputs["records"][0]
    state = st.session_state
    state["hand_over.protein"] = as_fasta(description)
    if description.kind == "search-database":
        state["masked_residues.source"] = homologues.DATABASE
        state["masked_residues.db"] = Path(description.settings["database"])
    model = str(description.settings.get("model", ""))
    if description.kind == "scan-protein":
        strategy = description.settings["strategy"]
        if is_folder(model):
            state["masked_residues.folder"] = model
        else:
            state["masked_residues.folder"] = ""
            state["masked_residues.model"] = model.removeprefix("blend:")
        state["masked_residues.strategy"] = strategy
        state["masked_residues.strategy.of"] = sequence
