"""Files, the reproducing command and the link."""

import json
from collections.abc import Sequence

import pandas as pd
import streamlit as st

from biocore import web, zoo
from biocore.go import Prediction, tables
from biocore.web.protein_function.proteins import Protein


def show_outputs(card: zoo.ModelCard, proteins: Sequence[Protein], done: dict[int, Prediction]) -> None:
    """Scores as files, and the command that makes them."""
    only = st.toggle("Only terms above their threshold", value=True, key="function.only")

    def table() -> pd.DataFrame:
        with web.open_model(card.name) as model:
            parts = [
                tables.scores(model, prediction, [proteins[i].name], above_threshold=only)
                for i, prediction in done.items()
            ]
        return pd.concat(parts, ignore_index=True)

    left, middle, right = st.columns(3)
    with left:
        web.download("Scores as CSV", lambda: table().to_csv(index=False), "functions.csv", "text/csv")
    with middle:
        tsv = "text/tab-separated-values"
        web.download("Scores as TSV", lambda: table().to_csv(index=False, sep="\t"), "functions.tsv", tsv)
    with right:
        web.download("Scores as JSON", lambda: _as_json(table()), "functions.json", "application/json")
    source = proteins[0].sequence if len(proteins) == 1 and len(proteins[0].sequence) <= 2000 else "proteins.fa"
    command = [
        "function",
        source,
        "--model",
        card.name,
        *(["--above-threshold"] if only else []),
        "--out",
        "functions.csv",
    ]
    web.command_line(command, note="" if source != "proteins.fa" else "Save the proteins as proteins.fa first.")


def _as_json(table: pd.DataFrame) -> str:
    return json.dumps(json.loads(table.to_json(orient="records", double_precision=6)), indent=1)


def keep_in_link(text: str, proteins: Sequence[Protein], number: int, term: str | None) -> None:
    """The page's settings in its address; the proteins on request."""
    web.set_link(record=web.record_in_link(number), term=term)
    size = f"{len(proteins[0].sequence):,} residues" if len(proteins) == 1 else f"{len(proteins):,} proteins"
    web.share_link(f"what you pasted ({size})", seq=text)
