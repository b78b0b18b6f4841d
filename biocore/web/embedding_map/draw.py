"""The map, its controls, and the numbers that say how far to trust it."""

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import pandas as pd
import streamlit as st

from biocore import embedding
from biocore.embedding import EmbeddingSet, Projection, ProjectionSettings
from biocore.jobs import Description
from biocore.jobs.kinds.map import as_text
from biocore.plot import embedding_map as plots
from biocore.web import shipped
from biocore.web.embedding_map.beside import projected_proteins, show_projected
from biocore.web.embedding_map.collect import MANY, digest, load_example
from biocore.web.embedding_map.request import EXAMPLE, FIND, PICKED, Request
from biocore.web.frame import plain
from biocore.web.link import start_from_link
from biocore.web.outputs import figure, fold, table
from biocore.web.waiting import job


def compute_map(embeddings: EmbeddingSet, settings: ProjectionSettings, example: str = "") -> Projection:
    """The map: the one it came with, from the cache, or computed now; of many vectors of a file by a job.

    `example` is the name of the worked example whose vectors these are.
    """
    if embeddings.projection is None and len(embeddings) > MANY and settings.method != "pca":
        return _by_job(embeddings, settings)
    wait = "Computing the map..."
    if settings.method == "umap":
        wait = "Computing UMAP; the first one takes half a minute more, while its code is compiled..."
    with st.spinner(wait):
        return _map(example, digest(embeddings.vectors), settings, embeddings)


def _by_job(embeddings: EmbeddingSet, settings: ProjectionSettings) -> Projection:
    answer = job(
        Description.make("map", as_text(embeddings.vectors), asdict(settings)),
        key="map.projection",
        title=f"{settings.method} map of {len(embeddings):,} vectors",
        start=f"Draw the map of {len(embeddings):,} vectors",
        unasked=True,
    )
    if not answer.complete:
        st.stop()
    return answer.result


@shipped.cached(given=["example"], settings=["key", "settings"], max_entries=8)
def _map(example: str, key: str, settings: ProjectionSettings, _embeddings: EmbeddingSet) -> Projection:
    return embedding.projection_of(_embeddings, settings)


@shipped.cached(
    given=["example"],
    settings=["key", "settings", "coordinates"],
    max_entries=16,
    show_spinner="Measuring the map...",
)
def _quality(example: str, key: str, settings: ProjectionSettings, coordinates: str, _vectors, _shown: Projection):
    return embedding.projection_quality(_vectors, _shown)


@shipped.cached(
    given=["example"],
    settings=["key", "column", "labels", "metric"],
    max_entries=16,
    show_spinner="Measuring the labels...",
)
def _separation(example: str, key: str, column: str, labels: tuple[str, ...], metric: str, _vectors):
    return embedding.separation(_vectors, labels, metric=metric)


def answer_example() -> None:
    """What the page opens with, for all visitors."""
    for name in list(embedding.example_names())[:1]:
        ours = load_example(name)
        shown = ours.embeddings.projection
        if shown is not None:
            _kept(name, ours.embeddings, shown)
            _apart(name, ours.embeddings, ours.colour, shown.settings.metric)


def _kept(example: str, embeddings: EmbeddingSet, shown: Projection):
    """How much of the original space the map has kept."""
    key = digest(embeddings.vectors)
    return _quality(example, key, shown.settings, digest(shown.coordinates), embeddings.vectors, shown)


def _apart(example: str, embeddings: EmbeddingSet, column: str, metric: str):
    """How far the labels of a column are apart."""
    labels = tuple(str(value) for value in embeddings.table[column])
    return _separation(example, digest(embeddings.vectors), column, labels, metric, embeddings.vectors)


