"""Export: the page's state in its link, and the commands that make the results again."""

from collections.abc import Sequence

import streamlit as st

from biocore.attribution import ISM
from biocore.sequence import Record, to_fasta
from biocore.web.dna_binding.choice import Choice, shown_strand
from biocore.web.dna_binding.inputs import Dna
from biocore.web.inputs import record_in_link
from biocore.web.link import set_link, share_link
from biocore.web.outputs import command_line, download

SHORT = 300  # bp; shorter sequences are written into the command


def keep_in_link(text: str, choice: Choice) -> None:
    """The page's settings; what was pasted, on request."""
    state = st.session_state
    set_link(
        record=record_in_link(choice.index),
        tf=choice.tf,
        first=choice.start + 1,
        width=choice.end - choice.start,
        method=_unless(state.get("dna.method"), ISM),
        unit=_unless(state.get("dna.unit"), "log-odds"),
        change=_unless(state.get("dna.change_unit"), "log-odds"),
        strand=_unless(state.get("dna.strand"), "both"),
    )
    variants = state.get("dna.variants")
    named = " and your variants" if variants else ""
    share_link(f"your DNA ({len(text):,} letters){named}", seq=text, variants=variants)


def _unless(value: str | None, default: str) -> str | None:
    return None if value == default else value


def show_commands(records: Sequence[Dna], choice: Choice) -> None:
    """The overview's and the map's command lines, and the input they read."""
    everything = records[0].sequence if len(records) == 1 and len(records[0]) <= SHORT else "input.fa"
    this = choice.record.sequence if len(choice.record) <= SHORT else "record.fa"
    strand = ["--strand", shown_strand()] if shown_strand() != "both" else []
    whole = (choice.start, choice.end) == (0, len(choice.record))
    part = [] if whole else ["--part", f"{choice.start + 1}-{choice.end}"]
    method = st.session_state.get("dna.method") or ISM
    unit = st.session_state.get("dna.change_unit") or "log-odds"
    how = ["ism", this, "--unit", unit] if method == ISM else ["saliency", this, "--method", method]
    files = "input.fa" in everything or "record.fa" in this
    command_line(
        ["bind", everything, "--tf", "all", *strand, "--out", "sites.csv"],
        ["track", everything, "--tf", "all", *strand, "--out", "track.csv"],
        [*how, "--tf", choice.tf, *part, "--out", "map.csv"],
        note="Save the FASTA files with the buttons below." if files else "",
    )
    left, right, _ = st.columns([1, 1, 3])
    with left:
        download("Input as FASTA", lambda: _fasta(records), "input.fa", "text/plain", key="dna.input")
    with right:
        download("This record as FASTA", lambda: _fasta([choice.record]), "record.fa", "text/plain", key="dna.record")


def _fasta(records: Sequence[Dna]) -> str:
    return to_fasta([Record(r.name, r.sequence, r.description) for r in records])
