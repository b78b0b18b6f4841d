"""Vectors and labels for a request: from an example, a file, or embedded here with progress and a way to stop."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import streamlit as st

from biocore import embedding, runtime, zoo
from biocore.embedding import EmbeddingSet, ProjectionSettings, bulk, engine
from biocore.errors import InputError
from biocore.jobs import Description
from biocore.jobs.models import parameters
from biocore.sequence import parse_records, recognise
from biocore.web import shipped
from biocore.web.embedding_map.request import EXAMPLE, MOST_RECORDS, MOST_RESIDUES, MOST_VECTORS, VECTORS, Request
from biocore.web.job_link import as_fasta, keep_job_in_link
from biocore.web.outputs import listing
from biocore.web.shared import open_model
from biocore.web.waiting import job

AT_ONCE = {"cpu": 5e10, "gpu": 2e13}  # parameters times residues that are embedded on the page
MANY = 1000  # proteins; a map of more is a job


@st.cache_data(max_entries=8, show_spinner="Loading the example...")
def _example(name: str, stamp: int) -> embedding.Example:
    return embedding.example(name)


def load_example(name: str) -> embedding.Example:
    """An example; a file that was made again is read again."""
    path = runtime.ASSETS / "examples" / f"map_{name}.npz"
    shipped.register_name(name)
    return _example(name, path.stat().st_mtime_ns if path.exists() else 0)


def embeddings_for(request: Request, settings: ProjectionSettings) -> EmbeddingSet:
    """The proteins of a request with their vectors and labels: few are embedded here, many, and their map, by a job.

    Raises
    ------
    InputError, ModelUnavailable
    """
    if request.source == EXAMPLE:
        keep_job_in_link(None)
        return load_example(request.example).embeddings
    kept = st.session_state.get("map.embeddings")
    if kept is not None and kept[0] == (request.key, settings):
        for shown in kept[2]:
            _skipped(*shown)
        return kept[1]
    messages: list[tuple] = []
    if request.source == VECTORS:
        embeddings, complete = _uploaded(), True
    else:
        embeddings, complete, messages = _embedded(request, settings)
    if request.labels.strip():
        join = embedding.join_labels(embeddings.names, embedding.read_labels(request.labels, name=request.labels_name))
        found = (f"{join.matched:,} of {len(embeddings):,} proteins have a label from {request.labels_name}.",)
        embeddings = replace(embeddings.with_columns(join.columns), notes=embeddings.notes + found + join.notes)
    if complete:
        st.session_state["map.embeddings"] = ((request.key, settings), embeddings, messages)
    return embeddings


def _uploaded() -> EmbeddingSet:
    file = st.session_state.get("map.vectors")
    if file is None:
        st.info(
            "Upload vectors, one for each protein: a CSV with a column of names and a column for each number will do.",
            icon=":material/upload_file:",
        )
        st.stop()
    embeddings = embedding.read_vectors(file.getvalue(), file.name)
    if len(embeddings) > MOST_VECTORS:
        raise InputError(
            f"{len(embeddings):,} vectors; this page takes {MOST_VECTORS:,}. Use `python -m biocore map` for more."
        )
    return embeddings


def _embedded(request: Request, settings: ProjectionSettings) -> tuple[EmbeddingSet, bool, list[tuple]]:
    """Embed the proteins of a request: their set, whether it is all of them, and what was left out."""
    name, layer = request.model, request.layer
    records = read_proteins(request.text)
    with open_model(name) as loaded:
        if layer > loaded.layers:
            raise InputError(f"Layer {layer} does not exist; {zoo.title(name)} has 0 to {loaded.layers}, or -1.")
        plan = bulk.prepare(records, name, loaded.hash, layer=layer)
    messages = [(plan.requested, plan.skipped)] if plan.skipped else []
    for shown in messages:
        _skipped(*shown)
    residues = sum(map(len, plan.sequences))
    if residues * parameters(name) > AT_ONCE[runtime.device().kind] or len(plan.names) > MANY:
        return *_by_job(plan, settings, residues), messages
    keep_job_in_link(None)
    if plan.todo:
        with st.spinner(f"Embedding {len(plan.todo):,} different proteins..."):
            for _ in engine.run(plan, lambda: open_model(name)):
                pass
    embeddings = bulk.collect(plan)
    assert embeddings is not None  # `prepare` refuses a job without records, and it has run
    return embeddings, True, messages


def _by_job(plan: bulk.Job, settings: ProjectionSettings, residues: int) -> tuple[EmbeddingSet, bool]:
    """Vectors and map of many proteins; those of the finished ones until all are."""
    pairs = [[name, sequence] for name, sequence in zip(plan.names, plan.sequences, strict=True)]
    count = len(pairs)
    answer = job(
        Description.make(
            "map",
            {"records": pairs, "descriptions": list(plan.descriptions)},
            {"model": plan.model, "layer": plan.layer, **asdict(settings)},
        ),
        key="map.embed",
        title=f"{settings.method} map of {count:,} proteins, {plan.names[0]} and others",
        start=f"Embed {count:,} proteins ({residues:,} residues) and draw their map",
        unasked=True,
        in_link=True,
    )
    found: EmbeddingSet | None = answer.result
    if found is None or (not answer.complete and len(found) > MANY):
        st.info(f"The map of {count:,} proteins is shown when it is done.", icon=":material/hourglass:")
        st.stop()
    if not answer.complete:
        st.info(f"{len(found):,} of {count:,} proteins are embedded; the map is of these.")
    row = {name: i for i, name in enumerate(plan.names)}
    table = plan.table.iloc[[row[name] for name in found.names]].reset_index(drop=True)
    return replace(found, table=table, notes=plan.notes), answer.complete


def open_job(description: Description) -> None:
    """Show a job of this page: its proteins, model and settings."""
    if description.kind == "project":  # the map it belongs to is chosen by the user
        st.session_state["map.new"] = st.session_state["map.new_text"] = as_fasta(description)
        return
    if "records" not in description.inputs:
        return  # vectors of a file: only the user has it
    state, asked = st.session_state, description.settings
    state["hand_over.protein"] = as_fasta(description, most=MOST_RECORDS, letters=MOST_RESIDUES)
    state["model"], state["layer"] = asked["model"], asked["layer"]
    if "method" in asked:
        state["map.method"] = asked["method"]
        for name in ("dims", "metric", "seed", "min_dist"):
            state[name] = asked[name]
        state["perplexity"], state["neighbours"] = int(asked["perplexity"]), asked["neighbours"]
    state.pop("map.applied", None)


def read_proteins(text: str):
    if recognise(text) == "structure":
        raise InputError("this is a structure file. Paste protein sequences, as FASTA.")
    records = parse_records(text, max_records=MOST_RECORDS, allow_empty=True)
    residues = sum(len(record.sequence) for record in records)
    if residues > MOST_RESIDUES:
        raise InputError(
            f"{residues:,} residues; this page takes up to {MOST_RESIDUES:,}. For more: "
            "`python -m biocore embed proteins.fasta --out vectors.parquet`, then upload the file here."
        )
    return records


def _skipped(requested: int, skipped: Sequence[bulk.Skipped]) -> None:
    st.warning(
        f"{len(skipped):,} of {requested:,} records cannot be embedded and are left out.", icon=":material/warning:"
    )
    with st.expander("Which, and why"):
        listing(pd.DataFrame([asdict(s) for s in skipped]), key=f"skipped.{requested}")


def digest(vectors: np.ndarray) -> str:
    """Stands for vectors in cache keys."""
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes() + str(vectors.shape).encode()).hexdigest()
