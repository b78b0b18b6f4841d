"""Contacts from an alignment: columns that change together (mean-field direct coupling analysis, mutual information).

Needs many homologues.  Where fewer than about one effective sequence a residue is there, the pairs mean little.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.families.alignments import placed
from biocore.families.columns import GAP, identity_weights, one_hot, thinned
from biocore.structure.contact_map import ContactMap, average_product_corrected

MOST_COLUMNS = 400  # the inverse of a matrix of 20 numbers a column is taken
MOST_ROWS = 4000
LEAST_OCCUPIED = 0.5  # part of the protein that a homologue must reach over
LEAST_EFFECTIVE = 20  # sequences, those closer than 80 % counted as one
SHRINKAGE = 0.5  # weight of the uniform pseudocount


@dataclass(frozen=True)
class Coevolution:
    """Contact maps of an alignment.

    Attributes
    ----------
    coupling, information : ContactMap
        Direct coupling (mean field), and mutual information; both corrected by the average product.
    effective : float
        Effective number of sequences they are from.
    """

    coupling: ContactMap
    information: ContactMap
    effective: float


def coevolution(rows: Sequence[tuple[str, str, int]], sequence: str, *, source: str) -> Coevolution:
    """Which columns of an alignment change together.

    Parameters
    ----------
    rows : sequence of (name, letters, line)
        As `biocore.families.read_alignment` gives them; one is the protein.
    sequence : str
        The protein, at most 400 residues.

    Raises
    ------
    InputError
        Too long; no row is the protein; too few homologues.

    References
    ----------
    Morcos et al. (2011), doi:10.1073/pnas.1111471108 (mean-field direct coupling analysis); Ekeberg et al. (2013),
    doi:10.1103/PhysRevE.87.012707 (norm of the couplings); Dunn et al. (2008), doi:10.1093/bioinformatics/btm604.
    """
    length = len(sequence)
    if length > MOST_COLUMNS:
        raise InputError(
            f"{length:,} residues; contacts from an alignment are computed for up to {MOST_COLUMNS}. Give a domain."
        )
    reference, others = placed(rows, sequence)
    coded = np.concatenate([reference[None], others])
    coded = coded[(coded < GAP).sum(axis=1) >= LEAST_OCCUPIED * length]
    coded = thinned(coded, MOST_ROWS)
    weights = identity_weights(one_hot(coded))
    effective = float(weights.sum())
    if effective < LEAST_EFFECTIVE:
        raise InputError(
            f"{len(coded):,} sequences reach over half of the protein, {effective:.0f} where those closer than 80 % "
            f"count as one; at least {LEAST_EFFECTIVE} are needed to see columns change together."
        )
    single, pairs = _frequencies(coded, weights)
    information = _information(pairs, single, length)
    pairs -= np.outer(single, single)  # a covariance now
    return Coevolution(
        ContactMap(sequence, _couplings(pairs, length), f"direct coupling, {source}", "coupling (APC)"),
        ContactMap(sequence, information, f"mutual information, {source}", "nats (APC)"),
        effective,
    )


def _frequencies(coded: np.ndarray, weights: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies of letters, (20 L,), and of pairs, (20 L, 20 L), with a uniform pseudocount; the gap is left out."""
    count, length = coded.shape
    flat = one_hot(coded).reshape(count, -1)  # (N, 20 L)
    total = weights.sum()
    states = GAP + 1  # twenty letters, and a gap that is left out of the matrix
    single = (1 - SHRINKAGE) * (weights @ flat) / total + SHRINKAGE / states
    pairs = (1 - SHRINKAGE) * ((flat * weights[:, None]).T @ flat) / total
    pairs += np.float32(SHRINKAGE / states**2)
    blocks = pairs.reshape(length, GAP, length, GAP)
    at = np.arange(length)
    blocks[at, :, at, :] = np.eye(GAP, dtype=np.float32) * single.reshape(length, GAP)[:, :, None]
    return single.astype(np.float32), pairs


def _couplings(covariance: np.ndarray, length: int) -> np.ndarray:
    """Norm of the couplings of each pair of columns, corrected, (L, L); `covariance` is overwritten."""
    from scipy.linalg import lapack

    factor, failed = lapack.spotrf(covariance.T, lower=1, overwrite_a=1)
    inverse, singular = lapack.spotri(factor, lower=1, overwrite_c=1)
    if failed or singular:
        raise InputError("The alignment's columns cannot be told apart: too few different homologues.")
    norm = np.zeros((length, length), np.float32)
    for i in range(length - 1):
        blocks = -inverse[GAP * (i + 1) :, GAP * i : GAP * (i + 1)].reshape(-1, GAP, GAP)
        blocks = blocks - blocks.mean(axis=1, keepdims=True)
        blocks -= blocks.mean(axis=2, keepdims=True)  # the gauge in which the norm is least
        norm[i, i + 1 :] = np.sqrt((blocks**2).sum(axis=(1, 2)))
    return _corrected(norm + norm.T)


def _information(pairs: np.ndarray, single: np.ndarray, length: int) -> np.ndarray:
    blocks = pairs.reshape(length, GAP, length, GAP)
    information = np.empty((length, length), np.float32)
    shaped = single.reshape(length, GAP)
    for i in range(length):
        expected = shaped[i][:, None, None] * shaped[None]  # (20, L, 20)
        information[i] = (blocks[i] * np.log(np.maximum(blocks[i], 1e-9) / expected)).sum(axis=(0, 2))
    return _corrected(information)


def _corrected(scores: np.ndarray) -> np.ndarray:
    scores = (scores + scores.T) / 2
    np.fill_diagonal(scores, 0)
    return average_product_corrected(scores).astype(np.float32)
