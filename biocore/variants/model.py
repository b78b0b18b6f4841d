"""The regression that scores substitutions, as a model of the zoo.  It is linear, so that every score adds up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.errors import ModelUnavailable
from biocore.families.profile import Profile
from biocore.sequence import AMINO_ACIDS
from biocore.variants.cautions import OTHERS, cautions, in_words
from biocore.variants.features import GROUPS, FeatureTable, features
from biocore.variants.results import Calibration, EffectScan
from biocore.zoo import ModelCard, weights

FAMILY, ALONE = "family", "alone"  # with homologues, and without any
WITH_LANGUAGE_MODEL = " and language model"
MAX_RESIDUES = 20_000


@dataclass(frozen=True)
class Ridge:
    """A linear model of named features.

    Attributes
    ----------
    names, groups : tuples of str, length K
    weights, mean : float arrays, (K,)
        The score is ``intercept + (x - mean) @ weights``.
    intercept : float
    """

    names: tuple[str, ...]
    groups: tuple[str, ...]
    weights: np.ndarray
    mean: np.ndarray
    intercept: float

    def __post_init__(self):
        if not len(self.names) == len(self.groups) == len(self.weights) == len(self.mean):
            raise ValueError("one name, group, weight and mean for each feature")

    def contributions(self, table: FeatureTable) -> tuple[np.ndarray, tuple[str, ...]]:
        """What each group adds, float32 (L, 20, G), and the names of the G groups, in the order of `GROUPS`."""
        parts = (table.select(self.names) - self.mean) * self.weights
        groups = tuple(group for group in GROUPS if group in self.groups)
        of = np.array(self.groups)
        return np.stack([parts[..., of == group].sum(axis=-1) for group in groups], axis=-1).astype(np.float32), groups


class VariantModel:
    """Scores every substitution of a protein.

    Parameters
    ----------
    ridges : mapping
        "family" and "alone" (without homologues), and either with " and language model" after it.
    card : ModelCard
    hash : str
        Changes with the weights.
    """

    def __init__(self, ridges: Mapping[str, Ridge], card: ModelCard, *, hash: str):
        self.ridges, self.card, self.hash = dict(ridges), card, hash
        self._calibrations = {n: Calibration.from_dict(v) for n, v in card.details["calibration"].items()}

    @property
    def name(self) -> str:
        return self.card.name

    def scan(
        self,
        sequence: str,
        profile: Profile | None,
        *,
        said: np.ndarray | None = None,
        structure: np.ndarray | None = None,
    ) -> EffectScan:
        """Score all substitutions.

        Parameters
        ----------
        sequence : str, length L
            Cleaned protein.
        profile : Profile or None
            Of this protein; None, or one without homologues, is scored by chemistry and surroundings alone.
        said : float array, (L, 20), optional
            A language model's masked probabilities.
        structure : float array, (L,), optional
            Neighbours of each residue, see `features`.

        Returns
        -------
        EffectScan
        """
        known = profile is not None and bool(profile.covered.any())
        kind = FAMILY if known else ALONE
        spoken = said is not None and kind + WITH_LANGUAGE_MODEL in self.ridges
        ridge_name = kind + WITH_LANGUAGE_MODEL if spoken else kind
        ridge = self.ridges[ridge_name]
        table = features(sequence, profile if known else None, said=said if spoken else None)
        parts, groups = ridge.contributions(table)
        scores = parts.sum(axis=-1) + np.float32(ridge.intercept)
        found = cautions(sequence, profile if known else None)
        own = np.array([AMINO_ACIDS.find(letter) for letter in sequence], int)
        scores[own < 0] = np.nan
        scores[np.flatnonzero(own >= 0), own[own >= 0]] = np.nan
        return EffectScan(
            sequence,
            scores,
            parts,
            groups,
            float(ridge.intercept),
            self._missing(profile, known=known, said=said is not None, spoken=spoken, structure=structure is not None),
            self.name,
            self._calibrations[ridge_name],
            tuple(in_words(found, [i]) for i in range(len(sequence))),
            self._worth(),
        )

    def _worth(self) -> str:
        """What the cautions were measured to cost, as a sentence; empty where the card does not say."""
        measured = self.card.details.get("cautions", {})
        if not measured:
            return ""
        said = [
            f"{row['spearman']:.2f} ({row['low']:.2f} to {row['high']:.2f}; {row['proteins']} proteins) at "
            + ("the others" if name == OTHERS else f"residues with {name}")
            for name, row in measured.items()
        ]
        return f"Rank correlation with measured effects: {'; '.join(said)}."

    def _missing(
        self, profile: Profile | None, *, known: bool, said: bool, spoken: bool, structure: bool
    ) -> tuple[str, ...]:
        cost = self.card.details["spearman"]  # held-out mean over proteins, by name of the ridge
        lines = []
        if not known:
            lines.append(
                "No homologue is known: chemistry and sequence surroundings answer alone. In proteins that were not "
                f"trained on, the rank correlation with measured effects is then {cost[ALONE]:.2f} instead of "
                f"{cost[FAMILY]:.2f}."
            )
        elif profile is not None and profile.coverage < 0.9:
            lines.append(
                f"Homologues are known at {100 * profile.coverage:.0f} % of the residues; at the others chemistry and "
                f"surroundings answer alone (rank correlation {cost[ALONE]:.2f} instead of {cost[FAMILY]:.2f})."
            )
        kind = FAMILY if known else ALONE
        together = cost.get(kind + WITH_LANGUAGE_MODEL)
        if together is not None and not spoken:
            lines.append(
                f"No language model took part. With {self.card.details['language_model']} the rank correlation is "
                f"{together:.3f} instead of {cost[kind]:.3f}."
            )
        elif together is None:
            gain = self.card.details.get("language_model_gain", float("nan"))
            tried = f" {self.card.details['language_model']} changed the rank correlation by {gain:+.3f}"
            lines.append(
                f"The language model took no part: no stronger one was at hand to learn from, and{tried}."
                if said and np.isfinite(gain)
                else "No language model takes part in the scores" + (f":{tried}." if np.isfinite(gain) else ".")
            )
        lines.append(
            ("The structure took no part in the scores" if structure else "No structure took part in the scores")
            + ": too few of the measured proteins have one here to learn what it is worth, so its gain is not known."
        )
        return tuple(lines)


def as_tensors(ridges: Mapping[str, Ridge]) -> dict[str, np.ndarray]:
    """Ridges as named arrays, for safetensors; names and groups of the features are on the card."""
    return {
        f"{name}.{part}": np.atleast_1d(np.asarray(getattr(ridge, part), np.float32))
        for name, ridge in ridges.items()
        for part in ("weights", "mean", "intercept")
    }


def load(card: ModelCard) -> VariantModel:
    """The model of a card.

    Raises
    ------
    ModelUnavailable
        Its weights are not on this machine or are damaged, or were trained on features this version does not make.
    """
    from safetensors.numpy import load_file

    path = weights(card)
    tensors: dict[str, Any] = load_file(path)
    try:
        ridges = {
            name: Ridge(
                tuple(stored["names"]),
                tuple(stored["groups"]),
                tensors[f"{name}.weights"],
                tensors[f"{name}.mean"],
                float(tensors[f"{name}.intercept"][0]),
            )
            for name, stored in card.details["features"].items()
        }
        blank = np.full((1, len(AMINO_ACIDS)), 1 / len(AMINO_ACIDS), np.float32)
        nobody = Profile("A", blank, np.zeros(1, np.float32), (), "", blank[0])
        known = set(features("A", nobody, said=blank).names)
        unknown = sorted({name for ridge in ridges.values() for name in ridge.names} - known)
        if unknown or not {FAMILY, ALONE} <= set(ridges):
            raise ValueError(f"unknown features {unknown}" if unknown else "a regression is missing")
        return VariantModel(ridges, card, hash=card.sha256.get(path.name, "")[:16])
    except (KeyError, ValueError, TypeError) as error:
        raise ModelUnavailable(f"{path.parent} was not made for this version of biocore: {error}") from error
