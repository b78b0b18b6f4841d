"""The predicted terms: most specific first, their parents folded, and a drawing of them."""

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, tables
from biocore.plot import protein_function as plot
from biocore.plot import term_graph as graph
from biocore.web.protein_function.proteins import AMIGO, QUICKGO, Protein


def show_answer(card: zoo.ModelCard, protein: Protein, prediction: Prediction) -> pd.DataFrame:
    """Predicted terms, most specific first; general ones folded; the terms' graph.  Returns the table."""
    with web.open_model(card.name) as model:
        answer = tables.answer(model, prediction, 0)
        drawing = graph.term_graph(model, prediction, 0)
        known = tables.annotated(model, prediction, 0)
        same = model.same_as(prediction, 0)
        accession = "" if same is None else model.reference.accessions[same]
        best = tables.scores(model, prediction, [protein.name]).head(5)
    st.caption(
        "Aspect: molecular function. Probabilities are calibrated; each term has its own threshold.",
        help=web.plain(f"Trained on {card.trained_on}."),
    )
    if known is not None:
        _show_annotation(accession, known)
    if prediction.abstained[0]:
        st.warning(
            f"**Abstained (out of domain).** {web.plain(prediction.abstained[0])} No term is predicted.",
            icon=":material/help:",
        )
        return answer
    if answer.empty:
        st.info("No term reaches its threshold. The five most likely ones, none of them to be relied on:")
        web.table(best[["term", "name", "probability", "threshold"]], "function_best")
        return answer
    shown = _with_links(answer)
    web.table(shown[answer["specific"].to_numpy()], "function_specific", column_config=_columns())
    general = shown[~answer["specific"].to_numpy()]
    if len(general):
        with st.expander(f"{len(general)} more general terms that follow from these"):
            web.table(general, "function_general", column_config=_columns())
    text = ", ".join(f"{n} {p:.2f}" for n, p in zip(drawing.names, drawing.probability, strict=True))
    web.figure(plot.term_graph(drawing), "function_terms", alt=f"Predicted terms below their parents: {text}.")
    left = len(answer) - len(drawing.terms)
    st.caption(
        "Parents are above their children; a dark rim marks the most specific terms."
        + (f" {left} of the {len(answer)} terms are not drawn; the table has all." if left > 0 else "")
    )
    return answer


def _show_annotation(accession: str, known: pd.DataFrame) -> None:
    """That the model has seen this protein, and what it is annotated with."""
    st.info(
        f"This sequence is that of {web.plain(accession)}, one of the training proteins: the model has seen its "
        "answer.",
        icon=":material/school:",
    )
    if known.empty:
        st.caption(f"{web.plain(accession)} has no term of this aspect in the training data.")
        return
    found = int(known["predicted"].sum())
    with st.expander(
        f"What {web.plain(accession)} is annotated with: {len(known)} terms, {found:,} of them predicted below"
    ):
        known = known.assign(QuickGO=QUICKGO + known["term"])
        shown = known[["name", "predicted", "probability", "proteins", "QuickGO"]]
        web.table(shown, "function_annotated", column_config=_columns() | _annotation_columns())


def _annotation_columns() -> dict:
    column = st.column_config
    return {
        "probability": column.NumberColumn(
            format="%.2f", help="What the model says; empty where the term is too rare to judge."
        ),
        "proteins": column.NumberColumn("training proteins with it", format="localized"),
    }


def _with_links(answer: pd.DataFrame) -> pd.DataFrame:
    true = [
        f"{fraction:.0%} of {n:,}" if n else "never seen"
        for fraction, n in zip(answer["precision_at_score"], answer["out_of"], strict=True)
    ]
    return pd.DataFrame(
        {
            "name": answer["name"],
            "probability": answer["probability"],
            "threshold": answer["threshold"],
            "precision at this score": true,
            "precision": answer["precision"],
            "recall": answer["recall"],
            "comes from": answer["source"],
            "QuickGO": QUICKGO + answer["term"],
            "AmiGO": AMIGO + answer["term"],
        }
    )


def _columns() -> dict:
    column = st.column_config
    return {
        "name": column.TextColumn(width="large"),
        "probability": column.ProgressColumn(format="%.2f", min_value=0, max_value=1),
        "threshold": column.NumberColumn(format="%.2f", help="Chosen by cross-validation in the training proteins."),
        "precision at this score": column.TextColumn(
            help="Fraction of the predictions of this class of terms, at about this probability, that were true of "
            "held-out proteins. A term nobody has annotated yet counts as false."
        ),
        "precision": column.NumberColumn(
            format="percent", help="Of the held-out proteins above the threshold, the fraction with the term."
        ),
        "recall": column.NumberColumn(
            format="percent",
            help="Of the held-out proteins with the term, the fraction above the threshold.",
        ),
        "QuickGO": column.LinkColumn(display_text=r"term/(.*)"),
        "AmiGO": column.LinkColumn(display_text="AmiGO"),
    }
