"""Maps: many numbers per protein -> two or three coordinates.  PCA, t-SNE (openTSNE) and UMAP.

References
----------
t-SNE: van der Maaten & Hinton (2008), JMLR 9:2579-2605; openTSNE: Poličar et al. (2024), doi:10.18637/jss.v109.i03;
initialisation: Kobak & Berens (2019), doi:10.1038/s41467-019-13056-x.  UMAP: McInnes et al. (2018), arXiv:1802.03426.
"""

import os
import warnings
from dataclasses import asdict, dataclass, replace

import numpy as np

from biocore.embedding.projection.neighbours import check_metric, distinct, nearest, unit_rows
from biocore.errors import InputError

METHODS = {"tsne": "t-SNE", "umap": "UMAP", "pca": "PCA"}
FEWEST = {"tsne": 4, "umap": 4, "pca": 1}  # distinct vectors below which a method says nothing; PCA is shown instead


@dataclass(frozen=True)
class MapSettings:
    """What a user chooses before a map is computed.

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
        Start of the random numbers.  The same seed gives the same map on the same machine.
    """

    method: str = "tsne"
    dims: int = 2
    metric: str = "euclidean"
    perplexity: float = 30.0
    neighbours: int = 15
    min_dist: float = 0.1
    seed: int = 0

    def __post_init__(self):
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


@dataclass(frozen=True)
class Map:
    """Coordinates of a collection.

    Attributes
    ----------
    coordinates : float32 array, (N, dims)
        Identical vectors have identical coordinates.
    settings : MapSettings
        What was used: the method that was shown, perplexity and neighbours as held to the number of points.
    variance : tuple of float
        PCA: share of the variance along each axis; empty otherwise.
    notes : tuple of str
        What is shown instead of what was asked, and why.
    """

    coordinates: np.ndarray
    settings: MapSettings
    variance: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self):
        if self.coordinates.ndim != 2 or self.coordinates.shape[1] != self.settings.dims:
            raise ValueError(f"coordinates must be (N, {self.settings.dims}), got {self.coordinates.shape}")

    @property
    def axes(self) -> tuple[str, ...]:
        """A label for each axis, with its share of the variance in PCA."""
        name = {"pca": "PC", "tsne": "t-SNE ", "umap": "UMAP "}[self.settings.method]
        shares = [f" ({share:.1%} of variance)" for share in self.variance] or [""] * self.settings.dims
        return tuple(f"{name}{i + 1}{share}" for i, share in enumerate(shares))

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


def limits_for(n: int) -> dict[str, float]:
    """The largest perplexity and number of neighbours that `n` distinct vectors allow."""
    return {"perplexity": max(1.0, (n - 1) / 3), "neighbours": max(2, n - 1)}


def fit_settings(settings: MapSettings, n: int) -> tuple[MapSettings, tuple[str, ...]]:
    """Hold the settings to what `n` distinct vectors allow, and say what was changed."""
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


def make_map(vectors: np.ndarray, settings: MapSettings, *, names: tuple[str, ...] | None = None) -> Map:
    """Compute a map.

    Parameters
    ----------
    vectors : float array, (N, D)
        Identical rows are mapped once, and counted once.
    settings : MapSettings
        Perplexity and neighbours are held to what the number of distinct vectors allows; `Map.notes` says so.
    names : tuple of str, optional
        For messages.

    Raises
    ------
    InputError
        No vectors, numbers that are not finite, or a vector of zeros with the cosine metric.

    Notes
    -----
    The first UMAP in a process takes half a minute more, while its code is compiled.  t-SNE of 2,000 vectors takes
    some ten seconds on one core.
    """
    vectors = check_vectors(vectors, names)
    check_metric(settings.metric, vectors, names)
    first, group = distinct(vectors)
    points = vectors[first]
    used, notes = fit_settings(settings, len(points))
    if used.method == "pca":
        coordinates, variance = _pca(points, used)
        if len(points) > 2 and (np.asarray(variance) == 0).any():
            notes += ("The proteins lie on a line or plane: an axis without any variance is drawn as 0.",)
        return Map(coordinates[group], used, variance, notes)
    coordinates = (_tsne if used.method == "tsne" else _umap)(points, used)
    return Map(np.asarray(coordinates, np.float32)[group], used, (), notes)


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


