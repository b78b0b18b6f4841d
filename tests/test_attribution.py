"""Attribution is checked against models whose answer is known by hand, against tangermeme, and against invariances."""

from functools import partial

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from toys import Counter, counts_base, linear, toy_track

from biocore.attribution import (
    GRADIENT_METHODS,
    EffectMap,
    agreement,
    core,
    effect_table,
    gradient_map,
    input_gradient,
    integrated_gradients,
    mutation_scan,
    mutation_scans,
    parse_variants,
    ranked_variants,
    significance,
    to_probability,
    variant_effects,
)
from biocore.errors import InputError
from biocore.sequence import dinucleotide_shuffle, one_hot
from biocore.tfbinding.sites import bedgraph, binned_maximum, places, strongest_sites, window_around
from biocore.tfbinding.tracks import overview, site_table, track_table

SEQUENCE = "GATTACAGGCATTTACGCAGT"


@pytest.fixture
def weights():
    return np.random.default_rng(0).normal(size=(len(SEQUENCE), 4)).astype(np.float32)


def motif_counter(motif: str):
    """Score = the best match (letters agreeing) of a motif anywhere: not linear, local."""
    m = one_hot([motif])[0]

    def predict(x):
        windows = np.lib.stride_tricks.sliding_window_view(x, len(motif), axis=1)  # (N, P, 4, W)
        return np.einsum("npbw,wb->np", windows, m).max(axis=1)

    return predict


# ------------------------------------------------------------------------------------------------ in-silico mutagenesis


def test_effect_is_the_weight_difference(weights):
    scan = mutation_scan(linear(weights), SEQUENCE)
    at_reference = (one_hot([SEQUENCE])[0] * weights).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(scan.effects, weights - at_reference, atol=1e-5)


def test_base_already_there_is_exactly_zero(weights):
    scan = mutation_scan(linear(weights), SEQUENCE)
    assert (scan.effects[one_hot([SEQUENCE])[0] == 1] == 0).all()


@pytest.mark.parametrize("batch_size", [1, 5, 63, 64, 1000])
def test_batch_size_does_not_change_the_result(weights, batch_size):
    expected = mutation_scan(linear(weights), SEQUENCE).effects
    effects = mutation_scan(linear(weights), SEQUENCE, batch_size=batch_size).effects
    np.testing.assert_allclose(effects, expected, atol=1e-6)


def test_every_call_has_one_shape_so_that_a_compiled_model_compiles_once():
    model = Counter(counts_base(0))
    mutation_scan(model, "ACGT" * 50)  # 601 predictions
    assert len(set(model.shapes)) == 1
    assert sum(n for n, _, _ in model.shapes) < 601 + 16


def test_n_is_context_but_has_no_effect_of_its_own():
    scan = mutation_scan(counts_base(0), "ANNC")
    assert np.isnan(scan.effects[1:3]).all() and np.isfinite(scan.effects[[0, 3]]).all()
    assert scan.reference == pytest.approx(1.5)  # N holds a quarter of an A
    assert np.isnan(scan.contribution[1]) and np.isnan(scan.importance[2])


def test_two_sequences_of_one_length_share_calls_and_keep_their_order(weights):
    other = SEQUENCE[::-1]
    model = Counter(linear(weights))
    scans = mutation_scans(model, [SEQUENCE, other], starts=[0, 100], batch_size=256)
    assert len(model.shapes) == 1
    for scan, sequence in zip(scans, (SEQUENCE, other), strict=True):
        np.testing.assert_allclose(scan.effects, mutation_scan(linear(weights), sequence).effects, atol=1e-6)
    assert scans[1].positions[0] == 101


@pytest.mark.parametrize(
    ("sequence", "message"), [("", "empty"), ("GAT!ACA", "position 4: '!'"), ("NNNN", "nothing but N")]
)
def test_a_sequence_that_cannot_be_scanned_is_refused(sequence, message):
    with pytest.raises(InputError, match=message):
        mutation_scan(counts_base(0), sequence)


