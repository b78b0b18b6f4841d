"""A user's own assay: how well each predictor ranks it, and where it is wrong."""

import hashlib
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.esm2 import measured
from biocore.variants import EffectScan
from biocore.variants.assay import compare
from biocore.web.masked_residues.inputs import Protein
from biocore.web.measurements import show_left_out, show_scatter, upload_measurements
from biocore.web.variant_effects.compute import Basis
from biocore.web.variant_effects.fitted import show_fit, show_opened_fit

OWN = "this page's score"
SINGLE = {  # predictors that are one feature each: name -> feature
    "family profile, log odds": "log p difference",
    "language model, log odds": "language model log odds",
    "BLOSUM62": "BLOSUM62",
}


def show_assay(protein: Protein, basis: Basis) -> None:
    """Upload of measured variants, every predictor against them, and a model that learns from them."""
    st.caption("Measured variants, where a higher number means fitter: the predictors are ranked by them.")
    try:
        given = upload_measurements("variant_effects.assay")
        if given is None:
            show_opened_fit()
            return
        text, table = given
        stamp = f"{hashlib.sha256(text.encode()).hexdigest()} {protein.offset} {basis.stamp}"
        found = _compared(stamp, basis, table, protein.offset)
        _show_comparison(basis, found, table, protein.offset)
        show_fit(protein, basis, table, stamp)
    except InputError as error:
        st.error(web.plain(str(error)), icon=":material/error:")


@st.cache_data(max_entries=8, scope="session", show_spinner="Comparing each predictor with your measurements...")
def _compared(stamp: str, _basis: Basis, _table: pd.DataFrame, offset: int) -> pd.DataFrame:
    """`stamp` stands for the basis and the table."""
    return compare(predictors(_basis), _table, offset=offset)


def predictors(basis: Basis) -> dict[str, EffectScan]:
    """Each predictor as a scan, the page's own first; those whose part is missing are not there."""
    known = np.isfinite(basis.scan.scores)
    found = {OWN: basis.scan}
    for name, feature in SINGLE.items():
        if feature in basis.table.names:
            values = np.where(known, basis.table.select((feature,))[..., 0], np.float32(np.nan))
            found[name] = replace(basis.scan, scores=values)
    return found


def _show_comparison(basis: Basis, found: pd.DataFrame, table: pd.DataFrame, offset: int) -> None:
    web.table(
        found.round(3),
        "predictors",
        key="variant_effects.assay.predictors",
        column_config={
            "spearman": st.column_config.NumberColumn("spearman", help="Rank correlation with your measurements"),
            "low": st.column_config.NumberColumn("low", help="95 % interval over resampled variants"),
            "high": st.column_config.NumberColumn("high", help="95 % interval over resampled variants"),
        },
    )
    if (found["high"] < 0).any():
        st.warning(
            "A predictor runs against your numbers: is a higher number less fit in your table?",
            icon=":material/help:",
        )
    name = st.selectbox("Predictor shown", list(predictors(basis)), key="variant_effects.assay.shown")
    shown = measured.compare(predictors(basis)[name], table, offset=offset)
    show_left_out(shown.left_out, key="variant_effects.assay.left_out")
    left, right = st.columns(2)
    with left:
        show_scatter(shown, predictor=name, unit=name, key="variant_effects.assay.scatter")
    with right:
        st.markdown("**Where it is wrong**", help="The variants whose predicted and measured ranks differ most.")
        web.table(misses(shown.table), "misses", key="variant_effects.assay.misses", height=330)


def misses(table: pd.DataFrame, *, count: int = 50) -> pd.DataFrame:
    """The variants whose ranks differ most: variant, predicted and measured percentile (100: fittest)."""
    known = table.dropna(subset=["score", "measured"])
    ranks = 100 * (known[["score", "measured"]].rank() - 0.5) / max(len(known), 1)
    shown = pd.DataFrame({"variant": known["variant"], "predicted percentile": ranks["score"]})
    shown["measured percentile"] = ranks["measured"]
    order = np.argsort(-(ranks["score"] - ranks["measured"]).abs().to_numpy(), kind="stable")
    return shown.iloc[order[:count]].round(1).reset_index(drop=True)
