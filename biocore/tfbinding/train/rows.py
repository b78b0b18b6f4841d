"""A user's own labelled DNA: windows at peaks, and a split of rows that leaves no place on both sides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.io.fasta import FastaEntry
from biocore.sequence import DNA, dinucleotide_shuffle
from biocore.stats.splits import cluster_split
from biocore.tfbinding.train.data import KINDS, DnaDataset, kmer_hashes, kmers_known

WIDTH = 101  # bp of a window at a peak
LEAST = 100  # rows of either class
_POSITIVE, _SHUFFLE, _GENOMIC = (KINDS.index(kind) for kind in ("positive", "dinucleotide_shuffle", "genomic"))
_K = 31
_TRIES = 20  # places looked at for each genomic negative
_GC = 0.05  # by which the GC content of a genomic negative may differ from its positive's


@dataclass(frozen=True)
class Peak:
    """A line of a BED file: a place in a sequence, 0-based half-open, and the summit where it is known."""

    chromosome: str
    start: int
    end: int
    summit: int | None
    line: int

    @property
    def middle(self) -> int:
        return self.summit if self.summit is not None else (self.start + self.end) // 2


def parse_bed(lines: Iterable[str], *, most: int | None = None) -> list[Peak]:
    """Peaks of BED or narrowPeak text; the tenth column of the latter is the summit.

    Raises
    ------
    InputError
        A line has fewer than three columns or no whole numbers, or there is none, or more than `most`.

    Examples
    --------
    >>> parse_bed(["chr1\\t100\\t300"])[0].middle
    200
    """
    peaks: list[Peak] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith(("#", "track", "browser")):
            continue
        parts = line.rstrip("\r\n").split("\t") if "\t" in line else line.split()
        try:
            chromosome, start, end = parts[0], int(parts[1]), int(parts[2])
        except (IndexError, ValueError):
            raise InputError(
                f"line {number:,} has no chromosome, start and end separated by tabs: {line.strip()[:60]!r}.",
                record="BED",
            ) from None
        if not 0 <= start < end:
            raise InputError(
                f"line {number:,}: start {start:,} must be 0 or more, and lie before end {end:,}.", record="BED"
            )
        offset = int(parts[9]) if len(parts) > 9 and parts[9].lstrip("-").isdigit() else -1
        peaks.append(Peak(chromosome, start, end, start + offset if offset >= 0 else None, number))
    if not peaks:
        raise InputError("holds no peak.", record="BED")
    if most is not None and len(peaks) > most:
        raise InputError(f"holds {len(peaks):,} peaks; up to {most:,} are taken. Keep the strongest.", record="BED")
    return peaks


def at_peaks(peaks: Sequence[Peak], reference: Iterable[FastaEntry], name: str, *, seed: int = 0) -> DnaDataset:
    """Windows of 101 bp around peaks, and as many unbound ones: half are shuffles that keep each pair of neighbouring
    bases, half lie elsewhere in the same sequences and have the same share of G and C, as far as there is room.

    Parameters
    ----------
    peaks : sequence of Peak
    reference : iterable of FastaEntry
        Read once; ``chr1`` and ``1`` count as one name.
    name : str
        The factor's.
    seed : int

    Raises
    ------
    InputError
        A peak lies in no sequence of the reference, or too near to an end, in too many cases for 100 windows to be
        left.
    """
    wanted: dict[str, list[Peak]] = {}
    for peak in peaks:
        wanted.setdefault(_plain(peak.chromosome), []).append(peak)
    rng, bound, elsewhere = np.random.default_rng(seed), [], []
    for entry in reference:
        here = wanted.pop(_plain(entry.name), [])
        sequence = entry.sequence.upper().replace("U", "T")
        windows = [w for p in here if (w := _window(sequence, p.middle)) is not None]
        bound += windows
        elsewhere += _elsewhere(sequence, here, windows, rng)
    if len(bound) < LEAST:
        missing = ", ".join(sorted(wanted)[:3])
        raise InputError(
            f"{len(bound):,} of {len(peaks):,} peaks have {WIDTH} known bases around them in the reference; {LEAST} "
            "are needed." + (f" It has no sequence named {missing}." if wanted else ""),
            record="BED",
        )
    half = elsewhere[: len(bound) // 2]
    shuffles = [dinucleotide_shuffle(window, rng) for window in bound[: len(bound) - len(half)]]
    texts = [*bound, *shuffles, *half]
    kinds = np.repeat([_POSITIVE, _SHUFFLE, _GENOMIC], [len(bound), len(shuffles), len(half)]).astype(np.uint8)
    codes = np.array([["ACGT".index(b) for b in text] for text in texts], np.uint8)
    return DnaDataset(name, codes, (kinds == _POSITIVE).astype(np.uint8), kinds)


def split(data: DnaDataset, *, share: float, seed: int) -> tuple[DnaDataset, DnaDataset]:
    """Rows to learn from and rows held out; rows that share 31 bp on either strand stay on one side.

    Raises
    ------
    InputError
        Fewer than 100 bound or unbound rows, or one side has none of a class.
    """
    counts = np.bincount(data.labels, minlength=2)
    if counts.min() < LEAST:
        raise InputError(
            f"{counts[1]:,} bound and {counts[0]:,} unbound rows; {LEAST} of each are needed.", record=data.name
        )
    held = cluster_split(groups(data.codes), share=share, seed=seed)
    parts = data.rows(~held), data.rows(held)
    for part, word in zip(parts, ("to learn from", "held out"), strict=True):
        if len(np.unique(part.labels)) < 2:
            raise InputError(
                f"too many rows share 31 bp with one another: all rows {word} are of one class.", record=data.name
            )
    return parts


def groups(codes: np.ndarray) -> np.ndarray:
    """A number for each row, int (N,); rows that share a k-mer of 31 bp, directly or by way of others, have the same.

    Parameters
    ----------
    codes : uint8 array, (N, L)
        0 1 2 3 for A C G T, 4 for N.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    k = min(_K, codes.shape[1])
    known = kmers_known(codes, k)
    words = np.unique(kmer_hashes(codes, k)[known], return_inverse=True)[1]
    rows = np.nonzero(known)[0]
    count = len(codes) + (int(words.max()) + 1 if len(words) else 0)
    links = coo_array((np.ones(len(rows), bool), (rows, len(codes) + words)), shape=(count, count))
    return connected_components(links, directed=False)[1][: len(codes)]


