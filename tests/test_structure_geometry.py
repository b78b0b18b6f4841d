"""Distances, angles, superposition, contacts: answers known by hand, by symmetry or from biochemistry."""

import re
import shutil
import subprocess

import numpy as np
import pytest
from structure_toys import CIF, PDB

from biocore.errors import InputError
from biocore.plot import structures as plots
from biocore.structure import build_peptide, contacts, geometry, read_structure
from biocore.structure.read import compute_secondary
from biocore.structure.superposition import merge, superpose


def test_dihedral_signs_follow_the_convention():
    a, b, c = np.array([0.0, 1, 0]), np.zeros(3), np.array([1.0, 0, 0])
    assert geometry.dihedral(a, b, c, np.array([1.0, 1, 0])) == pytest.approx(0)
    assert abs(geometry.dihedral(a, b, c, np.array([1.0, -1, 0]))) == pytest.approx(180)
    assert geometry.dihedral(a, b, c, np.array([1.0, 0, 1])) == pytest.approx(90)


def test_angles_stop_at_chain_ends_and_gaps():
    s = build_peptide("GPO" * 3, "collagen")
    angles = geometry.ramachandran(s)
    assert len(angles.rows) == 3 * 7  # nine residues in three chains, without both ends of each
    assert set(angles.group) == {"glycine", "proline"}


def test_distances_are_those_between_the_points():
    s = read_structure(PDB)
    m = geometry.distance_matrix(s, ["A"], beta=False)
    ca = s.atom_positions("CA")[m.rows]
    assert m.distances[0, 2] == pytest.approx(np.linalg.norm(ca[0] - ca[2]), abs=1e-4)
    assert (m.distances == m.distances.T).all() and (np.diag(m.distances) == 0).all()


def test_a_matrix_needs_residues():
    with pytest.raises(InputError, match="two residues"):
        geometry.distance_matrix(read_structure(PDB), ["B"])
    with pytest.raises(InputError, match="no chain 'Q'; there are A, B"):
        geometry.distance_matrix(read_structure(PDB), ["Q"])


def moved(structure, seed=0):
    """The same structure turned and shifted."""
    from dataclasses import replace

    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    rotation *= np.sign(np.linalg.det(rotation))
    xyz = structure.atoms.xyz @ rotation.T + rng.normal(size=3) * 20
    return replace(structure, atoms=replace(structure.atoms, xyz=xyz.astype(np.float32)))


def test_superposition_undoes_any_move():
    s = build_peptide("AKLGEFSWTVAKLGE")
    result = superpose(s, "A", moved(s), "A")
    assert result.rmsd < 1e-3 and result.identity == 1 and len(result.pairs) == 15
    both = merge(s, moved(s), result)
    np.testing.assert_allclose(both.atoms.xyz[: len(s.atoms)], both.atoms.xyz[len(s.atoms) :], atol=2e-3)
    assert [c.name for c in both.chains] == ["A", "A′"]


def test_pairs_come_from_the_sequences_not_the_numbers():
    long, short = build_peptide("MMMAKLGEFSWTVAKLGE"), build_peptide("AKLGEFSWTVAKLGE")
    result = superpose(long, "A", short, "A")
    assert result.rmsd < 0.02 and result.pairs[0].tolist() == [3, 0] and len(result.pairs) == 15


def test_outliers_are_left_out_on_request_and_still_counted():
    from dataclasses import replace

    s = build_peptide("AKLGEFSWTVAKLGEAKLMN")
    xyz = s.atoms.xyz.copy()
    xyz[s.atoms.residue >= 17] += np.float32(30)
    bent = replace(s, atoms=replace(s.atoms, xyz=xyz))
    plain = superpose(s, "A", bent, "A")
    fitted = superpose(s, "A", bent, "A", reject_outliers=True)
    assert plain.rmsd > 5 and fitted.rmsd < 0.01 and fitted.used.sum() == 17
    assert fitted.rmsd_all > fitted.rmsd and len(fitted.pairs) == 20


def test_superposing_a_protein_on_nothing_is_refused():
    s = build_peptide("AKLGEF")
    with pytest.raises(InputError, match="same kind"):
        superpose(s, "A", read_structure(PDB), "B")


def test_both_alpha_chains_of_haemoglobin_are_alike(shared_data):
    s = read_structure((shared_data / "structures" / "4HHB.pdb").read_bytes())
    assert superpose(s, "A", s, "C").rmsd < 0.5
    globin = superpose(s, "A", s, "B", reject_outliers=True)
    assert (
        len(globin.pairs) > 130 and globin.rmsd < 2.0 and 0.4 < globin.identity < 0.5
    )  # one fold, 43-45 % the same letters


def test_the_iron_of_haemoglobin_sits_on_histidine_87(shared_data):
    s = read_structure((shared_data / "structures" / "4HHB.pdb").read_bytes())
    found = {s.residues[n.row].name: n for n in contacts.neighbours(s, s.find("A:87").index)}
    assert "metal" in found["HEM"].contacts and found["HEM"].atoms == ("NE2", "FE")
    assert found["HEM"].distance == pytest.approx(2.1, abs=0.2)


def test_insulin_has_its_three_disulfides(shared_data):
    s = read_structure((shared_data / "structures" / "3I40.pdb").read_bytes())
    pairs = set()
    for r in s.residues:
        if r.name == "CYS":
            for n in contacts.neighbours(s, r.index):
                if "disulfide" in n.contacts:
                    pairs.add(frozenset({s.address(r), s.address(s.residues[n.row])}))
    assert pairs == {frozenset(p) for p in (("A:6", "A:11"), ("A:7", "B:7"), ("A:20", "B:19"))}


