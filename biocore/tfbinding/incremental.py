"""What one substitution changes in a network, and nothing else: equal to computing the substituted sequence anew.

The first convolution is linear in the one-hot sequence, so a substitution adds a row of a table to it.  From there the
change spreads by the width of each kernel and shrinks by each pooling; outside that stretch every value stays what it
was.  Maxima over a window come from the changed stretch and from maxima of what lies before and behind it, sums from
differences.  Attention mixes the whole window: transformer blocks are computed in full, on convolutions that are not.
"""

from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp

from biocore.tfbinding.dense import norm_of
from biocore.tfbinding.network import (
    Architecture,
    TransformerBlock,
    apply_heads,
    central_third,
    convolve,
    max_pool,
    pool_window,
)
from biocore.tfbinding.words import changed_term, letters_of, mean_term

State = dict[str, Any]


def reach(architecture: Architecture) -> list[tuple[int, int]]:
    """How far one substitution reaches in each block.

    Parameters
    ----------
    architecture : Architecture

    Returns
    -------
    list of (rows, positions)
        Rows of the block's convolution that change, and the most positions after its pooling.

    Examples
    --------
    >>> reach(Architecture(blocks=((128, 14, 4), (96, 5, 1))))
    [(14, 5), (9, 9)]
    """
    result, changed = [], 1
    for _, width, pool in architecture.blocks:
        rows = changed + width - 1
        changed = (rows + pool - 2) // pool + 1
        result.append((rows, changed))
    return result


# ----------------------------------------------------------------------------------------- the sequences as they are


def reference_state(architecture: Architecture, trunk: Mapping[str, Any], head, x: jax.Array, count) -> State:
    """All that substitutions of some sequences need to know about them.

    Parameters
    ----------
    architecture : Architecture
    trunk : mapping
        ``{"params": ..., "batch_stats": ...}`` of `network.Trunk`.
    head : tuple
        Heads, words, scale and offset of F factors.
    x : (M, L, 4)
        One-hot; unknown bases 0.25.
    count : int
        How many of the L bases belong to the sequences.

    Returns
    -------
    dict
        "log_odds" (M, F); "letters", "words" for the tables of words; "blocks", a list with the rows before each
        pooling, the values after it, and what pooling the window needs.
    """
    state: State = {"blocks": [], "letters": letters_of(x)}
    last = len(architecture.blocks) - 1
    features, value, length = [], x, count
    for i, ((_, width, pool), (_, changed)) in enumerate(zip(architecture.blocks, reach(architecture), strict=True)):
        rows = convolve(value, trunk["params"][f"conv{i}"]["kernel"])
        value = nn.gelu(norm_of(trunk, f"norm{i}", max_pool(rows, pool)))
        length = (length - width + 1) // pool
        m, positions, filters = value.shape
        rows = rows[:, : positions * pool].reshape(m, positions, pool * filters)
        block = {"rows": _edged(rows, changed), "value": _edged(value, changed)}
        attended = i == last and architecture.transformers
        if attended:
            value = _attend(architecture, trunk, value, length)
        if i == last or architecture.pools == "all":
            features.append(pool_window(value, length))
            if not attended:
                block |= _outside(value, length, changed)
        state["blocks"].append(block)
    heads, words, scale, offset = head
    out = _outputs(architecture, trunk, heads, jnp.concatenate(features, axis=-1))
    out = out * scale.reshape(1, -1) + offset.reshape(1, -1)
    if architecture.kmers:
        state["words"] = mean_term(words, state["letters"], count)
        out += state["words"]
    return state | {"log_odds": out}


def _edged(x: jax.Array, width: int) -> jax.Array:
    """`width` zeros before and behind, (M, T, C) -> (M, T + 2 width, C): a changed stretch may jut out."""
    return jnp.pad(x, ((0, 0), (width, width), (0, 0)))


