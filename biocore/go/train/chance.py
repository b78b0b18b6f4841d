"""Sequences that are no proteins: the model should have nothing to say of them."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from biocore.go.homology import BACKGROUND
from biocore.go.predict import FunctionModel
from biocore.sequence import AMINO_ACIDS

COUNT = 200
SHORTEST, LONGEST = 60, 3000


def random_sequences(count: int = COUNT, *, seed: int) -> list[str]:
    """Random residues at the usual frequencies, 60 to 3,000 of them, as many short as long (log-uniform).

    Parameters
    ----------
    count : int
    seed : int

    Examples
    --------
    >>> all(60 <= len(s) <= 3000 for s in random_sequences(20, seed=1))
    True
    """
    rng = np.random.default_rng(seed)
    lengths = np.exp(rng.uniform(np.log(SHORTEST), np.log(LONGEST), count)).astype(int)
    fraction = np.array(BACKGROUND) / sum(BACKGROUND)
    return ["".join(rng.choice(list(AMINO_ACIDS), size=length, p=fraction)) for length in lengths]


def shuffled_sequences(sequences: Sequence[str], count: int = COUNT, *, seed: int) -> list[str]:
    """Shuffled proteins of 60 to 3,000 residues, each another one.

    Parameters
    ----------
    sequences : sequence of str
        To choose from.
    count : int
        At most.
    seed : int
    """
    rng = np.random.default_rng(seed)
    fit = [s for s in sequences if SHORTEST <= len(s) <= LONGEST]
    return ["".join(rng.permutation(list(fit[row]))) for row in rng.permutation(len(fit))[:count]]


def measure(model: FunctionModel, proteins: Sequence[str], *, count: int = COUNT, seed: int = 1) -> dict[str, Any]:
    """Of how many random and shuffled sequences the model predicts no term.

    Parameters
    ----------
    model : FunctionModel
    proteins : sequence of str
        To shuffle.
    count : int
        Of each kind.
    seed : int

    Returns
    -------
    dict
        ``random`` and ``shuffled``: ``sequences``, ``without_term`` and ``most`` (the highest probability predicted).
    """
    found = {}
    kinds = {
        "random": random_sequences(count, seed=seed),
        "shuffled": shuffled_sequences(proteins, count, seed=seed),
    }
    for kind, sequences in kinds.items():
        prediction = model(sequences)
        chosen = [model.chosen(prediction, row) for row in range(len(sequences))]
        top = [float(prediction.probability[row, list(terms)].max()) for row, terms in enumerate(chosen) if terms]
        found[kind] = {
            "sequences": len(sequences),
            "without_term": sum(not terms for terms in chosen),
            "most": max(top, default=0.0),
        }
    return found
