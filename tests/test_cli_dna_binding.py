"""``bind``, ``track``, ``ism``, ``saliency`` on the shipped models: columns, numbers, formats, messages, status."""

import json
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biocore import zoo
from biocore.cli import main
from biocore.cli.dna_binding import factor_names, parse_part
from biocore.errors import InputError, ModelUnavailable
from biocore.sequence import one_hot

CORE = "CCACCAGGGGGCGC"
SEQUENCE = "TTAACGGATCTTGATCAATT" + CORE + "TTAGCTAGATTACACATTAG"


@pytest.fixture
def fasta(tmp_path) -> Path:
    path = tmp_path / "input.fa"
    rng = np.random.default_rng(0)
    background = "".join(rng.choice(list("ACGT"), 300))
    path.write_text(f">short\n{SEQUENCE.lower()}\n>long chr1 piece\n{background}{CORE}{background}\n")
    return path


def table(capsys, *arguments) -> pd.DataFrame:
    assert main([str(a) for a in arguments]) == 0
    return pd.read_csv(StringIO(capsys.readouterr().out), keep_default_na=True)


def test_bind_has_the_promised_columns_and_the_best_window_first(capsys, fasta):
    found = table(capsys, "bind", fasta, "--tf", "CTCF,SRF")
    assert list(found.columns) == ["record", "tf", "log_odds", "probability", "start", "end", "strand"]
    assert len(found) == 4 and found.groupby("record").log_odds.is_monotonic_decreasing.all()
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(-found.log_odds)), rtol=1e-5)
    best = found[(found.record == "long") & (found.tf == "CTCF")].iloc[0]
    assert best.start <= 301 and best.end >= 314 and best.end - best.start == 100
    whole = found[found.record == "short"]
    assert (whole.start == 1).all() and (whole.end == len(SEQUENCE)).all()


def test_bind_agrees_with_calling_the_model(capsys, fasta):
    found = table(capsys, "bind", SEQUENCE, "--tf", "CTCF")
    model = zoo.load("tf-CTCF")
    assert found.log_odds[0] == pytest.approx(float(model(one_hot([SEQUENCE]))[0]), abs=1e-4)


def test_bind_lists_more_windows_that_do_not_overlap(capsys, fasta):
    found = table(capsys, "bind", fasta, "--tf", "CTCF", "--top", 4)
    starts = np.sort(found[found.record == "long"].start)
    assert len(starts) > 1 and (np.diff(starts) >= 101).all()


def test_many_short_records_score_as_each_on_its_own(capsys, tmp_path):
    rng = np.random.default_rng(1)
    sequences = ["".join(rng.choice(list("ACGT"), n)) for n in (20, 101, 101, 60, 20)]
    path = tmp_path / "many.fa"
    path.write_text("".join(f">r{i}\n{s}\n" for i, s in enumerate(sequences)))
    together = table(capsys, "bind", path, "--tf", "MAX")
    for i, sequence in enumerate(sequences):
        alone = table(capsys, "bind", sequence, "--tf", "MAX")
        assert together.log_odds[i] == pytest.approx(alone.log_odds[0], abs=1e-4)


def test_track_has_a_row_for_each_window(capsys, fasta):
    found = table(capsys, "track", fasta, "--tf", "CTCF", "--stride", 10)
    assert list(found.columns) == [
        "record", "tf", "start", "end", "log_odds_forward", "log_odds_reverse", "probability",
    ]  # fmt: skip
    long = found[found.record == "long"]
    assert list(long.start[:3]) == [1, 11, 21] and len(long) == (614 - 101) // 10 + 1
    both = (found.log_odds_forward + found.log_odds_reverse) / 2
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(-both)), atol=1e-4)


