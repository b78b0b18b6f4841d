"""``train contacts`` and ``evaluate contacts``: a contact head fitted on known structures, measured on others."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.esm2.contacts import ContactHead
from biocore.esm2.model import Esm2
from biocore.esm2.tiles import tiles
from biocore.structure.contact_map import LEAST_SEPARATION, ContactMap, KnownContacts

PENALTY = 0.15  # inverse strength of the L1 penalty, as Rao et al. have it
MOST_PAIRS = 20_000  # of one protein, drawn evenly: long proteins have millions
LEAST_GROUPS = 4


@dataclass(frozen=True)
class FittedHead:
    """A head from all proteins, and for each protein a map from a head that has not seen its group.

    Attributes
    ----------
    head : ContactHead
    held_out : tuple of ContactMap
        In the order of the proteins.
    """

    head: ContactHead
    held_out: tuple[ContactMap, ...]


def fit_head(
    model: Esm2, proteins: Sequence[KnownContacts], groups: Sequence[int], *, say: Callable[[str], None]
) -> FittedHead:
    """Fit a contact head, and predict each protein by a head fitted without its homologues.

    Parameters
    ----------
    proteins : sequence of KnownContacts
    groups : sequence of int
        Proteins of one group are homologues: they are left out together.

    Raises
    ------
    InputError
        Fewer than four groups.
    """
    kinds = sorted(set(groups))
    if len(kinds) < LEAST_GROUPS:
        raise InputError(
            f"{len(proteins)} proteins in {len(kinds)} groups of homologues; {LEAST_GROUPS} groups are needed, so that "
            "some can test what the others train."
        )
    tables = []
    for protein in proteins:
        say(f"attention of {protein.name}")
        tables.append(_pairs(model, protein))
    held_out: dict[int, ContactMap] = {}
    for left_out in kinds:
        head = _fit([table for table, group in zip(tables, groups, strict=True) if group != left_out])
        for index in np.flatnonzero(np.array(groups) == left_out).tolist():
            sequence = proteins[index].sequence
            held_out[index] = head.predict(sequence, model.window, model.attention_features, source=model.name)
    return FittedHead(_fit(tables), tuple(held_out[index] for index in range(len(proteins))))


def _pairs(model: Esm2, protein: KnownContacts) -> tuple[np.ndarray, np.ndarray]:
    """Features (P, heads of all blocks) and labels (P,) of pairs of known distance, six places apart or more."""
    tables = []
    for part in tiles(len(protein.sequence), model.window):
        here = slice(part.start, part.stop)
        i, j = np.triu_indices(part.stop - part.start, k=LEAST_SEPARATION)
        known = protein.known[here, here][i, j]
        i, j = i[known], j[known]
        heads = [maps[:, i, j] for maps in model.attention_features(protein.sequence[here])]
        tables.append((np.concatenate(heads).T, protein.contacts[here, here][i, j]))
    features, labels = np.concatenate([t[0] for t in tables]), np.concatenate([t[1] for t in tables])
    some = np.random.default_rng(0).permutation(len(labels))[:MOST_PAIRS]
    return features[some], labels[some]


def _fit(tables: Sequence[tuple[np.ndarray, np.ndarray]]) -> ContactHead:
    from sklearn.linear_model import LogisticRegression

    features = np.concatenate([table[0] for table in tables])
    labels = np.concatenate([table[1] for table in tables])
    found = LogisticRegression(l1_ratio=1.0, C=PENALTY, solver="liblinear", random_state=0).fit(features, labels)
    return ContactHead(found.coef_[0].astype(float), float(found.intercept_[0]), f"{len(tables)} structures")


def store_head(model: Esm2, head: ContactHead, quality: Sequence[dict]) -> None:
    """Keep a head and its measurements on the model's card, in the place of earlier ones."""
    kept = {"weights": [round(float(w), 5) for w in head.weights], "bias": round(head.bias, 5), "source": head.source}
    card = zoo.card(model.name)
    new = [zoo.Quality(**row) for row in quality]
    others = [q for q in card.quality if q.metric not in {row.metric for row in new}]
    zoo.write_card(replace(card, details=dict(card.details) | {"contacts": kept}, quality=(*others, *new)))
