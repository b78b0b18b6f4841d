"""Predicted terms with their parents, laid out in layers for drawing."""

from dataclasses import dataclass

import numpy as np

from biocore.go.ontology import with_ancestors
from biocore.go.predict import FunctionModel
from biocore.go.prediction import Prediction


@dataclass(frozen=True)
class TermGraph:
    """Terms as nodes, children below their parents.

    Attributes
    ----------
    terms, names : tuples of str, length N
    probability : float array, (N,)
    specific : bool array, (N,)
        Terms without a predicted child.
    x, y : float arrays, (N,)
        Place; y is minus the depth.
    edges : tuple of (child, parent)
        Numbers of nodes.
    """

    terms: tuple[str, ...]
    names: tuple[str, ...]
    probability: np.ndarray
    specific: np.ndarray
    x: np.ndarray
    y: np.ndarray
    edges: tuple[tuple[int, int], ...]

    def __post_init__(self):
        if not len(self.terms) == len(self.names) == len(self.probability) == len(self.x) == len(self.y):
            raise ValueError("one place, name and probability for each term")


def term_graph(model: FunctionModel, prediction: Prediction, row: int, *, most: int = 40) -> TermGraph:
    """Lay out the predicted terms of one protein.

    Parameters
    ----------
    model : FunctionModel
    prediction : Prediction
        Of `model`.
    row : int
        0-based number of the protein in `prediction`.
    most : int
        Where more terms are predicted, the most probable specific ones are drawn with their parents.

    Returns
    -------
    TermGraph
    """
    chosen = model.chosen(prediction, row)
    if len(chosen) > most:
        chosen = _thinned(model, prediction.probability[row], chosen, most)
    order = sorted(chosen, key=lambda t: (model.depth[t], model.names[t]))
    place = {t: i for i, t in enumerate(order)}
    edges = tuple((place[t], place[p]) for t in order for p in model.parents[t] if p in place)
    y = np.array([-float(model.depth[t]) for t in order])
    leaves = model.most_specific(chosen)
    return TermGraph(
        tuple(model.terms[t] for t in order),
        tuple(model.names[t] for t in order),
        prediction.probability[row, order] if order else np.zeros(0),
        np.array([t in leaves for t in order], dtype=bool),
        _columns(y, edges),
        y,
        edges,
    )


def _thinned(model: FunctionModel, probability: np.ndarray, chosen: set[int], most: int) -> set[int]:
    kept: set[int] = set()
    for leaf in sorted(model.most_specific(chosen), key=lambda t: -probability[t]):
        above = with_ancestors({leaf}, model.parents)
        if kept and len(kept | above) > most:
            break
        kept |= above
    return kept


WIDEST_GAP = 2.0  # between two terms of a layer, where the widest layer has 1


def _columns(y: np.ndarray, edges: tuple[tuple[int, int], ...], *, rounds: int = 8) -> np.ndarray:
    """Horizontal places: a layer is spread evenly, in the order of its neighbours' mean place (barycentre method).

    Layers of few terms are spread wider, so that names have room.
    """
    x = np.zeros(len(y))
    layers = [np.flatnonzero(y == level) for level in sorted(set(y.tolist()), reverse=True)]
    for layer in layers:
        x[layer] = np.arange(len(layer)) - (len(layer) - 1) / 2
    around: dict[int, list[int]] = {i: [] for i in range(len(y))}
    for child, parent in edges:
        around[child].append(parent)
        around[parent].append(child)
    for turn in range(rounds):
        for layer in layers if turn % 2 == 0 else layers[::-1]:
            wish = [float(np.mean(x[around[i]])) if around[i] else x[i] for i in layer.tolist()]
            ordered = layer[np.argsort(wish, kind="stable")]
            x[ordered] = np.arange(len(layer)) - (len(layer) - 1) / 2
    widest = max((len(layer) for layer in layers), default=1)
    for layer in layers:
        x[layer] *= min(widest / len(layer), WIDEST_GAP)
    return x