def test_ism_in_both_units(capsys):
    odds = table(capsys, "ism", SEQUENCE, "--tf", "ctcf")
    assert list(odds.columns) == ["record", "tf", "position", "ref", "A", "C", "G", "T"]
    assert "".join(odds.ref) == SEQUENCE and list(odds.position) == list(range(1, len(SEQUENCE) + 1))
    model = zoo.load("tf-CTCF")
    mutant = "A" + SEQUENCE[1:]
    expected = np.diff(model(one_hot([SEQUENCE, mutant])))[0]
    assert odds["A"][0] == pytest.approx(expected, abs=1e-4)
    points = table(capsys, "ism", SEQUENCE, "--tf", "tf-CTCF", "--unit", "probability")
    assert points[["A", "C", "G", "T"]].abs().to_numpy().max() <= 1


def test_ism_of_a_long_record_maps_its_strongest_window_and_says_so(capsys, tmp_path):
    background = "".join(np.random.default_rng(0).choice(list("ACGT"), 700))
    path = tmp_path / "long.fa"
    path.write_text(f">long\n{background}{CORE}{background}\n")
    assert main(["ism", str(path), "--tf", "CTCF"]) == 0
    out = capsys.readouterr()
    found = pd.read_csv(StringIO(out.out))
    assert len(found) == 101 and "strongest window of CTCF" in out.err and "--part" in out.err
    assert found.position.min() <= 701 and found.position.max() >= 714


def test_part_is_counted_from_one_and_both_ends_belong(capsys):
    found = table(capsys, "ism", SEQUENCE, "--tf", "CTCF", "--part", "11-40")
    assert list(found.position) == list(range(11, 41)) and "".join(found.ref) == SEQUENCE[10:40]


@pytest.mark.slow
@pytest.mark.parametrize("method", ["gradient", "corrected-gradient", "integrated-gradients"])
def test_saliency(capsys, method):
    assert main(["saliency", SEQUENCE, "--tf", "CTCF", "--method", method]) == 0
    out = capsys.readouterr()
    found = pd.read_csv(StringIO(out.out))
    assert list(found.columns) == ["record", "tf", "position", "ref", "A", "C", "G", "T"] and len(found) == len(
        SEQUENCE
    )
    values = found[["A", "C", "G", "T"]].to_numpy()
    assert np.isfinite(values).all() and np.abs(values).max() > 0
    assert ("completeness error" in out.err) == (method == "integrated-gradients")
    if method == "corrected-gradient":
        np.testing.assert_allclose(values.mean(axis=1), 0, atol=1e-4)


def test_n_rows_are_empty_and_reported(capsys):
    assert main(["ism", SEQUENCE[:30] + "NNR" + SEQUENCE[33:], "--tf", "CTCF"]) == 0
    out = capsys.readouterr()
    found = pd.read_csv(StringIO(out.out))
    assert found.loc[30:32, ["A", "C", "G", "T"]].isna().all().all() and found.ref[30] == "N"
    assert "ambiguous" in out.err and "quarter of each base" in out.err


@pytest.mark.parametrize("ending", [".csv", ".tsv", ".json", ".parquet"])
def test_results_go_to_a_file_by_its_ending(capsys, tmp_path, ending):
    out = tmp_path / f"sites{ending}"
    assert main(["bind", SEQUENCE, "--tf", "CTCF", "--out", str(out)]) == 0
    read = {
        ".csv": pd.read_csv,
        ".tsv": lambda p: pd.read_csv(p, sep="\t"),
        ".json": lambda p: pd.DataFrame(json.loads(p.read_text())),
        ".parquet": pd.read_parquet,
    }[ending]
    assert read(out).tf.tolist() == ["CTCF"] and capsys.readouterr().out == ""


