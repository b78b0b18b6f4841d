"""Attribution is checked against models whose answer is known by hand, against tangermeme, and against invariances."""

import numpy as np
import pytest
from toys import Counter, counts_base, linear

from biocore.attribution import (
    EffectMap,
    core,
    effect_table,
    mutation_scan,
    mutation_scans,
    ranked_variants,
    significance,
    to_probability,
)
from biocore.errors import InputError
from biocore.sequence import dinucleotide_shuffle, one_hot

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
