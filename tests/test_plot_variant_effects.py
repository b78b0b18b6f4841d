"""Figures of variant effects draw their scan: values, residue numbers, clicks, and parts that add up."""

import numpy as np
import pandas as pd
import pytest
import variants_toys as toys

from biocore.plot import variant_effects as plot
from biocore.plot.substitutions import CHEMICAL_ORDER
from biocore.sequence import AMINO_ACIDS


@pytest.fixture(scope="module")
def scan():
    sequence = "MKX" + toys.SEQUENCE[3:]
    return toys.model().scan(sequence, toys.profile(sequence))


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


@pytest.mark.parametrize("measure", plot.MEASURES)
def test_the_heat_map_shows_every_value_in_chemical_order_and_the_users_numbers(scan, measure):
    figure = plot.landscape(scan, measure=measure, start=1, stop=11, offset=100)
    heat = trace(figure, "effects")
    values = scan.percentiles if measure == plot.PERCENTILE else scan.scores
    assert list(heat.y) == list(CHEMICAL_ORDER) and list(heat.x) == list(range(102, 112))
    for row, residue in enumerate(CHEMICAL_ORDER):
        np.testing.assert_allclose(heat.z[row], values[1:11, AMINO_ACIDS.index(residue)], atol=6e-4)
    assert heat.zmin < heat.zmax
    own = trace(figure, "wild type")
    assert list(zip(own.x, own.y, strict=True)) == [
        (i + 101, scan.sequence[i]) for i in range(1, 11) if scan.sequence[i] != "X"
    ]


def test_each_scored_cell_can_be_clicked_and_no_other(scan):
    cells = trace(plot.landscape(scan, start=0, stop=5), "cells")
    assert len(cells.x) == 4 * 19  # neither the wild types nor X
    for x, y, (index, residue), text in zip(cells.x, cells.y, cells.customdata, cells.text, strict=True):
        assert x == index + 1 and y == residue != scan.sequence[index]
        assert text.startswith(f"{scan.sequence[index]}{x}{residue}  percentile ")


def test_the_selected_cell_has_a_frame_where_it_is_drawn(scan):
    figure = plot.landscape(scan, offset=10, selected=(4, "W"))
    [frame] = [shape for shape in figure.layout.shapes if shape.name == "selected"]
    rows = list(figure.layout.yaxis.categoryarray)
    assert (frame.x0 + frame.x1) / 2 == 15 and rows[int((frame.y0 + frame.y1) / 2)] == "W"
    assert not plot.landscape(scan, start=0, stop=3, selected=(4, "W")).layout.shapes  # out of view


def test_the_mean_track_is_the_mean_of_the_19_and_shades_the_window(scan):
    figure = plot.mean_track(scan, offset=-1, window=(10, 20))
    track = trace(figure, "mean effect")
    np.testing.assert_allclose(track.y[0], np.nanmean(scan.scores[0]), atol=1e-4)
    assert track.x[0] == 0 and np.isnan(track.y[2])
    [shade] = figure.layout.shapes
    assert (shade.x0, shade.x1) == (9.5, 19.5)


def test_a_protein_without_scores_still_has_a_figure():
    blank = toys.model().scan("XXX", None)
    heat = trace(plot.landscape(blank, measure=plot.SCORE), "effects")
    assert np.isnan(np.array(heat.z, float)).all() and (heat.zmin, heat.zmax) == (-1, 1)


def test_contributions_add_up_from_intercept_to_score(scan):
    row = scan.contributions[4, AMINO_ACIDS.index("W")]
    [bars] = plot.contributions(list(zip(scan.groups, row, strict=True)), intercept=scan.intercept, title="A5W").data
    assert list(bars.y) == ["intercept", *scan.groups, "score"]
    assert sum(bars.x) == pytest.approx(scan.scores[4, AMINO_ACIDS.index("W")], abs=1e-5)
    assert bars.text[-1] == f"{scan.scores[4, AMINO_ACIDS.index('W')]:+.2f}" and bars.measure[-1] == "total"


def test_a_column_is_drawn_likeliest_first_with_both_residues_named():
    family = np.full(20, 0.02)
    family[AMINO_ACIDS.index("L")] = 0.62
    model = np.full(20, 0.05)
    figure = plot.column_bars([("family", family), ("language model", model)], wild_type="L", mutant="P", title="L5")
    drawn = {x: y for bars in figure.data if bars.type == "bar" for x, y in zip(bars.x, bars.y, strict=True)}
    assert drawn == dict(zip(AMINO_ACIDS, family, strict=True))
    assert figure.layout.xaxis.categoryarray[0] == "L" and list(trace(figure, "language model").y) == [0.05] * 20
    assert {(a.text, a.x) for a in figure.layout.annotations} == {
        ("<b>wild type</b>", "L"), ("<b>substitution</b>", "P"),
    }  # fmt: skip


def test_the_learning_curve_shows_both_lines():
    curve = pd.DataFrame({"measured": [24, 96], "trained": [0.4, 0.6], "untrained": [0.3, 0.3]})
    figure = plot.learning_curve(curve)
    assert list(trace(figure, "trained").y) == [0.4, 0.6] and list(trace(figure, "untrained").y) == [0.3, 0.3]
    assert list(trace(figure, "trained").x) == [24, 96]