def _outside(value: jax.Array, length, changed: int) -> State:
    """Maxima of what lies before and behind a stretch, at the index start + changed, and the sum of everything."""
    position = jnp.arange(value.shape[1])[None, :, None]
    edge, low = central_third(length), jnp.finfo(value.dtype).min
    inside = position < length
    central = (position >= edge) & (position < length - edge)
    result = {"sum": jnp.where(inside, value, 0).sum(axis=1)}
    for name, where in (("all", inside), ("central", central)):
        kept = jnp.where(where, value, low)
        before = jax.lax.cummax(jnp.pad(kept, ((0, 0), (changed + 1, changed), (0, 0)), constant_values=low), axis=1)
        behind = jnp.pad(kept, ((0, 0), (0, 2 * changed + 1), (0, 0)), constant_values=low)
        behind = jax.lax.cummax(behind, axis=1, reverse=True)
        result[name] = jnp.maximum(before[:, : behind.shape[1]], behind)
    return result


def _outputs(architecture: Architecture, trunk, heads, features: jax.Array) -> jax.Array:
    """Pooled features -> outputs of the heads, (N, F)."""
    if architecture.mlp:
        features = nn.gelu(norm_of(trunk, "norm_mlp", features @ trunk["params"]["mlp"]["kernel"]))
    return apply_heads(heads, features)


def _attend(architecture: Architecture, trunk, value: jax.Array, length) -> jax.Array:
    mask = (jnp.arange(value.shape[1]) < length)[None, None, None, :]
    for i in range(architecture.transformers):
        block = TransformerBlock(architecture.attention_heads, architecture.dropout)
        value = jnp.asarray(block.apply({"params": trunk["params"][f"transformer{i}"]}, value, mask, train=False))
    return value


# ---------------------------------------------------------------------------------------------- their substitutions


def substituted(
    architecture: Architecture, trunk: Mapping[str, Any], head, state: State, count, row, position, base
) -> jax.Array:
    """Log-odds of substitutions.

    Parameters
    ----------
    architecture, trunk, head, count
        As for `reference_state`.
    state : dict
        From `reference_state`.
    row : int array, (S,)
        Which sequence is changed.
    position : int array, (S,)
        Where, 0-based.
    base : int array, (S, A)
        To what: 0 to 3 for A C G T.

    Returns
    -------
    (S, A, F)
    """
    heads, words, scale, offset = head
    sites, alternatives = base.shape
    features = _features(architecture, trunk, state, count, row, position, base)
    out = _outputs(architecture, trunk, heads, features.reshape(sites * alternatives, -1))
    out = out.reshape(sites, alternatives, -1) * scale.reshape(1, 1, -1) + offset.reshape(1, 1, -1)
    if architecture.kmers:
        out += state["words"][row][:, None] + changed_term(words, state["letters"], count, row, position, base)
    return out


def _features(architecture: Architecture, trunk, state: State, count, row, position, base) -> jax.Array:
    """Pooled features of substitutions, (S, A, D)."""
    last = len(architecture.blocks) - 1
    start, length, features, change = position, count, [], None
    for i, ((filters, width, pool), (rows, changed)) in enumerate(
        zip(architecture.blocks, reach(architecture), strict=True)
    ):
        block, kernel = state["blocks"][i], trunk["params"][f"conv{i}"]["kernel"]
        first = start - width + 1  # the first row that changes
        start, length = first // pool, (length - width + 1) // pool
        shift = first - start * pool
        if change is None:
            change = _first_change(kernel, state["letters"][row, position], base, shift, rows, changed * pool)
        else:
            change = _placed(_spread(change, kernel), shift, changed * pool, pool)
        places = row[:, None] * block["value"].shape[1] + (start + changed)[:, None] + jnp.arange(changed)[None]
        there = block["rows"].reshape(-1, pool * filters)[places].reshape(len(row), 1, changed * pool, filters)
        new = (there + change).reshape(*base.shape, changed, pool, filters).max(axis=3)
        new = nn.gelu(norm_of(trunk, f"norm{i}", new))  # (S, A, changed, filters)
        at = (start[:, None] + jnp.arange(changed)[None])[:, None, :, None]
        old = block["value"].reshape(-1, filters)[places][:, None]
        change = jnp.where((at >= 0) & (at < length), new - old, 0)
        if i == last and architecture.transformers:
            whole = _patched(block["value"][row], change, start + changed)[:, changed:-changed]
            features.append(pool_window(_attend(architecture, trunk, whole, length), length).reshape(*base.shape, -1))
        elif i == last or architecture.pools == "all":
            features.append(_pooled(block, new, change, row, start + changed, at, length))
    return jnp.concatenate(features, axis=-1)


