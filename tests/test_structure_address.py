"""Residues as people write them."""

import gemmi
import pytest
from structure_toys import PDB

from biocore.errors import InputError
from biocore.structure import build_peptide, read_structure, tables, uniprot
from biocore.structure.address import residues_at
from biocore.structure.tables import to_pdb


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


def test_residues_are_found_by_their_uniprot_numbers():
    """Insulin's B chain is residues 25 to 54 of P01308: its seventh is C31."""
    dbref = "DBREF  3I40 A    1    23  UNP    P01308   INS_HUMAN       25     47             \n"
    bad = dbref.replace("P01308", "P99999").replace(" 47 ", " 99 ")  # not of the same length: nothing is said
    peptide = build_peptide("GIGKFLHSAKKFGKAFVGEIMNS", "helix")
    structure = read_structure((bad + dbref + to_pdb(peptide)).encode(), "x.pdb")
    assert [r.uniprot for r in structure.residues][:2] == ["P01308:25", "P01308:26"]
    assert [r.title for r in residues_at(structure, "p01308:31")] == ["A:HIS 7"]
    assert tables.residue_table(structure)["uniprot"].iloc[-1] == "P01308:47"
    with pytest.raises(InputError, match="no chain"):
        residues_at(structure, "P01308:99")


def test_mmcif_says_uniprot_numbers_by_position_in_the_sequence():
    block = gemmi.cif.read_string(
        "data_x\nloop_\n_struct_ref.id\n_struct_ref.db_name\n1 UNP\n2 GB\n"
        "loop_\n_struct_ref_seq.ref_id\n_struct_ref_seq.pdbx_strand_id\n_struct_ref_seq.pdbx_db_accession\n"
        "_struct_ref_seq.seq_align_beg\n_struct_ref_seq.seq_align_end\n_struct_ref_seq.db_align_beg\n"
        "_struct_ref_seq.db_align_end\n1 A P69905 1 141 2 142\n2 B X1 1 9 1 9\n1 C P69905 . ? 2 142\n"
    ).sole_block()
    (stretch,) = uniprot.from_block(block)
    row = {"chain": "A2", "number": None, "insertion": "", "label_number": 87}  # a copy of A in an assembly
    assert uniprot.residue_of([stretch], row) == "P69905:88"
    assert uniprot.residue_of([stretch], row | {"chain": "B"}) == ""
    assert uniprot.residue_of([stretch], row | {"label_number": 142}) == ""
