"""Inside a network: what its first filters match, and how far its last convolution looks."""

from dataclasses import dataclass

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

from biocore.motif.matrix import Motif
from biocore.tfbinding.dense import norm_of
from biocore.tfbinding.model import SharedTrunk
from biocore.tfbinding.network import Architecture, convolve, max_pool

WINDOWS, STRONGEST = 200_000, 200  # random windows a filter sees, and how many of them make its motif
_DRAWS = 64  # random sequences, each with a random direction of the output
HELD = 0.9  # share of the squared gradient in the effective receptive field


def filter_motifs(trunk: SharedTrunk, *, seed: int = 0) -> list[Motif]:
    """Motifs of the first layer's filters: the bases of the 200 of 200,000 random windows that activate each most.

    Parameters
    ----------
    trunk : SharedTrunk
    seed : int
        Of the random DNA.

    Returns
    -------
    list of Motif
        One for each filter, in their order.

    References
    ----------
    Alipanahi et al. (2015), Nat Biotechnol 33:831-838, doi:10.1038/nbt.3300.
    """
    kernel = np.asarray(trunk.variables["params"]["conv0"]["kernel"])
    width, _, filters = kernel.shape
    x = np.eye(4, dtype=np.float32)[np.random.default_rng(seed).integers(0, 4, WINDOWS + width - 1)]
    rows = np.asarray(convolve(jnp.asarray(x[None]), jnp.asarray(kernel)))[0]  # (WINDOWS, filters)
    motifs = []
    for f in range(filters):
        best = np.argpartition(-rows[:, f], STRONGEST)[:STRONGEST]
        shares = x[best[:, None] + np.arange(width)].mean(axis=0)
        motifs.append(Motif(f"filter {f + 1}", shares, source="first layer"))
    return motifs


@dataclass(frozen=True)
class ReceptiveField:
    """How far one position of the last convolution block looks.

    Attributes
    ----------
    width : int
        bp it can see.
    shares : float array, (width,)
        Share of the squared gradient that falls on each base; they sum to 1.
    """

    width: int
    shares: np.ndarray

    @property
    def effective(self) -> int:
        """bp of the shortest stretch that holds 90 % of the squared gradient."""
        total = np.concatenate([[0], np.cumsum(self.shares)])
        for width in range(1, self.width + 1):
            if (total[width:] - total[:-width]).max() >= HELD:
                return width
        return self.width


def theoretical_width(architecture: Architecture) -> int:
    """bp that one position of the last convolution block can see.

    Examples
    --------
    >>> theoretical_width(Architecture(blocks=((128, 14, 4), (96, 5, 1))))
    33
    """
    width = 1
    for _, kernel, pool in reversed(architecture.blocks):
        width = width * pool + kernel - 1
    return width


def receptive_field(trunk: SharedTrunk, *, seed: int = 0) -> ReceptiveField:
    """The receptive field of the last convolution block, measured by gradients on random DNA.

    Parameters
    ----------
    trunk : SharedTrunk
    seed : int

    Returns
    -------
    ReceptiveField

    References
    ----------
    Luo et al. (2016), NeurIPS 29, arXiv:1701.04128.
    """
    architecture = trunk.architecture
    width = theoretical_width(architecture)
    rng = np.random.default_rng(seed)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, (_DRAWS, width))]
    direction = rng.normal(size=(_DRAWS, architecture.blocks[-1][0])).astype(np.float32)

    def last(x: jax.Array) -> jax.Array:
        for i, (_, _, pool) in enumerate(architecture.blocks):
            rows = convolve(x, trunk.variables["params"][f"conv{i}"]["kernel"])
            x = nn.gelu(norm_of(trunk.variables, f"norm{i}", max_pool(rows, pool)))
        return (x[:, 0] * direction).sum()

    gradient = np.asarray(jax.grad(last)(jnp.asarray(x)), np.float64)
    squared = (gradient**2).sum(axis=(0, 2))
    return ReceptiveField(width, squared / squared.sum())
