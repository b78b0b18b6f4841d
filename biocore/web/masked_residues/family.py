"""The family's own section: hits, a logo around the masked residue, and the most constrained positions."""

import numpy as np
import streamlit as st

from biocore import web, zoo
from biocore.families import Profile
from biocore.families.tables import constrained_table, family_table, profile_table
from biocore.plot import family as plot
from biocore.web.masked_residues.contacts import show_contacts
from biocore.web.masked_residues.homologues import EMBEDDED, LIBRARY, Source
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.model import Choice
from biocore.web.masked_residues.residues import click, masked
from biocore.web.tracks import offer_track

AROUND = 15  # residues of the logo on each side of the masked one


def show_family(protein: Protein, profile: Profile, source: Source, choice: Choice) -> None:
    """Everything the homologues say, beside what a user can do with it, and the contact map."""
    if not profile.coverage:
        st.info("No family found: the language model answers alone.")
        show_contacts(protein, choice, source)
        return
    _numbers(protein, profile)
    position = masked(protein)[0]
    start, stop = max(position - AROUND, 0), min(position + AROUND + 1, len(profile))
    web.figure(
        plot.profile_logo(profile, start=start, stop=stop, selected=position, offset=protein.offset),
        "family_logo",
        alt=f"Logo of the family around {protein.label(position)}: letters as high as they are conserved.",
        key="masked_residues.logo",
    )
    left, right = st.columns(2)
    with left:
        _constrained(protein, profile)
    with right:
        show_contacts(protein, choice, source)
    web.fold("Families and homologues", lambda: _homologues(protein, profile), key="masked_residues.families.fold")
    offer_track(f"conservation ({profile.source})", protein.sequence, profile.conservation, unit="bits")
    if source.kind == EMBEDDED:
        web.limits(zoo.card(LIBRARY))


def _homologues(protein: Protein, profile: Profile) -> None:
    """The families hit or the alignment given, and the profile to take away."""
    if profile.hits:
        web.table(
            family_table(profile.hits, record=protein.name),
            "families",
            key="masked_residues.families.table",
            column_config={"evalue": st.column_config.NumberColumn("E-value", format="%.1e")},
        )
    else:
        st.caption(f"From {web.plain(profile.source)}.")
    web.download(
        "Profile as CSV",
        lambda: profile_table(profile, protein.sequence, record=protein.name, offset=protein.offset).to_csv(
            index=False
        ),
        "profile.csv",
        "text/csv",
        key="masked_residues.profile.csv",
    )


def _numbers(protein: Protein, profile: Profile) -> None:
    position = masked(protein)[0]
    hit = profile.family_at(position)
    cells = st.columns(4)
    cells[0].metric("Residues with homologues", f"{100 * profile.coverage:.0f} %")
    cells[1].metric(
        "Effective homologues here",
        f"{profile.effective[position]:.1f}",
        help="At the first masked residue; close relatives count once, distant families less.",
    )
    bits = profile.conservation[position]
    cells[2].metric(
        "Conservation here",
        f"{bits:.2f} bits" if np.isfinite(bits) else "not defined",
        help="Kullback-Leibler divergence from the background: 0 is any residue, above 4 nearly always the same.",
    )
    value = f"E = {hit.evalue:.1g}" if hit else "none" if profile.hits else "your own"
    cells[3].metric("Best family here", value, help=web.plain(hit.family) if hit else None)


def _constrained(protein: Protein, profile: Profile) -> None:
    """The twenty most constrained positions; a click masks one."""
    table = constrained_table(profile, protein.sequence, offset=protein.offset)
    st.markdown("**Most constrained positions**", help="By conservation; a click on a row masks its residue.")
    event = web.table(
        table,
        "constrained",
        key="masked_residues.constrained",
        height=470,
        on_select="rerun",
        selection_mode="single-row",
    )
    rows = event.selection.rows if event is not None else []
    mark = (protein.sequence, tuple(rows))
    if rows and st.session_state.get("masked_residues.constrained.handled") != mark:
        st.session_state["masked_residues.constrained.handled"] = mark
        click(protein, int(table["position"].iloc[rows[0]]) - 1 - protein.offset)
        st.rerun()
