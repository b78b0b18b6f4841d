"""Factor models: invariances on networks with random weights, known biology and honest cards on those that ship."""

import dataclasses
import json
import shutil
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from biocore import runtime, tfbinding, zoo
from biocore.attribution import integrated_gradients
from biocore.errors import InputError, ModelUnavailable
from biocore.sequence import dinucleotide_shuffle, dinucleotide_shuffles, one_hot
from biocore.tfbinding import VARIANTS, Architecture, TFModel, words
from biocore.tfbinding import model as module
from biocore.tfbinding.model import SharedTrunk, strand_scores
from biocore.tfbinding.network import Network, max_pool

FACTORS = "ARID3A CTCF ELK1 FOXA1 GABPA GATA1 GATA3 JUN MAFK MAX MYC NRF1 REST SRF TP53 USF1 YY1".split()


def random_models(architecture: Architecture, count: int = 2, seed: int = 0) -> list[TFModel]:
    """Models that share a trunk of random weights and random batch statistics."""
    start = partial(Network(architecture, count).init, train=False)
    shapes = jax.eval_shape(start, jax.random.key(0), jnp.zeros((2, 120, 4)))  # compiling `start` would take seconds
    rng = np.random.default_rng(seed)
    variables = jax.tree.map_with_path(partial(random_array, rng), shapes)
    trunk = SharedTrunk(architecture, {name: variables[name]["trunk"] for name in ("params", "batch_stats")})
    heads = variables["params"]["heads"]
    tables = rng.normal(size=(count, 4**6))
    tables = (tables + tables[:, reverse_complement_order()]).reshape(count, 1, 64, 64).astype(np.float32)
    return [
        TFModel(f"F{i}", trunk, {k: np.asarray(v)[i : i + 1] for k, v in heads.items()}, tables[i], 2.0 + i, 0.3)
        for i in range(count)
    ]


def random_array(rng: np.random.Generator, path, like) -> np.ndarray:
    """Kernels that keep the spread of what they read, biases about 0; scales and variances from 1 to 2."""
    name = path[-1].key
    if name in ("scale", "var"):
        return rng.uniform(1, 2, like.shape).astype(np.float32)
    reads = np.prod(like.shape[:-1]) if name == "kernel" else 100
    return (rng.normal(size=like.shape) / np.sqrt(max(reads, 1))).astype(np.float32)


def reverse_complement_order() -> np.ndarray:
    """Number of the reverse complement of each 6-mer."""
    digits = np.arange(4**6)[:, None] // 4 ** np.arange(5, -1, -1) % 4
    return (3 - digits[:, ::-1]) @ 4 ** np.arange(5, -1, -1)


