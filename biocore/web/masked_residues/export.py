"""The link and the commands that give the page again."""

import streamlit as st

from biocore import web
from biocore.esm2 import BLEND, FAMILY, STRATEGIES, SubstitutionScan
from biocore.web.masked_residues import homologues
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.landscape import STRATEGY
from biocore.web.masked_residues.model import Choice
from biocore.web.masked_residues.residues import masked


def show_commands(protein: Protein, choice: Choice, scan: SubstitutionScan, source: homologues.Source) -> None:
    """Two command lines: the masked residues, and the scan."""
    offset = ["--offset", str(protein.offset)] if protein.offset else []
    if source.kind == homologues.ALIGNMENT:
        offset += ["--alignment", source.name]
    elif source.kind == homologues.DATABASE:
        offset += ["--database", str(source.name)]
    together = choice.name if not homologues.available() else f"blend:{choice.name}"
    asked = {FAMILY: "families", BLEND: together}.get(scan.strategy, choice.name)
    strategy = ["--strategy", scan.strategy] if scan.strategy in STRATEGIES else []
    positions = ",".join(protein.label(i) for i in masked(protein))
    whole = len(protein.sequence) <= 2000
    text = protein.sequence if whole else "protein.fasta"
    note = "" if whole else "The protein is too long for a command line: save it as protein.fasta."
    web.command_line(
        ["mask", text, "--position", positions, "--model", together, *offset],
        ["scan-protein", text, *strategy, "--model", asked, *offset, "--out", "scores.csv"],
        note=note or "The first gives the masked residues, the second every substitution.",
        expanded=True,
    )


def keep_in_link(text: str, protein: Protein, scan: SubstitutionScan) -> None:
    """Record, masked residues, offset, strategy; the model's menu keeps itself there.  The rest on request."""
    web.set_link(
        record=web.record_in_link(protein.record),
        mask=",".join(str(i + 1) for i in masked(protein)),
        offset=protein.offset or None,
        strategy=st.session_state.get(STRATEGY),
    )
    variants = st.session_state.get("masked_residues.variants")
    more = " and your variants" if variants else ""
    web.share_link(f"your protein ({len(protein.sequence):,} residues){more}", seq=text, variants=variants)
