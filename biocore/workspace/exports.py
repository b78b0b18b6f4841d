"""Tracks for other programs: CSV, bedGraph for genome browsers, scripts for PyMOL and ChimeraX."""

import math
import re
from collections.abc import Iterator, Sequence

import numpy as np

from biocore.errors import InputError
from biocore.plot.residue_colour import colour_limits
from biocore.structure import tracks as structure_tracks
from biocore.structure.model import Structure
from biocore.workspace.tracks import Track, to_frame


def to_csv(tracks: Sequence[Track], *, offset: int = 0) -> str:
    """Tracks of one sequence as CSV, undefined cells empty; see `tracks.to_frame`."""
    return to_frame(tracks, offset=offset).to_csv(index=False)


def to_bedgraph(tracks: Sequence[Track], *, chromosome: str = "chr1", first: int = 1) -> str:
    """DNA tracks as bedGraph, one track line each; neighbours of equal value are one line.

    Parameters
    ----------
    chromosome : str
        As the genome browser names it.
    first : int
        1-based coordinate of the sequence's first base.

    Raises
    ------
    InputError
        A name with white space, or a coordinate below 1.
    """
    if not chromosome or re.search(r"\s", chromosome):
        raise InputError(f"{chromosome!r} is no chromosome name: it must have no white space.")
    if first < 1:
        raise InputError(f"the first base cannot lie at {first}: coordinates count from 1.")
    lines = []
    for track in tracks:
        lines.append(f'track type=bedGraph name="{_word(track.title)}" description="{_word(track.source)}"')
        for start, end, value in _runs(track.values):
            lines.append(f"{chromosome}\t{start + first - 1}\t{end + first - 1}\t{value:.6g}")
    return "\n".join(lines) + "\n"


def _runs(values: np.ndarray) -> Iterator[tuple[int, int, float]]:
    """0-based half-open stretches of one value; undefined ones are left out."""
    start = 0
    for end in range(1, len(values) + 1):
        if end == len(values) or values[end] != values[start]:
            if math.isfinite(values[start]):
                yield start, end, float(values[start])
            start = end


def residues_of(track: Track, structure: Structure | None = None, *, offset: int = 0) -> list[tuple[str, str, float]]:
    """Where the values of a track lie: chain (empty for all), residue number, value.

    With a structure, values are matched to it by aligning the sequences, and the numbers are the author's.  Without
    one, residue 1 of the sequence has the number 1 + `offset`.

    Raises
    ------
    InputError
        Nothing of the track fits the structure.
    """
    if structure is None:
        return [("", str(i + 1 + offset), float(v)) for i, v in enumerate(track.values) if math.isfinite(v)]
    found = []
    for chain, values in matched_chains(structure, track).items():
        for row in structure.chain(chain).polymer:
            residue = structure.residues[row]
            if residue.resolved and math.isfinite(values[row]):
                found.append((chain, residue.place, float(values[row])))
    return found


def matched_chains(structure: Structure, track: Track, *, identity: float = 0.5) -> dict[str, np.ndarray]:
    """Chains a track belongs to, and its values on the rows of the structure.

    Parameters
    ----------
    identity : float
        Smallest share of the shorter sequence whose letters agree.

    Raises
    ------
    InputError
        It fits no chain.
    """
    given = structure_tracks.Track(track.name, track.values, track.sequence, track.unit)
    found, best = {}, 0.0
    for chain in structure.chains:
        if not len(chain.polymer) or not re.fullmatch(r"[\w.]+", chain.name):  # scripts take no other names
            continue
        try:
            match = structure_tracks.match_track(structure, chain.name, given)
        except InputError:
            continue
        best = max(best, match.identity)
        if match.identity >= identity:
            found[chain.name] = match.values
    if not found:
        raise InputError(
            f"{structure.name} has no chain with this sequence (best: {best:.0%} of the letters agree). "
            "Load the structure of this protein."
        )
    return found


def to_pymol(track: Track, structure: Structure | None = None, *, offset: int = 0) -> str:
    """A PyMOL script (.pml) that puts the values into the B-factor column and colours by them.

    Parameters
    ----------
    structure, offset
        As in `residues_of`.
    """
    low, high = colour_limits(track.values)
    lines = [f"# {_word(track.title)}; {_word(track.source)}", "# Load the structure first, then run this script."]
    lines += ["alter polymer, b=0.0", "color grey70, polymer"]
    selected = []
    for chain, number, value in residues_of(track, structure, offset=offset):
        where = f"chain {chain} and resi {_escaped(number)}" if chain else f"resi {_escaped(number)}"
        lines.append(f"alter polymer and {where}, b={value:.6g}")
        selected.append((chain, number))
    palette = "blue_white_red" if low < 0 else "blue_cyan_green_yellow"
    for chain in dict.fromkeys(chain for chain, _ in selected):
        numbers = "+".join(_escaped(number) for name, number in selected if name == chain)
        where = f"chain {chain} and resi {numbers}" if chain else f"resi {numbers}"
        lines.append(f"spectrum b, {palette}, polymer and {where}, minimum={low:.6g}, maximum={high:.6g}")
    return "\n".join([*lines, "rebuild"]) + "\n"


def _escaped(number: str) -> str:
    """PyMOL reads a leading minus as the end of a range unless it is escaped."""
    return number.replace("-", "\\-")


def to_chimerax(track: Track, structure: Structure | None = None, *, offset: int = 0) -> str:
    """A ChimeraX script (.cxc) that gives each residue an attribute and colours by it.

    Parameters
    ----------
    structure, offset
        As in `residues_of`.
    """
    low, high = colour_limits(track.values)
    name = re.sub(r"\W+", "_", track.name).strip("_").lower()[:40] or "track"
    attribute = f"biocore_{name}"
    lines = [f"# {_word(track.title)}; {_word(track.source)}", "# Open the structure first, then this script."]
    lines += [
        f"setattr {f'/{chain}' if chain else ''}:{number} residues {attribute} {value:.6g} create true"
        for chain, number, value in residues_of(track, structure, offset=offset)
    ]
    palette = "blue:white:red" if low < 0 else "viridis"
    lines.append(
        f"color byattribute r:{attribute} protein|nucleic palette {palette} range {low:.6g},{high:.6g} "
        "noValueColor gray"
    )
    return "\n".join(lines) + "\n"


def _word(text: str) -> str:
    """Text for one line of a script: no line break or quote of a user's can end it."""
    return re.sub(r"[^\w .,;:()%+/=\[\]-]", " ", text).strip()[:200]
