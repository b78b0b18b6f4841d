"""What the regression reads of each substitution, in named groups."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from biocore.families.profile import Profile
from biocore.families.search import PRIOR
from biocore.sequence import AMINO_ACIDS
from biocore.sequence.properties import CHARGE, HELIX_COST, HYDROPATHY, VOLUME

PROFILE, CONSERVATION, HOMOLOGUES = "profile", "conservation", "homologues"
CHEMISTRY, SURROUNDINGS = "chemistry", "surroundings"
LANGUAGE_MODEL, STRUCTURE = "language model", "structure"
GROUPS = (PROFILE, CONSERVATION, HOMOLOGUES, CHEMISTRY, SURROUNDINGS, LANGUAGE_MODEL, STRUCTURE)
FROM_FAMILY = (PROFILE, CONSERVATION, HOMOLOGUES)
FLOOR = 1e-4
HYDROPHOBIC = "AVILMFWC"
CLASSES = {
    "hydrophobic": HYDROPHOBIC, "aromatic": "FWYH", "small": "AGSCT", "positive": "KR", "negative": "DE",
    "polar": "STNQHKRDEG", "strand former": "VITFYW",
}  # fmt: skip


@dataclass(frozen=True)
class FeatureTable:
    """Features of every substitution of a protein.

    Attributes
    ----------
    values : float32 array, (L, 20, K)
        Finite everywhere; of no meaning at the wild type and where the wild type is not one of the 20.
    names : tuple of str, length K
    groups : tuple of str, length K
        One of `GROUPS` for each feature.
    """

    values: np.ndarray
    names: tuple[str, ...]
    groups: tuple[str, ...]

    def __post_init__(self):
        if not self.values.shape[-1] == len(self.names) == len(self.groups):
            raise ValueError("one name and one group for each feature")

    def select(self, names: tuple[str, ...]) -> np.ndarray:
        """The columns of these names, float32 (L, 20, len(names)).

        Raises
        ------
        KeyError
            A feature is not in the table.
        """
        places = {name: place for place, name in enumerate(self.names)}
        return self.values[..., [places[name] for name in names]]


def features(
    sequence: str, profile: Profile | None, *, said: np.ndarray | None = None, structure: np.ndarray | None = None
) -> FeatureTable:
    """Features of all substitutions of a protein.

    Parameters
    ----------
    sequence : str, length L
        Cleaned protein.
    profile : Profile or None
        What the homologues have at each residue; without one, or where nothing is known, the residue background stands
        in and `covered` is 0.
    said : float array, (L, 20), optional
        Probabilities of a language model; the group "language model" is there only with them.
    structure : float array, (L,), optional
        Number of other residues with a CB within 10 angstrom, NaN where it is not known; the group "structure" is there
        only with them.

    Raises
    ------
    ValueError
        The profile, `said` or `structure` is of another length.
    """
    length = len(sequence)
    for name, given in (("profile", profile), ("said", said), ("structure", structure)):
        if given is not None and len(given) != length:
            raise ValueError(f"{name} has {len(given)} residues, the protein {length}")
    own = np.array([AMINO_ACIDS.find(letter) for letter in sequence], int).clip(0)
    made: dict[str, tuple[str, np.ndarray]] = {}
    if profile is not None:
        made |= _from_family(own, profile)
        made |= _column_chemistry(own, profile)
    made |= _chemistry(own)
    made |= _surroundings(sequence, own)
    if said is not None:
        logs = np.log(np.maximum(said, FLOOR))
        made["language model log odds"] = LANGUAGE_MODEL, logs - _at(logs, own)
        made["language model entropy"] = LANGUAGE_MODEL, -(np.exp(logs) * logs).sum(axis=1, keepdims=True)
    if structure is not None:
        made |= _structure(own, structure)
    values = np.empty((length, len(AMINO_ACIDS), len(made)), np.float32)
    for place, (_, column) in enumerate(made.values()):
        values[..., place] = column
    return FeatureTable(values, tuple(made), tuple(group for group, _ in made.values()))


def _at(values: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The wild type's column, (L, 20) -> (L, 1)."""
    return np.take_along_axis(values, own[:, None], axis=1)


