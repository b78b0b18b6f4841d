"""The model that answers: a protein -> calibrated probabilities of GO terms, what they rest on, or "not sure"."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import expit

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.go import features
from biocore.go.calibration import Calibration
from biocore.go.head import Mlp
from biocore.go.homology import HomologyIndex, expect
from biocore.go.neighbours import Neighbours, nearest_vectors
from biocore.go.ontology import depths, most_specific, propagate_scores
from biocore.go.pairs import Terms, pair_features, relatives_of, vector_votes
from biocore.stats.calibration import Reliability

Progress = Callable[[int, int], None]
IDENTICAL = 0.9995  # similarity from which two proteins count as the same


@dataclass(frozen=True)
class Reference:
    """Annotated training proteins: no sequences, only what neighbours are found by and what they are annotated with.

    Attributes
    ----------
    accessions : tuple of str, length M
    vectors : float array, (M, d)
        Embeddings on their main axes.
    homology : HomologyIndex
    starts, terms : int arrays
        Terms of protein i are ``terms[starts[i]:starts[i + 1]]``, as numbers of `term_ids`.
    term_ids, term_names : tuples of str
        Every term a training protein has, also those too rare for the network.
    """

    accessions: tuple[str, ...]
    vectors: np.ndarray
    homology: HomologyIndex
    starts: np.ndarray
    terms: np.ndarray
    term_ids: tuple[str, ...]
    term_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.accessions)

    def terms_of(self, protein: int) -> list[str]:
        """Identifiers of a reference protein's terms."""
        return [self.term_ids[t] for t in self.terms[self.starts[protein] : self.starts[protein + 1]]]

    @cached_property
    def names(self) -> dict[str, str]:
        """Identifier -> name."""
        return dict(zip(self.term_ids, self.term_names, strict=True))

    @cached_property
    def term_counts(self) -> dict[str, int]:
        """Identifier -> how many reference proteins have it."""
        counts = np.bincount(self.terms.astype(int), minlength=len(self.term_ids))
        return dict(zip(self.term_ids, counts.tolist(), strict=True))

    def labels(self, vocabulary: Sequence[str]) -> np.ndarray:
        """Bool array (M, T) over a vocabulary."""
        column = {term: i for i, term in enumerate(vocabulary)}
        place = np.array([column.get(term, -1) for term in self.term_ids])[self.terms.astype(int)]
        rows = np.repeat(np.arange(len(self)), np.diff(self.starts.astype(int)))
        matrix = np.zeros((len(self), len(vocabulary)), dtype=bool)
        matrix[rows[place >= 0], place[place >= 0]] = True
        return matrix


@dataclass(frozen=True)
class Prediction:
    """Answer for N proteins over the T terms of the model.

    Attributes
    ----------
    probability : float32 array, (N, T)
        Calibrated, and never higher for a term than for its parents.
    network, neighbours : float32 arrays, (N, T)
        What the network alone, and the neighbours' vote alone, would say (a probability and a weighted share).
    lifted : bool array, (N, T)
        Where the probability was raised to that of a child.
    by_alignment, by_vector : Neighbours
        Nearest annotated proteins, by local alignment and by embedding.
    expect : float array, (N, K)
        E-value of each alignment: how many references would align as well by chance.
    chance : float32 array, (N,)
        Bit score of each protein's own shuffled sequence with the same references.
    unsure : tuple of str, length N
        Why the model should not be asked about this protein; "" where it may be.
    """

    probability: np.ndarray
    network: np.ndarray
    neighbours: np.ndarray
    lifted: np.ndarray
    by_alignment: Neighbours
    by_vector: Neighbours
    expect: np.ndarray
    chance: np.ndarray
    unsure: tuple[str, ...]

    def __post_init__(self):
        shape = self.probability.shape
        if (
            not self.network.shape == self.neighbours.shape == self.lifted.shape == shape
            or len(self.unsure) != shape[0]
        ):
            raise ValueError("the parts of a prediction differ in shape")

    def __len__(self) -> int:
        return len(self.probability)