def random_dna(length: int, seed: int = 0, unknown: int = 0) -> np.ndarray:
    """One-hot DNA, (L, 4), with a run of unknown bases."""
    rng = np.random.default_rng(seed)
    x = np.eye(4, dtype=np.float32)[rng.integers(0, 4, length)]
    x[length // 3 : length // 3 + unknown] = 0.25
    return x


@pytest.fixture(scope="module")
def models():
    return random_models(VARIANTS["shared"], 3)


# ------------------------------------------------------------------------------------------------------- scoring


@pytest.mark.slow
@pytest.mark.parametrize("length", [20, 33, 100, 101, 102, 200, 517])
def test_both_strands_count_the_same(models, length):
    x = random_dna(length)[None]
    turned = x[:, ::-1, ::-1]
    np.testing.assert_allclose(models[0](x), models[0](turned), atol=1e-5)
    np.testing.assert_allclose(models[0].strand_log_odds(x), models[0].strand_log_odds(turned)[::-1], atol=1e-5)
    np.testing.assert_allclose(models[0](x), models[0].strand_log_odds(x).mean(axis=0), atol=1e-6)


def test_a_score_does_not_depend_on_its_batch(models):
    x = np.stack([random_dna(101, seed) for seed in range(40)])
    alone = np.array([models[1](row[None])[0] for row in x])
    np.testing.assert_allclose(models[1](x), alone, atol=1e-5)
    np.testing.assert_allclose(models[1](x[::-1])[::-1], alone, atol=1e-5)


def test_more_sequences_than_one_call_takes(models, monkeypatch):
    x = np.stack([random_dna(101, seed) for seed in range(7)])
    expected = models[0](x)
    monkeypatch.setattr(module, "_POSITIONS", 101 * 3)
    np.testing.assert_allclose(models[0](x), expected, atol=1e-5)
    assert models[0](x[:0]).shape == (0,)


@pytest.mark.slow
def test_scores_of_several_factors_equal_each_alone(models):
    other = random_models(VARIANTS["baseline"], 1, seed=9)[0]
    chosen = [models[2], other, models[0]]
    x = np.stack([random_dna(101, seed) for seed in range(5)])
    together = tfbinding.scores(chosen, x)
    assert together.shape == (3, 5)
    np.testing.assert_allclose(together, [m(x) for m in chosen], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("length", [25, 64, 101, 200])
def test_the_differentiable_function_equals_the_model(models, length):
    x = np.stack([random_dna(length, seed, unknown=3) for seed in range(3)])
    np.testing.assert_allclose(jax.jit(models[0].logit_fn)(x), models[0](x), atol=1e-5)
    assert models[0].logit_fn is models[0].logit_fn  # else it would be compiled anew at each use


def test_the_gradient_is_the_slope(models):
    x = random_dna(101)[None] * 0.8 + 0.05  # inside the simplex
    direction = np.random.default_rng(1).normal(size=x.shape).astype(np.float32)
    gradient = jax.jit(jax.grad(lambda x: models[0].logit_fn(x).sum()))(x)
    step = 1e-3
    score = models[0].logit_fn
    slope = (score(x + step * direction) - score(x - step * direction)) / (2 * step)
    assert float((gradient * direction).sum()) == pytest.approx(float(slope[0]), rel=0.05, abs=0.02)


def test_short_sequences_lie_between_unknown_bases(models):
    x = random_dna(61)
    flanked = np.full((101, 4), 0.25, np.float32)
    flanked[20:81] = x
    network = dataclasses.replace(models[0], kmers=np.zeros((1, 64, 64), np.float32))
    np.testing.assert_allclose(network(x[None]), network(flanked[None]), atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "message"),
    [((1, 19, 4), "19 bp is too short; 20 bp or more"), ((30, 4), r"\(N, L, 4\)"), ((1, 30, 5), r"\(N, L, 4\)")],
)
def test_what_cannot_be_scored_is_refused(models, shape, message):
    with pytest.raises(InputError, match=message):
        models[0](np.zeros(shape, np.float32))


def test_probability():
    np.testing.assert_allclose(tfbinding.probability(np.array([0.0, np.log(3), -1000.0])), [0.5, 0.75, 0.0], atol=1e-12)


# --------------------------------------------------------------------------------------------------------- tracks


@pytest.mark.slow
@pytest.mark.parametrize("variant", list(VARIANTS))
def test_a_track_equals_scoring_each_window_on_its_own(variant):
    pair = random_models(VARIANTS[variant], 2)
    x = random_dna(260, unknown=12)
    result = tfbinding.track(pair, x)
    windows = x[result.starts[:, None] + np.arange(101)]
    strands = strand_scores(pair, windows)
    assert result.log_odds.shape == (2, 160)
    assert result.log_odds.std() > 1e-3
    np.testing.assert_allclose(result.forward, strands[0], atol=1e-4)
    np.testing.assert_allclose(result.reverse, strands[1], atol=1e-4)
    np.testing.assert_allclose(result.log_odds, tfbinding.scores(pair, windows), atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize(("window", "stride"), [(101, 7), (150, 1), (60, 5), (101, 300)])
def test_windows_and_strides(models, window, stride, monkeypatch):
    monkeypatch.setattr(module, "_WINDOWS", 64)  # several pieces, whose seams must not show
    x = random_dna(500)
    result = tfbinding.track(models, x, window=window, stride=stride)
    assert result.starts.tolist() == list(range(0, 500 - window + 1, stride))
    expected = tfbinding.scores(models, x[result.starts[:, None] + np.arange(window)])
    np.testing.assert_allclose(result.log_odds, expected, atol=1e-4)


def test_a_track_of_the_other_strand_is_mirrored(models):
    x = random_dna(300)
    result, turned = tfbinding.track(models, x), tfbinding.track(models, x[::-1, ::-1])
    np.testing.assert_allclose(result.forward, turned.reverse[:, ::-1], atol=1e-4)


@pytest.mark.parametrize("length", [20, 70, 101])
def test_a_short_sequence_is_one_window(models, length):
    x = random_dna(length)
    result = tfbinding.track(models, x)
    assert (result.starts.tolist(), result.window) == ([0], length)
    np.testing.assert_allclose(result.log_odds[:, 0], tfbinding.scores(models, x[None])[:, 0], atol=1e-5)


@pytest.mark.parametrize("arguments", [{"window": 10}, {"stride": 0}])
def test_impossible_tracks_are_refused(models, arguments):
    with pytest.raises(InputError, match="use a window of 20 or more, a stride of 1 or more"):
        tfbinding.track(models, random_dna(200), **arguments)


def test_a_track_checks_its_shapes():
    good = np.zeros((1, 2), np.float32)
    with pytest.raises(ValueError, match=r"reverse \(=\(1, 1\)\) must be \(1, 2\)"):
        tfbinding.Track(("A",), np.arange(2), 101, good, good[:, :1])
    with pytest.raises(ValueError, match="starts must ascend"):
        tfbinding.Track(("A",), np.array([5, 5]), 101, good, good)


def test_many_records_score_as_each_on_its_own_and_sites_end_with_the_record(models):
    rng = np.random.default_rng(3)
    sequences = ["".join(rng.choice(list("ACGT"), n)) for n in (20, 101, 300, 60, 20, 105)]
    together = tfbinding.record_tracks(models, sequences, stride=5)
    for sequence, found in zip(sequences, together, strict=True):
        alone = tfbinding.track(models, one_hot([sequence])[0], stride=5)
        assert (found.tfs, found.window) == (alone.tfs, min(101, len(sequence)))
        np.testing.assert_array_equal(found.starts, alone.starts)
        np.testing.assert_allclose(found.log_odds, alone.log_odds, atol=1e-4)
        assert found.sites("F1", count=1)[0].end <= len(sequence)


# --------------------------------------------------------------------------------------------------------- pieces


@pytest.mark.parametrize("half", [1, 3])
def test_term_of_words_is_the_mean_of_the_table(half):
    k, size = 2 * half, 4**half
    table = np.random.default_rng(0).normal(size=(1, size, size)).astype(np.float32)
    assert words.word_length(table) == k
    x = random_dna(50)
    codes = x.argmax(axis=1)
    numbers = [int("".join(map(str, codes[i : i + k])), 4) for i in range(51 - k)]
    entries, letters = words.with_unknown(table[0])[:, None], words.letters_of(x)
    assert words.smooth_term(table, x[None])[0, 0] == pytest.approx(table.ravel()[numbers].mean(), abs=1e-5)
    assert words.mean_term(entries, letters[None], 50)[0, 0] == pytest.approx(table.ravel()[numbers].mean(), abs=1e-5)
    expected = [table.ravel()[numbers[i : i + 21 - k]].mean() for i in range(31)]
    np.testing.assert_allclose(words.dense_term(entries, letters, 20)[:, 0], expected, atol=1e-5)
    unknown = np.full((1, 30, 4), 0.25, np.float32)
    for term in (words.smooth_term(table, unknown), words.mean_term(entries, words.letters_of(unknown), 30)):
        assert term[0, 0] == pytest.approx(table.mean(), abs=1e-5)


def test_a_word_with_one_unknown_base_counts_as_the_mean_of_four():
    table = np.arange(16, dtype=np.float32).reshape(1, 4, 4)  # words of two bases: entry = 4 first + second
    entries = words.with_unknown(table[0])[:, None]
    letters = np.array([[2, 4, 1, 1, 3]])  # GNCCT; the last two are not looked at
    expected = (np.mean([8, 9, 10, 11]) + np.mean([1, 5, 9, 13])) / 2
    assert words.mean_term(entries, letters, 3)[0, 0] == pytest.approx(expected)


def test_max_pool_and_its_gradient():
    x = jnp.array([[[1.0], [3.0], [2.0], [5.0], [4.0]]])
    assert max_pool(x, 2)[0, :, 0].tolist() == [3, 5]  # what does not fill a pool is left out
    assert jax.grad(lambda x: max_pool(x, 2).sum())(x)[0, :, 0].tolist() == [0, 1, 0, 1, 0]


def test_ties_in_a_pool_share_its_gradient_but_in_training():
    tied = jnp.ones((1, 4, 1))
    assert jax.grad(lambda x: max_pool(x, 4).sum())(tied)[0, :, 0].tolist() == [0.25] * 4
    assert jax.grad(lambda x: max_pool(x, 4, train=True).sum())(tied)[0, :, 0].tolist() == [1] * 4
    np.testing.assert_array_equal(max_pool(tied, 2), max_pool(tied, 2, train=True))


def test_architectures_survive_json():
    for architecture in VARIANTS.values():
        assert Architecture.from_json(json.loads(json.dumps(architecture.to_json()))) == architecture


# ------------------------------------------------------------------------------------------------ what ships


@pytest.fixture(scope="module")
def shipped():
    return {tf: tfbinding.load(zoo.read_card(runtime.ASSETS / "models" / f"tf-{tf}" / "card.json")) for tf in FACTORS}


def test_seventeen_factors_ship_and_share_a_trunk(shipped):
    assert set(zoo.names("tf-binding")) >= {f"tf-{tf}" for tf in FACTORS}
    assert len({id(m.trunk) for m in shipped.values()}) == 1
    size = sum(p.stat().st_size for p in (runtime.ASSETS / "models").glob("tf-*/*"))
    assert size < 15e6


@pytest.mark.parametrize("tf", FACTORS)
def test_cards_are_complete_and_honest(tf):
    card = zoo.card(f"tf-{tf}")
    quality = {(q.metric, q.note): q for q in card.quality}
    for against in ("both kinds of negative", "dinucleotide shuffles", "genomic windows"):
        for metric in ("auROC", "auPRC", "auROC of the 6-mer baseline", "auPRC of the 6-mer baseline"):
            measured = quality[metric, f"against {against}"]
            assert 0.5 < measured.low <= measured.value <= measured.high <= 1
            assert measured.split == "valid"
    both = "against both kinds of negative"
    assert quality["auROC", both].value > quality["auROC of the 6-mer baseline", both].value
    assert ("otif-centred" in card.limits) == (tf in {"MAX", "JUN", "NRF1"})
    assert ("co-factors" in card.limits) == (tf == "ARID3A")
    assert card.details["reliability"]["error"] < 0.06
    assert len(card.details["training_curve"]["valid_auroc"]) > 3
    assert card.window == 101
    assert card.citation
    assert card.licence


def test_the_mean_quality_is_what_was_aimed_for():
    values = [next(q.value for q in zoo.card(f"tf-{tf}").quality if q.metric == "auROC") for tf in FACTORS]
    assert np.mean(values) >= 0.915


@pytest.mark.parametrize("unit", ["A", "CA", "CCACCAGGGGGCGC", "GATTACAGGCATTTACGCAGTCC"])
def test_integrated_gradients_add_up_on_repeats_too(shipped, unit):
    sequence = (unit * 101)[:101]
    assert integrated_gradients(shipped["CTCF"].logit_fn, sequence).completeness_error < 0.01


def test_a_repeated_ctcf_core_is_bound(shipped):
    x = one_hot(["CCACCAGGGGGCGC" * 14 + "AAAA"])
    assert tfbinding.probability(shipped["CTCF"](x))[0] >= 0.99
    assert tfbinding.probability(tfbinding.track([shipped["CTCF"]], x[0]).log_odds).max() >= 0.99


@pytest.mark.parametrize("base", "ACGT")
@pytest.mark.parametrize("length", [101, 200])
def test_repeats_of_one_base_are_not_bound(shipped, base, length):
    p = tfbinding.probability(tfbinding.scores(list(shipped.values()), one_hot([base * length])))[:, 0]
    assert {tf: float(v) for tf, v in zip(shipped, p, strict=True) if v >= 0.2} == {}


SITES = [
    ("MAX", "CACGTG"),
    ("USF1", "CACGTG"),
    ("MYC", "CACGTG"),
    ("SRF", "CCATATTAGG"),
    ("REST", "TTCAGCACCATGGACAGCGCC"),
    ("GATA1", "GATAAG"),
    ("GATA3", "GATAAG"),
]


def rise(model, shuffles, site, at):
    """Change of log-odds when `site` is put into each sequence."""
    planted = [s[:at] + site + s[at + len(site) :] for s in shuffles]
    return model(one_hot(planted)) - model(one_hot(shuffles))


@pytest.mark.parametrize(("tf", "site"), SITES)
def test_a_planted_site_raises_its_factor(shipped, tf, site):
    rng = np.random.default_rng(0)
    sequences = ["".join(rng.choice(list("ACGT"), 101, p=[0.23, 0.27, 0.27, 0.23])) for _ in range(60)]
    shuffles = [dinucleotide_shuffle(s, rng) for s in sequences]
    middle, side = rise(shipped[tf], shuffles, site, 50 - len(site) // 2), rise(shipped[tf], shuffles, site, 15)
    assert (middle > 0).mean() >= 0.9
    assert middle.mean() > 1
    assert side.mean() > 0.3
    control = rise(shipped[tf], shuffles, dinucleotide_shuffle("ACTG" * 6, rng)[: len(site)], 50 - len(site) // 2)
    assert middle.mean() > control.mean() + 0.5


@pytest.mark.parametrize(("tf", "site"), SITES)
def test_a_planted_site_raises_its_factor_in_shuffled_real_dna(shipped, shared_data, tf, site):
    from biocore.tfbinding.train.data import find, load_dna, one_hot_codes

    data = load_dna(find(shared_data / "tfbs", tf, "valid"), tf)
    codes = dinucleotide_shuffles(data.codes[data.labels == 1][:100], seed=0)
    planted, at = codes.copy(), 50 - len(site) // 2
    planted[:, at : at + len(site)] = ["ACGT".index(letter) for letter in site]
    change = shipped[tf](one_hot_codes(planted)) - shipped[tf](one_hot_codes(codes))
    assert (change > 0).mean() >= 0.9


def test_the_quality_on_a_card_can_be_measured_again(shipped, shared_data):
    from biocore.stats.ranking import auroc
    from biocore.tfbinding.train.data import find, load_dna, one_hot_codes

    data = load_dna(find(shared_data / "tfbs", "TP53", "valid"), "TP53")
    measured = auroc(data.labels, shipped["TP53"](one_hot_codes(data.codes)))
    stated = next(q.value for q in zoo.card("tf-TP53").quality if q.metric == "auROC")
    assert measured == pytest.approx(stated, abs=5e-4)


# -------------------------------------------------------------------------------------------------- broken folders


@pytest.fixture
def copies():
    """Two shipped folders copied to the user's models."""
    folder = runtime.home() / "models"
    for name in ("tf-trunk", "tf-CTCF"):
        shutil.copytree(runtime.ASSETS / "models" / name, folder / name)
    return folder


def test_a_users_copy_loads_and_wins(copies):
    assert zoo.card("tf-CTCF").folder == copies / "tf-CTCF" and zoo.load("tf-CTCF").tf == "CTCF"


@pytest.mark.parametrize("name", ["tf-trunk", "tf-CTCF"])
def test_damaged_weights_are_not_used(copies, name):
    path = copies / name / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(ModelUnavailable, match="damaged or was changed"):
        zoo.load("tf-CTCF")


def test_a_trunk_of_another_training_run_is_not_used(copies):
    card = zoo.read_card(copies / "tf-trunk" / "card.json")
    path = copies / "tf-trunk" / "model.safetensors"
    from safetensors.numpy import load_file, save_file

    save_file({name: array + 1 for name, array in load_file(path).items()}, path)
    zoo.write_card(card)
    with pytest.raises(ModelUnavailable, match="another training run"):
        zoo.load("tf-CTCF")


def test_a_trunk_is_no_model_of_its_own():
    with pytest.raises(InputError, match="part of other models"):
        zoo.load("tf-trunk")
