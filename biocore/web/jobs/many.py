"""Thousands of proteins in one go."""

import streamlit as st

from biocore import web, zoo
from biocore.errors import BiocoreError
from biocore.jobs import Description, submit
from biocore.jobs.limits import limits
from biocore.sequence import parse_records
from biocore.web.protein_function import examples

WHAT = {
    "scan-protein": "Substitution scan",
    "embed": "Embeddings",
    "function": "Protein function",
    "variants": "Variant effects",
}
LANGUAGE_MODEL = ("scan-protein", "embed")  # kinds that ask for one


def submit_many() -> None:
    """A FASTA file through one analysis; the result is a folder."""
    here = limits()
    text = web.sequence_input(
        f"Proteins (FASTA, up to {here.records:,} records and {here.residues:,} residues)",
        key="jobs.text",
        kind="protein",
        examples={"Six proteins": examples()["All six"]},
        help="Each record is analysed; the result is a folder with a table for all of them.",
        types=("fa", "fasta", "faa", "txt", "gz"),
    )
    left, right = st.columns(2, vertical_alignment="bottom")
    with left:
        kind = st.selectbox("Analysis", list(WHAT), format_func=lambda name: WHAT[name], key="jobs.kind")
    settings = {}
    if kind in LANGUAGE_MODEL:
        with right:
            models = [card.name for card in zoo.cards("protein-language-model") if zoo.available(card)]
            settings["model"] = st.selectbox("Language model", models, format_func=zoo.title, key="jobs.model")
    if st.button("Start the job", type="primary", key="jobs.submit", icon=":material/play_arrow:"):
        try:
            records = parse_records(text, max_records=here.records)
            description = Description.make(kind, {"records": [[r.name, r.sequence] for r in records]}, settings)
            chosen = submit(
                description, web.owner(), f"{WHAT[kind]} of {records[0].name} and {len(records) - 1:,} more"
            )
        except BiocoreError as error:
            st.error(web.plain(str(error)), icon=":material/error:")
            return
        st.session_state["jobs.chosen"] = chosen.id
        st.success("The job is in the list below.", icon=":material/check:")
