"""One factor, one window: which bases matter, by which method, beside the motifs that stand there."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
import pandas as pd
import streamlit as st
from scipy.special import expit

from biocore import attribution, motif, zoo
from biocore.attribution import ISM, EffectMap, Significance, agreement, core, effect_table, to_probability
from biocore.motif import Motif
from biocore.plot import bases as plot
from biocore.sequence import one_hot
from biocore.web.dna_binding import compute
from biocore.web.dna_binding.choice import Choice
from biocore.web.dna_binding.inputs import motif_input
from biocore.web.dna_binding.variants import add_clicked
from biocore.web.frame import limits, plain
from biocore.web.link import from_link, one_of
from biocore.web.outputs import figure, fold, table
from biocore.web.tracks import offer_track

METHODS = (ISM, *attribution.GRADIENT_METHODS)
WHAT_IT_IS = {
    ISM: "Every base is replaced by the three others, one at a time, and the window is scored again.",
    "gradient": "The slope of the log-odds along each base, with a part that no sequence can follow.",
    "corrected-gradient": "The slope with its mean over the four bases taken out at each position "
    "([Majdandzic 2023](https://doi.org/10.1186/s13059-023-02956-3)).",
    "integrated-gradients": "The log-odds shared out among the bases, along the straight path from a window of unknown "
    "bases ([Sundararajan 2017](https://arxiv.org/abs/1703.01365)).",
}
CORE = 20  # bp


@dataclass(frozen=True)
class Detail:
    """What `show_detail` has drawn, and what is still to come.

    Attributes
    ----------
    scan : EffectMap
        In-silico mutagenesis of the window, in log-odds.
    add_threshold : callable
        Draws the map again with its significance threshold.  For the end of the page: it takes a while, and everything
        else is on the screen by then.
    """

    scan: EffectMap
    add_threshold: Callable[[], None]


def _offer(choice: Choice, scan: EffectMap) -> None:
    """Each base's importance to the factor, for the workspace; bases outside the window have none."""
    values = np.full(len(choice.record), np.nan)
    values[choice.start : choice.end] = scan.importance
    source = f"in-silico mutagenesis of tf-{choice.tf}"
    offer_track(f"{choice.tf} importance", choice.record.sequence, values, unit="log-odds", source=source, kind="dna")


def show_detail(choice: Choice) -> Detail:
    """Metrics, map, motif matches and table of the chosen window."""
    _metrics(choice)
    scan = compute.ism(choice.tf, (choice.window,), (choice.start,))[0]
    _offer(choice, scan)
    method, unit, own = _controls()
    result = scan if method == ISM else compute.gradient(choice.tf, choice.window, choice.start, method)
    low, high = _view(choice, scan)
    shown = to_probability(result) if unit == "probability" and method == ISM else result
    hits = motif.scan(one_hot([choice.window])[0], (*motif.known_motifs(), *own))
    own_names = [m.name for m in own]
    boxes = [b for b in plot.boxes(hits, start=choice.start, tf=choice.tf, uploaded=own_names) if _inside(b, low, high)]
    place = st.empty()
    clicked = partial(add_clicked, choice.record.sequence)

    def draw(threshold: Significance | compute.NoThreshold | None, key: str = "dna.map") -> None:
        line = threshold if isinstance(threshold, Significance) else None
        with place.container():
            figure(
                plot.mutation_map(shown.part(low, high), significance=line, motif_boxes=boxes, limit=_limit(shown)),
                f"{choice.tf}_{method}",
                alt=_alt(choice, shown, boxes),
                key=key,
                on_select=clicked if method == ISM and key == "dna.map" else "ignore",
                selection_mode="points",
            )
            _explain(method, scan, result, line)
            if isinstance(threshold, compute.NoThreshold):
                st.caption(f"No significance threshold: {plain(threshold.reason)}")

    wanted = method == ISM and unit == "log-odds"
    known, pending = None, False
    if wanted and len(choice.window) > compute.WIDTH:
        name = f"{choice.record.name} {choice.start + 1:,}-{choice.end:,}"
        known = compute.long_significance(choice.tf, name, choice.window)
    elif wanted:
        known = compute.known_significance(choice.tf, choice.window)
        pending = known is None
    draw(known, key="dna.map.first" if pending else "dna.map")
    _motif_table(choice, scan, hits, own)
    fold(
        plain(f"All values ({len(result)} positions; {plot.value_label(shown)})"),
        lambda: table(
            effect_table(shown, record=choice.record.name, tf=choice.tf),
            f"{choice.tf}_{method}_{shown.unit}",
            key="dna.effects",
            height=240,
        ),
        key="dna.effects.fold",
    )
    limits(zoo.card(compute.models_here()[choice.tf]))

    def add_threshold() -> None:
        if pending:
            draw(compute.significance(choice.tf, choice.window))

    return Detail(scan, add_threshold)


