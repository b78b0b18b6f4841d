"""One training loop for every flax model: AdamW, cosine decay, averaged weights, early stopping."""

import json
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
    trainer = Trainer(
        loss, params, state, epochs, evaluate, config, steps_per_epoch=steps_per_epoch, monitor=monitor, report=report
    )
    while not trainer.finished:
        trainer.epoch()
    return trainer.result()


class Trainer:
    """`fit`, an epoch at a time: what it has learned so far can be kept and taken up again, also by another process.

    Parameters as of `fit`.

    Attributes
    ----------
    done : int
        Epochs that have run.
    losses, metrics : list
        As of `History`, so far.
    """

    def __init__(
        self,
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
    ):
        self._epochs, self._evaluate, self._config, self._monitor = epochs, evaluate, config, monitor
        self._report: Report = report or (lambda line: None)
        self._steps = steps_per_epoch * config.epochs
        optimiser = _optimiser(config, _schedule(config, self._steps))
        self._carry = (params, state, optimiser.init(params), _copy((params, state)))
        self._kept = _copy((params, state))
        self._step = _make_step(loss, optimiser, config)
        self._number, self._best, self._seconds = 0, -1, 0.0
        self.losses: list[float] = []
        self.metrics: list[dict[str, float]] = []

    @property
    def done(self) -> int:
        return len(self.losses)

    @property
    def finished(self) -> bool:
        """Whether all epochs have run, or the metric has not risen for as many as `TrainConfig.patience`."""
        return self.done >= self._config.epochs or self.done - 1 - self._best >= self._config.patience

    def epoch(self) -> None:
        """Run one epoch."""
        started = time.monotonic()
        epoch, epochs = self.done, self._config.epochs
        total = count = 0.0
        for batch in self._epochs(epoch):
            self._carry, summed, counted = self._step(self._carry, batch, self._number)
            total, count, self._number = total + summed, count + counted, self._number + 1
            if self._number % 20 == 0:
                jax.block_until_ready(summed)  # keeps the queue of pending batches, and so the memory, short
                done = min(self._number / self._steps, 1)
                self._report(f"{_bar(done)} epoch {epoch + 1}/{epochs}, loss {float(total / count):.4f}")
        self.losses.append(float(total) / max(float(count), 1e-9))
        averaged, metrics, monitor = self._carry[3], self.metrics, self._monitor
        metrics.append({name: float(value) for name, value in self._evaluate(*averaged).items()})
        if monitor is None or self._best < 0 or metrics[-1][monitor] > metrics[self._best][monitor]:
            self._best, self._kept = epoch, _copy(averaged)
        self._seconds += time.monotonic() - started
        values = ", ".join(f"{name} {value:.4f}" for name, value in metrics[-1].items())
        self._report(
            f"epoch {epoch + 1}/{epochs} done at {self._seconds:.0f} s: loss {self.losses[-1]:.4f}, {values}\n"
        )

    def result(self) -> tuple[Any, Any, History]:
        """Weights, state and history of the best epoch so far."""
        history = History(
            tuple(self.losses), tuple(self.metrics), self._monitor or "", self._best, self._seconds,
            asdict(self._config),
        )  # fmt: skip
        return *jax.tree.map(np.asarray, self._kept), history

    def snapshot(self) -> dict[str, np.ndarray]:
        """All there is to go on from: arrays by number, and a line of JSON as bytes.  `restore` takes it up."""
        leaves = jax.tree.leaves((self._carry, self._kept))
        values = {
            "number": self._number,
            "best": self._best,
            "seconds": self._seconds,
            "losses": self.losses,
            "metrics": self.metrics,
        }
        said = np.frombuffer(json.dumps(values).encode(), np.uint8)
        return {"history": said, **{str(i): np.asarray(leaf) for i, leaf in enumerate(leaves)}}

    def restore(self, snapshot: Mapping[str, np.ndarray]) -> None:
        """Go on from where a trainer of the same network and data was left.

        Raises
        ------
        ValueError
            The arrays are those of another network.
        """
        leaves, tree = jax.tree.flatten((self._carry, self._kept))
        found = [snapshot.get(str(i)) for i in range(len(leaves))]
        if any(a is None or a.size != np.size(leaf) for a, leaf in zip(found, leaves, strict=True)):
            raise ValueError("the snapshot is one of another network")
        arrays = [jnp.array(a).reshape(np.shape(leaf)) for a, leaf in zip(found, leaves, strict=True)]
        self._carry, self._kept = jax.tree.unflatten(tree, arrays)
        values = json.loads(snapshot["history"].tobytes())
        self._number, self._best, self._seconds = values["number"], values["best"], values["seconds"]
        self.losses, self.metrics = values["losses"], values["metrics"]


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
