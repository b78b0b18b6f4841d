"""Several records: their maps under one another, positives beside negatives."""

from collections.abc import Sequence

import streamlit as st
from scipy.special import expit

from biocore.attribution import effect_table
from biocore.plot import bases as plot
from biocore.tfbinding.sites import window_around
from biocore.tfbinding.tracks import Track
from biocore.web.dna_binding import compute
from biocore.web.dna_binding.choice import Choice, best_sites
from biocore.web.dna_binding.inputs import Dna
from biocore.web.frame import plain
from biocore.web.outputs import figure, fold, table

MOST = 20
USUAL = 10


def show_comparison(records: Sequence[Dna], tracks: Sequence[Track], choice: Choice) -> None:
    """In-silico mutagenesis of the chosen factor in each record's strongest window."""
    import pandas as pd

    st.subheader("Records under one another")
    chosen = st.multiselect(
        f"Records (up to {MOST})",
        range(len(records)),
        default=range(min(len(records), USUAL)),
        format_func=lambda i: f"{i + 1}  {records[i].name}",
        max_selections=MOST,
        key=f"dna.compare.{st.session_state['dna.of'][:12]}",
    )
    windows = {i: _window(records[i], tracks[i], choice.tf) for i in chosen}
    sequences = {i: records[i].sequence[a:b] for i, (a, b) in windows.items()}
    usable = [i for i in chosen if set(sequences[i]) != {"N"}]
    if not usable:
        st.caption("Choose at least one record with known bases.")
        return
    starts = tuple(windows[i][0] for i in usable)
    scans = compute.ism(choice.tf, tuple(sequences[i] for i in usable), starts)
    panels = [_panel(records[i], scan) for i, scan in zip(usable, scans, strict=True)]
    labelled = all(records[i].label is not None for i in usable)
    headings = ("bound (by their labels)", "unbound (by their labels)")
    if not labelled:
        headings = ("predicted bound, p of 0.5 or more", "predicted unbound, p below 0.5")
    figure(
        plot.stacked_maps(panels, headings=headings),
        f"{choice.tf}_records",
        alt=f"In-silico mutagenesis of {choice.tf} in {len(panels)} records, one colour range: "
        + "; ".join(panel.title for panel in panels),
        key="dna.stack",
    )
    st.caption(
        "Left and right: "
        + ("the records' own labels." if labelled else "the model's answer, because not every record is labelled."),
        help=f"Each record's strongest {compute.WIDTH}-bp window for {plain(choice.tf)}.",
    )

    def draw() -> None:
        tables = [effect_table(s, record=records[i].name, tf=choice.tf) for i, s in zip(usable, scans, strict=True)]
        table(pd.concat(tables, ignore_index=True), f"{choice.tf}_records", key="dna.stack_table", height=240)

    fold("All values", draw, key="dna.stack_table.fold")


def _window(record: Dna, track: Track, tf: str) -> tuple[int, int]:
    sites = best_sites(track, tf, 1)
    centre = (sites[0].start + sites[0].end) // 2 if sites else len(record) // 2
    return window_around(centre, min(compute.WIDTH, len(record)), len(record))


def _panel(record: Dna, scan) -> plot.Panel:
    p = float(expit(scan.reference))
    positive = p >= 0.5 if record.label is None else record.label
    return plot.Panel(f"{record.name}: p {p:.2f}", scan, positive)
