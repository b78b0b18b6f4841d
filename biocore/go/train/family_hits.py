"""Families of many proteins, each searched once and kept in a folder."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from biocore.families.model import Families
from biocore.go import family_search
from biocore.go.families import INCLUDED, FamilyHits
from biocore.go.family_search import FamilyFinder
from biocore.go.reference import as_lines
from biocore.go.train.settings import Say, quiet

COLUMNS = ("families", "bits", "expect", "begin", "end")
ROUTE = f"words-{family_search.CANDIDATES}"  # which families HMMER looks at: part of what a stored answer rests on


def stored_families(
    library: Families | None,
    sequences: Sequence[str],
    folder: Path,
    *,
    say: Say = quiet,
    part: int = 2000,
) -> FamilyHits:
    """Families of each protein: what is in `folder` is read, what is missing is searched and added.

    Parameters
    ----------
    library : Families, optional
        Without one no protein has a family.
    sequences : sequence of str, N
    folder : Path
    say : callable
        Gets a line for each part.
    part : int
        Proteins of a file, searched together: a family's model is made once for all of them.

    Returns
    -------
    FamilyHits
    """
    if library is None:
        return FamilyHits.none(len(sequences))
    folder.mkdir(parents=True, exist_ok=True)
    keys = [hashlib.sha256(f"{library.hash}|{ROUTE}|{s}".encode()).hexdigest()[:24] for s in sequences]
    known = _read(folder)
    missing = [i for i in dict(zip(keys, range(len(keys)), strict=True)).values() if keys[i] not in known]
    finder = FamilyFinder(library.library)
    for start in range(0, len(missing), part):
        rows = missing[start : start + part]
        found = finder.search([sequences[i] for i in rows], expect=INCLUDED)
        new = {keys[i]: hits for i, hits in zip(rows, found, strict=True)}
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
