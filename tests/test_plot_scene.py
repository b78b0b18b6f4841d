"""Colours, legends, tables, and what the viewer is sent: nothing of a file can become markup."""

import base64
import json
from dataclasses import replace

import numpy as np
import pytest
from structure_toys import HOSTILE, PDB, hostile_cif, hostile_pdb

from biocore.errors import InputError
from biocore.plot.residue_colour import MISSING, MODES, PLDDT, available, bands, colour, interpolate
from biocore.plot.scene import STYLES, bonds, principal_axes, scene, to_json
from biocore.structure import build_peptide, read_structure, tables


def test_plddt_bands_are_alphafolds():
    np.testing.assert_array_equal(
        bands(np.array([95, 90, 89.9, 70, 69, 50, 49, 0, np.nan])), [0, 1, 1, 2, 2, 3, 3, 3, 4]
    )
    assert [shade for _, shade, _ in PLDDT] == ["#0053D6", "#65CBF3", "#FFDB13", "#FF7D45"]


def test_each_mode_has_a_legend_and_a_colour_for_each_residue():
    s = build_peptide("AKLGEFSWTV")
    for mode in available(s):
        c = colour(s, mode, values=np.arange(10.0), title="mine", unit="Å")
        assert c.legend or c.gradient, mode
        assert len(c.colours()) == 10 and set(c.colours()) <= set(c.palette)
    assert set(available(s)) == set(MODES) - {"plddt", "b"}


def test_missing_values_are_grey_and_in_the_legend():
    s = build_peptide("AKL")
    c = colour(s, "track", values=np.array([1.0, np.nan, 2.0]))
    assert c.colours()[1] == MISSING and c.missing
    assert colour(s, "track", values=np.array([-1.0, 0, 4.0])).low == -4.0  # both signs: centred at zero


def test_hydrophobicity_runs_from_arginine_to_isoleucine():
    c = colour(build_peptide("RIG"), "hydrophobicity")
    assert c.colours()[0] == c.palette[0] and c.colours()[1] == c.palette[-2]


def test_what_cannot_be_coloured_is_told():
    s = build_peptide("AKL")
    for mode, message in (("rainbow", "not a way"), ("plddt", "no pLDDT"), ("track", "choose a track")):
        with pytest.raises(InputError, match=message):
            colour(s, mode)


def test_interpolate_keeps_its_ends():
    shades = interpolate(("#000000", "#FFFFFF"), 5)
    assert shades == ["#000000", "#404040", "#808080", "#BFBFBF", "#FFFFFF"]


def decode(text, dtype):
    return np.frombuffer(base64.b64decode(text), dtype)


def test_a_scene_holds_the_atoms_that_are_shown():
    s = read_structure(PDB)
    data = scene(s, colour(s, "chain"))
    assert data["atoms"]["count"] == 13  # no water; ten of the polymer... and the zinc
    np.testing.assert_allclose(decode(data["atoms"]["xyz"], "<f4").reshape(-1, 3)[0], [-1, 0, 0])
    assert scene(s, colour(s, "chain"), waters=True)["atoms"]["count"] == 14
    assert scene(s, colour(s, "chain"), ligands=False)["atoms"]["count"] == 12
    assert scene(s, colour(s, "chain"), chains=["B"])["atoms"]["count"] == 1
    assert data["residues"]["resolved"] == "01110" + "11" and data["residues"]["letter"][:5] == "MGASK"
    keys = {
        scene(s, colour(s, "chain"), **o)["key"] for o in ({}, {"waters": True}, {"chains": ["B"]}, {"style": "stick"})
    }
    assert len(keys) == 3  # a new style is the same atoms


def test_scene_refuses_what_it_cannot_draw(monkeypatch):
    s = read_structure(PDB)
    with pytest.raises(InputError, match="not a style"):
        scene(s, colour(s, "chain"), style="wire")
    with pytest.raises(InputError, match="no chain 'Q'"):
        scene(s, colour(s, "chain"), chains=["Q"])
    monkeypatch.setattr("biocore.plot.scene.MAX_SURFACE", 5)
    with pytest.raises(InputError, match="Choose fewer chains"):
        scene(s, colour(s, "chain"), style="surface")
    assert "surface" in STYLES


