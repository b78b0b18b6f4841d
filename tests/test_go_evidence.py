"""Evidence that can be checked by hand: alignments, families' votes, phrases, sequences that are no proteins."""

import go_toys as toys
import numpy as np
import pytest

from biocore.go import evidence
from biocore.go.families import FamilyHits, FamilyIndex
from biocore.go.homology import UNKNOWN, HomologyIndex, group_matrix
from biocore.go.neighbours import group_numbers
from biocore.go.pairwise import pairwise
from biocore.go.seeds import SeedIndex, words
from biocore.go.train import chance
from biocore.plot import function_evidence as plot

LYSOZYME = (
    "KVFGRCELAAAMKRHGLDNYRGYSLGNWVCAAKFESNFNTQATNRNTDGSTDYGILQINSRWWC"
    "NDGRTPGSRNLCNIPCSALLSSDITASVNCAKKIVSDGNGMNAWVAWRNRCKGTDVQAWIRGCRL"
)


def test_an_alignment_names_the_positions_of_both():
    index = HomologyIndex.build(["GGGGG" + LYSOZYME, LYSOZYME])
    left_out = LYSOZYME[:60] + LYSOZYME[70:]
    found = pairwise(index, left_out, 0)
    assert found.blocks() == [(0, 5, 60), (60, 75, len(LYSOZYME) - 70)]
    assert found.same.all() and found.reference_length == len(LYSOZYME) + 5
    inserted = pairwise(index, LYSOZYME[:60] + "PPPP" + LYSOZYME[60:], 1)
    assert inserted.blocks() == [(0, 0, 60), (64, 60, len(LYSOZYME) - 60)]
    assert not pairwise(index, "X" * 40, 0).blocks()
    figure = plot.alignment(found, ("mine", "theirs"), [("family 1", 9, 30)])
    bands = [trace.text for trace in figure.data if trace.fill == "toself"]
    assert bands[0] == "1 to 60 on 6 to 65: 100% in the same group"
    assert tuple(figure.data[-1].x) == (10, 30)  # counted from 1


def test_words_on_one_diagonal_are_scored_without_gaps():
    matrix = np.full((UNKNOWN + 1, UNKNOWN + 1), -1.0)
    matrix[:UNKNOWN, :UNKNOWN] = group_matrix()
    rng = np.random.default_rng(0)
    references = ["".join(rng.permutation(list(LYSOZYME))) for _ in range(30)] + [LYSOZYME[40:100]]
    index = HomologyIndex.build(references)
    seeds = SeedIndex(index.groups, index.lengths.astype(np.int64), UNKNOWN)
    found = seeds.scores(group_numbers(LYSOZYME), matrix)
    own = np.diag(group_matrix())[group_numbers(LYSOZYME[40:100])].sum()
    assert found[-1] == own and found[:-1].max() < own / 3
    assert (seeds.scores(group_numbers("X" * 50), matrix) == 0).all()
    assert (words(group_numbers("ACX" + LYSOZYME), UNKNOWN)[:3] == -1).all()


def test_a_filtered_search_finds_what_a_whole_one_finds(monkeypatch):
    from biocore.go import homology

    table = toys.proteins(120)
    index = HomologyIndex.build(list(table["Sequence"]))
    asked = [s[10:60] for s in table["Sequence"][:8]]
    whole = index.search(asked, top=1)
    monkeypatch.setattr(homology, "KEPT", 20)
    assert index.candidates(asked[0]) is None  # too short to need it
    index = HomologyIndex.build(list(table["Sequence"]), filtered=True)
    assert len(index.candidates(asked[0])) <= 20
    filtered = index.search(asked, top=1, exclude=None)
    np.testing.assert_array_equal(filtered.indices, whole.indices)
    np.testing.assert_array_equal(filtered.bits, whole.bits)
    without = index.search(asked, top=1, exclude=[hits for hits in whole.indices])
    assert (without.indices != whole.indices).all()


