"""What the quick filter loses and saves, beside HMMER on every family and beside MMseqs2 on the same families."""

import resource
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.families.columns import CODES
from biocore.families.model import Families
from biocore.families.search import SURVIVORS, Aligned, combine
from biocore.families.train.cluster import Say
from biocore.families.train.measure import MOST_RESIDUES, masked_positions
from biocore.families.train.recipe import Proteins
from biocore.sequence import AMINO_ACIDS
from biocore.stats.intervals import percentile_interval

EVALUE = 1e-3  # up to which a family counts as found
WITH_PROFILES = 500  # families that MMseqs2 is measured on with profiles, beside those that HMMER finds
DRAWN = 50  # sequences its profile of a family is made from
AT_ONCE = 1000  # families whose models are in memory together
LETTERS = np.frombuffer(AMINO_ACIDS.encode(), np.uint8)
MMSEQS_MSA = 11  # its number for a database of alignments
Row = dict[str, Any]


def filter_loss(families: Families, proteins: Proteins, rows: np.ndarray, *, say: Say) -> list[Row]:
    """How many of the families and residues that HMMER finds the quick filter keeps, and the time of each.

    The proteins have 15 % of their residues masked, as where perplexities are measured.  HMMER looks at all families,
    a thousand at a time with all proteins, so that each model is built once; only its searching is timed.
    """
    queries, hidden = [], []
    for row in rows:
        letters = np.frombuffer(proteins.sequences[row][:MOST_RESIDUES].encode(), np.uint8).copy()
        hidden.append(masked_positions(proteins, row))
        letters[CODES[letters] >= len(AMINO_ACIDS)] = ord("X")
        letters[hidden[-1]] = ord("X")
        queries.append(letters.tobytes().decode())
    everything, alone = hmmer_alone(families, queries, say=say)
    start = _processor_seconds()
    order = [families.candidates(query, most=SURVIVORS) for query in queries]
    filtering = (_processor_seconds() - start) / len(queries)
    start = _processor_seconds()
    kept = [families.family_search.search(query) for query in queries]
    quick = (_processor_seconds() - start) / len(queries)
    split = f"{len(rows):,} held-out clusters, 15 % of the residues masked"
    found = _kept(everything, [o.tolist() for o in order], "the filter", split, (50, 100, SURVIVORS))
    found.append(_reached(everything, kept, queries, split))
    truth = [proteins.codes(row)[h] for row, h in zip(rows, hidden, strict=True)]
    for words, hits in (("HMMER on all families", everything), ("the filter and HMMER on 200", kept)):
        said = [
            np.log(combine(q, h, families.library).probabilities[at, t])
            for q, h, at, t in zip(queries, hits, hidden, truth, strict=True)
        ]
        found.append(_perplexity(f"masked perplexity, profile, by {words}", said, split))
    times = [("HMMER on all families", alone), ("the filter", filtering), ("the filter and HMMER on 200", quick)]
    if shutil.which("mmseqs"):
        say("searching with MMseqs2 ...")
        others, seconds = mmseqs_candidates(families, queries)
        found += _kept(everything, others, "MMseqs2 on consensus sequences", split, (SURVIVORS,))
        times.append(("MMseqs2 on consensus sequences", seconds))
        say("searching with MMseqs2 and profiles ...")
        some = _some_families(everything, len(families.library))
        others, seconds = mmseqs_profile_candidates(families, queries, some)
        name = f"MMseqs2 with the profiles of {len(some):,} families"
        found += _kept(everything, others, name, split, (SURVIVORS,))
        times.append((f"{name}, times {len(families.library):,} / {len(some):,}", seconds))
    return found + [
        {"metric": f"processor seconds a protein, {name}", "value": value, "split": split} for name, value in times
    ]


