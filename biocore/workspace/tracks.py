"""Numbers along a sequence, whatever page computed them: one table, kept together, exported together."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from biocore.workspace.molecule import DNA, PROTEIN

MOST_TRACKS = 60  # of one session; the oldest is forgotten first


@dataclass(frozen=True, eq=False)
class Track:
    """One number for each residue or base.

    Attributes
    ----------
    name : str
    sequence : str
        L letters in upper case.
    values : float array, (L,)
        NaN where nothing is defined.
    unit : str
        Empty where it has none.
    source : str
        What computed it: a model with its version, a file.
    kind : str
        "protein" or "dna".
    """

    name: str
    sequence: str
    values: np.ndarray
    unit: str = ""
    source: str = ""
    kind: str = PROTEIN

    def __post_init__(self):
        values = np.asarray(self.values, float)
        if values.shape != (len(self.sequence),):
            raise ValueError(f"track {self.name!r}: {values.shape} values for {len(self.sequence)} letters")
        if self.kind not in (PROTEIN, DNA):
            raise ValueError(f"track {self.name!r}: no kind of molecule {self.kind!r}")
        object.__setattr__(self, "values", values)

    @property
    def title(self) -> str:
        """Name with its unit, for axes and columns."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def key(self) -> tuple[str, str]:
        """A later track with the same key takes this one's place."""
        return self.sequence, self.name


@dataclass(frozen=True)
class TrackTable:
    """Tracks of one or several molecules, the oldest first; a new one replaces that of the same name and sequence.

    Examples
    --------
    >>> table = TrackTable().add(Track("hydropathy", "MK", [1.9, -3.9]))
    >>> [track.name for track in table.of("MK")]
    ['hydropathy']
    """

    tracks: tuple[Track, ...] = field(default=())

    def __len__(self) -> int:
        return len(self.tracks)

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks)

    def add(self, track: Track) -> "TrackTable":
        """This table with another track."""
        kept = [each for each in self.tracks if each.key != track.key]
        return TrackTable((*kept, track)[-MOST_TRACKS:])

    def of(self, sequence: str) -> list[Track]:
        """Tracks of one sequence."""
        return [track for track in self.tracks if track.sequence == sequence]


def to_frame(tracks: Sequence[Track], *, offset: int = 0) -> pd.DataFrame:
    """Tracks of one sequence side by side.

    Parameters
    ----------
    tracks : sequence of Track
        All of the same sequence, of length L.
    offset : int
        Added to the 1-based numbers.

    Returns
    -------
    DataFrame, L rows
        position, residue (or base), and a column for each track.

    Raises
    ------
    ValueError
        The sequences differ, or there is no track.
    """
    if len({track.sequence for track in tracks}) != 1:
        raise ValueError("tracks of one sequence are needed")
    sequence = tracks[0].sequence
    letter = "residue" if tracks[0].kind == PROTEIN else "base"
    table = {"position": np.arange(1, len(sequence) + 1) + offset, letter: list(sequence)}
    for track in tracks:
        title, copy = track.title, 2
        while title in table:
            title, copy = f"{track.title} [{copy}]", copy + 1
        table[title] = track.values
    return pd.DataFrame(table)
