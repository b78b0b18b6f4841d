"""The embedding map page's inputs: what to map, its labels, and the settings of the map."""

import hashlib
from dataclasses import dataclass, replace

import streamlit as st

from biocore import embedding
from biocore.embedding import ProjectionSettings
from biocore.errors import InputError
from biocore.sequence import parse_records
from biocore.web.frame import plain, show_errors
from biocore.web.inputs import decode, sequence_input
from biocore.web.link import start_from_link
from biocore.web.shared import model_picker
from biocore.web.workspace import molecules
from biocore.workspace import PROTEIN

MOST_RECORDS, MOST_RESIDUES = 5_000, 2_000_000
MOST_VECTORS = 20_000
UPLOAD_MB = 200
EXAMPLE, PROTEINS, VECTORS = "example", "proteins", "vectors"
SOURCE = "map.source"  # session key of the choice between these
PICKED = "map.protein"  # session key: name of the protein that is looked at
FIND = "map.find"  # session key of the search
SOURCES = {EXAMPLE: "Worked example", PROTEINS: "Proteins (FASTA)", VECTORS: "My embeddings"}

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


def request_input() -> Request:
    """The inputs at the top of the page; whatever was typed stays."""
    handed = st.session_state.get("hand_over.protein")
    if handed is not None and use_alone(handed):  # one protein makes no map: it is projected into the worked example
        handed, st.session_state[SOURCE] = None, EXAMPLE
    if handed is not None or (SOURCE not in st.session_state and "seq" in st.query_params):
        st.session_state[SOURCE] = PROTEINS
    start_from_link("source", EXAMPLE, key=SOURCE, allowed=SOURCES)
    source = st.segmented_control(
        "What to map",
        list(SOURCES),
        required=True,
        format_func=lambda choice: SOURCES[choice],
        key=SOURCE,
        persist_state="session",
    )
    request = {EXAMPLE: _example_input, PROTEINS: _proteins_input, VECTORS: _vectors_input}[source or EXAMPLE]()
    if source == EXAMPLE:
        return request
    labels, labels_name = _labels_input()
    return replace(request, labels=labels, labels_name=labels_name)


def _example_input() -> Request:
    names = embedding.example_names()
    if not names:
        st.warning("The worked examples are not on this machine. Make them with `python -m biocore map-examples`.")
        st.stop()
    start_from_link("example", next(iter(names)), key="map.example", allowed=names)
    chosen = st.pills(
        "Example",
        list(names),
        required=True,
        format_func=lambda name: plain(names[name]),
        key="map.example",
        persist_state="session",
    )
    return Request(EXAMPLE, example=chosen or "")


def _proteins_input() -> Request:
    text = sequence_input(
        f"Proteins (FASTA, up to {MOST_RECORDS:,} records and {MOST_RESIDUES:,} residues)",
        key="map.text",
        kind="protein",
        examples={"Globins, lysozymes and others": FAMILIES, "Two proteins": PAIR},
        help="`key=value` in a header becomes a label: `>P1 family=globin`. Equal sequences are computed once.",
        types=("fa", "fasta", "faa", "txt", "gz"),
        least=2,
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
        start_from_link("labels", "", key="map.labels")
        text = st.text_area(
            "or pasted", key="map.labels", height=100, placeholder="id,label\nHBA_HUMAN,oxygen", persist_state="session"
        )
        st.caption("The first line names the columns. `sp|P69905|HBA_HUMAN` finds `P69905`. Numbers get a colour bar.")
    kept = "map.labels_kept"  # the upload itself is forgotten when the page is left
    if file is not None:
        with show_errors():
            st.session_state[kept] = (decode(file.getvalue(), file.name), file.name)
    if kept in st.session_state:
        if file is None:
            st.caption(plain(f"Labels of the file {st.session_state[kept][1]} are used."))
            st.button(
                "Use the text box instead", on_click=lambda: st.session_state.pop(kept, None), key="map.no_labels"
            )
        return st.session_state[kept]
    return text, "labels.csv"


def settings_input() -> ProjectionSettings:
    """Method and parameters, chosen before anything is computed."""
    first, second, third, fourth = st.columns(4, vertical_alignment="bottom")
    start_from_link("method", "tsne", key="map.method", allowed=embedding.METHODS)
    with first:
        method = st.segmented_control(
            "Method",
            list(embedding.METHODS),
            required=True,
            format_func=lambda choice: embedding.METHODS[choice],
            key="map.method",
            persist_state="session",
        )
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
    return ProjectionSettings(
        method or "tsne", int(dims), metric, float(perplexity), int(neighbours), float(min_dist), int(seed)
    )


def applied(request: Request, settings: ProjectionSettings) -> tuple[Request, ProjectionSettings]:
    """What the page shows: the inputs as they were when "Compute the map" was pressed.

    The first opening and a change of example need no press.
    """
    pressed = st.button("Compute the map", type="primary", key="map.compute")
    last = st.session_state.get("map.applied")
    switched = last is not None and request.source == EXAMPLE and last[0] != request
    if pressed or last is None:
        last = (request, settings)
    elif _same_but_labels(last[0], request):  # other labels recolour the map that is there
        last = (request, last[1])
    elif switched:
        last = (request, last[1] if last[0].source == EXAMPLE else settings)
    elif last[0].source != request.source:
        last = (request, settings) if request.source == PROTEINS and _small(request) else last
    st.session_state["map.applied"] = last
    if last != (request, settings):
        st.info("The inputs have changed. Press **Compute the map** to use them.", icon=":material/refresh:")
    return last


def use_alone(text: str) -> bool:
    """Make a single protein the current one of all pages; whether it was single."""
    try:
        alone = len(parse_records(text)) == 1
    except InputError:
        return False
    if alone:
        molecules.use(PROTEIN, text)
        st.session_state.pop("hand_over.protein", None)
    return alone


def _same_but_labels(first: Request, second: Request) -> bool:
    return first != second and replace(first, labels=second.labels, labels_name=second.labels_name) == second


def _small(request: Request) -> bool:
    """Proteins that take no time, so that switching to them shows something at once."""
    return len(request.text) < 5_000
