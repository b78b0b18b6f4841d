"""Substitution scans that show progress, can be stopped, and keep what is finished."""

import time
from dataclasses import dataclass, field

import numpy as np
import streamlit as st

from biocore import runtime
from biocore.esm2 import MASKED, TOKENS, WILD_TYPE, SubstitutionScan
from biocore.web.masked_residues.model import Choice

_KEY = "masked_residues.scans"
MAX_KEPT = 6
# A masked scan of at most this many parameters times tokens starts by itself: some 8 s on two free cores
QUICK_WORK = {"cpu": 4e11, "gpu": 2e14}
_CHUNK_S = 0.5  # between two updates of the progress bar, at least


@dataclass
class Kept:
    """Rows of one scan so far, (L, 33), NaN where nothing was computed; seconds spent; whether to go on."""

    rows: np.ndarray
    seconds: float = 0.0
    wanted: bool = False
    stopped: bool = False
    last_used: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> np.ndarray:
        return ~np.isnan(self.rows[:, 0])


def _kept(choice: Choice, sequence: str, strategy: str) -> Kept:
    """The scan of this session under this key; the least recently used ones are forgotten."""
    scans: dict[tuple[str, str, str], Kept] = st.session_state.setdefault(_KEY, {})
    key = (choice.hash, sequence, strategy)
    if key not in scans:
        scans[key] = Kept(np.full((len(sequence), len(TOKENS)), np.nan, np.float32))
    scans[key].last_used = time.monotonic()
    while len(scans) > MAX_KEPT:
        scans.pop(min(scans, key=lambda k: scans[k].last_used))
    return scans[key]


def result(choice: Choice, sequence: str, strategy: str) -> SubstitutionScan | None:
    """What has been computed so far; None where there is nothing."""
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
    """Estimated cost of a masked scan, from what a part of it took, else from the time of the one-pass scan."""
    kept = _kept(choice, sequence, MASKED)
    done = int(kept.done.sum())
    if done >= 8:
        return kept.seconds / done * len(sequence)
    one_pass = _kept(choice, sequence, WILD_TYPE).seconds
    windows = max(1.0, len(sequence) / choice.window * 2 - 1)  # tiles that overlap by half
    return one_pass / windows * len(sequence)


def is_quick(choice: Choice, sequence: str) -> bool:
    """Whether a masked scan may start without being asked for; the same on every machine of a kind."""
    tokens = len(sequence) * (min(len(sequence), choice.window) + 2)
    return choice.parameters * tokens <= QUICK_WORK[runtime.device().kind]


def run_wild_type(choice: Choice, sequence: str) -> None:
    """The one-pass scan, unless it is there already."""
    kept = _kept(choice, sequence, WILD_TYPE)
    if kept.done.all():
        return
    with st.spinner("One pass over the protein..."), choice.opened() as model:
        if kept.done.all():  # another run of this session's page was first
            return
        if not st.session_state.get("masked_residues.warm") == choice.hash:  # the first pass also wakes the model up
            model.residue_probabilities(sequence[: min(len(sequence), 32)], [0])
            st.session_state["masked_residues.warm"] = choice.hash
        start = time.perf_counter()
        for positions, values in model.scan_chunks(sequence, WILD_TYPE):
            kept.rows[positions] = values
        kept.seconds = time.perf_counter() - start


def run_masked(choice: Choice, sequence: str) -> None:
    """One mask at a time, with a progress bar and a stop button.

    A click anywhere on the page interrupts the loop and runs the page again, which goes on where it was; so does a
    click on Stop, but then the scan waits.  What is finished is shown either way.
    """
    kept = _kept(choice, sequence, MASKED)
    if kept.done.all():
        return
    expected = expected_seconds(choice, sequence)
    if not kept.wanted and not kept.stopped and is_quick(choice, sequence):
        kept.wanted = True
    place = st.container(horizontal=True, vertical_alignment="center")
    if not kept.wanted:
        done = int(kept.done.sum())
        label = f"Go on ({done:,} of {len(sequence):,} residues are done)" if done else "Scan with one mask at a time"
        if place.button(
            f"{label}, about {duration(expected * (1 - done / len(sequence)))}", key="masked_residues.scan"
        ):
            kept.wanted, kept.stopped = True, False
            st.rerun()
        return
    place.button("Stop", icon=":material/stop_circle:", key="masked_residues.stop", on_click=_stop, args=(kept,))
    bar = place.progress(float(kept.done.mean()), _progress_text(kept, sequence))
    while not kept.done.all():
        _step(choice, sequence, kept)
        bar.progress(float(kept.done.mean()), _progress_text(kept, sequence))
    kept.wanted = False
    st.rerun()


def _step(choice: Choice, sequence: str, kept: Kept) -> None:
    """Compute for about half a second; other sessions may use the model between two steps."""
    with choice.opened() as model:
        todo = np.flatnonzero(~kept.done)  # read here: another run of this session's page may have had the model
        if not len(todo):
            return
        start = time.perf_counter()
        for positions, values in model.scan_chunks(sequence, MASKED, todo.tolist()):
            kept.rows[positions] = values
            if time.perf_counter() - start > _CHUNK_S:
                break
        kept.seconds += time.perf_counter() - start


def _stop(kept: Kept) -> None:
    kept.wanted, kept.stopped = False, True


def _progress_text(kept: Kept, sequence: str) -> str:
    done = int(kept.done.sum())
    left = kept.seconds / done * (len(sequence) - done) if done else 0
    return f"{done:,} of {len(sequence):,} residues" + (f", {duration(left)} left" if done else "")


def duration(value: float) -> str:
    """Seconds for people: "3 s", "2 min", "1.5 h"."""
    if value < 90:
        return f"{max(value, 0.1):.1f} s" if value < 10 else f"{value:.0f} s"
    return f"{value / 60:.0f} min" if value < 5400 else f"{value / 3600:.1f} h"
