"""How much a few measured variants of a protein help: own-assay mode on scans, beside ridge on one-hot features."""

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from biocore.sequence import AMINO_ACIDS
from biocore.stats.correlation import spearman
from biocore.variants.correction import CAUTION, RIDGE, Design, learn
from biocore.variants.features import features
from biocore.variants.train.fit import Measured, fit
from biocore.variants.train.measure import score

SIZES = (24, 96, 384)
DRAWS = 10
MOST_TESTED = 3000
PENALTY = 1.0


def learning(
    rows: Sequence[Measured],
    assays: Sequence[str],
    say: Callable[[str], None],
    *,
    method: str = RIDGE,
    sizes: Sequence[int] = SIZES,
    cautions: Sequence[float] = (CAUTION,),
) -> list[dict]:
    """Mean over draws of Spearman on the variants that were not drawn.

    Parameters
    ----------
    rows : sequence of Measured
    assays : sequence of str
        Names of assays.
    say : callable
    method : str
        Of own-assay mode.
    sizes : sequence of int
        Measured variants; an assay with fewer than twice as many is left out.
    cautions : sequence of float
        One row for each; see `biocore.variants.correction`.

    Returns
    -------
    list of dict
        assay, measured, caution, untrained (scores of a fit without the protein and its homologues), trained, worst
        (least difference of the two in a draw), one_hot (ridge on one-hot position and residue, as Hsu et al. 2022,
        doi:10.1038/s41587-021-01146-5, have it as baseline).
    """
    made = []
    groups = [group for group in dict.fromkeys(rows[0].groups) if group != "language model"]
    for row in rows:
        chosen = [k for k, assay in enumerate(row.protein.assays) if assay.name in assays]
        if not chosen:
            continue
        others = [p for p in rows if p.protein.cluster != row.protein.cluster and not p.protein.viral]
        unseen = score(fit(others, groups), row)
        table = features(row.protein.sequence, row.protein.profile)
        for k in chosen:
            assay = row.protein.assays[k]
            sequence = row.protein.sequence
            places = zip(assay.position, assay.mutant, strict=True)
            names = [f"{sequence[i]}{i + 1}{AMINO_ACIDS[j]}" for i, j in places]
            made += _of(assay.name, Design.of(table, names, 0), unseen.scores[k], assay.rank, method, sizes, cautions)
            say(f"{assay.name}: own-assay mode")
    return made


def _of(
    name: str,
    design: Design,
    u: np.ndarray,
    y: np.ndarray,
    method: str,
    sizes: Sequence[int],
    cautions: Sequence[float],
) -> list[dict]:
    found = []
    for size in (n for n in sizes if 2 * n <= len(y)):
        after, before, plain = np.empty((DRAWS, len(cautions))), np.empty((DRAWS, 1)), np.empty(DRAWS)
        for seed in range(DRAWS):
            order = np.random.default_rng(seed).permutation(len(y))
            drawn, rest = order[:size], order[size : size + MOST_TESTED]
            trained = learn(design, drawn, u, y, method, seed)
            before[seed] = spearman(u[rest], y[rest])
            predicted = trained.predict_cautiously(rest, u[rest], cautions)
            after[seed] = [spearman(one, y[rest]) for one in predicted]
            plain[seed] = _one_hot(design, drawn, rest, y)
        for caution, one in zip(cautions, after.T, strict=True):
            means = {"untrained": before.mean(), "trained": one.mean(), "worst": (one - before[:, 0]).min()}
            means["one_hot"] = np.nanmean(plain)
            row = {"assay": name, "measured": size, "caution": caution}
            found.append(row | {n: round(float(v), 3) for n, v in means.items()})
    return found


def _one_hot(design: Design, drawn: np.ndarray, rest: np.ndarray, y: np.ndarray) -> float:
    from sklearn.linear_model import Ridge

    first = design.table.values.shape[-1]  # the one-hot columns follow the features
    model = Ridge(alpha=PENALTY).fit(design.rows(drawn)[:, first:], y[drawn])
    return spearman(model.predict(design.rows(rest)[:, first:]), y[rest])


def means(rows: Sequence[dict]) -> pd.DataFrame:
    """The mean over assays for each number of measured variants."""
    return pd.DataFrame(rows).drop(columns=["assay"]).groupby(["measured", "caution"], as_index=False).mean().round(3)
