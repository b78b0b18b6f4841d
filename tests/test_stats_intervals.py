"""Intervals and rank correlations against textbook numbers, references and bounded memory."""

import tracemalloc
from dataclasses import astuple

import numpy as np
import pandas as pd
import pytest

from biocore.stats import correlation, ranking
from biocore.stats.correlation import spearman, spearman_interval
from biocore.stats.intervals import percentile_interval, wilson


def test_wilson_by_hand():
    assert wilson(0, 10) == pytest.approx((0.0, 0.2775), abs=1e-4)  # Newcombe (1998), doi:10.1002/sim.1
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert np.isnan(wilson(0, 0)).all()


def test_percentiles_leave_undefined_resamplings_out():
    interval = percentile_interval(0.5, np.concatenate([np.arange(1001) / 1000, [np.nan] * 50]))
    assert (interval.low, interval.high) == pytest.approx((0.025, 0.975))
    assert np.isnan(
        [percentile_interval(0.5, np.array([np.nan])).low, percentile_interval(np.nan, np.ones(9)).high]
    ).all()


def test_spearman_with_ties_equals_the_correlation_of_mean_ranks():
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 9, (2, 200)).astype(float)
    assert spearman(a, b) == pytest.approx(pd.Series(a).corr(pd.Series(b), method="spearman"), abs=1e-12)
    assert spearman(a, a**3) == pytest.approx(1)


def test_spearman_is_not_defined_without_three_pairs_or_without_spread():
    assert np.isnan(spearman(np.ones(5), np.arange(5)))
    assert np.isnan(spearman(np.array([1, 2, np.nan]), np.array([1, 2, 3])))
    assert np.isnan(spearman_interval(np.ones(5), np.arange(5), seed=0).low)


def test_spearman_interval_is_that_of_resampled_pairs_one_by_one(monkeypatch):
    """With ties, with pairs that are left out, and with resamplings that have no spread."""
    rng = np.random.default_rng(2)
    a, b = rng.integers(0, 3, (2, 6)).astype(float)
    interval = spearman_interval(np.append(a, [np.nan, 1]), np.append(b, [1, np.inf]), seed=5, bootstraps=40)
    draws = np.random.default_rng(5)
    each = [spearman(a[rows], b[rows]) for rows in (draws.integers(0, 6, 6) for _ in range(40))]
    assert 0 < np.isnan(each).sum() < 40
    expected = percentile_interval(spearman(a, b), np.array(each))
    assert astuple(interval) == pytest.approx(astuple(expected), abs=1e-12)
    monkeypatch.setattr(correlation, "BLOCK", 7 * 6)
    assert spearman_interval(a, b, seed=5, bootstraps=40) == interval


def test_spearman_interval_covers_the_truth():
    rng, hits = np.random.default_rng(1), 0
    truth = 6 / np.pi * np.arcsin(np.sqrt(0.5) / 2)  # of a binormal pair with correlation sqrt(1/2)
    for seed in range(100):
        a = rng.normal(size=80)
        interval = spearman_interval(a, a + rng.normal(size=80), seed=seed, bootstraps=200)
        hits += interval.low <= truth <= interval.high
    assert 86 <= hits <= 100


def test_blocks_change_memory_and_not_the_numbers(monkeypatch):
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 2, 500)
    scores = rng.normal(size=500) + labels
    whole, mean = ranking.areas(labels, scores, seed=3), ranking.mean_interval(scores, seed=3)
    monkeypatch.setattr(ranking, "BLOCK", 7 * 500)
    assert ranking.areas(labels, scores, seed=3) == whole
    assert ranking.mean_interval(scores, seed=3) == mean


def test_the_bootstrap_of_many_rows_takes_bounded_memory(monkeypatch):
    monkeypatch.setattr(ranking, "BLOCK", 100_000)
    rng = np.random.default_rng(0)
    labels, scores = rng.integers(0, 2, 10_000), rng.normal(size=10_000)
    tracemalloc.start()
    ranking.areas(labels, scores, seed=0, bootstraps=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 * 100_000  # 100 bytes a count held; all 1,000,000 counts at once would take 70 MB
