"""How good the scores are: every measured scan of the card, beside published predictors."""

import pandas as pd
import streamlit as st

from biocore import web, zoo

OURS = "this model"


def show_scans(card: zoo.ModelCard) -> None:
    """Tables from the card: means with intervals, each scan, and what each group of features adds."""
    assays = card.details.get("assays", [])
    if not assays:
        st.info("No measurements are stored with this model.")
        return
    st.caption(
        "Spearman of scores and measurements; each protein was left out of the fit together with its homologues.",
        help="Published figures are of the same scans, as ProteinGym v1 has them. A mean is over proteins, its "
        "interval over resampled proteins. Viral proteins were not trained on and count apart.",
    )
    web.table(quality_table(card), "variant_effects_quality", key="variant_effects.quality")
    web.fold(
        "Every scan",
        lambda: web.table(scan_table(assays), "measured_scans", key="variant_effects.scans"),
        key="variant_effects.scans.fold",
    )
    ablation = card.details.get("ablation", [])
    if ablation:
        web.fold("What each group of features adds", lambda: _show_groups(ablation), key="variant_effects.groups.fold")


def _show_groups(ablation: list[dict]) -> None:
    web.table(
        pd.DataFrame(ablation),
        "variant_effects_groups",
        key="variant_effects.groups",
        column_config={
            "alone": st.column_config.NumberColumn("alone", help="Mean Spearman with this group only"),
            "without": st.column_config.NumberColumn("without", help="Mean Spearman with all but this group"),
        },
    )


def quality_table(card: zoo.ModelCard) -> pd.DataFrame:
    """One row for each measured number of the card: predictor or metric, value, low, high, measured on."""
    rows = [(q.metric, q.value, q.low, q.high, q.split) for q in card.quality]
    return pd.DataFrame(rows, columns=["metric", "value", "low", "high", "measured on"]).round(3)


def scan_table(assays: list[dict]) -> pd.DataFrame:
    """One row for each scan: assay, protein, viral, variants, this model, published predictors, doi."""
    rows = [
        {
            "assay": one["assay"],
            "protein": one["protein"],
            "viral": one["viral"],
            "variants": one["variants"],
            OURS: one["spearman"],
        }
        | one["published"]
        | {"doi": one["doi"]}
        for one in assays
    ]
    table = pd.DataFrame(rows)
    return table[[name for name in table if name != "doi"] + ["doi"]]
