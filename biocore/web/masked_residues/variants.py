"""Variants, and a deep mutational scan to compare with."""

import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.esm2 import STRATEGIES, SubstitutionScan, is_weak
from biocore.esm2.measured import Comparison, compare
from biocore.esm2.variants import parse_variants, score_variants
from biocore.plot import masked_residues as plot
from biocore.web.masked_residues.inputs import INSULIN, Protein
from biocore.web.masked_residues.model import Choice
from biocore.web.measurements import show_left_out, show_scatter, upload_measurements


def show_variants(protein: Protein, choice: Choice, scan: SubstitutionScan) -> None:
    """Text field of variants and their table."""
    handed = web.take_over("variants")
    if handed is not None:
        st.session_state["masked_residues.variants"] = handed
    example = "F48S, p.Phe48Ser, L30P:F48S, C31Y, R89C" if protein.sequence == INSULIN else ""
    web.start_from_link("variants", example, key="masked_residues.variants")
    text = st.text_area(
        "Variants",
        key="masked_residues.variants",
        height=80,
        persist_state="session",
        help="F48S or p.Phe48Ser, several at once as F48S:L29P; separated by commas, spaces or lines. "
        "Numbers count with the offset above.",
    )
    if not text.strip():
        st.caption("Write F48S, p.Phe48Ser, or several at once: F48S:L29P.")
        return
    try:
        scored = score_variants(scan, parse_variants(text), offset=protein.offset)
    except InputError as error:
        st.error(web.plain(str(error)), icon=":material/error:")
        return
    if scored.hint:
        st.warning(f"A wild-type residue does not fit the protein. {web.plain(scored.hint)}", icon=":material/help:")
    table = scored.table.assign(strategy=scan.strategy, model=scan.model)
    web.table(
        table.round({"score": 4, "percentile": 2}),
        "variants",
        key="masked_residues.variants.table",
        column_config={
            "score": st.column_config.NumberColumn("score", help="Sum of log-odds, natural log", format="%.3f"),
            "rank": st.column_config.NumberColumn("rank", help="1 is the most expected substitution of this protein"),
            "percentile": st.column_config.NumberColumn("percentile", help="100 is the most expected", format="%.1f"),
        },
    )
    if is_weak(choice.card) and scan.strategy in STRATEGIES:
        st.warning(
            "Do not judge a variant by this model: its scores hardly tell harmful variants from harmless ones. "
            "Choose the blend or the family profile above, or an ESM-2.",
            icon=":material/warning:",
        )
    st.caption("Several substitutions at once are the sum of their single scores; only single ones have a rank.")


def show_measured(protein: Protein, scan: SubstitutionScan) -> None:
    """Optional table of a deep mutational scan: rank correlation and scatter."""
    with st.expander("Compare with a deep mutational scan"):
        try:
            given = upload_measurements("masked_residues.dms")
            if given is None:
                return
            comparison = compare(scan, given[1], offset=protein.offset)
        except InputError as error:
            st.error(web.plain(str(error)), icon=":material/error:")
            return
        _show_comparison(comparison, scan)


def _show_comparison(comparison: Comparison, scan: SubstitutionScan) -> None:
    left, right = st.columns(2)
    rho = comparison.spearman
    defined = rho == rho
    interval = f"95 % interval {comparison.low:.2f} to {comparison.high:.2f}" if defined else "too few, or all equal"
    left.metric("Spearman", f"{rho:.3f}" if defined else "not defined", interval, delta_color="off")
    right.metric("Variants compared", f"{len(comparison.table):,}")
    show_left_out(comparison.left_out, key="masked_residues.measured.left_out")
    show_scatter(
        comparison,
        predictor=f"{plot.STRATEGY_LABELS[scan.strategy]}, {scan.model}",
        unit=plot.SCORE,
        key="masked_residues.measured",
    )
    web.download(
        "Compared variants as CSV",
        lambda: comparison.table.to_csv(index=False),
        "measured.csv",
        "text/csv",
        key="masked_residues.measured.csv",
    )