@pytest.mark.slow
def test_mutagenesis_agrees_with_tangermeme():
    torch = pytest.importorskip("torch")
    ism = pytest.importorskip("tangermeme.saturation_mutagenesis").saturation_mutagenesis
    torch.manual_seed(0)
    net = torch.nn.Sequential(
        torch.nn.Conv1d(4, 8, 5),
        torch.nn.GELU(),
        torch.nn.AdaptiveMaxPool1d(1),
        torch.nn.Flatten(),
        torch.nn.Linear(8, 1),
    ).eval()
    x = one_hot([SEQUENCE])[0]
    theirs = ism(net, torch.tensor(x.T[None]), hypothetical=True, device="cpu")[0].numpy().T  # centred, (L, 4)

    def predict(mutants):
        with torch.no_grad():
            return net(torch.tensor(mutants).permute(0, 2, 1))[:, 0].numpy()

    np.testing.assert_allclose(mutation_scan(predict, SEQUENCE).centred, theirs, atol=1e-5)


def test_the_motif_a_model_looks_for_is_the_core():
    sequence = "TTTTTTTTTTTTGACTCATTTTTTTTTTTT"
    scan = mutation_scan(motif_counter("TGACTCA"), sequence)
    assert core(scan, width=7) == (11, 18)
    assert (scan.contribution[11:18] > 0).all()


def test_probability_is_the_sigmoid_of_log_odds(weights):
    scan = mutation_scan(linear(weights), SEQUENCE)
    points = to_probability(scan)
    expected = 1 / (1 + np.exp(-(scan.reference + scan.effects))) - 1 / (1 + np.exp(-scan.reference))
    np.testing.assert_allclose(points.effects, expected, atol=1e-6)
    assert points.unit == "probability" and to_probability(points) is points


def test_gradients_have_no_probability(weights):
    result = EffectMap("gradient", SEQUENCE, 0.0, weights)
    with pytest.raises(InputError, match="in-silico mutagenesis only"):
        to_probability(result)


def test_ranked_variants_hold_every_substitution_strongest_gain_first(weights):
    scan = mutation_scan(linear(weights), SEQUENCE, start=100)
    ranks = ranked_variants(scan)
    assert len(ranks) == 3 * len(SEQUENCE)
    assert ranks.change_log_odds.is_monotonic_decreasing
    best = ranks.iloc[0]
    changed = list(SEQUENCE)
    assert changed[best.position - 101] == best.ref
    changed[best.position - 101] = best.alt
    assert linear(weights)(one_hot(["".join(changed)]))[0] == pytest.approx(best.log_odds, abs=1e-4)
    assert best.variant == f"{best.ref}{best.position}{best.alt}"


def test_part_of_a_map_keeps_its_positions(weights):
    scan = mutation_scan(linear(weights), SEQUENCE, start=10)
    part = scan.part(15, 18)
    assert part.sequence == SEQUENCE[5:8] and list(part.positions) == [16, 17, 18]
    np.testing.assert_array_equal(part.effects, scan.effects[5:8])


def test_table_counts_from_one():
    table = effect_table(mutation_scan(counts_base(0), "AC", start=4), record="r", tf="CTCF")
    assert list(table.columns) == ["record", "tf", "position", "ref", "A", "C", "G", "T"]
    assert list(table.position) == [5, 6] and list(table.ref) == ["A", "C"]
    assert list(table["A"]) == [0, 1] and list(table["C"]) == [-1, 0]


# ----------------------------------------------------------------------------------------------- significance


