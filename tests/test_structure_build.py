"""Built peptides: the angles asked for come out again, and nature agrees where there is a file to compare with."""

import numpy as np
import pytest

from biocore.errors import InputError
from biocore.plot.scene import bonds
from biocore.structure import build_peptide, geometry, read_structure
from biocore.structure.build import SHAPES, place
from biocore.structure.read import compute_secondary
from biocore.structure.sidechains import BRANCHES
from biocore.structure.superposition import fit

ALL20 = "ACDEFGHIKLMNPQRSTVWY"


@pytest.mark.parametrize("shape", ["helix", "strand", "ppii"])
def test_backbone_has_the_angles_it_was_asked_for(shape):
    s = build_peptide("AKLGEFSWTV", shape)
    angles = geometry.ramachandran(s)
    phi, psi = SHAPES[shape].angles[0]
    np.testing.assert_allclose(angles.phi, phi, atol=0.01)
    np.testing.assert_allclose(angles.psi, psi, atol=0.01)


@pytest.mark.parametrize(("shape", "rise"), [("helix", 1.5), ("strand", 3.4), ("ppii", 3.1)])
def test_rise_per_residue_is_that_of_the_textbook(shape, rise):
    ca = build_peptide("A" * 40, shape).atom_positions("CA")
    smooth = np.mean([ca[k : k + 22] for k in range(18)], axis=0)  # 18 residues: whole turns of all three
    assert np.linalg.norm(smooth[-1] - smooth[0]) / 21 == pytest.approx(rise, abs=0.15)


def test_a_built_helix_is_a_helix_by_its_hydrogen_bonds():
    s = build_peptide("AKLGEFSWTVAKLGE")
    codes = "".join(compute_secondary(s.atoms, [vars(r) for r in s.residues]))
    assert codes == "-" + "H" * 13 + "-"
    flat = build_peptide("AKLGEFSWTVAKLGE", "strand")
    assert set(compute_secondary(flat.atoms, [vars(r) for r in flat.residues])) == {"-"}


def test_every_amino_acid_has_its_heavy_atoms_and_bonds():
    s = build_peptide(ALL20, "strand")
    count = np.bincount(s.atoms.residue)
    for residue, atoms in zip(s.residues, count, strict=True):
        assert atoms == (4 if residue.name == "GLY" else 5) + len(BRANCHES.get(residue.name, ()))
    found = {tuple(sorted(pair)) for pair in bonds(s.atoms.xyz, s.atoms.element).tolist()}
    rings = {"P": 1, "F": 1, "Y": 1, "W": 2, "H": 1}
    expected = len(s.atoms) - 1 + sum(rings.values())  # one connected tree, and a bond more for each ring
    assert len(found) == expected


@pytest.mark.parametrize("shape", ["helix", "strand", "ppii"])
def test_nothing_overlaps(shape):
    sequence = "MKAILVGSTCYNQDEHRKFWLLKKAEELLR"
    s = build_peptide(sequence, shape)
    bonded = bonds(s.atoms.xyz, s.atoms.element)
    near = np.zeros((len(s.atoms),) * 2)
    near[bonded[:, 0], bonded[:, 1]] = near[bonded[:, 1], bonded[:, 0]] = 1
    three = (near + near @ near + near @ near @ near + np.eye(len(near))) > 0  # closer than four bonds apart
    distance = np.linalg.norm(s.atoms.xyz[:, None] - s.atoms.xyz[None], axis=2)
    assert distance[~three].min() > 2.6  # angstrom; hydrogen bonds are 2.7 and more


def test_amino_acids_are_left_handed():
    s = build_peptide("ACDEFHIKLMNQRSTVWY")
    n, ca, c, cb = (s.atom_positions(atom) for atom in ("N", "CA", "C", "CB"))
    volume = np.einsum("ij,ij->i", np.cross(n - ca, c - ca), cb - ca)
    assert (volume > 0).all() or (volume < 0).all()
    np.testing.assert_allclose(geometry.dihedral(c, n, ca, cb), -122.6, atol=0.01)


