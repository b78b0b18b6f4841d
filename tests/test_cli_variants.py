"""``variants`` on the command line, with a toy model and a toy library."""

import numpy as np
import pandas as pd
import pytest
import variants_toys as toys

from biocore.cli import main, variants

SEQUENCE = toys.SEQUENCE


class Library:
    def profile(self, sequence, *, hidden=()):
        return toys.profile(sequence)

    def database_profile(self, sequence, path, *, hidden=(), progress=None):
        return toys.profile(sequence, own=0.2)


@pytest.fixture(autouse=True)
def toy_models(monkeypatch):
    monkeypatch.setattr(variants, "open_model", lambda name: toys.model())
    monkeypatch.setattr(variants, "open_families", lambda name: Library())


def table(tmp_path, *arguments):
    out = tmp_path / "out.csv"
    assert main(["variants", SEQUENCE, *arguments, "--out", str(out)]) in (0, None)
    return pd.read_csv(out)


def test_every_substitution_with_its_parts(tmp_path):
    found = table(tmp_path)
    assert len(found) == 19 * len(SEQUENCE)
    scan = toys.model().scan(SEQUENCE, toys.profile())
    assert list(found.columns) == ["record", "position", "variant", "score", "percentile", "caution", *scan.groups]
    parts = found[list(scan.groups)].sum(axis=1) + scan.intercept
    np.testing.assert_allclose(parts, found["score"], atol=1e-4)


def test_named_variants_with_an_offset_and_several_at_once(tmp_path, capsys):
    found = table(tmp_path, "--variants", "K12A p.Thr13Trp K12A:T13W A12K", "--offset", "10").set_index("variant")
    assert found.loc["K12A:T13W", "score"] == pytest.approx(
        found.loc["K12A", "score"] + found.loc["T13W", "score"], abs=1e-4
    )
    assert found.loc["K12A", "position"] == 12 and "residue 12 is K" in found.loc["A12K", "problem"]
    assert "sum of the single ones" in capsys.readouterr().err


def test_a_file_of_variants_names_the_line_that_cannot_be_read(tmp_path, capsys):
    file = tmp_path / "list.csv"
    file.write_text("mutant,note\nK2A,first\nT3W,second\n")
    assert table(tmp_path, "--variants", str(file))["variant"].tolist() == ["K2A", "T3W"]
    file.write_text("K2A\nT3*\n")
    assert main(["variants", SEQUENCE, "--variants", str(file)]) not in (0, None)
    assert "line 2 of list.csv" in capsys.readouterr().err


def test_an_assay_is_learned_from_and_the_next_variants_are_named(tmp_path, capsys):
    rows = toys.model().scan(SEQUENCE, toys.profile()).table().sample(60, random_state=0)
    assay = tmp_path / "assay.csv"
    pd.DataFrame({"mutant": rows["variant"], "score": 2 * rows["score"] + 5}).to_csv(assay, index=False)
    found = table(tmp_path, "--assay", str(assay), "--variants", "K2A Q9A:K2W")
    assert found["predicted"][0] == pytest.approx(2 * found["score"][0] + 5, abs=0.05)
    assert "untrained: Spearman 1.000" in capsys.readouterr().err
    following = table(tmp_path, "--assay", str(assay), "--next", "5", "--diverse")
    assert len(following) == 5 and following["position"].is_unique and following["well"][0] == "A1"


def test_what_cannot_be_is_said(tmp_path, capsys):
    assert main(["variants", SEQUENCE, "--next", "5"]) not in (0, None)
    assert "go with --assay" in capsys.readouterr().err
    few = tmp_path / "few.csv"
    few.write_text("mutant,score\nK2A,1\nT3W,2\n")
    assert main(["variants", SEQUENCE, "--assay", str(few)]) not in (0, None)
    assert "2 measured variants can be used" in capsys.readouterr().err


def test_a_model_of_another_task_is_refused(monkeypatch, capsys):
    monkeypatch.undo()
    assert main(["variants", SEQUENCE, "--model", "tf-CTCF"]) not in (0, None)
    assert "does not score variants" in capsys.readouterr().err


def test_a_database_and_an_assay_of_ones_own_are_measured_apart(capsys, tmp_path):
    asked = ["evaluate", "variants", "--data", str(tmp_path), "--database", "x.fasta", "--assays", "a"]
    assert main(asked) == 2 and "give one of them" in capsys.readouterr().err


def test_homologues_of_a_database_are_averaged_with_the_families(tmp_path):
    found = table(tmp_path, "--database", "x.fasta")
    one, other = (toys.model().scan(SEQUENCE, toys.profile(own=own)) for own in (0.62, 0.2))
    both = one.averaged(other).table()
    np.testing.assert_allclose(found["score"], both["score"], atol=1e-4)
    np.testing.assert_allclose(found["profile"], both["profile"], atol=1e-4)
