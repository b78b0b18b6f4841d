"""Per-residue values painted on a chain: read from a table, matched by aligning sequences, and what did not match."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO

import numpy as np

from biocore.errors import InputError
from biocore.io.tables import numbers as as_numbers
from biocore.io.tables import separator
from biocore.structure.alignment import align
from biocore.structure.model import Chain, Structure

MAX_ROWS = 400_000
_NUMBER = {
    "position", "pos", "number", "residue", "residue_number", "residue number", "resid", "resnum", "resi", "index",
    "site", "auth_seq_id", "label_seq_id", "author_number",
}  # fmt: skip
_LETTER = {
    "letter", "aa", "amino_acid", "amino acid", "wt", "wild_type", "wildtype", "ref", "reference", "name",
    "residue_name", "resn",
}  # fmt: skip
_CHAIN = {"chain", "chain_id", "auth_asym_id"}
_PLACE = re.compile(r"-?\d{1,7}[A-Za-z]?")


@dataclass(frozen=True)
class Track:
    """Values along a sequence of L residues.

    Attributes
    ----------
    name : str
    values : float array, (L,)
        NaN where there is no value.
    sequence : str
        L one-letter codes, "X" where unknown; empty where the source has no letters at all.
    unit : str
        For axes and legends; empty if there is none.
    places : tuple of str
        Residue numbers as the source writes them ("45", "60A"); empty where it has none.
    chain : str
        Chain the values are meant for; empty for any.
    notes : tuple of str
        What was done to the source's rows.
    """

    name: str
    values: np.ndarray
    sequence: str = ""
    unit: str = ""
    places: tuple[str, ...] = ()
    chain: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        for name, column in (("residues", self.sequence), ("places", self.places)):
            if column and len(column) != len(self.values):
                raise ValueError(f"track {self.name!r}: {len(self.values)} values, but {len(column)} {name}")


@dataclass(frozen=True)
class TrackMatch:
    """A track on a chain, and what did not match.

    Attributes
    ----------
    values : float array, (R,), one for each residue of the structure; NaN where the track says nothing
    by : str
        "alignment", "author's number" or "sequence position".
    matched : int
        Values that found a residue.
    different : tuple of (str, str)
        Pairs that align although their letters differ: the track's letter and place, the residue.
    unplaced : tuple of str
        Places of the track with a value but without a residue in the chain.
    unresolved : int
        Values that belong to residues without coordinates.
    without : tuple of str
        Resolved residues of the chain that got no value.
    identity : float
        Share of the shorter sequence whose letters are the same in the other; NaN where letters were not compared.
    """

    track: str
    chain: str
    values: np.ndarray
    by: str
    matched: int
    different: tuple[tuple[str, str], ...]
    unplaced: tuple[str, ...]
    unresolved: int
    without: tuple[str, ...]
    identity: float

    def report(self) -> list[str]:
        """What matched and what did not, in sentences."""
        lines = [f"{self.matched:,} values found their residue in chain {self.chain}, matched by {self.by}."]
        if np.isfinite(self.identity):
            lines[0] = lines[0][:-1] + f" ({self.identity:.0%} of the shorter sequence agrees)."
            if self.identity < 0.5:
                lines.append("Fewer than half of its letters agree: this track may belong to another protein.")
        if self.different:
            lines.append(
                f"{len(self.different):,} aligned letters differ: {_some(f'{a} on {b}' for a, b in self.different)}."
            )
        if self.unplaced:
            lines.append(f"{len(self.unplaced):,} values have no residue in the chain: {_some(self.unplaced)}.")
        if self.unresolved:
            lines.append(
                f"{self.unresolved:,} values belong to residues that are not resolved, so they cannot be drawn."
            )
        if self.without:
            lines.append(f"{len(self.without):,} resolved residues got no value (grey): {_some(self.without)}.")
        return lines


def _some(items, limit: int = 12) -> str:
    items = list(items)
    return ", ".join(items[:limit]) + (f" and {len(items) - limit:,} more" if len(items) > limit else "")


def match_track(structure: Structure, chain_name: str, track: Track, *, numbering: str = "author") -> TrackMatch:
    """Put a track's values on a chain.

    By alignment of the letters, whatever the numbers say; by number only where the track has no letters.

    Parameters
    ----------
    numbering : str
        "author" or "sequence": which of the structure's two numberings a track without letters uses.

    Raises
    ------
    InputError
        No such chain, no polymer in it, or nothing matches at all.
    """
    chain = structure.chain(chain_name)
    if not len(chain.polymer):
        raise InputError(f"chain {chain_name} has no polymer that values could belong to.")
    if track.sequence.strip("X"):
        pairs, by = align(track.sequence, chain.sequence, chain.kind), "aligning the sequences"
    else:
        pairs = _by_number(structure, chain, track, numbering)
        by = "author's residue number" if numbering == "author" else "position in the sequence"
    values = np.full(len(structure.residues), np.nan)
    different, unresolved, placed, same = [], 0, set(), 0
    for i, j in pairs:
        residue = structure.residues[chain.start + j]
        if track.sequence and track.sequence[i] != "X" and residue.letter != "X":
            same += track.sequence[i] == residue.letter
            if track.sequence[i] != residue.letter and np.isfinite(track.values[i]):
                different.append((f"{track.sequence[i]}{_place(track, i)}", residue.title))
        placed.add(i)
        if not np.isfinite(track.values[i]):
            continue
        values[residue.index] = track.values[i]
        unresolved += not residue.resolved
    matched = int(np.isfinite(values).sum())
    letters = min(len(s) - s.count("X") for s in (track.sequence, chain.sequence))
    if not matched:
        raise InputError(
            f"no value of {track.name!r} finds a residue in chain {chain_name}. "
            "Give a column with the residue letters, or choose the other numbering."
        )
    unplaced = [_place(track, i) for i in np.flatnonzero(np.isfinite(track.values)).tolist() if i not in placed]
    without = [
        structure.residues[row].title
        for row in chain.polymer
        if structure.residues[row].resolved and not np.isfinite(values[row])
    ]
    return TrackMatch(
        track.name,
        chain_name,
        values,
        by,
        matched,
        tuple(different),
        tuple(unplaced),
        unresolved,
        tuple(without),
        same / letters if letters else float("nan"),
    )


def _place(track: Track, i: int) -> str:
    return track.places[i] if track.places else str(i + 1)


def _by_number(structure: Structure, chain: Chain, track: Track, numbering: str) -> list[tuple[int, int]]:
    rows: dict[str, int] = {}
    for offset, row in enumerate(chain.polymer):
        residue = structure.residues[row]
        key = residue.place if numbering == "author" else str(residue.label_number)
        if numbering != "author" or residue.resolved:
            rows.setdefault(key, offset)
    return [(i, rows[_place(track, i)]) for i in range(len(track.values)) if _place(track, i) in rows]


# ------------------------------------------------------------------------------------------------ from a table


def read_tracks(text: str, name: str = "table") -> list[Track]:
    """Tracks of a table: one for each column of numbers, for each chain it names.

    The table has a header; cells are separated by commas, tabs or semicolons, numbers have decimal points or commas.
    A column of residue numbers (``position``, ``number``,
    ``residue``...), one of letters (``letter``, ``wild_type``, ``aa``, one- or three-letter) and one of chains are
    recognised by their names; all are optional.

    Parameters
    ----------
    text : str
        The table; lines that start with ``#`` are skipped.
    name : str
        For messages.

    Raises
    ------
    InputError
        Not a table, too long, or without a column of numbers.
    """
    import pandas as pd

    if not text.strip():
        raise InputError("the table is empty. Give a header line and one line for each residue.", record=name)
    try:
        table = pd.read_csv(
            StringIO(text), sep=separator(text), dtype=str, nrows=MAX_ROWS + 1, comment="#", skip_blank_lines=True
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"this is not a table that can be read ({str(error).strip()[:150]}).", record=name) from error
    if len(table) > MAX_ROWS:
        raise InputError(f"the table has more than {MAX_ROWS:,} rows.", record=name)
    table.columns = [str(column).strip() for column in table.columns]
    roles = _roles(table)
    named = _NUMBER | _LETTER | _CHAIN
    taken = {column for column in table.columns if column in roles.values() or column.lower() in named}
    numeric = {c: as_numbers(table[c]) for c in table.columns if c not in taken}
    numeric = {
        c: v for c, v in numeric.items() if v.notna().sum() > 0 and v.notna().sum() >= 0.5 * table[c].notna().sum()
    }
    if not numeric or table.empty:
        raise InputError(
            "the table has no column of values. Give a header such as position,letter,value and a line per residue.",
            record=name,
        )
    chains = sorted(table[roles["chain"]].dropna().str.strip().unique()) if roles["chain"] else [""]
    tracks = []
    for chain in chains[:100]:
        part = table[table[roles["chain"]].str.strip() == chain] if chain else table
        for column, values in numeric.items():
            if values[part.index].notna().any():
                tracks.append(_track(part, values[part.index], roles, column, chain))
    return tracks


def _roles(table) -> dict[str, str]:
    """Which column says where, what letter, which chain; the first that fits, and only one column for each role."""
    lower = {column: column.lower() for column in table.columns}
    number = next(
        (c for c in table.columns if lower[c] in _NUMBER and table[c].dropna().str.strip().map(_is_place).mean() > 0.9),
        "",
    )
    letter = next((c for c in table.columns if c != number and lower[c] in _LETTER and _mostly_letters(table[c])), "")
    if not letter:  # "residue" may hold letters instead of numbers
        letter = next(
            (c for c in table.columns if c != number and lower[c] in _NUMBER and _mostly_letters(table[c])), ""
        )
    chain = next((c for c in table.columns if lower[c] in _CHAIN), "")
    return {"number": number, "letter": letter, "chain": chain}


def _is_place(text: str) -> bool:
    return bool(_PLACE.fullmatch(text)) or bool(re.fullmatch(r"\d{1,7}\.0", text))


def _mostly_letters(column) -> bool:
    texts = column.dropna().str.strip()
    return len(texts) > 0 and bool((texts.map(lambda t: _one_letter(t) != "")).mean() > 0.9)


def _one_letter(text: str) -> str:
    from Bio.SeqUtils import seq1

    if len(text) == 1:
        return text.upper() if text.isalpha() else "X" if text in "*-?" else ""
    if len(text) == 2 and text[0].upper() == "D":
        return text[1].upper()
    return (seq1(text) if len(text) == 3 and text.isalpha() else "") or ""


def _track(part, values, roles, column: str, chain: str) -> Track:
    places = part[roles["number"]].fillna("").str.strip().str.removesuffix(".0").tolist() if roles["number"] else []
    letters = [_one_letter(t) or "X" for t in part[roles["letter"]].fillna("").str.strip()] if roles["letter"] else []
    numbers = values.to_numpy(float)
    notes: list[str] = []
    if places and len(set(places)) < len(places):
        places, letters, numbers = _averaged(places, letters, numbers)
        notes.append("Several lines for one residue: their mean is shown.")
    if letters and places:
        places, letters, numbers = _with_gaps(places, letters, numbers)
    name = f"{column} (chain {chain})" if chain else column
    return Track(name, numbers, "".join(letters), "", tuple(places), chain, tuple(notes))


def _averaged(places: list[str], letters: list[str], numbers: np.ndarray):
    order: dict[str, list[int]] = {}
    for i, place in enumerate(places):
        order.setdefault(place, []).append(i)
    means = []
    for rows in order.values():
        finite = numbers[rows][np.isfinite(numbers[rows])]
        means.append(finite.mean() if len(finite) else np.nan)
    return list(order), [letters[rows[0]] for rows in order.values()] if letters else [], np.array(means)


def _with_gaps(places: Sequence[str], letters: Sequence[str], numbers: np.ndarray):
    """Rows in the order of their numbers, with X for numbers that are left out, so that the alignment sees the gaps."""
    if not all(re.fullmatch(r"-?\d+", place) for place in places):
        return list(places), list(letters), numbers
    order = np.argsort([int(place) for place in places], kind="stable")
    low, high = int(places[order[0]]), int(places[order[-1]])
    if high - low + 1 > 5 * len(places) + 1000:
        return [places[i] for i in order], [letters[i] for i in order], numbers[order]
    full = ["X"] * (high - low + 1)
    filled = np.full(len(full), np.nan)
    for i in order:
        full[int(places[i]) - low], filled[int(places[i]) - low] = letters[i], numbers[i]
    return [str(low + k) for k in range(len(full))], full, filled
