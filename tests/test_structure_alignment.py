"""Pairs of residues: small cases by hand, and two globins whose equivalent residues are in every textbook."""

import numpy as np
import pytest

from biocore.errors import InputError
from biocore.structure import build_peptide
from biocore.structure.alignment import align
from biocore.structure.superposition import fit, superpose

# Human haemoglobin beta and sperm whale myoglobin: one fold, a quarter of the residues the same.
BETA = (
    "VHLTPEEKSAVTALWGKVNVDEVGGEALGRLLVVYPWTQRFFESFGDLSTPDAVMGNPKVKAHGKKVLGAFSDGLAHLDNLKGTFATLSELHCDKLHVDPENFRLLGNVLVCVLAH"
    "HFGKEFTPPVQAAYQKVVAGVANALAHKYH"
)
MYOGLOBIN = (
    "VLSEGEWQLVLHVWAKVEADVAGHGQDILIRLFKSHPETLEKFDRFKHLKTEAEMKASEDLKKHGVTVLTALGAILKKKGHHEAELKPLAQSHATKHKIPIKYLEFISEAIIHVLHS"
    "RHPGDFGADAQGAMNKALELFRKDIAAKYKELGYQG"
)


def test_align_pairs_are_known():
    assert align("ACDEF", "ACDEF") == [(i, i) for i in range(5)]
    assert align("MMACDEFGHIK", "ACDEFGHIK") == [(i + 2, i) for i in range(9)]
    assert align("ACDEFGHIK", "MMACDEFGHIK") == [(i, i + 2) for i in range(9)]
    deleted = align("ACDEFGHIKLMNPQ", "ACDEFGKLMNPQ")
    assert (7, 6) not in deleted and (8, 6) in deleted and len(deleted) == 12
    assert align("", "AC") == []


def test_remote_homologues_find_the_residues_that_hold_the_haem():
    pairs = dict(align(BETA, MYOGLOBIN))
    same = sum(BETA[i] == MYOGLOBIN[j] for i, j in pairs.items())
    assert len(pairs) > 140 and same / len(pairs) < 0.33
    # 1-based: proximal histidine F8 (92 and 93), distal histidine E7 (63 and 64), phenylalanine CD1 (42 and 43)
    assert {pairs[92 - 1], pairs[63 - 1], pairs[42 - 1]} == {93 - 1, 64 - 1, 43 - 1}


def test_remote_homologues_are_superposed():
    result = superpose(build_peptide(BETA), "A", build_peptide(MYOGLOBIN), "A")
    assert len(result.pairs) > 140 and result.identity < 0.33
    assert not np.isnan(result.rmsd)


def test_letters_that_no_matrix_knows_still_align():
    assert align("MKUOACDEF", "MKUXACDEF") == [(i, i) for i in range(9)]
    assert align("MGASK", "XGXS") == [(0, 0), (1, 1), (2, 2), (3, 3)]


def test_nucleic_acids_have_their_own_scores():
    assert align("ACGUACGU", "ACGTACGT", "rna") == [(i, i) for i in range(8)]
    assert align("AAAA", "CCCC", "dna") == []
    assert align("ACGTNACGT", "ACGTACGT", "dna")[4:] == [(5, 4), (6, 5), (7, 6), (8, 7)]


def test_sequences_too_long_to_align_are_told(monkeypatch):
    monkeypatch.setattr("biocore.structure.alignment.MAX_CELLS", 20)
    with pytest.raises(InputError, match="sequences of 5 and 6 residues are too long"):
        align("ACDEF", "ACDEFG")


def test_the_fit_is_that_of_the_singular_value_decomposition():
    """Kabsch (1976), doi:10.1107/S0567739476001873, written out as the reference."""
    rng = np.random.default_rng(0)
    for count in (3, 10, 200):
        a, b = rng.normal(size=(2, count, 3)) * 20
        u, _, vt = np.linalg.svd((b - b.mean(0)).T @ (a - a.mean(0)))
        expected = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(vt.T @ u.T))]) @ u.T
        rotation, shift = fit(a, b)
        np.testing.assert_allclose(rotation, expected, atol=1e-4)
        np.testing.assert_allclose(shift, a.mean(0) - expected @ b.mean(0), atol=1e-4)


def test_points_on_one_line_have_no_fit():
    line = np.array([[0.0, 0, 0], [1, 0, 0], [2, 0, 0]])
    with pytest.raises(InputError, match="lie on one line"):
        fit(line, line[:, [1, 0, 2]])
