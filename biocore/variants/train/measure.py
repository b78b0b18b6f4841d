"""How good the scores are on proteins, and their homologues, that were left out of the fit."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.stats.correlation import spearman
from biocore.stats.intervals import Interval, percentile_interval
from biocore.variants.cautions import FEW_HOMOLOGUES, LOW_COMPLEXITY, NO_HOMOLOGUE, OTHERS, cautions
from biocore.variants.features import FROM_FAMILY
from biocore.variants.model import Ridge
from biocore.variants.results import Calibration
from biocore.variants.train.fit import Measured, fit

BOOTSTRAPS = 2000
BINS = 10
WORST = 1 / 3
LEAST_HERE, LEAST_RESIDUES = 40, 5


@dataclass(frozen=True)
class HeldOut:
    """Scores of a protein's measured substitutions by a regression that saw neither it nor a homologue of it.

    Attributes
    ----------
    uniprot : str
    scores, ranks : tuples of float arrays, (N,)
        One for each assay: what was predicted, and the rank of what was measured (1 is the fittest).
    spearman : tuple of float
        One for each assay.
    """

    uniprot: str
    scores: tuple[np.ndarray, ...]
    ranks: tuple[np.ndarray, ...]
    spearman: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean Spearman of the protein's assays."""
        return float(np.mean(self.spearman))


def score(ridge: Ridge, protein: Measured) -> HeldOut:
    """What a regression says of the measured substitutions of a protein."""
    chosen = [protein.names.index(name) for name in ridge.names]
    scores = tuple((x[:, chosen] - ridge.mean) @ ridge.weights + ridge.intercept for x in protein.values)
    ranks = tuple(assay.rank for assay in protein.protein.assays)
    agreement = tuple(spearman(s, r) for s, r in zip(scores, ranks, strict=True))
    return HeldOut(protein.protein.uniprot, scores, ranks, agreement)


def leave_out(
    train: Sequence[Measured], test: Sequence[Measured], groups: Sequence[str], *, penalty: float | None = None
) -> list[HeldOut]:
    """Each protein of `test` scored by a fit to `train` without the protein's cluster."""
    made = []
    for cluster in sorted({p.protein.cluster for p in test}):
        ridge = fit([p for p in train if p.protein.cluster != cluster], groups, penalty=penalty)
        made += [score(ridge, p) for p in test if p.protein.cluster == cluster]
    return sorted(made, key=lambda one: one.uniprot)


def averaged(one: Sequence[HeldOut], other: Sequence[HeldOut]) -> list[HeldOut]:
    """The means of two scores of the same substitutions."""
    made = []
    for a, b in zip(one, other, strict=True):
        scores = tuple((s + t) / 2 for s, t in zip(a.scores, b.scores, strict=True))
        agreement = tuple(spearman(s, r) for s, r in zip(scores, a.ranks, strict=True))
        made.append(HeldOut(a.uniprot, scores, a.ranks, agreement))
    return made


def mean_spearman(found: Sequence[HeldOut], *, seed: int = 0) -> Interval:
    """Mean over proteins of the mean Spearman of their assays, with the interval over resampled proteins."""
    return mean_over_proteins(np.array([one.mean for one in found]), seed=seed)


def mean_over_proteins(values: np.ndarray, *, seed: int = 0) -> Interval:
    """The mean of one value a protein, with its 95 % interval over resampled proteins."""
    rng = np.random.default_rng(seed)
    draws = values[rng.integers(0, len(values), (BOOTSTRAPS, len(values)))].mean(axis=1)
    return percentile_interval(float(values.mean()), draws)


def published(proteins: Sequence[Measured], *, seed: int = 0) -> dict[str, Interval]:
    """The same mean for each published predictor that covers every assay."""
    names = list(dict.fromkeys(n for p in proteins for a in p.protein.assays for n in a.published))
    complete = [n for n in names if all(n in a.published for p in proteins for a in p.protein.assays)]
    return {
        name: mean_over_proteins(
            np.array([np.mean([a.published[name] for a in p.protein.assays]) for p in proteins]), seed=seed
        )
        for name in complete
    }


