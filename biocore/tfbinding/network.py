"""The network: convolution blocks, perhaps transformer blocks, global pooling, one small head per factor (flax).

Beside it stands, for each factor, a table of words (`words`) whose entries add up along the sequence: many weak
preferences (base composition, partners' sites) are learnt from few sequences by such a table and from many only by
convolutions.

Every step before the pooling is a "valid" convolution or a pooling without padding, so a position's value depends
on nothing but the bases under it.  That is what lets `dense` compute the values of *every* window of a long sequence in
one pass, equal to computing each window on its own.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np

MIN_LENGTH = 20  # bp
UNKNOWN = 0.25  # what each of the four columns holds for an unknown base


@dataclass(frozen=True)
class Architecture:
    """Shape of a network.

    Attributes
    ----------
    blocks : tuple of (filters, kernel width, pool width)
        Each block is convolution, max pool, batch norm, GELU.
    transformers, attention_heads : int
        Transformer blocks after the convolutions, and their attention heads.
    mlp : int
        Width of the hidden layer after pooling; 0 for none.
    head : int
        Hidden units of each factor's own head; 0 for a linear head.
    pools : "all" or "last"
        Pool the output of every block, or of the last one only.
    dropout : float
    flank : int
        Sequences shorter than this are set between unknown bases, in bp.
    kmers : bool
        Add each factor's table of words.
    """

    blocks: tuple[tuple[int, int, int], ...] = ((128, 14, 4), (96, 5, 1))
    transformers: int = 0
    attention_heads: int = 4
    mlp: int = 128
    head: int = 16
    pools: str = "all"
    dropout: float = 0.3
    flank: int = 101
    kmers: bool = True

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Architecture":
        """Inverse of `to_json`.

        Parameters
        ----------
        values : mapping
            Blocks may be lists.

        Returns
        -------
        Architecture
        """
        return cls(**{**values, "blocks": tuple(tuple(block) for block in values["blocks"])})

    def positions(self, length):
        """How many positions each block leaves of `length` bp (an int, or a traced integer).

        Parameters
        ----------
        length : int, or a traced integer
            bp.

        Returns
        -------
        list of int
            One for each block.
        """
        counts = []
        for _, kernel, pool in self.blocks:
            length = (length - kernel + 1) // pool
            counts.append(length)
        return counts


SHIPPED = Architecture()
_BOOK = Architecture(
    blocks=((64, 11, 2), (64, 11, 2)), transformers=0, mlp=128, head=0, pools="last", dropout=0.2, kmers=False
)
VARIANTS = {
    "shared": SHIPPED,
    "baseline": _BOOK,
    "single-conv": replace(_BOOK, blocks=((64, 11, 2),)),
    "fewer-channels": replace(_BOOK, blocks=((16, 11, 2), (16, 11, 2))),
    "no-mlp": replace(_BOOK, mlp=0),
    "one-transformer": replace(_BOOK, transformers=1),
    "two-transformers": replace(_BOOK, transformers=2),
}


# ------------------------------------------------------------------------------------------------- pieces


def convolve(x: jax.Array, kernel: jax.Array, dilation: int = 1) -> jax.Array:
    """Valid convolution, (N, L, C) with (K, C, F) -> (N, L - dilation (K - 1), F).

    Parameters
    ----------
    x : (N, L, C)
    kernel : (K, C, F)
    dilation : int
        Positions from one row of the kernel to the next.

    Returns
    -------
    (N, L - dilation (K - 1), F)
    """
    width, channels, filters = kernel.shape
    length = x.shape[1] - dilation * (width - 1)
    if channels == 4:  # one large product is several times faster on a CPU than a convolution of four channels
        patches = x[:, np.arange(length)[:, None] + dilation * np.arange(width)]  # (N, length, K, 4)
        return (patches.reshape(-1, width * 4) @ kernel.reshape(width * 4, filters)).reshape(-1, length, filters)
    return jax.lax.conv_general_dilated(
        x, kernel, (1,), "VALID", rhs_dilation=(dilation,), dimension_numbers=("NWC", "WIO", "NWC")
    )


@jax.custom_vjp
def _maximum_for_training(x: jax.Array) -> jax.Array:
    """Maximum over axis 2 whose gradient is one comparison instead of a scatter: each of several ties gets all of it.

    Wrong by a factor where bases repeat (every filter ties along poly-A), so it serves training alone, where augmented
    batches hardly hold a tie.
    """
    return x.max(axis=2)


def _maximum_forward(x):
    best = x.max(axis=2)
    return best, (x, best)


def _maximum_backward(saved, gradient):
    x, best = saved
    return (jnp.where(x == best[:, :, None], gradient[:, :, None], 0),)


_maximum_for_training.defvjp(_maximum_forward, _maximum_backward)


def max_pool(x: jax.Array, width: int, *, train: bool = False) -> jax.Array:
    """Maximum of each `width` neighbours.

    Parameters
    ----------
    x : (N, L, C)
    width : int
    train : bool
        Take the quick gradient, which gives each of several ties all of it.  Otherwise ties share it, so that
        attributions add up.

    Returns
    -------
    (N, L // width, C)
    """
    if width == 1:
        return x
    n, length, channels = x.shape
    pools = x[:, : length // width * width].reshape(n, length // width, width, channels)
    return _maximum_for_training(pools) if train else pools.max(axis=2)


def central_third(count):
    """First position of the central third of `count` positions; the last is ``count - 1`` minus it.

    Parameters
    ----------
    count : int, or a traced integer

    Returns
    -------
    int
        0-based.
    """
    return count // 3


def pool_window(x: jax.Array, count: jax.Array | int) -> jax.Array:
    """Maximum, central maximum and mean over the first `count` positions, (N, L, C) -> (N, 3 C).

    The central third has a maximum of its own: peaks are cut so that their summit lies in the middle.

    Parameters
    ----------
    x : (N, L, C)
    count : int, or a traced integer
        Positions from there on are not looked at.

    Returns
    -------
    (N, 3 C)
    """
    position = jnp.arange(x.shape[1])[None, :, None]
    edge = central_third(count)
    inside = position < count
    central = (position >= edge) & (position < count - edge)
    low = jnp.finfo(x.dtype).min
    return jnp.concatenate(
        [
            jnp.where(inside, x, low).max(axis=1),
            jnp.where(central, x, low).max(axis=1),
            jnp.where(inside, x, 0).sum(axis=1) / count,
        ],
        axis=-1,
    )


class Norm(nn.Module):
    """Batch norm over all but the last axis."""

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        return nn.BatchNorm(use_running_average=not train, momentum=0.95, name="norm")(x)


class Convolution(nn.Module):
    """Valid convolution without a bias; the batch norm after it has one."""

    filters: int
    width: int

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        shape = (self.width, x.shape[-1], self.filters)
        return convolve(x, self.param("kernel", nn.initializers.lecun_normal(in_axis=(0, 1)), shape))


class TransformerBlock(nn.Module):
    """Self-attention and a two-layer perceptron, each behind a layer norm and beside a shortcut."""

    heads: int
    dropout: float

    @nn.compact
    def __call__(self, x: jax.Array, mask: jax.Array, *, train: bool, keep: bool = False) -> jax.Array:
        """`keep` stores the attention weights among the "intermediates" of flax."""
        width = x.shape[-1]
        y = nn.LayerNorm()(x)
        y = nn.MultiHeadDotProductAttention(self.heads, dropout_rate=self.dropout, deterministic=not train)(
            y, mask=mask, sow_weights=keep
        )
        x = x + nn.Dropout(self.dropout, deterministic=not train)(y)
        y = nn.Dense(2 * width)(nn.LayerNorm()(x))
        y = nn.Dense(width)(nn.gelu(y))
        return x + nn.Dropout(self.dropout, deterministic=not train)(y)


# -------------------------------------------------------------------------------------------------- whole


class Trunk(nn.Module):
    """One-hot DNA -> features of the window, the part that factors can share."""

    architecture: Architecture
    keep_attention: bool = False  # store the weights of transformer blocks among flax's "intermediates"

    @nn.compact
    def __call__(self, x: jax.Array, count: jax.Array | int, *, train: bool) -> jax.Array:
        """Features of one strand.

        Parameters
        ----------
        x : (N, L, 4)
        count : int
            How many of the L bases belong to the sequence; what follows them is not looked at.
        """
        a = self.architecture
        pooled = []
        for i, (filters, width, pool) in enumerate(a.blocks):
            x = max_pool(Convolution(filters, width, name=f"conv{i}")(x), pool, train=train)
            count = (count - width + 1) // pool
            x = nn.gelu(Norm(name=f"norm{i}")(x, train=train))
            last = i == len(a.blocks) - 1
            if last and a.transformers:
                x = self._attend(x, count, train=train)
            if last or a.pools == "all":
                pooled.append(pool_window(x, count))
            if not last:
                x = nn.Dropout(a.dropout / 2, broadcast_dims=(1,), deterministic=not train)(x)
        return self._summary(jnp.concatenate(pooled, axis=-1), train=train)

    def _attend(self, x: jax.Array, count: jax.Array | int, *, train: bool) -> jax.Array:
        mask = (jnp.arange(x.shape[1]) < count)[None, None, None, :]
        for i in range(self.architecture.transformers):
            block = TransformerBlock(
                self.architecture.attention_heads, self.architecture.dropout, name=f"transformer{i}"
            )
            x = block(x, mask, train=train, keep=self.keep_attention)
        return x

    def _summary(self, features: jax.Array, *, train: bool) -> jax.Array:
        a = self.architecture
        features = nn.Dropout(a.dropout, deterministic=not train)(features)
        if a.mlp:
            features = nn.gelu(
                Norm(name="norm_mlp")(nn.Dense(a.mlp, use_bias=False, name="mlp")(features), train=train)
            )
            features = nn.Dropout(a.dropout, deterministic=not train)(features)
        return features


class Heads(nn.Module):
    """Features -> one number per factor; the factors share nothing here."""

    factors: int
    hidden: int

    @nn.compact
    def __call__(self, features: jax.Array) -> jax.Array:
        """(N, D) -> (N, factors)"""
        shape = (self.factors, features.shape[-1], self.hidden or 1)
        kernel = self.param("kernel", nn.initializers.lecun_normal(in_axis=1, out_axis=2, batch_axis=0), shape)
        bias = self.param("bias", nn.initializers.zeros, (self.factors, self.hidden or 1))
        heads = {"kernel": kernel, "bias": bias}
        if self.hidden:
            initial = nn.initializers.lecun_normal(in_axis=1, out_axis=0)
            heads["out"] = self.param("out", initial, (self.factors, self.hidden))
        return apply_heads(heads, features)


def apply_heads(heads: Mapping[str, jax.Array], features: jax.Array) -> jax.Array:
    """The arithmetic of `Heads` on given parameters, so that heads of any choice of factors can be stacked.

    Parameters
    ----------
    heads : mapping
        "kernel" (F, D, H), "bias" (F, H) and, unless heads are linear, "out" (F, H).
    features : (N, D)

    Returns
    -------
    (N, F)
    """
    factors, width, hidden = heads["kernel"].shape
    flat = jnp.transpose(heads["kernel"], (1, 0, 2)).reshape(width, factors * hidden)
    values = (features @ flat).reshape(-1, factors, hidden) + heads["bias"][None]
    if "out" not in heads:
        return values[..., 0]
    return jnp.einsum("nfh,fh->nf", nn.gelu(values), heads["out"])


class Network(nn.Module):
    """Trunk and heads together: what is trained."""

    architecture: Architecture
    factors: int = 1

    @nn.compact
    def __call__(self, x: jax.Array, *, train: bool) -> jax.Array:
        """One strand, (N, L, 4) -> (N, factors)."""
        features = Trunk(self.architecture, name="trunk")(x, x.shape[1], train=train)
        return Heads(self.factors, self.architecture.head, name="heads")(features)