class FunctionModel:
    """GO molecular functions of a protein.

    Parameters
    ----------
    arrays : mapping
        As `to_arrays` of the training writes them.
    details : mapping
        The card's details: backbone, groups, thresholds, reliability, limits of what is familiar.
    backbone : Backbone, optional
        The language model; loaded by name (``details["backbone"]``) when first needed.
    """

    def __init__(
        self,
        arrays: Mapping[str, np.ndarray],
        details: Mapping[str, Any],
        *,
        backbone: features.Backbone | None = None,
        name: str = "",
    ):
        self.name, self.details = name, details
        self._backbone = backbone
        self.terms: tuple[str, ...] = tuple(_lines(arrays["text.vocabulary"]))
        self.reference = Reference(
            tuple(_lines(arrays["text.accessions"])),
            arrays["reference.vectors"].astype(np.float32),
            HomologyIndex.from_arrays(arrays),
            arrays["reference.starts"],
            arrays["reference.terms"],
            tuple(_lines(arrays["text.terms"])),
            tuple(_lines(arrays["text.names"])),
        )
        self.parents: dict[int, tuple[int, ...]] = {
            i: tuple(int(p) for p in text.split()) for i, text in enumerate(_lines(arrays["text.parents"]))
        }
        count = int(details["heads"])
        self.heads = [Mlp.from_arrays(arrays, f"head{i}") for i in range(count)]
        self.stacks = [Mlp.from_arrays(arrays, f"stack{i}") for i in range(int(details["stacks"]))]
        self.axes, self.centre = arrays["axes"].astype(np.float32), arrays["centre"]
        self.of_terms = Terms.from_arrays(arrays)
        self.information = arrays["information"].astype(float)
        self.calibration = Calibration(
            tuple(details["groups"]),
            arrays["calibration.group"],
            arrays["calibration.slope"],
            arrays["calibration.offset"],
        )
        self.threshold = arrays["threshold.threshold"]
        self.precision, self.recall = arrays["threshold.precision"], arrays["threshold.recall"]
        self.positives, self.predicted = arrays["threshold.positives"], arrays["threshold.predicted"]
        self.reliability = {k: Reliability.from_dict(v) for k, v in details["reliability"].items()}
        self.groups: tuple[str, ...] = tuple(details["count_groups"])

    # --------------------------------------------------------------------------------------------------- answers

    @property
    def backbone(self) -> features.Backbone:
        """The language model behind the embeddings.

        Raises
        ------
        ModelUnavailable
            It is not on this machine, or is not the one this head was trained on.
        """
        if self._backbone is None and self.details["backbone"] == "none":
            self._backbone = features.NoBackbone()
        if self._backbone is None:
            found = zoo.load(self.details["backbone"])
            known = str(self.details["backbone_hash"])
            if found.hash.split("-")[0] != known.split("-")[0]:
                raise ModelUnavailable(
                    f"{self.name} was trained on another version of {self.details['backbone']}. "
                    "Train it again: python -m biocore train function"
                )
            self._backbone = found
        return self._backbone

    def close(self) -> None:
        """Give the language model's memory back."""
        close = getattr(self._backbone, "close", None)
        self._backbone = None
        if close is not None:
            close()

    @property
    def reading(self) -> features.Reading:
        """How the language model reads a protein for this head."""
        return features.Reading(int(self.details["layer"]), int(self.details["max_residues"]))

    @property
    def vector_name(self) -> str:
        """What the similarity of `Prediction.by_vector` is of."""
        return "composition similarity" if self.details["backbone"] == "none" else "embedding similarity"

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Names of the model's terms."""
        return tuple(self.reference.names[term] for term in self.terms)

    @cached_property
    def depth(self) -> np.ndarray:
        """Longest way from a top term, (T,)."""
        return depths(self.parents)

    @cached_property
    def labels(self) -> np.ndarray:
        """Terms of the reference proteins, bool (M, T)."""
        return self.reference.labels(self.terms)

    def __call__(self, sequences: Sequence[str], *, progress: Progress | None = None) -> Prediction:
        """Predict cleaned proteins (`sequence.clean_protein`).

        Parameters
        ----------
        progress : callable, optional
            Gets (proteins done, proteins in all).
        """
        pooled = features.pooled_all(self.backbone, sequences, self.reading, progress=progress)
        return self.from_pooled(pooled, sequences)

    def from_pooled(
        self, pooled: np.ndarray, sequences: Sequence[str], *, aligned: Neighbours | None = None
    ) -> Prediction:
        """Predict from pooled embeddings that are already there (`features.pooled_all`), float array (N, 3 D).

        Parameters
        ----------
        aligned : Neighbours, optional
            ``reference.homology.search(sequences)``, where that is already there.
        """
        by_alignment = self.reference.homology.search(sequences) if aligned is None else aligned
        logits, network, share, by_vector = self._parts(pooled, sequences, by_alignment)
        raw = self.calibration(logits)
        probability = propagate_scores(raw, self.parents).astype(np.float32)
        alone = propagate_scores(expit(network), self.parents).astype(np.float32)
        homology = self.reference.homology
        chance = homology.by_chance(sequences, by_alignment)
        best = by_alignment.bits[:, 0]
        values = expect(by_alignment.bits, np.array([len(s) for s in sequences]), homology.residues)
        return Prediction(
            probability=probability,
            network=alone,
            neighbours=share,
            lifted=probability > raw + 1e-6,
            by_alignment=by_alignment,
            by_vector=by_vector,
            expect=values,
            chance=chance,
            unsure=tuple(
                self._why_unsure(*numbers)
                for numbers in zip(values[:, 0], best, chance, by_vector.best, alone.max(axis=1), strict=True)
            ),
        )

    def log_odds(self, pooled: np.ndarray, sequences: Sequence[str], *, among: np.ndarray | None = None) -> np.ndarray:
        """Calibrated log-odds (N, T), each term for itself: not lifted to its children, not cut at 0 and 1.

        Parameters
        ----------
        among : int array, optional
            Reference rows to align; the default is all.  For variants of one protein those near it are enough.
        """
        logits = self._parts(pooled, sequences, self.reference.homology.search(sequences, among=among))[0]
        group = self.calibration.group
        return self.calibration.slope[group] * logits + self.calibration.offset[group]

    def _parts(self, pooled: np.ndarray, sequences: Sequence[str], by_alignment: Neighbours):
        """Log-odds of the answer and of the head, share of the neighbours (all (N, T)), embedding neighbours."""
        x = self.inputs(pooled, sequences)
        by_vector = nearest_vectors(self.project(x), self.reference.vectors)
        network = self.network_logits(x)
        relatives = relatives_of(self.reference.homology, by_alignment, sequences, self.labels)
        vectors = vector_votes(by_vector, self.labels, float(self.details["vector_power"]))
        pairs = pair_features(network, relatives, vectors, self.of_terms, sequences)
        return stacked(self.stacks, pairs), network, relatives.share, by_vector

    def inputs(self, pooled: np.ndarray, sequences: Sequence[str]) -> np.ndarray:
        """What the head reads, float32 (N, width)."""
        return np.hstack([pooled, features.counts_all(sequences, self.groups)])

    def network_logits(self, x: np.ndarray) -> np.ndarray:
        """Log-odds (N, T) of the head alone, for `inputs`: the mean over its copies, trained from different seeds."""
        return np.mean([head(x) for head in self.heads], axis=0)

    def project(self, x: np.ndarray) -> np.ndarray:
        """`inputs` on the axes neighbours are sought in, float32 (N, d): of embeddings, or of counts without them."""
        return project(self.heads[0], x, self.centre, self.axes)

    def _why_unsure(self, value: float, bits: float, chance: float, vector: float, network: float) -> str:
        """Why a protein is unlike anything seen: no relative beyond chance, a far embedding, network undecided."""
        limits = self.details["familiar"]
        near = (value <= limits["expect"] and bits > limits["times"] * chance) or vector >= limits["vector"]
        if near or network >= limits["network"]:
            return ""
        far = f" Its {self.vector_name} to the nearest is {vector:.2f} (familiar from {limits['vector']:.2f})."
        return (
            "It is unlike every protein the model has learned from: the best alignment with an annotated one has "
            f"{bits:.0f} bits (E-value {value:.2g}), where its own letters in random order have {chance:.0f}, "
            f"and the network alone gives no term a probability of {limits['network']:g}."
            + (far if limits["vector"] <= 1 else "")
        )

    # -------------------------------------------------------------------------------------------- reading answers

    def same_as(self, prediction: Prediction, protein: int) -> int | None:
        """Row of the reference protein that is this one, as far as alignment and embedding can tell."""
        aligned, vector = prediction.by_alignment, prediction.by_vector
        row = int(aligned.indices[protein, 0])
        alike = min(aligned.similarity[protein, 0], vector.similarity[protein, 0])
        return row if row >= 0 and row == vector.indices[protein, 0] and alike > IDENTICAL else None

    def chosen(self, prediction: Prediction, protein: int) -> set[int]:
        """Terms above their thresholds and all their parents; empty where the model is not sure."""
        if prediction.unsure[protein]:
            return set()
        above = np.flatnonzero(prediction.probability[protein] >= self.threshold)
        chosen = set(above.tolist())
        waiting = list(chosen)
        while waiting:
            for parent in self.parents[waiting.pop()]:
                if parent not in chosen:
                    chosen.add(parent)
                    waiting.append(parent)
        return chosen

    def most_specific(self, chosen: set[int]) -> set[int]:
        """Those of `chosen` without a descendant in it."""
        return most_specific(chosen, self.parents)

    def right_at(self, term: int, probability: float) -> tuple[float, int]:
        """How often terms of this group came true at this probability on held-back proteins, and out of how many."""
        group = self.calibration.groups[int(self.calibration.group[term])]
        return self.reliability[group].at(probability)

    def verdict(self, prediction: Prediction, protein: int, term: int) -> str:
        """Where an answer comes from: "both", "neighbours", "network" or "together"."""
        limit = float(self.threshold[term])
        network = float(prediction.network[protein, term]) >= limit
        neighbours = float(prediction.neighbours[protein, term]) >= 0.5
        if network and neighbours:
            return "both"
        return "neighbours" if neighbours else "network" if network else "together"


