"""Neighbours by k-mers, their votes, clusters, and the alignment programs that are the yardstick."""

import go_toys as toys
import numpy as np
import pytest

from biocore.errors import InputError
from biocore.go import neighbours
from biocore.go.train import alignment


def test_a_protein_is_most_like_itself_and_its_homologues():
    table = toys.proteins(60, seed=2)
    index = neighbours.KmerIndex.build(list(table["Sequence"]))
    hits = index.search(list(table["Sequence"]), top=5)
    assert (hits.indices[:, 0] == np.arange(60)).all()
    np.testing.assert_allclose(hits.similarity[:, 0], 1, atol=1e-5)
    assert (hits.similarity[:, :-1] >= hits.similarity[:, 1:]).all()
    homologues = (hits.indices[:, 1] % 4) == (np.arange(60) % 4)
    assert homologues.mean() > 0.9


def test_votes_by_hand():
    hits = neighbours.ReferenceHits(np.array([[1, 0, -1]]), np.array([[1.0, 0.5, 0.0]], np.float32))
    labels = np.array([[True, True], [False, True]])
    share, closest = neighbours.votes(hits, labels, hits.similarity)
    np.testing.assert_allclose(share, [[1 / 3, 1]], rtol=1e-6)
    np.testing.assert_allclose(closest, [[0.5, 1]])


def test_nothing_shared_means_no_neighbour():
    index = neighbours.KmerIndex.build(["ACDEFGHIKL"])
    assert index.search(["WWWWWWWWWW", "XXXXXXXX", "MK"]).best.tolist() == [0, 0, 0]


def test_clusters_join_homologues_and_identical_sequences():
    rng = np.random.default_rng(1)
    one, two = ("".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 120)) for _ in range(2))
    groups = neighbours.cluster([one, one[:100] + two[:20], two, one, "MK", "MK"])
    assert groups[0] == groups[1] == groups[3] != groups[2]
    assert groups[4] == groups[5]


@pytest.mark.skipif(not alignment.programs("auto"), reason="neither mmseqs nor blastp is installed")
def test_alignment_finds_a_relative():
    rng = np.random.default_rng(4)
    sequences = ["".join(rng.choice(list("ACDEFGHIKLMNPQRSTVWY"), 150)) for _ in range(5)]
    query = sequences[2][:60] + "W" + sequences[2][61:]
    hits = alignment.align([query, "MKMKMKMKMKMKMK"], sequences, tool=alignment.programs("auto")[0])
    assert hits["reference"].tolist() == [2] and hits["identity"][0] > 0.95
    labels = np.eye(5, dtype=bool)
    np.testing.assert_allclose(alignment.transfer(hits, labels, 2), [[0, 0, 1, 0, 0], [0] * 5])
    assert np.isnan(alignment.nearest_identity(hits, 2)[1])


def test_alignment_programs_are_checked():
    assert alignment.programs("none") == ()
    with pytest.raises(InputError, match="not known"):
        alignment.programs("clustal")
