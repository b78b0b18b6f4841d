"""Every window of a sequence in one pass of the convolutions, equal to computing each window on its own."""

from collections.abc import Callable, Mapping
from functools import reduce
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from biocore.tfbinding.network import Architecture, central_third, convolve


def running(combine: Callable[[jax.Array, jax.Array], jax.Array], x: jax.Array, width: int, step: int) -> jax.Array:
    """``combine`` over ``x[:, j], x[:, j + step], ...``, `width` terms, by doubling.

    Parameters
    ----------
    combine : callable
        Of two arrays, associative and commutative.
    x : (N, L, C)
    width, step : int

    Returns
    -------
    (N, L - step (width - 1), C)
    """
    parts, size, block, offset = [], 1, x, 0
    while width:
        if width & 1:
            parts.append((offset, block))
            offset += size * step
        width >>= 1
        if width:
            length = block.shape[1] - size * step
            block = combine(block[:, :length], block[:, size * step : size * step + length])
            size *= 2
    length = min(part.shape[1] - start for start, part in parts)
    return reduce(combine, [part[:, start : start + length] for start, part in parts])


def dense_features(architecture: Architecture, trunk: Mapping[str, Any], x: jax.Array, window: int) -> jax.Array:
    """Features of every window of `window` bp of a sequence, in one pass of the convolutions.

    Parameters
    ----------
    architecture : Architecture
        Without transformer blocks: attention mixes a whole window and cannot be shared between windows.
    trunk : mapping
        ``{"params": ..., "batch_stats": ...}`` of `Trunk`.
    x : (N, L, 4)
    window : int

    Returns
    -------
    (N, L - window + 1, D)

    Notes
    -----
    Pooling by `p` becomes a running maximum at stride 1, and what follows is dilated by `p` ("a trous"), so the values
    a window at any offset would compute are all there.
    """
    starts = x.shape[1] - window + 1
    params = trunk["params"]
    step, pooled = 1, []
    for i, ((_, _, pool), count) in enumerate(zip(architecture.blocks, architecture.positions(window), strict=True)):
        x = convolve(x, params[f"conv{i}"]["kernel"], step)
        x = running(jnp.maximum, x, pool, step)
        step *= pool
        x = nn.gelu(norm_of(trunk, f"norm{i}", x))
        if architecture.pools == "all" or i == len(architecture.blocks) - 1:
            edge = central_third(count)
            centre = running(jnp.maximum, x[:, step * edge :], count - 2 * edge, step)
            pooled += [
                running(jnp.maximum, x, count, step)[:, :starts],
                centre[:, :starts],
                running(jnp.add, x, count, step)[:, :starts] / count,
            ]
    features = jnp.concatenate(pooled, axis=-1)
    if architecture.mlp:
        features = nn.gelu(norm_of(trunk, "norm_mlp", features @ params["mlp"]["kernel"]))
    return features


def norm_of(trunk: Mapping[str, Any], name: str, x: jax.Array) -> jax.Array:
    """Batch norm with the statistics of training (flax's epsilon).

    Parameters
    ----------
    trunk : mapping
        ``{"params": ..., "batch_stats": ...}`` of `Trunk`.
    name : str
        Of the norm in it.
    x : (..., C)

    Returns
    -------
    (..., C)
    """
    params, stats = trunk["params"][name]["norm"], trunk["batch_stats"][name]["norm"]
    scale = params["scale"] * jax.lax.rsqrt(stats["var"] + 1e-5)
    offset = params["bias"] - stats["mean"] * scale
    per_channel = (1,) * (x.ndim - 1) + (-1,)
    return x * scale.reshape(per_channel) + offset.reshape(per_channel)