def test_families_vote_with_the_terms_of_their_annotated_proteins():
    # proteins 0, 1, 2 are of family 7, protein 2 also of family 9; term 0 is that of proteins 0 and 1
    annotated = FamilyHits.of(
        [[(7, 80.0, 1e-20, 0, 50)], [(7, 60.0, 1e-15, 0, 50)], [(7, 50.0, 1e-9, 0, 50), (9, 90.0, 1e-22, 60, 99)], []]
    )
    labels = np.array([[True, False], [True, False], [False, True], [False, True]])
    frequency = labels.mean(axis=0)
    index = FamilyIndex.build(annotated)
    assert index.known.tolist() == [7, 9]
    query = FamilyHits.of([[(7, 70.0, 1e-18, 3, 40), (7, 20.0, 1e-4, 50, 60)], [(9, 70.0, 0.5, 0, 9)], []])
    assert query.families.tolist() == [7, 9] and (query.begin[0], query.end[0]) == (3, 60)
    said = index.votes(query, labels, frequency)
    np.testing.assert_allclose(said.fraction[0], [(70 + 60) / 180, 50 / 180], rtol=1e-5)
    np.testing.assert_allclose(said.likeliest[0], [(2 + 3 * 0.5) / 6, (1 + 3 * 0.5) / 6], rtol=1e-5)
    np.testing.assert_allclose(said.closest[0], [70, 50])
    assert (said.bits[0], said.known[0]) == (70, 3)
    assert not said.fraction[1:].any() and not said.bits[1:].any()  # too weak, or none
    np.testing.assert_allclose(said.likeliest[1:], [frequency, frequency])
    alone = index.votes(query.take([0]), labels, frequency, exclude=[np.array([0, 1])])
    np.testing.assert_allclose(alone.fraction[0], [0, 1])
    assert np.isinf(query.best[2]) and query.best[1] == 0.5
    again = FamilyIndex.from_arrays(index.arrays())
    np.testing.assert_array_equal(again.votes(query, labels, frequency).likeliest, said.likeliest)


def test_sequences_that_are_none_keep_lengths_and_composition():
    real = [LYSOZYME * n for n in range(1, 40)] + ["MKV"]
    shuffled = chance.shuffled_sequences(real, 60, seed=3)
    assert len(shuffled) == 23  # of 60 to 3,000 residues
    assert {"".join(sorted(s)) for s in shuffled} <= {"".join(sorted(s)) for s in real}
    assert not set(shuffled) & set(real)
    random = chance.random_sequences(200, seed=3)
    assert min(map(len, random)) >= 60 and max(map(len, random)) <= 3000
    assert random == chance.random_sequences(200, seed=3) != chance.random_sequences(200, seed=4)


def test_family_hits_that_do_not_fit_are_refused():
    hits = FamilyHits.of([[(1, 5.0, 0.1, 0, 3)]])
    with pytest.raises(ValueError, match="starts"):
        FamilyHits(np.array([0, 2]), hits.families, hits.bits, hits.expect, hits.begin, hits.end)
    with pytest.raises(ValueError, match="do not fit"):
        FamilyIndex(np.array([0, 2]), hits.families, hits.bits)


def test_windows_cover_every_residue_once_or_more():
    for length in (20, 33, 110, 1487, 5000):
        windows = evidence.windows_for(length)
        covered = np.zeros(length, int)
        for start, stop in windows:
            covered[start:stop] += 1
        assert covered.min() >= 1 and windows[-1][1] == length and len(windows) < 70


def test_random_windows_have_the_same_sizes_and_do_not_overlap():
    rng = np.random.default_rng(0)
    for _ in range(50):
        windows = evidence._random_windows([(0, 5), (9, 20)], 40, rng)
        assert sorted(b - a for a, b in windows) == [5, 11]
        assert windows[0][1] <= windows[1][0] and windows[-1][1] <= 40
