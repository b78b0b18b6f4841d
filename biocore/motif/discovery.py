"""What a model looks for: short stretches that matter in many sequences, aligned and clustered into motifs.

After TF-MoDISco (Shrikumar et al. 2018, arXiv:1811.00416): seqlets are cut where contributions stand out from what
shuffled sequences reach, compared by their contributions at the best shift on either strand, and clustered.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from biocore.errors import InputError
from biocore.motif.matrix import Motif

KEPT_AS = "motifs.json"  # in a model's folder
CORE = 11  # bp over which contributions are summed to find seqlets
FLANK = 10  # bp on either side that a seqlet brings along
SHIFT = 8  # bp that two seqlets may be shifted against each other
LEVEL = 0.05  # share of shuffled sequences that hold a seqlet by chance
MOST_SEQLETS = 2500
_DISTANCE = 0.5  # average linkage joins seqlets closer than this (1 - cosine)
_ALIKE = 0.75  # cosine at which two clusters are one motif
_ROUNDS = 2  # alignments of a cluster's seqlets onto their mean


@dataclass(frozen=True)
class DiscoveredMotif:
    """A motif found in contributions.

    Attributes
    ----------
    motif : Motif
        Share of each base at each position over its seqlets.
    contribution : float array, (W, 4)
        Mean contribution of each base, in the unit of the contributions.
    seqlets : int
    sequences : int
        How many sequences hold one.
    """

    motif: Motif
    contribution: np.ndarray
    seqlets: int
    sequences: int


def find_seqlets(effects: np.ndarray, x: np.ndarray, null: np.ndarray) -> np.ndarray:
    """Places where contributions stand out.

    Parameters
    ----------
    effects : float array, (N, L, 4)
        Contribution of each base, centred at each position (NaN counts as 0).
    x : float array, (N, L, 4)
        The sequences, one-hot.
    null : float array, (M,)
        Largest `window_strength` of sequences shuffled.

    Returns
    -------
    int array, (S, 2)
        Sequence, and the middle of the seqlet; at most 2,500, the strongest first.
    """
    strength = window_strength(effects, x)
    threshold = float(np.quantile(null, 1 - LEVEL, method="higher"))
    found = []
    for row, values in enumerate(strength):
        values = values.copy()
        while len(values) and values.max() > threshold:
            at = int(values.argmax())
            found.append((float(values[at]), row, at + CORE // 2))
            values[max(at - CORE + 1, 0) : at + CORE] = -np.inf
    found.sort(reverse=True)
    return np.array([place for _, *place in found[:MOST_SEQLETS]], int).reshape(-1, 2)


def window_strength(effects: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Sum of the absolute contributions of the bases that are there, over each 11 bp, (N, L, 4) -> (N, L - 10)."""
    there = np.abs((np.nan_to_num(effects) * (x == 1)).sum(axis=2))
    total = np.cumsum(np.pad(there, ((0, 0), (1, 0))), axis=1)
    return total[:, CORE:] - total[:, :-CORE]


def discover(
    effects: np.ndarray, x: np.ndarray, null: np.ndarray, *, least: int = 20, name: str = "motif"
) -> list[DiscoveredMotif]:
    """Motifs of a model from its contributions in many sequences.

    Parameters
    ----------
    effects, x, null
        As for `find_seqlets`.
    least : int
        Fewest seqlets of a motif.
    name : str
        Motifs are named by it and their number.

    Returns
    -------
    list of DiscoveredMotif
        The one with the most seqlets first; each strand once.

    Raises
    ------
    InputError
        Fewer than `least` seqlets stand out.
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    places = find_seqlets(effects, x, null)
    if len(places) < max(least, 2):
        raise InputError(
            f"{len(places)} stretches stand out from shuffled sequences; {least} or more are needed. Give more "
            "sequences that the factor binds."
        )
    cut = np.stack([_cut(np.nan_to_num(effects), p) for p in places])  # (S, W, 4)
    bases = np.stack([_cut(np.where(x == 1, x, 0.0), p) for p in places])
    similarity = _similarity(cut, cut)[0]
    distance = np.clip(1 - (similarity + similarity.T) / 2, 0, None)
    np.fill_diagonal(distance, 0)
    labels = fcluster(linkage(squareform(distance, checks=False), "average"), _DISTANCE, "distance")
    groups = [np.flatnonzero(labels == k) for k in np.unique(labels)]
    groups = [g for g in groups if len(g) >= max(least // 2, 2)]
    aligned = [_aligned(g, cut, bases, similarity) for g in groups]
    aligned = _merged(aligned, cut, bases)
    aligned = sorted((a for a in aligned if len(a.members) >= least), key=lambda a: -len(a.members))
    return [_motif(a, places, f"{name} {i}") for i, a in enumerate(aligned, 1)]


@dataclass(frozen=True)
class _Aligned:
    """Seqlets on one strand and in one frame: which, their contributions and their bases, (m, W, 4) each."""

    members: np.ndarray
    effects: np.ndarray
    bases: np.ndarray


def _cut(values: np.ndarray, place: np.ndarray) -> np.ndarray:
    """The stretch around a place, (W, 4), zeros beyond the sequence; W leaves room to shift."""
    row, middle = place
    half = CORE // 2 + FLANK
    padded = np.pad(values[row], ((half, half), (0, 0)))
    return padded[middle : middle + 2 * half + 1]


def _shifted(a: np.ndarray, shift: int) -> np.ndarray:
    """`a` (..., W, 4) moved right by `shift`, zeros behind it."""
    result = np.zeros_like(a)
    width = a.shape[-2]
    if shift >= 0:
        result[..., shift:, :] = a[..., : width - shift, :]
    else:
        result[..., :shift, :] = a[..., -shift:, :]
    return result


def _similarity(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Largest cosine of each of `a` with each of `b` moved and turned, (A, B), and the shift and turn of `b` there."""

    def unit(v):
        flat = v.reshape(len(v), -1).astype(np.float32)
        return flat / np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-12)

    left = unit(a)
    norm = np.maximum(np.linalg.norm(b.reshape(len(b), -1), axis=1), 1e-12)
    best = np.full((len(a), len(b)), -np.inf, np.float32)
    shifts, turns = np.zeros(best.shape, np.int8), np.zeros(best.shape, bool)
    for turn in (False, True):
        turned = (b[:, ::-1, ::-1] if turn else b) / norm[:, None, None]
        for shift in range(-SHIFT, SHIFT + 1):
            value = left @ _shifted(turned, shift).reshape(len(b), -1).astype(np.float32).T
            better = value > best
            best[better] = value[better]
            shifts[better], turns[better] = shift, turn
    return best, shifts, turns