def _first_change(kernel, there, base, shift, rows: int, room: int) -> jax.Array:
    """Change of the first convolution's rows, (S, A, room, filters), which begins `shift` rows in: one product."""
    shifts = room - rows + 1
    table = jnp.stack([jnp.pad(kernel[::-1], ((s, shifts - 1 - s), (0, 0), (0, 0))) for s in range(shifts)])
    table = table.transpose(0, 2, 1, 3)  # (shifts, 4, room, filters)
    change = jax.nn.one_hot(base, 4) - jax.nn.one_hot(there, 4)[:, None]  # (S, A, 4)
    picked = jax.nn.one_hot(shift, shifts)[:, None, :, None] * change[:, :, None, :]  # (S, A, shifts, 4)
    product = picked.reshape(-1, shifts * 4) @ table.reshape(shifts * 4, -1)
    return product.reshape(*base.shape, room, kernel.shape[2])


def _spread(change: jax.Array, kernel: jax.Array) -> jax.Array:
    """Change of a convolution's rows from that of its input, (S, A, m, C) -> (S, A, m + K - 1, F)."""
    sites, alternatives, m, channels = change.shape
    width, _, filters = kernel.shape
    flat = kernel[::-1].transpose(1, 0, 2).reshape(channels, width * filters)
    taps = (change.reshape(-1, channels) @ flat).reshape(sites, alternatives, m, width, filters)
    shifted = [jnp.pad(taps[:, :, j], ((0, 0), (0, 0), (j, m - 1 - j), (0, 0))) for j in range(m)]
    return sum(shifted[1:], shifted[0])


def _placed(change: jax.Array, shift: jax.Array, room: int, pool: int) -> jax.Array:
    """`change` from row `shift` (0 to pool - 1) of `room` rows."""
    free = room - change.shape[2]
    result = jnp.zeros((*change.shape[:2], room, change.shape[3]), change.dtype)
    for s in range(min(pool, free + 1)):
        moved = jnp.pad(change, ((0, 0), (0, 0), (s, free - s), (0, 0)))
        result = jnp.where((shift == s)[:, None, None, None], moved, result) if pool > 1 else moved
    return result


def _pooled(block: State, new: jax.Array, change: jax.Array, row, index, at, length) -> jax.Array:
    """Maximum, central maximum and mean of substituted windows, (S, A, 3 C); see `network.pool_window`."""
    edge, low = central_third(length), jnp.finfo(new.dtype).min
    flat = row * block["all"].shape[1] + index
    outside, centre = (block[name].reshape(-1, new.shape[-1])[flat][:, None] for name in ("all", "central"))
    inside = (at >= 0) & (at < length)
    central = (at >= edge) & (at < length - edge)
    return jnp.concatenate(
        [
            jnp.maximum(outside, jnp.where(inside, new, low).max(axis=2)),
            jnp.maximum(centre, jnp.where(central, new, low).max(axis=2)),
            (block["sum"][row][:, None] + change.sum(axis=2)) / length,
        ],
        axis=-1,
    )


def _patched(value: jax.Array, change: jax.Array, index: jax.Array) -> jax.Array:
    """Copies of (S, T, C) with (S, A, m, C) added from `index` on, (S A, T, C)."""

    def one(whole, part, at):
        there = jax.lax.dynamic_slice_in_dim(whole, at, part.shape[0])
        return jax.lax.dynamic_update_slice_in_dim(whole, there + part, at, axis=0)

    patched = jax.vmap(jax.vmap(one, (None, 0, None)))(value, change, index)
    return patched.reshape(-1, *value.shape[1:])
