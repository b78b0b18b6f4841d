"""Families: columns, packing, search, training and tables, on families whose answer is known."""

import os
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from families_toys import BACKGROUND, family, made_up, random_protein, relatives

from biocore.families import columns, hmm, library, search, unpacked
from biocore.families.mixture import fit_mixture
from biocore.families.model import Families, as_tensors, from_tensors
from biocore.families.tables import constrained_table, family_table, profile_table
from biocore.families.train.build import build_library, family_of
from biocore.families.train.calibrate import FILTER_CALIBRATION, calibrate
from biocore.families.train.msa import FamilyAlignment, Pair, align_members, carried_over
from biocore.families.train.recipe import Proteins, cluster_families, relative_families
from biocore.families.unpacked import keep, opened
from biocore.sequence import AMINO_ACIDS
from biocore.zoo import ModelCard

CARD = ModelCard("toy", "protein-families", "Toy", "assets", "p", "toys", "none", "CC0", "none")


@pytest.fixture(scope="module")
def ancestors():
    return made_up()


@pytest.fixture(scope="module")
def toy(ancestors):
    rng = np.random.default_rng(1)
    made = build_library([family(rng, a) for a in ancestors], seed=0, calibration=dict.fromkeys(hmm.CALIBRATION, 0.0))
    made = replace(made, calibration=calibrate(made, families=20, sequences=100))
    return Families(made, CARD, hash="toy")


def test_ends_are_open_and_inner_gaps_stay():
    row = columns.open_ends(columns.encode("--AC-D--")[None])[0]
    assert row.tolist() == [21, 21, 0, 1, 20, 2, 21, 21]


def test_frequencies_weigh_rare_sequences_more_and_sum_to_one():
    rows = np.stack([columns.encode(s) for s in ("AAAAAAAAAA", "AAAAAAAAAA", "CCCCCCCCCC")])
    seen = columns.columns(rows)
    assert seen.frequencies[0, 0] == pytest.approx(0.5) and seen.frequencies[0, 1] == pytest.approx(0.5)
    np.testing.assert_allclose(seen.frequencies.sum(axis=1), 1, atol=1e-6)
    assert seen.effective[0] == pytest.approx(2)  # the copy counts once
    assert seen.present[0] == 3


def test_order_of_sequences_does_not_matter(ancestors):
    rng = np.random.default_rng(2)
    rows = np.stack([columns.encode(s) for s in relatives(rng, ancestors[0], 20)])
    one, other = columns.columns(rows), columns.columns(rows[rng.permutation(20)])
    np.testing.assert_allclose(one.frequencies, other.frequencies, atol=1e-5)


def test_unknown_residues_and_absent_ends_count_nowhere():
    rows = columns.open_ends(np.stack([columns.encode(s) for s in ("AXA", "A--", "AAA")]))
    seen = columns.columns(rows)
    assert seen.present.tolist() == [3, 1, 2]
    assert seen.occupancy[1] == pytest.approx(1)


def test_packing_keeps_a_family_to_within_its_rounding(ancestors):
    made = family(np.random.default_rng(3), ancestors[0])
    back = library.unpack(library.pack(made), made.name, made.members)
    assert np.abs(back.frequencies - made.frequencies).max() < 0.06
    np.testing.assert_allclose(np.log(back.effective), np.log(made.effective), atol=0.25)


def test_a_library_survives_its_file(toy):
    back = from_tensors(as_tensors(toy.library))
    for index in (0, len(back) - 1):
        np.testing.assert_array_equal(back.family(index).frequencies, toy.library.family(index).frequencies)
    np.testing.assert_array_equal(back.states, toy.library.states)
    assert back.calibration == pytest.approx(toy.library.calibration, rel=1e-6)


def test_a_library_is_unpacked_once_and_kept(toy, tmp_path, monkeypatch):
    folder = tmp_path / "families" / "key"
    first, second = (replace(toy.library, folder=folder) for _ in range(2))
    np.testing.assert_array_equal(first.states, toy.library.states)
    monkeypatch.setattr(library.Library, "_unpack", lambda self: pytest.fail("unpacked again"))
    np.testing.assert_array_equal(second.unpacked.columns, toy.library.unpacked.columns)
    np.testing.assert_array_equal(second.states, toy.library.states)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["key"]  # nothing half-written stays


@pytest.mark.parametrize("name", ["columns.npy", "states.npy", "digests.json"])
def test_a_damaged_file_of_unpacked_columns_is_made_anew(toy, tmp_path, name):
    folder = tmp_path / "key"
    assert keep(folder, toy.library.unpacked)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    assert opened(folder, len(toy.library.states)) is None
    np.testing.assert_array_equal(replace(toy.library, folder=folder).states, toy.library.states)
    assert (folder / name).read_bytes() == content


