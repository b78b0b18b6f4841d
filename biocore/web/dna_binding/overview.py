"""The first answer: every factor against every place, or every record against every factor."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st
from scipy.special import expit

from biocore import tfbinding, zoo
from biocore.plot import dna_binding as plot
from biocore.tfbinding.sites import call, places
from biocore.tfbinding.tracks import Track, on_strand, site_table, track_table
from biocore.web.dna_binding.choice import best_sites, look_at, shown_strand
from biocore.web.dna_binding.compute import WIDTH, models_here
from biocore.web.dna_binding.inputs import Dna
from biocore.web.frame import plain, show_errors
from biocore.web.link import from_link, one_of
from biocore.web.outputs import download, figure, fold, table

MOST_ROWS = 100  # records drawn in one figure
MARKS_EACH, MARKS = 3, 40
MOST_PLACES = 8


def show_overview(records: Sequence[Dna], tracks: Sequence[Track]) -> None:
    """Heat map, ranked table and downloads; clicking a site or a row opens it below."""
    unit = _options()
    if len(records) > 1:
        _records_figure(records, tracks, unit)
    index = st.session_state["dna.rec"]
    record, track = records[index], tracks[index]
    if len(track.starts) > 1:
        if len(records) > 1:
            st.markdown(f"**{plain(record.name)}**, {len(record):,} bp: every factor at every place")
        _positions_figure(record, track, unit)
    elif len(records) == 1:
        _bars(record, track, unit)
    _how_to_read(track)
    _ranked(records, tracks)
    _model_limits()
    _downloads(records, tracks)


def _options() -> str:
    left, right, _ = st.columns([2, 2, 3])
    with left:
        unit = st.segmented_control(
            "Colour shows",
            ["log-odds", "probability"],
            default=from_link("unit", "log-odds", one_of(("log-odds", "probability"))),
            required=True,
            key="dna.unit",
            persist_state="session",
        )
    with right:
        st.segmented_control(
            "Strand",
            list(tfbinding.STRANDS),
            default=from_link("strand", "both", one_of(tfbinding.STRANDS)),
            required=True,
            key="dna.strand",
            persist_state="session",
            help="Both: one score for the double strand. Forward and reverse: what the model reads on each.",
        )
    return unit


def _records_figure(records: Sequence[Dna], tracks: Sequence[Track], unit: str) -> None:
    values = np.array([on_strand(track, shown_strand()).max(axis=1) for track in tracks])  # (R, F)
    values = expit(values) if unit == "probability" else values
    tfs = tracks[0].tfs
    shown = min(len(records), MOST_ROWS)

    def clicked() -> None:
        for point in st.session_state["dna.records"].selection.points:
            row, tf, _ = point["customdata"]
            look_at(tf, rec=int(row))

    best = [tfs[i] for i in values.argmax(axis=1)]
    figure(
        plot.records_by_factor([r.name for r in records[:shown]], tfs, values[:shown], unit=unit),
        "records_by_factor",
        alt=f"Heat map of {shown} records against {len(tfs)} factors, each record's strongest window. "
        "Strongest factor: " + ", ".join(f"{r.name} {tf}" for r, tf in list(zip(records, best, strict=True))[:10]),
        key="dna.records",
        on_select=clicked,
        selection_mode="points",
    )
    if shown < len(records):
        st.caption(f"The figure shows the first {shown} of {len(records):,} records; the table has them all.")


def _positions_figure(record: Dna, track: Track, unit: str) -> None:
    thin = tfbinding.overview(track, bins=1000, unit=unit)
    marks = _marks(track, unit)

    def clicked() -> None:
        for point in st.session_state["dna.overview"].selection.points:
            if point.get("customdata") and isinstance(point["customdata"][0], str):
                tf, first, *_ = point["customdata"]
                look_at(tf, first=int(first))

    strongest = "; ".join(f"{m.tf} {m.first:,}-{m.last:,} ({m.strand}) {m.value:.2f}" for m in marks[:6])
    figure(
        plot.overview(thin, marks, strand=shown_strand()),
        "overview",
        alt=f"Heat map of {len(track.tfs)} factors against {thin.windows:,} windows of {record.name}. "
        f"Strongest sites: {strongest}.",
        key="dna.overview",
        on_select=clicked,
        selection_mode="points",
    )
    each = round(thin.windows / len(thin.middle))
    st.caption(
        "Triangles mark the strongest sites and point along their strand; click one to open it.",
        help=f"Each column is the largest of about {each} neighbouring windows; the tables and files hold every window."
        if thin.thinned
        else None,
    )


def _marks(track: Track, unit: str) -> list[plot.Mark]:
    """Sites above even odds, at most three a factor; the strongest of all where there is none."""
    state, found = st.session_state, []
    for tf in track.tfs:
        f = track.tfs.index(tf)
        for site in best_sites(track, tf, MARKS_EACH):
            strand = "+" if track.forward[f, site.index] >= track.reverse[f, site.index] else "-"
            value = float(expit(site.score)) if unit == "probability" else site.score
            chosen = tf == state["dna.tf"] and site.start + 1 == state["dna.first"]
            found.append((site.score, plot.Mark(tf, site.start + 1, site.end, strand, value, chosen)))
    found.sort(key=lambda pair: -pair[0])
    above = [mark for score, mark in found if score > 0 or mark.chosen]
    return above[:MARKS] or [mark for _, mark in found[:1]]


def _bars(record: Dna, track: Track, unit: str) -> None:
    values = on_strand(track, shown_strand())[:, 0]
    values = expit(values) if unit == "probability" else values
    order = np.argsort(-values)
    names = [track.tfs[i] for i in order]
    figure(
        plot.factor_bars(names, values[order], unit=unit),
        "factors",
        alt=f"Bars of {len(names)} factors for {record.name}, one window of {len(record)} bp. Strongest: "
        + ", ".join(f"{n} {v:.2f}" for n, v in list(zip(names, values[order], strict=True))[:5]),
        key="dna.bars",
    )


def _how_to_read(track: Track) -> None:
    windows = len(track.starts)
    text = "Log-odds are natural logarithms; 0 is even odds."
    if windows > 1:
        needed = np.log(windows)
        text = f"{windows:,} windows: one is likely bound above log-odds of {needed:.1f}; do not read 0.5 as a call."
    st.caption(
        text,
        help=f"Log-odds are natural logarithms. Probabilities are calibrated for one {WIDTH}-bp window that is as "
        "likely bound as not (1:1). If one window of a record is bound, it needs log-odds above the logarithm of their "
        "number to be more likely bound than not.",
    )


def _model_limits() -> None:
    """What holds for some factors only, in sight; every model's measured quality and limits, one click away."""
    cards = {tf: zoo.card(name) for tf, name in models_here().items()}
    sentences = {tf: re.split(r"(?<=\.)\s+", card.limits.strip()) for tf, card in cards.items()}
    common = set.intersection(*(set(found) for found in sentences.values()))
    special: dict[str, list[str]] = {}
    for tf, found in sentences.items():
        for sentence in found:
            if sentence not in common and len(cards) > 1:
                special.setdefault(sentence, []).append(tf)
    if special:
        parts = [f"**{plain(', '.join(tfs))}**: {plain(sentence)}" for sentence, tfs in special.items()]
        st.caption(":material/warning: " + " ".join(parts))

    def draw() -> None:
        rows = [{"factor": tf, **_auroc(card), "limits": card.limits} for tf, card in cards.items()]
        table(pd.DataFrame(rows), "models", key="dna.models", height=240)

    fold("How good each model is, and what it cannot do", draw, key="dna.models.fold")


