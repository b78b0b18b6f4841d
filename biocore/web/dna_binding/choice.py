"""Which record, factor and window the page looks at; kept in the session and in the link."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from biocore.tfbinding.sites import Site, window_around
from biocore.tfbinding.tracks import STRANDS, Track, on_strand
from biocore.web.dna_binding.compute import WIDTH
from biocore.web.dna_binding.inputs import Dna
from biocore.web.inputs import follow_record, record_menu
from biocore.web.link import from_link
from biocore.web.workspace import kind_of, news
from biocore.web.workspace.molecules import chosen

LONGEST_WINDOW = 500  # bp mapped at once
KEYS = ("dna.rec", "dna.tf", "dna.first", "dna.width")


@dataclass(frozen=True)
class Choice:
    """What is looked at in depth.

    Attributes
    ----------
    index : int
        Place of the record among all.
    record : Dna
    tf : str
    start, end : int
        0-based half-open window of the record.
    """

    index: int
    record: Dna
    tf: str
    start: int
    end: int

    @property
    def window(self) -> str:
        """The window's sequence."""
        return self.record.sequence[self.start : self.end]


def shown_strand() -> str:
    """Strand whose scores the overview shows."""
    strand = st.session_state.get("dna.strand")
    return strand if strand in STRANDS else "both"


def best_sites(track: Track, tf: str, count: int, strand: str | None = None) -> list[Site]:
    """The strongest windows of one factor that do not overlap."""
    return track.sites(tf, count=count, strand=strand or shown_strand())


def best_factor(track: Track, strand: str | None = None) -> str:
    """The factor with the strongest window."""
    return track.tfs[int(on_strand(track, strand or shown_strand()).max(axis=1).argmax())]


def best_record(tracks: Sequence[Track], strand: str | None = None) -> int:
    """The record with the strongest window of all."""
    strongest = [np.nan_to_num(on_strand(track, strand or shown_strand()), nan=-np.inf).max() for track in tracks]
    return int(np.argmax(strongest))


def _best_start(track: Track, tf: str, width: int, length: int, strand: str | None = None) -> int:
    """Where, from 0, the window around a factor's strongest site begins; in the middle where it has none."""
    site = best_sites(track, tf, 1, strand)
    centre = (site[0].start + site[0].end) // 2 if site else length // 2
    return window_around(centre, width, length)[0]


def opening(records: Sequence[Dna], tracks: Sequence[Track]) -> tuple[str, str, int]:
    """Factor, window and its start, from 0, that the page opens with."""
    index = best_record(tracks, "both")
    sequence, track = records[index].sequence, tracks[index]
    tf, width = best_factor(track, "both"), min(WIDTH, len(sequence))
    start = _best_start(track, tf, width, len(sequence), "both")
    return tf, sequence[start : start + width], start


def look_at(tf: str | None = None, *, rec: int | None = None, first: int | None = None) -> None:
    """Move the page to another record, factor or window; what is not given follows: the factor's strongest window."""
    state = st.session_state
    if rec is not None:
        state["dna.rec"] = rec
    if tf is not None:
        state["dna.tf"] = tf
    state["dna.first"] = first  # None: the strongest window, found once the tracks are at hand
    state["dna.width"] = None


def start_choice(records: Sequence[Dna], tracks: Sequence[Track]) -> None:
    """Set record, factor and window: from the link the first time, else the strongest of new input."""
    state = st.session_state
    text = "\n".join(f"{r.name} {r.sequence}" for r in records)
    of = hashlib.sha256(text.encode()).hexdigest()
    kind = kind_of(tuple(record.name for record in records))
    if state.get("dna.of") != of or any(key not in state for key in KEYS):
        fresh = "dna.of" not in state
        state["dna.of"] = of
        first = from_link("first", None, int) if fresh else None
        strongest = 0 if first is None else 1  # a link of this page names a window, and no record where it is the first
        look_at(
            state.pop("dna.linked_tf", None) or (from_link("tf", "") if fresh else ""),
            rec=from_link("record", strongest, int) - 1 if fresh else -1,
            first=first,
        )
        state["dna.width"] = from_link("width", None, int) if fresh else None
        state.pop("dna.view", None)
        if not 0 <= state["dna.rec"] < len(records):
            state["dna.rec"] = best_record(tracks)
            if kind and chosen(kind)[1] == 0:  # nobody has chosen one: the page may
                state["dna.rec.seen"] = chosen(kind)
    if follow_record(kind, "dna.rec", range(len(records))):
        look_at("", rec=state["dna.rec"])
    _follow(records)
    _make_valid(records, tracks)


