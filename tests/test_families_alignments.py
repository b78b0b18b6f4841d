"""Alignments and databases of users, and the blend with a language model."""

import numpy as np
import pytest
from families_toys import PRIOR, made_up, random_protein, relatives

from biocore.errors import DataUnavailable, InputError
from biocore.families import alignments
from biocore.families.blend import KNOTS, Blend, fit_blend, plain_blend
from biocore.families.database import database_alignment, database_profile, kept_alignment
from biocore.sequence import AMINO_ACIDS


@pytest.fixture(scope="module")
def ancestors():
    return made_up()


A3M = ">query\nACDEFGHIKL\n>one\nACDEFGHIKV\n>two with an insertion\nACDEFaaGHIK-\n>three\n--DEYGHIKL\n"


def test_a3m_drops_insertions_and_leaves_the_protein_out():
    profile = alignments.alignment_profile(A3M, "ACDEFGHIKL", PRIOR, pseudocount=0.001)
    assert profile.effective[0] == pytest.approx(profile.effective[1])
    assert profile.probabilities[4, AMINO_ACIDS.index("Y")] > 0.2  # F in two close ones, Y in one
    assert profile.probabilities[9, AMINO_ACIDS.index("V")] > 0.3


def test_aligned_fasta_and_stockholm_say_the_same():
    fasta = ">q\nACDE-FGH\n>a\nACDEWFGH\n>b\nACNE-FGH\n"
    stockholm = "# STOCKHOLM 1.0\n\nq ACDE-\na ACDEW\nb ACNE-\n\nq FGH\na FGH\nb FGH\n//\n"
    one, other = (alignments.alignment_profile(t, "ACDEFGH", PRIOR, pseudocount=1.0) for t in (fasta, stockholm))
    np.testing.assert_array_equal(one.probabilities, other.probabilities)


def test_an_alignment_of_a_longer_protein_serves_its_fragment():
    profile = alignments.alignment_profile(A3M, "DEFGHI", PRIOR, pseudocount=0.1)
    assert len(profile) == 6 and profile.probabilities[0].argmax() == AMINO_ACIDS.index("D")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "The alignment is empty"),
        ("ACDEF", "no line starts with '>'"),
        (">a\nACDE\n", "holds one sequence"),
        (
            ">a\nACDE\n>b\nACD\n",
            "record 'b': the sequence that begins on line 3 has 3 aligned columns, the first one has 4",
        ),
        (">a\nAC1E\n>b\nACDE\n", "record 'a', position 3: '1' in the sequence that begins on line 1"),
        (">a\nACDE\n>b\nACDE\n", "No sequence of the alignment is the protein"),
        ("# STOCKHOLM 1.0\nq ACDE extra\n//\n", "line 2 of the Stockholm file"),
    ],
)
def test_bad_alignments_say_what_and_where(text, message):
    with pytest.raises(InputError, match=message):
        alignments.alignment_profile(text, "WWWW", PRIOR, pseudocount=1.0)


def test_a_database_is_searched_and_the_result_kept(tmp_path, ancestors):
    rng = np.random.default_rng(12)
    path = tmp_path / "db.fasta"
    others = [random_protein(rng, 120) for _ in range(60)]
    path.write_text("".join(f">r{i}\n{s}\n" for i, s in enumerate(others + relatives(rng, ancestors[4], 12, kept=0.6))))
    steps = []
    ask = dict(pseudocount=1.0, progress=lambda done, total: steps.append((done, total)))
    profile = database_profile(ancestors[4], path, PRIOR, **ask)
    assert steps[-1] == (144, 144)
    assert profile.coverage > 0.9 and {hit.family for hit in profile.hits} <= {f"r{i}" for i in range(60, 72)}
    agreement = np.mean(
        [AMINO_ACIDS[p.argmax()] == a for p, a in zip(profile.probabilities, ancestors[4], strict=True)]
    )
    assert agreement > 0.85
    again = database_profile(
        ancestors[4], path, PRIOR, pseudocount=1.0, progress=lambda *a: pytest.fail("searched again")
    )
    np.testing.assert_allclose(again.probabilities, profile.probabilities, atol=1e-5)
    assert again.hits == profile.hits
    kept = kept_alignment(ancestors[4], path)  # what contacts are read from, without a second search
    rows = database_alignment(ancestors[4], path, progress=lambda *a: pytest.fail("searched again"))
    assert kept is not None and rows == alignments.read_alignment(kept.read_text())
    assert rows[0][1].replace("-", "") == ancestors[4]
    assert {name.split("/")[0] for name, *_ in rows[1:]} == {hit.family for hit in profile.hits}
    assert kept_alignment(ancestors[3], path) is None and kept_alignment(ancestors[4], tmp_path / "gone.fasta") is None


