"""The model that answers: a protein -> calibrated probabilities of GO terms, what they rest on, or why it abstains."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy.special import expit

from biocore.go import features
from biocore.go.calibration import Calibration, Thresholds
from biocore.go.domain import Domain
from biocore.go.experiments import EXPERIMENT_FEATURES, Experiments
from biocore.go.families import FamilyHits, FamilyIndex, FamilyLibrary
from biocore.go.head import Mlp, project
from biocore.go.homology import HomologueHits, expect
from biocore.go.neighbours import TOP, ReferenceHits, nearest_vectors
from biocore.go.ontology import depths, most_specific, propagate_scores, with_ancestors
from biocore.go.prediction import Prediction, join
from biocore.go.reference import Reference
from biocore.go.stacking import (
    FAMILY_FEATURES,
    PAIR_FEATURES,
    Terms,
    homologues_of,
    pair_features,
    stacked,
    vector_votes,
)
from biocore.stats.calibration import Reliability

Progress = Callable[[int, int], None]
BLOCK = 16  # proteins that are answered together
IDENTICAL = 0.9995  # similarity from which two proteins count as the same


@dataclass(frozen=True)
class FunctionModel:
    """GO molecular functions of a protein: T terms, M reference proteins.

    Attributes
    ----------
    terms : tuple of str, length T
    parents : mapping
        Number of a term -> numbers of its parents.
    reference : Reference
        The annotated proteins.
    heads : tuple of Mlp
        Inputs -> log-odds of every term; copies from different seeds, which are averaged.
    stacks : tuple of Mlp
        What is known of one (protein, term) -> its log-odds, averaged, too.
    centre, axes : float arrays, (width,) and (width, d)
        Main axes of the embedding inputs, on which neighbours are sought.
    of_terms : Terms
    information : float array, (T,), bits
        Information content of each term.
    calibration : Calibration
    thresholds : Thresholds
    reliability : mapping
        Group of terms -> how often predictions came true on held-out proteins.
    domain : Domain
    count_groups : tuple of str
        Groups of `features.counts` among the inputs.
    vector_power : float
        Power to which the similarity of embedding neighbours is raised.
    min_proteins : int
        Training proteins a term needed to be learned.
    reading : features.Reading
        How the language model reads a protein for this head.
    language : features.LanguageModel
    of_families : FamilyIndex
        Families of the reference proteins.
    library : FamilyLibrary
        Where the families of a protein are found.
    experiments : Experiments, optional
        What would be shown by experiment.
    trained_on : int
        The first so many reference proteins are those it was fitted and measured with; the others joined afterwards.
    """

    terms: tuple[str, ...]
    parents: Mapping[int, tuple[int, ...]]
    reference: Reference
    heads: tuple[Mlp, ...]
    stacks: tuple[Mlp, ...]
    centre: np.ndarray
    axes: np.ndarray
    of_terms: Terms
    information: np.ndarray
    calibration: Calibration
    thresholds: Thresholds
    reliability: Mapping[str, Reliability]
    domain: Domain
    count_groups: tuple[str, ...]
    vector_power: float
    min_proteins: int
    reading: features.Reading
    language: features.LanguageModel
    of_families: FamilyIndex
    library: FamilyLibrary
    experiments: Experiments | None
    trained_on: int

    def __post_init__(self):
        count = len(self.terms)
        if set(self.parents) != set(range(count)) or len(self.information) != count:
            raise ValueError(f"{count} terms need as many lists of parents and information contents")
        if not {len(self.calibration.group), len(self.thresholds.threshold), len(self.of_terms.frequency)} == {count}:
            raise ValueError(f"{count} terms need as many calibration groups, thresholds and frequencies")
        if not self.heads or {head.outputs for head in self.heads} != {count}:
            raise ValueError(f"{count} terms need heads of as many outputs")
        read = len(PAIR_FEATURES) + len(FAMILY_FEATURES) * (self.library.name != "none")
        if not self.stacks or {(len(s.mean), s.outputs) for s in self.stacks} != {(read, 1)}:
            raise ValueError(f"stacked networks read {read} numbers and give one")
        if self.experiments is not None:
            read += len(EXPERIMENT_FEATURES)
            if {(len(s.mean), s.outputs) for s in self.experiments.stacks} != {(read, 1)}:
                raise ValueError(f"networks of what experiments show read {read} numbers and give one")
            if self.experiments.shown.labels.shape != (len(self.reference), count):
                raise ValueError("what experiments have shown is needed of each reference protein and term")
        if self.axes.shape != (len(self.centre), self.reference.vectors.shape[1]):
            raise ValueError("the axes do not fit their centre and the reference vectors")
        if len(self.of_families) != len(self.reference):
            raise ValueError("families of each reference protein are needed")
        if not 0 < self.trained_on <= len(self.reference):
            raise ValueError("the training proteins are the first of the reference proteins")
        if missing := set(self.terms) - set(self.reference.term_ids):
            raise ValueError(f"the term {min(missing)} has no name")

    # --------------------------------------------------------------------------------------------------- answers

    @property
    def backbone(self) -> features.Backbone:
        """The language model behind the embeddings.

        Raises
        ------
        ModelUnavailable
            It is not on this machine, or is not the one this head was trained on.
        """
        return self.language.get()

    @property
    def as_measured(self) -> "FunctionModel":
        """The model as it was when it was measured: neighbours are its training proteins alone."""
        if self.trained_on == len(self.reference):
            return self
        first = self.trained_on
        return replace(
            self,
            reference=self.reference.first(first),
            of_families=self.of_families.first(first),
            experiments=None if self.experiments is None else self.experiments.first(first),
        )

    def close(self) -> None:
        """Give the language model's memory back."""
        self.language.close()

    @property
    def vector_name(self) -> str:
        """What the similarity of `Prediction.by_vector` is of."""
        return "composition similarity" if self.language.name == "none" else "embedding similarity"

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
            Gets (proteins done, proteins in all), after embedding, alignment and all the rest of them.

        Returns
        -------
        Prediction
        """
        parts, done = [], 0
        for part in self.blocks(sequences):
            parts.append(part)
            done += len(part)
            if progress:
                progress(done, len(sequences))
        return join(parts)

    def blocks(self, sequences: Sequence[str]) -> Iterator[Prediction]:
        """`__call__`, a few proteins at a time, in their order: what is done is there while the rest goes on."""
        for start in range(0, max(len(sequences), 1), BLOCK):
            block = sequences[start : start + BLOCK]
            yield self.from_pooled(features.pooled_all(self.backbone, block, self.reading), block)

    def from_pooled(
        self,
        pooled: np.ndarray,
        sequences: Sequence[str],
        *,
        aligned: HomologueHits | None = None,
        families: FamilyHits | None = None,
    ) -> Prediction:
        """Predict from pooled embeddings that are already there (`features.pooled_all`), float array (N, 3 D).

        Parameters
        ----------
        aligned : HomologueHits, optional
            `homologues` of these proteins, where that is already there.
        families : FamilyHits, optional
            ``library.search(sequences)``, where that is already there.

        Returns
        -------
        Prediction
        """
        of_families = self.library.search(sequences) if families is None else families
        by_alignment = self.homologues(sequences) if aligned is None else aligned
        pairs, network, fraction, by_vector = self._parts(pooled, sequences, by_alignment, of_families)
        raw = self.calibration(stacked(self.stacks, pairs))
        probability = propagate_scores(raw, self.parents).astype(np.float32)
        shown = self._by_experiment(pairs, sequences, by_alignment, of_families)
        alone = propagate_scores(expit(network), self.parents).astype(np.float32)
        homology = self.reference.homology
        shuffled = homology.shuffled_bits(sequences, by_alignment)
        best = by_alignment.bits[:, 0]
        values = expect(by_alignment.bits, np.array([len(s) for s in sequences]), homology.residues)
        return Prediction(
            probability=probability,
            experimental=np.minimum(shown, probability),
            network=alone,
            neighbours=fraction,
            propagated=probability > raw + 1e-6,
            by_alignment=by_alignment,
            by_vector=by_vector,
            families=of_families,
            expect=values,
            shuffled_bits=shuffled,
            abstained=tuple(
                self.domain.why_outside(*numbers, measure=self.vector_name)
                for numbers in zip(
                    *(values[:, 0], best, shuffled, of_families.best, by_vector.best, alone.max(axis=1)), strict=True
                )
            ),
        )

    def homologues(self, sequences: Sequence[str], *, top: int = TOP) -> HomologueHits:
        """The annotated proteins that align best.

        Parameters
        ----------
        sequences : sequence of str, N
        top : int
        """
        return self.reference.homology.search(sequences, top=top)

    def log_odds(
        self,
        pooled: np.ndarray,
        sequences: Sequence[str],
        *,
        among: np.ndarray | None = None,
        families: np.ndarray | None = None,
    ) -> np.ndarray:
        """Calibrated log-odds (N, T), each term for itself: not propagated to parents, not cut at 0 and 1.

        Parameters
        ----------
        among : int array, optional
            Reference rows to align; the default is all.  For variants of one protein those near it are enough.
        families : int array, optional
            Families to look for, in the same way.
        """
        aligned = self.reference.homology.search(sequences, among=among)
        pairs = self._parts(pooled, sequences, aligned, self.library.search(sequences, among=families))[0]
        logits, group = stacked(self.stacks, pairs), self.calibration.group
        return self.calibration.slope[group] * logits + self.calibration.offset[group]

    def _parts(
        self, pooled: np.ndarray, sequences: Sequence[str], by_alignment: HomologueHits, families: FamilyHits
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, ReferenceHits]:
        """What is known of each pair (N, T, F), log-odds of the head and votes (both (N, T)), embedding neighbours."""
        x = self.inputs(pooled, sequences)
        by_vector = nearest_vectors(self.project(x), self.reference.vectors)
        network = self.network_logits(x)
        homologues = homologues_of(self.reference.homology, by_alignment, sequences, self.labels)
        vectors = vector_votes(by_vector, self.labels, self.vector_power)
        of_families = None
        if self.library.name != "none":
            of_families = self.of_families.votes(families, self.labels, self.of_terms.frequency)
        pairs = pair_features(network, homologues, vectors, of_families, self.of_terms, sequences)
        return pairs, network, homologues.fraction, by_vector

    def _by_experiment(
        self, pairs: np.ndarray, sequences: Sequence[str], aligned: HomologueHits, families: FamilyHits
    ) -> np.ndarray:
        """Probability (N, T) that an experiment would show it; NaN where the model does not know."""
        if self.experiments is None:
            return np.full(pairs.shape[:2], np.nan, np.float32)
        more = self.experiments.shown.features(self.reference.homology, aligned, families, sequences)
        logits = stacked(self.experiments.stacks, np.concatenate([pairs, more], axis=-1))
        return propagate_scores(self.experiments.calibration(logits), self.parents).astype(np.float32)

    def inputs(self, pooled: np.ndarray, sequences: Sequence[str]) -> np.ndarray:
        """What the head reads, float32 (N, width)."""
        return np.hstack([pooled, features.counts_all(sequences, self.count_groups)])

    def network_logits(self, x: np.ndarray) -> np.ndarray:
        """Log-odds (N, T) of the head alone, for `inputs`: the mean over its copies, trained from different seeds."""
        return np.mean([head(x) for head in self.heads], axis=0)

    def project(self, x: np.ndarray) -> np.ndarray:
        """`inputs` on the axes neighbours are sought in, float32 (N, d): of embeddings, or of counts without them."""
        return project(self.heads[0], x, self.centre, self.axes)

    # -------------------------------------------------------------------------------------------- reading answers

    def same_as(self, prediction: Prediction, protein: int) -> int | None:
        """Row of the reference protein that is this one, as far as alignment and embedding can tell.

        Parameters
        ----------
        prediction : Prediction
        protein : int
            Its row in `prediction`, 0-based.

        Returns
        -------
        int or None
        """
        aligned, vector = prediction.by_alignment, prediction.by_vector
        row = int(aligned.indices[protein, 0])
        alike = min(aligned.similarity[protein, 0], vector.similarity[protein, 0])
        return row if row >= 0 and row == vector.indices[protein, 0] and alike > IDENTICAL else None

    def chosen(self, prediction: Prediction, protein: int) -> set[int]:
        """Terms above their thresholds and all their parents; empty where the model abstains.

        Parameters
        ----------
        prediction : Prediction
        protein : int
            Its row in `prediction`, 0-based.

        Returns
        -------
        set of int
            Numbers of terms.
        """
        if prediction.abstained[protein]:
            return set()
        above = np.flatnonzero(prediction.probability[protein] >= self.thresholds.threshold)
        return with_ancestors(above.tolist(), self.parents)

    def most_specific(self, chosen: set[int]) -> set[int]:
        """Those of `chosen` without a descendant in it."""
        return most_specific(chosen, self.parents)

    def precision_at(self, term: int, probability: float) -> tuple[float, int]:
        """How often terms of this group came true at this probability on held-out proteins, and out of how many.

        Parameters
        ----------
        term : int
        probability : float

        Returns
        -------
        precision : float
            NaN where no held-out prediction had about this probability.
        count : int
        """
        group = self.calibration.groups[int(self.calibration.group[term])]
        return self.reliability[group].at(probability)