def stacked(stacks: Sequence[Mlp], pairs: np.ndarray) -> np.ndarray:
    """Mean log-odds (N, T) of small networks that read `pairs.pair_features`, (N, T, F)."""
    flat = pairs.reshape(-1, pairs.shape[-1])
    return np.mean([stack(flat, block=200_000) for stack in stacks], axis=0).reshape(pairs.shape[:2])


def project(network: Mlp, x: np.ndarray, centre: np.ndarray, axes: np.ndarray) -> np.ndarray:
    """Scaled inputs (N, width) on main axes, float32 (N, d); the axes cover the first inputs."""
    width = len(centre)
    return (network.standardise(x)[:, :width] - centre) @ axes


def _lines(array: np.ndarray) -> list[str]:
    return array.tobytes().decode().split("\n")


def as_lines(texts: Sequence[str]) -> np.ndarray:
    """Texts without line breaks as bytes, for safetensors."""
    return np.frombuffer("\n".join(texts).encode(), dtype=np.uint8).copy()


def load(card: zoo.ModelCard, *, backbone: features.Backbone | None = None) -> FunctionModel:
    """The model of a card; the language model behind it is loaded when it is first needed.

    Raises
    ------
    ModelUnavailable
        The weights are missing or damaged.
    """
    from safetensors.numpy import load_file

    arrays = load_file(zoo.weights(card))
    try:
        return FunctionModel(arrays, card.details, backbone=backbone, name=card.name)
    except KeyError as error:
        raise ModelUnavailable(f"{card.folder} is not a function model of this version: {error} is missing.") from error


def evaluation(card: zoo.ModelCard) -> dict[str, Any]:
    """The measurements stored beside the weights (``evaluation.json``); empty where there are none."""
    path = card.folder / "evaluation.json"
    return json.loads(path.read_text()) if path.exists() else {}


__all__ = ["FunctionModel", "Prediction", "Reference", "as_lines", "evaluation", "load"]
