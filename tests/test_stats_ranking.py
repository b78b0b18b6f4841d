"""Measures against scikit-learn, hand-made cases, and simulations whose answer is known."""

import json

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, roc_auc_score

from biocore.stats.calibration import Reliability, calibrate, reliability
from biocore.stats.ranking import areas, auprc, auroc, auroc_difference, mean_interval
from biocore.tfbinding.train.baseline import fit_kmer_regression, kmer_baseline, kmer_counts


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("decimals", [1, 8])  # one decimal makes many ties
def test_areas_equal_scikit_learn(rng, decimals):
    labels = rng.integers(0, 2, 300)
    scores = np.round(rng.normal(size=300) + labels, decimals)
    assert auroc(labels, scores) == pytest.approx(roc_auc_score(labels, scores), abs=1e-12)
    assert auprc(labels, scores) == pytest.approx(average_precision_score(labels, scores), abs=1e-12)


def test_perfect_reversed_and_constant():
    labels = np.array([0, 0, 1, 1])
    assert auroc(labels, np.arange(4)) == 1
    assert auroc(labels, -np.arange(4)) == 0
    assert auroc(labels, np.zeros(4)) == 0.5
    assert auprc(labels, np.zeros(4)) == 0.5


def test_one_class_is_not_defined():
    assert np.isnan(auroc(np.ones(3), np.arange(3)))
    result = areas(np.zeros(3), np.arange(3), seed=0)
    assert np.isnan([result["auprc"].value, result["auprc"].low, result["auprc"].high]).all()


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1], [1.0], "one length"),
        ([0, 2], [1.0, 2.0], "0 or 1"),
        ([0, 1], [1.0, np.nan], "NaN"),
    ],
)
def test_bad_arrays_are_refused(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        auroc(np.array(labels), np.array(scores))


def test_bootstrap_equals_a_loop_over_resampled_rows(rng):
    """The vectorised weights give what resampling rows one by one gives: same centre, same width."""
    labels = np.repeat([0, 1], 100)
    scores = rng.normal(size=200) + labels
    fast = areas(labels, scores, seed=1, bootstraps=2000)["auroc"]
    slow = []
    for _ in range(2000):
        unbound, bound = scores[:100][rng.choice(100, 100)], scores[100:][rng.choice(100, 100)]
        slow.append((bound[:, None] > unbound).mean() + (bound[:, None] == unbound).mean() / 2)
    np.testing.assert_allclose([fast.low, fast.high], np.quantile(slow, [0.025, 0.975]), atol=0.01)
    assert fast.low < fast.value < fast.high


def test_interval_covers_the_truth_about_as_often_as_it_says(rng):
    truth = 0.760250  # P(X + 1 > Y) for standard normals: Phi(1 / sqrt 2)
    hits = 0
    for i in range(100):
        labels = np.repeat([0, 1], 150)
        interval = areas(labels, rng.normal(size=300) + labels, seed=i, bootstraps=300)["auroc"]
        hits += interval.low <= truth <= interval.high
    assert 86 <= hits <= 100


def test_bootstrap_is_repeated_by_its_seed(rng):
    labels, scores = rng.integers(0, 2, 50), rng.normal(size=50)
    assert areas(labels, scores, seed=3) == areas(labels, scores, seed=3)
    assert areas(labels, scores, seed=3) != areas(labels, scores, seed=4)


def test_mean_interval():
    interval = mean_interval(np.array([0.8, 0.9, 1.0]), seed=0)
    assert interval.value == pytest.approx(0.9)
    assert 0.8 <= interval.low < 0.9 < interval.high <= 1.0
    assert np.isnan(mean_interval(np.array([]), seed=0).value)


def test_calibration_finds_the_scale_and_offset_that_made_the_labels(rng):
    scores = rng.normal(size=40_000)
    labels = rng.random(40_000) < 1 / (1 + np.exp(-2 * scores))
    (scale,), offset = calibrate(labels, scores[:, None])
    assert scale == pytest.approx(2, abs=0.1)
    assert offset == pytest.approx(0, abs=0.05)


def test_calibration_assumes_equal_classes_whatever_the_balance(rng):
    bound, unbound = rng.normal(1, 1, 20_000), rng.normal(-1, 1, 2_000)
    labels = np.repeat([1, 0], [20_000, 2_000])
    (scale,), offset = calibrate(labels, np.concatenate([bound, unbound])[:, None])
    assert scale == pytest.approx(2, abs=0.15)  # log N(x; 1, 1) / N(x; -1, 1) = 2 x
    assert offset == pytest.approx(0, abs=0.15)


def test_a_strong_prior_keeps_the_weights(rng):
    columns, labels = rng.normal(size=(200, 2)), rng.integers(0, 2, 200)
    weights, _ = calibrate(labels, columns, prior=np.array([0.7, 0.3]), strength=1e6)
    np.testing.assert_allclose(weights, [0.7, 0.3], atol=1e-2)


def test_separated_classes_keep_a_finite_scale():
    weights, offset = calibrate(np.array([0, 0, 1, 1]), np.array([[-2.0], [-1.0], [1.0], [2.0]]))
    assert np.isfinite(weights).all()
    assert np.isfinite(offset)


def test_reliability_of_a_calibrated_and_of_an_overconfident_forecast(rng):
    p = rng.random(50_000)
    labels = rng.random(50_000) < p
    good = reliability(labels, p)
    assert good.error < 0.02
    np.testing.assert_allclose(good.predicted, good.observed, atol=0.03)
    assert good.count.sum() == 50_000
    low, high = good.interval()
    assert ((low < good.observed) & (good.observed < high)).all()
    assert reliability(labels, np.where(p > 0.5, 0.999, 0.001)).error > 0.2
    assert reliability(np.array([0, 1]), np.array([0.0, 1.0])).brier == 0


def test_reliability_by_hand_and_back_from_json():
    found = reliability(np.array([[0, 1], [1, 1]]), np.array([[0.5, 0.6], [0.9, 0.2]]), bins=np.array([0, 0.5, 0.8, 1]))
    np.testing.assert_allclose(found.predicted, [0.35, 0.6, 0.9])  # 0.5 belongs to the bin below
    np.testing.assert_allclose(found.observed, [0.5, 1, 1])
    assert found.count.tolist() == [2, 1, 1]
    assert found.error == pytest.approx((2 * 0.15 + 0.4 + 0.1) / 4)
    assert found.brier == pytest.approx((0.25 + 0.16 + 0.01 + 0.64) / 4)
    assert (found.at(0.5), found.at(0.51), found.at(1.0)) == ((0.5, 2), (1.0, 1), (1.0, 1))
    back = Reliability.from_dict(json.loads(json.dumps(found.as_dict())))
    assert back.as_dict() == found.as_dict()


def test_empty_bins_are_not_defined():
    found = reliability(np.array([0, 1]), np.array([0.05, 0.95]))
    assert np.isnan(found.observed[1:9]).all() and np.isnan(found.interval()[0][1:9]).all()
    assert found.as_dict(digits=2)["observed"][:2] == [0.0, None]
    assert np.isnan(Reliability.from_dict(found.as_dict()).predicted[1:9]).all()
    assert np.isnan(reliability(np.array([]), np.array([])).error)


def test_reliability_of_older_cards_is_read():
    terms = Reliability.from_dict(
        {"low": [0, 0.5], "high": [0.5, 1], "count": [4.0, 0.0], "mean": [0.3, 0.75], "right": [1, 0]}
    )
    assert terms.observed[0] == 0.25 and np.isnan([terms.observed[1], terms.predicted[1]]).all()
    factor = Reliability.from_dict({"split": "valid", "predicted": [0.04, 0.95], "observed": [0, 1], "count": [3, 2]})
    np.testing.assert_allclose([factor.low, factor.high], [[0, 0.9], [0.1, 1]])


def test_kmer_counts_by_hand():
    codes = np.array([[0, 1, 2, 3, 4, 0]])  # ACGTNA
    counts = kmer_counts(codes, k=2).toarray()[0]
    # AC and GT are each other's reverse complement, CG is its own; TN and NA hold an unknown base
    assert counts[0 * 4 + 1] == 2
    assert counts[1 * 4 + 2] == 1
    assert counts.sum() == 3


def test_kmer_regression_weighs_both_strands_alike(rng):
    codes = rng.integers(0, 4, (60, 30)).astype(np.uint8)
    labels = np.repeat([0, 1], 30)
    codes[labels == 1, 10:13] = [0, 0, 1]  # AAC
    weights, intercept = fit_kmer_regression(codes, labels, strength=1.0, k=3)
    assert weights[0 * 16 + 0 * 4 + 1] == weights[2 * 16 + 3 * 4 + 3] > 0.3  # AAC and GTT
    model = LogisticRegression(C=1.0, max_iter=500).fit(kmer_counts(codes, k=3), labels)
    np.testing.assert_allclose(
        kmer_counts(codes, k=3) @ weights + intercept, model.decision_function(kmer_counts(codes, k=3)), atol=1e-5
    )


def test_baseline_takes_the_strength_that_is_best_on_the_tuning_rows(rng):
    def rows(n):
        codes, labels = rng.integers(0, 4, (n, 40)).astype(np.uint8), rng.integers(0, 2, n)
        codes[labels == 1, 20:24] = [2, 0, 3, 0]
        return codes, labels

    train, tune = rows(300), rows(200)
    counts, strengths = kmer_counts(tune[0], k=4), (1e-6, 1e-2, 1.0, 100.0)
    each = {}
    for strength in strengths:
        weights, intercept = fit_kmer_regression(*train, strength=strength, k=4)
        each[strength] = roc_auc_score(tune[1], counts @ weights + intercept)
    weights, intercept, strength = kmer_baseline(train, tune, k=4, strengths=strengths)
    assert each[strength] == max(each.values()) > min(each.values())
    assert roc_auc_score(tune[1], counts @ weights + intercept) == each[strength]


def test_difference_of_two_areas_is_paired():
    """Against itself it is exactly 0; its interval agrees with that of bootstrapped pairs."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 400)
    truth = labels + rng.normal(size=400)
    first, second = truth + 0.3 * rng.normal(size=400), truth + rng.normal(size=400)
    none = auroc_difference(labels, first, first)
    assert none.value == none.low == none.high == 0
    found = auroc_difference(labels, first, second)
    assert found.value == pytest.approx(auroc(labels, first) - auroc(labels, second))
    samples = []
    for _ in range(300):
        rows = rng.integers(0, 400, 400)
        samples.append(auroc(labels[rows], first[rows]) - auroc(labels[rows], second[rows]))
    np.testing.assert_allclose([found.low, found.high], np.percentile(samples, [2.5, 97.5]), atol=0.01)
    assert np.isnan(auroc_difference(np.ones(3, int), first[:3], second[:3]).value)
