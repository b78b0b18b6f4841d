"""Every substitution of the protein: heat map, mean effect, table."""

import numpy as np
import pandas as pd
import streamlit as st

from biocore import runtime, web
from biocore.plot import variant_effects as plot
from biocore.sequence import AMINO_ACIDS
from biocore.variants import EffectScan
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.landscape import MAX_SHOWN
from biocore.web.tracks import offer_track
from biocore.web.variant_effects import selection
from biocore.web.variant_effects.compute import Basis
from biocore.web.variant_effects.variants import CAUTION

MEASURE = "variant_effects.measure"
_START = "variant_effects.start"


def show_landscape(protein: Protein, basis: Basis) -> None:
    """The section with the heat map; a click on a cell shows its evidence."""
    scan = basis.scan
    _numbers(protein, basis)
    web.start_from_link("measure", plot.PERCENTILE, key=MEASURE, allowed=list(plot.MEASURES))
    measure = st.segmented_control(
        "Colour",
        list(plot.MEASURES),
        required=True,
        key=MEASURE,
        persist_state="session",
        help="The percentile ranks a substitution among all of this protein; the score can be compared between "
        "proteins.",
    )
    start, stop = _window(protein, scan)
    event = web.figure(
        plot.landscape(
            scan,
            measure=measure or plot.PERCENTILE,
            start=start,
            stop=stop,
            offset=protein.offset,
            selected=selection.selected(protein, scan),
        ),
        "variant_effects",
        alt=_in_words(protein, scan),
        key="variant_effects.landscape",
        on_select="rerun",
        selection_mode="points",
    )
    _use_click(protein, scan, event)
    st.caption(
        "Dark: badly tolerated; yellow: well. Click a cell for its evidence.",
        help="Dots mark the wild type, the frame is the substitution shown below. Rows stand in chemical order. Drag "
        "to zoom, double-click to go back.",
    )
    if any(scan.cautions):
        doubtful = sum(map(bool, scan.cautions))
        st.caption(
            f":material/warning: Little trust at {doubtful:,} of {len(scan):,} residues: the column caution of the "
            f"table says where and why. {web.plain(scan.worth)}"
        )
    _table(protein, scan)
    offer_track(f"mean variant effect ({scan.model})", protein.sequence, scan.mean_effect, source=scan.model)
    if (runtime.PAGES / "structures.py").exists():
        web.link_to("structures", "Paint the mean effect on a structure", protein=protein.sequence)


def _numbers(protein: Protein, basis: Basis) -> None:
    scan = basis.scan
    cells = st.columns(4)
    cells[0].metric("Substitutions scored", f"{int(np.isfinite(scan.scores).sum()):,}")
    coverage = 0.0 if basis.profile is None else basis.profile.coverage
    cells[1].metric(
        "Residues with homologues", f"{100 * coverage:.0f} %", help="The others are judged without a family's profile."
    )
    means = scan.mean_effect
    known = np.isfinite(means)
    places = [protein.label(int(f(means))) for f in (np.nanargmin, np.nanargmax)] if known.any() else ["none", "none"]
    cells[2].metric("Least tolerant residue", web.plain(places[0]), help="By the mean score of its 19 substitutions.")
    cells[3].metric("Most tolerant residue", web.plain(places[1]), help="By the mean score of its 19 substitutions.")


def _window(protein: Protein, scan: EffectScan) -> tuple[int, int]:
    """Which residues the heat map shows, 0-based half-open; long proteins get a track and a slider."""
    length = len(protein.sequence)
    if length <= MAX_SHOWN:
        return 0, length
    first, last = 1 + protein.offset, length - MAX_SHOWN + 1 + protein.offset
    if st.session_state.get(f"{_START}.of") != protein.sequence:
        st.session_state[f"{_START}.of"] = protein.sequence
        st.session_state[_START] = first
    st.session_state[_START] = min(max(st.session_state.get(_START, first), first), last)
    chosen = st.slider(
        f"First of the {MAX_SHOWN} residues in the heat map", min_value=first, max_value=last, key=_START
    )
    start = int(chosen) - 1 - protein.offset
    web.figure(
        plot.mean_track(scan, offset=protein.offset, window=(start, start + MAX_SHOWN)),
        "mean_effect",
        alt="Mean score along the whole protein; the residues of the heat map are shaded.",
        key="variant_effects.mean",
    )
    return start, start + MAX_SHOWN


def _use_click(protein: Protein, scan: EffectScan, event) -> None:
    """Select the clicked cell; a click that was handled before is left alone."""
    points = (event or {}).get("selection", {}).get("points", [])
    found = [p["customdata"] for p in points if p.get("customdata") is not None]
    if not found:
        return
    data = found[0]
    index, residue = (data[0], data[1]) if isinstance(data, list | tuple) else (data.get("0", -1), data.get("1", ""))
    mark = (protein.sequence, str(data))
    if st.session_state.get("variant_effects.clicked") != mark and selection.scored(scan, int(index), str(residue)):
        st.session_state["variant_effects.clicked"] = mark
        selection.select(int(index), str(residue))
        st.rerun()


def _in_words(protein: Protein, scan: EffectScan) -> str:
    """The heat map's main message as a sentence."""
    if not np.isfinite(scan.scores).any():
        return "No substitution is scored."
    ends = []
    for find in (np.nanargmin, np.nanargmax):
        i, j = np.unravel_index(int(find(scan.scores)), scan.scores.shape)
        ends.append(f"{protein.label(int(i))}{AMINO_ACIDS[j]} ({scan.scores[i, j]:+.2f})")
    return (
        f"Heat map of the scores of every substitution, {len(protein.sequence)} residues. "
        f"Worst tolerated: {ends[0]}; best: {ends[1]}."
    )


def full_table(protein: Protein, scan: EffectScan) -> pd.DataFrame:
    """Every substitution, the worst tolerated first."""
    table = scan.table(offset=protein.offset).dropna(subset=["score"]).sort_values("score", kind="stable")
    table.insert(0, "record", protein.name)
    return table.reset_index(drop=True).assign(model=scan.model)


def _table(protein: Protein, scan: EffectScan) -> None:
    """All substitutions by effect, with what each group of features adds; a click on a row shows its evidence."""

    def draw() -> None:
        table = full_table(protein, scan)
        shown = table.drop(columns=["record", "model"]).round(3)
        event = web.listing(
            shown,
            key="variant_effects.table",
            height=330,
            on_select="rerun",
            selection_mode="single-row",
            column_config={
                "score": st.column_config.NumberColumn("score", help="Higher is better tolerated"),
                "percentile": st.column_config.NumberColumn(
                    "percentile", help="Within this protein; 100 is the best tolerated", format="%.1f"
                ),
                "caution": CAUTION,
            },
        )
        web.download(
            "All substitutions as CSV",
            lambda: table.to_csv(index=False),
            "variant_effects.csv",
            "text/csv",
            key="variant_effects.table.csv",
        )
        rows = event.selection.rows if event is not None else []
        mark = (protein.sequence, tuple(rows))
        if rows and st.session_state.get("variant_effects.row") != mark:
            st.session_state["variant_effects.row"] = mark
            row = table.iloc[rows[0]]
            selection.select(int(row["position"]) - 1 - protein.offset, str(row["substitution"]))
            st.rerun()  # the whole page: the evidence stands outside

    web.fold("Substitutions by effect", draw, key="variant_effects.table.fold")
