"""The worked examples of the embedding map: which proteins, which labels, and how they are kept.

``python -m biocore map-examples --data DIR`` computes all of them; run it again when the language model changes.
"""

import json
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import embedding, runtime
from biocore.errors import DataUnavailable
from biocore.sequence import AMINO_ACIDS, Record

SEED = 42
ROOT = "GO:0003674"  # molecular_function
TOO_BROAD = "GO:0005488"  # binding: nine proteins in ten have it
LONGEST = 1000  # residues, protein-function set


def sets(data: Path, model) -> dict[str, tuple[list[Record] | None, pd.DataFrame, dict]]:
    """Name -> records (None for the tokens), label columns, card."""
    return {
        "extracellular-membrane": _localisation(data),
        "protein-function": _function(data),
        "tokens": (None, _token_columns(model), _token_card(model)),
    }


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except OSError as error:
        raise DataUnavailable(f"{path} is needed to make the examples ({error.strerror}).") from error


def _localisation(data: Path, each: int = 350) -> tuple[list[Record], pd.DataFrame, dict]:
    """Extracellular against membrane proteins of 100 to 500 residues."""
    table = _read(data / "localisation" / "proteins.tsv.gz")
    table = table[table["source"].str.startswith("DeepLoc") & table["sequence"].str.len().between(100, 500)]
    table = table.drop_duplicates("accession").drop_duplicates("sequence")
    outside = table[(table["label"] == "Extracellular") & (table["membrane"] == "soluble")]
    inside = table[table["membrane"] == "membrane"]
    parts = [part.sample(min(each, len(part)), random_state=SEED) for part in (outside, inside)]
    chosen = pd.concat(parts).sort_values("accession")
    columns = pd.DataFrame(
        {
            "label": np.where(chosen["membrane"] == "membrane", "Membrane", "Extracellular"),
            "location": chosen["label"].to_numpy(),
        }
    )
    card = {
        "order": 0,
        "title": "Extracellular against membrane proteins",
        "description": f"{len(chosen):,} proteins of 100 to 500 residues: soluble extracellular ones, and ones in a "
        "membrane, as UniProt says.",
        "source": "UniProt accessions and locations as released with DeepLoc (doi:10.1093/bioinformatics/btx431)",
        "licence": "accessions and labels: CC BY 4.0 (UniProt)",
        "colour": "label",
    }
    return _records(chosen["accession"], chosen["sequence"]), columns, card


def _function(data: Path, each: int = 330) -> tuple[list[Record], pd.DataFrame, dict]:
    """Human proteins with exactly one broad molecular function, binding aside."""
    terms = _read(data / "go" / "mf_terms.tsv.gz").set_index("term")
    broad = {t for t, parents in terms["parents"].items() if ROOT in parents.split(";")} - {TOO_BROAD}
    table = _read(data / "go" / "human_mf.tsv.gz")
    table = table[table["Sequence"].str.len() <= LONGEST].drop_duplicates("Sequence")
    found = [sorted(broad & set(text.split(";"))) for text in table["terms"]]
    table = table.assign(term=[f[0] if len(f) == 1 else "" for f in found])
    common = [t for t, n in Counter(t for t in table["term"] if t).most_common() if n >= 100]
    parts = [table[table["term"] == t] for t in common]
    chosen = pd.concat([p.sample(min(each, len(p)), random_state=SEED) for p in parts]).sort_values("EntryID")
    columns = pd.DataFrame(
        {"function": terms["name"].loc[chosen["term"]].to_numpy(), "term": chosen["term"].to_numpy()}
    )
    card = {
        "order": 1,
        "title": "Protein functions (human)",
        "description": f"{len(chosen):,} human proteins of up to {LONGEST:,} residues with one broad molecular "
        f"function each ({len(common)} functions, binding aside).",
        "source": "UniProt accessions; molecular functions of the Gene Ontology annotation (GOA), propagated",
        "licence": "accessions and annotation: CC BY 4.0 (UniProt, Gene Ontology)",
        "colour": "function",
    }
    return _records(chosen["EntryID"], chosen["Sequence"]), columns, card


def _records(names: pd.Series, sequences: pd.Series) -> list[Record]:
    return [Record(name, sequence) for name, sequence in zip(names, sequences, strict=True)]


def _token_columns(model) -> pd.DataFrame:
    from biocore.plot.theme import CHEMISTRY

    groups = {letter: group for group, letters in CHEMISTRY.items() for letter in letters}
    kinds = [
        groups[t] if t in AMINO_ACIDS else "rare or ambiguous letter" if t.isalpha() else "control token"
        for t in model.vocabulary
    ]
    return pd.DataFrame({"side chain": kinds})


def _token_card(model) -> dict:
    return {
        "order": 2,
        "title": "The model's 33 tokens",
        "description": "What the model knows of each letter before it sees any neighbour: the rows of its input table, "
        "20 amino acids, rare letters and control tokens.",
        "source": f"input table of {model.name}",
        "licence": "as the model's",
        "colour": "side chain",
    }


def tokens(model, columns: pd.DataFrame) -> embedding.EmbeddingSet:
    """The input table of a model as a set of embeddings."""
    return embedding.EmbeddingSet(
        tuple(model.vocabulary), model.token_embeddings(), columns, model=model.name, model_hash=model.hash, layer=0
    )


def without_sequences(found: embedding.EmbeddingSet, columns: pd.DataFrame) -> embedding.EmbeddingSet:
    """A set with its labels and lengths, and without its sequences."""
    table = pd.concat([columns.reset_index(drop=True), found.table[["length"]]], axis=1)
    return embedding.EmbeddingSet(
        found.names, found.vectors, table, model=found.model, model_hash=found.model_hash, layer=found.layer
    )


def write(name: str, embeddings: embedding.EmbeddingSet, card: dict, model) -> Path:
    """Round to 16 bits, compute the projection from the rounded vectors, and write both files."""
    from dataclasses import replace

    folder = runtime.ASSETS / "examples"
    folder.mkdir(parents=True, exist_ok=True)
    embeddings = replace(embeddings, vectors=embeddings.vectors.astype(np.float16).astype(np.float32))
    shown = embedding.project(embeddings.vectors, embedding.ProjectionSettings(), names=embeddings.names)
    path = folder / f"map_{name}.npz"
    path.write_bytes(embedding.write_vectors(embeddings, ".npz", shown, half=True))
    about = {"model": embeddings.model, "model_hash": embeddings.model_hash, "layer": embeddings.layer}
    card = card | about | {"proteins": len(embeddings), "numbers": embeddings.vectors.shape[1]}
    (folder / f"map_{name}.json").write_text(json.dumps(card, indent=1) + "\n")
    return path
