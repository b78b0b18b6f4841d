"""Why a term is predicted, in a phrase; and whether the model has seen the protein, whole or in part.

Every function takes a `FunctionModel` and a `Prediction` of that model; ``row`` is the 0-based number of a protein.
"""

import numpy as np

from biocore.go.families import IMAGINED, INCLUDED
from biocore.go.predict import FunctionModel
from biocore.go.prediction import Prediction

RELATED = 1e-3  # E-value up to which an aligned protein is called a homologue
CONTAINED = 0.97  # fraction of the protein's score with itself from which it counts as a stretch of another


def homologues_with(model: FunctionModel, prediction: Prediction, row: int, term: int) -> list[int]:
    """Places in ``by_alignment`` of the homologues that have a term, strongest first.

    Parameters
    ----------
    term : int
        Column of the model.

    Returns
    -------
    list of int
    """
    rows = prediction.by_alignment.indices[row]
    having = (rows >= 0) & (prediction.expect[row] <= RELATED) & model.labels[rows, term]
    return [int(place) for place in np.flatnonzero(having)]


def reason(model: FunctionModel, prediction: Prediction, row: int, term: int) -> str:
    """What speaks most for a term, in a phrase: a homologue, a family, or the network.

    Parameters
    ----------
    term : int
        Column of the model.

    Returns
    -------
    str
    """
    found = homologues_with(model, prediction, row, term)
    if found:
        related = int(((prediction.by_alignment.indices[row] >= 0) & (prediction.expect[row] <= RELATED)).sum())
        best = model.reference.accessions[int(prediction.by_alignment.indices[row, found[0]])]
        value = float(prediction.expect[row, found[0]])
        return f"homologue {best} (E-value {value:.0e}); {len(found)} of {related} homologues have it"
    having, of = family_support(model, prediction, row, term)
    if having:
        return f"{having} of {of} annotated proteins of its family have it"
    return "no homologue has it: the network, from composition and language model"


def family_support(model: FunctionModel, prediction: Prediction, row: int, term: int) -> tuple[int, int]:
    """Of the family that speaks most for a term: its annotated proteins with the term, and all of them.

    Parameters
    ----------
    term : int
        Column of the model.

    Returns
    -------
    (int, int)
        (0, 0) where no family of the protein has annotated proteins.
    """
    hits = prediction.families
    part = hits.row(row)
    best, found = -1.0, (0, 0)
    for family, expect in zip(hits.families[part], hits.expect[part], strict=True):
        members, _ = model.of_families.members(int(family))
        if expect > INCLUDED or not len(members):
            continue
        having = int(model.labels[members, term].sum())
        if having / (len(members) + IMAGINED) > best:
            best, found = having / (len(members) + IMAGINED), (having, len(members))
    return found


def stretch_of(model: FunctionModel, prediction: Prediction, row: int, sequence: str) -> int | None:
    """Row of the longer training protein that this one is a stretch of, as far as amino-acid groups can tell.

    Parameters
    ----------
    sequence : str
        The protein.

    Returns
    -------
    int or None
        None also where the protein is a whole one (`FunctionModel.same_as`).
    """
    found = prediction.by_alignment
    if len(sequence) < 20 or found.indices[row, 0] < 0:
        return None
    of_query, _ = model.reference.homology.coverage(found.of(row), [sequence])
    best = int(np.argmax(of_query[0]))
    reference = int(found.indices[row, best])
    longer = int(model.reference.homology.lengths[reference]) > len(sequence)
    return reference if longer and of_query[0, best] >= CONTAINED else None


def verdict(model: FunctionModel, prediction: Prediction, row: int, term: int) -> str:
    """Where an answer comes from: "both", "neighbours", "network" or "together".

    Parameters
    ----------
    term : int
        Column of the model.
    """
    limit = float(model.thresholds.threshold[term])
    network = float(prediction.network[row, term]) >= limit
    neighbours = float(prediction.neighbours[row, term]) >= 0.5
    if network and neighbours:
        return "both"
    return "neighbours" if neighbours else "network" if network else "together"
