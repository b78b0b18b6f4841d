"""First filters, tables of words, and the command line on tiny files it can learn."""

import itertools
import json
from dataclasses import replace

import numpy as np
import pytest

from biocore import tfbinding, zoo
from biocore.__main__ import main
from biocore.sequence import one_hot, reverse_complement
from biocore.stats.calibration import calibrate, reliability
from biocore.tfbinding import VARIANTS
from biocore.tfbinding.train.baseline import fit_gapped_regression, gapped_words
from biocore.tfbinding.train.measure import cross_fitted
from biocore.tfbinding.train.seeds import enriched_words, seeded_kernel

WORD = "CACGTGACTA"


@pytest.fixture(autouse=True)
def few_filters(monkeypatch):
    """Networks of the same make, quicker to compile and to train."""
    for name, whole in list(VARIANTS.items()):
        blocks = tuple((min(filters, 32), width, pool) for filters, width, pool in whole.blocks)
        monkeypatch.setitem(VARIANTS, name, replace(whole, blocks=blocks, mlp=min(whole.mlp, 32)))


def planted(rows, seed, word=WORD):
    """Random sequences; in the first half `word`, on either strand, near the middle."""
    rng = np.random.default_rng(seed)
    sequences = ["".join(rng.choice(list("ACGT"), 101)) for _ in range(rows)]
    labels = [int(i < rows // 2) for i in range(rows)]
    for i in range(rows // 2):
        at = int(rng.integers(35, 55))
        insert = word if i % 2 else reverse_complement(word)
        sequences[i] = sequences[i][:at] + insert + sequences[i][at + len(word) :]
    return sequences, labels


def test_the_planted_word_is_the_most_enriched():
    sequences, labels = planted(400, 0)
    codes = one_hot(sequences).argmax(axis=2).astype(np.uint8)
    words = enriched_words(codes, np.array(labels), count=3)
    best = "".join("ACGT"[i] for i in words[0])
    assert best in WORD or best in reverse_complement(WORD)
    assert len(words) <= 3


def test_seeded_filters_answer_to_their_word():
    kernel = np.random.default_rng(0).normal(0, 0.05, (14, 4, 5)).astype(np.float32)
    word = np.array([0, 1, 2, 3, 3, 2, 1, 0])
    seeded = seeded_kernel(kernel, [word])
    np.testing.assert_array_equal(seeded[..., 1:], kernel[..., 1:])
    assert seeded[np.arange(3, 11), word, 0].sum() > 8 * 0.3 * 0.75 * 0.7
    np.testing.assert_array_equal(seeded_kernel(kernel[:5], [word]), kernel[:5])  # no room for a word


def test_gapped_words_of_a_kmer_are_what_it_holds():
    """Words of two letters in 3-mers: AA without a gap (two places, half each), A.A; a strand and its other are one."""
    held = gapped_words(3, 2).toarray()
    assert held.shape == (64, 2 * 16)
    assert np.flatnonzero(held[0]).tolist() == [0, 16] and held[0, [0, 16]].tolist() == [1, 1]  # AAA
    number = {"".join(w): i for i, w in enumerate(itertools.product("ACGT", repeat=3))}
    for word, i in number.items():
        np.testing.assert_array_equal(held[i], held[number[reverse_complement(word)]])
        assert held[i].sum() == 2
    ac_cg = np.flatnonzero(held[number["ACG"]])
    assert held[number["ACG"], ac_cg].tolist() == [0.5, 0.5, 1]  # AC, CG and A.G


def test_a_table_of_gapped_words_finds_a_word_with_a_gap():
    """The first three and the last two letters are always there, the three between are not."""
    rng = np.random.default_rng(0)
    codes = rng.integers(0, 4, (300, 40)).astype(np.uint8)
    labels = np.arange(300) % 2
    codes[labels == 1, 20:23], codes[labels == 1, 26:28] = [0, 1, 0], [2, 0]
    table = fit_gapped_regression(codes, labels, strength=0.3, letters=5)
    bases = np.arange(4**8)[:, None] // 4 ** np.arange(7, -1, -1) % 4
    fits = (bases[:, [0, 1, 2, 6, 7]] == [0, 1, 0, 2, 0]).all(axis=1)
    assert table[fits].min() > np.percentile(table, 99)
    turned = (3 - bases[:, ::-1]) @ 4 ** np.arange(7, -1, -1)
    np.testing.assert_allclose(table, table[turned], atol=1e-6)


@pytest.fixture
def folder(tmp_path):
    for name, word in (("AAA", WORD), ("BBB", "GGATTTCCAA")):
        for split, rows, seed in (("train", 600, 1), ("valid", 120, 2)):
            sequences, labels = planted(rows, seed + len(word) * (name == "BBB"), word)
            lines = [f"{s},{label}" for s, label in zip(sequences, labels, strict=True)]
            (tmp_path / f"{name}_{split}.csv").write_text("\n".join(["sequence,label", *lines]) + "\n")
    return tmp_path


def site(word):
    rng = np.random.default_rng(5)
    plain = ["".join(rng.choice(list("ACGT"), 101)) for _ in range(20)]
    return one_hot(plain), one_hot([s[:45] + word + s[45 + len(word) :] for s in plain])


def test_train_one_factor_then_load_it_by_name(folder, capsys):
    """Trained to the home folder, the model is found by its name and knows the word."""
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "AAA", "--epochs", "8"]) == 0
    written = capsys.readouterr().out.strip()
    assert written.endswith("tf-AAA")
    model = zoo.load("tf-AAA")
    plain, bound = site(WORD)
    assert (model(bound) > model(plain)).mean() > 0.9
    card = zoo.card("tf-AAA")
    assert card.source == "user"
    assert {q.metric for q in card.quality} >= {"auROC", "auPRC", "auROC of the 6-mer baseline"}
    assert all(q.low <= q.value <= q.high for q in card.quality)
    history = json.loads((card.folder / "history.json").read_text())
    assert len(history["train_loss"]) == len(history["metrics"])
    assert card.details["history"] == history
    assert card.details["training_rows"] == {"positives": 300, "negatives": 300, "overlapping": 0, "left_out": 0}


def test_a_random_split_of_overlapping_windows_is_seen_and_said(tmp_path, capsys):
    """Windows tiled over each other, split at random: most training rows lie on held-out ones."""
    rng = np.random.default_rng(0)
    genome = "".join(rng.choice(list("ACGT"), 9000))
    rows = [f"{genome[i : i + 101]},{i // 30 % 2}" for i in range(0, 6000, 30)]  # neighbours share 71 bp
    rng.shuffle(rows)
    far = [f"{genome[i : i + 101]},{i // 101 % 2}" for i in range(6200, 8800, 101)]
    for split, part in (("train", rows[40:] + far), ("valid", rows[:40])):
        (tmp_path / f"AAA_{split}.csv").write_text("\n".join(["sequence,label", *part]) + "\n")
    assert main(["train", "tfbinding", "--data", str(tmp_path), "--tf", "AAA", "--epochs", "1"]) == 0
    card = zoo.card("tf-AAA")
    rows = card.details["training_rows"]
    assert rows["overlapping"] > 50 and rows["positives"] + rows["negatives"] + rows["overlapping"] == 160 + len(far)
    assert f"{rows['overlapping']} that overlap held-out windows were left out" in card.trained_on
    assert f"AAA: {rows['overlapping']} of {160 + len(far)} training rows share 50 bp" in capsys.readouterr().err


def test_train_several_with_one_trunk_and_evaluate_them(folder, capsys, tmp_path):
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "all", "--epochs", "4", "--seed", "1"]) == 0
    capsys.readouterr()
    a, b = zoo.load("tf-AAA"), zoo.load("tf-BBB")
    assert a.trunk is b.trunk
    assert main(["evaluate", "tfbinding", "--data", str(folder), "--tf", "AAA,BBB", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["tf"] for row in rows] == ["AAA", "BBB", "mean"]
    assert rows[2]["auroc"] == pytest.approx((rows[0]["auroc"] + rows[1]["auroc"]) / 2)
    assert rows[0]["auroc_low"] <= rows[0]["auroc"] <= rows[0]["auroc_high"]
    assert [q.value for q in zoo.card("tf-AAA").quality if q.metric == "auROC"] == [
        pytest.approx(rows[0]["auroc"], abs=1e-3)
    ]
    assert rows[0]["gain"] == pytest.approx(rows[0]["auroc"] - rows[0]["baseline_auroc"])
    # the tables alone are fitted again: from the same rows they come out the same
    trunk, before = zoo.card("tf-trunk").sha256, zoo.card("tf-AAA")
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "all", "--keep-network"]) == 0
    assert zoo.card("tf-trunk").sha256 == trunk
    after = zoo.read_card(before.folder / "card.json")
    assert after.details["calibration"] == pytest.approx(before.details["calibration"], rel=1e-3)
    np.testing.assert_allclose(tfbinding.load(after).kmers, a.kmers, atol=1e-3 * np.abs(a.kmers).max())


