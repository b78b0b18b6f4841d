"""Figures draw their result: values, axes in the user's counting, marks where they belong, nothing lost."""

import numpy as np
import pytest
from toys import linear, toy_track

from biocore.attribution import EffectMap, Significance, mutation_scan, to_probability
from biocore.motif import for_factor, known_motifs, scan
from biocore.plot import bases
from biocore.plot import dna_binding as dna
from biocore.plot.logo import BASES, letter_traces, outline
from biocore.sequence import one_hot
from biocore.tfbinding.tracks import overview

SEQUENCE = "TTCCACCAGGGGGCGCTTNA"


@pytest.fixture
def result():
    weights = np.random.default_rng(0).normal(size=(len(SEQUENCE), 4)).astype(np.float32)
    return mutation_scan(linear(weights), SEQUENCE, start=100)


def trace(figure, name):
    return next(t for t in figure.data if t.name == name)


@pytest.mark.parametrize("letter", BASES)
def test_letters_fill_the_unit_square(letter):
    shape = outline(letter)
    np.testing.assert_allclose(shape.min(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(shape.max(axis=0), 1, atol=1e-9)


def area(points):
    x, y = points[:, 0], points[:, 1]
    return abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


@pytest.mark.parametrize("letter", BASES)
def test_letters_have_ink_but_not_everywhere(letter):
    assert 0.25 < area(outline(letter)) < 0.75


def test_logo_letters_have_their_heights_and_hang_below_zero():
    traces = {t.name: t for t in letter_traces(np.array([1, 2, 3, 4]), "ACAN", np.array([2.0, -1.0, np.nan, 5.0]))}
    assert max(v for v in traces["A"].y if v is not None) == 2 and min(v for v in traces["C"].y if v is not None) == -1
    assert traces["A"].x.count(None) == 1  # one A: the other has no height
    assert len(traces["G"].x) == len(traces["T"].x) == 0


@pytest.mark.parametrize("start", [0, 20_000, 200_000_000])
def test_logo_letters_keep_their_width_wherever_they_stand(start):
    [a] = [t for t in letter_traces(np.array([start + 1, start + 2]), "AC", np.array([1.0, 1.0])) if t.name == "A"]
    x = np.array([v for v in a.x if v is not None])
    np.testing.assert_allclose([x.min(), x.max()], [start + 0.54, start + 1.46], atol=1e-3)


def test_map_shows_the_effects_centred_at_zero_in_record_positions(result):
    figure = bases.mutation_map(result)
    heat = trace(figure, "effects")
    np.testing.assert_array_equal(np.asarray(heat.z), result.effects.T)
    assert heat.zmin == -heat.zmax == pytest.approx(-np.nanmax(np.abs(result.effects)))
    assert heat.x[0] == 101 and list(heat.y) == list("ACGT")
    assert figure.layout.xaxis3.title.text == "position in the record (bp)"
    assert heat.colorbar.title.text == "change in natural log-odds"


def test_map_in_probability_says_so(result):
    assert trace(bases.mutation_map(to_probability(result)), "effects").colorbar.title.text == "change in probability"


@pytest.mark.parametrize("method", ["ism", "gradient", "integrated-gradients"])
def test_importance_and_logo_say_what_their_numbers_are(result, method):
    figure = bases.mutation_map(EffectMap(method, SEQUENCE, 0.0, result.effects, start=100))
    importance, logo = (figure.layout[axis].title.text.split("<br>") for axis in ("yaxis", "yaxis2"))
    assert importance[1] == logo[1] == "natural log-odds" and "natural log-odds" in figure.data[0].hovertemplate
    assert importance[0] == {"ism": "mean |change|"}.get(method, "|contribution|")
    if method == "ism":
        in_points = bases.mutation_map(to_probability(result))
        assert in_points.layout.yaxis.title.text == "mean |change|<br>probability"


def test_reference_bases_are_outlined_and_n_is_not(result):
    there = trace(bases.mutation_map(result), "reference allele")
    assert [(x - 101, y) for x, y in zip(there.x, there.y, strict=True)] == [
        (i, base) for i, base in enumerate(SEQUENCE) if base != "N"
    ]


def test_every_cell_can_be_clicked_and_says_what_it_would_change(result):
    cells = trace(bases.mutation_map(result), "cells")
    assert len(cells.x) == 4 * (len(SEQUENCE) - 1)
    ref, position, alt, value = cells.customdata[1]
    assert (ref, position, alt) == ("T", 101, "C") and value == pytest.approx(float(result.effects[0, 1]))


def test_significance_threshold_is_drawn_and_explained(result):
    line = Significance(0.05, 0.7, np.linspace(0, 0.7, 20))
    figure = bases.mutation_map(result, significance=line)
    assert any(s.type == "line" and s.y0 == s.y1 == 0.7 for s in figure.layout.shapes)
    assert any("5% of 20 shuffles" in a.text for a in figure.layout.annotations)


def test_motif_matches_are_boxed_where_they_stand(result):
    hits = scan(one_hot([SEQUENCE])[0], known_motifs())
    boxes = bases.boxes(hits, start=100, tf="CTCF")
    assert boxes[0] == bases.Box("CTCF site (+)", 103, 116, "own")
    figure = bases.mutation_map(result, motif_boxes=boxes)
    rectangles = [s for s in figure.layout.shapes if s.type == "rect"]
    assert {(s.x0, s.x1) for s in rectangles} == {(b.first - 0.5, b.last + 0.5) for b in boxes}
    assert any(a.text == "CTCF site (+)" for a in figure.layout.annotations)


def test_boxes_know_whose_motif_it_is():
    hits = scan(one_hot([SEQUENCE])[0], for_factor("CTCF"))
    assert bases.boxes(hits, start=0, tf="MAX")[0].kind == "other"
    assert bases.boxes(hits, start=0, tf="MAX", uploaded=["CTCF site"])[0].kind == "uploaded"


@pytest.mark.parametrize("method", ["gradient", "corrected-gradient", "integrated-gradients"])
def test_gradient_maps_name_their_unit(result, method):
    heat = trace(bases.mutation_map(EffectMap(method, SEQUENCE, 0.0, result.effects)), "effects")
    assert "log-odds" in heat.colorbar.title.text and "change" not in heat.colorbar.title.text


def test_a_flat_map_can_be_drawn():
    figure = bases.mutation_map(EffectMap("ism", "ACGT", 0.0, np.zeros((4, 4), np.float32)))
    assert trace(figure, "effects").zmax == 1


def test_overview_draws_the_strand_asked_for_with_the_first_factor_on_top():
    rng = np.random.default_rng(0)
    track = toy_track(rng.normal(size=(2, 50)), rng.normal(size=(2, 50)))
    thin = overview(track)
    marks = [dna.Mark("BBB2", 11, 111, "-", 2.5, True), dna.Mark("AAA1", 1, 101, "+", 1.0)]
    for strand, values in (("both", thin.values), ("forward", thin.forward), ("reverse", thin.reverse)):
        figure = dna.overview(thin, marks, strand=strand)
        np.testing.assert_allclose(np.asarray(figure.data[0].z), values, atol=1e-3)
    assert list(figure.layout.yaxis.categoryarray) == ["BBB2", "AAA1"]  # bottom to top
    sites = trace(figure, "strongest sites")
    assert list(sites.x) == [61, 51] and list(sites.marker.symbol) == ["triangle-left", "triangle-right"]
    assert sites.customdata[0][:3] == ["BBB2", 11, 111]
    assert figure.layout.xaxis.title.text.endswith("bp)")


def test_probability_colours_run_from_zero_to_one():
    track = toy_track(np.zeros((2, 5)), np.ones((2, 5)))
    heat = dna.overview(overview(track, unit="probability"), []).data[0]
    assert (heat.zmin, heat.zmax) == (0, 1) and heat.colorbar.title.text == "probability"


def test_records_figure_has_a_clickable_cell_for_each_pair():
    figure = dna.records_by_factor(["r", "r"], ["A", "B", "C"], np.arange(6.0).reshape(2, 3), unit="log-odds")
    cells = trace(figure, "cells")
    assert len(cells.x) == 6 and cells.customdata[4] == [1, "B", 4.0]
    assert list(figure.layout.yaxis.categoryarray) == ["2  r", "1  r"]  # names may repeat


def test_stack_puts_positives_left_and_negatives_right_on_one_scale(result):
    other = EffectMap("ism", SEQUENCE, 0.0, 2 * result.effects)
    panels = [bases.Panel("pos", result, True), bases.Panel("neg", other, False), bases.Panel("neg 2", result, False)]
    figure = bases.stacked_maps(panels, headings=("left", "right"))
    titles = [a.text for a in figure.layout.annotations]
    assert titles[:2] == ["pos", "neg"] and "<b>left</b>" in titles and "<b>right</b>" in titles
    assert len(figure.data) == 3 and {t.coloraxis for t in figure.data} == {"coloraxis"}
    assert figure.layout.coloraxis.cmax == pytest.approx(np.nanmax(np.abs(other.effects)))


def test_stack_of_positives_only_has_one_column(result):
    figure = bases.stacked_maps([bases.Panel(str(i), result, True) for i in range(12)], headings=("left", "right"))
    assert len(figure.data) == 12
    assert [a.text for a in figure.layout.annotations if a.text.startswith("<b>")] == ["<b>left</b>"]


def test_bars_of_variants_are_coloured_by_direction():
    bars = bases.variants_bar(["A1G", "C2T"], [1.0, -2.0], unit="log-odds").data[0]
    assert list(bars.x) == [1.0, -2.0] and bars.marker.color[0] != bars.marker.color[1]


def test_factor_bars_keep_the_order_given():
    figure = dna.factor_bars(["MAX", "MYC"], np.array([3.0, -1.0]), unit="log-odds")
    assert list(figure.data[0].y) == ["MAX", "MYC"] and figure.layout.yaxis.autorange == "reversed"


def test_pairs_spacing_and_implants_are_drawn_as_they_are():
    from biocore.attribution import pair_effects
    from biocore.attribution.implants import ImplantEffects
    from biocore.plot import dna_pairs

    pairs = pair_effects(lambda x: 2 * x[:, 0, 0] * x[:, 2, 0], "CCCC", (0, 4))
    figure = dna_pairs.pair_triangle(pairs)
    z = np.array(figure.data[0].z, float)
    assert z[0, 2] == 2 and np.isnan(z[2, 0]) and list(figure.data[0].x) == ["C1", "C2", "C3", "C4"]
    curve = dna_pairs.spacing_curve(pairs.by_distance())
    assert {t.name for t in curve.data} == {"largest", "mean"} and max(curve.data[0].y) == 2
    table = ImplantEffects("gap", np.arange(3), np.array([[0.0, 1, 0], [0, 3, 0]])).table()
    drawn = dna_pairs.implant_curve(table)
    assert list(drawn.data[1].y) == [0, 2, 0] and "between" in drawn.layout.xaxis.title.text


def test_a_found_motif_stands_aligned_with_the_known_one():
    from biocore.motif import from_consensus
    from biocore.plot.motifs import beside, motif_logos

    known = from_consensus("AP-1 site", "TGASTCA")
    found = from_consensus("f", "NNTGASTCANN").probabilities.tolist()
    row = {"seqlets": 9, "sequences": 8, "probabilities": found, "strand": "+", "q_value": 0.001, "offset": 2}
    pair = beside(row, known)
    assert pair.known_title == "AP-1 site, q 0.001"
    figure = motif_logos([pair, beside({**row, "strand": ""}, None)])
    left, right = (next(t for t in figure.data if t.name == "T" and t.xaxis == axis) for axis in ("x", "x2"))
    assert round(min(v for v in left.x if v is not None)) == round(min(v for v in right.x if v is not None)) == 3
    assert max(v for v in left.y if v is not None) == pytest.approx(2, abs=0.01)