def hmmer_alone(families: Families, queries: Sequence[str], *, say: Say) -> tuple[list[list[Aligned]], float]:
    """What HMMER finds for each protein among all families, best first, and its processor seconds each."""
    search, count = families.family_search, len(families.library)
    found: list[list[Aligned]] = [[] for _ in queries]
    seconds = 0.0
    for first in range(0, count, AT_ONCE):
        models = search.models(range(first, min(first + AT_ONCE, count)))
        start = _processor_seconds()
        for hits, query in zip(found, queries, strict=True):
            hits += search.scan(query, models)
        seconds += _processor_seconds() - start
        if (first // AT_ONCE) % 5 == 0:
            say(f"HMMER: {first:,} of {count:,} families")
    for hits in found:
        hits.sort(key=lambda a: (a.hit.evalue, a.index))
    return found, seconds / len(queries)


def _families(hits: Sequence[Aligned]) -> set[int]:
    return {a.index for a in hits if a.hit.evalue <= EVALUE}


def _kept(
    everything: list[list[Aligned]], orders: Sequence[Sequence[int]], name: str, split: str, survivors: Sequence[int]
) -> list[Row]:
    truth = [_families(hits) for hits in everything]
    total = sum(map(len, truth))
    made = []
    for most in survivors:
        both = np.array([(len(t & set(o[:most])), len(t)) for t, o in zip(truth, orders, strict=True)], float)
        made.append(
            _share(both, f"families HMMER finds that {name} keeps ({most} survivors)", split, f"{total:,} families")
        )
    return made


def _reached(everything: list[list[Aligned]], kept: list[list[Aligned]], queries: Sequence[str], split: str) -> Row:
    def covered(hits: Sequence[Aligned], query: str) -> np.ndarray:
        here = np.zeros(len(query), bool)
        for a in hits:
            here[a.residues] = True
        return here

    pairs = []
    for hits, quick, query in zip(everything, kept, queries, strict=True):
        whole = covered(hits, query)
        pairs.append(((covered(quick, query) & whole).sum(), whole.sum()))
    both = np.array(pairs, float)
    name = "residues HMMER on all families reaches that the filtered search reaches"
    return _share(both, name, split, f"{both[:, 1].sum():,.0f} residues")


def _share(both: np.ndarray, metric: str, split: str, note: str) -> Row:
    """A share from numerators and denominators of each protein, (N, 2), with its bootstrap over proteins."""
    value = _ratio(both[None])[0]
    draws = np.random.default_rng(0).integers(0, len(both), (1000, len(both)))
    interval = percentile_interval(value, _ratio(both[draws]))
    return {"metric": metric, "value": value, "low": interval.low, "high": interval.high, "split": split, "note": note}


def _ratio(both: np.ndarray) -> np.ndarray:
    sums = both.sum(axis=1)
    return np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)


def _perplexity(metric: str, said: list[np.ndarray], split: str) -> Row:
    row = _share(np.array([(-one.sum(), len(one)) for one in said]), metric, split, "the same residues")
    return row | {name: float(np.exp(row[name])) for name in ("value", "low", "high")}


def mmseqs_candidates(families: Families, queries: Sequence[str]) -> tuple[list[list[int]], float]:
    """Families whose consensus sequence MMseqs2 finds (sensitivity 7.5), best first, and its processor seconds each.

    All proteins at once on one thread, the index of the consensus sequences included.
    """
    library = families.library
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "queries.fasta").write_text("".join(f">{i}\n{q}\n" for i, q in enumerate(queries)))
        with (folder / "consensus.fasta").open("w") as file:
            for i in range(len(library)):
                consensus = LETTERS[library.family(i).frequencies.argmax(axis=1)].tobytes().decode()
                file.write(f">{i}\n{consensus}\n")
        _mmseqs(folder, "createdb", "queries.fasta", "queries")
        _mmseqs(folder, "createdb", "consensus.fasta", "consensus")
        start = _processor_seconds()
        bounds = ("-s", "7.5", "-e", "100", "--max-seqs", "1000", "--threads", "1")
        _mmseqs(folder, "search", "queries", "consensus", "found", "tmp", *bounds)
        seconds = (_processor_seconds() - start) / len(queries)
        fields = ("--format-output", "query,target,evalue")
        _mmseqs(folder, "convertalis", "queries", "consensus", "found", "found.tsv", *fields)
        return _listed(folder / "found.tsv", len(queries)), seconds


