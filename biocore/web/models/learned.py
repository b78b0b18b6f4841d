"""What a factor's model learned: motifs found in its sites, filters of its first layer, and how far it looks."""

import json
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from biocore import zoo
from biocore.motif import known_motifs
from biocore.motif.compare import compare
from biocore.motif.discovery import KEPT_AS
from biocore.plot import models as model_plot
from biocore.plot import motifs as plot
from biocore.tfbinding import inside
from biocore.web.frame import plain
from biocore.web.outputs import figure, fold, table
from biocore.web.shared import open_models

MOST = 6  # motifs drawn
COLUMNS = ["name", "consensus", "seqlets", "sequences", "known", "q_value", "strand", "source"]
FILTERS = 8  # filters drawn
Q_VALUE = 0.05


def show_learned(card: zoo.ModelCard) -> None:
    """Motifs kept beside the model, where there are some; filters on request."""
    if card.task != "tf-binding":
        return
    path = card.folder / KEPT_AS
    if path.exists():
        st.markdown("#### What it learned")
        _motifs(card, json.loads(path.read_text()))
    if zoo.available(card) and st.toggle("Look at the filters of its first layer", key=f"models.filters.{card.name}"):
        _filters(card)


def _motifs(card: zoo.ModelCard, kept: dict[str, Any]) -> None:
    known = {m.name: m for m in known_motifs()}
    rows = kept["motifs"]
    pairs = [plot.beside(row, known.get(row["known"])) for row in rows[:MOST]]
    if pairs:
        figure(
            plot.motif_logos(pairs),
            f"learned_{card.name}",
            alt="Motifs found and the known ones they look like: "
            + "; ".join(f"{row['consensus']} {row['known'] or 'none'}" for row in rows[:MOST]),
        )
    st.caption(
        plain(
            f"From in-silico mutagenesis of {kept['sequences']:,} bound sequences of the {kept['split']} split. Left: "
            "what the model reads; right: the known motif that looks most like it (Tomtom-like, q up to 0.05)."
        ),
        help="python -m biocore discover finds the motifs in your own sequences.",
    )
    fold(
        "All motifs found",
        lambda: table(pd.DataFrame(rows, columns=COLUMNS), f"motifs_{card.name}"),
        key=f"motifs_{card.name}.fold",
    )


@st.cache_data(max_entries=8, show_spinner="Reading the filters...")
def _inside(name: str) -> tuple[pd.DataFrame, list[plot.Pair], inside.ReceptiveField]:
    """Filters with the known motif each looks like (table and logos), and the receptive field."""
    with open_models((name,)) as (model,):
        motifs, field = inside.filter_motifs(model.trunk), inside.receptive_field(model.trunk)
    found = []
    for motif in motifs:
        best = compare(motif, known_motifs())[0]
        found.append((best.q_value, motif, best))
    found.sort(key=lambda entry: entry[0])
    rows: list[tuple] = []
    pairs: list[plot.Pair] = []
    for q_value, motif, best in found:
        alike = q_value <= Q_VALUE
        rows.append((motif.name, motif.consensus, best.target.name if alike else "", q_value if alike else np.nan))
        if alike and len(pairs) < FILTERS:
            target = best.target.reverse_complement() if best.strand == "-" else best.target
            title = f"{best.target.name}, q {q_value:.1g}"
            pairs.append(plot.Pair(motif.name, motif.probabilities, title, target.probabilities, best.offset))
    return pd.DataFrame(rows, columns=["filter", "consensus", "known", "q_value"]), pairs, field


def _filters(card: zoo.ModelCard) -> None:
    rows, pairs, field = _inside(card.name)
    alike = int(rows.q_value.notna().sum())
    st.caption(
        plain(
            f"{alike} of {len(rows)} filters look like a known motif. One position of the last convolution sees "
            f"{field.width} bp; {field.effective} of them carry 90 % of its squared gradient."
        ),
        help="A filter's motif is made of the 200 of 200,000 random windows that activate it most.",
    )
    if pairs:
        figure(
            plot.motif_logos(pairs),
            f"filters_{card.name}",
            alt="Filters and the known motifs they look like: "
            + ", ".join(f"{p.title} {p.known_title}" for p in pairs),
        )
    figure(
        model_plot.receptive_field(field.shares),
        f"receptive_field_{card.name}",
        alt=f"Share of the squared gradient on each of {field.width} bases.",
    )
    table(rows, f"filters_{card.name}", height=240)
