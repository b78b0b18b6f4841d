"""The Gene Ontology: terms, parents, retired identifiers, and the rule that a term brings its parents along."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from biocore.errors import InputError

ASPECTS = {
    "molecular_function": ("F", "GO:0003674"),
    "biological_process": ("P", "GO:0008150"),
    "cellular_component": ("C", "GO:0005575"),
}
RELATIONS = ("is_a", "part_of")


@dataclass(frozen=True)
class Ontology:
    """Terms of one aspect.

    Attributes
    ----------
    names : mapping
        Identifier -> name, current terms only.
    parents : mapping
        Identifier -> identifiers of its direct parents (is_a and part_of) within the aspect.
    replaced : mapping
        Alternative or retired identifier -> the current one.
    retired : frozenset
        Retired identifiers without a replacement.
    version : str
        As the file states it; "" where it does not.
    """

    names: Mapping[str, str]
    parents: Mapping[str, tuple[str, ...]]
    replaced: Mapping[str, str] = field(default_factory=dict)
    retired: frozenset[str] = frozenset()
    version: str = ""

    def current(self, term: str) -> str | None:
        """The identifier used today for `term`; None for one that is unknown or was retired without a replacement."""
        term = self.replaced.get(term, term)
        return term if term in self.names else None

    @cached_property
    def _ancestors(self) -> dict[str, frozenset[str]]:
        found: dict[str, frozenset[str]] = {}
        for term in self.order:
            above = self.parents.get(term, ())
            found[term] = frozenset(above).union(*(found[p] for p in above))
        return found

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every term, parents before children.

        Raises
        ------
        InputError
            The parents form a circle (go-basic.obo has none).
        """
        left = {term: set(self.parents.get(term, ())) for term in sorted(self.names)}
        children: dict[str, list[str]] = {}
        for term, above in left.items():
            for parent in above:
                children.setdefault(parent, []).append(term)
        ready = [term for term, above in left.items() if not above]
        order = []
        while ready:
            term = ready.pop()
            order.append(term)
            for child in children.get(term, ()):
                left[child].discard(term)
                if not left[child]:
                    ready.append(child)
        if len(order) < len(left):
            raise InputError("the terms' parents form a circle. Use go-basic.obo, which is free of circles.")
        return tuple(order)

    def ancestors(self, term: str) -> frozenset[str]:
        """Every term above `term`, without itself."""
        return self._ancestors[term]

    def propagate(self, terms: Iterable[str]) -> set[str]:
        """`terms` and everything above them (the true-path rule).

        Parameters
        ----------
        terms : iterable of str

        Returns
        -------
        set of str

        Raises
        ------
        KeyError
            A term that is not current; map it with `current` first.
        """
        terms = set(terms)
        return terms.union(*(self._ancestors[term] for term in terms))

    def parents_within(self, vocabulary: Sequence[str]) -> dict[int, tuple[int, ...]]:
        """Nearest ancestors inside a list of terms.

        Parameters
        ----------
        vocabulary : sequence of str, T

        Returns
        -------
        dict
            Index of each term in `vocabulary` -> indices of its nearest ancestors there; ancestors of these are
            left out.
        """
        index = {term: i for i, term in enumerate(vocabulary)}
        result = {}
        for term, i in index.items():
            above = {a for a in self._ancestors.get(term, ()) if a in index}
            nearest = above - set().union(*(self._ancestors[a] for a in above))
            result[i] = tuple(sorted(index[a] for a in nearest))
        return result


def read_obo(path: Path, *, aspect: str = "molecular_function", relations: Sequence[str] = RELATIONS) -> Ontology:
    """Read ``go-basic.obo``.

    Parameters
    ----------
    aspect : str
        molecular_function, biological_process or cellular_component.
    relations : sequence of str
        Kinds of edge along which an annotation climbs.

    Returns
    -------
    Ontology

    Raises
    ------
    InputError
        The file is missing, is not OBO text, or has no term of the aspect.

    References
    ----------
    The Gene Ontology Consortium (2023), Genetics 224:iyad031, doi:10.1093/genetics/iyad031.
    """
    import obonet

    try:
        graph = obonet.read_obo(str(path), ignore_obsolete=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"cannot be read as OBO ({error}). Give go-basic.obo.", record=str(path)) from error
    nodes = {n: d for n, d in graph.nodes(data=True) if d.get("namespace") == aspect}
    names = {n: d["name"] for n, d in nodes.items() if d.get("is_obsolete") != "true"}
    if not names:
        raise InputError(f"holds no current term of the aspect {aspect}.", record=str(path))
    parents: dict[str, list[str]] = {n: [] for n in names}
    for child, parent, relation in graph.edges(keys=True):
        if relation in relations and child in names and parent in names:
            parents[child].append(parent)
    replaced, retired = _retired_ids(nodes, names)
    return Ontology(
        names,
        {n: tuple(sorted(set(p))) for n, p in parents.items()},
        replaced,
        retired,
        str(graph.graph.get("data-version", "")),
    )


