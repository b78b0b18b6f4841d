"""Names of variants, the offset that would make them fit, their scores, and measured tables."""

import math

import numpy as np
import pandas as pd
import pytest

from biocore.errors import InputError
from biocore.esm2 import MASKED, SubstitutionScan
from biocore.esm2.measured import compare, read_measurements
from biocore.esm2.variants import (
    Substitution,
    fitting_offsets,
    parse_positions,
    parse_variant,
    parse_variants,
    score_variants,
)
from biocore.esm2.vocabulary import IDS
from biocore.sequence import AMINO_ACIDS
from biocore.stats.correlation import spearman

PROTEIN = "MKTAYF"


@pytest.fixture
def scan():
    """Scores that can be read off: the log-odds of letter j at residue i is -(10 i + j), the wild type's 0."""
    logs = np.zeros((len(PROTEIN), 33), np.float32)
    for i, wild_type in enumerate(PROTEIN):
        for j, letter in enumerate(AMINO_ACIDS):
            logs[i, IDS[letter]] = 0.0 if letter == wild_type else -(10 * i + j + 0.5)
    return SubstitutionScan(PROTEIN, MASKED, logs, "toy")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("F48S", ["F48S"]),
        ("p.Phe48Ser", ["F48S"]),
        ("p.(Phe48Ser)", ["F48S"]),
        ("f48s", ["F48S"]),
        ("F48S:L29P", ["F48S:L29P"]),
        ("F48S, L29P;A1G\nK2R\tF48S", ["F48S", "L29P", "A1G", "K2R"]),
        ("F-3S", ["F-3S"]),
        ("p.[Phe48Ser;Leu29Pro] A1G", ["F48S:L29P", "A1G"]),
    ],
)
def test_names_that_are_read(text, expected):
    assert [str(variant) for variant in parse_variants(text)] == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "No variant is given. Write F48S"),
        ("F48", "'F48' is not a substitution"),
        ("F48*", "is a stop or no change"),
        ("p.Phe48Ter", "is a stop or no change"),
        ("p.Phe48=", "is a stop or no change"),
        ("Xaa3Ala", "'Xaa' in 'Xaa3Ala' is not one of the 20"),
        ("B12C", "'B' in 'B12C' is not one of the 20"),
        ("A1G:A1C", "changes one residue twice"),
        ("48insA", "is not a substitution"),
        ("p.Leu8del", "'p.Leu8del' is not a substitution.*Deletions, insertions and frame shifts cannot"),
        ("p.Lys2_Met3insGln", "Deletions, insertions and frame shifts cannot be scored here"),
        ("A1G " * 10_001, "10,001 variants given; up to 10,000"),
    ],
)
def test_names_that_are_refused(text, message):
    with pytest.raises(InputError, match=message):
        parse_variants(text)


def test_positions():
    assert parse_positions("3", PROTEIN) == [2]
    assert parse_positions("F6, M1 3", PROTEIN) == [0, 2, 5]
    assert parse_positions("Thr3", PROTEIN) == [2]
    assert parse_positions("T-21", PROTEIN, offset=-24) == [2]
    assert parse_positions(" ", PROTEIN) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("F3", "residue 3 is T, not F. With the numbering offset -3 it would fit."),
        ("7", "outside the protein, whose residues are numbered 1 to 6"),
        ("T103", r"outside.*1 to 6. With the numbering offset \+100 it would fit"),
        ("3..5", "is not a position"),
        ("W3", r"residue 3 is T, not W\.$"),
    ],
)
def test_positions_that_do_not_fit(text, message):
    with pytest.raises(InputError, match=message):
        parse_positions(text, PROTEIN)


def test_scores_are_looked_up_and_summed(scan):
    table = score_variants(scan, parse_variants("K2A, K2A:T3C")).table
    assert table["score"].tolist() == pytest.approx([-10.5, -10.5 - 21.5])
    assert table["problem"].tolist() == ["", ""]
    assert pd.isna(table["rank"][1]) and math.isnan(table["percentile"][1])


def test_rank_and_percentile_are_among_the_true_substitutions(scan):
    best = score_variants(scan, parse_variants("M1A")).table.iloc[0]  # -0.5, the highest of 6 x 19
    assert best["rank"] == 1 and best["percentile"] == pytest.approx(100 * (113 + 0.5) / 114)
    worst = score_variants(scan, parse_variants("F6Y")).table.iloc[0]  # -69.5, the lowest
    assert worst["rank"] == 114 and worst["percentile"] == pytest.approx(100 * 0.5 / 114)


def test_numbers_follow_the_offset(scan):
    table = score_variants(scan, parse_variants("K-22A"), offset=-24).table
    assert table["score"][0] == pytest.approx(-10.5)


def test_a_wild_type_that_does_not_fit_has_no_score_and_a_hint(scan):
    found = score_variants(scan, parse_variants("K12A, T13C, A14C"))
    assert found.table["score"].isna().all()
    assert "no residue 12: the protein has 1 to 6" in found.table["problem"][0]
    assert found.hint == "With the numbering offset +10 it would fit."
    one_slip = score_variants(scan, parse_variants("K2A, W3C"))
    assert one_slip.table["problem"].tolist() == ["", "residue 3 is T, not W"]
    assert np.isfinite(one_slip.table["score"][0]) and one_slip.hint == ""


