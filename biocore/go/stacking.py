"""What is known of each (protein, term): what the head says, what homologues and neighbours say, what the term is like.

A small network reads these numbers and gives the answer, see `predict`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from biocore.go.families import FamilyVotes
from biocore.go.head import Mlp, logit
from biocore.go.homology import HomologueHits, HomologyIndex, excess_bits
from biocore.go.neighbours import ReferenceHits, votes

PAIR_FEATURES = (
    "logit of the network",
    "logit of the homologues' vote fraction, by bits and similarity",
    "logit of the homologues' vote fraction, by bits",
    "logit of the homologues' vote fraction, of the first five",
    "logit of the homologues' vote fraction, each counted once",
    "logit of the homologues' vote fraction, by bits and coverage of both",
    "logit of the homologues' vote fraction, by bits and coverage of the query",
    "excess bits of the strongest homologue with the term",
    "similarity of the most similar homologue with the term",
    "coverage of the best covered homologue with the term",
    "excess bits of the strongest homologue of all",
    "similarity of the nearest aligned protein",
    "coverage of the best covered homologue of all",
    "logit of the embedding neighbours' vote fraction",
    "closest embedding neighbour with the term",
    "nearest embedding neighbour of all",
    "logit of the term's frequency",
    "logit of the precision with which k-mer neighbours pass the term on",
    "logit of the recall with which they do",
    "network x strongest homologue of all",
    "log length",
)
FAMILY_FEATURES = (  # behind the others, of a model that knows families
    "logit of the vote fraction of proteins of the same families",
    "logit of the largest fraction of a family's proteins with the term",
    "logit of the fraction of the best family's proteins with the term",
    "bits shared with the closest protein of the same families that has the term",
    "bits of the best family",
    "log of the annotated proteins in the best family",
)


@dataclass(frozen=True)
class Homologues:
    """What the aligned neighbours of N proteins say; fractions are those of `neighbours.votes`.

    Attributes
    ----------
    fraction, by_bits, first_five, counted, by_coverage, by_query : float32 arrays, (N, T)
        Fraction of the votes for each term: weighted by excess bits times similarity, by those bits alone, by the
        first among the five nearest, each once, by bits times the coverage of the less covered of the two proteins,
        and by bits times the coverage of the query.
    closest_bits, closest_similarity, closest_coverage : float32 arrays, (N, T)
        Of the best neighbour that has the term; 0 where none has.
    bits, similarity, coverage : float32 arrays, (N,)
        Of the best neighbour by each, whatever its terms.
    """

    fraction: np.ndarray
    by_bits: np.ndarray
    first_five: np.ndarray
    counted: np.ndarray
    by_coverage: np.ndarray
    by_query: np.ndarray
    closest_bits: np.ndarray
    closest_similarity: np.ndarray
    closest_coverage: np.ndarray
    bits: np.ndarray
    similarity: np.ndarray
    coverage: np.ndarray


def homologues_of(
    index: HomologyIndex, found: HomologueHits, sequences: Sequence[str], labels: np.ndarray
) -> Homologues:
    """What aligned neighbours say of each term.

    Parameters
    ----------
    index : HomologyIndex
        That `found` was searched in.
    found : HomologueHits
        Of `HomologyIndex.search`, for `sequences`.
    labels : bool array, (M, T)
        Terms of the references.

    Returns
    -------
    Homologues
    """
    lengths = np.array([max(len(s), 1) for s in sequences])
    beyond = excess_bits(found, lengths, index.residues)
    of_query, of_reference = index.coverage(found, sequences)
    both = np.minimum(of_query, of_reference)
    # bits times similarity: a homologue over its whole length counts more than one that shares a domain
    weight = beyond * found.similarity
    by_bits, closest_bits = votes(found, labels, beyond)
    return Homologues(
        fraction=votes(found, labels, weight)[0],
        by_bits=by_bits,
        first_five=votes(found, labels, np.where(np.arange(weight.shape[1]) < 5, weight, 0))[0],
        counted=votes(found, labels, beyond > 0)[0],
        by_coverage=votes(found, labels, beyond * both)[0],
        by_query=votes(found, labels, beyond * of_query)[0],
        closest_bits=closest_bits,
        closest_similarity=votes(found, labels, found.similarity)[1],
        closest_coverage=votes(found, labels, both)[1],
        bits=beyond.max(axis=1, initial=0),
        similarity=found.best,
        coverage=both.max(axis=1, initial=0),
    )


@dataclass(frozen=True)
class Votes:
    """What the embedding neighbours of N proteins say.

    Attributes
    ----------
    fraction, closest : float32 arrays, (N, T)
        As `neighbours.votes` gives them.
    similarity : float32 array, (N,)
        Of the nearest neighbour, whatever its terms.
    """

    fraction: np.ndarray
    closest: np.ndarray
    similarity: np.ndarray


def vector_votes(found: ReferenceHits, labels: np.ndarray, power: float) -> Votes:
    """Votes of neighbours by embedding; each counts its similarity raised to `power`.

    Parameters
    ----------
    found : ReferenceHits
        By embedding.
    labels : bool array, (M, T)
        Terms of the references.
    power : float

    Returns
    -------
    Votes
    """
    fraction = votes(found, labels, np.maximum(found.similarity, 0) ** power)[0]
    return Votes(fraction, votes(found, labels, found.similarity)[1], found.best)


@dataclass(frozen=True)
class Terms:
    """What the training proteins say of each term: float32 arrays, (T,).

    Attributes
    ----------
    frequency : fraction of the training proteins that have it.
    precision, recall : of the vote of a training protein's k-mer neighbours outside its own cluster, at half the votes;
        shrunk towards 0.6 and 0.4 by five imagined proteins.
    """

    frequency: np.ndarray
    precision: np.ndarray
    recall: np.ndarray

    @classmethod
    def measure(cls, labels: np.ndarray, found: ReferenceHits) -> "Terms":
        """From the labels (M, T) of the training proteins and their k-mer neighbours among themselves."""
        said = votes(found, labels, found.similarity**2)[0] >= 0.5
        right = (labels & said).sum(axis=0)
        return cls(
            labels.mean(axis=0).astype(np.float32),
            ((right + 5 * 0.6) / (said.sum(axis=0) + 5)).astype(np.float32),
            ((right + 5 * 0.4) / (labels.sum(axis=0) + 5)).astype(np.float32),
        )

    def arrays(self) -> dict[str, np.ndarray]:
        """As named arrays, for safetensors."""
        return {"frequency": self.frequency, "passed_on.precision": self.precision, "passed_on.recall": self.recall}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "Terms":
        """The reverse of `arrays`."""
        return cls(arrays["frequency"], arrays["passed_on.precision"], arrays["passed_on.recall"])


def pair_features(
    network: np.ndarray,
    homologues: Homologues,
    vectors: Votes,
    families: FamilyVotes | None,
    terms: Terms,
    sequences: Sequence[str],
) -> np.ndarray:
    """What is known of each (protein, term), see `PAIR_FEATURES` and `FAMILY_FEATURES`.

    Parameters
    ----------
    network : float array, (N, T)
        Logits of the head.
    families : FamilyVotes, optional

    Returns
    -------
    float32 array, (N, T, 27); 21 without families
    """
    fractions = (
        *(homologues.fraction, homologues.by_bits, homologues.first_five),
        *(homologues.counted, homologues.by_coverage, homologues.by_query),
    )
    strongest = np.log1p(homologues.bits)[:, None]
    columns = [
        network,
        *(logit(fraction, 1e-3) for fraction in fractions),
        *(np.log1p(homologues.closest_bits), homologues.closest_similarity, homologues.closest_coverage),
        *(strongest, homologues.similarity[:, None], homologues.coverage[:, None]),
        *(logit(vectors.fraction, 1e-3), vectors.closest, vectors.similarity[:, None]),
        *(logit(values)[None] for values in (terms.frequency, terms.precision, terms.recall)),
        network * strongest,
        np.log([max(len(s), 1) for s in sequences])[:, None],
    ]
    if families is not None:
        columns += [logit(values, 1e-3) for values in (families.fraction, families.likeliest, families.strongest)]
        columns += [np.log1p(families.closest), np.log1p(families.bits)[:, None], np.log1p(families.known)[:, None]]
    out = np.empty((*network.shape, len(columns)), np.float32)
    for number, values in enumerate(columns):
        out[..., number] = values
    return out


def stacked(stacks: Sequence[Mlp], pairs: np.ndarray) -> np.ndarray:
    """Mean log-odds (N, T) of small networks that read `pair_features`, (N, T, F).

    Parameters
    ----------
    stacks : sequence of Mlp
    pairs : float32 array, (N, T, F)
    """
    flat = pairs.reshape(-1, pairs.shape[-1])
    return np.mean([stack(flat, block=200_000) for stack in stacks], axis=0).reshape(pairs.shape[:2])
