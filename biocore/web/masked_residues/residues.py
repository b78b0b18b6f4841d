"""The protein as residues that can be clicked, and the model's answer at the masked ones."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.esm2 import TOKENS, ResidueProbabilities
from biocore.esm2.results import entropy
from biocore.esm2.variants import parse_positions
from biocore.families import Profile
from biocore.plot import family as family_plot
from biocore.plot import masked_residues as plot
from biocore.sequence import AMINO_ACIDS
from biocore.web import shipped, workspace
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues.inputs import BOOK_POSITIONS, INSULIN, Protein
from biocore.web.masked_residues.model import Choice
from biocore.web.masked_residues.scan import kept_scan
from biocore.web.sequence_view import sequence_view

MASKED = "masked_residues.masked"
_OF = "masked_residues.masked_of"
_READER = "masked_residues"  # of the residue cursor
MAX_MASKED = 50
FIRST_MASKED = 29  # of insulin, 0-based: the book's first example
_COLOURINGS = {
    "side chain": None,
    "entropy": ("entropy", 0.0, float(np.log2(20))),
    "p(wild type)": ("wild_type_probability", 0.0, 1.0),
    "mean effect": ("mean_effect", -8.0, 0.0),
}


def masked(protein: Protein) -> list[int]:
    """The 0-based residues that are masked now; starts from the link, else the book's first example."""
    if st.session_state.get(_OF) != protein.sequence:
        first = MASKED not in st.session_state
        wanted = _from_link(len(protein.sequence)) if first else []
        default = FIRST_MASKED if protein.sequence == INSULIN else len(protein.sequence) // 2
        st.session_state[MASKED] = wanted or [default]
        st.session_state[_OF] = protein.sequence
    pointed = workspace.news(_READER, protein.sequence)
    if pointed:
        st.session_state[MASKED] = sorted(set(pointed))[:MAX_MASKED]
    return list(st.session_state[MASKED])


def _from_link(length: int) -> list[int]:
    none: list[int] = []
    numbers = web.from_link("mask", none, lambda text: [int(word) for word in text.split(",")])
    return sorted({n - 1 for n in numbers if 1 <= n <= length})[:MAX_MASKED]


def set_masked(positions: Sequence[int]) -> None:
    """Mask these residues from the next run of the page on."""
    st.session_state[MASKED] = sorted(set(positions))[:MAX_MASKED]
    workspace.look_at(_READER, st.session_state.get(_OF, ""), st.session_state[MASKED])


def click(protein: Protein, index: int) -> None:
    """What a click on a residue or a column of the landscape does."""
    now = masked(protein)
    if not st.session_state.get("masked_residues.several"):
        set_masked([index])
    elif index in now and len(now) > 1:
        set_masked([i for i in now if i != index])
    else:
        set_masked([*now, index])


def show_residues(protein: Protein, choice: Choice) -> None:
    """The sequence panel with what belongs to it."""
    left, middle, right = st.columns([5, 2, 4], vertical_alignment="bottom")
    scan = kept_scan(choice, protein.sequence)
    with left:
        colouring = st.segmented_control(
            "Residues coloured by",
            list(_COLOURINGS),
            default="side chain",
            required=True,
            key="masked_residues.colouring",
        )
    with middle:
        st.toggle(
            "Several at once",
            key="masked_residues.several",
            help="A click then adds a residue or takes it away; all are masked at the same time.",
        )
    with right:
        st.text_input(
            "Mask by position",
            key="masked_residues.position_text",
            placeholder="30, L30, or several: L30, F48",
            on_change=_use_position_text,
            args=(protein,),
        )
    if st.session_state.get("masked_residues.position_error"):
        st.error(web.plain(st.session_state["masked_residues.position_error"]))
    colours = None
    track = _COLOURINGS[colouring]
    if track is not None:
        if scan is None:
            st.caption("Side chains are shown until the landscape below is computed.")
        else:
            name, low, high = track
            colours = plot.track_colours(getattr(scan, name), low=low, high=high)
            st.caption(
                f"Dark is {low:g}, yellow is {high:.3g}; grey is not defined ({web.plain(scan.strategy)} marginal)."
            )
    clicked = sequence_view(
        protein.sequence,
        key="masked_residues.sequence",
        colours=colours,
        selected=masked(protein),
        offset=protein.offset,
        label=f"{protein.name}: arrow keys move along the residues, Enter masks",
    )
    if clicked is not None:
        click(protein, clicked)
        st.rerun()
    if protein.sequence == INSULIN:
        st.caption("The book's two examples on insulin:")
        with st.container(horizontal=True):
            for position, label in BOOK_POSITIONS.items():
                if st.button(f"Mask {label}", key=f"masked_residues.book.{position}"):
                    set_masked([position])
                    st.rerun()


def _use_position_text(protein: Protein) -> None:
    text = st.session_state["masked_residues.position_text"]
    st.session_state.pop("masked_residues.position_error", None)
    if not text.strip():
        return
    try:
        set_masked(parse_positions(text, protein.sequence, offset=protein.offset))
    except InputError as error:
        st.session_state["masked_residues.position_error"] = str(error)


@shipped.cached(
    given=["sequence"], models=["model"], settings=["hash"], max_entries=64, show_spinner="Asking the model..."
)
def _answer(_choice: Choice, model: str, hash: str, sequence: str, positions: tuple[int, ...]) -> ResidueProbabilities:
    with _choice.opened() as loaded:
        return loaded.residue_probabilities(sequence, positions)