def ablation(proteins: Sequence[Measured]) -> list[dict]:
    """Rows group, alone, without: mean Spearman with a group of features only, and with all but it."""
    present = list(dict.fromkeys(proteins[0].groups))
    return [
        {
            "group": group,
            "alone": round(mean_spearman(leave_out(proteins, proteins, [group])).value, 4),
            "without": round(mean_spearman(leave_out(proteins, proteins, [g for g in present if g != group])).value, 4),
        }
        for group in present
    ]


def calibrate(found: Sequence[HeldOut], *, seed: int = 0) -> Calibration:
    """How often a held-out score was in the worst third of its assay, by tenth of the scores.

    Every protein weighs alike; the interval is over resampled proteins, as substitutions of one protein depend on one
    another.
    """
    scores = [np.concatenate(one.scores) for one in found]
    worst = [np.concatenate(one.ranks) < WORST for one in found]
    edges = np.quantile(np.concatenate(scores), np.linspace(0, 1, BINS + 1))
    edges = np.unique(edges)
    bins = [np.clip(np.searchsorted(edges, s, side="right") - 1, 0, len(edges) - 2) for s in scores]
    count = np.array([np.bincount(b, minlength=len(edges) - 1) for b in bins])
    share = np.array([np.bincount(b, w, minlength=len(edges) - 1) for b, w in zip(bins, worst, strict=True)])
    size = np.array([len(s) for s in scores])[:, None]
    count_of, share_of = count / size, share / size
    drawn = np.random.default_rng(seed).integers(0, len(found), (BOOTSTRAPS, len(found)))
    with np.errstate(invalid="ignore"):  # a bin that no drawn protein reaches
        resampled = share_of[drawn].sum(axis=1) / count_of[drawn].sum(axis=1)
        value = share_of.sum(axis=0) / count_of.sum(axis=0)
    ends = [percentile_interval(float(v), resampled[:, k]) for k, v in enumerate(value)]
    return Calibration(
        edges, value, np.array([e.low for e in ends]), np.array([e.high for e in ends]), count.sum(axis=0)
    )


def cautioned(found: Sequence[HeldOut], proteins: Sequence[Measured], *, seed: int = 0) -> dict[str, dict]:
    """What each caution costs: mean Spearman within the residues that have it, and within those that have none.

    Proteins with fewer than `LEAST_HERE` such substitutions in an assay, or at fewer than `LEAST_RESIDUES` residues, do
    not count.

    Returns
    -------
    dict
        Caution -> spearman, low, high (95 % over resampled proteins), proteins, substitutions (measured).
    """
    values: dict[str, list[float]] = {}
    counts: dict[str, int] = {}
    for one in found:
        protein = next(p.protein for p in proteins if p.protein.uniprot == one.uniprot)
        masks = cautions(protein.sequence, protein.profile)
        masks |= {OTHERS: ~np.any(list(masks.values()), axis=0)}
        for name, mask in masks.items():
            here = [mask[assay.position] for assay in protein.assays]
            enough = [
                k
                for k, (rows, assay) in enumerate(zip(here, protein.assays, strict=True))
                if rows.sum() >= LEAST_HERE and len(np.unique(assay.position[rows])) >= LEAST_RESIDUES
            ]
            if enough:
                agreement = [spearman(one.scores[k][here[k]], one.ranks[k][here[k]]) for k in enough]
                values.setdefault(name, []).append(float(np.mean(agreement)))
                counts[name] = counts.get(name, 0) + sum(int(here[k].sum()) for k in enough)
    made = {}
    for name in (name for name in (NO_HOMOLOGUE, FEW_HOMOLOGUES, LOW_COMPLEXITY, OTHERS) if name in values):
        mean = mean_over_proteins(np.array(values[name]), seed=seed)
        numbers = {"spearman": mean.value, "low": mean.low, "high": mean.high}
        made[name] = {key: round(number, 4) for key, number in numbers.items()}
        made[name] |= {"proteins": len(values[name]), "substitutions": counts[name]}
    return made


def without_family(groups: Sequence[str]) -> list[str]:
    """The groups that need no homologue."""
    return [group for group in groups if group not in FROM_FAMILY]