def test_where_nothing_can_be_kept_the_columns_are_unpacked_in_memory(toy, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    made = replace(toy.library, folder=tmp_path / "file" / "key")
    np.testing.assert_array_equal(made.states, toy.library.states)
    monkeypatch.setattr(unpacked.shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    np.testing.assert_array_equal(replace(toy.library, folder=tmp_path / "full").states, toy.library.states)
    assert not (tmp_path / "full").exists()


def test_libraries_not_used_for_longest_are_dropped(toy, tmp_path):
    for number in range(unpacked.LIBRARIES + 1):
        folder = tmp_path / f"{number}"
        assert keep(folder, toy.library.unpacked)
        os.utime(folder / unpacked.MANIFEST, (number, number))
    assert keep(tmp_path / "new", toy.library.unpacked)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["2", "3", "new"]


def test_columns_that_fewer_than_three_members_reach_are_not_kept():
    rng = np.random.default_rng(4)
    whole, shared = random_protein(rng, 90), 60
    rows = np.stack([columns.encode(whole), *(columns.encode(whole[:shared] + "-" * 30) for _ in range(3))])
    made = family_of(FamilyAlignment(rows, np.zeros(rows.shape, bool)), "f")
    assert len(made) == shared


def test_a_family_of_two_is_none():
    rows = np.stack([columns.encode("ACDEFGHIKL" * 4)] * 2)
    assert family_of(FamilyAlignment(rows, np.zeros(rows.shape, bool)), "f") is None


def test_typical_columns_are_found_again():
    rng = np.random.default_rng(5)
    kinds = np.eye(20, dtype=np.float32)[[1, 18]] * 0.9 + 0.005
    drawn = kinds[rng.integers(0, 2, 500)]
    fitted = fit_mixture(drawn, np.full(500, 10, np.float32), components=2, seed=0)
    assert sorted(fitted.components.argmax(axis=1).tolist()) == [1, 18]


def test_a_new_relative_finds_its_family_and_the_ancestors_residues(toy, ancestors):
    rng = np.random.default_rng(6)
    query = relatives(rng, ancestors[7], 1, kept=0.6)[0]
    profile = toy.profile(query)
    assert profile.hits[0].family == library.Library.name(7) and profile.hits[0].evalue < 1e-6
    guessed = profile.probabilities.argmax(axis=1)
    right = np.mean([AMINO_ACIDS[g] == a for g, a in zip(guessed, ancestors[7], strict=True)])
    assert right > 0.9  # although the query itself has six in ten


def test_hidden_residues_do_not_change_what_a_column_says(toy, ancestors):
    query = ancestors[3]
    open_, hidden = toy.profile(query), toy.profile(query, hidden=(20,))
    assert hidden.sequence[20] == "X"
    np.testing.assert_allclose(open_.probabilities[20], hidden.probabilities[20], atol=0.05)


@pytest.mark.slow
def test_random_proteins_find_as_many_families_as_their_evalues_promise(toy):
    rng = np.random.default_rng(7)
    queries = [random_protein(rng, 150) for _ in range(150)]
    found = [toy.search(query, evalue=0.04, families=range(40)) for query in queries]  # past the filter
    evalues = [a.hit.evalue for hits in found for a in hits]
    assert 1 <= len(evalues) < 20  # 6 are promised
    assert sum(e < 0.001 for e in evalues) < 3  # 0.15 are promised


def test_the_filter_keeps_what_hmmer_finds(toy, ancestors):
    rng = np.random.default_rng(8)
    for number in range(0, 40, 8):
        query = relatives(rng, ancestors[number], 1, kept=0.55)[0]
        everything = {a.index for a in toy.search(query, families=range(40))}
        assert everything <= set(toy.candidates(query, most=200).tolist())


def test_a_protein_without_family_gets_the_background_and_says_so(toy):
    profile = toy.profile(random_protein(np.random.default_rng(9), 120))
    assert profile.coverage == 0 and not profile.hits
    np.testing.assert_allclose(profile.probabilities[0], BACKGROUND, atol=1e-6)
    assert np.isnan(profile.conservation).all()
    assert len(profile.most_constrained()) == 0


def test_two_domains_are_found_side_by_side(toy, ancestors):
    query = ancestors[1] + random_protein(np.random.default_rng(10), 40) + ancestors[2]
    profile = toy.profile(query)
    found = {hit.family: (hit.start, hit.end) for hit in profile.hits}
    first, second = found[library.Library.name(1)], found[library.Library.name(2)]
    assert first[1] <= len(ancestors[1]) + 5 and second[0] >= len(ancestors[1]) + 35


def test_hmmer_scores_alignment_and_model_alike(toy, ancestors):
    """Our model of a family against HMMER's own of the same sequences: bit scores of relatives agree closely."""
    from pyhmmer.easel import DigitalSequenceBlock, TextMSA, TextSequence
    from pyhmmer.plan7 import Background, Builder, Pipeline

    rng = np.random.default_rng(1)
    families = [relatives(rng, a, 30) for a in ancestors]
    text = [TextSequence(name=f"s{i}", sequence=s) for i, s in enumerate(families[5])]
    msa = TextMSA(name="f", sequences=text).digitize(hmm.alphabet())
    theirs, _, _ = Builder(hmm.alphabet()).build_msa(msa, Background(hmm.alphabet()))
    made = toy.library.family(5)
    emissions = hmm.search_probabilities([made], [toy.library.trust[5]], toy.library.prior)[0]
    ours = hmm.build_hmm(made, emissions, toy.library.calibration)
    block = DigitalSequenceBlock(hmm.alphabet())
    for i, s in enumerate(relatives(np.random.default_rng(11), ancestors[5], 8, kept=0.6)):
        block.append(TextSequence(name=f"q{i}", sequence=s).digitize(hmm.alphabet()))
    scores = [
        {hit.name: hit.score for hit in Pipeline(hmm.alphabet(), E=1e9, Z=1).search_hmm(model, block)}
        for model in (theirs, ours)
    ]
    assert scores[0].keys() == scores[1].keys()
    ratio = np.array([scores[1][k] / scores[0][k] for k in scores[0]])
    assert 0.85 < ratio.mean() < 1.15


def test_cigars_lay_members_on_their_representative():
    made = align_members(columns.encode("ACDEFG"), [(columns.encode("WCDWWF"), Pair(1, 1, 1, "2M2D1I1M"))])
    assert made.rows[1].tolist() == [21, *columns.encode("CD"), 20, *columns.encode("F"), 21]
    assert made.inserted[1].tolist() == [False, False, True, False, False, False]


def test_rows_are_carried_over_to_another_representative():
    other = align_members(columns.encode("CDEF"), [(columns.encode("CWEF"), Pair(1, 0, 0, "4M"))])
    made = carried_over(other, Pair(0, 2, 1, "1M1I2M"), 8)
    assert made.rows[1].tolist() == [21, 21, *columns.encode("W"), 20, *columns.encode("EF"), 21, 21]


def test_small_clusters_get_a_family_from_their_relatives(tmp_path, ancestors):
    rng = np.random.default_rng(16)
    sequences = relatives(rng, ancestors[0], 5, kept=0.8)
    codes = [columns.encode(s) for s in sequences]
    groups = {i: [] for i in range(5)}
    length = len(sequences[0])
    lines = [f"{q}\t{t}\t1\t1\t{length}M\t1e-20\t1\t1\n" for q in range(5) for t in range(5)]
    (tmp_path / "relatives.tsv").write_text("".join(lines))
    assert not list(cluster_families(groups, codes.__getitem__))
    made = list(relative_families(groups, tmp_path / "relatives.tsv", np.zeros(5, bool), codes.__getitem__))
    assert len(made) == 1 and made[0].members == 5 and len(made[0]) == length


def test_held_out_clusters_are_those_of_the_language_model():
    from biocore.esm2.train.corpus import Corpus

    clusters = np.arange(5000)
    corpus = Corpus(np.zeros(5000, np.uint8), np.arange(5001), clusters, ())
    np.testing.assert_array_equal(Proteins(("A",) * 5000, clusters).part(0, 0.01), corpus.held_out(0.01))


def test_calibration_puts_filters_where_hmmer_does(toy):
    from pyhmmer.easel import TextMSA, TextSequence
    from pyhmmer.plan7 import Background, Builder

    rng = np.random.default_rng(17)
    places = []
    for length in (80, 250):
        text = [
            TextSequence(name=f"s{i}", sequence=s)
            for i, s in enumerate(relatives(rng, random_protein(rng, length), 20))
        ]
        msa = TextMSA(name="f", sequences=text).digitize(hmm.alphabet())
        theirs, _, _ = Builder(hmm.alphabet()).build_msa(msa, Background(hmm.alphabet()))
        msv, _, viterbi, _, forward, _ = np.asarray(theirs.evalue_parameters.as_vector())
        size = np.log2(length)
        line = toy.library.calibration
        ours = [line[f"{name}_constant"] + line[f"{name}_length"] * size for name in hmm.FILTERS]
        places.append(np.array([msv, viterbi, forward]) - ours)
    assert np.abs(places).max() < 2.5
    assert set(FILTER_CALIBRATION) < set(hmm.CALIBRATION)


def test_tables_count_from_one_and_name_the_family(toy, ancestors):
    query = ancestors[6]
    profile = toy.profile(query)
    table = profile_table(profile, query, record="p")
    assert table.columns.tolist() == ["record", "position", "wild_type", *AMINO_ACIDS, "homologues", "family"]
    assert table["position"].tolist()[:2] == [1, 2] and table["family"][10] == library.Library.name(6)
    hits = family_table(profile.hits, record="p")
    assert hits["start"][0] == profile.hits[0].start + 1 and hits["end"][0] == profile.hits[0].end
    best = constrained_table(profile, query, count=5)
    assert best["conservation"].is_monotonic_decreasing and len(best) == 5


def test_search_of_an_unspellable_or_empty_protein(toy):
    assert search.FamilySearch(toy.library).search("X" * 30) == []
    assert toy.profile("").coverage != toy.profile("").coverage  # NaN
