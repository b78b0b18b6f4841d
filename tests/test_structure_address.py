"""Residues as people write them."""

import pytest
from structure_toys import PDB

from biocore.errors import InputError
from biocore.structure import build_peptide, read_structure
from biocore.structure.address import residues_at


def titles(structure, text, **options):
    return [residue.title for residue in residues_at(structure, text, **options)]


@pytest.mark.parametrize("text", ["11", "S11", "Ser11", "SER 11", "A:11", "A:s11", "A:Ser11", "A/11", " 11 "])
def test_every_way_to_write_a_residue(text):
    assert titles(read_structure(PDB), text) == ["A:SER 11"]


def test_insertion_codes_sequence_positions_and_ligands():
    s = read_structure(PDB)
    assert titles(s, "10A") == titles(s, "10a") == ["A:ALA 10A"]
    assert titles(s, "#1") == ["A:MET (sequence position 1, not resolved)"]
    assert titles(s, "ZN1") == titles(s, "B:1") == ["B:ZN 1"]


def test_several_chains_come_in_order_and_the_preferred_one_first():
    s = build_peptide("GPO" * 3, "collagen")
    assert titles(s, "4") == ["A:GLY 4", "B:GLY 4", "C:GLY 4"]
    assert titles(s, "4", chain="B")[0] == "B:GLY 4"
    assert titles(s, "C:4", chain="B") == ["C:GLY 4"]


def test_a_letter_is_a_residue_first_and_a_chain_where_no_residue_fits():
    s = build_peptide("GPO" * 3, "collagen")
    assert titles(s, "B4") == ["B:GLY 4"]  # no residue B, but a chain
    assert titles(build_peptide("GAG"), "A2") == ["A:ALA 2"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("99", "no residue 99 in this structure, whose residue numbers run from 1 to 11"),
        ("A:99", "no residue 99 in chain A, whose residue numbers run from 10 to 11"),
        ("K11", "at 11 there is A:SER 11"),
        ("Q:11", "no chain 'Q'; there are A, B"),
        ("serine", "not an address of a residue. Write a residue as 45, H45"),
        ("", "not an address"),
    ],
)
def test_what_is_not_there_is_told(text, message):
    with pytest.raises(InputError, match=message):
        residues_at(read_structure(PDB), text)


def test_the_proximal_histidines_of_haemoglobin(shared_data):
    s = read_structure((shared_data / "structures" / "4HHB.pdb").read_bytes())
    assert titles(s, "H87") == titles(s, "His87") == ["A:HIS 87", "C:HIS 87"]
    assert [r.chain for r in residues_at(s, "87")] == ["A", "B", "C", "D"]
