"""The one substitution whose evidence is shown."""

import numpy as np
import streamlit as st

from biocore import web
from biocore.errors import InputError
from biocore.esm2.variants import parse_variant
from biocore.sequence import AMINO_ACIDS
from biocore.variants import EffectScan
from biocore.web import workspace
from biocore.web.masked_residues.inputs import Protein

SELECTED = "variant_effects.selected"
_OF = "variant_effects.selected_of"
_READER = "variant_effects"  # of the residue cursor


def selected(protein: Protein, scan: EffectScan) -> tuple[int, str] | None:
    """The 0-based residue and the amino acid; starts from the link, else at the lowest score.  None without scores."""
    if st.session_state.get(_OF) != protein.sequence:
        first = SELECTED not in st.session_state
        st.session_state[SELECTED] = (_from_link(protein, scan) if first else None) or _lowest(scan)
        st.session_state[_OF] = protein.sequence
    pointed = workspace.news(_READER, protein.sequence)
    if pointed and (st.session_state[SELECTED] or (-1, ""))[0] != pointed[0]:
        st.session_state[SELECTED] = _lowest_at(scan, pointed[0]) or st.session_state[SELECTED]
    return st.session_state[SELECTED]


def select(index: int, residue: str) -> None:
    """Show this substitution from the next run of the page on."""
    st.session_state[SELECTED] = (index, residue)
    workspace.look_at(_READER, st.session_state.get(_OF, ""), [index])


def scored(scan: EffectScan, index: int, residue: str) -> bool:
    """Whether there is a score for a 0-based residue and an amino acid."""
    inside = 0 <= index < len(scan.sequence) and residue in AMINO_ACIDS
    return inside and bool(np.isfinite(scan.scores[index, AMINO_ACIDS.index(residue)]))


def _lowest(scan: EffectScan) -> tuple[int, str] | None:
    if not np.isfinite(scan.scores).any():
        return None
    index, column = np.unravel_index(int(np.nanargmin(scan.scores)), scan.scores.shape)
    return int(index), AMINO_ACIDS[column]


def _lowest_at(scan: EffectScan, index: int) -> tuple[int, str] | None:
    """The worst tolerated substitution of a residue."""
    row = scan.scores[index]
    return (index, AMINO_ACIDS[int(np.nanargmin(row))]) if np.isfinite(row).any() else None


def _from_link(protein: Protein, scan: EffectScan) -> tuple[int, str] | None:
    text = web.from_link("variant", "")
    try:
        return find(protein, scan, text) if text else None
    except InputError:
        return None


def find(protein: Protein, scan: EffectScan, text: str) -> tuple[int, str]:
    """The cell of one substitution as people write it.

    Raises
    ------
    InputError
        It cannot be read, is several at once, or does not fit the protein.
    """
    variant = parse_variant(text)
    if len(variant.substitutions) != 1:
        raise InputError(f"{text.strip()!r} is several substitutions; the evidence is shown of one at a time.")
    [one] = variant.substitutions
    index = one.number - 1 - protein.offset
    first, last = 1 + protein.offset, len(protein.sequence) + protein.offset
    if not 0 <= index < len(protein.sequence):
        raise InputError(f"{text.strip()!r} is outside the protein, whose residues are numbered {first:,} to {last:,}.")
    if protein.sequence[index] != one.wild_type:
        raise InputError(f"residue {one.number} is {protein.sequence[index]}, not {one.wild_type}.")
    if not scored(scan, index, one.mutant):
        raise InputError(f"{text.strip()!r} changes nothing.")
    return index, one.mutant


def name(protein: Protein, cell: tuple[int, str]) -> str:
    """ "L30P" for a cell."""
    return f"{protein.label(cell[0])}{cell[1]}"
