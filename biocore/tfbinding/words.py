"""Tables of words: a number for each k-mer, whose mean over a sequence is added to a factor's log-odds.

Sequences of known and wholly unknown bases (all that is ever scored) take their words from a table; a word with unknown
bases counts as the mean over what those may be.  Gradients need more than that, values between the bases:
`smooth_term` is the multilinear function that agrees with the table there.
"""

from functools import lru_cache, reduce

import jax
import jax.numpy as jnp
import numpy as np

from biocore.tfbinding.dense import running

LETTERS = 5  # A C G T and N


def word_length(table: np.ndarray | jax.Array) -> int:
    """Bases of the words of a table (..., 4**h, 4**h): 2 h.

    Parameters
    ----------
    table : array

    Returns
    -------
    int

    Examples
    --------
    >>> word_length(np.zeros((1, 64, 64)))
    6
    """
    return int(table.shape[-1]).bit_length() - 1


def with_unknown(table: np.ndarray) -> np.ndarray:
    """A table with an entry for N, the mean over the four bases, at each place.

    Parameters
    ----------
    table : array, (4**h, 4**h)
        Entry of a word by its first and its last h bases.

    Returns
    -------
    float32 array, (5**(2 h),)
        By `numbers`.
    """
    letters = np.concatenate([np.eye(4, dtype=np.float32), np.full((1, 4), 0.25, np.float32)])
    spread = reduce(np.kron, [letters] * (word_length(table) // 2))
    return (spread @ table.astype(np.float32) @ spread.T).ravel()


@lru_cache(maxsize=2)
def stacked(models: tuple) -> jax.Array:
    """Words of several models side by side, (5**k, F); kept, so that they are laid out once.

    Parameters
    ----------
    models : tuple of TFModel
        With words of one length.

    Returns
    -------
    (5**k, F)
    """
    return jnp.asarray(np.stack([model.words for model in models], axis=1))


def letters_of(x: jax.Array) -> jax.Array:
    """0 to 3 for A C G T, 4 for an unknown base, (..., L, 4) -> (..., L)."""
    return jnp.where(x.max(axis=-1) > 0.5, x.argmax(axis=-1), 4)


def numbers(letters: jax.Array, k: int) -> jax.Array:
    """Number of the word that begins at each letter, (..., L) -> (..., L - k + 1)."""
    n = letters.shape[-1] - k + 1
    return reduce(lambda number, i: number * LETTERS + letters[..., i : i + n], range(1, k), letters[..., :n])


def _k_of(words: jax.Array) -> int:
    return round(np.log(len(words)) / np.log(LETTERS))


def mean_term(words: jax.Array | np.ndarray, letters: jax.Array | np.ndarray, count: jax.Array | int) -> jax.Array:
    """Mean entry of the words of each sequence.

    Parameters
    ----------
    words : (5**k, F)
    letters : (M, L)
    count : int
        How many of the L bases belong to the sequences.

    Returns
    -------
    (M, F)
    """
    words, k = jnp.asarray(words), _k_of(jnp.asarray(words))
    found = numbers(jnp.asarray(letters), k)
    inside = (jnp.arange(found.shape[1]) < count - k + 1)[None, :, None]
    return jnp.where(inside, words[found], 0).sum(axis=1) / (count - k + 1)


def dense_term(words: jax.Array, letters: jax.Array, window: int) -> jax.Array:
    """Mean entry of the words of every window of a sequence.

    Parameters
    ----------
    words : (5**k, F)
    letters : (L,)
    window : int
        bp.

    Returns
    -------
    (L - window + 1, F)
    """
    n = window - _k_of(words) + 1
    return running(jnp.add, words[numbers(letters, _k_of(words))][None], n, 1)[0] / n


def changed_term(words: jax.Array, letters: jax.Array, count, row, position, base) -> jax.Array:
    """Change of the mean entry by substitutions.

    Parameters
    ----------
    words : (5**k, F)
    letters : (M, L)
    count : int
        How many of the L bases belong to the sequences.
    row, position : int array, (S,)
        Which sequence is changed, and where.
    base : int array, (S, A)
        To what.

    Returns
    -------
    (S, A, F)
    """
    k = _k_of(words)
    around = jnp.pad(letters, ((0, 0), (k - 1, k - 1)), constant_values=4)
    around = jax.vmap(lambda r, p: jax.lax.dynamic_slice(around, (r, p), (1, 2 * k - 1))[0])(row, position)
    begin = position[:, None] + jnp.arange(-k + 1, 1)[None]  # (S, k)
    inside = ((begin >= 0) & (begin < count - k + 1))[:, None, :, None]
    old = numbers(around, k)[:, None]  # (S, 1, k)
    there = around[:, k - 1]
    step = (base - there[:, None])[:, :, None] * LETTERS ** np.arange(k)[None, None]  # a later word has it further left
    return jnp.where(inside, words[old + step] - words[old], 0).sum(axis=2) / (count - k + 1)


def smooth_term(tables: jax.Array, x: jax.Array) -> jax.Array:
    """`mean_term` as a smooth function of the one-hot sequences.

    Parameters
    ----------
    tables : (F, 4**h, 4**h)
    x : (N, L, 4)

    Returns
    -------
    (N, F)
    """
    half = word_length(tables) // 2
    n = x.shape[1] - half + 1
    begins = reduce(
        lambda a, b: (a[..., :, None] * b[..., None, :]).reshape(len(x), n, -1),
        [x[:, i : i + n] for i in range(half)],
    )
    count = n - half
    counts = jnp.einsum("nla,nlb->nab", begins[:, :count], begins[:, half:])
    return jnp.einsum("nab,fab->nf", counts, tables) / count
