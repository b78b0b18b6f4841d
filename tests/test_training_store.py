"""Weights on disk come back as they were, and a write that fails leaves the old ones."""

import numpy as np
import pytest

from biocore.training import load_params, save_json, save_params

TREE = {"conv": {"kernel": np.arange(6.0).reshape(2, 3), "inner": {"bias": np.ones(2)}}, "scale": np.array([0.5])}


def test_nested_weights_round_trip(tmp_path):
    path = save_params(tmp_path / "new" / "model", TREE)
    back = load_params(path.parent)
    assert set(back) == {"conv", "scale"} and set(back["conv"]["inner"]) == {"bias"}
    np.testing.assert_array_equal(back["conv"]["kernel"], TREE["conv"]["kernel"])
    assert back["conv"]["kernel"].dtype == np.float32
    assert path.stat().st_mode & 0o777 == 0o644


def test_half_precision_is_read_as_single(tmp_path):
    save_params(tmp_path, TREE, dtype="float16", file="half.safetensors")
    assert load_params(tmp_path, file="half.safetensors")["scale"].dtype == np.float32


def test_a_failed_write_keeps_the_old_weights(tmp_path):
    save_params(tmp_path, TREE)
    with pytest.raises(ValueError, match="could not convert"):
        save_params(tmp_path, {"scale": np.array(["no number"])})
    np.testing.assert_array_equal(load_params(tmp_path)["scale"], [0.5])
    with pytest.raises(TypeError):
        save_json(tmp_path / "a.json", {"x": object()})
    assert [p.name for p in tmp_path.iterdir()] == ["model.safetensors"]