def show_map(request: Request, embeddings: EmbeddingSet, shown: Projection) -> None:
    """The figure with its controls, numbers of trust, and what is selected or projected."""
    columns = list(embeddings.table.columns)
    numbers = [c for c in columns if plots.is_number(embeddings.table[c])]
    colour, size, search = _figure_controls(request, embeddings, columns, numbers)
    added = projected_proteins(embeddings, shown)
    points = embedding.points(embeddings, shown, added)
    found = _search(points, search)
    picked = _picked_row(embeddings)
    drawn, trust = st.columns([3, 1])
    with drawn:
        fig = plots.map_figure(
            points,
            shown.axes,
            colour=colour,
            size=size,
            found=found,
            picked=_point_of(points, picked),
            title=shown.title,
        )
        options = {}
        if shown.settings.dims == 2:
            options = {"on_select": lambda: _pick(points, embeddings), "selection_mode": ("points", "box", "lasso")}
        event = figure(fig, "embedding_map", alt=_alt(embeddings, shown, colour), key="map.figure", **options)
        if shown.settings.dims == 3:
            st.caption("A 3-D map can be turned, but not selected from: search by name, or choose a protein below.")
        else:
            st.caption("Click a point to see its neighbours; box and lasso (top right) select several into a table.")
        if search:
            st.caption(f"{len(found):,} points with {plain(repr(search))} in a name or label (ringed).")
    with trust:
        _trust(request.example, embeddings, shown, colour)
    copies = int((points.copies - 1).sum())
    if copies:
        st.caption(f"{copies:,} proteins have the same vector as another; ×n beside a point says how many lie there.")
    if options:  # a figure in 3-D gives no event
        _selection(event, points, embeddings, added)
    show_projected(embeddings, added, shown.settings.metric)


def _figure_controls(request, embeddings, columns, numbers) -> tuple[str | None, str | None, str]:
    first, second, third = st.columns(3)
    start = load_example(request.example).colour if request.source == EXAMPLE else _best_column(embeddings, columns)
    if st.session_state.get("map.colour_for") != request.key:  # another set: its own columns
        if "map.colour_for" in st.session_state:
            for key in ("colour", "size"):
                st.session_state.pop(key, None)
        st.session_state["map.colour_for"] = request.key
    with first:
        colour = st.selectbox(
            "Colour by", [None, *columns], index=([None, *columns]).index(start), key="colour",
            format_func=lambda c: c or "(one colour)", bind="query-params",
        )  # fmt: skip
    with second:
        size = st.selectbox(
            "Size by", [None, *numbers], key="size", format_func=lambda c: c or "(one size)", bind="query-params"
        )
    with third:
        start_from_link("find", "", key=FIND)
        search = st.text_input("Search", key=FIND, persist_state="session", placeholder="part of a name or label")
    return colour, size, (search or "").strip()


def _best_column(embeddings: EmbeddingSet, columns: list[str]) -> str | None:
    """The column to colour by at first: the labels of fewest kinds, else a number, else none."""
    kinds = {c: embeddings.table[c].nunique() for c in columns}
    labels = [c for c in columns if not plots.is_number(embeddings.table[c]) and 1 < kinds[c] < len(embeddings)]
    if labels:
        return min(labels, key=lambda c: kinds[c])
    return next((c for c in columns if kinds[c] > 1), None)


def _search(points: embedding.Points, text: str) -> list[int]:
    if not text:
        return []
    wanted = text.lower()
    labels = points.table.map(str).agg(" ".join, axis=1) if len(points.table.columns) else [""] * len(points.names)
    return [
        i
        for i, (name, label) in enumerate(zip(points.names, labels, strict=True))
        if wanted in f"{name} {label}".lower()
    ]


def _picked_row(embeddings: EmbeddingSet) -> int | None:
    name = start_from_link("protein", None, key=PICKED)
    if name in embeddings.names:
        return embeddings.names.index(name)
    return None


def _point_of(points: embedding.Points, row: int | None) -> int | None:
    if row is None:
        return None
    return next((i for i, rows in enumerate(points.rows) if row in rows and not points.projected[i]), None)


