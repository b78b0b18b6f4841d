"""The networks' training: flax modules, the scaling of their inputs, and how `training.fit` is asked.

The head starts from the book's (Dense 512, gelu, Dense 256, gelu, one output for each term) and adds standardised
inputs, dropout, and a loop that goes through every protein once an epoch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from biocore.go.head import WIDTHS, Mlp, logit

# (epoch, from 1; the network as it is then) -> what is to be remembered of it; an empty mapping for nothing
Watch = Callable[[int, Mlp], Mapping[str, float]]


@dataclass(frozen=True)
class FitConfig:
    """How a network is trained: AdamW with a cosine schedule, every example once an epoch."""

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    dropout: float = 0.3
    widths: tuple[int, ...] = WIDTHS


def flax_mlp(outputs: int, widths: Sequence[int], dropout: float) -> Any:
    """A flax module, (N, D) -> logits (N, outputs): Dense, gelu and dropout for each width, then Dense.

    Parameters
    ----------
    outputs : int
    widths : sequence of int
        Of the hidden layers.
    dropout : float
    """
    from flax import linen as nn

    class FlaxMlp(nn.Module):
        @nn.compact
        def __call__(self, x, train: bool = False):
            for width in widths:
                x = nn.gelu(nn.Dense(width)(x))
                x = nn.Dropout(dropout, deterministic=not train)(x)
            return nn.Dense(outputs)(x)

    return FlaxMlp()


def scaling(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each input, float32 (D,) each; a constant input has scale 1.

    Parameters
    ----------
    x : float array, (N, D)
    """
    mean, scale = x.mean(axis=0), x.std(axis=0)
    return mean.astype(np.float32), np.where(scale > 1e-6, scale, 1.0).astype(np.float32)


def fit(
    x: np.ndarray, y: np.ndarray, config: FitConfig, *, seed: int, watch: Watch | None = None
) -> tuple[Mlp, list[dict[str, float]]]:
    """Train an MLP with binary cross-entropy, summed over the outputs; the last epoch's weights are kept.

    Parameters
    ----------
    x : float array, (N, D)
    y : bool array, (N, T)
    config : FitConfig
    seed : int
        Of the first weights, the order of the examples and the dropout.
    watch : callable, optional
        Gets the epoch (from 1) and the network as it is then; gives measurements, or nothing.

    Returns
    -------
    network : Mlp
    curve : list of dict
        epoch, loss (mean over the epoch's examples) and what `watch` gave, of the epochs for which it gave something.
    """
    import jax
    import jax.numpy as jnp
    import optax

    from biocore.training.fit import TrainConfig
    from biocore.training.fit import fit as train

    mean, scale = scaling(x)
    inputs = np.clip((x - mean) / scale, -6, 6).astype(np.float32)
    targets = y.astype(np.float32)
    outputs = y.shape[1]
    model = flax_mlp(outputs, config.widths, config.dropout)
    params = model.init(jax.random.key(seed), inputs[:1])["params"]
    params[f"Dense_{len(config.widths)}"]["bias"] = _prior_bias(y)
    size = min(config.batch_size, len(x))
    rng = np.random.default_rng(seed)
    keys = _keys(seed)

    def loss(params, state, batch, _):
        xs, ys, key = batch
        logits = model.apply({"params": params}, xs, train=True, rngs={"dropout": key})
        return optax.sigmoid_binary_cross_entropy(logits, ys).sum(), (jnp.float32(len(xs)), state)

    def network(params) -> Mlp:
        return Mlp(jax.tree.map(np.asarray, params), mean, scale, config.widths, outputs)

    done = 0

    def evaluate(params, _):
        nonlocal done
        done += 1
        return watch(done, network(params)) if watch else {}

    params, _, history = train(
        loss,
        params,
        {},
        lambda epoch: ((inputs[rows], targets[rows], next(keys)) for rows in batches(len(x), size, rng)),
        evaluate,
        TrainConfig(
            epochs=config.epochs,
            learning_rate=config.learning_rate,
            weight_decay=config.weight_decay,
            warmup=0.05,
            final=0.0,
            average=0.0,
            clip=float("inf"),
            decay_biases=True,
            seed=seed,
        ),
        steps_per_epoch=len(x) // size,
        monitor=None,
    )
    rows = zip(history.train_loss, history.metrics, strict=True)
    return network(params), [{"epoch": n, "loss": loss, **seen} for n, (loss, seen) in enumerate(rows, 1) if seen]


def _keys(seed: int) -> Iterator[Any]:
    """A random key for each step."""
    import jax

    key = jax.random.key(seed)
    while True:
        key, now = jax.random.split(key)
        yield now


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Row numbers in a new random order, `size` at a time; a rest that fills no batch waits for another epoch.

    Parameters
    ----------
    count : int
        Examples in all.
    size : int
        Of a batch.
    rng : Generator

    Returns
    -------
    iterator of int arrays, (size,)
    """
    order = rng.permutation(count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def _prior_bias(y: np.ndarray) -> np.ndarray:
    """Start at the terms' frequencies instead of at one half."""
    return logit((y.sum(axis=0) + 0.5) / (len(y) + 1)).astype(np.float32)