def _auroc(card: zoo.ModelCard) -> dict[str, float]:
    """The first auROC on the card, with its interval; NaN where none was measured."""
    found = next((q for q in card.quality if q.metric == "auROC"), None)
    values = (found.value, found.low, found.high) if found else (float("nan"),) * 3
    return dict(zip(("auROC", "95 % low", "95 % high"), values, strict=True))


def _ranked(records: Sequence[Dna], tracks: Sequence[Track]) -> None:
    """The ranked table: each factor's strongest windows, best first; a chosen row opens below."""
    top = 3 if len(records) == 1 else 1
    tables = []
    for r, (record, track) in enumerate(zip(records, tracks, strict=True)):
        rows = site_table(track, record=record.name, strand=shown_strand(), top=top)
        rows.insert(3, "call", call(rows.log_odds, len(track.starts)))
        tables.append(rows.assign(_r=r))
    ranked = pd.concat(tables).sort_values("log_odds", ascending=False, kind="stable", ignore_index=True)

    def clicked() -> None:
        for row in st.session_state["dna.ranked"].selection.rows:
            chosen = ranked.iloc[row]
            look_at(chosen.tf, rec=int(chosen._r), first=int(chosen.start))

    table(
        ranked.drop(columns="_r"),
        "sites",
        key="dna.ranked",
        height=260,
        on_select=clicked,
        selection_mode="single-row",
        column_config={
            "log_odds": st.column_config.NumberColumn("log-odds", format="%.2f"),
            "call": st.column_config.TextColumn(
                "bound?",
                help="If one window of the record is bound: likely from a probability of 0.8, unlikely below 0.2.",
            ),
            "probability": st.column_config.ProgressColumn("at 1:1", min_value=0, max_value=1, format="%.3f"),
        },
    )
    st.caption("Choose a row to open that site below.")
    _places(ranked)


