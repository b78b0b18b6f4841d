"""The predicted terms: the most specific with what speaks for each, all of them as a tree, the rest on request."""

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, reasons, tables
from biocore.plot import protein_function as plot
from biocore.plot import term_graph as graph
from biocore.web.protein_function.proteins import AMIGO, QUICKGO, Protein


def show_answer(card: zoo.ModelCard, protein: Protein, prediction: Prediction) -> pd.DataFrame:
    """Predicted terms with what speaks for each; the tree of all of them; the rest on request.  Returns the table."""
    with web.open_model(card.name) as model:
        answer = tables.answer(model, prediction, 0)
        drawing = graph.term_graph(model, prediction, 0)
        known = tables.annotated(model, prediction, 0)
        same = model.same_as(prediction, 0)
        whole = None if same is not None else reasons.stretch_of(model, prediction, 0, protein.sequence)
        seen = same if same is not None else whole
        accession = "" if seen is None else model.reference.accessions[seen]
        best = tables.scores(model, prediction, [protein.name]).head(5)
        lines = tables.tree(model, prediction, 0)
    st.caption(
        "Aspect: molecular function. Probabilities are calibrated; each term has its own threshold.",
        help=web.plain(f"Trained on {card.trained_on}."),
    )
    if known is not None:
        _show_annotation(accession, known)
    elif whole is not None:
        st.info(
            f"This sequence is a stretch of {web.plain(accession)}, one of the training proteins: the model has seen "
            "the answer of the whole protein, which need not hold for the stretch.",
            icon=":material/school:",
        )
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
    specific = answer["specific"].to_numpy()
    web.table(_with_links(answer[specific]), "function_specific", column_config=_columns())
    st.markdown(_tree_text(lines))
    web.fold("The same terms as a graph", lambda: _show_graph(drawing, len(answer)), key="function_terms.fold")
    web.fold(
        f"Thresholds, precision and recall of all {len(answer)} terms",
        lambda: web.table(_measured(answer), "function_measured", column_config=_columns()),
        key="function_measured.fold",
    )
    return answer


def _tree_text(lines: list[tables.TreeLine]) -> str:
    """The terms as an indented list in Markdown, the most specific ones in bold."""
    rows = ["All predicted terms, the specific below the general:\n"]
    for line in lines:
        name = web.plain(line.name)
        name = f"**{name}**" if line.specific else name
        more = f", also below {web.plain(', '.join(line.also_below))}" if line.also_below else ""
        rows.append(f"{'    ' * line.level}- {name} {line.probability:.2f} [{line.term}]({QUICKGO}{line.term}){more}")
    return "\n".join(rows)


def _show_graph(drawing: graph.TermGraph, count: int) -> None:
    text = ", ".join(f"{n} {p:.2f}" for n, p in zip(drawing.names, drawing.probability, strict=True))
    web.figure(plot.term_graph(drawing), "function_terms", alt=f"Predicted terms below their parents: {text}.")
    left = count - len(drawing.terms)
    st.caption(
        "Parents are above their children; a dark rim marks the most specific terms."
        + (f" {left} of the {count} terms are not drawn; the list has all." if left > 0 else "")
    )


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

    def draw() -> None:
        shown = known.assign(QuickGO=QUICKGO + known["term"])
        shown = shown[["name", "predicted", "probability", "proteins", "QuickGO"]]
        web.table(shown, "function_annotated", column_config=_columns() | _annotation_columns())

    web.fold(
        f"What {web.plain(accession)} is annotated with: {len(known)} terms, {found:,} of them predicted below",
        draw,
        key="function_annotated.fold",
    )


def _annotation_columns() -> dict:
    column = st.column_config
    return {
        "probability": column.NumberColumn(
            format="%.2f", help="What the model says; empty where the term is too rare to judge."
        ),
        "proteins": column.NumberColumn("training proteins with it", format="localized"),
    }


def _with_links(answer: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "name": answer["name"],
            "QuickGO": QUICKGO + answer["term"],
            "probability": answer["probability"],
            "by experiment": answer["experimental"],
            "what speaks for it": answer["evidence"],
        }
    ).dropna(axis=1, how="all")  # a model may know nothing of experiments


def _measured(answer: pd.DataFrame) -> pd.DataFrame:
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
            "what speaks for it": answer["evidence"],
            "AmiGO": AMIGO + answer["term"],
        }
    )


def _columns() -> dict:
    column = st.column_config
    return {
        "name": column.TextColumn(width="medium"),
        "what speaks for it": column.TextColumn(width="large"),
        "probability": column.ProgressColumn(format="%.2f", min_value=0, max_value=1),
        "by experiment": column.NumberColumn(
            format="%.2f",
            help="Probability that an experiment would show the term, learned from annotations of 2018 that rest on "
            "experiments. Lower than the probability where a function is usually inferred, not measured.",
        ),
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