def test_calibration_is_measured_on_rows_that_did_not_calibrate():
    """Many noise columns fit the rows they were fitted on; only rows of the other half show that they mean nothing."""
    rng = np.random.default_rng(0)
    labels, columns = rng.integers(0, 2, 120), rng.normal(size=(120, 40))
    weights, offset = calibrate(labels, columns)
    same_rows = reliability(labels, tfbinding.probability(columns @ weights + offset))
    log_odds = cross_fitted(labels, columns, seed=0)
    other_rows = reliability(labels, tfbinding.probability(log_odds))
    assert same_rows.brier < 0.2 < 0.25 < other_rows.brier
    changed = columns.copy()
    changed[0] += 100  # one row enters the calibration of the other half only
    moved = np.isclose(cross_fitted(labels, changed, seed=0), log_odds)
    assert 59 <= moved.sum() <= 60
    assert np.isnan(cross_fitted(np.array([1, 0, 0, 0]), columns[:4], seed=0)).all()


def test_cards_say_how_calibration_was_measured_and_are_measured_again(folder, capsys):
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "AAA", "--epochs", "2"]) == 0
    before = zoo.card("tf-AAA")
    assert before.details["reliability"]["note"] == "each half calibrated on the other"
    (folder / "AAA_test.csv").write_bytes((folder / "BBB_valid.csv").read_bytes())  # not its word: it knows nothing
    arguments = ["evaluate", "tfbinding", "--data", str(folder), "--tf", "AAA", "--split", "test", "--json"]
    capsys.readouterr()
    assert main(arguments) == 0 and zoo.card("tf-AAA") == before
    assert main([*arguments, "--cards"]) == 0
    after = zoo.read_card(before.folder / "card.json")
    assert {q.split for q in after.quality} == {"test"} and after.quality[0].value < before.quality[0].value
    assert after.details["reliability"]["note"] == "rows that took no part in calibration"
    assert after.sha256 == before.sha256 and after.details["calibration"] == before.details["calibration"]
    assert after.details["reliability"]["brier"] > 0.2 > before.details["reliability"]["brier"]