def _from_family(own: np.ndarray, profile: Profile) -> dict[str, tuple[str, np.ndarray]]:
    p = np.maximum(profile.probabilities, FLOOR)
    logs, covered = np.log(p), profile.covered
    odds = logs - np.log(profile.background)
    bits = np.nan_to_num(profile.conservation).round(4)  # so that ties are ties
    known = bits[covered] if covered.any() else np.zeros(1)
    relative = np.where(covered, bits - known.mean(), 0.0)
    rank = np.where(covered, np.searchsorted(np.sort(known), bits) / max(len(known), 1) - 0.5, 0.0)
    difference = logs - _at(logs, own)
    column = relative[:, None]
    depth = np.log1p(profile.effective)[:, None]
    seen = covered[:, None].astype(float)
    blosum = _blosum()[own]
    # the protein itself as one more observation, beside the homologues' and the prior's
    known_by = profile.effective[:, None] + PRIOR
    joined = np.log(np.maximum((p * known_by + np.eye(len(AMINO_ACIDS))[own]) / (known_by + 1), FLOOR))
    deviations = np.where(covered, relative / (known.std() + 0.1), 0.0)
    return {
        "log p mutant": (PROFILE, logs),
        "log p wild type": (PROFILE, _at(logs, own)),
        "log p difference": (PROFILE, difference),
        "log p below the commonest": (PROFILE, logs - logs.max(axis=1, keepdims=True)),
        "log odds to background": (PROFILE, odds),
        "difference x homologues": (PROFILE, difference * depth),
        "hydropathy from the column's": (PROFILE, seen * np.abs(HYDROPATHY - (p @ HYDROPATHY)[:, None])),
        "volume from the column's": (PROFILE, seen * np.abs(VOLUME - (p @ VOLUME)[:, None])),
        "log p mutant, with the protein": (PROFILE, joined),
        "log p difference, with the protein": (PROFILE, joined - _at(joined, own)),
        "conservation": (CONSERVATION, bits[:, None]),
        "conservation in the protein": (CONSERVATION, column),
        "rank of conservation": (CONSERVATION, rank[:, None]),
        "conservation of 3": (CONSERVATION, _windowed(relative, 1)[:, None]),
        "conservation of 7": (CONSERVATION, _windowed(relative, 3)[:, None]),
        "conservation of 21": (CONSERVATION, _windowed(relative, 10)[:, None]),
        "conservation x BLOSUM62": (CONSERVATION, column * blosum),
        "conservation x hydrophobic wild type": (CONSERVATION, column * _is(HYDROPHOBIC)[own][:, None]),
        "conservation x difference": (CONSERVATION, column * difference),
        "conservation, with the protein": (
            CONSERVATION,
            (np.exp(joined) * (joined - np.log(profile.background))).sum(axis=1, keepdims=True),
        ),
        "conservation in deviations": (CONSERVATION, deviations[:, None]),
        "conservation in deviations x BLOSUM62": (CONSERVATION, deviations[:, None] * blosum),
        **{
            f"conservation in deviations of {2 * reach + 1}": (CONSERVATION, _windowed(deviations, reach)[:, None])
            for reach in (1, 2, 5, 20)
        },
        "effective homologues": (HOMOLOGUES, depth),
        "covered": (HOMOLOGUES, seen),
        "coverage of 21": (HOMOLOGUES, _windowed(covered.astype(float), 10)[:, None]),
    }


def _column_chemistry(own: np.ndarray, profile: Profile) -> dict[str, tuple[str, np.ndarray]]:
    """What kinds of residues a column holds, and whether the substitution is one of them."""
    p, seen = np.maximum(profile.probabilities, FLOOR), profile.covered[:, None]
    made: dict[str, np.ndarray] = {}
    for name, letters in CLASSES.items():
        of = _is(letters)
        share = (p @ of)[:, None]
        made |= {
            f"{name} in the column": share,
            f"{name}, as the column": share * of,
            f"{name}, unlike the column": (1 - share) * of,
        }
    for name, letter in (("glycine", "G"), ("proline", "P")):
        made[f"{name} in the column"] = p[:, AMINO_ACIDS.index(letter)][:, None]
    entropy = -(p * np.log(p)).sum(axis=1)
    hydropathy, volume = p @ HYDROPATHY, p @ VOLUME
    change = HYDROPATHY - HYDROPATHY[own][:, None]
    spread = [np.sqrt(np.maximum(p @ s**2 - m**2, 0)) for s, m in ((HYDROPATHY, hydropathy), (VOLUME, volume))]
    around = _windowed(hydropathy, 3)[:, None]
    made |= {
        "entropy of the column": entropy[:, None],
        "entropy of 7 columns": _windowed(entropy, 3)[:, None],
        "hydropathy of the column": hydropathy[:, None],
        "hydropathy of 3 columns": _windowed(hydropathy, 1)[:, None],
        "hydropathy of 7 columns": around,
        "hydropathy of 21 columns": _windowed(hydropathy, 10)[:, None],
        "hydropathy of the column x change": hydropathy[:, None] * change,
        "hydropathy of 7 columns x change": around * change,
        "volume of the column": volume[:, None],
        "spread of hydropathy in the column": spread[0][:, None],
        "spread of volume in the column": spread[1][:, None],
        "hydropathy, deviations from the column's": seen
        * np.abs(HYDROPATHY - hydropathy[:, None])
        / np.sqrt(spread[0] ** 2 + 0.3)[:, None],
        "volume, deviations from the column's": seen
        * np.abs(VOLUME - volume[:, None])
        / np.sqrt(spread[1] ** 2 + 100)[:, None],
        "volume above the column's": seen * np.maximum(VOLUME - volume[:, None], 0),
    }
    return {name: (PROFILE, values) for name, values in made.items()}


