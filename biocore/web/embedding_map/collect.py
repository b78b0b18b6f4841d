"""Vectors and labels for a request: from an example, a file, or embedded here with progress and a way to stop."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pandas as pd
import streamlit as st

from biocore import embedding, runtime, zoo
from biocore.embedding import EmbeddingSet, bulk, engine
from biocore.errors import InputError
from biocore.sequence import parse_records, recognise
from biocore.web.embedding_map.request import EXAMPLE, MOST_RECORDS, MOST_RESIDUES, MOST_VECTORS, VECTORS, Request
from biocore.web.outputs import listing
from biocore.web.shared import open_model


@st.cache_data(max_entries=8, show_spinner="Loading the example...")
def _example(name: str, stamp: int) -> embedding.Example:
    return embedding.example(name)


def load_example(name: str) -> embedding.Example:
    """An example; a file that was made again is read again."""
    path = runtime.ASSETS / "examples" / f"map_{name}.npz"
    return _example(name, path.stat().st_mtime_ns if path.exists() else 0)


def embeddings_for(request: Request) -> EmbeddingSet:
    """The proteins of a request with their vectors and labels; embeds what is not in the store.

    Raises
    ------
    InputError, ModelUnavailable
    """
    if request.source == EXAMPLE:
        return load_example(request.example).embeddings
    kept = st.session_state.get("map.embeddings")
    if kept is not None and kept[0] == request.key:
        for shown in kept[2]:
            _skipped(*shown)
        return kept[1]
    messages: list[tuple] = []
    if request.source == VECTORS:
        embeddings, complete = _uploaded(), True
    else:
        embeddings, complete, messages = _embedded(request)
    if request.labels.strip():
        join = embedding.join_labels(embeddings.names, embedding.read_labels(request.labels, name=request.labels_name))
        found = (f"{join.matched:,} of {len(embeddings):,} proteins have a label from {request.labels_name}.",)
        embeddings = replace(embeddings.with_columns(join.columns), notes=embeddings.notes + found + join.notes)
    if complete:
        st.session_state["map.embeddings"] = (request.key, embeddings, messages)
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


def _embedded(request: Request) -> tuple[EmbeddingSet, bool, list[tuple]]:
    """Embed the proteins of a request: their set, whether it is all of them, and what was left out."""
    name, layer = request.model, request.layer
    records = read_proteins(request.text)
    with open_model(name) as loaded:
        if layer > loaded.layers:
            raise InputError(f"Layer {layer} does not exist; {zoo.title(name)} has 0 to {loaded.layers}, or -1.")
        budget = max(2048, getattr(loaded, "tokens_per_batch", 0))
        job = bulk.prepare(records, name, loaded.hash, layer=layer, budget=budget)
    messages = [(job.requested, job.skipped)] if job.skipped else []
    for shown in messages:
        _skipped(*shown)
    complete = _run(job, request.key)
    embeddings = bulk.collect(job)
    if embeddings is None:
        st.warning("Stopped before the first protein was finished. Press **Compute the map** to start again.")
        st.stop()
    return embeddings, complete, messages


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


def _stop(key: str) -> None:
    st.session_state["map.stopped"] = key


def _run(job: bulk.Job, key: str) -> bool:
    """Run a job with progress and a way to stop it; True where it is finished."""
    if not job.todo:
        return True
    if st.session_state.get("map.stopped") == key:
        done = len(job.names) - sum(k in set(job.keys[i] for i in job.todo) for k in job.keys)
        st.warning(
            f"Stopped: {done:,} of {len(job.names):,} proteins are finished, kept and shown. "
            "**Compute the map** goes on from there.",
            icon=":material/pause_circle:",
        )
        return False
    place = st.empty()
    with place.container():
        bar = st.progress(0.0, "Starting...")
        st.button("Stop and keep what is finished", key="map.stop", on_click=_stop, args=(key,), icon=":material/stop:")
    for progress in engine.run(job, lambda: open_model(job.model)):
        bar.progress(progress.fraction, progress_text(progress))
    place.empty()
    return True


def progress_text(progress: bulk.Progress) -> str:
    text = f"{progress.sequences:,} of {progress.of_sequences:,} different proteins"
    if np.isnan(progress.remaining):
        return f"{text}; the estimate comes after the first batch"
    left = progress.remaining
    return f"{text}; about {left:,.0f} s to go" if left < 90 else f"{text}; about {left / 60:,.0f} min to go"


def digest(vectors: np.ndarray) -> str:
    """Stands for vectors in cache keys."""
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes() + str(vectors.shape).encode()).hexdigest()
