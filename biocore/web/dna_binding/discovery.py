"""What a factor's model reads in many records: motifs found in them, beside the known ones."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from biocore.attribution.discovery import FEWEST
from biocore.errors import InputError
from biocore.motif import known_motifs
from biocore.plot import motifs as plot
from biocore.tfbinding.tracks import Track
from biocore.web.dna_binding import compute, longer
from biocore.web.dna_binding.choice import Choice, best_sites
from biocore.web.dna_binding.inputs import Dna
from biocore.web.frame import plain
from biocore.web.outputs import figure, table

COLUMNS = ["name", "consensus", "seqlets", "sequences", "known", "q_value", "strand", "source"]
MOST = 6  # motifs drawn


def show_discovery(records: Sequence[Dna], tracks: Sequence[Track], choice: Choice) -> None:
    """Motifs in each record's strongest window, when asked for."""
    long = [i for i, record in enumerate(records) if len(record) >= compute.WIDTH]
    if len(long) < FEWEST:
        return
    with st.expander("Motifs the model reads in these records"):
        st.caption(
            f"In-silico mutagenesis of {len(long):,} windows; stretches that stand out from shuffled sequences are "
            "aligned and clustered.",
            help=f"Each record's strongest {compute.WIDTH}-bp window for the factor.",
        )
        if not st.toggle(plain(f"Find what {choice.tf} reads"), key="dna.discover", persist_state="session"):
            return
        windows = []
        for i in long:
            site = best_sites(tracks[i], choice.tf, 1)[0]
            windows.append((records[i].name, records[i].sequence[site.start : site.end]))
        try:
            rows = longer.motifs(choice.tf, windows)
        except InputError as error:
            st.info(plain(str(error)))
            return
        if rows is None:
            return
        if not rows:
            st.info("No stretch recurs often enough to be a motif.")
            return
        known = {m.name: m for m in known_motifs()}
        figure(
            plot.motif_logos([plot.beside(row, known.get(row["known"])) for row in rows[:MOST]]),
            f"{choice.tf}_motifs",
            alt="Motifs found: " + "; ".join(f"{row['consensus']} {row['known'] or 'none'}" for row in rows[:MOST]),
            key="dna.motif_logos",
        )
        table(pd.DataFrame(rows, columns=COLUMNS), f"{choice.tf}_motifs", key="dna.motif_table")
