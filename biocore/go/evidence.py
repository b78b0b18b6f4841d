"""Which residues does an answer rest on?  Occlusion through the language model, and a test of its faithfulness."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.go import features
from biocore.go.predict import FunctionModel

Progress = Callable[[int, int], None]
MIN_LENGTH = 20
NEAR = 200  # homologues that hidden variants of a protein are aligned with
SHOWN = 0.15  # fraction of the residues that counts as "shown" in the test


@dataclass(frozen=True)
class ResidueEvidence:
    """How much the log-odds of a term fall when a window of residues is hidden.

    Attributes
    ----------
    sequence : str, length L
    term : int
        Column of the model.
    reference : float
        Log-odds of the term for the whole protein, natural log.
    effect : float32 array, (L,)
        Mean fall over the windows that hide a residue; positive where the residue speaks for the term.
    windows : tuple of (start, stop)
        0-based, half-open.
    falls : float32 array, (W,)
        Fall for each window.
    """

    sequence: str
    term: int
    reference: float
    effect: np.ndarray
    windows: tuple[tuple[int, int], ...]
    falls: np.ndarray

    def __post_init__(self):
        if len(self.effect) != len(self.sequence) or len(self.windows) != len(self.falls):
            raise ValueError("one effect for each residue and one fall for each window")

    def shown(self, fraction: float = SHOWN) -> list[tuple[int, int]]:
        """The windows with the largest falls that do not overlap, up to `fraction` of the residues (at least one).

        Parameters
        ----------
        fraction : float
            Of the residues.

        Returns
        -------
        list of (start, stop)
            0-based, half-open, in the order of the protein.
        """
        chosen: list[tuple[int, int]] = []
        covered = 0
        for place in np.argsort(-self.falls, kind="stable"):
            start, stop = self.windows[place]
            if any(start < b and a < stop for a, b in chosen):
                continue
            if chosen and covered + stop - start > fraction * len(self.sequence):
                break
            chosen.append((start, stop))
            covered += stop - start
        return sorted(chosen)


@dataclass(frozen=True)
class OcclusionFaithfulness:
    """Fall of the log-odds with the shown residues hidden, and with as many random ones in windows of the same size."""

    shown: float
    random: np.ndarray
    residues: int

    @property
    def p_value(self) -> float:
        """Fraction of random choices that do as well or better, counting the shown one as a draw."""
        return float((1 + (self.random >= self.shown).sum()) / (1 + len(self.random)))

    @property
    def faithful(self) -> bool:
        """True where the shown residues matter more than nine in ten random choices."""
        return bool(self.shown > 0 and self.shown > np.quantile(self.random, 0.9))


class Occluder:
    """A protein whose residues can be hidden; only the pieces that hold them are read again."""

    def __init__(self, model: FunctionModel, sequence: str):
        if len(sequence) < MIN_LENGTH:
            raise InputError(f"{len(sequence)} residues given; residue attribution needs {MIN_LENGTH} or more.")
        self.model, self.sequence = model, sequence
        self.pieces = features.pieces(len(sequence), model.backbone.window, limit=model.reading.limit)
        self.states = [self._read(sequence[a:b]) for a, b in self.pieces]
        of_families = model.library.search([sequence])
        near = model.homologues([sequence], top=NEAR).indices[0]
        self.near = near[near >= 0]  # hiding residues of a protein gives it no new homologues
        self.families = of_families.families  # and no new families

    def _read(self, piece: str) -> np.ndarray:
        return self.model.backbone.residue_embeddings(piece, layer=self.model.reading.layer)

    def hidden(self, windows: Sequence[tuple[int, int]]) -> tuple[np.ndarray, str]:
        """Pooled embedding and sequence with the residues of `windows` replaced by X."""
        letters = np.array(list(self.sequence))
        for start, stop in windows:
            letters[start:stop] = "X"
        sequence = "".join(letters)
        states = list(self.states)
        for number, (a, b) in enumerate(self.pieces):
            if any(start < b and a < stop for start, stop in windows):
                states[number] = self._read(sequence[a:b])
        return features.pool(np.concatenate(states)), sequence

    def log_odds(
        self, variants: Sequence[Sequence[tuple[int, int]]], term: int, progress: Progress | None
    ) -> np.ndarray:
        """Log-odds of a term for each set of hidden windows, (V,)."""
        pooled, sequences = [], []
        for number, windows in enumerate(variants, 1):
            vector, sequence = self.hidden(windows)
            pooled.append(vector)
            sequences.append(sequence)
            if progress:
                progress(number, len(variants))
        return self.model.log_odds(np.array(pooled), sequences, among=self.near, families=self.families)[:, term]


def windows_for(length: int, *, count: int = 48) -> list[tuple[int, int]]:
    """About `count` windows that overlap by half and cover every residue.

    Parameters
    ----------
    length : int
        Residues of the protein.
    count : int

    Returns
    -------
    list of (start, stop)
        0-based, half-open.
    """
    width = max(8, -(-2 * length // (count + 1)))
    width = min(width, max(length // 4, 1))
    step = max(width // 2, 1)
    starts = list(range(0, length - width, step)) + [length - width]
    return [(start, start + width) for start in starts]


def occlusion(
    model: FunctionModel, sequence: str, term: int, *, count: int = 48, progress: Progress | None = None
) -> ResidueEvidence:
    """Hide one window after the other and see how far a term's log-odds fall.

    Parameters
    ----------
    model : FunctionModel
        Asked as it answers: language model, head and neighbours together, before scores are propagated to parents.
    sequence : str, length L
        Cleaned protein, 20 residues or more.
    term : int
        Column of the model.
    count : int
        Windows, about; more are finer and slower.

    Returns
    -------
    ResidueEvidence

    Raises
    ------
    InputError
        The protein is too short.

    References
    ----------
    Zeiler & Fergus (2014), ECCV, doi:10.1007/978-3-319-10590-1_53 (occlusion).
    """
    windows = windows_for(len(sequence), count=count)
    scores = Occluder(model, sequence).log_odds([[], *[[w] for w in windows]], term, progress)
    return evidence_of(sequence, term, windows, scores)


def evidence_of(sequence: str, term: int, windows: Sequence[tuple[int, int]], scores: np.ndarray) -> ResidueEvidence:
    """The evidence from the log-odds of the whole protein and of it with each window hidden.

    Parameters
    ----------
    sequence : str, length L
    term : int
    windows : list of (start, stop), W
    scores : float array, (W + 1,)
        The whole protein first.

    Returns
    -------
    ResidueEvidence
    """
    falls = (scores[0] - scores[1:]).astype(np.float32)
    total, times = np.zeros(len(sequence), np.float32), np.zeros(len(sequence), np.float32)
    for (start, stop), fall in zip(windows, falls, strict=True):
        total[start:stop] += fall
        times[start:stop] += 1
    return ResidueEvidence(sequence, term, float(scores[0]), total / times, tuple(windows), falls)


def faithfulness(
    model: FunctionModel,
    evidence: ResidueEvidence,
    *,
    draws: int = 19,
    seed: int = 0,
    progress: Progress | None = None,
) -> OcclusionFaithfulness:
    """Hide all shown residues at once, and as many random ones `draws` times.

    Parameters
    ----------
    model : FunctionModel
        The model `evidence` is of.
    evidence : ResidueEvidence
    draws : int
        Random choices to compare with.
    seed : int
    progress : callable, optional
        Gets (passes done, passes in all).

    Returns
    -------
    OcclusionFaithfulness

    References
    ----------
    Samek et al. (2017), IEEE TNNLS 28:2660-2673, doi:10.1109/TNNLS.2016.2599820 (testing explanations by deletion).
    """
    variants = deletions(evidence, draws=draws, seed=seed)
    scores = Occluder(model, evidence.sequence).log_odds([[], *variants], evidence.term, progress)
    return faithfulness_of(evidence, scores)


def deletions(evidence: ResidueEvidence, *, draws: int = 19, seed: int = 0) -> list[list[tuple[int, int]]]:
    """Windows to hide at once: the shown ones, then as many random ones `draws` times; see `faithfulness`."""
    shown, rng = evidence.shown(), np.random.default_rng(seed)
    return [shown] + [_random_windows(shown, len(evidence.sequence), rng) for _ in range(draws)]


def faithfulness_of(evidence: ResidueEvidence, scores: np.ndarray) -> OcclusionFaithfulness:
    """The test from the log-odds of the whole protein and after each of `deletions`, float (1 + 1 + draws,)."""
    falls = scores[0] - scores[1:]
    return OcclusionFaithfulness(float(falls[0]), falls[1:], sum(b - a for a, b in evidence.shown()))


def _random_windows(shown: Sequence[tuple[int, int]], length: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """Windows of the same sizes at random places, not overlapping one another."""
    sizes = [stop - start for start, stop in shown]
    gaps = rng.multinomial(length - sum(sizes), np.full(len(sizes) + 1, 1 / (len(sizes) + 1)))
    place, result = 0, []
    for size, gap in zip(rng.permutation(sizes), gaps[:-1], strict=True):
        start = place + int(gap)
        result.append((start, start + int(size)))
        place = start + int(size)
    return result
