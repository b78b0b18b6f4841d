"""How good the model is, drawn from the measurements stored with it."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import evaluation
from biocore.plot import protein_function as plot
from biocore.plot.models import reliability
from biocore.stats.calibration import Reliability

METRIC_HELP = {
    "fmax": "The highest harmonic mean of precision and recall over all score thresholds, as CAFA counts them; 0 to 1.",
    "smin": "The smallest semantic distance over all score thresholds: the information, in bits, of the terms "
    "predicted wrongly and of those missed, together; 0 is best.",
    "protein_auprc": "Area under precision against recall of each protein's terms, mean over proteins; 0 to 1.",
    "protein_auroc": "Chance that a true term of a protein ranks before another, mean over proteins; 0.5 is chance.",
    "term_auprc": "Area under precision against recall of the proteins for each term, mean over terms; 0 to 1.",
    "term_auroc": "Chance that a protein with a term ranks before one without, mean over terms; 0.5 is chance.",
}


def show_quality(card: zoo.ModelCard) -> None:
    """What was measured when the model was trained, one figure at a time."""
    measured = evaluation(card)
    if not measured:
        st.info("No measurements are stored with this model.")
        return
    views = {
        "Against simple methods": _view_methods,
        "By identity": _view_identity,
        "Can the probabilities be trusted": _view_reliability,
        "Terms": _view_terms,
        "True and predicted": _view_heatmap,
        "Training": _view_training,
    }
    view = st.segmented_control("Figure", list(views), default=next(iter(views)), required=True, key="function.view")
    views[view](card, measured)


def _metric_picker(key: str) -> str:
    lines = "\n".join(f"- **{plot.METRICS[name]}** {text}" for name, text in METRIC_HELP.items())
    return st.selectbox("Measure", list(plot.METRICS), format_func=plot.METRICS.__getitem__, key=key, help=lines)


def _view_methods(card: zoo.ModelCard, measured: dict) -> None:
    left, right = st.columns(2)
    with left:
        labels = st.segmented_control(
            "Labels",
            list(measured["methods"]),
            format_func=web.plain,
            default="all",
            required=True,
            key="function.labels",
        )
    with right:
        metric = _metric_picker("function.metric")
    methods = measured["methods"][labels]
    rows = [
        {"method": name} | {title: _with_interval(values[m]) for m, title in plot.METRICS.items()}
        for name, values in methods.items()
    ]
    alt = "; ".join(f"{name} {values[metric][0]:.3f}" for name, values in methods.items())
    web.figure(plot.compare_methods(methods, metric), "function_methods", alt=f"{plot.METRICS[metric]}: {alt}.")
    columns = {plot.METRICS[name]: st.column_config.TextColumn(help=text) for name, text in METRIC_HELP.items()}
    web.table(pd.DataFrame(rows), "function_methods_table", column_config=columns)
    proteins = methods["model"]["proteins"][0]
    st.caption(
        f"{proteins:,.0f} held-out proteins with a term; brackets are 95 % intervals from resampled proteins.",
        help="Experimental labels leave out what was inferred from homologues.",
    )
    for name, less in measured.get("beside", {}).get(labels, {}).items():
        said = ", ".join(f"{plot.METRICS[m]} {_signed(less[m])}" for m in ("fmax", "protein_auprc"))
        st.caption(web.plain(f"The model less {name}, on the same resampled proteins: {said}."))


def _signed(values: Sequence[float]) -> str:
    value, low, high = values
    return f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"


def _with_interval(values: Sequence[float | None]) -> str:
    value, low, high = values
    if value is None:
        return "not defined"
    return f"{value:.3f}" + (f" [{low:.3f}, {high:.3f}]" if low is not None and high is not None else "")


def _view_identity(card: zoo.ModelCard, measured: dict) -> None:
    if not measured.get("by_identity"):
        st.info("No alignment program was at hand when this model was measured.")
        return
    metric = _metric_picker("function.identity_metric")
    rows = measured["by_identity"]
    figure = plot.by_identity(rows, metric)
    web.figure(figure, "function_identity", alt=f"{plot.METRICS[metric]} by identity; the table below has the numbers.")
    table = [
        {"identity": r["identity"], "proteins": r["proteins"], "method": r["method"], metric: _with_interval(r[metric])}
        for r in rows
    ]
    web.table(pd.DataFrame(table), "function_identity_table")


def _view_reliability(card: zoo.ModelCard, measured: dict) -> None:
    groups = list(card.details["reliability"])
    group = st.selectbox("Terms", groups, key="function.group")
    found = Reliability.from_dict(card.details["reliability"][group])
    web.figure(
        reliability(found),
        "function_reliability",
        alt=f"Predicted probability against observed fraction; expected calibration error {found.error:.4f}.",
    )
    table = pd.DataFrame(
        {
            "probability from": found.low,
            "to": found.high,
            "predictions": found.count.astype(int),
            "predicted": found.predicted,
            "observed": found.observed,
        }
    )
    web.table(table, "function_reliability_table")
    st.caption(
        f"On held-out proteins; expected calibration error {found.error:.4f}.",
        help="Calibrated on other proteins, by cross-validation in the training split.",
    )


def _view_terms(card: zoo.ModelCard, measured: dict) -> None:
    terms = measured["terms"]
    figure = plot.auprc_by_examples(terms)
    web.figure(figure, "function_examples", alt="auPRC of each term against its training proteins; table below.")
    enough = [r for r in terms if r["valid_proteins"] >= 5 and r["auprc"]["model"] is not None]
    enough.sort(key=lambda r: -r["auprc"]["model"])
    web.figure(
        plot.best_and_worst(enough[:12] + enough[-12:]),
        "function_best_worst",
        alt="The twelve best and the twelve worst terms; the table below has all.",
    )
    table = [{k: r[k] for k in ("term", "name", "training_proteins", "valid_proteins")} | r["auprc"] for r in terms]
    web.table(pd.DataFrame(table), "function_terms_table")
    st.caption("Best and worst are chosen among terms with 5 or more held-out proteins.")


def _view_heatmap(card: zoo.ModelCard, measured: dict) -> None:
    sample = measured["heatmap"]
    figure = plot.true_and_predicted(sample)
    web.figure(
        figure, "function_heatmap", alt="Annotated and predicted terms of forty held-out proteins, side by side."
    )
    table = pd.DataFrame(sample["probability"], columns=sample["terms"])
    table.insert(0, "protein", sample["proteins"])
    web.fold(
        "The predicted probabilities as a table",
        lambda: web.table(table, "function_heatmap_table"),
        key="function_heatmap_table.fold",
    )


def _view_training(card: zoo.ModelCard, measured: dict) -> None:
    figure = plot.training_curves(measured["curve"])
    web.figure(figure, "function_training", alt="Loss falls and auPRC rises over the epochs; table below.")
    web.table(pd.DataFrame(measured["curve"]), "function_training_table")
    st.caption("One of the folds: the head alone, trained on the others and measured on this one.")
    if measured.get("ablation"):
        st.markdown("What each group of inputs is worth to the head:")
        web.table(pd.DataFrame(measured["ablation"]), "function_ablation")
