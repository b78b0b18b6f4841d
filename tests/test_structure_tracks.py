"""Tracks: matched by alignment, and every value that finds no place is told."""

from dataclasses import replace

import numpy as np
import pytest
from structure_toys import PDB

from biocore.errors import InputError
from biocore.structure import build_peptide, read_structure, tables
from biocore.structure.tracks import Track, match_track, read_tracks

SEQUENCE = "AKLGEFSWTVMNQRDCHIPY"


def test_numbers_do_not_matter_where_letters_do():
    s = build_peptide(SEQUENCE)
    track = Track("t", np.arange(20.0), SEQUENCE, places=tuple(str(i + 501) for i in range(20)))
    match = match_track(s, "A", track)
    np.testing.assert_array_equal(match.values, np.arange(20.0))
    assert match.matched == 20 and match.identity == 1 and not match.without and not match.unplaced


def test_a_precursor_finds_the_mature_chain_and_says_what_is_left():
    s = build_peptide(SEQUENCE)
    track = Track("t", np.arange(24.0), "MMSS" + SEQUENCE)
    match = match_track(s, "A", track)
    np.testing.assert_array_equal(match.values, np.arange(4.0, 24.0))
    assert match.unplaced == ("1", "2", "3", "4")
    assert any("4 values have no residue in the chain: 1, 2, 3, 4." in line for line in match.report())


def test_a_substitution_is_named_with_both_letters():
    s = build_peptide(SEQUENCE)
    changed = SEQUENCE[:7] + "F" + SEQUENCE[8:]
    match = match_track(s, "A", Track("t", np.ones(20), changed))
    assert match.different == (("F8", "A:TRP 8"),) and match.identity == pytest.approx(0.95)


def test_unresolved_residues_and_residues_without_value_are_counted():
    s = read_structure(PDB)  # MGASK, of which M and K are not resolved
    match = match_track(s, "A", Track("t", np.array([1, 2, np.nan, 4, 5.0]), "MGASK"))
    assert match.unresolved == 2 and match.without == ("A:ALA 10A",) and match.matched == 4


def test_without_letters_the_numbering_decides():
    s = read_structure(PDB)
    track = Track("t", np.array([1.0, 2.0, 3.0]), places=("10", "10A", "11"))
    by_author = match_track(s, "A", track)
    assert by_author.by == "author's residue number" and by_author.matched == 3
    assert by_author.values[s.find("A:10A").index] == 2.0
    track = Track("t", np.arange(1.0, 6.0))
    by_position = match_track(s, "A", track, numbering="sequence")
    assert by_position.values[s.find("A:10").index] == 2.0
    with pytest.raises(InputError, match="finds a residue.*other numbering"):
        match_track(s, "A", track)


def test_another_protein_is_noticed():
    s = build_peptide("AKLGEFSWTV")
    with pytest.raises(InputError, match="no value of 't' finds a residue"):
        match_track(s, "A", Track("t", np.ones(10), "CCCCCCCCCC"))
    match = match_track(s, "A", Track("t", np.ones(10), "AKCCCCCCTV"))
    assert any("may belong to another protein" in line for line in match.report())


def test_chains_without_a_polymer_are_refused():
    with pytest.raises(InputError, match="chain B has no polymer"):
        match_track(read_structure(PDB), "B", Track("t", np.ones(3), "MGA"))


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_tables_of_any_separator(separator):
    text = "position,letter,score\n1,A,0.5\n2,K,-1\n".replace(",", separator)
    [track] = read_tracks(text)
    assert (track.name, track.sequence, track.places) == ("score", "AK", ("1", "2"))
    np.testing.assert_array_equal(track.values, [0.5, -1])


@pytest.mark.parametrize(
    "text",
    [
        "position;letter;score\n1;A;0,5\n2;K;-1,25\n",
        "position\tletter\tscore\n1\tA\t0,5\n2\tK\t-1,25\n",
        "# from a spreadsheet, with, commas, here\nposition;letter;score\n1;A;0,5\n2;K;-1,25\n",
    ],
)
def test_decimal_commas_as_spreadsheets_of_many_languages_write_them(text):
    [track] = read_tracks(text)
    assert (track.name, track.sequence) == ("score", "AK")
    np.testing.assert_array_equal(track.values, [0.5, -1.25])


def test_a_comma_in_a_column_name_does_not_separate():
    [track] = read_tracks("position;score (a, b, c)\n1;0.5\n2;1.5\n")
    assert track.name == "score (a, b, c)" and track.places == ("1", "2")


def test_three_letter_codes_gaps_and_several_columns():
    tracks = read_tracks("resid,resn,entropy,depth\n5,LYS,1.5,2\n8,TRP,0.5,4\n")
    assert [t.name for t in tracks] == ["entropy", "depth"]
    assert tracks[0].sequence == "KXXW" and tracks[0].places == ("5", "6", "7", "8")
    assert np.isnan(tracks[0].values[1:3]).all()


def test_chains_of_a_table_become_tracks_of_their_own():
    tracks = read_tracks("chain,number,value\nA,1,1\nA,2,2\nB,1,3\n")
    assert [(t.name, t.chain, len(t.values)) for t in tracks] == [
        ("value (chain A)", "A", 2),
        ("value (chain B)", "B", 1),
    ]


def test_several_lines_for_a_residue_are_averaged_and_told():
    [track] = read_tracks("position,wild_type,substitution,score\n1,A,C,1\n1,A,D,3\n2,K,C,5\n")
    np.testing.assert_array_equal(track.values, [2, 5])
    assert "mean" in track.notes[0]


def test_our_own_residue_table_comes_back():
    s = build_peptide(SEQUENCE)
    tracks = {t.name: t for t in read_tracks(tables.residue_table(s).to_csv(index=False))}
    match = match_track(s, "A", tracks["phi (chain A)"])
    assert match.matched == 18 and match.values[3] == pytest.approx(-57.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("position,letter\n1,A\n", "no column of values"),
        ("\x00\x01\x02", "no column of values|not a table"),
        ("a,b\n1\n2,3,4,5\n", "not a table"),
    ],
)
def test_what_is_no_table_is_told(text, message):
    with pytest.raises(InputError, match=message):
        read_tracks(text)


def test_lengths_must_agree():
    with pytest.raises(ValueError, match="track 't': 3 values, but 2 residues"):
        Track("t", np.ones(3), "AK")
    with pytest.raises(ValueError, match="3 values, but 1 places"):
        Track("t", np.ones(3), places=("7",))
    s = build_peptide("AKL")
    with pytest.raises(ValueError, match="2 values for 3 residues"):
        replace(s, b=s.b[:2])
    with pytest.raises(ValueError, match="columns of"):
        replace(s.atoms, b=s.atoms.b[:2])