def _plain(name: str) -> str:
    return name.removeprefix("chr")


def _window(sequence: str, middle: int) -> str | None:
    """The window around a place; None where it leaves the sequence or holds an unknown base."""
    start = middle - WIDTH // 2
    window = sequence[start : start + WIDTH] if start >= 0 else ""
    return window if len(window) == WIDTH and not set(window) - set(DNA) else None


def _elsewhere(sequence: str, peaks: Sequence[Peak], bound: Sequence[str], rng: np.random.Generator) -> list[str]:
    """For each bound window, where one is found within some tries, one outside all peaks with about its GC content."""
    if len(sequence) < 2 * WIDTH:
        return []
    near = np.zeros(len(sequence) + 1, int)
    for peak in peaks:
        near[max(peak.start - WIDTH, 0)] += 1
        near[min(peak.end + WIDTH, len(sequence))] -= 1
    free = np.cumsum(near[:-1]) == 0
    found = []
    for window in bound:
        wanted = _gc(window)
        for middle in rng.integers(0, len(sequence), _TRIES):
            other = _window(sequence, int(middle)) if free[middle] else None
            if other is not None and abs(_gc(other) - wanted) <= _GC:
                found.append(other)
                break
    return found


def _gc(window: str) -> float:
    return (window.count("G") + window.count("C")) / len(window)
