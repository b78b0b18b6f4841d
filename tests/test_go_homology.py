"""Local alignments over amino-acid groups, held against Biopython's aligner and against chance."""

import go_toys as toys
import numpy as np
import pytest
from Bio.Align import PairwiseAligner, substitution_matrices

from biocore.go import homology, neighbours
from biocore.go import train as training
from biocore.sequence import AMINO_ACIDS


def random_proteins(count, length, seed):
    rng = np.random.default_rng(seed)
    share = np.array(homology.BACKGROUND) / sum(homology.BACKGROUND)
    return ["".join(rng.choice(list(AMINO_ACIDS), length, p=share)) for _ in range(count)]


@pytest.fixture(scope="module")
def proteins():
    return list(toys.proteins(40)["Sequence"])


@pytest.fixture(scope="module")
def index(proteins):
    return homology.HomologyIndex.build(proteins)


def test_a_group_of_one_letter_scores_as_in_blosum62():
    matrix, blosum = homology.group_matrix(), substitution_matrices.load("BLOSUM62")
    np.testing.assert_array_equal(matrix, matrix.T)
    single = [i for i, group in enumerate(neighbours.GROUPS) if len(group) == 1]
    for i in single:
        for j in single:
            a, b = neighbours.GROUPS[i], neighbours.GROUPS[j]
            assert abs(matrix[i, j] - blosum[a][b]) <= 1  # the frequencies here are not those it was rounded with
    assert (np.diag(matrix) > 0).all()


def test_scores_are_those_of_another_aligner(index, proteins):
    letters = "ABCDEFGHIJK"
    aligner = PairwiseAligner(mode="local", open_gap_score=-homology.GAP_OPEN, extend_gap_score=-homology.GAP_EXTEND)
    aligner.substitution_matrix = substitution_matrices.Array(letters, 2, homology.group_matrix().astype(float))
    grouped = ["".join(letters[g] for g in neighbours.group_numbers(p)) for p in proteins]
    query = proteins[3][20:70] + proteins[8][:40]
    wanted = [aligner.score("".join(letters[g] for g in neighbours.group_numbers(query)), other) for other in grouped]
    np.testing.assert_allclose(index.scores(query), wanted)


def test_a_protein_is_nearest_to_itself(index, proteins):
    hits = index.search(proteins, top=5)
    assert (hits.indices[:, 0] == np.arange(len(proteins))).all()
    np.testing.assert_allclose(hits.similarity[:, 0], 1)
    assert (np.diff(hits.bits, axis=1) <= 0).all()


def test_chosen_and_excluded_rows(index, proteins):
    own = neighbours.same_cluster([n // 2 for n in range(len(proteins))])
    hits = index.search(proteins, exclude=own, top=3)
    assert all(set(own[row]).isdisjoint(hits.indices[row]) for row in range(len(proteins)))
    some = index.search(proteins[:2], among=np.array([7, 9]))
    assert set(some.indices.ravel()) <= {7, 9, -1}
    whole = index.scores(proteins[0])
    np.testing.assert_array_equal(index.scores(proteins[0], np.array([9, 7]))[[7, 9]], whole[[7, 9]])


def test_the_index_is_packed_and_comes_back(index, proteins):
    again = homology.HomologyIndex.from_arrays(index.arrays())
    np.testing.assert_array_equal(again.groups, index.groups)
    np.testing.assert_array_equal(again.scores(proteins[5]), index.scores(proteins[5]))
    assert index.arrays()["homology.groups"].nbytes <= index.residues // 2 + 1
    odd = homology.HomologyIndex.build(["MKVLX"])
    assert homology.HomologyIndex.from_arrays(odd.arrays()).sequences() == odd.sequences() == ["IKIIX"]


def test_sequences_cannot_be_read_back(index, proteins):
    back = index.sequences()
    same = np.mean([a == b for p, q in zip(proteins, back, strict=True) for a, b in zip(p, q, strict=True)])
    assert same < 0.7
    assert [neighbours.kmers(s).tolist() for s in back] == [neighbours.kmers(s).tolist() for s in proteins]


def test_unrelated_proteins_reach_e_values_as_often_as_these_say():
    references = homology.HomologyIndex.build(random_proteins(300, 350, 0))
    queries = random_proteins(150, 350, 1)
    hits = references.search(queries, top=1)
    values = homology.expect(hits.bits[:, 0], np.full(150, 350), references.residues)
    expected = 150 * (1 - np.exp(-0.1))  # chance of one or more hits with E <= 0.1, for each query
    assert 0.3 * expected < (values <= 0.1).sum() < 2.5 * expected
    assert (values > 1e-4).all()


def test_excess_bits_start_at_ten_chance_hits():
    hits = homology.HomologueHits(np.array([[0, 1]]), np.array([[0.5, 0.1]]), np.array([[40.0, 10.0]], np.float32))
    found = homology.excess_bits(hits, np.array([100]), 1024 * 100)
    np.testing.assert_allclose(found, [[40 - np.log2(1024 * 1000), 0]], rtol=1e-5)
    assert homology.expect(np.array([40.0]), np.array([100]), 1000)[0] == pytest.approx(1e5 / 2**40)


def test_a_shuffled_sequence_shares_little_unless_there_are_few_kinds(index):
    diverse = toys.proteins(1, seed=50)["Sequence"][0]
    collagen = "GPPGAPGPPGPKGPPGEP" * 6
    both = homology.HomologyIndex.build([diverse, collagen])
    hits = both.search([diverse, collagen], top=1)
    chance = both.shuffled_bits([diverse, collagen], hits)
    assert chance[0] < 0.3 * hits.bits[0, 0]
    assert chance[1] > 0.4 * hits.bits[1, 0]


def test_nothing_to_align_is_no_neighbour(index):
    hits = index.search(["", "X" * 30, "W"], top=2)
    assert (hits.indices[:2] == -1).all() and (hits.bits[:2] == 0).all()
    assert len(index.search([]).indices) == 0
    assert homology.HomologyIndex.build([]).search(["MKV"]).best.tolist() == [0]


def test_alignments_are_made_once(index, proteins, tmp_path, monkeypatch):
    own = neighbours.same_cluster(list(range(len(proteins))))
    first = training.stored_neighbours(index, proteins, tmp_path, exclude=own, part=16)
    monkeypatch.setattr(homology.HomologyIndex, "search", lambda *a, **k: pytest.fail("aligned again"))
    again = training.stored_neighbours(index, proteins, tmp_path, exclude=own, part=16)
    for name in ("indices", "similarity", "bits"):
        np.testing.assert_array_equal(getattr(first, name), getattr(again, name))
    with pytest.raises(pytest.fail.Exception):
        training.stored_neighbours(index, proteins, tmp_path, part=16)  # without exclusion it is another question


def test_fewer_references_are_kept_for_a_very_long_protein():
    assert [homology.kept(length) for length in (50, 10_000, 20_000, 34_350)] == [2000, 2000, 1000, 582]
