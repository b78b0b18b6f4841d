"""What the transformer blocks of a network look at: attention weights between positions of one window."""

from dataclasses import dataclass
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from biocore.errors import InputError
from biocore.sequence import one_hot
from biocore.tfbinding.inside import theoretical_width
from biocore.tfbinding.model import TFModel
from biocore.tfbinding.network import UNKNOWN, Architecture, Trunk


@dataclass(frozen=True)
class AttentionMaps:
    """Attention weights of one strand of one window.

    Attributes
    ----------
    weights : float array, (blocks, heads, T, T)
        How much the position of a row takes from that of each column; rows sum to 1.
    first, last : int arrays, (T,)
        The bases that each position sees, 0-based, `last` included, in the window; those below 0 or from the window's
        length on are the unknown bases that it is set between.
    """

    weights: np.ndarray
    first: np.ndarray
    last: np.ndarray

    def __post_init__(self):
        blocks, heads, rows, columns = self.weights.shape
        if not blocks or not heads or not rows == columns == len(self.first) == len(self.last):
            raise ValueError("weights (blocks, heads, T, T), and first and last (T,) are needed")

    @property
    def centre(self) -> np.ndarray:
        """Middle of what each position sees, 0-based, in bp."""
        return (self.first + self.last) / 2

    @property
    def received(self) -> np.ndarray:
        """Mean weight that each position gets from all others and itself, over blocks and heads, (T,); its sum is 1."""
        return self.weights.mean(axis=(0, 1, 2))


def attention_maps(model: TFModel, sequence: str) -> AttentionMaps:
    """Attention between the positions that the convolutions leave of a window, forward strand.

    Parameters
    ----------
    model : TFModel
        With transformer blocks.
    sequence : str
        A, C, G, T, N.

    Returns
    -------
    AttentionMaps

    Raises
    ------
    InputError
        The model has no transformer blocks.

    References
    ----------
    Vaswani et al. (2017), NeurIPS 30, arXiv:1706.03762.  That weights are no explanation by themselves: Jain and
    Wallace (2019), NAACL, doi:10.18653/v1/N19-1357.
    """
    architecture = model.trunk.architecture
    if not architecture.transformers:
        raise InputError(f"{model.tf} has no transformer blocks, so there is no attention to show.")
    missing = max(0, architecture.flank - len(sequence))
    x = np.pad(one_hot([sequence]), ((0, 0), (missing // 2, missing - missing // 2), (0, 0)), constant_values=UNKNOWN)
    weights = np.asarray(_weights(architecture, model.trunk.variables, x))
    step = int(np.prod([pool for _, _, pool in architecture.blocks]))
    first = np.arange(weights.shape[-1]) * step - missing // 2
    return AttentionMaps(weights, first, first + theoretical_width(architecture) - 1)


@partial(jax.jit, static_argnums=0)
def _weights(architecture: Architecture, variables, x: jax.Array) -> jax.Array:
    """(blocks, heads, T, T)"""
    trunk = Trunk(architecture, keep_attention=True)
    _, kept = trunk.apply(variables, x, x.shape[1], train=False, mutable=["intermediates"])
    blocks = [kept["intermediates"][f"transformer{i}"] for i in range(architecture.transformers)]
    return jnp.stack([block["MultiHeadDotProductAttention_0"]["attention_weights"][0][0] for block in blocks])
