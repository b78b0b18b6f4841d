"""One training loop for every flax model: AdamW, cosine decay, averaged weights, early stopping."""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

# (params, state, batch, key) -> (sum of the loss over the batch, (number it was summed over, new state))
LossFn = Callable[[Any, Any, Any, jax.Array], tuple[jax.Array, tuple[jax.Array, Any]]]
Report = Callable[[str], None]


@dataclass(frozen=True)
class TrainConfig:
    """How to train.

    Attributes
    ----------
    epochs : int
        At most; the learning rate falls along a cosine over them.
    learning_rate, weight_decay : float
        Of AdamW; the decay spares biases and norms (arrays of one dimension) unless `decay_biases`.
    final : float
        Share of `learning_rate` that is left at the end.
    warmup : float
        Share of all steps in which the learning rate rises.
    average : float
        Decay of the running average of the weights, which is what is evaluated and kept; 0 for none.
    patience : int
        Epochs without a better `monitor` after which training stops.
    clip : float
        Largest norm of a gradient; inf for any.
    decay_biases : bool
    seed : int
    """

    epochs: int = 10
    learning_rate: float = 3e-3
    weight_decay: float = 1e-2
    warmup: float = 0.1
    average: float = 0.999
    patience: int = 4
    clip: float = 1.0
    final: float = 0.01
    decay_biases: bool = False
    seed: int = 0


@dataclass(frozen=True)
class History:
    """What happened, one entry per epoch.

    Attributes
    ----------
    train_loss : tuple of float
        Loss summed over an epoch's rows, then divided by their number.
    metrics : tuple of mapping
        What `evaluate` gave after each epoch.
    monitor : str
        The metric that decided, the larger the better; "" where none did and the last epoch was kept.
    best : int
        0-based epoch whose weights were kept.
    seconds : float
    config : mapping
    """

    train_loss: tuple[float, ...]
    metrics: tuple[Mapping[str, float], ...]
    monitor: str
    best: int
    seconds: float
    config: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)


def fit(
    loss: LossFn,
    params: Any,
    state: Any,
    epochs: Callable[[int], Iterable[Any]],
    evaluate: Callable[[Any, Any], Mapping[str, float]],
    config: TrainConfig,
    *,
    steps_per_epoch: int,
    monitor: str | None,
    report: Report | None = None,
) -> tuple[Any, Any, History]:
    """Train until the monitored metric stops rising, and return the averaged weights of the best epoch.

    Parameters
    ----------
    loss : callable
        ``(params, state, batch, key) -> (sum, (count, state))``.  Sums are added over an epoch and divided once, so
        that batches of different weight count as they should.
    params, state : pytrees
        Weights, and what the network keeps beside them (batch statistics); `state` may be an empty mapping.
    epochs : callable
        ``epochs(i)`` yields the batches of epoch `i`: pytrees of arrays of one shape.
    evaluate : callable
        ``(params, state) -> {metric: value}``, on held-out data.
    config : TrainConfig
    steps_per_epoch : int
        For the learning rate's course.
    monitor : str, optional
        Name of a metric of `evaluate`; the larger the better.  None keeps the last epoch and never stops early.
    report : callable, optional
        Gets a line of text as training goes on.

    Returns
    -------
    params, state, History

    Notes
    -----
    The random key of step `i` is ``fold_in(key(seed), i)``: a run is repeated exactly by its seed on one machine.
    """
    report = report or (lambda line: None)
    schedule = _schedule(config, steps_per_epoch * config.epochs)
    optimiser = _optimiser(config, schedule)
    carry = (params, state, optimiser.init(params), _copy((params, state)))
    step = _make_step(loss, optimiser, config)
    losses, metrics, best, kept = [], [], -1, None
    started, i = time.monotonic(), 0
    for epoch in range(config.epochs):
        total = count = 0.0
        for batch in epochs(epoch):
            carry, summed, counted = step(carry, batch, i)
            total, count, i = total + summed, count + counted, i + 1
            if i % 20 == 0:
                jax.block_until_ready(summed)  # keeps the queue of pending batches, and so the memory, short
                done = min(i / (steps_per_epoch * config.epochs), 1)
                report(f"{_bar(done)} epoch {epoch + 1}/{config.epochs}, loss {float(total / count):.4f}")
        losses.append(float(total) / max(float(count), 1e-9))
        averaged = carry[3]
        metrics.append({name: float(value) for name, value in evaluate(*averaged).items()})
        if monitor is None or best < 0 or metrics[-1][monitor] > metrics[best][monitor]:
            best, kept = epoch, _copy(averaged)
        values = ", ".join(f"{name} {value:.4f}" for name, value in metrics[-1].items())
        spent = time.monotonic() - started
        report(f"epoch {epoch + 1}/{config.epochs} done at {spent:.0f} s: loss {losses[-1]:.4f}, {values}\n")
        if epoch - best >= config.patience:
            break
    history = History(tuple(losses), tuple(metrics), monitor or "", best, time.monotonic() - started, asdict(config))
    return *jax.tree.map(np.asarray, kept), history


def _bar(done: float, width: int = 30) -> str:
    """``[######......]  50 %``"""
    filled = round(width * done)
    return f"[{'#' * filled}{'.' * (width - filled)}] {100 * done:3.0f} %"


def _schedule(config: TrainConfig, steps: int):
    warmup = max(1, int(steps * config.warmup))
    return optax.warmup_cosine_decay_schedule(
        0.0, config.learning_rate, warmup, max(steps, warmup + 1), config.learning_rate * config.final
    )


def _optimiser(config: TrainConfig, schedule) -> optax.GradientTransformation:
    decayed = partial(jax.tree.map, lambda a: a.ndim > 1 or config.decay_biases)
    return optax.chain(
        optax.clip_by_global_norm(config.clip),
        optax.adamw(schedule, weight_decay=config.weight_decay, mask=decayed),
    )


def _copy(tree: Any) -> Any:
    """The training step overwrites its inputs in place, so what is kept must be a copy."""
    return jax.tree.map(lambda a: jnp.array(a, copy=True), tree)


def _make_step(loss: LossFn, optimiser: optax.GradientTransformation, config: TrainConfig):
    """The compiled step: (carry, batch, number of the step) -> (carry, summed loss, count)."""

    def mean_loss(params, state, batch, key):
        summed, (count, state) = loss(params, state, batch, key)
        return summed / count, (summed, count, state)

    @partial(jax.jit, donate_argnums=0)
    def step(carry, batch, i):
        params, state, moments, averaged = carry
        key = jax.random.fold_in(jax.random.key(config.seed), i)
        (_, (summed, count, state)), gradient = jax.value_and_grad(mean_loss, has_aux=True)(params, state, batch, key)
        updates, moments = optimiser.update(gradient, moments, params)
        params = optax.apply_updates(params, updates)
        decay = jnp.minimum(config.average, (1 + i) / (10 + i))  # the first steps do not linger in the average
        averaged = jax.tree.map(lambda old, new: old * decay + new * (1 - decay), averaged, (params, state))
        return (params, state, moments, averaged), summed, count

    return step