def test_offsets_that_fit_every_wild_type():
    assert fitting_offsets("MKTMKT", [Substitution("M", 11, "A")]) == [7, 10]
    assert fitting_offsets("MKTMKA", [Substitution("K", 12, "A"), Substitution("T", 13, "A")]) == [10]
    assert fitting_offsets("MKT", [Substitution("W", 1, "A")]) == []


def test_residues_that_were_not_scanned_are_named(scan):
    logs = scan.token_log_probabilities.copy()
    logs[1] = np.nan
    part = SubstitutionScan(PROTEIN, MASKED, logs, "toy")
    assert score_variants(part, parse_variants("K2A")).table["problem"][0] == "residue 2 was not scanned yet"


@pytest.mark.parametrize(
    "text",
    [
        "mutant,DMS_score\nK2A,0.5\nT3C,-1\n",
        "variant\tfitness\nK2A\t0.5\nT3C\t-1\n",
        "id,change,effect size\n1,K2A,0.5\n2,T3C,-1\n",
        "hgvs_pro;score\np.Lys2Ala;0.5\np.Thr3Cys;-1\n",
        "mutant;score\nK2A;0,5\nT3C;-1,0\n",
        "mutant\tscore\nK2A\t0,5\nT3C\t-1\n",
        'mutant,score\n"K2A","0,5"\nT3C,-1\n',
        "empty,mutant,score\n,K2A,0.5\n,T3C,-1\n",
    ],
)
def test_measured_tables(text):
    table = read_measurements(text)
    assert [str(parse_variants(v)[0]) for v in table["variant"]] == ["K2A", "T3C"]
    assert table["measured"].tolist() == [0.5, -1.0]


def test_a_column_called_effect_is_preferred_to_an_index():
    table = read_measurements("number,mutant,effect\n1,K2A,0.5\n2,T3C,-1\n")
    assert table["measured"].tolist() == [0.5, -1.0]


@pytest.mark.parametrize("text", ["", "just words", "a,b\nx,y\n", "mutant,name\nK2A,x\n"])
def test_tables_without_what_is_needed_are_refused(text):
    with pytest.raises(InputError, match="columns are|not a CSV"):
        read_measurements(text)


def test_spearman_against_a_measurement_that_follows_the_scores(scan):
    variants = [f"{w}{i + 1}{m}" for i, w in enumerate(PROTEIN) for m in "CDE" if m != w]
    scores = score_variants(scan, parse_variants(" ".join(variants))).table["score"]
    table = pd.DataFrame({"variant": variants, "measured": np.exp(scores)})  # any rising function
    found = compare(scan, table)
    assert found.spearman == pytest.approx(1.0) and found.left_out.empty and found.low <= 1
    falling = compare(scan, table.assign(measured=-table["measured"]))
    assert falling.spearman == pytest.approx(-1.0)


@pytest.mark.parametrize("separator", [":", ";", ",", "/", " ", ", "])
def test_several_substitutions_in_a_row_are_one_variant(scan, separator):
    text = f'mutant,score\n"M1A{separator}K2C",1\nK2A,2\n'
    found = compare(scan, read_measurements(text))
    assert found.table["variant"].tolist() == ["M1A:K2C", "K2A"] and found.left_out.empty
    assert found.table["score"].tolist() == pytest.approx([-0.5 - 11.5, -10.5])


def test_hgvs_of_several_substitutions():
    assert str(parse_variant("p.[Met1Ala;Lys2Cys]")) == "M1A:K2C"
    for text, message in [("", "No variant"), ("K2A:K2C", "twice"), ("K2A;T3*", "stop"), ("K2A+T3C", "not a subst")]:
        with pytest.raises(InputError, match=message):
            parse_variant(text)


def test_rows_that_cannot_be_used_are_counted_and_named_by_line(scan):
    rows = "# made by hand\n\nmutant,score\nK2A,1\nT3C,2\nA4C,3\nW1A,4\nK2*,5\nM1A;K2*,6\nY5C,low\n,7\nK2A,T3C,8\n"
    found = compare(scan, read_measurements(rows))
    assert found.table["variant"].tolist() == ["K2A", "T3C", "A4C"]
    assert found.left_out["line"].tolist() == [7, 8, 9, 10, 11, 12]
    assert found.left_out["variant"].tolist() == ["W1A", "K2*", "M1A;K2*", "Y5C", "", ""]
    reasons = ["is M, not W", "stop", "stop", "not a number", "no variant", "as many cells as the header"]
    assert all(reason in problem for reason, problem in zip(reasons, found.left_out["problem"], strict=True))
    with pytest.raises(InputError, match=r"none of the 1 variants.*Line 2: no residue 12.*offset \+10"):
        compare(scan, read_measurements("mutant,score\nK12A,1\n"))


def test_rank_correlation_without_spread_is_not_defined():
    assert math.isnan(spearman(np.ones(5), np.arange(5.0)))
    assert math.isnan(spearman(np.arange(2.0), np.arange(2.0)))
    assert spearman(np.array([1, 2, 3, np.nan]), np.array([3, 2, 1, 9])) == pytest.approx(-1)


def test_the_scan_as_a_table(scan):
    table = scan.table(offset=5)
    assert list(table.columns) == ["position", "wild_type", "substitution", "score", "probability"]
    assert len(table) == 120 and table["position"].tolist()[0] == 6
    own = table[table["wild_type"] == table["substitution"]]
    assert (own["score"] == 0).all() and len(own) == 6
    assert table.groupby("position")["probability"].sum().to_numpy() == pytest.approx(np.ones(6), rel=1e-5)