def test_residues_that_most_homologues_lack_stay_columns_of_the_second_search(tmp_path, ancestors):
    rng = np.random.default_rng(14)
    path, query = tmp_path / "db.fasta", ancestors[4]
    cut = [one[:40] + one[46:] for one in relatives(rng, query, 20, kept=0.7)]
    path.write_text("".join(f">r{i}\n{s}\n" for i, s in enumerate(cut)))
    profile = database_profile(query, path, PRIOR, pseudocount=1.0)
    assert len(profile) == len(query) and profile.coverage > 0.8
    assert profile.effective[40:46].max() < 5 < profile.effective[30]


def test_a_database_without_relatives_or_without_file_says_so(tmp_path):
    path = tmp_path / "db.fasta"
    path.write_text(">a\n" + random_protein(np.random.default_rng(13), 90) + "\n")
    assert database_profile("ACDEFGHIKLMNPQRSTVWY" * 3, path, PRIOR, pseudocount=1.0).coverage == 0
    with pytest.raises(DataUnavailable, match="not on this machine"):
        database_profile("ACDEF", tmp_path / "none.fasta", PRIOR, pseudocount=1.0)
    path.write_text("")
    with pytest.raises(InputError, match="holds no sequence"):
        database_profile("ACDEF", path, PRIOR, pseudocount=1.0)


def drawn(rng, probabilities):
    return np.array([rng.choice(20, p=p / p.sum()) for p in probabilities.astype(float)])


def test_a_fitted_blend_trusts_the_half_that_knows():
    rng = np.random.default_rng(14)
    good = rng.dirichlet(np.full(20, 0.3), 800)
    noise = rng.dirichlet(np.full(20, 3.0), 800)
    truth = drawn(rng, good)
    effective = np.full(800, 8.0)
    fitted = fit_blend(good, noise, effective, truth)
    a, b = fitted.weights(np.array([8.0]))
    assert a[0] == pytest.approx(1, abs=0.15) and abs(b[0]) < 0.2
    loss = [-np.log(p[np.arange(800), truth]).mean() for p in (good, noise, fitted(good, noise, effective))]
    assert loss[2] <= min(loss[:2]) + 0.01


def test_without_homologues_the_plain_blend_is_the_language_model():
    rng = np.random.default_rng(15)
    profile, model = rng.dirichlet(np.ones(20), 4), rng.dirichlet(np.ones(20), 4)
    mixed = plain_blend()(profile, model, np.array([0, 0, 5, 500.0]))
    np.testing.assert_allclose(mixed[:2], model[:2], atol=1e-3)
    np.testing.assert_allclose(mixed.sum(axis=1), 1, atol=1e-5)


def test_without_homologues_every_blend_is_the_language_model():
    rng = np.random.default_rng(18)
    profile, model = rng.dirichlet(np.ones(20), 200), rng.dirichlet(np.ones(20), 200)
    effective = np.where(np.arange(200) % 2, 0.0, 4.0)
    fitted = fit_blend(profile, model, effective, drawn(rng, profile))
    mixed = fitted(profile, model, effective)
    np.testing.assert_allclose(mixed[1::2], model[1::2], atol=1e-6)


def test_a_blend_needs_a_weight_for_each_knot():
    with pytest.raises(ValueError, match=f"{len(KNOTS)} knots"):
        Blend(np.ones(2), np.ones(2), fitted=True)
