"""What the page says about a set of embeddings, and what a user exports."""

from functools import partial

import streamlit as st

from biocore import embedding, zoo
from biocore.embedding import EmbeddingSet, Projection, ProjectionSettings
from biocore.web.embedding_map.collect import load_example
from biocore.web.embedding_map.request import EXAMPLE, FIND, PICKED, PROTEINS, VECTORS, Request
from biocore.web.frame import plain, show_notes
from biocore.web.link import set_link, share_link
from biocore.web.outputs import command_line, download, table

MIME = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".npz": "application/zip",
    ".h5": "application/x-hdf5",
}


def show_outputs(request: Request, embeddings: EmbeddingSet, shown: Projection, settings: ProjectionSettings) -> None:
    """Every coordinate as a table, files to export, and the command line."""
    st.subheader("Coordinates and embeddings")
    table(embedding.to_frame(embeddings, shown).head(20_000), "coordinates")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Names, labels, coordinates and vectors:")
        for ending, mime in MIME.items():
            download(
                ending,
                partial(embedding.write_vectors, embeddings, ending, shown),
                f"embedding_map{ending}",
                mime,
                key=f"map.download{ending}",
            )
    command_line(
        _command(request, settings),
        note="`--vectors FILE` keeps vectors and projection, `--figure FILE.html` the figure.",
    )


def _command(request: Request, settings: ProjectionSettings) -> list[str]:
    given = {EXAMPLE: f"example:{request.example}", PROTEINS: "proteins.fasta", VECTORS: request.file_name}
    words = ["map", given[request.source], "--method", settings.method, "--dims", str(settings.dims)]
    words += ["--metric", settings.metric]
    if settings.method == "tsne":
        words += ["--perplexity", f"{settings.perplexity:g}"]
    if settings.method == "umap":
        words += ["--neighbours", str(settings.neighbours), "--min-dist", f"{settings.min_dist:g}"]
    if settings.method != "pca":
        words += ["--seed", str(settings.seed)]
    if request.source == PROTEINS:
        words += ["--model", request.model, *(["--layer", str(request.layer)] if request.layer != -1 else [])]
    if request.labels.strip():
        words += ["--labels", request.labels_name]
    return [*words, "--out", "map.csv"]


def link(request: Request, settings: ProjectionSettings) -> None:
    """Put the settings into the address; the others are bound to it already.  Defaults are left out."""
    first = next(iter(embedding.example_names()), "")
    set_link(
        source=None if request.source == EXAMPLE else request.source,
        example=None if request.example in ("", first) else request.example,
        method=None if settings.method == "tsne" else settings.method,
    )


def share(request: Request) -> None:
    """A link on request, with the proteins, their labels and the one that is looked at."""
    chosen = {"protein": st.session_state.get(PICKED), "find": st.session_state.get(FIND)}
    if request.source == VECTORS:
        st.text("Vectors do not fit into a link: send the file along.")
    elif request.source == EXAMPLE:
        share_link("the name of the worked example", **chosen)
    else:
        residues = sum(len(line.strip()) for line in request.text.splitlines() if not line.startswith(">"))
        labels = " and your labels" if request.labels.strip() else ""
        share_link(f"your proteins ({residues:,} residues){labels}", seq=request.text, labels=request.labels, **chosen)


def about(request: Request, embeddings: EmbeddingSet) -> None:
    """What the set is and where its vectors come from."""
    if request.source == EXAMPLE:
        shipped = load_example(request.example)
        st.caption(
            f"**{plain(shipped.title)}.** {plain(shipped.description)} Vectors of {plain(embeddings.model)}, rounded "
            f"to 16 bits. Source: {plain(shipped.source)}. Licence: {plain(shipped.licence)}."
        )
    show_notes(embeddings.notes)


def model_card(embeddings: EmbeddingSet) -> zoo.ModelCard | None:
    """The card of the model that made the vectors, where it is known here."""
    return zoo.card(embeddings.model) if embeddings.model in zoo.names("protein-language-model") else None
