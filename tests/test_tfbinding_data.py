"""Reading labelled DNA: what is accepted and what is refused, in which words; shuffles and splits by hand."""

import gzip
from collections import Counter

import numpy as np
import pytest

from biocore.errors import DataUnavailable, InputError
from biocore.sequence import dinucleotide_shuffles, one_hot, reverse_complement
from biocore.tfbinding.train.data import (
    KINDS,
    DnaDataset,
    apart,
    batches,
    factors,
    find,
    load_dna,
    one_hot_codes,
    overlapping,
    reverse_complement_codes,
    shared_kmers,
)
from biocore.tfbinding.train.seeds import enriched_words

A, B = "ACGTACGTACGTACGTACGTACGT", "TTTTTTTTTTTTCCCCCCCCCCCC"


def write(path, text):
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode()))
    else:
        path.write_text(text)
    return path


def letters(codes):
    return ["".join("ACGTN"[c] for c in row) for row in codes]


def random_codes(rows, length=101, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (rows, length)).astype(np.uint8)


@pytest.mark.parametrize("name", ["X_train.csv", "X_train.csv.gz", "X_train_sequences.csv", "X_train_sequences.csv.gz"])
def test_the_layouts_that_are_found(tmp_path, name):
    write(tmp_path / name, f"sequence,label,subset\n{A},1,train\n{B},0,train\n")
    assert factors(tmp_path) == ["X"]
    data = load_dna(find(tmp_path, "X", "train"), "X")
    assert letters(data.codes) == [A, B]
    assert data.labels.tolist() == [1, 0]
    assert [KINDS[k] for k in data.kinds] == ["positive", "other"]


def test_kinds_of_negatives(tmp_path):
    path = write(
        tmp_path / "X_train.csv",
        f"sequence,label,negative_kind\n{A},1,\n{B},0,dinucleotide_shuffle\n{B},0,genomic\n",
    )
    data = load_dna(path, "X")
    assert [KINDS[k] for k in data.kinds] == ["positive", "dinucleotide_shuffle", "genomic"]
    assert data.is_against("genomic").tolist() == [True, False, True]


def test_lower_case_and_ambiguous_letters(tmp_path):
    path = write(tmp_path / "X_train.csv", f"sequence,label\n{A.lower()},1\n{'R' + A[1:-1] + 'n'},0\n")
    assert letters(load_dna(path, "X").codes) == [A, "N" + A[1:-1] + "N"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"seq,label\n{A},1\n", r"has no column 'sequence'; its columns are 'seq', 'label'.*needed"),
        (f"sequence,label\n{A},1\n{A[:-1]}!,0\n", r"row 2.*position 24: '!' is not a DNA letter; A, C, G, T, N"),
        (f"sequence,label\n{A},1\n{A[:-1]}é,0\n", r"row 2.*position 24: 'é' is not a DNA letter"),
        (f"sequence,label\n{A},1\n{A},maybe\n", r"row 2.*label 'maybe' is neither 1"),
        (f"sequence,label\n{A},0\n{B},0\n", r"no positives \(label 1\)"),
        (f"sequence,label\n{A},1\n", r"no negatives \(label 0\)"),
        (f"sequence,label\n{A},1\n{A},1\n{B}A,0\n", r"row 3.*25 bp, while most rows have 24"),
        ("sequence,label\nACGT,1\nACGT,0\n", "4 bp are too short; 20 bp or more"),
        ("sequence,label\n", "no rows"),
        ("", "cannot be read as CSV"),
    ],
)
def test_bad_files_are_refused_with_file_and_row(tmp_path, text, message):
    path = write(tmp_path / "X_train.csv", text)
    with pytest.raises(InputError, match=message) as error:
        load_dna(path, "X")
    assert "X_train.csv" in str(error.value)


def test_a_damaged_archive_is_refused(tmp_path):
    path = tmp_path / "X_train.csv.gz"
    path.write_bytes(b"\x1f\x8b not gzip")
    with pytest.raises(InputError, match="cannot be read as CSV"):
        load_dna(path, "X")


def test_missing_files_say_what_is_there(tmp_path):
    with pytest.raises(DataUnavailable, match="does not exist"):
        factors(tmp_path / "no")
    with pytest.raises(DataUnavailable, match="no file named FACTOR_train.csv"):
        factors(tmp_path)
    write(tmp_path / "MAX_train.csv", "sequence,label\n")
    with pytest.raises(DataUnavailable, match=r"no train file of JUN.*It has: MAX"):
        find(tmp_path, "JUN", "train")


def test_codes_and_letters_agree():
    codes = np.array([[0, 1, 2, 3, 4]], np.uint8)
    np.testing.assert_array_equal(one_hot_codes(codes), one_hot(["ACGTN"]))
    assert letters(reverse_complement_codes(codes)) == [reverse_complement("ACGTN")]


def pairs(row):
    return Counter(zip(row[:-1].tolist(), row[1:].tolist(), strict=True))


