"""The steps of training, each for itself."""

import go_toys as toys
import numpy as np
import pandas as pd

from biocore.cli import main
from biocore.go import features
from biocore.go import train as training
from biocore.go.train import mlp


def test_every_example_is_seen_in_an_epoch():
    rows = np.concatenate(list(mlp.batches(100, 10, np.random.default_rng(0))))
    assert sorted(rows) == list(range(100))
    first, second = (np.concatenate(list(mlp.batches(100, 10, np.random.default_rng(s)))) for s in (1, 2))
    assert (first != second).any()


def test_training_is_the_same_for_the_same_seed():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(100, 5)), rng.random((100, 2)) < 0.5
    config = mlp.FitConfig(epochs=1, batch_size=20, widths=(4,))
    one, two = (mlp.fit(x, y, config, seed=3)[0](x) for _ in range(2))
    np.testing.assert_array_equal(one, two)


def test_what_is_watched_is_the_network_of_that_epoch():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 5)), rng.random((60, 2)) < 0.5
    config = mlp.FitConfig(epochs=4, batch_size=20, widths=(4,), dropout=0.0)
    seen = {}

    def watch(epoch, network):
        seen[epoch] = network(x)
        return {"mean": float(seen[epoch].mean())} if epoch % 2 == 0 else {}

    network, curve = mlp.fit(x, y, config, seed=0, watch=watch)
    assert list(seen) == [1, 2, 3, 4] and [row["epoch"] for row in curve] == [2, 4]
    np.testing.assert_array_equal(network(x), seen[4])  # the last epoch is kept
    assert curve[1]["mean"] == float(seen[4].mean()) and curve[1]["loss"] < curve[0]["loss"]


def test_embeddings_are_computed_once(tmp_path, monkeypatch):
    backbone, sequences = toys.CountsModel(), ["MKV", "ACD", "MKV", "WWW"]
    reading = features.Reading()
    first = training.stored_embeddings(backbone, sequences[:2], tmp_path, reading=reading)
    asked = []
    original = backbone.residue_embeddings
    monkeypatch.setattr(backbone, "residue_embeddings", lambda s, layer=-1: asked.append(s) or original(s))
    every = training.stored_embeddings(backbone, sequences, tmp_path, reading=reading, part=1)
    assert asked == ["WWW"]
    np.testing.assert_array_equal(every[[0, 1]], first)
    np.testing.assert_array_equal(every[0], every[2])


def test_train_refuses_what_cannot_be(tmp_path, capsys):
    table = toys.proteins(20).assign(subset="train")
    table.to_csv(tmp_path / "d.tsv", sep="\t", index=False)
    rows = [(t, n, ";".join(toys.PARENTS[t])) for t, n in toys.NAMES.items()]
    pd.DataFrame(rows, columns=["term", "name", "parents"]).to_csv(tmp_path / "t.tsv", sep="\t", index=False)
    arguments = ["train", "function", "--data", str(tmp_path / "d.tsv"), "--terms", str(tmp_path / "t.tsv")]
    assert main([*arguments, "--epochs", "0"]) == 2
    assert main([*arguments, "--backbone", "none"]) == 2
    assert "no protein of the subset 'valid'" in capsys.readouterr().err
