"""``train families``: from FASTA to a library, reproducible from the command."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from biocore.errors import InputError
from biocore.families.columns import CODES, GAP
from biocore.families.hmm import CALIBRATION
from biocore.families.library import Family, Library
from biocore.families.train.build import LEAST_LENGTH, LEAST_MEMBERS, build_library, family_of
from biocore.families.train.calibrate import calibrate
from biocore.families.train.cluster import Say, cluster, read_groups, read_hits
from biocore.families.train.msa import FamilyAlignment, Hit, Pair, align_members, carried_over, joined
from biocore.io import read_fasta

HELD_OUT = 0.01  # of the clusters: what `evaluate families` and `evaluate plm` ask
TUNED_ON = 0.01  # of the clusters: what the blend is fitted on
MOST_RELATIVES = 300  # rows that relatives bring into one family
NEW_RESIDUES = 40  # a family of relatives must reach this many residues that no other family reaches


@dataclass(frozen=True)
class Proteins:
    """Sequences and the cluster of relatives each belongs to."""

    sequences: tuple[str, ...]
    clusters: np.ndarray

    def __len__(self) -> int:
        return len(self.sequences)

    def codes(self, index: int) -> np.ndarray:
        """Codes of `biocore.families.columns`, uint8 (L,)."""
        return CODES[np.frombuffer(self.sequences[index].encode("ascii", "replace"), np.uint8)]

    def part(self, low: float, high: float) -> np.ndarray:
        """Which proteins lie in a part of the clusters, bool (N,), by the rule of `evaluate plm`'s corpus."""
        hashed = (self.clusters.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        return (hashed >= low * 2**24) & (hashed < high * 2**24)


def read_proteins(path: Path) -> Proteins:
    """FASTA with headers ``>index|cluster``, compressed or not.

    Raises
    ------
    InputError
        A header has no cluster number (which one), or there is no protein.
    """
    sequences, clusters = [], []
    for entry in read_fasta(path):
        fields = entry.header.split("|")
        if len(fields) < 2 or not fields[1].strip().isdigit():
            raise InputError(
                f"line {entry.line:,}: the header {entry.header[:60]!r} has no cluster number; '>index|cluster' is "
                "needed, so that relatives stay on one side of the split.",
                record=str(path),
            )
        sequences.append(entry.sequence.upper().rstrip("*"))
        clusters.append(int(fields[1]))
    if not sequences:
        raise InputError("holds no protein.", record=str(path))
    return Proteins(tuple(sequences), np.array(clusters, np.int64))


def train_library(
    proteins: Proteins, folder: Path, *, threads: int, seed: int, least: int, most_columns: int, say: Say
) -> Library:
    """Cluster, align, and pack what is not held out.

    Parameters
    ----------
    proteins : Proteins
    folder : Path
        Working files, tens of gigabytes for millions of proteins; steps found there are not repeated.
    threads : int
    seed : int
    least : int
        Members a family needs.
    most_columns : int
        Columns of all families together; decides how many families of relatives are added.
    """
    apart = proteins.part(0, HELD_OUT + TUNED_ON)  # clustered in part, but in no family
    folder.mkdir(parents=True, exist_ok=True)
    fasta = folder / "proteins.fasta"
    if not fasta.exists():
        kept = np.flatnonzero(~proteins.part(0, HELD_OUT))
        fasta.write_text("".join(f">{i}\n{proteins.sequences[i]}\n" for i in kept))
    cluster(fasta, folder, threads=threads, say=say)
    groups = read_groups(folder, apart)
    families = list(cluster_families(groups, proteins.codes, least=least))
    columns = sum(map(len, families))
    say(f"{len(families):,} families of {least} members or more, {columns:,} columns")
    for family in relative_families(groups, folder / "relatives.tsv", apart, proteins.codes, least=least):
        if columns + len(family) > most_columns:
            break
        families.append(family)
        columns += len(family)
    say(f"{len(families):,} families with those of relatives, {columns:,} columns")
    library = build_library(families, seed=seed, calibration=dict.fromkeys(CALIBRATION, 0.0))
    say("calibrating E-values ...")
    return replace(library, calibration=calibrate(library, seed=seed))


def cluster_families(
    groups: dict[int, list[Pair]], codes: Callable[[int], np.ndarray], *, least: int = LEAST_MEMBERS
) -> Iterator[Family]:
    """A family for each cluster of `least` members or more."""
    for representative, pairs in groups.items():
        if len(pairs) + 1 >= least:
            alignment = align_members(codes(representative), [(codes(p.member), p) for p in pairs])
            family = family_of(alignment, str(representative))
            if family is not None:
                yield family


def relative_families(
    groups: dict[int, list[Pair]],
    relatives: Path,
    apart: np.ndarray,
    codes: Callable[[int], np.ndarray],
    *,
    least: int = LEAST_MEMBERS,
) -> Iterator[Family]:
    """Families of small clusters and their relatives in other clusters, those that reach most new residues first.

    A representative whose residues a family of a large cluster reaches already is passed over, and so is one that an
    earlier family of this kind reaches.
    """
    hits = {
        q: [h for h in found if h.pair.member != q and h.pair.member in groups]
        for q, found in read_hits(relatives)
        if q in groups
    }
    large = {q for q, pairs in groups.items() if len(pairs) + 1 >= least}
    reached = {q: _reach(hits.get(q, []), len(codes(q)), large) for q in groups if q not in large}
    small = [q for q in reached if sum(len(groups[h.pair.member]) + 1 for h in hits.get(q, [])) + 1 >= least]
    order = sorted(small, key=lambda q: (-len(hits[q]) * int((~reached[q]).sum()), q))
    for q in order:
        if (~reached[q]).sum() < NEW_RESIDUES:
            continue
        family = family_of(_with_relatives(q, groups, hits[q], codes), str(q))
        if family is None or len(family) < LEAST_LENGTH:
            continue
        yield family
        for hit in hits[q]:
            other = hit.pair.member
            if other in reached:
                start = hit.pair.member_start
                reached[other][start : start + align_lengths(hit.pair.cigar)[1]] = True


def _reach(hits: list[Hit], length: int, large: set[int]) -> np.ndarray:
    """Residues of a representative that families of large clusters reach, bool (L,)."""
    reached = np.zeros(length, bool)
    for hit in hits:
        if hit.pair.member in large:
            reached[hit.pair.start : hit.pair.start + align_lengths(hit.pair.cigar)[0]] = True
    return reached


def align_lengths(cigar: str) -> tuple[int, int]:
    """Residues of representative and member that a CIGAR spans.

    Examples
    --------
    >>> align_lengths("10M2I3M4D1M")
    (16, 18)
    """
    here = there = number = 0
    for sign in cigar:
        if sign.isdigit():
            number = 10 * number + int(sign)
            continue
        here += number if sign in "MI" else 0
        there += number if sign in "MD" else 0
        number = 0
    return here, there


def _with_relatives(
    q: int, groups: dict[int, list[Pair]], hits: list[Hit], codes: Callable[[int], np.ndarray]
) -> FamilyAlignment:
    """A small cluster with its relatives' clusters, laid on its representative; closest relatives first."""
    length = len(codes(q))
    parts = [align_members(codes(q), [(codes(p.member), p) for p in groups[q]])]
    rows = 0
    for hit in sorted(hits, key=lambda h: h.evalue):
        other = hit.pair.member
        alignment = align_members(codes(other), [(codes(p.member), p) for p in groups[other]])
        parts.append(carried_over(alignment, hit.pair, length))
        rows += len(alignment.rows)
        if rows >= MOST_RELATIVES:
            break
    whole = joined(parts)
    kept = (whole.rows < GAP).sum(axis=1) >= LEAST_LENGTH
    kept[0] = True
    return FamilyAlignment(whole.rows[kept], whole.inserted[kept])