def test_all_means_every_factor(capsys):
    found = table(capsys, "bind", SEQUENCE, "--tf", "all")
    assert set(found.tf) == {name.removeprefix("tf-") for name in zoo.here("tf-binding")} and len(found) >= 17
    assert "CTCF" in set(found.tf[:2])  # ARID3A's model knows the sites of co-factors, CTCF's among them


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bind", SEQUENCE, "--tf", "CTFC"], "There is no model of the factor 'CTFC'. There is CTCF"),
        (["bind", SEQUENCE, "--tf", ","], "--tf names no factor"),
        (["bind", "ACGT", "--tf", "CTCF"], "4 bp given; 20 or more"),
        (["bind", SEQUENCE[:10] + "Z" + SEQUENCE, "--tf", "CTCF"], "position 11: 'Z' is not one of A, C, G, T"),
        (["bind", "no/such/file.fa", "--tf", "CTCF"], "neither a file nor a sequence"),
        (["bind", SEQUENCE, "--tf", "CTCF", "--window", "5"], "--window must be 20 or more"),
        (["track", SEQUENCE, "--tf", "CTCF", "--stride", "0"], "--stride 1 or more"),
        (["bind", SEQUENCE, "--tf", "CTCF", "--top", "0"], "--top is 0"),
        (["ism", SEQUENCE, "--tf", "CTCF", "--part", "50-99"], "does not lie within positions 1 to 54"),
        (["ism", "N" * 40, "--tf", "CTCF"], "nothing but N"),
        (["bind", SEQUENCE, "--tf", "CTCF", "--out", "sites.xlsx"], "the format '.xlsx' is not known"),
    ],
)
def test_bad_input_is_a_message_and_exit_status_two(capsys, arguments, message):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and "Traceback" not in error


def test_no_models_is_exit_status_three(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(zoo, "folders", lambda: [tmp_path])
    assert main(["bind", SEQUENCE, "--tf", "all"]) == 3
    assert "no transcription-factor model" in capsys.readouterr().err
    with pytest.raises(ModelUnavailable):
        factor_names("CTCF")


@pytest.mark.parametrize("text", ["11-40", "11..40", "11:40", " 11 - 40 "])
def test_part_spellings(text):
    assert parse_part(text, 100, "r") == (10, 40)


@pytest.mark.parametrize("text", ["abc", "40", "40-11", "0-30", "90-130", "1-5", "1-1500"])
def test_impossible_parts_are_refused(text):
    with pytest.raises(InputError, match="--part"):
        parse_part(text, 120 if text != "1-1500" else 5000, "r")


def test_standard_input_is_read(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", StringIO(f">piped\n{SEQUENCE}\n"))
    assert table(capsys, "bind", "-", "--tf", "CTCF").record.tolist() == ["piped"]


def test_help_names_the_options(capsys):
    with pytest.raises(SystemExit):
        main(["ism", "--help"])
    assert "--unit" in capsys.readouterr().out


# ------------------------------------------------------------------------------------------------ pairs and implants


def test_pairs_are_those_of_the_library_and_name_positions_of_the_record(capsys):
    from biocore.attribution import pair_effects

    found = table(capsys, "pairs", SEQUENCE, "--tf", "CTCF", "--core", "21-26")
    assert len(found) == 15 * 9 and found.interaction.abs().is_monotonic_decreasing
    assert set(found["first"].str[1:-1].astype(int)) == set(range(21, 26))
    expected = pair_effects(zoo.load("tf-CTCF"), SEQUENCE, (20, 26)).table()
    np.testing.assert_allclose(found.interaction, expected.interaction, atol=1e-5)
    with pytest.raises(SystemExit):
        main(["pairs", SEQUENCE])
    assert main(["pairs", SEQUENCE, "--tf", "CTCF", "--core", "5"]) == 2
    assert "--core '5' is not FIRST-LAST" in capsys.readouterr().err


def test_an_implanted_site_raises_its_factor_at_every_offset(capsys):
    found = table(capsys, "implant", "ctcf site", "--tf", "CTCF", "--backgrounds", 4)
    assert list(found.columns) == ["tf", "offset", "effect", "low", "high"] and len(found) == 101 - 14 + 1
    assert (found.effect[20:60] > 1).all() and (found.low <= found.effect).all()
    gaps = table(capsys, "implant", "CCGGAAGT", "--second", "CCGGAAGT", "--tf", "GABPA", "--widest", 3)
    assert list(gaps.gap) == [0, 1, 2, 3]
    assert main(["implant", "motif!", "--tf", "CTCF"]) == 2
    assert "nor a known motif: CTCF site" in capsys.readouterr().err
