"""The link and the command that give the page again."""

import streamlit as st

from biocore import web
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues.inputs import Protein
from biocore.web.variant_effects import selection
from biocore.web.variant_effects.compute import Basis
from biocore.web.variant_effects.landscape import MEASURE
from biocore.web.variant_effects.variants import VARIANTS


def show_command(protein: Protein, source: homologues.Source) -> None:
    """The command line that gives the table of every substitution."""
    options = ["--offset", str(protein.offset)] if protein.offset else []
    if source.kind == homologues.ALIGNMENT:
        options += ["--alignment", source.name]
    elif source.kind == homologues.DATABASE:
        options += ["--database", str(source.name)]
    whole = len(protein.sequence) <= 2000
    web.command_line(
        ["variants", protein.sequence if whole else "protein.fasta", *options, "--out", "variants.csv"],
        note="" if whole else "The protein is too long for a command line: save it as protein.fasta.",
        expanded=True,
    )


def keep_in_link(text: str, protein: Protein, basis: Basis) -> None:
    """Record, offset, measure and the substitution shown; the rest on request."""
    cell = selection.selected(protein, basis.scan)
    web.set_link(
        record=web.record_in_link(protein.record),
        offset=protein.offset or None,
        measure=st.session_state.get(MEASURE),
        variant=selection.name(protein, cell) if cell else None,
    )
    variants = st.session_state.get(VARIANTS)
    more = " and your variants" if variants else ""
    web.share_link(f"your protein ({len(protein.sequence):,} residues){more}", seq=text, variants=variants)