# ---------------------------------------------------------------------------------------------------------- PCA


def _axes(points: np.ndarray, settings: MapSettings) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centre (D,), principal axes (D, dims) and the share of variance of each.  Missing axes are zeros.

    Each axis points to where its largest weight is positive, so that a map is the same on every machine.
    """
    x = _prepared(points, settings)
    centre = x.mean(axis=0)
    x = x - centre
    total = float((x**2).sum())
    if len(x) > x.shape[1]:
        values, axes = np.linalg.eigh(x.T @ x)
        axes = axes[:, ::-1]
    else:  # fewer points than numbers: the smaller problem has the same answer
        values, left = np.linalg.eigh(x @ x.T)
        left = left[:, ::-1]
        axes = x.T @ left
        axes /= np.maximum(np.linalg.norm(axes, axis=0), np.finfo(float).tiny)
    values = np.maximum(values[::-1], 0)
    kept = min(settings.dims, len(values))
    found = np.zeros((x.shape[1], settings.dims))
    shares = np.zeros(settings.dims)
    for i in range(kept):
        if total > 0 and values[i] > 1e-10 * total:
            axis = axes[:, i]
            found[:, i] = axis * np.sign(axis[np.abs(axis).argmax()])
            shares[i] = values[i] / total
    return centre, found, shares


def _prepared(vectors: np.ndarray, settings: MapSettings) -> np.ndarray:
    x = np.asarray(vectors, np.float64)
    return unit_rows(x) if settings.metric == "cosine" else x


def _pca(points: np.ndarray, settings: MapSettings) -> tuple[np.ndarray, tuple[float, ...]]:
    centre, axes, shares = _axes(points, settings)
    coordinates = (_prepared(points, settings) - centre) @ axes
    return coordinates.astype(np.float32), tuple(float(s) for s in shares)


def _small_start(points: np.ndarray, settings: MapSettings, spread: float) -> np.ndarray:
    """PCA coordinates scaled to a standard deviation of `spread` along the first axis, with a trace of noise.

    The noise keeps points apart that PCA puts onto one spot.
    """
    start = _pca(points, settings)[0].astype(np.float64)
    start *= spread / max(float(start[:, 0].std()), np.finfo(float).tiny)
    return start + np.random.default_rng(settings.seed).normal(scale=spread / 100, size=start.shape)


# --------------------------------------------------------------------------------------------------------- t-SNE


def _affinities(points: np.ndarray, settings: MapSettings):
    """openTSNE's affinities from exact neighbours; they can also place new points."""
    from openTSNE.affinity import PerplexityBasedNN
    from openTSNE.nearest_neighbors import KNNIndex

    class Exact(KNNIndex):
        def __init__(self, k):
            self.k, self.n_samples = k, len(points)

        def build(self):
            found = nearest(points, k=self.k, metric=settings.metric)
            return found.indices, found.distances

        def query(self, query, k):
            found = nearest(points, query, k=k, metric=settings.metric)
            return found.indices, found.distances

    k = max(1, min(len(points) - 1, int(3 * settings.perplexity)))
    return PerplexityBasedNN(
        perplexity=settings.perplexity, knn_index=Exact(k), n_jobs=_threads(len(points)), random_state=settings.seed
    )


def _threads(n: int) -> int:
    """Threads cost more than they bring below a thousand points.  Their number does not change the map."""
    return 1 if n < 1000 else os.cpu_count() or 1


