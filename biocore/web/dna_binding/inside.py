"""Inside a network with attention: what its transformer blocks look at in the window, and how far a position sees."""

import numpy as np
import streamlit as st

from biocore import zoo
from biocore.plot.attention import attention_map
from biocore.plot.models import receptive_field
from biocore.tfbinding.attention import AttentionMaps
from biocore.tfbinding.inside import ReceptiveField
from biocore.web.dna_binding import compute
from biocore.web.dna_binding.choice import Choice
from biocore.web.frame import plain
from biocore.web.outputs import figure

MEANING = (
    "Attention shows which stretches a position mixes into its own value; it does not show that those bases change the "
    "score, which is what mutagenesis measures."
)


def show_inside(choice: Choice) -> None:
    """Attention of the factor's transformer variants, where this machine has one; computed when it is asked for."""
    names = compute.attending(choice.tf)
    if not names:
        return
    with st.expander("Inside: attention and receptive field"):
        st.caption(plain(f"{MEANING} The figures above are of the model without attention."))
        if not st.toggle(plain(f"Look inside {names[0]}"), key="dna.inside", persist_state="session"):
            return
        name = st.selectbox("Model", names, key="dna.inside_model") if len(names) > 1 else names[0]
        maps, field, log_odds = compute.attention(name, choice.window)
        quality = zoo.card(name).quality
        measured = f"; {quality[0].metric} {quality[0].value:.3f} on the {quality[0].split} split" if quality else ""
        st.caption(plain(f"{zoo.card(name).title} gives this window {log_odds:.2f} log-odds{measured}."))
        left, right = st.columns([3, 2])
        with left:
            _attention(choice, name, maps)
        with right:
            _field(name, field)


def _attention(choice: Choice, name: str, maps: AttentionMaps) -> None:
    blocks, heads = maps.weights.shape[:2]
    block, head = 0, None
    shown, at = st.columns(2)
    if blocks > 1:
        numbers = [f"{number:d}" for number in range(1, blocks + 1)]
        block = int(shown.segmented_control("Block", numbers, default="1", required=True)) - 1
    every = "mean"
    choices = [every, *(f"{number:d}" for number in range(1, heads + 1))]
    picked = at.segmented_control("Head", choices, default=every, required=True, key="dna.inside_head")
    head = None if picked == every else int(picked) - 1
    most = int(maps.received.argmax())
    stretch = f"{choice.start + max(maps.first[most], 0) + 1:,}-{choice.start + maps.last[most] + 1:,}"
    figure(
        attention_map(maps, block=block, head=head, start=choice.start),
        f"{name}_attention",
        alt=f"Attention between {len(maps.first)} positions of the window; most is taken from {stretch}.",
        key="dna.inside_attention",
    )
    st.caption(
        plain(f"Most is taken from {stretch} ({np.max(maps.received):.0%} of all weight)."),
        help="Forward strand. Each position of the last convolution stands for the stretch of bases it sees; a row "
        "sums to 1.",
    )


def _field(name: str, field: ReceptiveField) -> None:
    figure(
        receptive_field(field.shares),
        f"{name}_receptive_field",
        alt=f"Share of the squared gradient on each of {field.width} bases that one position sees.",
        key="dna.inside_field",
    )
    st.caption(
        f"One position sees {field.width:,d} bp; {field.effective:,d} of them carry 90 % of its squared gradient. "
        "Attention joins positions over the whole window."
    )