def _chemistry(own: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    made: dict[str, np.ndarray] = {"BLOSUM62": _blosum()[own]}
    for name, scale in (("hydropathy", HYDROPATHY), ("volume", VOLUME), ("helix cost", HELIX_COST), ("charge", CHARGE)):
        change = scale[None] - scale[own][:, None]
        made |= {
            f"{name} of wild type": scale[own][:, None],
            f"{name} change": change,
            f"{name} change, absolute": abs(change),
        }
    made["volume gained"] = np.maximum(made["volume change"], 0)
    made["polar into hydrophobic site"] = _is(HYDROPHOBIC)[own][:, None] * (1 - _is(HYDROPHOBIC))[None]
    for index, letter in enumerate(AMINO_ACIDS):
        made[f"{letter} replaced"] = (own == index).astype(float)[:, None]
        made[f"{letter} introduced"] = (np.arange(len(AMINO_ACIDS)) == index).astype(float)[None]
    return {name: (CHEMISTRY, values) for name, values in made.items()}


def _surroundings(sequence: str, own: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    length = len(own)
    hydropathy = HYDROPATHY[own]
    change = HYDROPATHY[None] - hydropathy[:, None]
    near = _windowed(hydropathy, 3)[:, None]
    helix, strand = _shifted(hydropathy, (-4, -3, 3, 4)), _shifted(hydropathy, (-2, 2))
    end = np.minimum(np.arange(length), np.arange(length)[::-1])
    flexible = _windowed(np.isin(own, [AMINO_ACIDS.index(c) for c in "GPSNDQEK"]).astype(float), 7)
    made = {
        "hydropathy of 7": near,
        "hydropathy of 15": _windowed(hydropathy, 7)[:, None],
        "hydropathy of a helix's face": helix[:, None],
        "hydropathy of a strand's face": strand[:, None],
        "hydropathy of 7 x change": near * change,
        "helix's face x change": helix[:, None] * change,
        "strand's face x change": strand[:, None] * change,
        "proline amid helix formers": _windowed(-HELIX_COST[own], 3)[:, None]
        * (np.arange(len(AMINO_ACIDS)) == AMINO_ACIDS.index("P"))[None],
        "helix cost of 7 x change": _windowed(HELIX_COST[own], 3)[:, None]
        * (HELIX_COST[None] - HELIX_COST[own][:, None]),
        "disorder formers of 15": flexible[:, None],
        "nearness of an end": np.exp(-end / 10.0)[:, None],
        "first residue": (np.arange(length) == 0).astype(float)[:, None],
    }
    return {name: (SURROUNDINGS, values) for name, values in made.items()}


def _structure(own: np.ndarray, neighbours: np.ndarray) -> dict[str, tuple[str, np.ndarray]]:
    known = np.isfinite(neighbours)
    mean = neighbours[known].mean() if known.any() else 0.0
    burial = np.where(known, neighbours - mean, 0.0)[:, None]
    return {
        "neighbours": (STRUCTURE, burial),
        "neighbours x hydropathy change": (STRUCTURE, burial * (HYDROPATHY[None] - HYDROPATHY[own][:, None])),
        "neighbours x volume change": (STRUCTURE, burial * np.abs(VOLUME[None] - VOLUME[own][:, None]) / 50),
    }


def _windowed(values: np.ndarray, reach: int) -> np.ndarray:
    """Mean over the residues up to `reach` away, fewer at the ends, (L,)."""
    kernel = np.ones(2 * reach + 1)
    total = np.convolve(values, kernel)[reach : reach + len(values)] if len(values) else values
    count = np.convolve(np.ones(len(values)), kernel)[reach : reach + len(values)] if len(values) else values
    return total / np.maximum(count, 1)


def _shifted(values: np.ndarray, steps: tuple[int, ...]) -> np.ndarray:
    """Mean of the residues at these distances, those beyond an end left out, (L,)."""
    places = np.arange(len(values))[:, None] + np.array(steps)
    inside = (places >= 0) & (places < len(values))
    taken = np.where(inside, values[places.clip(0, max(len(values) - 1, 0))] if len(values) else 0.0, 0.0)
    return taken.sum(axis=1) / np.maximum(inside.sum(axis=1), 1)


def _is(letters: str) -> np.ndarray:
    return np.array([float(c in letters) for c in AMINO_ACIDS])


@cache
def _blosum() -> np.ndarray:
    """BLOSUM62, (20, 20) in the order of `AMINO_ACIDS`; Henikoff & Henikoff (1992), doi:10.1073/pnas.89.22.10915."""
    from scoring_matrices import ScoringMatrix

    matrix = ScoringMatrix.from_name("BLOSUM62")
    places = [matrix.alphabet.index(letter) for letter in AMINO_ACIDS]
    return np.array([[matrix[a][b] for b in places] for a in places])
