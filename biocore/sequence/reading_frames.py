"""DNA -> the proteins it could encode: open reading frames of all six frames."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from biocore.sequence.encoding import reverse_complement

FRAMES = (1, 2, 3, -1, -2, -3)
SHORTEST = 20  # residues; shorter ones turn up by chance everywhere


@dataclass(frozen=True)
class ReadingFrame:
    """A stretch without a stop codon.

    Attributes
    ----------
    frame : int
        1, 2 or 3: which base of the sequence the frame starts at; negative on the other strand.
    start, end : int
        0-based half-open place on the sequence as given, whichever the strand; with the stop codon where there is one.
    protein : str
        One-letter code without the stop; X where a codon has an unknown base.
    starts, stops : bool
        Whether it begins with ATG, and whether a stop codon ends it.
    """

    frame: int
    start: int
    end: int
    protein: str
    starts: bool
    stops: bool

    @property
    def title(self) -> str:
        """For a menu: "110 residues, frame +1, bases 1-333"."""
        open_ends = ("" if self.starts else ", no start codon") + ("" if self.stops else ", no stop codon")
        return (
            f"{len(self.protein):,} residues, frame {self.frame:+d}, bases {self.start + 1:,}-{self.end:,}{open_ends}"
        )


def reading_frames(dna: str, *, shortest: int = SHORTEST) -> list[ReadingFrame]:
    """Open reading frames of both strands by the standard genetic code, the longest first.

    Each begins at the first ATG after a stop codon, and ends at a stop or at the end of the sequence.  Where no frame
    holds one that is long enough (a piece out of the middle of a gene), stretches between stops are given instead.

    Parameters
    ----------
    dna : str
        A, C, G, T and N in either case.
    shortest : int
        Fewest residues.

    Examples
    --------
    >>> [f.title for f in reading_frames("ccATGAAATAGc", shortest=2)]
    ['2 residues, frame +3, bases 3-11']
    """
    found = [frame for number in FRAMES for frame in _of_frame(dna.upper(), number)]
    with_start = [each for frame in found if (each := _from_start(frame)) and len(each.protein) >= shortest]
    chosen = with_start or [frame for frame in found if len(frame.protein) >= shortest]
    return sorted(chosen, key=lambda frame: (-len(frame.protein), FRAMES.index(frame.frame), frame.start))


def _of_frame(dna: str, number: int) -> Iterator[ReadingFrame]:
    """The stretches between stop codons of one frame."""
    strand = dna if number > 0 else reverse_complement(dna)
    first = abs(number) - 1
    place = first
    pieces = "".join(_codon(strand[i : i + 3]) for i in range(first, len(strand) - 2, 3)).split("*")
    for index, protein in enumerate(pieces):
        stops = index + 1 < len(pieces)
        start, end = place, place + 3 * (len(protein) + stops)
        place = end
        if number < 0:
            start, end = len(dna) - end, len(dna) - start
        if protein:
            yield ReadingFrame(number, start, end, protein, protein.startswith("M"), stops)


def _from_start(frame: ReadingFrame) -> ReadingFrame | None:
    """The part that begins at the first ATG; None without one."""
    skipped = frame.protein.find("M")
    if skipped < 0:
        return None
    start = frame.start + 3 * skipped if frame.frame > 0 else frame.start
    end = frame.end if frame.frame > 0 else frame.end - 3 * skipped
    return ReadingFrame(frame.frame, start, end, frame.protein[skipped:], True, frame.stops)


@lru_cache(maxsize=256)
def _codon(codon: str) -> str:
    from Bio.Data.CodonTable import unambiguous_dna_by_id

    table = unambiguous_dna_by_id[1]
    return "*" if codon in table.stop_codons else table.forward_table.get(codon, "X")
