"""UMAP (umap-learn).  McInnes et al. (2018), arXiv:1802.03426."""

import warnings
from typing import Any

import numpy as np

from biocore.embedding.projection.pca import small_start
from biocore.embedding.projection.settings import ProjectionSettings


def project(points: np.ndarray, settings: ProjectionSettings) -> tuple[np.ndarray, tuple[float, ...]]:
    """Coordinates (N, dims) of distinct `points` (N, D), and no variance."""
    start = small_start(points, settings, 1.0).astype(np.float32)
    return _model(points, settings, init=start).embedding_, ()


def transform(points: np.ndarray, coordinates: np.ndarray, settings: ProjectionSettings, new: np.ndarray) -> np.ndarray:
    """Coordinates of `new` (M, D), each near its neighbours among `points` (N, D), which lie at `coordinates`."""
    model = _model(points, settings, init=np.asarray(coordinates, np.float32), n_epochs=0)
    model.embedding_ = np.asarray(coordinates, np.float32)
    model.n_epochs = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.transform(np.asarray(new, np.float32))


def _model(points: np.ndarray, settings: ProjectionSettings, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # umap warns about what is asked for here: one thread, for a repeatable map
        import umap

        model = umap.UMAP(
            n_neighbors=settings.neighbours,
            n_components=settings.dims,
            metric=settings.metric,
            min_dist=settings.min_dist,
            random_state=settings.seed,
            transform_seed=settings.seed,
            n_jobs=1,
            **options,
        )
        return model.fit(np.asarray(points, np.float32))