@pytest.mark.parametrize("variant", ["single-conv", "two-transformers"])
def test_the_books_variants_train_by_name_from_its_files(variant, tmp_path, capsys):
    """200 bp in FACTOR_train_sequences.csv, further columns ignored; transformer blocks score 200 bp too."""
    for split, rows in (("train", 200), ("valid", 60)):
        sequences, labels = planted(rows, rows)
        table = [f"{s + s[:99]},{label},x,{split}" for s, label in zip(sequences, labels, strict=True)]
        text = "\n".join(["sequence,label,transcription_factor,subset", *table]) + "\n"
        (tmp_path / f"ATF2_{split}_sequences.csv").write_text(text)
    out = tmp_path / "models"
    arguments = ["--tf", "ATF2", "--epochs", "1", "--variant", variant, "--out", str(out)]
    assert main(["train", "tfbinding", "--data", str(tmp_path), *arguments]) == 0
    card = zoo.read_card(out / f"tf-ATF2-{variant}" / "card.json")
    assert (card.details["variant"], card.window) == (variant, 200)
    assert (card.folder / "history.json").exists()
    assert np.isfinite(tfbinding.load(card)(one_hot([sequences[0] + "A" * 99]))).all()


def test_sequences_shorter_than_a_window_train_as_they_are_scored(tmp_path):
    """30 bp, less than the convolutions reach over: they are set between unknown bases in training too."""
    rng = np.random.default_rng(0)
    for split, rows in (("train", 400), ("valid", 100)):
        plain = ["".join(rng.choice(list("ACGT"), 30)) for _ in range(rows)]
        lines = [f"{s[:10] + WORD + s[20:] if i % 2 else s},{i % 2}" for i, s in enumerate(plain)]
        (tmp_path / f"X_{split}.csv").write_text("\n".join(["sequence,label", *lines]) + "\n")
    assert main(["train", "tfbinding", "--data", str(tmp_path), "--tf", "X", "--epochs", "4"]) == 0
    quality = {q.metric: q.value for q in zoo.card("tf-X").quality}
    assert quality["auROC"] > 0.95
    assert zoo.card("tf-X").details["reliability"]["error"] < 0.1


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--tf", "CCC"], 2, "no data of CCC; there are: AAA, BBB"),
        (["--tf", "AAA", "--epochs", "0"], 2, "0 epochs; use 1 or more"),
        (["--tf", ","], 2, "no data of any factor"),
    ],
)
def test_bad_arguments_are_refused(folder, arguments, status, message, capsys):
    assert main(["train", "tfbinding", "--data", str(folder), *arguments]) == status
    assert message in capsys.readouterr().err


def test_a_missing_valid_file_and_mixed_lengths_are_refused(folder, capsys):
    (folder / "AAA_valid.csv").rename(folder / "kept.csv")
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "AAA"]) == 3
    assert "no valid file of AAA" in capsys.readouterr().err
    (folder / "AAA_valid.csv").write_text("sequence,label\n" + "A" * 60 + ",1\n" + "C" * 60 + ",0\n")
    assert main(["train", "tfbinding", "--data", str(folder), "--tf", "AAA"]) == 2
    assert "[60, 101] bp; all files of one run must have one length" in capsys.readouterr().err