def answer_example(choice: Choice) -> None:
    """What the page opens with, for all visitors."""
    hash, positions = choice.hash, (FIRST_MASKED,)
    _answer(choice, choice.name, hash, INSULIN, positions)
    if homologues.available():
        for hidden in ((), positions):
            homologues.embedded_profile(homologues.stamp(), INSULIN, hidden)


def show_answer(protein: Protein, choice: Choice, source: homologues.Source, profile: Profile | None) -> None:
    """Figure, numbers and table for the masked residues: the blend, and both its parts beside it."""
    positions = masked(protein)
    answer = _answer(choice, choice.name, choice.hash, protein.sequence, tuple(positions))
    found = homologues.without(source, profile, protein.sequence, tuple(positions))
    rows = np.array(positions)
    mixed = homologues.blended(found, answer.probabilities, choice.card.name, rows)
    table = _overview(protein, positions, mixed)
    index = 0
    if len(positions) > 1:
        web.listing(table)
        index = st.selectbox(
            "Residue shown",
            range(len(positions)),
            format_func=lambda i: protein.label(positions[i]),
            key="masked_residues.shown",
        )
    _show_numbers(table, index)
    tokens = st.toggle("All 33 tokens of the language model", key="masked_residues.tokens")
    known = found is not None and found.effective[positions[index]] > 0
    if not tokens and not known and homologues.available():
        st.caption("No family found for this residue: language model only.")
    if tokens or not known or found is None:
        _show_model(protein, choice, answer, index, tokens)
    else:
        _show_blend(protein, choice, answer, index, mixed[index], found)


def _show_numbers(table: pd.DataFrame, index: int) -> None:
    row = table.iloc[index]
    probability, rank = row["p(wild type)"], row["rank"]
    cells = st.columns(4)
    cells[0].metric("Wild-type residue", web.plain(str(row["residue"])))
    cells[1].metric(
        "p(wild type)", f"{probability:.3f}" if probability == probability else "not defined", help="Among the 20."
    )
    cells[2].metric("Rank of the wild type", f"{int(rank)} of 20" if not pd.isna(rank) else "not defined")
    cells[3].metric("Entropy", f"{row['entropy (bits)']:.2f} bits", help="0 is certain; 4.32 is no idea.")


def _show_blend(
    protein: Protein,
    choice: Choice,
    answer: ResidueProbabilities,
    index: int,
    mixed: np.ndarray,
    found: Profile,
) -> None:
    """Blend, family and language model at one residue."""
    position = answer.positions[index]
    label = protein.label(position)
    family, model = found.probabilities[position], answer.probabilities[index]
    order = np.argsort(-mixed, kind="stable")
    best = ", ".join(f"{AMINO_ACIDS[k]} {mixed[k]:.3f}" for k in order[:3])
    left, right = st.columns([5, 3])
    with left:
        web.figure(
            family_plot.three_answers(
                mixed,
                family,
                model,
                wild_type=answer.wild_type[index],
                title=f"Residue {label[1:]} masked: blend of {found.source} and {choice.card.name}",
                names=("what the family says", "what the language model says"),
            ),
            f"masked_{label}_blend",
            alt=f"Probabilities at masked residue {label}: blend, family and language model; most likely are {best}.",
            key="masked_residues.bars",
        )
        st.caption(
            web.plain(homologues.weights_in_words(choice.card.name, float(found.effective[position]))),
            help="Powers of the two probabilities in the blend; they depend on the effective homologues at a residue.",
        )
    with right:
        data = pd.DataFrame({"amino acid": [AMINO_ACIDS[k] for k in order]})
        for name, values in (("blend", mixed), ("family", family), ("language model", model)):
            data[name] = np.round(values[order], 4)
        web.table(data, f"masked_{label}_blend", key="masked_residues.probabilities", height=390)


def _show_model(protein: Protein, choice: Choice, answer: ResidueProbabilities, index: int, tokens: bool) -> None:
    """The language model alone at one residue."""
    names = TOKENS if tokens else tuple(AMINO_ACIDS)
    values = answer.tokens[index] if tokens else answer.probabilities[index]
    order = np.argsort(-values, kind="stable")
    best = ", ".join(f"{names[k]} {values[k]:.3f}" for k in order[:3])
    label = protein.label(answer.positions[index])
    figure_name = f"masked_{label}_{choice.card.name.split('/')[-1]}"
    left, right = st.columns([3, 1])
    with left:
        web.figure(
            plot.probability_bars(answer, index, offset=protein.offset, tokens=tokens),
            figure_name,
            alt=f"Bars of probabilities at masked residue {label}; most likely are {best}.",
            key="masked_residues.bars",
        )
    with right:
        data = pd.DataFrame(
            {"token" if tokens else "amino acid": [names[k] for k in order], "probability": np.round(values[order], 5)}
        )
        web.table(data, figure_name, key="masked_residues.probabilities", height=390)


def _overview(protein: Protein, positions: Sequence[int], mixed: np.ndarray) -> pd.DataFrame:
    """One row for each masked residue."""
    rows = []
    for position, probabilities in zip(positions, mixed, strict=True):
        best = int(np.argmax(probabilities))
        column = AMINO_ACIDS.find(protein.sequence[position])
        own = float(probabilities[column]) if column >= 0 else float("nan")
        rows.append(
            {
                "residue": protein.label(position),
                "p(wild type)": own,
                "rank": int((probabilities > own).sum()) + 1 if column >= 0 else None,
                "entropy (bits)": float(entropy(probabilities[None])[0]),
                "most likely": AMINO_ACIDS[best],
                "p(most likely)": float(probabilities[best]),
            }
        )
    return pd.DataFrame(rows).round(4).astype({"rank": "Int64"})
