"""How the model sees a protein: one-hot matrix, tokens, vocabulary, and where its token vectors lie."""

import numpy as np
import pandas as pd
import streamlit as st

from biocore import web
from biocore.embedding import ProjectionSettings, project
from biocore.esm2.vocabulary import AMINO_ACID_IDS, CLS, EOS, TOKENS, encode
from biocore.plot import masked_residues as plot
from biocore.plot.theme import CHEMISTRY_COLOURS
from biocore.web.masked_residues.inputs import Protein
from biocore.web.masked_residues.model import Choice

_VIEWS = ("Token map", "Tokens", "One-hot matrix", "Vocabulary")
_FIRST = 60
_ALL = tuple(range(len(TOKENS)))
_SPECIAL = {
    "<cls>": "start of the sequence",
    "<pad>": "fills shorter rows of a batch; ignored",
    "<eos>": "end of the sequence",
    "<unk>": "a residue outside the vocabulary",
    "X": "unknown residue",
    "B": "aspartate or asparagine",
    "U": "selenocysteine",
    "Z": "glutamate or glutamine",
    "O": "pyrrolysine",
    ".": "gap in an alignment",
    "-": "gap in an alignment",
    "<null_1>": "not used",
    "<mask>": "hides a residue the model is asked about",
}


def show_inside(protein: Protein, choice: Choice) -> None:
    """One of the four views; only the chosen one is computed."""
    view = st.segmented_control("View", _VIEWS, default=_VIEWS[0], required=True, key="masked_residues.inside")
    if view == "Token map":
        _show_map(choice)
    elif view == "Tokens":
        _show_tokens(protein)
    elif view == "One-hot matrix":
        _show_one_hot(protein)
    else:
        _show_vocabulary()


def _start(protein: Protein, what: str) -> int:
    """First residue of the piece shown, 0-based."""
    spare = len(protein.sequence) - _FIRST
    if spare <= 0:
        return 0
    return int(st.slider(f"First residue of the {what}", 1, spare + 1, 1, key=f"masked_residues.inside.{what}")) - 1


def _show_one_hot(protein: Protein) -> None:
    start = _start(protein, "matrix")
    piece = protein.sequence[start : start + _FIRST]
    web.figure(
        plot.one_hot_matrix(piece, start=start, offset=protein.offset),
        "one_hot",
        alt=f"Matrix of 20 amino acids by {len(piece)} residues; each column has a single 1, at its residue.",
        key="masked_residues.one_hot",
    )
    st.caption(
        f"The whole matrix is 20 x {len(protein.sequence):,}: a single 1 in each column.",
        help="None where the residue is not one of the 20. It knows which residues differ, and nothing of how alike "
        "they are; a language model learns that.",
    )


def _show_tokens(protein: Protein) -> None:
    ids = [CLS, *encode(protein.sequence).tolist(), EOS]
    numbers = [None, *range(1 + protein.offset, len(protein.sequence) + 1 + protein.offset), None]
    table = pd.DataFrame({"token": [TOKENS[i] for i in ids], "id": ids, "residue": numbers})
    table["residue"] = table["residue"].astype("Int64")
    st.caption(
        f"{len(ids):,} tokens: one for each of the {len(protein.sequence):,} residues, and a special one at each end.",
        help="A masked residue has the id of <mask>, 32, instead of its own.",
    )
    web.table(table, "tokens", key="masked_residues.tokens.table", height=360)


def _show_vocabulary() -> None:
    table = pd.DataFrame(
        {
            "id": range(len(TOKENS)),
            "token": TOKENS,
            "kind": [plot.RESIDUE_CLASS.get(token, plot.OTHER_TOKEN) for token in TOKENS],
            "meaning": [_SPECIAL.get(token, "amino acid") for token in TOKENS],
        }
    )
    st.caption("The 33 tokens of ESM-2: amino acids, roughly the most frequent first, and special tokens.")
    web.table(table, "vocabulary", key="masked_residues.vocabulary", height=360)


@st.cache_data(max_entries=16, show_spinner="Drawing the token map...")
def _token_map(_choice: Choice, key: str, method: str, ids: tuple[int, ...]) -> tuple[np.ndarray, tuple[str, ...], str]:
    with _choice.opened() as model:
        vectors = model.token_embeddings()[list(ids)]
    found = project(vectors, ProjectionSettings(method=method, perplexity=6.0, seed=0))
    return found.coordinates, found.axes, found.title


def token_map(
    choice: Choice, method: str = "tsne", ids: tuple[int, ...] = _ALL
) -> tuple[np.ndarray, tuple[str, ...], str]:
    """Coordinates of tokens, names of the axes, and a title."""
    return _token_map(choice, choice.hash, method, ids)


def _show_map(choice: Choice) -> None:
    method = st.segmented_control(
        "Method",
        ["tsne", "pca"],
        format_func={"tsne": "t-SNE", "pca": "PCA"}.__getitem__,
        default="tsne",
        required=True,
        key="masked_residues.inside.method",
    )
    only = st.toggle("Only the 20 amino acids", key="masked_residues.inside.only")
    ids = tuple(sorted(AMINO_ACID_IDS.tolist())) if only else _ALL
    tokens = [TOKENS[i] for i in ids]
    coordinates, axes, title = token_map(choice, method, ids)
    web.figure(
        plot.token_map(tokens, coordinates, axes, f"Token vectors of {choice.card.name}, {title}"),
        f"tokens_{method}",
        alt=f"Map of {len(ids)} token vectors, coloured by side chain: "
        + ", ".join(f"{name}" for name in CHEMISTRY_COLOURS)
        + " and tokens that are no amino acid.",
        key="masked_residues.token_map",
    )
    table = pd.DataFrame(
        {
            "token": tokens,
            "kind": [plot.RESIDUE_CLASS.get(token, plot.OTHER_TOKEN) for token in tokens],
            axes[0]: np.round(coordinates[:, 0], 4),
            axes[1]: np.round(coordinates[:, 1], 4),
        }
    )
    web.fold(
        "Coordinates as a table",
        lambda: web.table(table, f"tokens_{method}", key="masked_residues.token_map.table"),
        key="masked_residues.token_map.fold",
    )
    st.caption(
        "Each token is a vector the model has learned.",
        help="Amino acids that replace each other in evolution tend to lie together; in a map of so few points "
        "distances between far groups mean little.",
    )
