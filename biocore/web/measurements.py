"""A table of measured variants that a visitor brings: the upload, what of it cannot be used, and its scatter."""

import pandas as pd
import streamlit as st

from biocore import web
from biocore.esm2.measured import Comparison, read_measurements
from biocore.plot.substitutions import measured_scatter
from biocore.web.inputs import MAX_UPLOAD_MB, decode


def upload_measurements(key: str) -> tuple[str, pd.DataFrame] | None:
    """Ask for a table; its text, and what `read_measurements` makes of it.  None until there is one.

    Parameters
    ----------
    key : str
        Of the upload in the session.

    Raises
    ------
    InputError
        The file cannot be read as such a table.
    """
    st.caption(
        "A CSV or TSV table with a column of variants (mutant) and one of numbers (score).",
        help="As ProteinGym and MaveDB have them: mutant, mutation, variant or hgvs_pro; DMS_score, score, fitness, "
        "effect or measured. Semicolons and decimal commas are read too. Several substitutions in a row are one "
        "variant: A1G:K2C. Residues count with the offset above. The file stays on the machine that runs this page.",
    )
    file = st.file_uploader(
        f"CSV or TSV, up to {MAX_UPLOAD_MB} MB",
        type=["csv", "tsv", "txt", "gz"],
        key=key,
        max_upload_size=MAX_UPLOAD_MB,
    )
    if file is None:
        return None
    text = decode(file.getvalue(), file.name)
    return text, read_measurements(text)


def show_left_out(left_out: pd.DataFrame, *, key: str) -> None:
    """The rows that could not be used, each with its line and the reason; nothing where there is none."""
    if not len(left_out):
        return
    first = left_out.iloc[0]
    said = "1 row was" if len(left_out) == 1 else f"{len(left_out):,} rows were"
    st.warning(web.plain(f"{said} left out. The first, line {first.line}: {first.problem}"))
    web.fold("Rows that were left out", lambda: web.table(left_out, "left_out", key=key), key=f"{key}.fold")


def show_scatter(comparison: Comparison, *, predictor: str, unit: str, key: str) -> None:
    """Predictions against measurements; see `biocore.plot.substitutions.measured_scatter` for the words."""
    web.figure(
        measured_scatter(comparison.table, predictor=predictor, unit=unit, rho=comparison.spearman),
        "measured",
        alt=f"Predicted score against measurement of {len(comparison.table)} variants.",
        key=key,
    )
