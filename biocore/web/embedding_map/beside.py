"""What lies beside a protein in the original space, and new proteins projected into a finished map."""

from dataclasses import asdict

import numpy as np
import pandas as pd
import streamlit as st

from biocore import embedding, runtime
from biocore.embedding import EmbeddingSet, Projection, ProjectionSettings, bulk, engine
from biocore.errors import InputError
from biocore.jobs import Description
from biocore.jobs.kinds.project import map_inputs
from biocore.jobs.models import parameters
from biocore.sequence import Record, recognise, to_fasta
from biocore.web.embedding_map.collect import AT_ONCE, digest, read_proteins
from biocore.web.embedding_map.request import PICKED
from biocore.web.frame import plain
from biocore.web.link import hand_over, start_from_link
from biocore.web.outputs import table
from biocore.web.shared import open_model
from biocore.web.waiting import job
from biocore.web.workspace import molecule
from biocore.workspace import PROTEIN

MOST_PROJECTED = 1500  # residues of the current protein that are embedded without being asked


def show_neighbours(embeddings: EmbeddingSet, shown: Projection) -> None:
    """The protein that is looked at: its nearest others in the original space, and other pages to open it in."""
    st.subheader("Neighbours in the original space")
    start_from_link("protein", None, key=PICKED, allowed=(None, *embeddings.names))
    name = st.selectbox(
        "Protein",
        embeddings.names,
        index=None,
        key=PICKED,
        placeholder="click a point, or type a name",
        persist_state="session",
    )
    if name is None:
        st.caption("What lies close on a map may be far in the original space. This table does not use the map.")
        return
    row = embeddings.names.index(name)
    found = embedding.neighbour_table(embeddings, row, k=20, metric=shown.settings.metric)
    identical = int(found["identical"].sum())
    if identical:
        st.caption(f"{identical} with the same vector: the same sequence under another name.")
    table(found.round({"cosine similarity": 4, "Euclidean distance": 4}), "neighbours")
    _open_in(embeddings, row)


def _open_in(embeddings: EmbeddingSet, row: int) -> None:
    name = embeddings.names[row]
    targets: dict[str, tuple[str, dict[str, str]]] = {}
    if embeddings.sequences is not None:
        text = f">{name}\n{embeddings.sequences[row]}\n"
        targets = {
            "Masked residues": ("masked_residues", {"protein": text}),
            "Protein function": ("protein_function", {"protein": text}),
            "Structures": ("structures", {"protein": text}),
        }
    accession = next((p for p in name.split("|") if recognise(p) == "uniprot accession"), None)
    if accession:
        targets["Structures"] = ("structures", {"structure": accession})
    targets = {k: v for k, v in targets.items() if (runtime.PAGES / f"{v[0]}.py").exists()}
    if targets or accession:
        with st.container(horizontal=True, vertical_alignment="center"):
            for label, (page, values) in targets.items():
                if st.button(plain(f"Open in {label}"), key=f"map.open.{page}"):
                    hand_over(page, **values)
            if accession:
                st.link_button(plain(f"{accession} at UniProt"), f"https://www.uniprot.org/uniprotkb/{accession}")
    if embeddings.sequences is None:
        st.caption("This set holds vectors, not sequences: pages that need a sequence cannot be opened from here.")


def new_proteins_input(embeddings: EmbeddingSet) -> None:
    """New proteins to be projected into the map."""
    with st.expander("Project new proteins into this map", icon=":material/add_location:"):
        if not embeddings.model or len(embedding.distinct(embeddings.vectors)[0]) < 2:
            st.caption("This needs a map of two proteins or more whose language model is known.")
            return
        st.text_area(
            "Proteins (FASTA)", key="map.new_text", height=100, persist_state="session", placeholder=">new\nMKT..."
        )
        left, right = st.columns([1, 4])
        if left.button("Project", key="map.project"):
            st.session_state["map.new"] = st.session_state["map.new_text"]
        if right.button("Remove", key="map.remove_new", type="tertiary"):
            st.session_state.pop("map.new", None)
        st.caption("The map stays as it is. New points are hollow; each lies by its neighbours among the old ones.")