def _moved(values: np.ndarray, shifts: np.ndarray, turns: np.ndarray) -> np.ndarray:
    turned = np.where(turns[:, None, None], values[:, ::-1, ::-1], values)
    return np.stack([_shifted(v, int(s)) for v, s in zip(turned, shifts, strict=True)])


def _aligned(members: np.ndarray, cut: np.ndarray, bases: np.ndarray, similarity: np.ndarray | None = None) -> _Aligned:
    """Seqlets aligned to their medoid, then to their mean."""
    if similarity is None:
        similarity = _similarity(cut[members], cut[members])[0]
        medoid = members[similarity.sum(axis=1).argmax()]
    else:
        medoid = members[similarity[np.ix_(members, members)].sum(axis=1).argmax()]
    template = cut[medoid][None]
    for _ in range(_ROUNDS):
        _, shifts, turns = _similarity(template, cut[members])
        effects = _moved(cut[members], shifts[0], turns[0])
        template = effects.mean(axis=0, keepdims=True)
    return _Aligned(members, effects, _moved(bases[members], shifts[0], turns[0]))


def _merged(groups: list[_Aligned], cut: np.ndarray, bases: np.ndarray) -> list[_Aligned]:
    """Groups whose means are alike joined, the most alike first."""
    while len(groups) > 1:
        means = np.stack([g.effects.mean(axis=0) for g in groups])
        alike = _similarity(means, means)[0]
        np.fill_diagonal(alike, -np.inf)
        i, j = np.unravel_index(alike.argmax(), alike.shape)
        if alike[i, j] < _ALIKE:
            break
        joined = _aligned(np.concatenate([groups[i].members, groups[j].members]), cut, bases)
        groups = [g for k, g in enumerate(groups) if k not in (i, j)] + [joined]
    return groups


def _motif(group: _Aligned, places: np.ndarray, name: str) -> DiscoveredMotif:
    """The stretch that carries the contributions, as a motif."""
    mean = group.effects.mean(axis=0)
    counts = group.bases.sum(axis=0)
    shares = (counts + 0.25) / (counts.sum(axis=1, keepdims=True) + 1)
    carried = np.abs((mean * shares).sum(axis=1))
    strong = np.flatnonzero(carried >= 0.15 * carried.max())
    first, last = max(int(strong[0]) - 1, 0), min(int(strong[-1]) + 2, len(mean))
    motif = Motif(name, shares[first:last], source=f"{len(group.members):,} seqlets")
    rows = places[group.members, 0]
    return DiscoveredMotif(motif, mean[first:last], len(group.members), len(np.unique(rows)))


def as_rows(found: Sequence[DiscoveredMotif], known: Sequence[Motif], *, q_value: float = 0.05) -> list[dict]:
    """Discovered motifs as plain values, each with the known motif it looks most like.

    Parameters
    ----------
    found : sequence of DiscoveredMotif
    known : sequence of Motif
    q_value : float
        A match above it is none.

    Returns
    -------
    list of dict
        name, consensus, seqlets, sequences, probabilities (rows A C G T), contribution, and known, source, q_value,
        strand (empty and NaN as None where no known motif is alike).
    """
    from biocore.motif.compare import compare

    rows = []
    for entry in found:
        matches = [m for m in compare(entry.motif, known) if m.q_value <= q_value]
        best = matches[0] if matches else None
        rows.append(
            {
                "name": entry.motif.name,
                "consensus": entry.motif.consensus,
                "seqlets": entry.seqlets,
                "sequences": entry.sequences,
                "known": best.target.name if best else "",
                "source": best.target.source if best else "",
                "q_value": float(f"{best.q_value:.3g}") if best else None,
                "strand": best.strand if best else "",
                "offset": best.offset if best else None,
                "probabilities": np.round(entry.motif.probabilities, 3).tolist(),
                "contribution": np.round(entry.contribution, 4).tolist(),
            }
        )
    return rows
