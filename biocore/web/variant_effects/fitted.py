"""A model that learns from a user's measured variants, and the variants to make next."""

import pandas as pd
import streamlit as st

from biocore import web
from biocore.jobs import Description
from biocore.jobs.kinds.assay import basis_inputs
from biocore.plot import variant_effects as plot
from biocore.stats.intervals import Interval
from biocore.variants.assay import GAUSSIAN_PROCESS, LEAST, METHODS, RIDGE, AssayFit, design, fit_assay
from biocore.web.job_link import opened_job
from biocore.web.masked_residues.inputs import Protein
from biocore.web.variant_effects.compute import Basis

_WANTED = "variant_effects.fit.wanted"
MOST_NEXT = 9_600  # variants to make: 100 plates
AT_ONCE = {RIDGE: 200, GAUSSIAN_PROCESS: 100}  # measured variants that are fitted on the page


def show_fit(protein: Protein, basis: Basis, table: pd.DataFrame, stamp: str) -> None:
    """Fit on a click, what the fit is worth, and what to make next.

    Raises
    ------
    InputError
        As `fit_assay`.
    """
    st.markdown(
        "**A model fitted to your variants**",
        help=f"From {LEAST} measured variants on. It corrects the score above by what your variants teach; how much of "
        "the correction is taken is chosen on positions that were left out, and may be nothing.",
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        method = st.segmented_control(
            "Method",
            METHODS,
            format_func=str.capitalize,
            default=RIDGE,
            required=True,
            key="variant_effects.fit.method",
        )
        pressed = st.button("Fit", type="primary", key="variant_effects.fit")
    wanted = (stamp, method)
    if pressed:
        st.session_state[_WANTED] = wanted
    if st.session_state.get(_WANTED) != wanted:
        return
    fit = _fitted(protein, basis, table, stamp, str(method))
    if fit is None:
        return
    _show_worth(fit)
    _show_next(fit)


def _fitted(protein: Protein, basis: Basis, table: pd.DataFrame, stamp: str, method: str) -> AssayFit | None:
    """The fit: of few variants at once, of many by a job; None until that is done."""
    if len(table) <= AT_ONCE[method]:
        return _fit(stamp, protein.offset, method, basis, table)
    return web.job(
        _description(stamp, protein.name, protein.offset, method, basis, table),
        key="variant_effects.fit.job",
        title=f"Fit to {len(table):,} measured variants of {protein.name}",
        start=f"Fit to {len(table):,} variants",
        unasked=True,
    ).result


@st.cache_data(max_entries=4, scope="session", show_spinner=False)
def _description(stamp: str, name: str, offset: int, method: str, _basis: Basis, _table: pd.DataFrame) -> Description:
    """`stamp` stands for the basis and the table."""
    inputs = basis_inputs(name, _basis.scan, _basis.table, _table)
    return Description.make("fit-assay", inputs, {"offset": offset, "method": method})


@st.cache_data(max_entries=8, scope="session", show_spinner="Fitting to your variants, position by position...")
def _fit(stamp: str, offset: int, method: str, _basis: Basis, _table: pd.DataFrame) -> AssayFit:
    """`stamp` stands for the basis and the table."""
    return fit_assay(_basis.scan, _basis.table, _table, offset=offset, method=method)


def show_opened_fit() -> None:
    """The fit of a job that was opened on this page, whose measurements only its owner's file has."""
    opened = opened_job("fit-assay")
    if opened is None:
        return
    st.markdown(f"**{web.plain(opened.title)}**")
    fit = web.watch(opened, key="variant_effects.fit.opened").result
    if fit is not None:
        _show_worth(fit)
        _show_next(fit)


def _show_worth(fit: AssayFit) -> None:
    cells = st.columns(3)
    for cell, name, found in ((cells[0], "Untrained", fit.untrained), (cells[1], "Trained", fit.trained)):
        cell.metric(
            f"{web.plain(name)}: Spearman",
            f"{found.value:.2f}" if found.value == found.value else "not defined",
            _interval(found),
            delta_color="off",
            delta_arrow="off",
            help="The trained model is measured at positions it did not learn from.",
        )
    cells[2].metric("Correction taken", f"{100 * fit.weight:.0f} %", help="0 %: your variants teach nothing reliable.")
    web.figure(
        plot.learning_curve(fit.curve),
        "learning_curve",
        alt=f"Learning curve: Spearman {fit.trained.value:.2f} trained, {fit.untrained.value:.2f} untrained.",
        key="variant_effects.fit.curve",
    )


def _interval(found: Interval) -> str:
    return f"95 % interval {found.low:.2f} to {found.high:.2f}" if found.low == found.low else "no interval"


def _show_next(fit: AssayFit) -> None:
    st.markdown("**Variants to make next**", help="The best predicted ones that were not measured; wells go by rows.")
    left, right = st.columns([1, 2], vertical_alignment="bottom")
    with left:
        count = st.number_input("How many", min_value=1, max_value=MOST_NEXT, value=96, key="variant_effects.fit.count")
    with right:
        diverse = st.toggle(
            "Diverse",
            key="variant_effects.fit.diverse",
            help="The best variant of each position before the second of any.",
        )
    web.table(
        design(fit, int(count or 96), diverse=diverse).round({"predicted": 4, "uncertainty": 4}),
        "next_variants",
        key="variant_effects.fit.next",
        height=330,
        column_config={
            "predicted": st.column_config.NumberColumn("predicted", help="In the units of your table"),
            "uncertainty": st.column_config.NumberColumn("uncertainty", help="Standard deviation, in the same units"),
        },
    )
