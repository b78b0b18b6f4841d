"""The networks: an MLP from a protein's vector to every term; a small one of its kind weighs it against the neighbours.

The first starts from the book's head (Dense 512, gelu, Dense 256, gelu, one output for each term) and adds
standardised inputs, dropout, and a loop that goes through every protein once an epoch.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

WIDTHS = (512, 256)
FLOOR = 1e-4


def mlp(outputs: int, widths: Sequence[int], dropout: float) -> Any:
    """A flax module, (N, D) -> logits (N, outputs): Dense, gelu and dropout for each width, then Dense."""
    from flax import linen as nn

    class Mlp(nn.Module):
        @nn.compact
        def __call__(self, x, train: bool = False):
            for width in widths:
                x = nn.gelu(nn.Dense(width)(x))
                x = nn.Dropout(dropout, deterministic=not train)(x)
            return nn.Dense(outputs)(x)

    return Mlp()


@dataclass(frozen=True)
class FitConfig:
    """How a network is trained: AdamW with a cosine schedule, every example once an epoch."""

    epochs: int = 30
    batch_size: int = 128
    learning_rate: float = 1e-3
    weight_decay: float = 1e-2
    dropout: float = 0.3
    widths: tuple[int, ...] = WIDTHS


@dataclass(frozen=True)
class Network:
    """A trained MLP with the scaling of its inputs.

    Attributes
    ----------
    params : nested dict of arrays
        Flax parameters.
    mean, scale : float32 arrays, (D,)
        Inputs are ``(x - mean) / scale``, cut at 6.
    widths : tuple of int
    outputs : int
    """

    params: Mapping[str, Any]
    mean: np.ndarray
    scale: np.ndarray
    widths: tuple[int, ...]
    outputs: int

    def standardise(self, x: np.ndarray) -> np.ndarray:
        """Inputs as the network reads them."""
        return np.clip((np.asarray(x, np.float32) - self.mean) / self.scale, -6, 6)

    def __call__(self, x: np.ndarray, *, block: int = 4096) -> np.ndarray:
        """Logits, float32 (N, outputs).

        In numpy, so that a page's first answer does not wait for a compiler; a test holds it to flax's own numbers.
        """
        return np.concatenate(
            [self._forward(x[i : i + block]) for i in range(0, len(x), block)]
            or [np.zeros((0, self.outputs), np.float32)]
        )

    def _forward(self, x: np.ndarray) -> np.ndarray:
        hidden = self.standardise(x)
        last = len(self.widths)
        for layer in range(last + 1):
            weights = self.params[f"Dense_{layer}"]
            hidden = hidden @ np.asarray(weights["kernel"], np.float32) + np.asarray(weights["bias"], np.float32)
            if layer < last:
                hidden = _gelu(hidden)
        return hidden

    def arrays(self, prefix: str, *, half: bool = False) -> dict[str, np.ndarray]:
        """Weights as named arrays, for safetensors; in half precision where `half`."""
        flat = {f"{prefix}.mean": self.mean, f"{prefix}.scale": self.scale}
        for layer, weights in self.params.items():
            for kind, values in weights.items():
                flat[f"{prefix}.{layer}.{kind}"] = np.asarray(values, np.float16 if half else np.float32)
        return {name: np.ascontiguousarray(values) for name, values in flat.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray], prefix: str) -> "Network":
        """The reverse of `arrays`."""
        layers = sorted({n.split(".")[1] for n in arrays if n.startswith(f"{prefix}.Dense_")})
        params = {
            layer: {kind: arrays[f"{prefix}.{layer}.{kind}"].astype(np.float32) for kind in ("kernel", "bias")}
            for layer in layers
        }
        widths = tuple(params[layer]["bias"].shape[0] for layer in layers)
        return cls(params, arrays[f"{prefix}.mean"], arrays[f"{prefix}.scale"], widths[:-1], widths[-1])


def _gelu(x: np.ndarray) -> np.ndarray:
    """As flax computes it (tanh approximation)."""
    return 0.5 * x * (1 + np.tanh(np.float32(np.sqrt(2 / np.pi)) * (x + np.float32(0.044715) * x**3)))


def scaling(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each input; a constant input has scale 1."""
    mean, scale = x.mean(axis=0), x.std(axis=0)
    return mean.astype(np.float32), np.where(scale > 1e-6, scale, 1.0).astype(np.float32)


def fit(
    x: np.ndarray,
    y: np.ndarray,
    config: FitConfig,
    *,
    seed: int,
    weights: np.ndarray | None = None,
    after_epoch: Callable[[int, float, Network], None] | None = None,
) -> Network:
    """Train an MLP with binary cross-entropy.

    Parameters
    ----------
    x : float array, (N, D)
    y : bool array, (N, T)
    weights : float array, (N,), optional
        How much each example counts.
    after_epoch : callable, optional
        Gets the epoch (from 1), the mean training loss of the epoch and the network as it is then.
    """
    import jax
    import jax.numpy as jnp
    import optax

    mean, scale = scaling(x)
    inputs = np.clip((x - mean) / scale, -6, 6).astype(np.float32)
    targets = y.astype(np.float32)
    counted = np.ones(len(x), np.float32) if weights is None else weights.astype(np.float32)
    model = mlp(y.shape[1], config.widths, config.dropout)
    key = jax.random.key(seed)
    params = model.init(key, inputs[:1])["params"]
    params["Dense_" + str(len(config.widths))]["bias"] = _prior_bias(y)
    size = min(config.batch_size, len(x))
    steps = config.epochs * (len(x) // size)
    schedule = optax.warmup_cosine_decay_schedule(0.0, config.learning_rate, max(steps // 20, 1), max(steps, 2))
    optimiser = optax.adamw(schedule, weight_decay=config.weight_decay)
    state = optimiser.init(params)

    @jax.jit
    def step(params, state, key, xs, ys, ws):
        def loss(params):
            logits = model.apply({"params": params}, xs, train=True, rngs={"dropout": key})
            each = optax.sigmoid_binary_cross_entropy(logits, ys).sum(axis=1)
            return (each * ws).sum() / ws.sum()

        value, gradient = jax.value_and_grad(loss)(params)
        updates, state = optimiser.update(gradient, state, params)
        return optax.apply_updates(params, updates), state, value

    rng = np.random.default_rng(seed)
    for epoch in range(1, config.epochs + 1):
        losses = []
        for rows in batches(len(x), size, rng):
            key, now = jax.random.split(key)
            params, state, value = step(params, state, now, inputs[rows], targets[rows], counted[rows])
            losses.append(value)
        if after_epoch is not None:
            network = Network(jax.tree.map(np.asarray, params), mean, scale, config.widths, y.shape[1])
            after_epoch(epoch, float(jnp.mean(jnp.stack(losses))), network)
    return Network(jax.tree.map(np.asarray, params), mean, scale, config.widths, y.shape[1])


def batches(count: int, size: int, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Row numbers in a new random order, `size` at a time; a rest that fills no batch waits for another epoch."""
    order = rng.permutation(count)
    for start in range(0, count - size + 1, size):
        yield order[start : start + size]


def _prior_bias(y: np.ndarray) -> np.ndarray:
    """Start at the terms' frequencies instead of at one half."""
    return logit((y.sum(axis=0) + 0.5) / (len(y) + 1)).astype(np.float32)


def logit(p: np.ndarray, floor: float = FLOOR) -> np.ndarray:
    """Natural log-odds, with p kept `floor` away from 0 and 1."""
    p = np.clip(np.asarray(p, dtype=np.float32), floor, 1 - floor)
    return np.log(p) - np.log1p(-p)
