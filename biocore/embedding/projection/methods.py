"""Projections: many numbers per protein -> two or three coordinates, by PCA, t-SNE or UMAP."""

from dataclasses import dataclass

import numpy as np

from biocore.embedding.projection import pca, tsne, umap
from biocore.embedding.projection.neighbours import check_metric, distinct
from biocore.embedding.projection.settings import METHODS, ProjectionSettings, fit_settings
from biocore.errors import InputError

MODULES = {"pca": pca, "tsne": tsne, "umap": umap}


@dataclass(frozen=True)
class Projection:
    """Coordinates of proteins on a map.

    Attributes
    ----------
    coordinates : float32 array, (N, dims)
        Identical vectors have identical coordinates.
    settings : ProjectionSettings
        What was used: the method that was shown, perplexity and neighbours as held to the number of points.
    variance : tuple of float
        PCA: fraction of the variance along each axis; empty otherwise.
    notes : tuple of str
        What is shown instead of what was asked, and why.
    """

    coordinates: np.ndarray
    settings: ProjectionSettings
    variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.coordinates.ndim != 2 or self.coordinates.shape[1] != self.settings.dims:
            raise ValueError(f"coordinates must be (N, {self.settings.dims}), got {self.coordinates.shape}")

    @property
    def axes(self) -> tuple[str, ...]:
        """A label for each axis, with its fraction of the variance in PCA."""
        name = {"pca": "PC", "tsne": "t-SNE ", "umap": "UMAP "}[self.settings.method]
        parts = [f" ({fraction:.1%} of variance)" for fraction in self.variance] or [""] * self.settings.dims
        return tuple(f"{name}{i + 1}{part}" for i, part in enumerate(parts))

    @property
    def title(self) -> str:
        """Method and parameters in one line."""
        s = self.settings
        own = {
            "tsne": f", perplexity {s.perplexity:.3g}, seed {s.seed}",
            "umap": f", {s.neighbours} neighbours, smallest distance {s.min_dist:g}, seed {s.seed}",
            "pca": "",
        }[s.method]
        return f"{METHODS[s.method]}, {s.metric}{own}"


def project(vectors: np.ndarray, settings: ProjectionSettings, *, names: tuple[str, ...] | None = None) -> Projection:
    """Compute a projection.

    Parameters
    ----------
    vectors : float array, (N, D)
        Identical rows are projected once, and counted once.
    settings : ProjectionSettings
        Perplexity and neighbours are held to what the number of distinct vectors allows; `Projection.notes` says so.
    names : tuple of str, optional
        For messages.

    Returns
    -------
    Projection, of N points

    Raises
    ------
    InputError
        No vectors, numbers that are not finite, or a vector of zeros with the cosine metric.

    Notes
    -----
    The first UMAP in a process takes half a minute more, while its code is compiled.  t-SNE of 2,000 vectors takes
    some ten seconds on one core.

    Examples
    --------
    >>> line = np.array([[0, 0, 0], [1, 1, 1], [2, 2, 2]], np.float32)
    >>> project(line, ProjectionSettings("pca")).axes
    ('PC1 (100.0% of variance)', 'PC2 (0.0% of variance)')
    """
    vectors = check_vectors(vectors, names)
    check_metric(settings.metric, vectors, names)
    first, group = distinct(vectors)
    points = vectors[first]
    used, notes = fit_settings(settings, len(points))
    coordinates, variance = MODULES[used.method].project(points, used)
    if used.method == "pca" and len(points) > 2 and 0 in variance:
        notes += ("The proteins lie on a line or plane: an axis without any variance is drawn as 0.",)
    return Projection(np.asarray(coordinates, np.float32)[group], used, variance, notes)


def transform(
    vectors: np.ndarray, projection: Projection, new: np.ndarray, *, names: tuple[str, ...] | None = None
) -> np.ndarray:
    """Project new vectors into an existing projection, which stays as it is.

    PCA uses the same axes; t-SNE and UMAP put a new point near its neighbours among the old ones.  New points do not
    see each other: ten copies of one new family land together only if each lands there on its own.

    Parameters
    ----------
    vectors : float array, (N, D)
        What the projection was made from.
    projection : Projection, of N points
    new : float array, (M, D)
    names : tuple of str, optional
        Of the new vectors, for messages.

    Returns
    -------
    float32 array, (M, dims)
        A new vector that is identical to an old one gets the old one's place.

    Raises
    ------
    InputError
        Another length of vector, or fewer than 2 different vectors in the projection.
    """
    vectors, new = check_vectors(vectors), check_vectors(new, names)
    if len(vectors) != len(projection.coordinates):
        raise ValueError("the projection and the vectors it was made from must have the same number of rows")
    if new.shape[1] != vectors.shape[1]:
        raise InputError(
            f"the new vectors have {new.shape[1]:,} numbers and those of the map {vectors.shape[1]:,}. "
            "Use the model and layer the map was made with."
        )
    settings = projection.settings
    check_metric(settings.metric, new, names)
    first, _ = distinct(vectors)
    points, coordinates = vectors[first], projection.coordinates[first]
    if len(points) < 2:
        raise InputError("The map has only one point; there is nothing to project new proteins by.")
    found = np.array(MODULES[settings.method].transform(points, coordinates, settings, new), np.float32)
    known = {row.tobytes(): i for i, row in enumerate(points + 0.0)}
    for i, row in enumerate(new + 0.0):
        if row.tobytes() in known:
            found[i] = coordinates[known[row.tobytes()]]
    return found


def check_vectors(vectors: np.ndarray, names: tuple[str, ...] | None = None) -> np.ndarray:
    """`vectors` as a float32 matrix.

    Raises
    ------
    InputError
        Empty, of the wrong shape, or with a number that is not finite.
    """
    vectors = np.asarray(vectors, np.float32)
    if vectors.ndim != 2 or 0 in vectors.shape:
        raise InputError("There are no vectors to map. One row of numbers for each protein is needed.")
    bad = np.flatnonzero(~np.isfinite(vectors).all(axis=1))
    if len(bad):
        raise InputError(
            "this vector holds a number that is missing or not finite (NaN or infinity).",
            record=names[bad[0]] if names else f"row {bad[0] + 1}",
        )
    return vectors