def _places(ranked: pd.DataFrame) -> None:
    """One line for each place that is likely bound: its strongest factor, and what else scores there."""
    found = places(ranked[ranked.call == "likely"])
    named = f"{len(found):,} {'place is' if len(found) == 1 else 'places are'} likely bound"
    several = ranked.record.nunique() > 1
    lines = []
    for place in found[:MOST_PLACES]:
        where = (f"{place.record} " if several else "") + f"{place.start:,}-{place.end:,}"
        also = f" (also scored: {', '.join(place.others)})" if place.others else ""
        lines.append(f"{where} {place.tf}{also}")
    if found:
        st.caption(plain(f"{named}: {'; '.join(lines)}."))


def _downloads(records: Sequence[Dna], tracks: Sequence[Track]) -> None:
    """Every record's windows, as bedGraph and as CSV."""
    index = st.session_state["dna.rec"]
    left, right, _ = st.columns([1, 1, 2])
    with left, st.popover("Track as bedGraph"):
        named = "Each record stands under its own name"
        each = len(records) > 1 and st.checkbox(f"All {len(records):,} records", key="dna.bedgraph_all", help=named)
        chromosome = st.text_input(
            "Chromosome", "chr1", key="dna.chromosome", help="As your genome browser names it.", disabled=each
        )
        first = st.number_input("Coordinate of the first base", 1, key="dna.first_coordinate", step=1, disabled=each)
        tfs = tracks[index].tfs
        tf = st.selectbox("Factor", tfs, index=tfs.index(st.session_state["dna.tf"]), key="dna.bedgraph_tf")
        with show_errors():
            _bedgraph(tracks[index], tf, "chr1" if each else chromosome, 1 if each else first, windows=1)

        def text() -> str:
            if not each:
                return _bedgraph(tracks[index], tf, chromosome, first)
            parts = [_bedgraph(t, tf, r.name, 1) for r, t in zip(records, tracks, strict=True)]
            return parts[0] + "".join(part.split("\n", 1)[1] for part in parts[1:])  # one track line

        st.caption("Each window's log-odds stands at the window's middle, so that no two lines overlap.")
        download("bedGraph", text, f"{tf}.bedgraph", "text/plain", key="dna.bedgraph")
    with right:
        download(
            "Every window, every factor, as CSV",
            lambda: _all_windows(records, tracks).to_csv(index=False),
            "track.csv",
            "text/csv",
            key="dna.track_csv",
        )


def _all_windows(records: Sequence[Dna], tracks: Sequence[Track]) -> pd.DataFrame:
    pairs = zip(records, tracks, strict=True)
    return pd.concat([track_table(t, record=r.name, strand=shown_strand()) for r, t in pairs], ignore_index=True)


def _bedgraph(track: Track, tf: str, chromosome: str, first: int, *, windows: int | None = None) -> str:
    """bedGraph text of one factor along one record; of the first `windows` only, to check the names."""
    width = track.window
    stride = int(track.starts[1] - track.starts[0]) if len(track.starts) > 1 else width
    scores = on_strand(track, shown_strand())[track.tfs.index(tf)]
    return tfbinding.bedgraph(
        track.starts[:windows],
        scores[:windows],
        width=width,
        stride=stride,
        chromosome=chromosome,
        first=first,
        name=tf,
    )
