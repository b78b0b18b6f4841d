"""A small variant model with weights by hand, and a profile, for tests."""

import numpy as np

from biocore.families import Profile
from biocore.families.profile import FamilyHit
from biocore.sequence import AMINO_ACIDS
from biocore.variants.features import GROUPS, LANGUAGE_MODEL, features
from biocore.variants.model import ALONE, FAMILY, WITH_LANGUAGE_MODEL, Ridge, VariantModel
from biocore.zoo import ModelCard

SEQUENCE = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVK"
BACKGROUND = np.full(20, 0.05, np.float32)
BINS = {"edges": [-1.5, -0.6, -0.4, 0.5], "fraction": [0.9, 0.3, 0.1], "low": [0.8, 0.2, 0.05],
        "high": [0.95, 0.4, 0.2], "count": [100, 100, 100]}  # fmt: skip


def profile(sequence=SEQUENCE, *, covered=True, own=0.62):
    """A profile that expects the wild type with probability `own` and all others alike."""
    length = len(sequence)
    probabilities = np.full((length, 20), (1 - own) / 19 if covered else 0.05, np.float32)
    if covered:
        for i, letter in enumerate(sequence):
            probabilities[i, AMINO_ACIDS.find(letter)] = own
    hit = FamilyHit("toys", 1e-9, 50.0, 0, length, 0, length, length, 12)
    effective = np.full(length, 8.0 if covered else 0.0, np.float32)
    return Profile(sequence, probabilities, effective, (hit,) if covered else (), "toys", BACKGROUND)


def ridge(groups, *, seed=0):
    table = features(SEQUENCE, profile(), said=np.full((len(SEQUENCE), 20), 0.05))
    chosen = [k for k, group in enumerate(table.groups) if group in groups]
    rng = np.random.default_rng(seed)
    spread = table.values[..., chosen].reshape(-1, len(chosen)).std(axis=0)
    weights = rng.normal(0, 0.01, len(chosen)) / np.where(spread > 0.1, spread, 1.0)
    names, of = tuple(table.names[k] for k in chosen), tuple(table.groups[k] for k in chosen)
    if "log p difference" in names:
        weights[names.index("log p difference")] = 0.1
    if "BLOSUM62" in names:
        weights[names.index("BLOSUM62")] = 0.05
    return Ridge(names, of, weights, rng.normal(0, 0.1, len(chosen)), -0.5)


def model():
    whole = [group for group in GROUPS if group != LANGUAGE_MODEL]
    ridges = {
        FAMILY: ridge(whole),
        ALONE: ridge(("chemistry", "surroundings")),
        FAMILY + WITH_LANGUAGE_MODEL: ridge(GROUPS),
        ALONE + WITH_LANGUAGE_MODEL: ridge(("chemistry", "surroundings", LANGUAGE_MODEL)),
    }
    details = {
        "calibration": dict.fromkeys(ridges, BINS),
        "features": {n: {"names": list(r.names), "groups": list(r.groups)} for n, r in ridges.items()},
        "spearman": dict(zip(ridges, (0.42, 0.25, 0.425, 0.255), strict=True)),
        "language_model": "esm-mini",
    }
    card = ModelCard("variant-effect", "variant-effect", "Toy", "assets", "rank", "toys", "none", "MIT", "none",
                     details=details)  # fmt: skip
    return VariantModel(ridges, card, hash="toy")
