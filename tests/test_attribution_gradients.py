"""Gradients against models whose answer is known by hand, against finite differences and mutagenesis."""

from functools import partial

import numpy as np
import pytest
from toys import linear

from biocore.attribution import (
    GRADIENT_METHODS,
    EffectMap,
    agreement,
    gradient_map,
    input_gradient,
    integrated_gradients,
    mutation_scan,
)
from biocore.errors import InputError
from biocore.sequence import one_hot

SEQUENCE = "GATTACAGGCATTTACGCAGT"


@pytest.fixture
def weights():
    return np.random.default_rng(0).normal(size=(len(SEQUENCE), 4)).astype(np.float32)


@pytest.fixture
def smooth(weights):
    """A smooth JAX model: log of a sum of exponentials, with a part that all four bases share."""
    import jax.numpy as jnp

    w = jnp.asarray(weights)[None]

    def logit(x):
        linear_part = (x * w).sum(axis=(1, 2))
        return linear_part + 0.3 * linear_part**2 + 0.7 * x.sum(axis=(1, 2)) ** 1.0

    return logit


def test_gradient_of_a_linear_model_is_its_weights(weights):
    import jax.numpy as jnp

    result = input_gradient(lambda x: (x * jnp.asarray(weights)[None]).sum(axis=(1, 2)), SEQUENCE)
    np.testing.assert_allclose(result.effects, weights, atol=1e-6)
    assert result.reference == pytest.approx(float(linear(weights)(one_hot([SEQUENCE]))[0]), abs=1e-5)


def test_gradient_matches_finite_differences(smooth):
    x = one_hot([SEQUENCE]).astype(np.float64)
    result = input_gradient(smooth, SEQUENCE)
    step = np.zeros_like(x)
    step[0, 5, 2] = 1e-2
    slope = (float(smooth(x + step)[0]) - float(smooth(x - step)[0])) / 2e-2
    assert result.effects[5, 2] == pytest.approx(slope, rel=1e-2)


def test_correction_takes_out_what_all_bases_share(smooth):
    plain, corrected = (gradient_map(smooth, SEQUENCE, m) for m in ("gradient", "corrected-gradient"))
    np.testing.assert_allclose(corrected.effects.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(corrected.effects, plain.centred, atol=1e-6)


def test_corrected_gradient_of_a_linear_model_is_its_mutagenesis(weights):
    import jax.numpy as jnp

    corrected = gradient_map(
        lambda x: (x * jnp.asarray(weights)[None]).sum(axis=(1, 2)), SEQUENCE, "corrected-gradient"
    )
    scan = mutation_scan(linear(weights), SEQUENCE)
    np.testing.assert_allclose(corrected.effects, scan.centred, atol=1e-5)
    assert agreement(scan, corrected) == pytest.approx(1)


def test_integrated_gradients_add_up_to_the_score_difference(smooth):
    result = integrated_gradients(smooth, SEQUENCE, steps=64)
    baseline = np.full((1, len(SEQUENCE), 4), 0.25, np.float32)
    expected = float(smooth(one_hot([SEQUENCE]))[0]) - float(smooth(baseline)[0])
    assert result.effects.sum() == pytest.approx(expected, rel=1e-3)
    assert result.completeness_error < 1e-3


def test_more_steps_make_the_completeness_error_smaller():
    import jax.numpy as jnp

    def logit(x):
        return jnp.tanh(4 * (x[:, :, 0].sum(axis=1) - 5.6))

    few, many = (integrated_gradients(logit, SEQUENCE, steps=n).completeness_error for n in (4, 256))
    assert many < few and many < 0.01


def test_integrated_gradients_of_n_are_hidden_and_cost_nothing(smooth):
    result = integrated_gradients(smooth, SEQUENCE[:5] + "NN" + SEQUENCE[7:])
    assert np.isnan(result.effects[5:7]).all()
    assert result.completeness_error < 1e-3


def test_weights_in_a_partial_are_not_compiled_again():
    import jax
    import jax.numpy as jnp

    traces = []

    def apply(kind, weights, offset, x):
        traces.append(kind)
        return (x * weights["w"][None]).sum(axis=(1, 2)) + offset

    with_setting = partial(apply, "setting")
    for make in (lambda *w: partial(apply, "setting", *w), lambda *w: jax.tree_util.Partial(with_setting, *w)):
        traces.clear()
        for scale in (1.0, 2.0):
            weights = {"w": jnp.full((len(SEQUENCE), 4), scale)}
            result = input_gradient(make(weights, 5.0), SEQUENCE)
            assert result.effects[0, 0] == scale and result.reference == scale * len(SEQUENCE) + 5
        assert traces == ["setting"]


def test_unknown_method_lists_the_known_ones(smooth):
    with pytest.raises(InputError, match=", ".join(GRADIENT_METHODS)):
        gradient_map(smooth, SEQUENCE, "deeplift")


def test_agreement_is_a_correlation_and_needs_one_sequence(weights):
    one = EffectMap("gradient", SEQUENCE, 0.0, weights)
    assert agreement(one, one) == pytest.approx(1)
    assert agreement(one, EffectMap("gradient", SEQUENCE, 0.0, -weights)) == pytest.approx(-1)
    assert np.isnan(agreement(one, EffectMap("gradient", SEQUENCE, 0.0, 0 * weights)))
    with pytest.raises(ValueError, match="one sequence"):
        agreement(one, EffectMap("gradient", SEQUENCE[::-1], 0.0, weights))


def test_a_map_of_the_wrong_shape_is_refused(weights):
    with pytest.raises(ValueError, match=r"must be \(3, 4\)"):
        EffectMap("gradient", "ACG", 0.0, weights)
