"""The embedding map page's parts: what to map, how, the map itself, and what lies beside a protein."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
import pandas as pd
import streamlit as st

from biocore import batch, embedding, engine, runtime, zoo
from biocore.embedding import Collection, Map, MapSettings
from biocore.errors import InputError
from biocore.plot import maps as plots
from biocore.sequence import parse_records, recognise
from biocore.web.frame import show_errors, show_notes
from biocore.web.inputs import decode, sequence_input
from biocore.web.link import hand_over, set_link
from biocore.web.outputs import command_line, download, figure, table
from biocore.web.shared import model, model_picker

MOST_RECORDS, MOST_RESIDUES = 5_000, 2_000_000
MOST_VECTORS = 20_000
UPLOAD_MB = 200
EXAMPLE, PROTEINS, VECTORS = "example", "proteins", "vectors"
SOURCES = {EXAMPLE: "Worked example", PROTEINS: "Proteins (FASTA)", VECTORS: "My embeddings"}
MIME = {
    ".csv": "text/csv",
    ".parquet": "application/vnd.apache.parquet",
    ".npz": "application/zip",
    ".h5": "application/x-hdf5",
}

FAMILIES = """>HBA_HUMAN family=globin
MVLSPADKTNVKAAWGKVGAHAGEYGAEALERMFLSFPTTKTYFPHFDLSHGSAQVKGHGKKVADALTNAVAHVDDMPNALSALSDLHAHKLRVDPVNFKLLSHCLLVTLAAHLPAEFTPAVHASLDKFLASVSTVLTSKYR
>HBB_HUMAN family=globin
MVHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCVLAHHFGKEFTPPVQAAYQKVVAGVANALAHKYH
>MYG_HUMAN family=globin
MGLSDGEWQLVLNVWGKVEADIPGHGQEVLIRLFKGHPETLEKFDKFKHLKSEDEMKASEDLKKHGATVLTALGGILKKKGHHEAEIKPLAQSHATKHKIPVKYLEFISECIIQVLQSKHPGDFGADAQGAMNKALELFRKDMASNYKELGFQG
>LYSC_HUMAN family=lysozyme
MKALIVLGLVLLSVTVQGKVFERCELARTLKRLGMDGYRGISLANWMCLAKWESGYNTRATNYNAGDRSTDYGIFQINSRYWCNDGKTPGAVNACHLSCSALLQDNIADAVACAKRVVRDPQGIRAWVAWRNRCQNRDVRQYVQGCGV
>LYSC_CHICK family=lysozyme
KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWCNDGRTPGSRNLCNIPCSALLSSDITASVNCAKKIVSDGNGMNAWVAWRNRCKGTDVQAWIRGCRL
>UBIQ_HUMAN family=ubiquitin
MQIFVKTLTGKTITLEVEPSDTIENVKAKIQDKEGIPPDQQRLIFAGKQLEDGRTLSDYNIQKESTLHLVLRLRGG
>CYC_HUMAN family=cytochrome
MGDVEKGKKIFIMKCSQCHTVEKGGKHKTGPNLHGLFGRKTGQAPGYSYTAANKNKGIIWGEDTLMEYLENPKKYIPGTKMIFVGIKKKEERADLIAYLKKATNE
>INS_HUMAN family=insulin
MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN
>CRAM_CRAAB family=thionin
TTCCPSIVARSNFNVCRLPGTPEALCATYTGCIIIPGATCPGDYAN
"""
PAIR = "\n".join(FAMILIES.splitlines()[:4]) + "\n"


@dataclass(frozen=True)
class Request:
    """What is to be mapped, as strings and numbers: two equal requests have one answer."""

    source: str
    example: str = ""
    text: str = ""
    labels: str = ""
    labels_name: str = ""
    model: str = ""
    layer: int = -1
    file_name: str = ""
    file_digest: str = ""

    @property
    def key(self) -> str:
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


# ----------------------------------------------------------------------------------------------------------- inputs


def request_input() -> Request:
    """The inputs at the top of the page; whatever was typed stays."""
    handed = st.session_state.get("hand_over.protein")
    if handed is not None or ("source" not in st.session_state and "seq" in st.query_params):
        st.session_state["source"] = PROTEINS
    source = st.segmented_control(
        "What to map",
        list(SOURCES),
        default=EXAMPLE,
        required=True,
        format_func=SOURCES.get,
        key="source",
        bind="query-params",
    )
    request = {EXAMPLE: _example_input, PROTEINS: _proteins_input, VECTORS: _vectors_input}[source]()
    if source == EXAMPLE:
        return request
    labels, labels_name = _labels_input()
    return replace(request, labels=labels, labels_name=labels_name)


def _example_input() -> Request:
    names = embedding.example_names()
    if not names:
        st.warning("The worked examples are not on this machine. Make them with `python -m biocore map-examples`.")
        st.stop()
    chosen = st.pills(
        "Example", list(names), default=next(iter(names)), required=True, format_func=names.get, key="example",
        bind="query-params",
    )  # fmt: skip
    return Request(EXAMPLE, example=chosen)


def _proteins_input() -> Request:
    text = sequence_input(
        f"Proteins (FASTA, up to {MOST_RECORDS:,} records and {MOST_RESIDUES:,} residues)",
        key="map.text",
        kind="protein",
        examples={"Five families": FAMILIES, "Two proteins": PAIR},
        help="`key=value` in a header becomes a label: `>P1 family=globin`. Equal sequences are computed once.",
        types=("fa", "fasta", "faa", "txt", "gz"),
    )
    left, right = st.columns([3, 1])
    with left:
        name = model_picker("protein-language-model", key="model", label="Language model")
    with right:
        layer = st.number_input(
            "Layer", -1, 100, -1, key="layer", bind="query-params", help="Whose states are averaged; -1 is the last."
        )
    return Request(PROTEINS, text=text, model=name, layer=int(layer))


def _vectors_input() -> Request:
    file = st.file_uploader(
        f"Vectors: {', '.join(embedding.ENDINGS)}; up to {UPLOAD_MB} MB and {MOST_VECTORS:,} proteins",
        type=[e[1:] for e in embedding.ENDINGS],
        key="map.vectors",
        max_upload_size=UPLOAD_MB,
        help=".csv and .tsv: a column of names and a column for each number. .parquet: the same, or a column "
        "`embedding` of lists. .npz and .h5: `embeddings` (N, D) and `names` (N,), or a vector for each name.",
    )
    if file is None:
        return Request(VECTORS)
    return Request(VECTORS, file_name=file.name, file_digest=hashlib.sha256(file.getvalue()).hexdigest())


def _labels_input() -> tuple[str, str]:
    with st.expander("Labels (CSV or TSV, joined by identifier)", icon=":material/label:"):
        file = st.file_uploader("File of labels", type=["csv", "tsv", "txt"], key="map.labels_file", max_upload_size=20)
        text = st.text_area(
            "or pasted", key="map.labels", height=100, placeholder="id,label\nHBA_HUMAN,oxygen", persist_state="session"
        )
        st.caption("The first line names the columns. `sp|P69905|HBA_HUMAN` finds `P69905`. Numbers get a colour bar.")
    if file is not None:
        with show_errors():
            return decode(file.getvalue(), file.name), file.name
    return text, "labels.csv"


def settings_input() -> MapSettings:
    """Method and parameters, chosen before anything is computed."""
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    names = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}
    with first:
        method = st.segmented_control(
            "Method", list(names), default="tsne", required=True, format_func=names.get, key="method",
            bind="query-params",
        )  # fmt: skip
    with second:
        dims = st.segmented_control("Dimensions", [2, 3], default=2, required=True, key="dims", bind="query-params")
    with third:
        metric = st.segmented_control(
            "Distance", ["euclidean", "cosine"], default="euclidean", required=True, key="metric", bind="query-params"
        )
    with fourth:
        seed = st.number_input("Seed", 0, 2**31 - 1, 0, key="seed", bind="query-params", disabled=method == "pca")
    perplexity, neighbours, min_dist = 30.0, 15, 0.1
    if method == "tsne":
        perplexity = st.slider(
            "Perplexity", 2, 100, 30, key="perplexity", bind="query-params",
            help="How many neighbours a point attends to, roughly. Held to a third of the proteins.",
        )  # fmt: skip
    elif method == "umap":
        left, right = st.columns(2)
        neighbours = left.slider("Neighbours", 2, 100, 15, key="neighbours", bind="query-params")
        min_dist = right.slider("Smallest distance on the map", 0.0, 0.99, 0.1, key="min_dist", bind="query-params")
        st.caption("The first UMAP after a start takes half a minute more, while its code is compiled.")
    return MapSettings(method, int(dims), metric, float(perplexity), int(neighbours), float(min_dist), int(seed))


def applied(request: Request, settings: MapSettings) -> tuple[Request, MapSettings]:
    """What the page shows: the inputs as they were when "Compute the map" was pressed.

    The first opening and a change of example need no press.
    """
    pressed = st.button("Compute the map", type="primary", key="map.compute")
    last = st.session_state.get("map.applied")
    switched = last is not None and request.source == EXAMPLE and last[0] != request
    if pressed or last is None:
        last = (request, settings)
    elif switched:
        last = (request, last[1] if last[0].source == EXAMPLE else settings)
    elif last[0].source != request.source:
        last = (request, settings) if request.source == PROTEINS and _small(request) else last
    if pressed:
        st.session_state.pop("map.stopped", None)
    st.session_state["map.applied"] = last
    if last != (request, settings):
        st.info("The inputs have changed. Press **Compute the map** to use them.", icon=":material/refresh:")
    return last


def _small(request: Request) -> bool:
    """Proteins that take no time, so that switching to them shows something at once."""
    return len(request.text) < 5_000


# -------------------------------------------------------------------------------------------------------- collection


@st.cache_data(max_entries=8, show_spinner="Loading the example...")
def _example(name: str, stamp: int) -> embedding.Example:
    return embedding.example(name)


def load_example(name: str) -> embedding.Example:
    """An example; a file that was made again is read again."""
    path = runtime.ASSETS / "examples" / f"map_{name}.npz"
    return _example(name, path.stat().st_mtime_ns if path.exists() else 0)


def collection_for(request: Request) -> Collection:
    """The proteins of a request with their vectors and labels; embeds what is not in the store.

    Raises
    ------
    InputError, ModelUnavailable
    """
    if request.source == EXAMPLE:
        return load_example(request.example).collection
    kept = st.session_state.get("map.collection")
    if kept is not None and kept[0] == request.key:
        for shown in kept[2]:
            _skipped(*shown)
        return kept[1]
    messages: list[tuple] = []
    if request.source == VECTORS:
        collection, complete = _uploaded(), True
    else:
        collection, complete, messages = _embedded(request)
    if request.labels.strip():
        join = embedding.join_labels(collection.names, embedding.read_labels(request.labels, name=request.labels_name))
        found = (f"{join.matched:,} of {len(collection):,} proteins have a label from {request.labels_name}.",)
        collection = replace(collection.with_columns(join.columns), notes=collection.notes + found + join.notes)
    if complete:
        st.session_state["map.collection"] = (request.key, collection, messages)
    return collection


def _uploaded() -> Collection:
    file = st.session_state.get("map.vectors")
    if file is None:
        st.info(
            "Upload vectors, one for each protein: a CSV with a column of names and a column for each number will do.",
            icon=":material/upload_file:",
        )
        st.stop()
    collection = embedding.read_vectors(file.getvalue(), file.name)
    if len(collection) > MOST_VECTORS:
        raise InputError(
            f"{len(collection):,} vectors; this page takes {MOST_VECTORS:,}. Use `python -m biocore map` for more."
        )
    return collection


def _embedded(request: Request) -> tuple[Collection, bool, list[tuple]]:
    """Embed the proteins of a request: the collection, whether it is all of it, and what was left out."""
    name, layer = request.model, request.layer
    records = _records(request.text)
    with model(name) as loaded:
        if layer > loaded.layers:
            raise InputError(f"Layer {layer} does not exist; {zoo.title(name)} has 0 to {loaded.layers}, or -1.")
        budget = max(2048, getattr(loaded, "tokens_per_batch", 0))
        job = batch.prepare(records, name, loaded.hash, layer=layer, budget=budget)
    messages = [(job.requested, job.skipped)] if job.skipped else []
    for shown in messages:
        _skipped(*shown)
    complete = _run(job, request.key)
    collection = batch.collect(job)
    if collection is None:
        st.warning("Stopped before the first protein was finished. Press **Compute the map** to start again.")
        st.stop()
    return collection, complete, messages


def _records(text: str):
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


def _skipped(requested: int, skipped: Sequence[batch.Skipped]) -> None:
    st.warning(
        f"{len(skipped):,} of {requested:,} records cannot be embedded and are left out.", icon=":material/warning:"
    )
    with st.expander("Which, and why"):
        st.dataframe(
            pd.DataFrame([asdict(s) for s in skipped]), hide_index=True, width="stretch", key=f"skipped.{requested}"
        )


def _stop(key: str) -> None:
    st.session_state["map.stopped"] = key


def _run(job: batch.Job, key: str) -> bool:
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
    for progress in engine.run(job, lambda: model(job.model)):
        bar.progress(progress.share, _progress_text(progress))
    place.empty()
    return True


def _progress_text(progress: batch.Progress) -> str:
    text = f"{progress.sequences:,} of {progress.of_sequences:,} different proteins"
    if np.isnan(progress.remaining):
        return f"{text}; the estimate comes after the first batch"
    left = progress.remaining
    return f"{text}; about {left:,.0f} s to go" if left < 90 else f"{text}; about {left / 60:,.0f} min to go"


# --------------------------------------------------------------------------------------------------------------- map


def compute_map(collection: Collection, settings: MapSettings) -> Map:
    """The map, from the file it came with, from the cache, or computed now."""
    shown = collection.map
    if shown is not None:
        distinct = len(embedding.distinct(collection.vectors)[0])
        asked, _ = embedding.fit_settings(settings, distinct)
        stored, _ = embedding.fit_settings(shown.settings, distinct)
        if _relevant(asked) == _relevant(stored):
            return replace(shown, notes=embedding.fit_settings(settings, distinct)[1])
    wait = "Computing the map..."
    if settings.method == "umap":
        wait = "Computing UMAP; the first one takes half a minute more, while its code is compiled..."
    elif settings.method == "tsne" and len(collection) > 2000:
        wait = f"Computing t-SNE of {len(collection):,} proteins; this takes about {len(collection) / 100:,.0f} s..."
    with st.spinner(wait):
        return _map(digest(collection.vectors), settings, collection.vectors, collection.names)


def _relevant(settings: MapSettings) -> tuple:
    """The settings that make a difference to a method."""
    own = {"tsne": (settings.perplexity, settings.seed), "pca": ()}.get(
        settings.method, (settings.neighbours, settings.min_dist, settings.seed)
    )
    return (settings.method, settings.dims, settings.metric, *own)


def digest(vectors: np.ndarray) -> str:
    """Stands for vectors in cache keys."""
    return hashlib.sha256(np.ascontiguousarray(vectors).tobytes() + str(vectors.shape).encode()).hexdigest()


@st.cache_data(max_entries=8, scope="session", show_spinner=False)
def _map(key: str, settings: MapSettings, _vectors: np.ndarray, _names: tuple[str, ...]) -> Map:
    return embedding.make_map(_vectors, settings, names=_names)


@st.cache_data(max_entries=16, scope="session", show_spinner="Measuring the map...")
def _faithfulness(key: str, settings: MapSettings, coordinates: str, _vectors, _shown: Map):
    return embedding.faithfulness(_vectors, _shown)


@st.cache_data(max_entries=16, scope="session", show_spinner="Measuring the labels...")
def _separation(key: str, column: str, labels: tuple[str, ...], metric: str, _vectors):
    return embedding.separation(_vectors, labels, metric=metric)


# ------------------------------------------------------------------------------------------------------------- figure


def show_map(request: Request, collection: Collection, shown: Map) -> int | None:
    """The figure with its controls, numbers of trust, and tables; returns the row that is looked at."""
    columns = list(collection.table.columns)
    numbers = [c for c in columns if plots.is_number(collection.table[c])]
    colour, size, search = _figure_controls(request, collection, columns, numbers)
    placed = placed_proteins(collection, shown)
    points = embedding.points(collection, shown, placed)
    found = _search(points, search)
    picked = _picked_row(collection)
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
            options = {"on_select": lambda: _pick(points, collection), "selection_mode": ("points", "box", "lasso")}
        event = figure(fig, "embedding_map", alt=_alt(collection, shown, colour), key="map.figure", **options)
        if shown.settings.dims == 3:
            st.caption("A 3-D map can be turned, but not selected from: search by name, or choose a protein below.")
        else:
            st.caption("Click a point to see its neighbours; box and lasso (top right) select several into a table.")
        if search:
            st.caption(f"{len(found):,} points with {search!r} in a name or label (ringed).")
    with trust:
        _trust(collection, shown, colour)
    copies = int((points.copies - 1).sum())
    if copies:
        st.caption(f"{copies:,} proteins have the same vector as another; ×n beside a point says how many lie there.")
    _selection(event, points, collection, placed)
    return picked


def _figure_controls(request, collection, columns, numbers) -> tuple[str | None, str | None, str]:
    first, second, third = st.columns(3)
    start = load_example(request.example).colour if request.source == EXAMPLE else _best_column(collection, columns)
    if st.session_state.get("map.colour_for") != request.key:  # another collection: its own columns
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
        search = st.text_input("Search", key="find", bind="query-params", placeholder="part of a name or label")
    return colour, size, (search or "").strip()


def _best_column(collection: Collection, columns: list[str]) -> str | None:
    """The column to colour by at first: labels that occur more than once, else a number, else none."""
    for column in reversed(columns):
        values = collection.table[column]
        if not plots.is_number(values) and 1 < values.nunique() <= max(2, len(values) // 2):
            return column
    return next((c for c in columns if collection.table[c].nunique() > 1), None)


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


def _picked_row(collection: Collection) -> int | None:
    name = st.session_state.get("protein") or st.query_params.get("protein")
    if name in collection.names:
        return collection.names.index(name)
    return None


def _point_of(points: embedding.Points, row: int | None) -> int | None:
    if row is None:
        return None
    return next((i for i, rows in enumerate(points.rows) if row in rows and not points.placed[i]), None)


def _selected(event) -> list[int]:
    """Indices of the points in a selection."""
    found = (event or {}).get("selection", {}).get("points", []) if event else []
    indices = []
    for point in found:
        data = point.get("customdata")
        value = data.get("0") if isinstance(data, dict) else data[0] if data else None
        if value is not None:
            indices.append(int(value))
    return sorted(set(indices))


def _pick(points: embedding.Points, collection: Collection) -> None:
    """A click on one point makes it the one that is looked at."""
    chosen = [i for i in _selected(st.session_state.get("map.figure")) if i < len(points.rows)]
    if len(chosen) == 1 and not points.placed[chosen[0]]:
        st.session_state["protein"] = collection.names[points.rows[chosen[0]][0]]


def _alt(collection: Collection, shown: Map, colour: str | None) -> str:
    by = f", coloured by {colour}" if colour else ""
    return f"Map of {len(collection):,} proteins ({shown.title}){by}. The table below holds every coordinate."


def _trust(collection: Collection, shown: Map, colour: str | None) -> None:
    """How far the picture can be trusted, and whether labels are apart where it counts."""
    key = digest(collection.vectors)
    kept = _faithfulness(key, shown.settings, digest(shown.coordinates), collection.vectors, shown)
    st.markdown("**What the map kept**")
    st.metric(
        "Trustworthiness",
        _number(kept.trustworthiness),
        help=f"1: every neighbour on the map is a neighbour in the original space; a random map scores about 0.5. "
        f"{kept.k} neighbours, {kept.queries:,} of {kept.n:,} different proteins.",
    )
    st.metric(
        "Neighbours kept",
        _share(kept.neighbour_overlap),
        help=f"Share of the {kept.k} nearest neighbours that are the same on the map and in the original space.",
    )
    if not np.isnan(kept.overlap_by_chance):
        st.caption(f"By chance: {kept.overlap_by_chance:.1%}")
    if shown.variance:
        st.metric("Variance shown", _share(kept.variance))
    if colour is None or plots.is_number(collection.table[colour]):
        return
    labels = tuple(str(v) for v in collection.table[colour])
    apart = _separation(key, colour, labels, shown.settings.metric, collection.vectors)
    st.markdown(f"**Are labels apart?** *{colour}, in the original space*")
    st.metric("Silhouette", _number(apart.silhouette), help="0: labels overlap; 1: far apart; below 0: mixed up.")
    st.metric(
        f"{apart.k}-neighbour accuracy",
        _share(apart.accuracy),
        help="Share of proteins whose label is what their nearest others say, each left out in turn. Relatives "
        "stay in, so this describes the collection; it is not a test on unseen families.",
    )
    if not np.isnan(apart.accuracy):
        st.caption(
            f"95 % interval {apart.low:.1%} to {apart.high:.1%}; the commonest label alone: {apart.majority:.1%}"
        )
        with st.expander("For each label"):
            rows = [asdict(row) for row in apart.labels]
            names = {"n": "proteins", "recall": "found by neighbours"}
            table(pd.DataFrame(rows).rename(columns=names).round(3), "label_separation")
    for note in apart.notes:
        st.caption(note)


def _number(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.3f}"


def _share(value: float) -> str:
    return "not defined" if np.isnan(value) else f"{value:.1%}"


def _selection(event, points: embedding.Points, collection: Collection, placed) -> None:
    chosen = [i for i in _selected(event) if i < len(points.rows)]
    if not chosen:
        return
    frames = [_rows_of(points, i, collection, placed) for i in chosen]
    data = pd.concat(frames, ignore_index=True)
    st.subheader(f"Selected: {len(data):,} protein{'s' * (len(data) != 1)}")
    table(data, "selected_proteins")


def _rows_of(points, index, collection, placed) -> pd.DataFrame:
    source = placed[0] if points.placed[index] and placed else collection
    rows = list(points.rows[index])
    names = pd.DataFrame({"record": [source.names[r] for r in rows]})
    return pd.concat([names, source.table.iloc[rows].reset_index(drop=True)], axis=1)


# --------------------------------------------------------------------------------------------------------- neighbours


def show_neighbours(collection: Collection, shown: Map) -> None:
    """The protein that is looked at: its nearest others in the original space, and other pages to open it in."""
    st.subheader("Neighbours in the original space")
    if st.session_state.get("protein") not in (None, *collection.names):
        st.session_state.pop("protein")
    name = st.selectbox(
        "Protein", collection.names, index=None, key="protein", placeholder="click a point, or type a name",
        bind="query-params",
    )  # fmt: skip
    if name is None:
        st.caption("What lies close on a map may be far in the original space. This table does not use the map.")
        return
    row = collection.names.index(name)
    found = embedding.neighbour_table(collection, row, k=20, metric=shown.settings.metric)
    identical = int(found["identical"].sum())
    if identical:
        st.caption(f"{identical} with the same vector: the same sequence under another name.")
    table(found.round({"cosine similarity": 4, "Euclidean distance": 4}), "neighbours")
    _open_in(collection, row)


def _open_in(collection: Collection, row: int) -> None:
    name = collection.names[row]
    targets: dict[str, tuple[str, dict[str, str]]] = {}
    if collection.sequences is not None:
        text = f">{name}\n{collection.sequences[row]}\n"
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
                if st.button(f"Open in {label}", key=f"map.open.{page}"):
                    hand_over(page, **values)
            if accession:
                st.link_button(f"{accession} at UniProt", f"https://www.uniprot.org/uniprotkb/{accession}")
    if collection.sequences is None:
        st.caption(
            "This collection holds vectors, not sequences: pages that need a sequence cannot be opened from here."
        )


# ------------------------------------------------------------------------------------------------------------- placing


def place_input(collection: Collection) -> None:
    """New proteins to be put into the map."""
    with st.expander("Place new proteins into this map", icon=":material/add_location:"):
        if not collection.model or len(embedding.distinct(collection.vectors)[0]) < 2:
            st.caption("This needs a map of two proteins or more whose language model is known.")
            return
        st.text_area(
            "Proteins (FASTA)", key="map.place_text", height=100, persist_state="session", placeholder=">new\nMKT..."
        )
        left, right = st.columns([1, 4])
        if left.button("Place", key="map.place"):
            st.session_state["map.placed"] = st.session_state["map.place_text"]
        if right.button("Remove", key="map.unplace", type="tertiary"):
            st.session_state.pop("map.placed", None)
        st.caption(
            "The map stays as it is. New points are hollow; each is placed by its neighbours among the old ones."
        )


def placed_proteins(collection: Collection, shown: Map) -> tuple[Collection, np.ndarray] | None:
    """The placed proteins and their coordinates, or None.  Errors are shown and leave the map as it was."""
    text = st.session_state.get("map.placed", "")
    if not text.strip() or not collection.model:
        return None
    try:
        return _placed(text, collection, shown)
    except InputError as error:
        st.error(f"The new proteins cannot be placed. {error}", icon=":material/error:")
        return None


def _placed(text: str, collection: Collection, shown: Map) -> tuple[Collection, np.ndarray]:
    with model(collection.model) as loaded:
        if loaded.hash != collection.model_hash:
            raise InputError(
                f"The map was made with another version of {collection.model}; vectors of the two cannot be compared."
            )
        job = batch.prepare(_records(text), collection.model, loaded.hash, layer=collection.layer)
    for skipped in job.skipped:
        st.warning(f"Not placed: {skipped.record}: {skipped.reason}")
    for progress in engine.run(job, lambda: model(job.model)):
        if progress.of_sequences:
            st.toast(_progress_text(progress)) if progress.sequences == 0 else None
    new = batch.collect(job)
    assert new is not None  # `prepare` refuses a job without records, and the job has run
    key = digest(shown.coordinates)
    return new, _place(digest(new.vectors), key, shown.settings, collection.vectors, shown, new.vectors)


@st.cache_data(max_entries=8, scope="session", show_spinner="Placing...")
def _place(new: str, old: str, settings: MapSettings, _vectors, _shown: Map, _new) -> np.ndarray:
    return embedding.place(_vectors, _shown, _new)


# ------------------------------------------------------------------------------------------------------------- outputs


def show_outputs(request: Request, collection: Collection, shown: Map, settings: MapSettings) -> None:
    """Every coordinate as a table, files to take away, and the command line."""
    st.subheader("Coordinates and embeddings")
    table(embedding.to_frame(collection, shown).head(20_000), "coordinates")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption("Names, labels, coordinates and vectors:")
        for ending, mime in MIME.items():
            download(
                ending,
                lambda ending=ending: embedding.write_vectors(collection, ending, shown),
                f"embedding_map{ending}",
                mime,
                key=f"map.download{ending}",
            )
    command_line(
        _command(request, settings), note="`--vectors FILE` keeps vectors and map; `--figure FILE.html` the figure."
    )


def _command(request: Request, settings: MapSettings) -> list[str]:
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


def link(request: Request) -> None:
    """Keep short FASTA text in the address; everything else is bound to it already."""
    set_link(seq=request.text if request.source == PROTEINS else None)


def about(request: Request, collection: Collection) -> None:
    """What the collection is and where its vectors come from."""
    if request.source == EXAMPLE:
        shipped = load_example(request.example)
        st.caption(
            f"**{shipped.title}.** {shipped.description} Vectors of {collection.model}, rounded to 16 bits. "
            f"Source: {shipped.source}. Licence: {shipped.licence}."
        )
    show_notes(collection.notes)


def model_card(collection: Collection) -> zoo.ModelCard | None:
    """The card of the model that made the vectors, where it is known here."""
    return zoo.card(collection.model) if collection.model in zoo.names("protein-language-model") else None