def test_neighbours_are_found_by_brute_force_too():
    s = build_peptide("AKLGEFSWTVAKLGE")
    for row in (0, 7, 14):
        mine = s.atoms.xyz[s.atoms.residue == row]
        for n in contacts.neighbours(s, row, radius=6.0):
            other = s.atoms.xyz[s.atoms.residue == n.row]
            assert n.distance == pytest.approx(np.linalg.norm(mine[:, None] - other[None], axis=2).min(), abs=1e-5)
        assert [n.distance for n in contacts.neighbours(s, row)] == sorted(
            n.distance for n in contacts.neighbours(s, row)
        )


def test_helix_backbone_bonds_to_the_fourth_residue_on():
    s = build_peptide("A" * 12)
    found = {n.row: n.contacts for n in contacts.neighbours(s, 3)}
    assert "hydrogen bond" in found[7] and "covalent bond" in found[4] and "hydrogen bond" not in found[4]


def test_secondary_structure_agrees_with_what_depositors_wrote(shared_data):
    """Helix, strand and the rest, against the files' own records, which people and several programs made."""
    reduce = lambda code: "H" if code in "HGI" else "E" if code == "E" else "-"  # noqa: E731
    for name in ("1CRN.pdb", "1UBQ.pdb", "3I40.pdb", "1EMA.cif", "1U19_rhodopsin.pdb", "4HHB.pdb"):
        s = read_structure((shared_data / "structures" / name).read_bytes())
        computed = compute_secondary(s.atoms, [vars(r) for r in s.residues])
        pairs = [
            (r.secondary, c) for r, c in zip(s.residues, computed, strict=True) if r.kind == "protein" and r.resolved
        ]
        assert np.mean([reduce(a) == reduce(b) for a, b in pairs]) > 0.8, name


def test_a_strand_needs_a_partner(shared_data):
    s = read_structure((shared_data / "structures" / "1EMA.cif").read_bytes())
    computed = compute_secondary(s.atoms, [vars(r) for r in s.residues])
    assert 95 < sum(code == "E" for code in computed) < 125  # the eleven strands of the barrel


def test_figures_draw_what_they_are_given():
    s = build_peptide("AKLGEFSWTV")
    m = geometry.distance_matrix(s, ["A"])
    figure = plots.distance_map(s, m, cutoff=8.0, selected=4)
    expected = int(((m.distances <= 8) & (np.abs(np.subtract.outer(m.rows, m.rows)) >= 3)).sum())
    assert len(figure.data[1].x) == expected and "Å" in figure.data[0].colorbar.title.text
    angles = geometry.ramachandran(s)
    figure = plots.ramachandran(s, angles, selected=4)
    assert sum(len(t.x) for t in figure.data if t.name in ("general", "glycine")) == 8
    assert figure.layout.xaxis.title.text == "φ (degrees)"
    figure = plots.profile(s, ["A"], np.linspace(0, 100, 10), unit="pLDDT", selected=2, bands=True)
    assert len(figure.layout.shapes) == 5 and figure.layout.yaxis.range == (0, 100)


def test_nucleotides_are_measured_at_their_sugar(shared_data):
    s = read_structure((shared_data / "structures" / "1BNA.pdb").read_bytes())
    m = geometry.distance_matrix(s, ["A", "B"])
    assert len(m.rows) == 24 and 9.0 < m.distances[0, 23] < 12.0  # C1'-C1' across a base pair


def test_a_file_without_backbone_gives_no_angles():
    assert len(geometry.ramachandran(read_structure(CIF)).rows) == 0


@pytest.mark.skipif(shutil.which("mkdssp") is None, reason="mkdssp (Debian: dssp) is not on PATH")
@pytest.mark.parametrize("name", ["1CRN.pdb", "1UBQ.pdb", "3I40.pdb", "2LYZ.pdb", "1EMA.cif", "4HHB.pdb"])
def test_secondary_structure_is_that_of_dssp(shared_data, tmp_path, name):
    """Against the program itself, version 4; its P (polyproline II) is not assigned here."""
    from Bio.PDB.DSSP import make_dssp_dict

    path, out = shared_data / "structures" / name, tmp_path / "out.dssp"
    subprocess.run(["mkdssp", "--output-format=dssp", str(path), str(out)], check=True, capture_output=True)
    theirs, _ = make_dssp_dict(str(out))
    s = read_structure(path.read_bytes())
    computed = compute_secondary(s.atoms, [vars(r) for r in s.residues])
    pairs = []
    for residue, code in zip(s.residues, computed, strict=True):
        found = theirs.get((residue.chain, (" ", residue.number, residue.insertion or " ")))
        if found is not None and residue.kind == "protein":
            pairs.append((residue.title, found[1].replace("P", "-"), code))
    assert len(pairs) > 40 and not [pair for pair in pairs if pair[1] != pair[2]]


def test_no_3_10_helix_is_shorter_than_one_turn(shared_data):
    """Where an alpha helix takes part of its residues, what is left of a 3-10 helix is a turn."""
    for name in ("3I40.pdb", "4HHB.pdb", "1UBQ.pdb"):
        s = read_structure((shared_data / "structures" / name).read_bytes())
        computed = "".join(compute_secondary(s.atoms, [vars(r) for r in s.residues]))
        assert "G" in computed and min(len(run) for run in re.findall("G+", computed)) >= 3, name
