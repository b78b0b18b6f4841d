"""The training loop on problems whose answer is known."""

import json

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from biocore.training import TrainConfig, fit, load_params, save_params
from biocore.training.fit import History, Trainer


def linear_problem():
    x = np.random.default_rng(0).normal(size=(256, 3)).astype(np.float32)
    return x, x @ np.array([1.0, -2.0, 0.5], np.float32)


def squared_loss(params, state, batch, key):
    x, y = batch
    losses = (x @ params["w"] - y) ** 2
    return losses.sum(), (jnp.float32(len(y)), state)


def run(config, evaluate=None, epochs=None, loss=squared_loss, **kwargs):
    x, y = linear_problem()
    epochs = epochs or (lambda epoch: [(x[i : i + 64], y[i : i + 64]) for i in range(0, 256, 64)])
    evaluate = evaluate or (lambda params, state: {"fit": -float(((x @ params["w"] - y) ** 2).mean())})
    return fit(loss, {"w": jnp.zeros(3)}, {}, epochs, evaluate, config, steps_per_epoch=4, monitor="fit", **kwargs)


def test_fit_finds_the_weights_of_a_linear_problem():
    params, _, history = run(TrainConfig(epochs=60, learning_rate=0.1, weight_decay=0, average=0.9, patience=60))
    np.testing.assert_allclose(params["w"], [1, -2, 0.5], atol=1e-2)
    assert history.train_loss[-1] < 1e-2 < history.train_loss[0]
    assert history.metrics[history.best]["fit"] == max(m["fit"] for m in history.metrics)


def test_fit_is_repeated_exactly_by_its_seed():
    def noisy(params, state, batch, key):
        x, y = batch
        return squared_loss(params, state, (x + jax.random.normal(key, x.shape), y), key)

    weights = [run(TrainConfig(epochs=2, seed=seed), loss=noisy)[0]["w"] for seed in (0, 0, 1)]
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


def test_training_that_is_left_and_taken_up_again_ends_where_it_would_have():
    x, y = linear_problem()

    def batches(epoch):
        return [(x[i : i + 64], y[i : i + 64]) for i in range(0, 256, 64)]

    def measured(params, state):
        return {"fit": -float(((x @ params["w"] - y) ** 2).mean())}

    def trainer():
        start, config = {"w": jnp.zeros(3)}, TrainConfig(epochs=4)
        return Trainer(squared_loss, start, {}, batches, measured, config, steps_per_epoch=4, monitor="fit")

    first = trainer()
    first.epoch()
    first.epoch()
    second = trainer()
    second.restore({name: np.atleast_1d(a) for name, a in first.snapshot().items()})
    assert second.done == 2 and not second.finished
    while not second.finished:
        second.epoch()
    params, _, history = second.result()
    whole, _, once = run(TrainConfig(epochs=4))
    np.testing.assert_array_equal(params["w"], whole["w"])
    assert (history.train_loss, history.metrics, history.best) == (once.train_loss, once.metrics, once.best)
    with pytest.raises(ValueError, match="another network"):
        second.restore({"0": np.zeros(7)})


def test_fit_stops_early_and_keeps_the_best_epoch():
    values = iter([0.1, 0.5, 0.4, 0.3, 0.2])
    seen = []

    def evaluate(params, state):
        seen.append(np.array(params["w"]))
        return {"fit": next(values)}

    params, _, history = run(TrainConfig(epochs=9, patience=2), evaluate)
    assert len(history.metrics) == 4
    assert history.best == 1
    np.testing.assert_array_equal(params["w"], seen[1])


def test_without_a_monitor_the_last_epoch_is_kept():
    seen = []
    x, y = linear_problem()
    params, _, history = fit(
        squared_loss,
        {"w": jnp.zeros(3)},
        {},
        lambda epoch: [(x, y)],
        lambda params, state: seen.append(np.array(params["w"])) or {},
        TrainConfig(epochs=6, patience=1, average=0.0, clip=float("inf"), final=0.0),
        steps_per_epoch=1,
        monitor=None,
    )
    assert history.best == 5 and history.monitor == "" and len(seen) == 6
    np.testing.assert_array_equal(params["w"], seen[-1])


