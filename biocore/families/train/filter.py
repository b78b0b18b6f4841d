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
AT_ONCE = 1000  # families whose models are in memory together
LETTERS = np.frombuffer(AMINO_ACIDS.encode(), np.uint8)
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
        found: list[list[tuple[float, int]]] = [[] for _ in queries]
        for line in (folder / "found.tsv").read_text().splitlines():
            query, target, evalue = line.split("\t")
            found[int(query)].append((float(evalue), int(target)))
    return [[target for _, target in sorted(hits)] for hits in found], seconds


def _processor_seconds() -> float:
    """Of this process and of those it has waited for, all threads: other work on the machine does not count."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _mmseqs(folder: Path, *arguments: str) -> None:
    done = subprocess.run(["mmseqs", *arguments, "-v", "1"], cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise InputError(f"mmseqs {arguments[0]} failed: {(done.stdout + done.stderr).strip()[-200:]}")
