"""Principal components: the plane or space in which the vectors vary most (scikit-learn)."""

import numpy as np

from biocore.embedding.projection.neighbours import unit_rows
from biocore.embedding.projection.settings import ProjectionSettings

NO_VARIANCE = 1e-10  # fraction of the variance below which an axis is rounding


def project(points: np.ndarray, settings: ProjectionSettings) -> tuple[np.ndarray, tuple[float, ...]]:
    """Coordinates float64 (N, dims) of distinct `points` (N, D), and the fraction of the variance along each axis."""
    centre, axes, fractions = _axes(points, settings)
    return (_prepared(points, settings) - centre) @ axes, tuple(float(f) for f in fractions)


def transform(points: np.ndarray, coordinates: np.ndarray, settings: ProjectionSettings, new: np.ndarray) -> np.ndarray:
    """Coordinates of `new` (M, D) on the axes of `points` (N, D)."""
    centre, axes, _ = _axes(points, settings)
    return (_prepared(new, settings) - centre) @ axes


def small_start(points: np.ndarray, settings: ProjectionSettings, spread: float) -> np.ndarray:
    """PCA coordinates scaled to a standard deviation of `spread` along the first axis, with a trace of noise.

    The noise keeps points apart that PCA puts onto one spot.  Rounded to 32 bits, as a projection in a file is.
    """
    start = project(points, settings)[0].astype(np.float32).astype(np.float64)
    start *= spread / max(float(start[:, 0].std()), np.finfo(float).tiny)
    return start + np.random.default_rng(settings.seed).normal(scale=spread / 100, size=start.shape)


def _axes(points: np.ndarray, settings: ProjectionSettings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre (D,), principal axes (D, dims) and the fraction of variance of each.  Missing axes are zeros.

    scikit-learn points each axis to where its largest weight is positive, so that a map is the same on every machine.
    """
    from sklearn.decomposition import PCA

    x = _prepared(points, settings)
    axes, fractions = np.zeros((x.shape[1], settings.dims)), np.zeros(settings.dims)
    centre = x.mean(axis=0)
    if ((x - centre) ** 2).sum() <= 1e-24 * (x**2).sum():  # one point, or several in one direction
        return centre, axes, fractions
    solver = "covariance_eigh" if len(x) > x.shape[1] else "full"  # the smaller of two problems with one answer
    found = PCA(min(settings.dims, *x.shape), svd_solver=solver).fit(x - centre)
    kept = np.flatnonzero(found.explained_variance_ratio_ > NO_VARIANCE)
    axes[:, kept] = found.components_[kept].T
    fractions[kept] = found.explained_variance_ratio_[kept]
    return centre, axes, fractions


def _prepared(vectors: np.ndarray, settings: ProjectionSettings) -> np.ndarray:
    x = np.asarray(vectors, np.float64)
    return unit_rows(x) if settings.metric == "cosine" else x
