"""What variants would do to one factor in one window: named ones, alone and together, and every single one ranked."""

import streamlit as st

from biocore import attribution
from biocore.attribution import EffectMap, ranked_variants
from biocore.errors import InputError
from biocore.plot import bases as plot
from biocore.tfbinding.sites import window_around
from biocore.web.dna_binding import compute
from biocore.web.dna_binding.choice import Choice
from biocore.web.frame import plain
from biocore.web.link import start_from_link
from biocore.web.outputs import figure, fold, listing, table
from biocore.web.workspace import look_at


def add_clicked(sequence: str) -> None:
    """A clicked cell of the map joins, or leaves, the variants; its base is what all pages look at."""
    for point in st.session_state["dna.map"].selection.points:
        data = point.get("customdata")
        if not data or len(data) != 4 or data[0] == data[2]:
            continue
        look_at("dna_binding", sequence, [int(data[1]) - 1])
        variant = f"{data[0]}{data[1]}{data[2]}"
        named = [w.strip() for w in (st.session_state.get("dna.variants") or "").split(",") if w.strip()]
        same_place = [w for w in named if w[1:-1] == str(data[1])]
        kept = [w for w in named if w not in same_place]
        st.session_state["dna.variants"] = ", ".join(kept if variant in same_place else [*kept, variant])


def _move_to_variants(choice: Choice) -> None:
    """Variants that lie elsewhere in the record, and near enough to one another, open the window around them."""
    state = st.session_state
    try:
        found = attribution.parse_variants(state.get("dna.variants") or "", choice.record.sequence)
    except InputError:
        return  # said below, beside what was typed
    places = [variant.position for variant in found]
    width = choice.end - choice.start
    inside = all(choice.start <= place < choice.end for place in places)
    if not inside and max(places) - min(places) < width:
        middle = (min(places) + max(places)) // 2
        state["dna.first"] = window_around(middle, width, len(choice.record))[0] + 1


def show_variants(choice: Choice, scan: EffectMap) -> None:
    """Variants, alone and together; and every single-nucleotide variant ranked."""
    start_from_link("variants", "", key="dna.variants")
    text = st.text_input(
        "Variants",
        key="dna.variants",
        placeholder="G102A, T105C",
        help="Reference allele, position in the record, alternate allele, or 102G>A; several are scored alone and "
        "together. A variant elsewhere in the record opens the window around it.",
        persist_state="session",
        on_change=_move_to_variants,
        args=(choice,),
    )
    if text.strip():
        _scored(choice, text)
    ranked = ranked_variants(scan)
    columns = {
        "log_odds": st.column_config.NumberColumn("after", format="%.2f", help="Log-odds with the variant."),
        "change_log_odds": st.column_config.NumberColumn("log-odds", format="%+.2f", help="Change in log-odds."),
        "change_probability_points": st.column_config.NumberColumn(
            "points", format="%+.1f", help="Change in probability, in points of 100."
        ),
    }
    hidden = ["position", "ref", "alt"]
    left, right = st.columns(2)
    for place, title, rows in (
        (left, "Strongest gains", ranked.head(8)),
        (right, "Strongest losses", ranked.iloc[:-9:-1]),
    ):
        with place:
            st.markdown(f"**{plain(title)}**")
            listing(rows.drop(columns=hidden), column_config=columns, height=318)
    fold(
        f"Every single-nucleotide variant, ranked ({len(ranked):,})",
        lambda: table(ranked, "single_nucleotide_variants", key="dna.all_variants", column_config=columns, height=240),
        key="dna.all_variants.fold",
    )


def _scored(choice: Choice, text: str) -> None:
    try:
        effects = compute.variant_effects(choice.tf, choice.window, choice.start, text)
    except InputError as error:
        st.error(plain(str(error)))
        return
    rows = effects.table()
    left, right = st.columns([2, 3])
    with left:
        figure(
            plot.variants_bar(rows.variant, rows.change_log_odds, unit="log-odds"),
            "variants",
            alt="Bars of the change in log-odds: "
            + ", ".join(f"{c} {v:+.2f}" for c, v in zip(rows.variant, rows.change_log_odds, strict=True)),
            key="dna.variants_bar",
        )
    with right:
        table(
            rows,
            "variants",
            key="dna.named",
            column_config={
                "log_odds": st.column_config.NumberColumn("log-odds after", format="%.2f"),
                "change_log_odds": st.column_config.NumberColumn("change in log-odds", format="%+.2f"),
                "probability": st.column_config.NumberColumn("probability after", format="%.3f"),
                "change_probability_points": st.column_config.NumberColumn("change (points)", format="%+.1f"),
            },
        )
        if len(effects.variants) > 1:
            st.caption(
                f"All together differ from the sum of the single effects by {effects.interaction:+.2f} log-odds."
            )