def _retired_ids(nodes: Mapping[str, dict], names: Mapping[str, str]) -> tuple[dict[str, str], frozenset[str]]:
    """Alternative ids and replaced terms -> current ones; and the retired terms that nothing replaces."""
    replaced = {alt: n for n in names for alt in nodes[n].get("alt_id", ())}
    retired = set()
    for term, values in nodes.items():
        if term in names:
            continue
        successors = [s for s in values.get("replaced_by", ()) if s in names]
        if len(successors) == 1:
            replaced[term] = successors[0]
            replaced |= {alt: successors[0] for alt in values.get("alt_id", ())}
        else:
            retired.add(term)
    return replaced, frozenset(retired)


def read_terms(path: Path) -> Ontology:
    """Read a table of terms: columns term, name, parents (separated by ``;``), tab-separated, gzip-compressed or not.

    Parameters
    ----------
    path : Path

    Returns
    -------
    Ontology

    Raises
    ------
    InputError
        The file is missing or lacks a column.
    """
    import pandas as pd

    try:
        table = pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)
    except (OSError, ValueError) as error:
        raise InputError(f"cannot be read as a table of terms ({error}).", record=str(path)) from error
    missing = {"term", "name", "parents"} - set(table.columns)
    if missing:
        raise InputError(f"lacks the column {', '.join(sorted(missing))}.", record=str(path))
    names = dict(zip(table["term"], table["name"], strict=True))
    parents = {
        term: tuple(p for p in above.split(";") if p in names)
        for term, above in zip(table["term"], table["parents"], strict=True)
    }
    return Ontology(names, parents)


def propagate_scores(scores: np.ndarray, parents: Mapping[int, tuple[int, ...]]) -> np.ndarray:
    """Raise each term's score to at least that of its children (true-path rule).

    Parameters
    ----------
    scores : float array, (N, T)
    parents : mapping
        As `Ontology.parents_within` gives them.

    Returns
    -------
    float array, (N, T)
        A parent is never less likely than its child.
    """
    propagated = np.array(scores, copy=True)
    for child in climbing_order(parents):
        for parent in parents[child]:
            np.maximum(propagated[:, parent], propagated[:, child], out=propagated[:, parent])
    return propagated


def climbing_order(parents: Mapping[int, tuple[int, ...]]) -> list[int]:
    """Terms ordered so that each comes before its parents.

    Parameters
    ----------
    parents : mapping
        As `Ontology.parents_within` gives them.

    Returns
    -------
    list of int
    """
    level: dict[int, int] = {}

    def depth(term: int) -> int:
        if term not in level:
            level[term] = 1 + max((depth(p) for p in parents[term]), default=-1)
        return level[term]

    for term in parents:
        depth(term)
    return sorted(level, key=lambda t: -level[t])


def depths(parents: Mapping[int, tuple[int, ...]]) -> np.ndarray:
    """Longest way from a top term to each term, (T,).

    Parameters
    ----------
    parents : mapping
        As `Ontology.parents_within` gives them.

    Examples
    --------
    >>> depths({0: (), 1: (0,), 2: (0, 1)}).tolist()
    [0, 1, 2]
    """
    result = np.zeros(len(parents), dtype=int)
    for term in reversed(climbing_order(parents)):
        result[term] = 1 + max((result[p] for p in parents[term]), default=-1)
    return result


def with_ancestors(terms: Iterable[int], parents: Mapping[int, tuple[int, ...]]) -> set[int]:
    """`terms` and everything above them (the true-path rule).

    Parameters
    ----------
    terms : iterable of int
    parents : mapping
        As `Ontology.parents_within` gives them.

    Examples
    --------
    >>> sorted(with_ancestors([2], {0: (), 1: (0,), 2: (1,), 3: (0,)}))
    [0, 1, 2]
    """
    found = set(terms)
    waiting = list(found)
    while waiting:
        new = set(parents[waiting.pop()]) - found
        found |= new
        waiting += new
    return found


def most_specific(chosen: Iterable[int], parents: Mapping[int, tuple[int, ...]]) -> set[int]:
    """Terms of `chosen` that have no descendant in it.  `chosen` must hold its terms' parents (true-path rule).

    Parameters
    ----------
    chosen : iterable of int
    parents : mapping
        As `Ontology.parents_within` gives them.

    Returns
    -------
    set of int

    Examples
    --------
    >>> most_specific({0, 1}, {0: (), 1: (0,)})
    {1}
    """
    chosen = set(chosen)
    return chosen - {p for term in chosen for p in parents[term]}