def test_shuffles_keep_every_pair_and_both_ends():
    codes = random_codes(300)
    codes[0] = 0  # one letter only
    codes[1, 40:60] = 4  # unknown bases count as a letter
    shuffled = dinucleotide_shuffles(codes, seed=0)
    assert all(pairs(a) == pairs(b) for a, b in zip(codes, shuffled, strict=True))
    np.testing.assert_array_equal(codes[:, [0, -1]], shuffled[:, [0, -1]])
    assert 0.2 < (codes[2:] == shuffled[2:]).mean() < 0.35
    np.testing.assert_array_equal(shuffled, dinucleotide_shuffles(codes, seed=0))
    assert (shuffled != dinucleotide_shuffles(codes, seed=1)).any()


def test_every_shuffle_is_equally_likely():
    """ACAGACG has four shuffles that keep its pairs; each comes up in a quarter of the draws."""
    codes = np.tile(np.array([[0, 1, 0, 2, 0, 1, 2]], np.uint8), (8000, 1))
    found = Counter(letters(dinucleotide_shuffles(codes, seed=0)))
    assert set(found) == {"ACACGAG", "ACAGACG", "ACGACAG", "AGACACG"}
    assert all(abs(count / 8000 - 0.25) < 0.02 for count in found.values())


def test_tiny_inputs_are_left_as_they_are():
    codes = np.array([[0, 1]], np.uint8)
    np.testing.assert_array_equal(dinucleotide_shuffles(codes, seed=0), codes)
    assert dinucleotide_shuffles(np.zeros((0, 30), np.uint8), seed=0).shape == (0, 30)


def test_overlapping_places_are_seen_on_either_strand():
    genome = random_codes(1, 300)[0]
    ours, theirs = genome[None, 50:151], genome[None, 110:211]  # 41 bp in common: eleven 31-mers
    assert shared_kmers(ours, theirs).tolist() == [11]
    assert shared_kmers(ours, reverse_complement_codes(theirs)).tolist() == [11]
    assert shared_kmers(ours, random_codes(5, 101, seed=9)).tolist() == [0]


@pytest.mark.parametrize(
    ("length", "shared", "same"), [(101, 50, True), (101, 49, False), (40, 40, True), (40, 39, False)]
)
def test_rows_that_share_fifty_bases_are_one_place_and_short_ones_that_are_the_same(length, shared, same):
    genome = random_codes(1, 300)[0]
    ours, theirs = genome[None, :length], genome[None, length - shared : 2 * length - shared]
    assert overlapping(ours, theirs).tolist() == overlapping(ours, reverse_complement_codes(theirs)).tolist() == [same]


def test_training_rows_on_held_out_places_are_left_out():
    genome = random_codes(1, 5000)[0]
    windows = genome[np.arange(0, 4800, 40)[:, None] + np.arange(101)]  # neighbours share 61 bp
    data = DnaDataset("X", windows, np.arange(len(windows)) % 2, np.zeros(len(windows), np.uint8))
    held_out = data.rows(np.arange(len(windows)) % 10 == 0)
    train = data.rows(np.arange(len(windows)) % 10 != 0)
    kept = apart(train, held_out)
    assert len(kept) == len(train) - 2 * len(held_out) + 1  # both neighbours of each; the first has one
    assert apart(kept, held_out).codes.tolist() == kept.codes.tolist()
    with pytest.raises(InputError, match="record 'X': all 60 positives of the training file share 50 bp or more"):
        apart(data, data)


def test_kmers_with_unknown_bases_are_nobodys():
    unknown, thymines = np.full((2, 101), 4, np.uint8), np.full((2, 101), 3, np.uint8)
    assert shared_kmers(unknown, thymines).tolist() == shared_kmers(thymines, unknown).tolist() == [0, 0]
    assert shared_kmers(unknown, unknown).tolist() == [0, 0]
    one = thymines.copy()
    one[0, 50] = 4  # 31 of the 71 31-mers hold it
    assert shared_kmers(one, thymines).tolist() == [40, 71]
    assert shared_kmers(thymines[:, :20], thymines).tolist() == [0, 0]  # shorter than a k-mer


def test_words_with_unknown_bases_are_not_enriched():
    rng = np.random.default_rng(0)
    codes, labels = random_codes(400, 60), np.repeat([0, 1], 200)
    codes[labels == 1, 20:40] = 4  # masked in the bound rows only
    assert not [word for word in enriched_words(codes, labels, count=20) if (word == 3).sum() >= 7]
    codes[labels == 1, 45:53] = [0, 1, 2, 2, 0, 1, 0, 2]
    rng.shuffle(codes[labels == 0])
    assert enriched_words(codes, labels, count=1)[0].tolist() in ([0, 1, 2, 2, 0, 1, 0, 2], [1, 3, 2, 3, 1, 1, 2, 3])


def test_batches_use_each_row_at_most_once():
    rows = batches(103, 10, seed=0)
    assert rows.shape == (10, 10)
    assert len(set(rows.ravel().tolist())) == 100


def test_real_files(shared_data):
    data = load_dna(find(shared_data / "tfbs", "TP53", "valid"), "TP53")
    assert data.codes.shape == (870, 101)
    assert [int((data.kinds == k).sum()) for k in range(4)] == [435, 215, 220, 0]
