"""Predict the proteins, a few at once and many as a job, and choose which of them to look at."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, tables
from biocore.jobs import Description
from biocore.web import shipped
from biocore.web.job_link import as_fasta, keep_job_in_link
from biocore.web.protein_function.proteins import AT_ONCE, KEPT, TASK, Protein, examples, read_proteins


def predict(card: zoo.ModelCard, proteins: Sequence[Protein]) -> dict[int, Prediction]:
    """Answers by number of the protein: the first, or all of a few, at once; many as a job, those that are finished.

    What is computed on the page stays in the session, so a changed selection costs nothing.
    """
    many = sum(len(protein.sequence) for protein in proteins) > AT_ONCE
    done = {i: _at_once(card, protein) for i, protein in enumerate(proteins[:1] if many else proteins)}
    if many and len(proteins) > 1:
        found = web.job(
            describe(card, proteins),
            key="function.many",
            title=f"Functions of {len(proteins):,} proteins, {proteins[0].name} and others",
            start=f"Predict all {len(proteins):,} proteins",
            unasked=True,
            in_link=True,
        )
        done |= {i: one for i, one in enumerate(found.result or []) if one is not None}
        if len(done) < len(proteins):
            st.caption(f"Shown: {len(done):,} of {len(proteins):,} proteins.")
    elif len(proteins) > 1:
        keep_job_in_link(None)
    return done


def describe(card: zoo.ModelCard, proteins: Sequence[Protein]) -> Description:
    """The job that answers these proteins."""
    return Description.make("function", {"records": [[p.name, p.sequence] for p in proteins]}, {"model": card.name})


def open_job(description: Description) -> None:
    """Show a job of this page: its proteins, model and term."""
    state = st.session_state
    state["hand_over.protein"] = as_fasta(description)
    state["model"] = description.settings["model"]
    if "term" in description.settings:
        sequence = description.inputs["records"][0][1]
        state[f"function.term.{Protein('', sequence, ()).key}"] = description.settings["term"]


def _at_once(card: zoo.ModelCard, protein: Protein) -> Prediction:
    return _predict(card.name, card.sha256.get(zoo.WEIGHTS, ""), protein.sequence)


def answer_example() -> None:
    """What the page opens with, for all visitors."""
    (protein,) = read_proteins(next(iter(examples().values())))
    for card in zoo.cards(TASK)[:1]:
        _at_once(card, protein)


@shipped.cached(
    given=["sequence"], models=["name"], settings=["weights"], max_entries=KEPT, show_spinner="Asking the model..."
)
def _predict(name: str, weights: str, sequence: str) -> Prediction:
    with web.open_model(name) as model:
        return model([sequence])


def choose_protein(card: zoo.ModelCard, proteins: Sequence[Protein], done: dict[int, Prediction]) -> int:
    """One line for each protein, and the choice of the one to look at.  Returns its number."""
    if len(proteins) == 1:
        return 0
    with web.open_model(card.name) as model:
        rows = [_overview_row(model, proteins[i], done[i]) for i in done]
    web.table(pd.DataFrame(rows), "function_overview")
    names = [f"{protein.name} ({len(protein.sequence):,} residues)" for protein in proteins]
    return web.record_menu(names, key="function.record", rows=list(done))


def _overview_row(model, protein: Protein, prediction: Prediction) -> dict:
    answer = tables.answer(model, prediction, 0)
    best = answer[answer["specific"]].head(3)
    named = "; ".join(f"{n} ({p:.2f})" for n, p in zip(best["name"], best["probability"], strict=True))
    why = "abstained: unlike anything seen" if prediction.abstained[0] else "no term above its threshold"
    return {
        "protein": protein.name,
        "residues": len(protein.sequence),
        "most specific terms (probability)": named or why,
        "terms predicted": len(answer),
        "best alignment, bits": round(float(prediction.by_alignment.bits[0, 0])),
    }
