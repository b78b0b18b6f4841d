"""What an answer rests on: the nearest annotated proteins, and the residues that matter."""

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, evidence, tables
from biocore.jobs import Description
from biocore.plot import protein_function as plot
from biocore.web import workspace
from biocore.web.job_link import keep_job_in_link
from biocore.web.protein_function.proteins import QUICKGO, UNIPROT, Protein
from biocore.web.sequence_view import sequence_view
from biocore.web.tracks import offer_track

BITS = (
    "Score of the best local alignment (Smith-Waterman) over a reduced alphabet: the amino acids in eleven groups of "
    "similar ones, ILMV or DE for example. Each further bit halves the chance of an unrelated protein."
)
E_VALUE = "How many of the annotated proteins would align as well by chance."
ALIGNED = "The score as a fraction of the smaller protein's score with itself; 1 is the same protein."
COSINE = "Cosine of what the network reads: the language model's embedding, or the composition where it reads none."


def show_neighbours(card: zoo.ModelCard, prediction: Prediction) -> None:
    """The nearest annotated proteins, and their terms that are too rare for the network."""
    with web.open_model(card.name) as model:
        near = tables.nearest(model, prediction, 0)
        rare = tables.rare_terms(model, prediction, 0)
        vector_name = model.vector_name
    if near.empty:
        st.info("No annotated protein aligns with this one.")
        return
    near.insert(0, "protein", UNIPROT + near.pop("accession"))
    web.table(
        near,
        "function_neighbours",
        column_config={
            "protein": st.column_config.LinkColumn(display_text=r"uniprotkb/(.*)"),
            "bits": st.column_config.NumberColumn("alignment, bits", format="%.0f", help=BITS),
            "e_value": st.column_config.NumberColumn("E-value", format="%.1e", help=E_VALUE),
            "alignment_similarity": st.column_config.NumberColumn("alignment similarity", format="%.2f", help=ALIGNED),
            "vector_similarity": st.column_config.NumberColumn(vector_name, format="%.3f", help=COSINE),
            "terms": st.column_config.TextColumn("its rarest terms", width="large"),
            "supports": st.column_config.NumberColumn("predicted terms it has"),
        },
    )
    st.caption(
        f"Best local alignments; this protein's shuffled sequence reaches {prediction.shuffled_bits[0]:.0f} bits "
        "with the same proteins."
    )
    if len(rare):
        web.fold(
            f"Terms of these neighbours that are too rare for the model to judge ({len(rare)})",
            lambda: _show_rare(rare),
            key="function_rare.fold",
        )


def _show_rare(rare: pd.DataFrame) -> None:
    shown = rare.assign(QuickGO=QUICKGO + rare["term"])[["name", "QuickGO", "proteins", "similarity"]]
    config = {"QuickGO": st.column_config.LinkColumn(display_text=r"term/(.*)")}
    web.table(shown, "function_rare", column_config=config)


def show_residues(card: zoo.ModelCard, protein: Protein, answer: pd.DataFrame, *, alone: bool) -> str | None:
    """Which residues a chosen term rests on, with the test of faithfulness, asked for by a click.

    Returns the chosen term.  `alone`: it is the only protein, so its job is the page's main one.
    """
    if alone and (answer.empty or len(protein.sequence) < evidence.MIN_LENGTH):
        keep_job_in_link(None)
    if answer.empty:
        st.caption("There is no predicted term to explain.")
        return None
    if len(protein.sequence) < evidence.MIN_LENGTH:
        st.caption(f"Residue attribution needs {evidence.MIN_LENGTH} or more residues.")
        return None
    labels = dict(zip(answer["term"], answer["name"], strict=True))
    key = f"function.term.{protein.key}"
    web.start_from_link("term", next(iter(labels)), key=key, allowed=labels)
    term = st.selectbox("Term", list(labels), format_func=lambda t: f"{labels[t]} ({t})", key=key)
    found = web.job(
        Description.make(
            "occlusion", {"records": [[protein.name, protein.sequence]]}, {"model": card.name, "term": term}
        ),
        key="function.residues",
        title=f"Residues of {protein.name} behind {labels[term]}",
        start="Show which residues matter: about 70 passes of the language model",
        in_link=alone,
    )
    if found.complete:
        residues, test = found.result
        _show_evidence(residues, test, labels[term], protein)
    return term


def _show_evidence(
    found: evidence.ResidueEvidence, test: evidence.OcclusionFaithfulness, name: str, protein: Protein
) -> None:
    spans = ", ".join(f"{a + 1:,} to {b:,}" for a, b in found.shown())
    message = (
        f"Hiding residues {spans} together changes the log-odds of *{web.plain(name)}* by **{-test.shown:+.2f}**; "
        f"hiding as many random residues, {len(test.random)} times, by {-test.random.mean():+.2f} on average and "
        f"{-test.random.max():+.2f} at the lowest."
    )
    if test.faithful:
        st.success(
            f"{message} The shown residues matter to the model (p = {test.p_value:.2f}).", icon=":material/check:"
        )
    else:
        st.error(f"{message} **That is no better than chance: do not rely on this picture.**", icon=":material/block:")
    hints = [f"{value:+.2f}" for value in found.effect]
    clicked = sequence_view(
        protein.sequence,
        key=f"function.view.{protein.key}.{found.term}",
        colours=plot.evidence_colours(found),
        hints=hints,
        selected=workspace.pointed_in(protein.sequence),
        label=f"Sequence coloured by how much each residue speaks for {name}",
    )
    if clicked is not None:
        workspace.look_at("protein_function", protein.sequence, [clicked])
        st.rerun()
    figure = plot.residue_evidence(found, name)
    web.figure(
        figure, "function_residues", alt=f"Fall of the log-odds of {name} along the protein; highest at {spans}."
    )
    rows = pd.DataFrame(
        {
            "position": range(1, len(protein.sequence) + 1),
            "residue": list(protein.sequence),
            "fall of log-odds": found.effect,
        }
    )
    web.download("Residue attribution as CSV", lambda: rows.to_csv(index=False), "function_residues.csv", "text/csv")
    offer_track(f"evidence for {name}", protein.sequence, found.effect, unit="log-odds", source="occlusion")
    web.link_to("structures", "Paint this on a structure", protein=protein.sequence)
