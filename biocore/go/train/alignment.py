"""Alignment neighbours by MMseqs2 or BLAST+, where one of them is installed: the yardstick the model is held to."""

import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.errors import InputError, ModelUnavailable

PROGRAMS = ("mmseqs", "blastp")
_COLUMNS = ("query", "reference", "identity", "bits")


def programs(wish: str = "auto") -> tuple[str, ...]:
    """The alignment programs to use; none where none is wanted or, with "auto", none is installed.

    Parameters
    ----------
    wish : str
        auto (the first that is installed), none, mmseqs, blastp, or both.

    Raises
    ------
    InputError
        Another word.
    ModelUnavailable
        One asked for is not installed.
    """
    installed = tuple(name for name in PROGRAMS if shutil.which(name))
    if wish == "none":
        return ()
    if wish == "auto":
        return installed[:1]
    if wish not in (*PROGRAMS, "both"):
        raise InputError(f"the alignment program {wish!r} is not known; use auto, none, {', '.join(PROGRAMS)} or both.")
    wanted = PROGRAMS if wish == "both" else (wish,)
    if missing := [name for name in wanted if name not in installed]:
        raise ModelUnavailable(f"{' and '.join(missing)} not installed (Debian: mmseqs2, ncbi-blast+).")
    return wanted


def align(queries: Sequence[str], references: Sequence[str], *, tool: str, threads: int = 1) -> pd.DataFrame:
    """Local alignments of each query with the references, E-value up to 0.001.

    Parameters
    ----------
    queries, references : sequences of str
    tool : str
        mmseqs or blastp.
    threads : int

    Returns
    -------
    DataFrame with query, reference (rows of the inputs), identity (0 to 1, of the aligned part) and bits; best first

    Raises
    ------
    ModelUnavailable
        The program fails.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _fasta(queries, folder / "queries.fa")
        _fasta(references, folder / "references.fa")
        for command in _commands(tool, folder, threads):
            run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
            if run.returncode:
                raise ModelUnavailable(f"{tool} stopped: {(run.stderr or run.stdout).strip()[-300:]}")
        path = folder / "hits.tsv"
        if not path.exists() or not path.stat().st_size:
            return pd.DataFrame({c: pd.Series(dtype=float) for c in _COLUMNS}).astype({"query": int, "reference": int})
        hits = pd.read_csv(path, sep="\t", header=None, names=list(_COLUMNS))
    if tool == "blastp":
        hits["identity"] /= 100
    hits = hits.sort_values(["query", "bits"], ascending=[True, False], kind="stable")
    return hits.drop_duplicates(["query", "reference"]).reset_index(drop=True)


def _commands(tool: str, folder: Path, threads: int) -> list[list[str]]:
    if tool == "mmseqs":
        search = "mmseqs easy-search queries.fa references.fa hits.tsv work"
        search += f" -s 7.5 -e 0.001 --max-seqs 100 --threads {threads}"
        return [[*search.split(), "--format-output", "query,target,fident,bits"]]
    search = "blastp -query queries.fa -db references -out hits.tsv"
    search += f" -evalue 0.001 -max_target_seqs 100 -num_threads {threads}"
    return [
        "makeblastdb -in references.fa -dbtype prot -out references".split(),
        [*search.split(), "-outfmt", "6 qseqid sseqid pident bitscore"],
    ]


def _fasta(sequences: Sequence[str], path: Path) -> None:
    path.write_text("".join(f">{number}\n{sequence}\n" for number, sequence in enumerate(sequences)))


def transfer(hits: pd.DataFrame, labels: np.ndarray, queries: int, *, top: int | None = 10) -> np.ndarray:
    """Terms of the aligned proteins, weighted by bit score, float32 (queries, T).

    Parameters
    ----------
    hits : DataFrame
        As `align` gives it.
    labels : bool array, (M, T)
        Terms of the references.
    top : int, optional
        Use the best `top` hits; 1 copies the best one, None uses all.
    """
    scores = np.zeros((queries, labels.shape[1]), np.float32)
    for query, rows in hits.groupby("query"):
        rows = rows if top is None else rows.head(top)
        bits = rows["bits"].to_numpy(float)
        scores[int(query)] = bits @ labels[rows["reference"].to_numpy(int)] / bits.sum()
    return scores


def mixed(scores: np.ndarray, frequency: np.ndarray) -> np.ndarray:
    """`transfer` with a little of the terms' frequency, and frequency alone where nothing aligns.

    Parameters
    ----------
    scores : float array, (N, T)
    frequency : float array, (T,)
    """
    return np.where(scores.any(axis=1, keepdims=True), 0.97 * scores + 0.03 * frequency, frequency)


def nearest_identity(hits: pd.DataFrame, queries: int) -> np.ndarray:
    """Identity of each query's best hit (by bit score), (queries,); NaN where there is none.

    Parameters
    ----------
    hits : DataFrame
        As `align` gives it.
    queries : int
        How many there are.
    """
    identity = np.full(queries, np.nan)
    best = hits.drop_duplicates("query")
    identity[best["query"].to_numpy(int)] = best["identity"].to_numpy(float)
    return identity
