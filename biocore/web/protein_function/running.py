"""Predict the proteins one by one, with a way to stop, and choose which of them to look at."""

import hashlib
import time
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.errors import InputError
from biocore.go import Prediction, tables
from biocore.web.protein_function.proteins import KEPT, Protein


def _answers() -> dict[tuple[str, str, str], Prediction]:
    return st.session_state.setdefault("function.answers", {})


def answer_key(card: zoo.ModelCard, protein: Protein) -> tuple[str, str, str]:
    """What an answer is kept under: model, its weights and the protein."""
    return card.name, card.sha256.get(zoo.WEIGHTS, ""), protein.key


def predict(card: zoo.ModelCard, proteins: Sequence[Protein]) -> dict[int, Prediction]:
    """Answers by number of the protein; those of stopped runs are kept, and the user may go on.

    What is computed stays in the session, so a changed selection costs nothing.
    """
    answers = _answers()
    job = hashlib.sha256("".join(p.key for p in proteins).encode()).hexdigest()[:16] + card.name
    missing = [i for i, p in enumerate(proteins) if answer_key(card, p) not in answers]
    if missing and st.session_state.get("function.stopped") != job:
        _compute(card, proteins, missing, job)
    done = {i: answers[answer_key(card, p)] for i, p in enumerate(proteins) if answer_key(card, p) in answers}
    if len(done) < len(proteins):
        st.warning(f"Stopped: {len(done):,} of {len(proteins):,} proteins are done.")
        st.button("Go on", on_click=_set_stopped, args=(None,), icon=":material/play_arrow:")
    return done


def _set_stopped(job: str | None) -> None:
    st.session_state["function.stopped"] = job


def _compute(card: zoo.ModelCard, proteins: Sequence[Protein], missing: Sequence[int], job: str) -> None:
    """Predict one protein after the other, with progress and a button to stop where there are many."""
    answers = _answers()
    place = st.empty()
    many = len(missing) > 3
    if many:
        with place.container():
            bar = st.progress(0.0, f"{len(missing):,} proteins to go")
            st.button("Stop", key="function.stop", on_click=_set_stopped, args=(job,), icon=":material/stop:")
    started = time.monotonic()
    with st.spinner("Asking the model...") if not many else place:
        for number, i in enumerate(missing, 1):
            with web.open_model(card.name) as model:
                answers[answer_key(card, proteins[i])] = model([proteins[i].sequence])
            if many:
                left = (time.monotonic() - started) / number * (len(missing) - number)
                bar.progress(number / len(missing), f"{number:,} of {len(missing):,} proteins, {left:.0f} s left")
    while len(answers) > KEPT:
        answers.pop(next(iter(answers)))
    place.empty()


def choose_protein(card: zoo.ModelCard, proteins: Sequence[Protein], done: dict[int, Prediction]) -> int:
    """One line for each protein, and the choice of the one to look at.  Returns its number.

    Raises
    ------
    InputError
        No protein is done yet.
    """
    if not done:
        raise InputError("No protein is done yet. Go on, or paste fewer.")
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