def projected_proteins(embeddings: EmbeddingSet, shown: Projection) -> tuple[EmbeddingSet, np.ndarray] | None:
    """The new proteins and their coordinates, or None.  Errors are shown and leave the map as it was."""
    text = st.session_state.get("map.new", "") or _current(embeddings)
    if not text.strip() or not embeddings.model:
        return None
    try:
        return _projected(text, embeddings, shown)
    except InputError as error:
        st.error(plain(f"The new proteins cannot be projected. {error}"), icon=":material/error:")
        return None


def _current(embeddings: EmbeddingSet) -> str:
    """The current protein, which is shown in every map it is not part of; empty where there is none, or it is long."""
    now = molecule(PROTEIN)
    if now is None or len(now.sequence) > MOST_PROJECTED or now.sequence in (embeddings.sequences or ()):
        return ""
    return to_fasta([Record(now.name, now.sequence)])


def _projected(text: str, embeddings: EmbeddingSet, shown: Projection) -> tuple[EmbeddingSet, np.ndarray] | None:
    with open_model(embeddings.model) as loaded:
        if not embedding.same_weights(loaded.hash, embeddings.model_hash):
            raise InputError(
                f"The map was made with another version of {embeddings.model}; vectors of the two cannot be compared."
            )
        plan = bulk.prepare(read_proteins(text), embeddings.model, loaded.hash, layer=embeddings.layer)
    for skipped in plan.skipped:
        st.warning(plain(f"Not projected: {skipped.record}: {skipped.reason}"))
    if plan.residues * parameters(plan.model) > AT_ONCE[runtime.device().kind]:
        return _by_job(plan, embeddings, shown)
    with st.spinner(f"Embedding {len(plan.names):,} new proteins..."):
        for _ in engine.run(plan, lambda: open_model(plan.model)):
            pass
    new = bulk.collect(plan)
    assert new is not None  # `prepare` refuses a job without records, and the job has run
    key = digest(shown.coordinates)
    return new, _transformed(digest(new.vectors), key, shown.settings, embeddings.vectors, shown, new.vectors)


def _by_job(plan: bulk.Job, embeddings: EmbeddingSet, shown: Projection) -> tuple[EmbeddingSet, np.ndarray] | None:
    """Many new proteins; None until all of them are there."""
    count = len(plan.names)
    records = list(map(list, zip(plan.names, plan.sequences, strict=True)))
    answer = job(
        _description(
            digest(embeddings.vectors), digest(shown.coordinates), records, plan.descriptions, embeddings, shown
        ),
        key="map.project_job",
        title=f"{count:,} proteins projected, {plan.names[0]} and others",
        start=f"Project {count:,} proteins",
        unasked=True,
    )
    return answer.result


@st.cache_data(max_entries=2, scope="session", show_spinner=False)
def _description(
    vectors: str,
    points: str,
    records: list[list[str]],
    headers: tuple[str, ...],
    _embeddings: EmbeddingSet,
    _shown: Projection,
) -> Description:
    """`vectors` and `points` stand for those of the map, whose settings come with its points."""
    inputs = {"records": records, "descriptions": list(headers)}
    return Description.make(
        "project",
        {**inputs, **map_inputs(_embeddings.vectors, _shown.coordinates)},
        {"model": _embeddings.model, "layer": _embeddings.layer, **asdict(_shown.settings)},
    )


@st.cache_data(max_entries=8, scope="session", show_spinner="Projecting...")
def _transformed(new: str, old: str, settings: ProjectionSettings, _vectors, _shown: Projection, _new) -> np.ndarray:
    return embedding.transform(_vectors, _shown, _new)


def show_projected(embeddings: EmbeddingSet, added: tuple[EmbeddingSet, np.ndarray] | None, metric: str) -> None:
    """The nearest protein of each new one, in the original space."""
    if added is None:
        return
    new = added[0]
    nearest = [embedding.neighbour_table(embeddings, None, k=1, metric=metric, query=vector) for vector in new.vectors]
    found = pd.concat(nearest, ignore_index=True).drop(columns="rank").rename(columns={"record": "nearest in the map"})
    found.insert(0, "new protein", list(new.names))
    st.subheader("New proteins and their nearest in the original space")
    table(found.round({"cosine similarity": 4, "Euclidean distance": 4}), "new_proteins")
