"""What takes long and is computed once: embeddings and alignments, kept in a folder."""

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from biocore import runtime
from biocore.go import features, homology, seeds
from biocore.go.reference import as_lines
from biocore.go.train import alignment, prepare
from biocore.go.train.settings import Data, Say, quiet
from biocore.io import replacing


def stored_embeddings(
    backbone: features.Backbone,
    sequences: Sequence[str],
    folder: Path,
    *,
    reading: features.Reading,
    say: Say = quiet,
    part: int = 250,
) -> np.ndarray:
    """Pooled embeddings of many proteins, each computed once: what is in `folder` is read, what is missing is added.

    Parameters
    ----------
    folder : Path
        Holds parts of `part` proteins, ``*.safetensors``; an interrupted run goes on where it stopped.

    Returns
    -------
    float32 array, (N, 3 D)
    """
    from safetensors.numpy import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    keys = [embedding_key(backbone, sequence, reading) for sequence in sequences]
    known: dict[str, np.ndarray] = {}
    for path in sorted(folder.glob("[0-9a-f]*.safetensors")):
        stored = load_file(path)
        if "keys" not in stored:
            continue  # alignments
        known |= dict(zip(stored["keys"].tobytes().decode().split("\n"), stored["vectors"], strict=True))
    missing = [i for i in dict(zip(keys, range(len(keys)), strict=True)).values() if keys[i] not in known]
    started = time.monotonic()
    for place in range(0, len(missing), part):
        rows = missing[place : place + part]
        vectors = features.pooled_all(backbone, [sequences[i] for i in rows], reading)
        names = [keys[i] for i in rows]
        target = folder / f"{hashlib.sha256(''.join(names).encode()).hexdigest()[:16]}.safetensors"
        partial = target.with_suffix(".partial")
        save_file({"keys": as_lines(names), "vectors": vectors}, partial)
        partial.replace(target)
        known |= dict(zip(names, vectors, strict=True))
        done = place + len(rows)
        left = (time.monotonic() - started) / done * (len(missing) - done)
        say(f"embedded {done:,} of {len(missing):,} proteins, {left / 60:.0f} min left")
    return np.array([known[key] for key in keys], np.float32)


def stored_neighbours(
    index: homology.HomologyIndex,
    sequences: Sequence[str],
    folder: Path,
    *,
    exclude: Sequence[np.ndarray] | None = None,
    say: Say = quiet,
    part: int = 100,
) -> homology.HomologueHits:
    """`HomologyIndex.search`, each protein aligned once: what is in `folder` is read, what is missing is added.

    Parameters
    ----------
    index : HomologyIndex
    sequences : sequence of str, N
    folder : Path
    exclude : sequence of int arrays, optional
        As in `HomologyIndex.search`.
    say : callable
        Gets a line for each part.
    part : int
        Proteins of a file.

    Returns
    -------
    HomologueHits
    """
    from safetensors.numpy import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    against = hashlib.sha256(index.groups.tobytes() + index.lengths.tobytes()).hexdigest()
    parts = []
    for start in range(0, len(sequences), part):
        asked = list(sequences[start : start + part])
        gone = None if exclude is None else [np.asarray(rows, np.int64) for rows in exclude[start : start + part]]
        recipe = f"{against}|{seeds.WORD}|{seeds.COMMON}|{homology.KEPT}|{index.filtered}|" + "\n".join(asked)
        recipe += "".join(rows.tobytes().hex() for rows in gone or []) + "|"
        recipe += "".join(f"{n}|" for n in map(homology.kept, map(len, asked)) if n < homology.KEPT)
        path = folder / f"aligned-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.safetensors"
        if path.exists():
            stored = load_file(path)
        else:
            found = index.search(asked, exclude=gone)
            arrays = {"indices": found.indices, "similarity": found.similarity, "bits": found.bits}
            stored = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
            save_file(stored, path.with_suffix(".partial"))
            path.with_suffix(".partial").replace(path)
            say(f"aligned {start + len(asked):,} of {len(sequences):,} proteins")
        parts.append(stored)
    return homology.HomologueHits(*(np.vstack([p[name] for p in parts]) for name in ("indices", "similarity", "bits")))


def stored_alignment(
    tool: str, queries: Sequence[str], references: Sequence[str], folder: Path, *, say: Say = quiet
) -> pd.DataFrame:
    """`alignment.align`, made once and kept in `folder` as ``yardstick-*.parquet``.

    Parameters
    ----------
    tool : str
        mmseqs or blastp.
    queries, references : sequences of str
    folder : Path
    say : callable
        Is told when a program starts.
    """
    recipe = "\n".join([tool, *queries, "", *references])
    path = folder / f"yardstick-{tool}-{hashlib.sha256(recipe.encode()).hexdigest()[:16]}.parquet"
    if not path.exists():
        say(f"aligning {len(queries):,} proteins with {len(references):,} by {tool}")
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(path) as part:
            alignment.align(queries, references, tool=tool).to_parquet(part, index=False)
    return pd.read_parquet(path)


def embedding_key(backbone: features.Backbone, sequence: str, reading: features.Reading) -> str:
    """Stands for a protein's pooled embedding: model, reading and sequence."""
    recipe = f"{backbone.hash}|{'+'.join(features.POOLS)}|{reading.layer}|{reading.limit}|{sequence}"
    return hashlib.sha256(recipe.encode()).hexdigest()[:24]


def embedding_folder(name: str) -> Path:
    """Where the embeddings of a language model are kept."""
    return runtime.home() / "function" / name


def load_data(
    table: pd.DataFrame,
    terms: Sequence[str],
    backbone: features.Backbone,
    *,
    folder: Path,
    reading: features.Reading,
    say: Say = quiet,
) -> Data:
    """A table with embeddings (of width 0 without a language model) and labels.

    Parameters
    ----------
    table : DataFrame
        As `prepare.prepare` gives it.
    terms : sequence of str, T
    backbone : Backbone
    folder : Path
        Where embeddings are kept.
    reading : Reading
    say : callable
        Gets a line of text as work goes on.

    Returns
    -------
    Data
    """
    if backbone.hash == "none":
        pooled = np.zeros((len(table), 0), np.float32)
        return Data(table.reset_index(drop=True), pooled, prepare.label_matrix(list(table["terms"]), terms))
    pooled = stored_embeddings(backbone, list(table["Sequence"]), folder, reading=reading, say=say)
    return Data(table.reset_index(drop=True), pooled, prepare.label_matrix(list(table["terms"]), terms))
