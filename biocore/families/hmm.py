"""A family as a profile hidden Markov model of HMMER3 (pyhmmer).

HMMER does what nobody should write again: local alignment by the forward and backward algorithms, posterior
probabilities, correction for biased composition, and E-values.  Eddy (2011), doi:10.1371/journal.pcbi.1002195.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from biocore.families.library import Family
from biocore.families.mixture import Mixture
from biocore.sequence import AMINO_ACIDS

RELATIVE_ENTROPY = 0.59  # bits a column, on average: HMMER's target, at which remote homologues are found best
LEAST_BITS = 45.0  # of a whole model; short families keep more information a column (HMMER's esigma)
SEARCH_PRIOR = 4.0  # observations the typical columns are worth when a family is searched with
INSERT_EXTEND, DELETE_EXTEND = 0.4, 0.6
# how mu and tau of HMMER's three filters depend on a model: constant, log2 of its length
_FIRST = np.eye(20, dtype=np.float32)[0]  # what HMMER keeps in the node before the first
FILTERS = ("msv", "viterbi", "forward")
CALIBRATION = tuple(f"{name}_{part}" for name in FILTERS for part in ("constant", "length"))


@lru_cache(maxsize=1)
def alphabet():
    """HMMER's amino acids; its first twenty letters are `AMINO_ACIDS`, in the same order."""
    from pyhmmer.easel import Alphabet

    letters = Alphabet.amino()
    assert letters.symbols[:20] == AMINO_ACIDS
    return letters


@lru_cache(maxsize=1)
def background() -> np.ndarray:
    """Residue frequencies HMMER's scores are relative to, float32 (20,), sum 1."""
    from pyhmmer.plan7 import Background

    frequencies = np.array(Background(alphabet()).residue_frequencies, np.float32)
    return frequencies / frequencies.sum()


def relative_entropy(probabilities: np.ndarray) -> float:
    """Mean over the columns of the Kullback-Leibler divergence from the background, in bits."""
    return float((probabilities * np.log2(np.maximum(probabilities, 1e-9) / background())).sum(axis=1).mean())


def search_trust(family: Family, prior: Mixture) -> float:
    """The factor on a family's effective numbers at which its mean relative entropy is HMMER's target, 0 to 1."""
    length = len(family)
    target = max(RELATIVE_ENTROPY, (LEAST_BITS + np.log2(length * (length + 1) / 2)) / length)
    expected = prior.responsibilities(family.frequencies, family.effective) @ prior.components
    low, high = 0.0, 1.0
    for _ in range(12):
        middle = (low + high) / 2
        if relative_entropy(_emissions(family.frequencies, family.effective, expected, middle)) > target:
            high = middle
        else:
            low = middle
    return (low + high) / 2


def search_probabilities(families: Sequence[Family], trusts: Sequence[float], prior: Mixture) -> list[np.ndarray]:
    """Emission probabilities at the information a search wants, float32 (M, 20) for each family.

    Parameters
    ----------
    families : sequence of Family
    trusts : sequence of float
        Of `search_trust`.
    prior : Mixture
    """
    if not families:
        return []
    lengths = [len(family) for family in families]
    frequencies = np.concatenate([family.frequencies for family in families])
    effective = np.concatenate([family.effective for family in families])
    expected = prior.responsibilities(frequencies, effective) @ prior.components
    trust = np.repeat(np.asarray(trusts, np.float32), lengths)
    return np.split(_emissions(frequencies, effective, expected, trust), np.cumsum(lengths)[:-1])


def _emissions(
    frequencies: np.ndarray, effective: np.ndarray, expected: np.ndarray, trust: float | np.ndarray
) -> np.ndarray:
    """Frequencies mixed with typical columns, which are drawn towards the background where little is believed."""
    n = (effective * trust)[:, None]
    soft = np.sqrt(np.reshape(trust, (-1, 1))).astype(np.float32)
    mixed = n * frequencies + SEARCH_PRIOR * (soft * expected + (1 - soft) * background())
    return mixed / mixed.sum(axis=1, keepdims=True)


def build_hmm(family: Family, probabilities: np.ndarray, calibration: Mapping[str, float]):
    """A `pyhmmer.plan7.HMM` of a family.

    Parameters
    ----------
    family : Family
    probabilities : float array, (M, 20)
        Match emissions.
    calibration : mapping
        `CALIBRATION` -> number.
    """
    from pyhmmer.plan7 import HMM

    length = len(family)
    hmm: Any = HMM(alphabet(), length, family.name)  # its hints lack the matrices
    match = np.asarray(hmm.match_emissions)
    match[0], match[1:] = _FIRST, probabilities
    np.asarray(hmm.insert_emissions)[:] = background()
    np.asarray(hmm.transition_probabilities)[:] = _transitions(family)
    hmm.set_composition()
    hmm.set_consensus()
    lam = np.log(2) + 1.44 / (length * max(relative_entropy(probabilities), 0.05))
    size = np.log2(length)
    constant, slope = (np.array([calibration[f"{f}_{part}"] for f in FILTERS]) for part in ("constant", "length"))
    locations = constant + slope * size
    np.asarray(hmm.evalue_parameters.as_vector())[:] = np.stack([locations, np.full(3, lam)], axis=1).ravel()
    return hmm


def _transitions(family: Family) -> np.ndarray:
    """HMMER's seven transitions of each node, (M + 1, 7): MM MI MD, IM II, DM DD."""
    length = len(family)
    table = np.zeros((length + 1, 7), np.float32)
    insert = np.concatenate([[0.005], family.insert])
    skip = np.concatenate([family.skip, [0.0]])  # into the column that follows
    insert[-1] = 0.0  # HMMER's last node goes to the end only
    table[:, 0], table[:, 1], table[:, 2] = 1 - insert - skip, insert, skip
    table[:, 3], table[:, 4] = 1 - INSERT_EXTEND, INSERT_EXTEND
    table[:, 5], table[:, 6] = 1 - DELETE_EXTEND, DELETE_EXTEND
    table[0, 5], table[0, 6] = 1, 0
    table[length, :] = [1, 0, 0, 1, 0, 1, 0]
    return table
