"""Predictions as tables for people and files.

Every function takes a `FunctionModel` and a `Prediction` of that model; ``row`` is the 0-based number of a protein.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.go.predict import FunctionModel
from biocore.go.prediction import Prediction
from biocore.go.reasons import reason, verdict

LEAST = 0.01  # probability from which a term is listed
COLUMNS = ("record", "term", "name", "probability", "threshold", "predicted", "propagated")
SOURCES = {
    "both": "network and neighbours agree",
    "neighbours": "mostly the neighbours",
    "network": "mostly the network",
    "together": "neither alone, only together",
    "": "not predicted",
}


def scores(
    model: FunctionModel,
    prediction: Prediction,
    names: Sequence[str],
    *,
    above_threshold: bool = False,
    terms: Sequence[str] | None = None,
    least: float = LEAST,
) -> pd.DataFrame:
    """One row for each protein and term, most likely first.

    Parameters
    ----------
    model : FunctionModel
    prediction : Prediction
        Of `model`, N proteins.
    names : sequence of str, N
    above_threshold : bool
        Only predicted terms.
    terms : sequence of str, optional
        Only these, however unlikely; the default is every term of at least `least`.
    least : float
        Probability.

    Returns
    -------
    DataFrame
        record, term, name, probability, threshold, predicted (probability at or above the threshold, or a parent of
        such a term; never where the model abstains), propagated (the probability is that of a child), note (why the
        model abstains), experimental (probability that an experiment would show it, see
        `Prediction.experimental`).
    """
    parts, wanted = [], set(terms or ())
    for row, name in enumerate(names):
        probability = prediction.probability[row].astype(float)
        chosen = model.chosen(prediction, row)
        order = np.argsort(-probability, kind="stable")
        if above_threshold:
            order = np.array([t for t in order if t in chosen], dtype=int)
        if terms is not None:
            order = np.array([t for t in order if model.terms[t] in wanted], dtype=int)
        elif not above_threshold:
            order = order[probability[order] >= least]
        parts.append(
            pd.DataFrame(
                {
                    "record": name,
                    "term": [model.terms[t] for t in order],
                    "name": [model.names[t] for t in order],
                    "probability": probability[order].round(4),
                    "threshold": model.thresholds.threshold[order].astype(float).round(2),
                    "predicted": [t in chosen for t in order],
                    "propagated": prediction.propagated[row, order],
                    "note": prediction.abstained[row],
                    "experimental": prediction.experimental[row, order].astype(float).round(4),
                }
            )
        )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=[*COLUMNS, "note", "experimental"])


def answer(model: FunctionModel, prediction: Prediction, row: int) -> pd.DataFrame:
    """The predicted terms of one protein, most specific first, then by probability.

    Returns
    -------
    DataFrame
        term, name, specific (no predicted term lies below it), depth, probability, experimental (probability that an
        experiment would show it), threshold, precision_at_score (fraction of such predictions that was true of
        held-out proteins), out_of (how many that rests on), precision and recall (at the threshold, on held-out
        proteins), source, evidence (see `reasons.reason`).
    """
    chosen = model.chosen(prediction, row)
    leaves = model.most_specific(chosen)
    rows = []
    for t in chosen:
        probability = float(prediction.probability[row, t])
        precision, count = model.precision_at(t, probability)
        rows.append(
            {
                "term": model.terms[t],
                "name": model.names[t],
                "specific": t in leaves,
                "depth": int(model.depth[t]),
                "probability": probability,
                "experimental": float(prediction.experimental[row, t]),
                "threshold": float(model.thresholds.threshold[t]),
                "precision_at_score": precision,
                "out_of": count,
                "precision": float(model.thresholds.precision[t]),
                "recall": float(model.thresholds.recall[t]),
                "source": SOURCES[verdict(model, prediction, row, t)],
                "evidence": reason(model, prediction, row, t),
            }
        )
    columns = (
        "term name specific depth probability experimental threshold precision_at_score out_of precision recall source "
    )
    table = pd.DataFrame(rows, columns=[*columns.split(), "evidence"]).astype({"specific": bool})
    return table.sort_values(["specific", "probability", "depth"], ascending=[False, False, False], ignore_index=True)


@dataclass(frozen=True)
class TreeLine:
    """A line of an indented list of terms.

    Attributes
    ----------
    level : int
        0 for terms without a listed parent.
    term, name : str
    probability : float
    specific : bool
        No listed term lies below it.
    also_below : tuple of str
        Names of its other listed parents: each term stands once.
    """

    level: int
    term: str
    name: str
    probability: float
    specific: bool
    also_below: tuple[str, ...]


def tree(model: FunctionModel, prediction: Prediction, row: int) -> list[TreeLine]:
    """The predicted terms of one protein, children below their parents, each below the deepest of them.

    Returns
    -------
    list of TreeLine
        The likelier of two siblings first.
    """
    chosen = model.chosen(prediction, row)
    probability = prediction.probability[row]
    leaves = model.most_specific(chosen)
    above = {
        t: sorted((p for p in model.parents[t] if p in chosen), key=lambda p: (-model.depth[p], p)) for t in chosen
    }
    order = sorted(chosen, key=lambda t: (-probability[t], model.names[t]))
    lines: list[TreeLine] = []

    def place(t: int, level: int) -> None:
        also = tuple(model.names[p] for p in above[t][1:])
        lines.append(TreeLine(level, model.terms[t], model.names[t], float(probability[t]), t in leaves, also))
        for child in order:
            if above[child][:1] == [t]:
                place(child, level + 1)

    for t in order:
        if not above[t]:
            place(t, 0)
    return lines


def annotated(model: FunctionModel, prediction: Prediction, row: int) -> pd.DataFrame | None:
    """What a training protein is annotated with beside what the model says; None where the protein is not one.

    Returns
    -------
    DataFrame
        term, name, proteins (training proteins that have it), probability (NaN where the term is too rare for the
        model to judge), predicted; the rarest terms first.
    """
    same = model.same_as(prediction, row)
    if same is None:
        return None
    column = {term: t for t, term in enumerate(model.terms)}
    chosen = model.chosen(prediction, row)
    rows = [
        {
            "term": term,
            "name": model.reference.names[term],
            "proteins": model.reference.term_counts[term],
            "probability": float(prediction.probability[row, column[term]]) if term in column else float("nan"),
            "predicted": column.get(term) in chosen,
        }
        for term in model.reference.terms_of(same)
    ]
    table = pd.DataFrame(rows, columns=["term", "name", "proteins", "probability", "predicted"])
    return table.sort_values(["proteins", "term"], ignore_index=True)


def nearest(model: FunctionModel, prediction: Prediction, row: int, *, top: int = 10) -> pd.DataFrame:
    """The nearest annotated proteins, by alignment and by embedding.

    Parameters
    ----------
    top : int
        Proteins to list by each measure.

    Returns
    -------
    DataFrame
        accession, bits, e_value and alignment_similarity (of the best local alignment over the reduced alphabet),
        vector_similarity (of embeddings; NaN where the protein is not among the nearest by that measure), terms (names
        of the most specific known ones), supports (how many of the predicted terms it has).
    """
    chosen = {model.terms[t] for t in model.chosen(prediction, row)}
    aligned, vectors = prediction.by_alignment, prediction.by_vector
    found: dict[int, dict[str, float]] = {}
    for name, hits, values in (
        ("bits", aligned, aligned.bits),
        ("e_value", aligned, prediction.expect),
        ("alignment_similarity", aligned, aligned.similarity),
        ("vector_similarity", vectors, vectors.similarity),
    ):
        for protein, value in zip(hits.indices[row][:top], values[row][:top], strict=True):
            if protein >= 0:
                found.setdefault(int(protein), {})[name] = float(value)
    measures = ["bits", "e_value", "alignment_similarity", "vector_similarity"]
    rows = []
    for protein, measured in found.items():
        terms = model.reference.terms_of(protein)
        rows.append(
            {"accession": model.reference.accessions[protein]}
            | {name: measured.get(name, float("nan")) for name in measures}
            | {"terms": "; ".join(specific_names(model, terms)), "supports": len(chosen & set(terms))}
        )
    table = pd.DataFrame(rows, columns=["accession", *measures, "terms", "supports"])
    return table.sort_values(["bits", "vector_similarity"], ascending=False, ignore_index=True, na_position="last")


def specific_names(model: FunctionModel, terms: Sequence[str], *, most: int = 6) -> list[str]:
    """Names of the rarest terms of a reference protein: the general ones go without saying.

    Parameters
    ----------
    terms : sequence of str
        Identifiers.
    most : int
        Names to give.

    Returns
    -------
    list of str
    """
    counts = model.reference.term_counts
    ordered = sorted(terms, key=lambda term: (counts[term], term))
    return [model.reference.names[term] for term in ordered[:most]]


def rare_terms(model: FunctionModel, prediction: Prediction, row: int, *, top: int = 5) -> pd.DataFrame:
    """Terms of the nearest proteins that are too rare for the network to know.

    Parameters
    ----------
    top : int
        Neighbours to look at.

    Returns
    -------
    DataFrame
        term, name, proteins (which of the `top` nearest by alignment have it), similarity (of the nearest of them).
    """
    known = set(model.terms)
    rows: dict[str, tuple[list[str], float]] = {}
    hits = prediction.by_alignment
    for protein, similarity in zip(hits.indices[row][:top], hits.similarity[row][:top], strict=True):
        if protein < 0:
            continue
        for term in model.reference.terms_of(int(protein)):
            if term not in known and model.reference.term_counts[term] < model.min_proteins:
                names, best = rows.get(term, ([], 0.0))
                rows[term] = ([*names, model.reference.accessions[protein]], max(best, float(similarity)))
    table = pd.DataFrame(
        [(t, model.reference.names[t], ", ".join(n), s) for t, (n, s) in rows.items()],
        columns=["term", "name", "proteins", "similarity"],
    )
    return table.sort_values(["similarity", "term"], ascending=[False, True], ignore_index=True)
