"""What is chosen before a projection is computed, and what few proteins allow of it."""

from dataclasses import dataclass, replace

import numpy as np

from biocore.embedding.projection.neighbours import check_metric
from biocore.errors import InputError

METHODS = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}
FEWEST = {"tsne": 4, "umap": 4, "pca": 1}  # distinct vectors below which a method says nothing; PCA is shown instead


@dataclass(frozen=True)
class ProjectionSettings:
    """What a user chooses before a projection is computed.

    Attributes
    ----------
    method : str
        "pca", "tsne" or "umap".
    dims : int
        2 or 3.
    metric : str
        "euclidean" or "cosine" (vectors of unit length in PCA).
    perplexity : float
        t-SNE: how many neighbours a point attends to, roughly.
    neighbours : int
        UMAP: the same.
    min_dist : float
        UMAP: how tightly points may be packed, 0 to 0.99.
    seed : int
        Start of the random numbers.  The same seed gives the same projection on the same machine.

    Raises
    ------
    InputError
        A value out of its range.
    """

    method: str = "tsne"
    dims: int = 2
    metric: str = "euclidean"
    perplexity: float = 30.0
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"The method {self.method!r} is not known; use {', '.join(METHODS)}.")
        if self.dims not in (2, 3):
            raise InputError(f"{self.dims} dimensions were asked for; a map has 2 or 3.")
        check_metric(self.metric)
        if not 1 <= self.perplexity < np.inf:
            raise InputError(f"The perplexity is {self.perplexity:g}; it must be 1 or more.")
        if self.neighbours < 2:
            raise InputError(f"UMAP's neighbours are {self.neighbours}; it needs 2 or more.")
        if not 0 <= self.min_dist < 1:
            raise InputError(f"UMAP's smallest distance is {self.min_dist:g}; it lies between 0 and 0.99.")
        if not 0 <= self.seed < 2**31:
            raise InputError(f"The seed is {self.seed}; use a whole number from 0 to {2**31 - 1:,}.")

    @property
    def relevant(self) -> tuple:
        """Those settings that make a difference to the method."""
        own = {
            "tsne": (self.perplexity, self.seed),
            "umap": (self.neighbours, self.min_dist, self.seed),
            "pca": (),
        }[self.method]
        return (self.method, self.dims, self.metric, *own)


def limits_for(n: int) -> dict[str, float]:
    """The largest perplexity and number of neighbours that `n` distinct vectors allow."""
    return {"perplexity": max(1.0, (n - 1) / 3), "neighbours": max(2, n - 1)}


def fit_settings(settings: ProjectionSettings, n: int) -> tuple[ProjectionSettings, tuple[str, ...]]:
    """Hold the settings to what `n` distinct vectors allow.

    Returns
    -------
    ProjectionSettings
    tuple of str
        What was changed, for the user.

    Examples
    --------
    >>> fit_settings(ProjectionSettings(perplexity=30), 10)[0].perplexity
    3.0
    """
    method, notes = settings.method, []
    if n < FEWEST[method]:
        notes.append(f"{METHODS[method]} needs {FEWEST[method]} different proteins, and there {_are(n)}: {_instead(n)}")
        settings = replace(settings, method="pca")
    elif method == "pca" and n <= 2:
        notes.append(f"There {_are(n)}: {_instead(n)}")
    limits = limits_for(n)
    if settings.method == "tsne" and settings.perplexity > limits["perplexity"]:
        notes.append(
            f"Perplexity {settings.perplexity:g} is too large for {n:,} different proteins: "
            f"{limits['perplexity']:.3g} is used, a third of the others."
        )
        settings = replace(settings, perplexity=limits["perplexity"])
    if settings.method == "umap" and settings.neighbours > limits["neighbours"]:
        notes.append(
            f"{settings.neighbours} neighbours are too many for {n:,} different proteins: all {n - 1} are used."
        )
        settings = replace(settings, neighbours=int(limits["neighbours"]))
    return settings, tuple(notes)


def _are(n: int) -> str:
    return "is only 1" if n == 1 else f"are only {n}"


def _instead(n: int) -> str:
    if n <= 1:
        return "a single point has no map, so it is drawn at the origin."
    if n == 2:
        return "two points lie on one line, at their distance from each other (PCA)."
    return "PCA is shown instead."