def test_side_chains_have_the_geometry_of_crystals(shared_data):
    """Bond lengths and angles of the table against the medians of well-determined proteins."""
    found: dict = {}
    for name in ("1UBQ.pdb", "1CRN.pdb", "3I40.pdb", "1EMA.cif", "1U19_rhodopsin.pdb", "4HHB.pdb"):
        s = read_structure((shared_data / "structures" / name).read_bytes())
        for residue, rows in zip(s.residues, s.atom_rows(), strict=True):
            at = dict(zip(s.atoms.name[rows].tolist(), s.atoms.xyz[rows].astype(float), strict=True))
            for atom, _, b, c, *_ in BRANCHES.get(residue.name, ()):
                if {atom, b, c} <= set(at):
                    one, two = at[b] - at[c], at[atom] - at[c]
                    cosine = one @ two / np.linalg.norm(one) / np.linalg.norm(two)
                    found.setdefault((residue.name, atom), []).append(
                        (np.linalg.norm(two), np.degrees(np.arccos(cosine)))
                    )
    compared = 0
    for name, branch in BRANCHES.items():
        for atom, _, _, _, length, angle, *_ in branch:
            if len(found.get((name, atom), [])) >= 10:
                median = np.median(found[name, atom], axis=0)
                assert length == pytest.approx(median[0], abs=0.06), (name, atom)
                assert angle == pytest.approx(median[1], abs=5.0), (name, atom)
                compared += 1
    assert compared > 60


def test_the_triple_helix_fits_a_real_collagen(shared_data):
    real = read_structure((shared_data / "structures" / "1BKV.pdb").read_bytes())
    built = build_peptide("PPG" * 10, "collagen")
    rows = [range(c.start + 3, c.start + 12) for c in real.chains]  # the imino-rich start, where it is regular
    there = real.atom_positions("CA")[[row for part in rows for row in part]]
    models = [c.start for c in built.chains]
    best = 9.0
    for register in range(3):  # where along the built helix, and which of its chains comes first
        here = [start + 6 + 3 * register + k for start in models for k in range(9)]
        rotation, shift = fit(there, built.atom_positions("CA")[here])
        moved = built.atom_positions("CA")[here] @ rotation.T + shift
        best = min(best, float(np.sqrt(((moved - there) ** 2).sum(1).mean())))
    assert best < 0.6


def test_collagen_glycines_hold_the_chains_together():
    s = build_peptide("GPO" * 7, "collagen")
    assert [c.sequence for c in s.chains] == ["GPP" * 7] * 3
    assert {r.name for r in s.residues} == {"GLY", "PRO", "HYP"}
    n, o = s.atom_positions("N"), s.atom_positions("O")
    inside = range(6, 15, 3)
    for chain in s.chains:
        others = [row for c in s.chains if c is not chain for row in c.polymer]
        for k in inside:
            assert 2.7 < np.linalg.norm(o[others] - n[chain.start + k], axis=1).min() < 3.2


def test_place_is_exact():
    a, b, c = np.array([0.0, 1, 0]), np.array([0.0, 0, 0]), np.array([1.0, 0, 0])
    np.testing.assert_allclose(place(a, b, c, 2.0, 90.0, 0.0), [1, 2, 0], atol=1e-12)
    np.testing.assert_allclose(place(a, b, c, 2.0, 180.0, 77.0), [3, 0, 0], atol=1e-12)
    d = place(a, b, c, 1.5, 110.0, 35.0)
    assert geometry.dihedral(a, b, c, d) == pytest.approx(35.0)


@pytest.mark.parametrize(
    ("sequence", "shape", "message"),
    [
        ("", "helix", "empty"),
        ("AK1L!", "helix", "is not"),
        ("A" * 501, "helix", "500"),
        ("AKLGEF", "spiral", "not a shape; use helix, strand, ppii, collagen"),
        ("AKLSEFAKL", "collagen", "glycine at every third place"),
    ],
)
def test_bad_input_is_told(sequence, shape, message):
    with pytest.raises(InputError, match=message):
        build_peptide(sequence, shape)


def test_what_is_changed_is_said():
    assert build_peptide("AXK").notes == ("X at position 2 is drawn as ALA.",)
    assert "Proline does not fit into a helix" in build_peptide("AKLGEFPSW").notes[0]
    assert "Not glycine where the chains meet" in build_peptide("GPOAPOGPOGPO", "collagen").notes[0]
