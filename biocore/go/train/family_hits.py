"""Families of many proteins, each searched once and kept in a folder."""

import hashlib
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.errors import ModelUnavailable
from biocore.families.model import Families
from biocore.families.search import FamilySearch
from biocore.go.families import CANDIDATES, FamilyHits, found
from biocore.go.reference import as_lines
from biocore.go.train.settings import Say, quiet
from biocore.sequence import AMINO_ACIDS

COLUMNS = ("families", "bits", "expect", "begin", "end")


def stored_families(
    library: Families | None,
    sequences: Sequence[str],
    folder: Path,
    *,
    tool: str | None = None,
    say: Say = quiet,
    part: int = 250,
) -> FamilyHits:
    """Families of each protein: what is in `folder` is read, what is missing is searched and added.

    Parameters
    ----------
    library : Families, optional
        Without one no protein has a family.
    sequences : sequence of str, N
    folder : Path
    tool : str, optional
        "mmseqs": MMseqs2 chooses the families that HMMER looks at, by their consensus, in a quarter of the time;
        else the library's own filter does.
    say : callable
        Gets a line for each part.
    part : int
        Proteins of a file.

    Returns
    -------
    FamilyHits
    """
    if library is None:
        return FamilyHits.none(len(sequences))
    folder.mkdir(parents=True, exist_ok=True)
    route = "mmseqs" if tool == "mmseqs" else "filter"
    keys = [hashlib.sha256(f"{library.hash}|{route}|{s}".encode()).hexdigest()[:24] for s in sequences]
    known = _read(folder)
    missing = [i for i in dict(zip(keys, range(len(keys)), strict=True)).values() if keys[i] not in known]
    search = FamilySearch(library.library)
    among: dict[int, np.ndarray] = {}
    if missing and route == "mmseqs":
        say(f"MMseqs2 looks for families of {len(missing):,} proteins")
        among = dict(zip(missing, mmseqs_candidates(library, [sequences[i] for i in missing]), strict=True))
    for start in range(0, len(missing), part):
        rows = missing[start : start + part]
        new = {keys[i]: found(search, sequences[i], among.get(i)) for i in rows}
        _write(new, folder)
        known |= new
        say(f"families of {start + len(rows):,} of {len(missing):,} proteins")
    return FamilyHits.of([known[key] for key in keys])


def _write(new: dict[str, list[tuple[int, float, float, int, int]]], folder: Path) -> None:
    from safetensors.numpy import save_file

    flat = [hit for hits in new.values() for hit in hits]
    table = np.array(flat, float).reshape(-1, len(COLUMNS))
    arrays = {name: np.ascontiguousarray(table[:, i]) for i, name in enumerate(COLUMNS)}
    arrays |= {"proteins": as_lines(list(new)), "counts": np.array([len(hits) for hits in new.values()])}
    target = folder / f"families-{hashlib.sha256(''.join(new).encode()).hexdigest()[:16]}.safetensors"
    save_file(arrays, target.with_suffix(".partial"))
    target.with_suffix(".partial").replace(target)


def _read(folder: Path) -> dict[str, list[tuple[int, float, float, int, int]]]:
    from safetensors.numpy import load_file

    known: dict[str, list[tuple[int, float, float, int, int]]] = {}
    for path in sorted(folder.glob("families-*.safetensors")):
        stored = load_file(path)
        rows = [
            (int(family), float(bits), float(expect), int(begin), int(end))
            for family, bits, expect, begin, end in zip(*(stored[name] for name in COLUMNS), strict=True)
        ]
        edges = np.concatenate([[0], np.cumsum(stored["counts"])]).astype(int)
        names = stored["proteins"].tobytes().decode().split("\n")
        known |= {name: rows[a:b] for name, a, b in zip(names, edges[:-1], edges[1:], strict=True)}
    return known


def mmseqs_candidates(library: Families, sequences: Sequence[str]) -> list[np.ndarray]:
    """Families whose consensus MMseqs2 aligns with each protein (E-value up to 10), best first, at most `CANDIDATES`.

    Parameters
    ----------
    library : Families
    sequences : sequence of str, N

    Returns
    -------
    list of int arrays, N

    Raises
    ------
    ModelUnavailable
        MMseqs2 fails.
    """
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        letters = np.array(list(AMINO_ACIDS))
        with open(work / "families.fa", "w") as file:
            for number in range(len(library.library)):
                consensus = "".join(letters[library.library.family(number).frequencies.argmax(axis=1)])
                file.write(f">{number}\n{consensus}\n")
        (work / "proteins.fa").write_text("".join(f">{i}\n{s}\n" for i, s in enumerate(sequences)))
        command = "mmseqs easy-search proteins.fa families.fa hits.tsv work -s 5 -e 10 --max-seqs 60 --threads 1"
        asked = [*command.split(), "--format-output", "query,target,bits"]
        run = subprocess.run(asked, capture_output=True, text=True, check=False, cwd=work)
        if run.returncode:
            raise ModelUnavailable(f"mmseqs stopped: {(run.stderr or run.stdout).strip()[-300:]}")
        path = work / "hits.tsv"
        if not path.exists() or not path.stat().st_size:
            return [np.zeros(0, int)] * len(sequences)
        hits = pd.read_csv(path, sep="\t", header=None, names=["query", "family", "bits"])
    hits = hits.sort_values(["query", "bits"], ascending=[True, False], kind="stable")
    hits = hits.drop_duplicates(["query", "family"])
    best = {query: rows["family"].to_numpy()[:CANDIDATES] for query, rows in hits.groupby("query")}
    return [best.get(number, np.zeros(0, int)) for number in range(len(sequences))]