def test_a_planted_motif_rises_above_the_line_and_its_shuffle_does_not():
    model, rng = motif_counter("TGACTCAGCA"), np.random.default_rng(1)
    background = "".join(rng.choice(list("ACGT"), 80))
    planted = background[:30] + "TGACTCAGCA" + background[40:]
    line = significance(lambda x: 4 * np.maximum(model(x) - 8, 0), planted, seed=0)
    scan = mutation_scan(lambda x: 4 * np.maximum(model(x) - 8, 0), planted)
    above = np.flatnonzero(scan.importance > line.threshold)
    assert set(above) == set(range(30, 40))


def test_significance_depends_on_the_seed_alone():
    model = motif_counter("TGACTCA")
    one, two = (significance(model, SEQUENCE, seed=3, shuffles=5) for _ in range(2))
    np.testing.assert_array_equal(one.maxima, two.maxima)
    assert len(one.maxima) == 5 and one.threshold == one.maxima.max()


def test_shuffles_leave_n_where_it_is():
    model = Counter(counts_base(0))
    significance(model, "ACGTGACTNNNNACGATCAG", seed=0, shuffles=3, batch_size=4096)
    assert model.shapes == [(4096, 20, 4)]


def test_a_sequence_with_one_order_only_is_refused():
    with pytest.raises(InputError, match="no other order"):
        significance(counts_base(0), "A" * 30, seed=0)


def test_shuffle_keeps_pairs():
    rng = np.random.default_rng(0)
    shuffled = dinucleotide_shuffle(SEQUENCE * 4, rng)
    pairs = [sorted(a + b for a, b in zip(s, s[1:], strict=False)) for s in (SEQUENCE * 4, shuffled)]
    assert pairs[0] == pairs[1] and shuffled != SEQUENCE * 4


# -------------------------------------------------------------------------------------------------- gradients


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


# ---------------------------------------------------------------------------------------------- variants


def test_changes_are_read_in_every_usual_spelling():
    variants = parse_variants("g1a; T3C,\nA1,002T".replace("A1,002T", "A7C"), SEQUENCE)
    assert [str(v) for v in variants] == ["G1A", "T3C", "A7C"]
    assert [str(v) for v in parse_variants("2A>G g.3T>C", SEQUENCE)] == ["A2G", "T3C"]
    long = "C" + "A" * 2000
    assert [str(c) for c in parse_variants("A1,002T,A1003G", long)] == ["A1002T", "A1003G"]


def test_positions_count_in_the_record_not_in_the_window():
    assert parse_variants("G102A", "TGT", start=100)[0].position == 101


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Name at least one variant"),
        ("hello", "'hello' is not a variant"),
        ("3A>G", "'3A>G' says A, but the reference is T"),
        ("C2G", "position 2: 'C2G' says C, but the reference is A. Positions count from 1. Did you mean A2G?"),
        ("A3G", "A stands at 2; positions count from 1. Did you mean T3G?"),
        ("G99A", "outside the window shown, positions 1 to 21"),
        ("G1G", "changes nothing"),
        ("G1X", "'X' is not one of A, C, G, T"),
        ("G1A G1C", "G1A and G1C change the same base"),
    ],
)
def test_a_change_that_does_not_fit_says_why(text, message):
    with pytest.raises(InputError) as error:
        parse_variants(text, SEQUENCE, record=None)
    assert message in str(error.value)


def test_changes_alone_and_together_by_hand(weights):
    variants = parse_variants("G1A, T3C", SEQUENCE)
    effects = variant_effects(linear(weights), SEQUENCE, variants)
    one = weights[0, 0] - weights[0, 2]
    two = weights[2, 1] - weights[2, 3]
    np.testing.assert_allclose(effects.alone - effects.reference, [one, two], atol=1e-5)
    assert effects.together - effects.reference == pytest.approx(one + two, abs=1e-5)
    assert effects.interaction == pytest.approx(0, abs=1e-5)
    table = effects.table()
    assert list(table.variant) == ["G1A", "T3C", "all together"]
    np.testing.assert_allclose(table.probability, expit(table.log_odds))


# ------------------------------------------------------------------------------------------- sites and tracks


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
