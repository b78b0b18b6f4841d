"""From alignments to a library: columns that enough members reach, packed, with an alphabet and a prior."""

import numpy as np

from biocore.families.columns import GAP, columns, open_ends, thinned
from biocore.families.hmm import search_trust
from biocore.families.library import BLOCK, STATE_EFFECTIVE, STATE_PRIOR, Family, Library, compress, pack
from biocore.families.mixture import Mixture, fit_mixture
from biocore.families.train.msa import FamilyAlignment

LEAST_MEMBERS = 3  # that reach a column; fewer would give their sequences away
LEAST_OCCUPANCY = 0.3  # weighted fraction of the members that have a residue there
LEAST_LENGTH = 20  # columns of a family
ALPHABET, PRIOR_COMPONENTS = 26, 160
FITTED_ON = 100_000  # columns the two mixtures are fitted on


def family_of(alignment: FamilyAlignment, name: str) -> Family | None:
    """The family of an alignment; None where too few columns are left.

    Columns that fewer than `LEAST_MEMBERS` members reach or that most members skip are dropped; residues there count
    as insertions after the column before.
    """
    rows = open_ends(alignment.rows)
    kept_rows = thinned(np.arange(len(rows))[:, None]).ravel()
    rows, inserted = rows[kept_rows], alignment.inserted[kept_rows]
    seen = columns(rows)
    keep = np.flatnonzero((seen.present >= LEAST_MEMBERS) & (np.nan_to_num(seen.occupancy) >= LEAST_OCCUPANCY))
    if len(keep) < LEAST_LENGTH:
        return None
    residue, gap = rows < GAP, rows == GAP
    reach = (residue | gap)[:, keep].sum(axis=0)
    begins = gap[:, keep] & ~np.pad(gap[:, keep], ((0, 0), (1, 0)))[:, :-1]  # a deletion opens at this column
    extra = np.pad((inserted | _outside(residue, keep)).cumsum(axis=1), ((0, 0), (1, 0)))
    after = np.append(keep[1:], keep[-1])  # an insertion lies between a column and the next one kept
    opens = (extra[:, after] - extra[:, keep]) > 0
    pseudo = 1.0
    return Family(
        name,
        seen.frequencies[keep],
        np.maximum(seen.effective[keep], 1),
        ((begins.sum(axis=0) + 0.01 * pseudo) / (reach + pseudo)).astype(np.float32),
        ((opens.sum(axis=0) + 0.01 * pseudo) / (reach + pseudo)).astype(np.float32),
        len(alignment.rows),
    )


def _outside(residue: np.ndarray, keep: np.ndarray) -> np.ndarray:
    outside = np.ones(residue.shape[1], bool)
    outside[keep] = False
    return residue & outside


def build_library(families: list[Family], *, seed: int, calibration: dict[str, float]) -> Library:
    """Pack families; the alphabet for the filter and the prior are fitted on their columns."""
    frequencies = np.concatenate([family.frequencies for family in families])
    effective = np.concatenate([family.effective for family in families])
    picked = np.random.default_rng(seed).permutation(len(frequencies))[:FITTED_ON]
    prior = fit_mixture(frequencies[picked], effective[picked], components=PRIOR_COMPONENTS, seed=seed)
    alphabet = fit_mixture(
        _as_filtered(frequencies[picked], effective[picked], prior),
        np.ones(len(picked), np.float32),
        components=ALPHABET,
        seed=seed,
        hard=True,
    )
    blocks = []
    for start in range(0, len(families), BLOCK):
        packed = np.concatenate([pack(family) for family in families[start : start + BLOCK]])
        blocks.append(compress(np.ascontiguousarray(packed.T)))
    return Library(
        np.array([len(family) for family in families], np.int32),
        np.array([family.members for family in families], np.int32),
        tuple(blocks),
        np.array([search_trust(family, prior) for family in families], np.float32),
        alphabet,
        prior,
        calibration,
    )


def _as_filtered(frequencies: np.ndarray, effective: np.ndarray, prior: Mixture) -> np.ndarray:
    """Columns as `Library.states` completes them."""
    known = np.minimum(effective, STATE_EFFECTIVE)[:, None]
    mixed = known * frequencies + STATE_PRIOR * prior.weights @ prior.components
    return mixed / mixed.sum(axis=1, keepdims=True)