def _some_families(everything: list[list[Aligned]], count: int) -> list[int]:
    """Those that HMMER finds, and others at random: all of them would take MMseqs2 hours."""
    found = set().union(*map(_families, everything))
    others = [i for i in np.random.default_rng(5).permutation(count).tolist() if i not in found]
    return sorted(found) + others[:WITH_PROFILES]


def mmseqs_profile_candidates(
    families: Families, queries: Sequence[str], chosen: Sequence[int]
) -> tuple[list[list[int]], float]:
    """Families whose profile MMseqs2 finds each protein with, best first, and its processor seconds each for all.

    The profiles are the queries and the proteins the database, on one thread: the other way round MMseqs2 makes an
    index of the profiles first, which takes longer.  A profile is of `DRAWN` sequences drawn from the family's columns,
    each frequency met as closely as so many can.  The seconds are scaled from `chosen` to all families.
    """
    library, rng = families.library, np.random.default_rng(6)
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "proteins.fasta").write_text("".join(f">{i}\n{q}\n" for i, q in enumerate(queries)))
        place = 0
        with (folder / "drawn").open("wb") as data, (folder / "drawn.index").open("w") as index:
            for key, family in enumerate(chosen):
                entry = _drawn(library.family(family).frequencies, family, rng).encode() + b"\0"
                data.write(entry)
                index.write(f"{key}\t{place}\t{len(entry)}\n")
                place += len(entry)
        (folder / "drawn.dbtype").write_bytes(MMSEQS_MSA.to_bytes(4, "little"))
        _mmseqs(folder, "msa2profile", "drawn", "profiles", "--match-mode", "0", "--threads", "1")
        _mmseqs(folder, "createdb", "proteins.fasta", "proteins")
        start = _processor_seconds()
        bounds = ("-s", "7.5", "-e", "100", "--max-seqs", "1000", "--threads", "1")
        _mmseqs(folder, "search", "profiles", "proteins", "found", "tmp", *bounds)
        seconds = (_processor_seconds() - start) / len(queries) * len(library) / len(chosen)
        fields = ("--format-output", "target,query,evalue")
        _mmseqs(folder, "convertalis", "profiles", "proteins", "found", "found.tsv", *fields)
        return _listed(folder / "found.tsv", len(queries)), seconds


def _drawn(frequencies: np.ndarray, family: int, rng: np.random.Generator) -> str:
    """Sequences with these frequencies in each column, the likeliest first and named as the family."""
    below = np.cumsum(frequencies, axis=1)
    levels = (np.arange(DRAWN) + 0.5) / DRAWN * below[:, -1:]
    drawn = rng.permuted((below[:, None, :] < levels[:, :, None]).sum(axis=-1), axis=1)
    rows = np.concatenate([frequencies.argmax(axis=1)[:, None], drawn], axis=1).T
    return "".join(
        f">{family if k == 0 else f's{k}'}\n{LETTERS[row].tobytes().decode()}\n" for k, row in enumerate(rows)
    )


def _listed(path: Path, count: int) -> list[list[int]]:
    """Families of each of `count` proteins, best first and once each, from lines of protein, family, E-value."""
    found: list[dict[int, float]] = [{} for _ in range(count)]
    for line in path.read_text().splitlines():
        protein, family, evalue = line.split("\t")
        hits = found[int(protein)]
        hits[int(family)] = min(float(evalue), hits.get(int(family), np.inf))
    return [[family for _, family in sorted((evalue, family) for family, evalue in hits.items())] for hits in found]


def _processor_seconds() -> float:
    """Of this process and of those it has waited for, all threads: other work on the machine does not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _mmseqs(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["mmseqs", *arguments, "-v", "1"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"mmseqs {arguments[0]} failed: {(done.stdout + done.stderr).strip()[-200:]}")
