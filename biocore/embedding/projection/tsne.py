"""t-SNE with exact neighbours (openTSNE).

van der Maaten & Hinton (2008), JMLR 9:2579-2605; openTSNE: Poličar et al. (2024), doi:10.18637/jss.v109.i03;
initialisation: Kobak & Berens (2019), doi:10.1038/s41467-019-13056-x.
"""

import os
from typing import Any

import numpy as np

from biocore.embedding.projection.neighbours import nearest
from biocore.embedding.projection.pca import small_start
from biocore.embedding.projection.settings import ProjectionSettings


def project(points: np.ndarray, settings: ProjectionSettings) -> tuple[np.ndarray, tuple[float, ...]]:
    """Coordinates (N, dims) of distinct `points` (N, D), and no variance."""
    import openTSNE

    fast_grid = settings.dims == 2 and len(points) >= 10_000
    model = openTSNE.TSNE(
        n_components=settings.dims,
        perplexity=settings.perplexity,
        random_state=settings.seed,
        n_jobs=_threads(len(points)),
        negative_gradient_method="fft" if fast_grid else "bh",
    )
    start = small_start(points, settings, 1e-4)
    return np.asarray(model.fit(affinities=_affinities(points, settings), initialization=start)), ()


def transform(points: np.ndarray, coordinates: np.ndarray, settings: ProjectionSettings, new: np.ndarray) -> np.ndarray:
    """Coordinates of `new` (M, D), each near its neighbours among `points` (N, D), which lie at `coordinates`."""
    import openTSNE

    middle = (coordinates.max(axis=0) + coordinates.min(axis=0)) / 2  # openTSNE moves the old points to the origin
    old = openTSNE.TSNEEmbedding(
        coordinates.astype(np.float64), _affinities(points, settings), random_state=settings.seed, n_jobs=1,
        negative_gradient_method="bh", dof=1,
    )  # fmt: skip
    perplexity = min(5.0, max(1.0, len(points) / 3))
    return np.asarray(old.transform(new, perplexity=perplexity, k=min(25, int(3 * perplexity)))) + middle


def _affinities(points: np.ndarray, settings: ProjectionSettings) -> Any:
    """openTSNE's affinities from exact neighbours; they serve new points too."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import KNNIndex

    class Exact(KNNIndex):
        def __init__(self, k: int):
            self.k, self.n_samples = k, len(points)

        def build(self) -> tuple[np.ndarray, np.ndarray]:
            found = nearest(points, k=self.k, metric=settings.metric)
            return found.indices, found.distances

        def query(self, query: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
            found = nearest(points, query, k=k, metric=settings.metric)
            return found.indices, found.distances

    k = max(1, min(len(points) - 1, int(3 * settings.perplexity)))
    return PerplexityBasedNN(
        perplexity=settings.perplexity, knn_index=Exact(k), n_jobs=_threads(len(points)), random_state=settings.seed
    )


def _threads(n: int) -> int:
    """Threads cost more than they bring below a thousand points.  Their number does not change the map."""
    return 1 if n < 1000 else os.cpu_count() or 1
