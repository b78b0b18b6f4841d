"""The strongest homologue behind a term, aligned, and the families on the sequence."""

import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, reasons
from biocore.go.pairwise import pairwise
from biocore.plot import function_evidence as plot
from biocore.web.protein_function.proteins import UNIPROT, Protein

FAMILIES = 6  # drawn


def show_alignment(card: zoo.ModelCard, protein: Protein, prediction: Prediction, term: str | None) -> None:
    """Which stretch of the strongest homologue with a term lies on which of the protein; families above it.

    The homologue's residues are not known here, only their groups; so positions and the fraction in the same group
    are shown, and no letters but the user's own.
    """
    if term is None:
        return
    with web.open_model(card.name) as model:
        column = model.terms.index(term)
        name = model.names[column]
        having = reasons.homologues_with(model, prediction, 0, column)
        if not having:
            st.caption(f"No homologue with an E-value up to {reasons.RELATED:g} has the term {web.plain(name)}.")
            return
        row = int(prediction.by_alignment.indices[0, having[0]])
        accession = model.reference.accessions[row]
        found = pairwise(model.reference.homology, protein.sequence, row)
    families, link = _families(prediction), UNIPROT + accession
    blocks = found.blocks()
    st.markdown(
        f"**The strongest homologue with {web.plain(name)}:** [{web.plain(accession)}]({web.plain(link)}), "
        f"E-value {prediction.expect[0, having[0]]:.0e}. Residues {int(found.query[0]) + 1:,} to "
        f"{int(found.query[-1]) + 1:,} of yours lie on {int(found.reference[0]) + 1:,} to "
        f"{int(found.reference[-1]) + 1:,} of its {found.reference_length:,}, with {len(blocks) - 1} gaps; "
        f"{found.same.mean():.0%} of the aligned residues are in the same group."
    )
    web.figure(
        plot.alignment(found, ("your protein", accession), families),
        "function_alignment",
        alt=f"Alignment of your protein with {accession}: "
        + "; ".join(f"{q + 1} to {q + n} on {r + 1} to {r + n}" for q, r, n in blocks)
        + ".",
    )
    st.caption(
        "Yellower bands: more residues in the same of eleven groups of similar amino acids."
        + (" Above: families that annotated proteins are of, too." if families else "")
    )


def _families(prediction: Prediction) -> list[tuple[str, int, int]]:
    """(name, start, end) of the best families of the protein."""
    hits = prediction.families
    part = list(range(*hits.row(0).indices(len(hits.families))))[:FAMILIES]
    return [(f"family {hits.families[i]}", int(hits.begin[i]), int(hits.end[i])) for i in part]