def test_bonds_of_an_alanine_dipeptide():
    s = build_peptide("AA")
    names = [f"{r}{n}" for r, n in zip(s.atoms.residue, s.atoms.name, strict=True)]
    found = {frozenset((names[a], names[b])) for a, b in bonds(s.atoms.xyz, s.atoms.element)}
    chain = ["0N", "0CA", "0C", "1N", "1CA", "1C"]
    expected = {frozenset(p) for p in zip(chain[:-1], chain[1:], strict=True)}
    expected |= {frozenset(p) for p in (("0C", "0O"), ("1C", "1O"), ("0CA", "0CB"), ("1CA", "1CB"))}
    assert found == expected


def test_metals_have_no_bonds():
    s = read_structure(PDB)
    assert not {"ZN"} & {str(s.atoms.name[i]) for pair in bonds(s.atoms.xyz, s.atoms.element) for i in pair}


def test_principal_axes_are_a_rotation_with_the_long_axis_first():
    xyz = np.random.default_rng(0).normal(size=(200, 3)) * [1, 9, 3]
    axes = principal_axes(xyz)
    np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1) and np.abs(axes[0]).argmax() == 1 and np.abs(axes[2]).argmax() == 0


@pytest.mark.parametrize("text", [hostile_pdb(), hostile_cif()], ids=["pdb", "cif"])
def test_json_for_a_script_element_has_no_markup(text):
    s = read_structure(text, HOSTILE)
    data = scene(s, colour(s, "chain"))
    safe = to_json(data)
    assert not set("<>&") & set(safe) and json.loads(safe) == data
    assert HOSTILE in safe.replace("\\u003c", "<").replace("\\u003e", ">")  # it is there, as text


def test_residue_table_says_what_the_file_says():
    table = tables.residue_table(read_structure(PDB))
    assert table["number"].tolist() == ["", "10", "10A", "11", "", "1"]
    assert table["position"].tolist()[:5] == [1, 2, 3, 4, 5] and table["plddt"].isna().all()
    assert table["b_factor"].iloc[1] == 11.5 and table["resolved"].tolist() == [False, True, True, True, False, True]


def test_facts_and_chains_and_ligands():
    s = read_structure(PDB)
    facts = tables.facts(s)
    assert facts["Resolution"] == "1.50 Å" and facts["Method"] == "X-ray diffraction"
    chains = tables.chain_table(s)
    assert chains["length"].tolist() == [5, 0] and chains["resolved"].tolist() == [3, 0]
    assert tables.ligand_table(s).iloc[0].tolist() == ["ZN", "Zinc ion", "B", "1", 1]
    assert tables.facts(build_peptide("AKL"))["Resolution"] == "not defined"


def test_fasta_has_the_whole_sequence():
    assert tables.fasta(read_structure(PDB)) == ">9XYZ_A Toy peptide\nMGASK\n"


def test_pdb_text_comes_back_the_same(shared_data):
    s = read_structure((shared_data / "structures" / "1UBQ.pdb").read_bytes())
    back = read_structure(tables.to_pdb(s))
    polymer = slice(0, 76)
    np.testing.assert_allclose(back.atoms.xyz[:600], s.atoms.xyz[:600], atol=2e-3)
    assert [r.secondary for r in back.residues[polymer]] == [r.secondary for r in s.residues[polymer]]
    assert {"H", "G", "E"} <= {r.secondary for r in back.residues}


def test_each_kind_of_helix_has_its_class_in_pdb_text():
    s = build_peptide("AKLGEFSWTVAKLGE")
    codes = "-HHHHGGGIIIIIE-"
    s = replace(s, residues=tuple(replace(r, secondary=c) for r, c in zip(s.residues, codes, strict=True)))
    helices = [line for line in tables.to_pdb(s).splitlines() if line.startswith("HELIX")]
    # columns of the PDB format: residue numbers of both ends, class of the helix, its length
    found = [(line[21:25], line[33:37], line[38:40], line[71:76]) for line in helices]
    assert [tuple(map(int, f)) for f in found] == [(2, 5, 1, 4), (6, 8, 5, 3), (9, 13, 3, 5)]
    assert "".join(r.secondary for r in read_structure(tables.to_pdb(s)).residues) == codes


def test_pdb_text_of_a_hostile_file_keeps_its_columns():
    text = tables.to_pdb(read_structure(hostile_cif()))
    assert "script" not in text and all(len(line) <= 80 for line in text.splitlines())
