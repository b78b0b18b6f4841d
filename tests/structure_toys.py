"""Small structure files for the tests, written by hand."""

HOSTILE = "</script><script>document.title='owned'</script>"

# Two chains: A with SEQRES of 5 of which 2 (the ends) are missing, an insertion code and an alternate location; B a
# water and a zinc; numbering of A starts at 10, so that author's and sequence numbering differ.
PDB = """\
HEADER    HYDROLASE                               02-MAR-99   9XYZ
TITLE     A TOY STRUCTURE
COMPND    MOL_ID: 1;
COMPND   2 MOLECULE: TOY PEPTIDE;
COMPND   3 CHAIN: A;
SOURCE    MOL_ID: 1;
SOURCE   2 ORGANISM_SCIENTIFIC: HOMO SAPIENS;
EXPDTA    X-RAY DIFFRACTION
REMARK   2 RESOLUTION.    1.50 ANGSTROMS.
SEQRES   1 A    5  MET GLY ALA SER LYS
HETNAM      ZN ZINC ION
CRYST1   50.000   50.000   50.000  90.00  90.00  90.00 P 1           1
ATOM      1  N   GLY A  10      -1.000   0.000   0.000  1.00 10.00           N
ATOM      2  CA  GLY A  10       0.000   1.000   0.000  1.00 11.00           C
ATOM      3  C   GLY A  10       1.200   0.300   0.000  1.00 12.00           C
ATOM      4  O   GLY A  10       1.300  -0.900   0.000  1.00 13.00           O
ATOM      5  N   ALA A  10A      2.200   1.100   0.000  1.00 14.00           N
ATOM      6  CA AALA A  10A      3.500   0.600   0.000  0.40 15.00           C
ATOM      7  CA BALA A  10A      3.600   0.700   0.100  0.60 16.00           C
ATOM      8  C   ALA A  10A      4.500   1.700   0.000  1.00 17.00           C
ATOM      9  O   ALA A  10A      4.200   2.900   0.000  1.00 18.00           O
ATOM     10  N   SER A  11       5.700   1.200   0.000  1.00 19.00           N
ATOM     11  CA  SER A  11       6.900   2.000   0.000  1.00 20.00           C
ATOM     12  C   SER A  11       8.100   1.100   0.000  1.00 21.00           C
ATOM     13  O   SER A  11       8.000  -0.100   0.000  1.00 22.00           O
TER
HETATM   14 ZN    ZN B   1       0.000   0.000   5.000  1.00 30.00          ZN
HETATM   15  O   HOH B   2       0.000   0.000   9.000  1.00 40.00           O
END
"""

CIF = """\
data_9XYZ
_entry.id 9XYZ
_struct.title 'A toy in mmCIF'
_exptl.method 'X-RAY DIFFRACTION'
loop_
_entity.id
_entity.type
_entity.pdbx_description
1 polymer 'Toy <peptide>'
loop_
_entity_poly.entity_id
_entity_poly.type
1 polypeptide(L)
loop_
_entity_poly_seq.entity_id
_entity_poly_seq.num
_entity_poly_seq.mon_id
1 1 MET
1 2 GLY
1 3 ALA
loop_
_struct_asym.id
_struct_asym.entity_id
X 1
loop_
_atom_site.group_PDB
_atom_site.id
_atom_site.type_symbol
_atom_site.label_atom_id
_atom_site.label_alt_id
_atom_site.label_comp_id
_atom_site.label_asym_id
_atom_site.label_entity_id
_atom_site.label_seq_id
_atom_site.pdbx_PDB_ins_code
_atom_site.Cartn_x
_atom_site.Cartn_y
_atom_site.Cartn_z
_atom_site.occupancy
_atom_site.B_iso_or_equiv
_atom_site.auth_seq_id
_atom_site.auth_asym_id
_atom_site.pdbx_PDB_model_num
ATOM 1 N N  . GLY X 1 2 ? -1.0 0.0 0.0 1.0 10.0 101 L 1
ATOM 2 C CA . GLY X 1 2 ? 0.0 1.0 0.0 1.0 11.0 101 L 1
ATOM 3 C C  . GLY X 1 2 ? 1.2 0.3 0.0 1.0 12.0 101 L 1
ATOM 4 N N  . ALA X 1 3 ? 2.2 1.1 0.0 1.0 13.0 102 L 1
ATOM 5 C CA . ALA X 1 3 ? 3.5 0.6 0.0 1.0 14.0 102 L 1
"""


def atom_line(serial, name, residue, chain, number, xyz, b=0.0, element="C", record="ATOM  ") -> str:
    x, y, z = xyz
    return (
        f"{record}{serial:>5} {name:^4} {residue:>3} {chain}{number:>4}    {x:>8.3f}{y:>8.3f}{z:>8.3f}"
        f"  1.00{b:>6.2f}          {element:>2}"
    )


def hostile_pdb() -> str:
    """A small helix whose title, remark, atom and chain names carry markup that would run if a page took it as HTML."""
    from biocore.structure import build_peptide
    from biocore.structure.tables import to_pdb

    lines = to_pdb(build_peptide("AKLGEFSW")).splitlines()
    head = [f"TITLE     {HOSTILE}", f"REMARK   1 {HOSTILE}", f"COMPND    MOL_ID: 1; MOLECULE: {HOSTILE}; CHAIN: A"]
    evil = atom_line(900, "</s>", "<b>", "<", 1, (20.0, 0.0, 0.0), record="HETATM")
    return "\n".join([*head, *lines[:-1], evil, "END", ""])


def hostile_cif() -> str:
    """mmCIF whose title, atom names, residue and chain names carry markup."""
    quoted = f'"{HOSTILE}"'
    text = CIF.replace("'A toy in mmCIF'", quoted).replace("'Toy <peptide>'", quoted)
    text = text.replace("ATOM 5 C CA . ALA X 1 3", f"ATOM 5 C {quoted} . ALA X 1 3")
    return text + f"HETATM 6 C {quoted} . {quoted} Y 1 . ? 5.5 0.6 0.0 1.0 14.0 1 {quoted} 1\n"
