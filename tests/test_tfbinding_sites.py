"""Sites, tables and bedGraph of a track."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from toys import toy_track

from biocore.errors import InputError
from biocore.tfbinding.sites import bedgraph, binned_maximum, places, strongest_sites, window_around
from biocore.tfbinding.tracks import overview, site_table, track_table


def test_strongest_sites_do_not_overlap():
    scores = np.zeros(300)
    scores[[50, 55, 200]] = [3, 2.9, 2]
    sites = strongest_sites(np.arange(300), scores, 101, count=2)
    assert [s.start for s in sites] == [50, 200]


def test_strongest_sites_skip_nan_and_stop_when_there_is_no_room():
    scores = np.array([np.nan, 1.0, 2.0])
    assert [s.start for s in strongest_sites(np.arange(3), scores, 101, count=5)] == [2]


def test_window_stays_inside_the_record():
    assert window_around(5, 101, 300) == (0, 101)
    assert window_around(299, 101, 300) == (199, 300)
    assert window_around(150, 101, 300) == (100, 201)
    assert window_around(10, 101, 60) == (0, 60)


def test_thinning_keeps_every_peak():
    scores = np.random.default_rng(0).normal(size=(2, 1001))
    maxima, edges = binned_maximum(scores, 100)
    assert maxima.shape[1] <= 100 and maxima.max() == scores.max()
    assert maxima[0, 3] == scores[0, edges[3] : edges[4]].max()
    same, edges = binned_maximum(scores, 5000)
    np.testing.assert_array_equal(same, scores)


@pytest.fixture
def track():
    forward = np.array([[0.0, 1, 5, 1], [0, 0, 0, -3]])
    reverse = np.array([[2.0, 0, 0, 0], [0, 4, 0, 0]])
    return toy_track(forward, reverse)


def test_site_table_has_the_best_factor_first_and_names_the_better_strand(track):
    table = site_table(track, record="r")
    assert list(table.columns) == ["record", "tf", "log_odds", "probability", "start", "end", "strand"]
    assert table.values.tolist() == [
        ["r", "AAA1", 2.5, pytest.approx(expit(2.5)), 3, 103, "+"],
        ["r", "BBB2", 2.0, pytest.approx(expit(2)), 2, 102, "-"],
    ]


def test_site_table_of_one_strand(track):
    table = site_table(track, record="r", strand="reverse")
    assert table.tf.tolist() == ["BBB2", "AAA1"] and set(table.strand) == {"-"}
    with pytest.raises(InputError, match="both, forward, reverse"):
        site_table(track, record="r", strand="plus")


def test_track_table_has_a_row_for_each_window(track):
    table = track_table(track, record="r")
    assert table.shape == (8, 7) and table.start.tolist()[:4] == [1, 2, 3, 4] and table.end[0] == 101
    assert table.probability[2] == pytest.approx(expit(2.5))


def test_overview_thins_by_maximum(track):
    thin = overview(track, bins=2)
    np.testing.assert_array_equal(thin.values, [[1, 2.5], [2, 0]])
    assert thin.thinned and thin.first.tolist() == [1, 3] and thin.last.tolist() == [102, 104]
    full = overview(track, unit="probability")
    assert not full.thinned and full.values.max() == pytest.approx(expit(2.5))


def test_windows_over_one_place_are_gathered_under_the_strongest_factor():
    rows = [
        ("r", "YY1", 6.0, 11, 111),
        ("r", "CTCF", 9.0, 1, 101),
        ("r", "MAX", 7.0, 201, 301),
        ("s", "MYC", 5.0, 1, 101),
    ]
    found = places(pd.DataFrame(rows, columns=["record", "tf", "log_odds", "start", "end"]))
    assert [(p.record, p.tf, p.others) for p in found] == [("r", "CTCF", ("YY1",)), ("r", "MAX", ()), ("s", "MYC", ())]


def test_bedgraph_counts_from_zero_and_never_overlaps():
    text = bedgraph(
        np.array([0, 1, 2]),
        np.array([1.0, np.nan, 3.0]),
        width=101,
        stride=1,
        chromosome="chr7",
        first=1001,
        name="CTCF",
    )
    lines = text.splitlines()
    assert lines[0].startswith("track type=bedGraph")
    assert lines[1:] == ["chr7\t1050\t1051\t1.0000", "chr7\t1052\t1053\t3.0000"]


@pytest.mark.parametrize(
    ("chromosome", "first", "message"), [("chr 7", 1, "one word"), ("", 1, "one word"), ("chr7", 0, "count from 1")]
)
def test_bedgraph_refuses_what_a_browser_would(chromosome, first, message):
    with pytest.raises(InputError, match=message):
        bedgraph(np.arange(2), np.ones(2), width=101, stride=1, chromosome=chromosome, first=first, name="x")