def _selected(event) -> list[int]:
    """Indices of the points in a selection."""
    found = event["selection"]["points"] if event else []
    indices = []
    for point in found:
        data = point.get("customdata")
        value = data.get("0") if isinstance(data, dict) else data[0] if data else None
        if value is not None:
            indices.append(int(value))
    return sorted(set(indices))


def _pick(points: embedding.Points, embeddings: EmbeddingSet) -> None:
    """A click on one point makes it the one that is looked at."""
    chosen = [i for i in _selected(st.session_state.get("map.figure")) if i < len(points.rows)]
    if len(chosen) == 1 and not points.projected[chosen[0]]:
        st.session_state[PICKED] = embeddings.names[points.rows[chosen[0]][0]]


def _alt(embeddings: EmbeddingSet, shown: Projection, colour: str | None) -> str:
    by = f", coloured by {colour}" if colour else ""
    return f"Map of {len(embeddings):,} proteins ({shown.title}){by}. The table below holds every coordinate."


def _trust(example: str, embeddings: EmbeddingSet, shown: Projection, colour: str | None) -> None:
    """How far the picture can be trusted, and whether labels are apart where it counts."""
    kept = _kept(example, embeddings, shown)
    st.markdown("**What the map kept**")
    st.metric(
        "Trustworthiness",
        _number(kept.trustworthiness),
        help=f"1: every neighbour on the map is a neighbour in the original space; a random map scores about 0.5. "
        f"{kept.k:,} neighbours, {kept.queries:,} of {kept.n:,} different proteins.",
    )
    st.metric(
        "Neighbourhood preservation",
        _percent(kept.neighbourhood_preservation),
        help=f"Fraction of the {kept.k:,} nearest neighbours that are the same on the map and in the original space.",
    )
    if not np.isnan(kept.preservation_by_chance):
        st.caption(f"By chance: {kept.preservation_by_chance:.1%}")
    if shown.variance:
        st.metric("Variance shown", _percent(kept.variance))
    if colour is None or plots.is_number(embeddings.table[colour]):
        return
    apart = _apart(example, embeddings, colour, shown.settings.metric)
    st.markdown(f"**Are labels apart?** *{plain(colour)}, in the original space*")
    st.metric("Silhouette", _number(apart.silhouette), help="0: labels overlap; 1: far apart; below 0: mixed up.")
    st.metric(
        f"{apart.k:,}-neighbour accuracy",
        _percent(apart.accuracy),
        help="Fraction of proteins whose label is what their nearest others say, each left out in turn. Homologues "
        "stay in, so this describes the set; it is not a test on unseen families.",
    )
    if not np.isnan(apart.accuracy):
        st.caption(
            f"95 % interval {apart.low:.1%} to {apart.high:.1%}; the commonest label alone: {apart.majority:.1%}"
        )
        fold("For each label", lambda: _each_label(apart.labels), key="label_separation.fold")
    for note in apart.notes:
        st.caption(plain(note))


def _each_label(labels: Sequence) -> None:
    names = {"n": "proteins", "recall": "found by neighbours"}
    table(pd.DataFrame([asdict(row) for row in labels]).rename(columns=names).round(3), "label_separation")


def _number(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.3f}"


def _percent(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.1%}"


def _selection(event, points: embedding.Points, embeddings: EmbeddingSet, added) -> None:
    chosen = [i for i in _selected(event) if i < len(points.rows)]
    if not chosen:
        return
    frames = [_rows_of(points, i, embeddings, added) for i in chosen]
    data = pd.concat(frames, ignore_index=True)
    st.subheader(f"Selected: {len(data):,} protein{'s' * (len(data) != 1)}")
    table(data, "selected_proteins")


def _rows_of(points, index, embeddings, added) -> pd.DataFrame:
    source = added[0] if points.projected[index] and added else embeddings
    rows = list(points.rows[index])
    names = pd.DataFrame({"record": [source.names[r] for r in rows]})
    return pd.concat([names, source.table.iloc[rows].reset_index(drop=True)], axis=1)