def _metrics(choice: Choice) -> None:
    forward, reverse = compute.strand_scores(choice.tf, choice.window)
    both = (forward + reverse) / 2
    columns = st.columns(4)
    columns[0].metric("Log-odds of binding", f"{both:.2f}", help="Natural logarithm; 0 is even odds.")
    columns[1].metric("Probability (1:1 prior)", f"{expit(both):.3f}")
    columns[2].metric("Forward strand, log-odds", f"{forward:.2f}")
    columns[3].metric(
        "Reverse strand, log-odds",
        f"{reverse:.2f}",
        help="The model reads each strand on its own; a large difference is the model's doubt.",
    )


def _controls() -> tuple[str, str, tuple[Motif, ...]]:
    """Method, unit of the changes, and the user's own motifs."""
    left, middle, right = st.columns([6, 2.6, 1.8], vertical_alignment="bottom")
    with left:
        method = st.segmented_control(
            "Method",
            METHODS,
            default=from_link("method", METHODS[0], one_of(METHODS)),
            required=True,
            format_func=lambda m: "ISM" if m == ISM else plot.METHOD_LABELS[m].capitalize(),
            key="dna.method",
            persist_state="session",
            help="ISM is in-silico mutagenesis: every base is changed to every other.",
        )
    with middle:
        unit = st.segmented_control(
            "Changes in",
            ["log-odds", "probability"],
            default=from_link("change", "log-odds", one_of(("log-odds", "probability"))),
            required=True,
            key="dna.change_unit",
            persist_state="session",
            disabled=method != ISM,
            help="Gradients are in log-odds only.",
        )
    with right:
        own = motif_input()
    return method, unit, own


def _view(choice: Choice, scan: EffectMap) -> tuple[int, int]:
    """Positions drawn, 0-based half-open in the record: a slider, and buttons for the core and the whole window."""
    whole = (choice.start + 1, choice.end)
    here = st.session_state.get("dna.view")
    if not (here and whole[0] <= here[0] < here[1] <= whole[1]) or st.session_state.get("dna.view_of") != whole:
        st.session_state["dna.view"] = whole
        st.session_state["dna.view_of"] = whole
    low, high = core(scan, width=CORE)

    def set_view(first: int, last: int) -> None:
        st.session_state["dna.view"] = (first, last)

    left, middle, right = st.columns([5, 2, 2], vertical_alignment="bottom")
    with left:
        shown = st.slider("Positions drawn", *whole, key="dna.view", persist_state="session")
        first, last = cast(tuple[int, int], shown)  # a pair, as what stands under its key
    with middle:
        st.button(
            f"Zoom to the core, {low + 1:,}-{high:,}",
            on_click=set_view,
            args=(low + 1, high),
            width="stretch",
            help=f"The {CORE} neighbouring positions with the greatest importance.",
        )
    with right:
        st.button("Whole window", on_click=set_view, args=whole, width="stretch")
    return first - 1, max(last, first + 1)


