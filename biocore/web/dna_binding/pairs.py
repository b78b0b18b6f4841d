"""Bases that act together in one window, and motifs implanted into shuffles of it."""

import streamlit as st

from biocore.attribution import EffectMap, core
from biocore.errors import InputError
from biocore.motif.known import KNOWN
from biocore.motif.matrix import IUPAC
from biocore.plot import dna_pairs as plot
from biocore.web.dna_binding import longer
from biocore.web.dna_binding.choice import Choice
from biocore.web.frame import plain
from biocore.web.outputs import figure, table

CORE, MOST_GAP = 20, 40  # bp


def show_pairs(choice: Choice, scan: EffectMap) -> None:
    """Double mutants of the core and implanted motifs, each computed when it is asked for."""
    with st.expander("Bases that act together"):
        if st.toggle(f"Score all double mutants of the core ({CORE} bp)", key="dna.pairs", persist_state="session"):
            _pairs(choice, scan)
    with st.expander("Implant motifs into shuffled backgrounds"):
        _implants(choice)


def _pairs(choice: Choice, scan: EffectMap) -> None:
    low, high = core(scan, width=CORE)
    try:
        found = longer.pairs(choice.tf, choice.record.name, choice.window, choice.start, low, high)
    except InputError as error:
        st.info(plain(str(error)))
        return
    if found is None:
        return
    rows, distances = found.table(), found.by_distance()
    best = rows.iloc[0]
    left, right = st.columns([3, 2])
    with left:
        figure(
            plot.pair_triangle(found),
            f"{choice.tf}_pairs",
            alt=f"Interaction of positions {low + 1} to {high}: strongest {best['first']} with {best['second']}, "
            f"{best.interaction:+.2f} log-odds.",
            key="dna.pairs_map",
        )
    with right:
        figure(
            plot.spacing_curve(distances),
            f"{choice.tf}_pair_distances",
            alt="Mean and largest absolute interaction by distance between the two positions.",
            key="dna.pairs_distance",
        )
    st.caption(
        plain(f"Strongest: {best['first']} with {best['second']}, {best.interaction:+.2f} log-odds beyond their sum."),
        help="Interaction is the effect of both substitutions minus the sum of their single effects; of the nine pairs "
        "of substitutions at two positions the map shows the one furthest from 0.",
    )
    table(rows, f"{choice.tf}_pairs", key="dna.pairs_table", height=240)


def _implants(choice: Choice) -> None:
    names = {k.name: k.consensus for k in KNOWN}
    own = next((k.name for k in KNOWN if choice.tf in k.factors), KNOWN[0].name)
    with st.form("dna.implant", border=False):
        left, middle, right, last = st.columns([3, 3, 2, 1.4], vertical_alignment="bottom")
        hint = plain("IUPAC letters, such as CANNTG, or the name of a known motif: " + ", ".join(names) + ".")
        first = left.text_input("Motif", placeholder=own, help=hint, key="dna.implant_first", persist_state="session")
        second = middle.text_input(
            "Second motif (optional)",
            help=f"What the gap between the two does, 0 to {MOST_GAP} bp. {hint}",
            key="dna.implant_second",
            persist_state="session",
        )
        count = right.number_input("Backgrounds", 5, 100, 20, key="dna.implant_backgrounds", persist_state="session")
        asked = last.form_submit_button("Implant")
    if not (asked or st.session_state.get("dna.implanted")):
        st.caption("Backgrounds are shuffles of this window that keep every pair of neighbouring bases.")
        return
    st.session_state["dna.implanted"] = True
    try:
        one = _letters(first.strip() or own, names)
        two = _letters(second, names) if second.strip() else None
        rows = longer.implants(choice.tf, choice.record.name, choice.window, one, two, int(count), MOST_GAP)
    except InputError as error:
        st.error(plain(str(error)))
        return
    if rows is None:
        return
    best = rows.loc[rows.effect.abs().idxmax()]
    kind = rows.columns[0]
    figure(
        plot.implant_curve(rows),
        f"{choice.tf}_implants",
        alt=f"Effect on {choice.tf} by {kind}: strongest at {int(best[kind])}, {best.effect:+.2f} log-odds.",
        key="dna.implant_curve",
    )
    table(rows, f"{choice.tf}_implants", key="dna.implant_table", height=220)


def _letters(text: str, names: dict[str, str]) -> str:
    word = text.strip()
    found = {name.upper(): letters for name, letters in names.items()}.get(word.upper())
    letters = found or word.upper().replace("U", "T")
    if set(letters) - set(IUPAC):
        raise InputError(f"{word!r} is neither IUPAC letters, such as CANNTG, nor the name of a known motif.")
    return letters