def test_losses_are_summed_then_divided():
    """Two batches of different size: the epoch's loss is the mean over rows, not over batches."""
    x = np.zeros((4, 3), np.float32)
    epochs = lambda epoch: [(x[:3], np.full(3, 2.0, np.float32)), (x[:1], np.zeros(1, np.float32))]  # noqa: E731
    history = run(TrainConfig(epochs=1), lambda params, state: {"fit": 0.0}, epochs)[2]
    assert history.train_loss[0] == pytest.approx(3.0)  # three rows of 4, one of 0


def test_state_is_carried_and_progress_reported():
    def counting(params, state, batch, key):
        summed, (count, _) = squared_loss(params, state, batch, key)
        return summed, (count, {"steps": state["steps"] + 1})

    x, y = linear_problem()
    lines = []
    _, state, history = fit(
        counting,
        {"w": jnp.zeros(3)},
        {"steps": jnp.float32(0)},
        lambda epoch: [(x, y)] * 3,
        lambda params, state: {"fit": 0.0},
        TrainConfig(epochs=1, average=0.0),
        steps_per_epoch=3,
        monitor="fit",
        report=lines.append,
    )
    assert state["steps"] == 3
    assert "epoch 1/1 done" in lines[-1]
    assert json.loads(json.dumps(history.to_json()))["config"]["epochs"] == 1


@pytest.mark.parametrize("decayed", [False, True])
def test_biases_are_decayed_only_where_asked(decayed):
    config = TrainConfig(epochs=30, learning_rate=0.1, weight_decay=1.0, patience=30, average=0.0, decay_biases=decayed)
    still = lambda params, state, batch, key: (0 * batch.sum(), (jnp.float32(1), state))  # noqa: E731
    start = {"kernel": jnp.ones((2, 2)), "bias": jnp.ones(2)}
    params, *_ = fit(
        still, start, {}, lambda e: [jnp.ones(1)], lambda p, s: {"n": -float(p["kernel"].sum())}, config,
        steps_per_epoch=1, monitor="n",
    )  # fmt: skip
    assert (params["kernel"] < 0.5).all()
    assert (params["bias"] < 0.5).all() if decayed else (params["bias"] == 1).all()


def test_a_flax_model_with_batch_norm_and_dropout_trains():
    class Small(nn.Module):
        @nn.compact
        def __call__(self, x, *, train):
            x = nn.BatchNorm(use_running_average=not train)(nn.Dense(16)(x))
            return nn.Dense(1)(nn.Dropout(0.1, deterministic=not train)(nn.relu(x)))[:, 0]

    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 2)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.float32)  # no linear model can do this
    model = Small()
    variables = model.init(jax.random.key(0), x[:2], train=False)

    def loss(params, state, batch, key):
        out, new = model.apply(
            {"params": params, "batch_stats": state}, batch[0], train=True, rngs={"dropout": key}, mutable="batch_stats"
        )
        losses = jnp.logaddexp(0, out) - batch[1] * out
        return losses.sum(), (jnp.float32(len(out)), new["batch_stats"])

    def evaluate(params, state):
        out = model.apply({"params": params, "batch_stats": state}, x, train=False)
        return {"accuracy": float(((out > 0) == y).mean())}

    config = TrainConfig(epochs=40, learning_rate=0.02, average=0.9, patience=40)
    epochs = lambda e: [(x[i : i + 100], y[i : i + 100]) for i in range(0, 400, 100)]  # noqa: E731
    *_, history = fit(
        loss, variables["params"], variables["batch_stats"], epochs, evaluate, config, steps_per_epoch=4,
        monitor="accuracy",
    )  # fmt: skip
    assert history.metrics[history.best]["accuracy"] > 0.9


def test_history_is_json():
    history = History((0.5,), ({"auroc": 0.9},), "auroc", 0, 1.0, {"epochs": 1})
    assert json.loads(json.dumps(history.to_json()))["metrics"] == [{"auroc": 0.9}]


@pytest.mark.parametrize(("dtype", "atol"), [("float32", 0), ("float16", 1e-3)])
def test_weights_come_back_from_disk(tmp_path, dtype, atol):
    tree = {"a": {"b": np.random.default_rng(0).normal(size=(3, 2)).astype(np.float32)}, "c": np.ones(2, np.float32)}
    path = save_params(tmp_path / "new", tree, dtype=dtype)
    back = load_params(tmp_path / "new")
    assert path.name == "model.safetensors"
    np.testing.assert_allclose(back["a"]["b"], tree["a"]["b"], atol=atol, rtol=0)
    assert back["c"].dtype == np.float32