def _inside(box: plot.Box, low: int, high: int) -> bool:
    return box.last > low and box.first <= high


def _limit(result: EffectMap) -> float:
    """One colour range for the window, so that zooming does not change the colours."""
    finite = np.abs(result.effects[np.isfinite(result.effects)])
    return float(finite.max()) if finite.size and finite.max() > 0 else 1.0


def _alt(choice: Choice, shown: EffectMap, boxes: list) -> str:
    contribution = np.nan_to_num(shown.contribution)
    strongest = np.argsort(-np.abs(contribution))[:5]
    bases = ", ".join(f"{shown.sequence[i]}{shown.positions[i]}" for i in sorted(strongest))
    names = ", ".join(box.label for box in boxes[:5]) or "none"
    return (
        f"{plot.METHOD_LABELS[shown.method]} of {choice.tf}, positions {choice.start + 1} to {choice.end} of "
        f"{choice.record.name}: importance, logo and heat map. Most important bases: {bases}. Motif matches: {names}."
    )


def _explain(method: str, scan: EffectMap, result: EffectMap, threshold: Significance | None) -> None:
    if method == ISM:
        line = ""
        if threshold is not None:
            line = f", dashed its significance threshold ({len(threshold.maxima)} shuffles)"
        st.caption(
            f"Top: importance{line}. Middle: logo. Bottom: effect of each alternate allele; click one to add it below.",
            help=f"{WHAT_IT_IS[method]} Importance is the mean absolute change at a position. The significance "
            f"threshold is what {compute.LEVEL:.0%} of the window's dinucleotide shuffles reach anywhere (their "
            "empirical null distribution). The logo shows how much better each base is than the average base. The "
            "reference allele is outlined; N is grey.",
        )
        return
    value = agreement(scan, result)
    columns = st.columns(4)
    columns[0].metric(
        "Agreement with ISM",
        "not defined" if np.isnan(value) else f"{value:.2f}",
        help="Pearson correlation, over positions, between the two logos (what each reference allele contributes).",
    )
    if method == "integrated-gradients":
        columns[1].metric(
            "Completeness error",
            "not defined" if np.isnan(result.completeness_error) else f"{result.completeness_error:.2%}",
            help="Share of the log-odds difference from the window of unknown bases that the map does not account for.",
        )
    st.caption(f"{WHAT_IT_IS[method]} Top and middle: the contribution of the reference allele, without and with sign.")


def _motif_table(choice: Choice, scan: EffectMap, hits: list[motif.Hit], own: tuple[Motif, ...]) -> None:
    """Matches in the sequence, and the motif the map itself looks like."""
    like = motif.match_map(np.nan_to_num(scan.effects), (*motif.known_motifs(), *own))
    rows = [
        {
            "motif": hit.motif.name,
            "for": ", ".join(hit.motif.factors),
            "first": choice.start + hit.start + 1,
            "last": choice.start + hit.end,
            "strand": hit.strand,
            "p_value": hit.p_value,
            "consensus": hit.motif.consensus,
            "source": hit.motif.source,
        }
        for hit in hits
    ]
    if like and like[0].share > 0:
        best = like[0]
        pattern = plain(f"{best.motif.consensus}, strand {best.strand}")
        st.markdown(
            f"The map looks most like the **{plain(best.motif.name)}** ({pattern}) at "
            f"{choice.start + best.start + 1:,}-{choice.start + best.end:,}: correlation {best.correlation:.2f}, "
            f"{best.share:.0%} of the map's strength."
        )
    if rows:
        fold(
            f"Motif matches in this window ({len(rows)}; p < {motif.P_VALUE:.0e} at a place)",
            lambda: table(
                pd.DataFrame(rows),
                "motif_matches",
                key="dna.hits",
                column_config={"p_value": st.column_config.NumberColumn("p-value", format="%.1e")},
            ),
            key="dna.hits.fold",
        )
    else:
        st.caption("No known motif matches in this window.")
