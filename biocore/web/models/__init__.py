"""The models page's parts: a list of all models, and one model's card with its figures."""

import pandas as pd
import streamlit as st

from biocore import zoo
from biocore.plot import models as plot
from biocore.stats.calibration import Reliability
from biocore.web.frame import plain
from biocore.web.link import set_link, start_from_link
from biocore.web.models.learned import show_learned
from biocore.web.outputs import figure, fold, listing, table

TASKS = {
    "tf-binding": "Transcription factor binding",
    "protein-language-model": "Protein language model",
    "protein-function": "Protein function",
}


def overview() -> pd.DataFrame:
    """One row for each model that can be chosen on a page."""
    return pd.DataFrame(
        [
            {
                "model": card.name,
                "task": TASKS[card.task],
                "title": card.title,
                "on this machine": "yes" if zoo.available(card) else "no",
                "window": card.window,
                "headline": _headline(card),
                "licence": card.licence,
            }
            for card in zoo.cards()
            if card.task in TASKS
        ]
    )


def show_broken() -> None:
    """Say which model folders cannot be read, and why; the others are not harmed."""
    broken = zoo.broken()
    if broken:
        lines = "\n".join(f"- {plain(entry.reason)}" for entry in broken)
        st.error(f"Left out, because the card cannot be read:\n\n{lines}", icon=":material/error:")


def _headline(card: zoo.ModelCard) -> str:
    if not card.quality:
        return "not measured here"
    first = card.quality[0]
    interval = f" ({first.low:.3f} to {first.high:.3f})" if first.low == first.low else ""
    return (
        f"{first.metric} {first.value:.3f}{interval}, {first.split} split"
        if len(first.split) < 20
        else (f"{first.metric} {first.value:.3f}{interval}")
    )


def picker() -> zoo.ModelCard:
    """Choose a model; kept in the link."""
    names = [card.name for card in zoo.cards() if card.task in TASKS]
    start_from_link("model", names[0], key="models.name", allowed=names)
    name = st.selectbox("Model", names, format_func=_label, key="models.name")
    set_link(model=name)
    return zoo.card(name)


def _label(name: str) -> str:
    card = zoo.card(name)
    return f"{TASKS[card.task]}: {card.title}"


def show(card: zoo.ModelCard) -> None:
    """Everything on a card: limits first, then how good, then where from."""
    st.subheader(plain(card.title))
    if not zoo.available(card):
        st.info(
            f"Not on this machine. Choose it on its page to fetch it from the hub ({plain(str(card.hub_repository))}), "
            "or give the page a local folder.",
            icon=":material/download:",
        )
    st.warning(f"**Limits.** {plain(card.limits)}", icon=":material/warning:")
    facts, origin = st.columns(2)
    facts.markdown(
        f"**Output:** {plain(card.output_unit)}  \n**Window:** {_window(card)}  \n"
        f"**Trained on:** {plain(card.trained_on)}"
    )
    source = card.source + (f" at {card.revision}" if card.revision else "")
    origin.markdown(
        f"**Source:** {plain(source)}  \n**Licence:** {plain(card.licence)}  \n**Cite:** {plain(card.citation)}"
    )
    if card.quality:
        st.markdown("#### How good it is")
        table(quality_table(card), f"quality_{card.name}")
    show_learned(card)
    _figures(card)
    if card.task == "protein-function":
        from biocore.web.protein_function.quality import show_quality  # the function page's room, only where needed

        st.markdown("#### Against simple methods, by identity, term by term")
        show_quality(card)
    if card.sha256:
        files = pd.DataFrame(card.sha256.items(), columns=["file", "sha256"])
        fold("Files", lambda: listing(files), key=f"files_{card.name}.fold")


def quality_table(card: zoo.ModelCard) -> pd.DataFrame:
    """The measured numbers with their 95 % intervals; empty where none was computed."""
    rows = [
        {"measure": q.metric, "value": q.value, "95 % from": q.low, "95 % to": q.high, "split": q.split, "note": q.note}
        for q in card.quality
    ]
    return pd.DataFrame(rows).round(4)


def _window(card: zoo.ModelCard) -> str:
    if card.window is None:
        return "none"
    return f"{card.window:,} {'bp' if card.task == 'tf-binding' else 'residues'}"


def _figures(card: zoo.ModelCard) -> None:
    left, right = st.columns(2)
    known = _reliability(card)
    if known:
        found, measured = known
        with left:
            st.markdown("#### Do its probabilities mean what they say?")
            figure(
                plot.reliability(found),
                f"reliability_{card.name}",
                alt="Reliability curve: observed fraction against predicted probability, by bin.",
            )
            st.caption(plain(_calibration_note(card, found, measured)))
    history = card.details.get("history") or _trunk_history(card)
    if history:
        with right:
            st.markdown("#### How its training went")
            figure(
                plot.training_curve(history["train_loss"], history["metrics"], history["monitor"], history["best"]),
                f"training_{card.name}",
                alt="Training loss and the metric on the valid split after each epoch.",
            )
            if "trunk" in card.details:
                st.caption("The convolutions are shared by all factors: the curve is the mean over them.")


def _reliability(card: zoo.ModelCard) -> tuple[Reliability, str] | None:
    """The reliability curve of a card (for many terms the one over all of them) and where it was measured."""
    curve = card.details.get("reliability")
    if not curve:
        return None
    curve = curve.get("all terms", curve)
    note = f", {curve['note']}" if curve.get("note") else ""
    return Reliability.from_dict(curve), f"Measured on the {curve.get('split', 'valid')} split{note}."


def _calibration_note(card: zoo.ModelCard, found: Reliability, measured: str) -> str:
    method = card.details.get("calibration_method")
    return f"{method + '. ' if method else ''}Expected calibration error {found.error:.3f}. {measured}"


def _trunk_history(card: zoo.ModelCard) -> dict | None:
    trunk = card.details.get("trunk")
    return zoo.card(trunk).details.get("history") if trunk else None