def _tsne(points: np.ndarray, settings: MapSettings) -> np.ndarray:
    import openTSNE

    fast_grid = settings.dims == 2 and len(points) >= 10_000
    model = openTSNE.TSNE(
        n_components=settings.dims,
        perplexity=settings.perplexity,
        random_state=settings.seed,
        n_jobs=_threads(len(points)),
        negative_gradient_method="fft" if fast_grid else "bh",
    )
    return model.fit(affinities=_affinities(points, settings), initialization=_small_start(points, settings, 1e-4))


def _place_tsne(points: np.ndarray, coordinates: np.ndarray, settings: MapSettings, new: np.ndarray) -> np.ndarray:
    import openTSNE

    middle = (coordinates.max(axis=0) + coordinates.min(axis=0)) / 2  # `transform` moves the old map to the origin
    old = openTSNE.TSNEEmbedding(
        coordinates.astype(np.float64), _affinities(points, settings), random_state=settings.seed, n_jobs=1,
        negative_gradient_method="bh", dof=1,
    )  # fmt: skip
    perplexity = min(5.0, max(1.0, len(points) / 3))
    return np.asarray(old.transform(new, perplexity=perplexity, k=min(25, int(3 * perplexity)))) + middle


# ---------------------------------------------------------------------------------------------------------- UMAP


def _umap_model(points: np.ndarray, settings: MapSettings, **options):
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


def _umap(points: np.ndarray, settings: MapSettings) -> np.ndarray:
    return _umap_model(points, settings, init=_small_start(points, settings, 1.0).astype(np.float32)).embedding_


def _place_umap(points: np.ndarray, coordinates: np.ndarray, settings: MapSettings, new: np.ndarray) -> np.ndarray:
    model = _umap_model(points, settings, init=np.asarray(coordinates, np.float32), n_epochs=0)
    model.embedding_ = np.asarray(coordinates, np.float32)
    model.n_epochs = None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.transform(np.asarray(new, np.float32))


# ------------------------------------------------------------------------------------------------------- placing


def place(vectors: np.ndarray, existing: Map, new: np.ndarray, *, names: tuple[str, ...] | None = None) -> np.ndarray:
    """Put new vectors into an existing map, which stays as it is.

    PCA projects onto the same axes; t-SNE and UMAP put a new point near its neighbours among the old ones.  New points
    do not see each other: ten copies of one new family land together only if each lands there on its own.

    Parameters
    ----------
    vectors : float array, (N, D)
        What the map was made from.
    existing : Map, of N points
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
        Another length of vector, or fewer than 2 different vectors in the map.
    """
    vectors, new = check_vectors(vectors), check_vectors(new, names)
    if len(vectors) != len(existing.coordinates):
        raise ValueError("the map and the vectors it was made from must have the same number of rows")
    if new.shape[1] != vectors.shape[1]:
        raise InputError(
            f"the new vectors have {new.shape[1]:,} numbers and those of the map {vectors.shape[1]:,}. "
            "Use the model and layer the map was made with."
        )
    settings = existing.settings
    check_metric(settings.metric, new, names)
    first, _ = distinct(vectors)
    points, coordinates = vectors[first], existing.coordinates[first]
    if len(points) < 2:
        raise InputError("The map has only one point; there is nothing to place new proteins by.")
    if settings.method == "pca":
        centre, axes, _ = _axes(points, settings)
        placed = (_prepared(new, settings) - centre) @ axes
    elif settings.method == "tsne":
        placed = _place_tsne(points, coordinates, settings, new)
    else:
        placed = _place_umap(points, coordinates, settings, new)
    placed = np.array(placed, np.float32)
    known = {row.tobytes(): i for i, row in enumerate(points + 0.0)}
    for i, row in enumerate(new + 0.0):
        if row.tobytes() in known:
            placed[i] = coordinates[known[row.tobytes()]]
    return placed


def settings_dict(settings: MapSettings) -> dict:
    """For files: plain values, read back with ``MapSettings(**values)``."""
    return asdict(settings)