def _follow(records: Sequence[Dna]) -> None:
    """Move the window to a base that another page points at, unless it is in it."""
    state = st.session_state
    if not 0 <= state["dna.rec"] < len(records):
        return
    pointed = news("dna_binding", records[state["dna.rec"]].sequence)
    first, width = state["dna.first"], state["dna.width"] or WIDTH
    if pointed and (first is None or not first <= pointed[0] + 1 < first + width):
        look_at(state["dna.tf"], first=max(1, pointed[0] + 2 - WIDTH // 2))


def _make_valid(records: Sequence[Dna], tracks: Sequence[Track]) -> None:
    """Replace what is missing or impossible; widgets refuse values outside their range."""
    state = st.session_state
    if not 0 <= state["dna.rec"] < len(records):
        state["dna.rec"] = best_record(tracks)
    length, track = len(records[state["dna.rec"]]), tracks[state["dna.rec"]]
    if state["dna.tf"] not in track.tfs:
        state["dna.tf"] = best_factor(track)
    longest, shortest = min(length, LONGEST_WINDOW), min(length, 20)
    width = state["dna.width"]
    state["dna.width"] = width = min(max(width or WIDTH, shortest), longest)
    if state["dna.first"] is None:
        state["dna.first"] = _best_start(track, state["dna.tf"], width, length) + 1
    state["dna.first"] = min(max(state["dna.first"], 1), length - width + 1)


def choose(records: Sequence[Dna], tracks: Sequence[Track]) -> Choice:
    """Menus for record, factor and window.  Call `start_choice` before."""
    state = st.session_state
    columns = iter(
        st.columns([3, 2, 3, 1.5, 1.5] if len(records) > 1 else [2, 3, 1.5, 1.5], vertical_alignment="bottom")
    )
    if len(records) > 1:
        with next(columns):
            record_menu([record.name for record in records], key="dna.rec", on_change=look_at)
    index = state["dna.rec"]
    record, track = records[index], tracks[index]
    with next(columns):
        tf = st.selectbox("Factor", track.tfs, key="dna.tf", on_change=look_at, persist_state="session")
    with next(columns):
        _site_menu(track, tf)
    with next(columns):
        st.number_input(
            "Window start", 1, len(record) - state["dna.width"] + 1, key="dna.first", step=1, persist_state="session"
        )
    with next(columns):
        st.number_input(
            "Window size (bp)",
            min(20, len(record)),
            min(LONGEST_WINDOW, len(record)),
            key="dna.width",
            step=1,
            persist_state="session",
            help=f"The model sees this window alone; it was trained on {WIDTH} bp.",
        )
    start = state["dna.first"] - 1
    return Choice(index, record, tf, start, start + state["dna.width"])


def _site_menu(track: Track, tf: str) -> None:
    """Jump to one of the factor's strongest windows."""
    sites = best_sites(track, tf, 8)
    labels = {f"{s.start + 1:,}-{s.end:,}  log-odds {s.score:.1f}": s for s in sites}

    def jump() -> None:
        site = labels.get(st.session_state["dna.site"])
        if site is not None:
            look_at(first=site.start + 1)
            st.session_state["dna.site"] = None

    st.selectbox(
        "Jump to a site of this factor",
        list(labels),
        index=None,
        key="dna.site",
        on_change=jump,
        placeholder=f"{len(sites)} strongest",
    )
