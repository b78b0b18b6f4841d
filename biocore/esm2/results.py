"""What ESM-2 says about a protein: probabilities at masked residues, and scores of every substitution."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from biocore.esm2.vocabulary import AMINO_ACID_IDS, IDS, TOKENS
from biocore.sequence import AMINO_ACIDS

MASKED, WILD_TYPE = "masked", "wild-type"
STRATEGIES = (MASKED, WILD_TYPE)  # of a language model
FAMILY, BLEND = "family", "blend"  # probabilities from elsewhere, scored in the same way


def renormalise(token_probabilities: np.ndarray) -> np.ndarray:
    """Probabilities over the 20 amino acids, (N, 20), columns `AMINO_ACIDS`, from those of the 33 tokens."""
    residues = token_probabilities[:, AMINO_ACID_IDS]
    return residues / residues.sum(axis=1, keepdims=True)


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Shannon entropy in bits of each row, (N, 20) -> (N,): 0 is certain, log2(20) = 4.32 is no idea."""
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.where(probabilities == 0, 0.0, np.log2(probabilities))
    return -(probabilities * logs).sum(axis=1)


def _at_wild_type(values: np.ndarray, wild_type: str) -> np.ndarray:
    """The column of each row's wild type, (N, 20) -> (N,); NaN where it is not one of the 20."""
    own = np.array([AMINO_ACIDS.find(residue) for residue in wild_type])
    return np.where(own >= 0, values[np.arange(len(own)), own], np.nan)


@dataclass(frozen=True)
class ResidueProbabilities:
    """What the model expects at masked residues.

    Attributes
    ----------
    sequence : str, length L
        The protein without masks.
    positions : tuple of int
        P masked positions, 0-based; they were masked at the same time.
    tokens : float32 array, (P, 33)
        Probability of each token, in the order of `vocabulary.TOKENS`.
    model : str
    """

    sequence: str
    positions: tuple[int, ...]
    tokens: np.ndarray
    model: str

    def __post_init__(self):
        if self.tokens.shape != (len(self.positions), len(TOKENS)):
            raise ValueError(f"tokens has shape {self.tokens.shape}, not ({len(self.positions)}, {len(TOKENS)})")

    @property
    def probabilities(self) -> np.ndarray:
        """Renormalised over the 20 amino acids, (P, 20), columns `AMINO_ACIDS`."""
        return renormalise(self.tokens)

    @property
    def entropy(self) -> np.ndarray:
        """Bits, (P,)."""
        return entropy(self.probabilities)

    @property
    def wild_type(self) -> str:
        """The residues that were masked, P letters."""
        return "".join(self.sequence[position] for position in self.positions)

    @property
    def wild_type_probability(self) -> np.ndarray:
        """p(wild type) among the 20, (P,); NaN where the wild type is not one of them."""
        return _at_wild_type(self.probabilities, self.wild_type)

    @property
    def wild_type_rank(self) -> np.ndarray:
        """Place of the wild type among the 20, (P,), 1 is the most likely; NaN where it is not one of them."""
        own = self.wild_type_probability
        return np.where(np.isnan(own), np.nan, (self.probabilities > own[:, None]).sum(axis=1) + 1)


@dataclass(frozen=True)
class SubstitutionScan:
    """Every substitution of a protein.  Rows that were not computed (a stopped scan) are NaN.

    Attributes
    ----------
    sequence : str, length L
    strategy : str
        "masked" or "wild-type" marginals of a language model; "family" or "blend" for `from_probabilities`.
    token_log_probabilities : float32 array, (L, 33)
        Natural logs, in the order of `vocabulary.TOKENS`.
    model : str
    """

    sequence: str
    strategy: str
    token_log_probabilities: np.ndarray
    model: str

    def __post_init__(self):
        if self.strategy not in (*STRATEGIES, FAMILY, BLEND):
            raise ValueError(f"strategy {self.strategy!r} is none of {(*STRATEGIES, FAMILY, BLEND)}")
        if self.token_log_probabilities.shape != (len(self.sequence), len(TOKENS)):
            raise ValueError(
                f"token_log_probabilities has shape {self.token_log_probabilities.shape}, not "
                f"({len(self.sequence)}, {len(TOKENS)})"
            )

    @classmethod
    def from_probabilities(
        cls, sequence: str, strategy: str, probabilities: np.ndarray, model: str
    ) -> "SubstitutionScan":
        """A scan of given probabilities over the 20 amino acids, float (L, 20); the other tokens get none."""
        logs = np.full((len(sequence), len(TOKENS)), -np.inf, np.float32)
        logs[:, AMINO_ACID_IDS] = np.log(np.maximum(probabilities, 1e-9))
        return cls(sequence, strategy, logs, model)

    @property
    def done(self) -> np.ndarray:
        """Which residues were computed, bool (L,)."""
        return ~np.isnan(self.token_log_probabilities).any(axis=1)

    @property
    def probabilities(self) -> np.ndarray:
        """Over the 20 amino acids, (L, 20), columns `AMINO_ACIDS`."""
        return renormalise(np.exp(self.token_log_probabilities))

    @property
    def scores(self) -> np.ndarray:
        """Log-odds against the wild type, natural log, (L, 20); negative is less expected than the wild type.

        Exactly 0 at the wild type; a row is NaN where the wild type is not one of the 20, or was not computed.
        """
        logs = self.token_log_probabilities[:, AMINO_ACID_IDS]
        return logs - _at_wild_type(logs, self.sequence)[:, None]

    @property
    def wild_type_probability(self) -> np.ndarray:
        """p(wild type) among the 20, (L,); NaN where the wild type is not one of them."""
        return _at_wild_type(self.probabilities, self.sequence)

    @property
    def entropy(self) -> np.ndarray:
        """Bits at each residue, (L,)."""
        return entropy(self.probabilities)

    @property
    def mean_effect(self) -> np.ndarray:
        """Mean score of the 19 substitutions of each residue, (L,)."""
        return self.scores.sum(axis=1) / (len(AMINO_ACIDS) - 1)

    @property
    def pseudo_perplexity(self) -> float:
        """exp(-mean log p) of the residues over the 33 tokens; NaN unless every residue was computed.

        With the wild-type strategy this is the cheap one-pass value, which is lower: the model sees the residue.
        """
        own = np.array([IDS[letter] for letter in self.sequence])
        return float(np.exp(-self.token_log_probabilities[np.arange(len(own)), own].mean(dtype=np.float64)))

    def table(self, *, offset: int = 0) -> pd.DataFrame:
        """Every substitution of the residues that were computed, one row each.

        Columns: position (counted from ``1 + offset``), wild_type, substitution, score (log-odds, natural log),
        probability (among the 20).  The wild type itself is among the 20 rows of a residue, with score 0.
        """
        done = np.flatnonzero(self.done)
        count = len(AMINO_ACIDS)
        return pd.DataFrame(
            {
                "position": np.repeat(done + 1 + offset, count),
                "wild_type": np.repeat(np.array(list(self.sequence))[done], count),
                "substitution": list(AMINO_ACIDS) * len(done),
                "score": self.scores[done].ravel(),
                "probability": self.probabilities[done].ravel(),
            }
        )
