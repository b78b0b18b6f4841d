"""Reading structures: what a small file says is known by hand; broken ones give a message, quickly and bounded."""

import gzip
import time
import tracemalloc

import numpy as np
import pytest
from structure_toys import CIF, PDB, atom_line

from biocore.errors import InputError
from biocore.structure import build_peptide, read_structure
from biocore.structure.read import MAX_BYTES
from biocore.structure.tables import to_pdb


def test_chains_numbering_and_gaps_are_known():
    s = read_structure(PDB, "toy.pdb")
    a = s.chain("A")
    assert a.sequence == "MGASK" and a.kind == "protein" and a.molecule == "Toy peptide"
    polymer = [s.residues[row] for row in a.polymer]
    assert [r.place for r in polymer] == ["not resolved", "10", "10A", "11", "not resolved"]
    assert [r.label_number for r in polymer] == [1, 2, 3, 4, 5]
    assert [r.resolved for r in polymer] == [False, True, True, True, False]
    assert {r.kind for r in s.residues if r.chain == "B"} == {"ion", "water"}
    assert (s.name, s.title, s.organism, s.method) == ("9XYZ", "A TOY STRUCTURE", "Homo sapiens", "X-ray diffraction")
    assert s.resolution == 1.5 and s.date == "1999-03-02" and s.ligand_names == {"ZN": "Zinc ion"}


def test_the_alternate_location_with_the_higher_occupancy_is_kept():
    s = read_structure(PDB)
    row = s.find("A:10A")
    assert row.altlocs == "AB"
    np.testing.assert_allclose(s.atom_positions("CA")[row.index], [3.6, 0.7, 0.1], atol=1e-6)
    assert "Alternate conformers, of which the one with the highest occupancy is shown: 1 residues." in s.notes


def conformers(*atoms: tuple[str, str, float]) -> str:
    """One alanine of atoms (name, alternate location, occupancy), each location 3 angstrom from the other."""
    lines = []
    for serial, (name, altloc, occupancy) in enumerate(atoms, 1):
        x = 3.0 * "AB".index(altloc or "A") + serial
        line = atom_line(serial, name, "ALA", "A", 1, (x, 0.0, 0.0), element=name[0])
        lines.append(f"{line[:16]}{altloc or ' '}{line[17:54]}{occupancy:>6.2f}{line[60:]}")
    return "\n".join([*lines, "END", ""])


def test_one_conformer_is_kept_whole_even_where_single_atoms_differ_in_occupancy():
    text = conformers(
        ("N", "A", 0.6), ("N", "B", 0.4), ("CA", "A", 0.6), ("CA", "B", 0.4), ("CB", "A", 0.4), ("CB", "B", 0.5),
        ("C", "", 1.0),
    )  # fmt: skip
    s = read_structure(text)
    assert s.atoms.name.tolist() == ["N", "CA", "CB", "C"]
    np.testing.assert_allclose(s.atoms.xyz[:, 0], [1, 3, 5, 7])  # A, A, A, and the one without a label


def test_equal_conformers_go_by_their_order_and_the_sum_decides():
    tie = conformers(("N", "B", 0.5), ("N", "A", 0.5), ("CA", "", 1.0))
    assert read_structure(tie).atoms.xyz[0, 0] == 4.0  # B comes first
    swapped = conformers(("N", "A", 0.3), ("N", "B", 0.7), ("CA", "A", 0.3), ("CA", "B", 0.7))
    np.testing.assert_allclose(read_structure(swapped).atoms.xyz[:, 0], [5, 7])


def test_mean_b_factor_and_missing_residues_are_nan():
    s = read_structure(PDB)
    assert s.b[s.find("A:10").index] == pytest.approx(11.5)
    assert np.isnan(s.b[s.find("A:#1").index])


def test_find_is_the_inverse_of_address():
    s = read_structure(PDB)
    for residue in s.residues:
        assert s.find(s.address(residue)) is residue
    assert s.find("A:99") is None and s.find("nonsense") is None and s.find("") is None


def test_mmcif_keeps_both_numberings():
    s = read_structure(CIF, "toy.cif")
    residue = s.find("L:101")
    assert (residue.label_chain, residue.label_number, residue.name) == ("X", 2, "GLY")
    assert s.chain("L").sequence == "MGA" and s.chain("L").molecule == "Toy <peptide>"
    assert not s.find("L:#1").resolved


@pytest.mark.parametrize("wrap", [gzip.compress, lambda b: b], ids=["gz", "plain"])
@pytest.mark.parametrize("content", [PDB.encode(), CIF.encode()], ids=["pdb", "cif"])
def test_format_is_told_from_the_content_not_the_name(wrap, content):
    assert len(read_structure(wrap(content), "anything.txt").atoms) >= 5


def test_models_are_counted_and_chosen():
    atoms = PDB[PDB.index("ATOM") :].replace("END\n", "")
    two = "MODEL        1\n" + atoms + "ENDMDL\nMODEL        2\n" + atoms.replace("-1.000", "-2.000") + "ENDMDL\nEND\n"
    assert read_structure(two).models == 2
    assert read_structure(two, model=2).atoms.xyz[0, 0] == -2.0
    with pytest.raises(InputError, match="there is no model 3; the file has 2"):
        read_structure(two, model=3)


def test_an_assembly_makes_copies(shared_data):
    content = (shared_data / "structures" / "1U19_rhodopsin.pdb").read_bytes()
    assert read_structure(content).assemblies == ("1", "2")
    one = read_structure(content, assembly="1")
    assert [c.name for c in one.chains] == ["A1", "B1"] and one.assembly == "1" and one.secondary_from == "file"
    assert sum(r.secondary == "H" for r in one.residues) > 360
    with pytest.raises(InputError, match="no assembly '7'; the file has: 1, 2"):
        read_structure(content, assembly="7")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "empty"),
        ("   \n", "empty"),
        ("hello, this is a poem", "not a structure file"),
        (b"\x89PNG\r\n\x1a\n\x00\x00" + bytes(range(256)) * 40, "binary file"),
        (b"\x1f\x8b" + b"rubbish" * 20, "gzip file is damaged"),
        (gzip.compress(PDB.encode(), mtime=0)[:200], "gzip file is damaged or cut short"),
        ("ATOM      1  N   GLY A   1      1", "cannot be read"),
        ("HEADER    NOTHING\nEND\n", "holds no atom"),
        ("data_x\n_entry.id x\n", "no table of atoms"),
        (CIF[:-60], "cannot be read"),
        ("data_x\nloop_\n_atom_site.Cartn_x\n_atom_site.id\n1 2 3\n", "cannot be read"),
        (b"\x83\xa7encoder\xa1x\xaadataBlocks\x90", "this is BinaryCIF, which is not read; fetch the entry as mmCIF"),
    ],
)
def test_broken_files_say_what_is_wrong(content, message):
    with pytest.raises(InputError, match=message):
        read_structure(content, "broken")


def test_random_bytes_and_random_cuts_never_raise_anything_else():
    rng = np.random.default_rng(0)
    sources = [PDB.encode(), CIF.encode(), gzip.compress(CIF.encode()), gzip.compress(PDB.encode())]
    for trial in range(150):
        content = bytearray(sources[trial % 4][: int(rng.integers(1, len(sources[trial % 4]) + 1))])
        for _ in range(int(rng.integers(0, 6))):
            content[int(rng.integers(len(content)))] = int(rng.integers(256))
        try:
            read_structure(bytes(content), "fuzz")
        except InputError:
            pass


def test_coordinates_that_are_no_numbers_are_left_out():
    text = PDB.replace("-1.000   0.000   0.000  1.00 10.00", "   nan   0.000   0.000  1.00 10.00")
    s = read_structure(text)
    assert np.isfinite(s.atoms.xyz).all() and "Left out, without usable coordinates: 1 atoms." in s.notes


def test_a_hundred_megabytes_are_refused_at_once():
    content = b"REMARK " + b"x" * (100 * 2**20)
    started = time.monotonic()
    with pytest.raises(InputError, match="larger than 60 MB"):
        read_structure(content)
    assert time.monotonic() - started < 10  # reading them would take minutes


def test_two_megabytes_of_blank_lines_are_told_from_a_structure_at_once():
    started = time.process_time()
    with pytest.raises(InputError, match="not a structure file"):
        read_structure("hello\n" + "\n" * 2 * 2**20)
    assert len(read_structure("\n" * 2 * 2**20 + CIF).atoms) == 5
    assert time.process_time() - started < 2.0


def test_a_gzip_bomb_is_refused_in_bounded_memory():
    bomb = gzip.compress(bytes(400 * 2**20), compresslevel=1)
    tracemalloc.start()
    with pytest.raises(InputError, match="larger than 60 MB"):
        read_structure(bomb, "bomb.pdb.gz")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 * MAX_BYTES


def test_too_many_atoms_are_refused(monkeypatch):
    monkeypatch.setattr("biocore.structure.read.MAX_ATOMS", 10)
    with pytest.raises(InputError, match="more than 10 atoms"):
        read_structure(PDB)


def predicted(scale: float, header: str = "") -> str:
    lines, serial = [header] if header else [], 0
    peptide = build_peptide("ACDEFGHIKL")
    for row, sl in enumerate(peptide.atom_rows()):
        for i in range(sl.start, sl.stop):
            serial += 1
            name, element = str(peptide.atoms.name[i]), str(peptide.atoms.element[i])
            residue = peptide.residues[row].name
            b = (30 + 6 * row) * scale
            lines.append(atom_line(serial, name, residue, "A", row + 1, peptide.atoms.xyz[i], b, element))
    return "\n".join([*lines, "END", ""])


@pytest.mark.parametrize("scale", [1.0, 0.01], ids=["0-100", "0-1"])
def test_plddt_is_recognised_in_plain_b_factors_on_both_scales(scale):
    s = read_structure(predicted(scale))
    np.testing.assert_allclose(s.confidence, [30 + 6 * i for i in range(10)], atol=0.6)


METRICS = """\
loop_
_ma_qa_metric.id
_ma_qa_metric.mode
_ma_qa_metric.name
_ma_qa_metric.type
1 global pLDDT pLDDT
2 local pLDDT pLDDT
3 local QMEANDisCo 'normalized score'
loop_
_ma_qa_metric_local.label_asym_id
_ma_qa_metric_local.label_seq_id
_ma_qa_metric_local.metric_id
_ma_qa_metric_local.metric_value
_ma_qa_metric_local.model_id
X 2 2 91.0 1
X 3 2 72.0 1
X 2 3 0.35 1
X 3 3 0.40 1
X 2 2 11.0 2
X 3 2 12.0 2
"""


def values_of(structure) -> list[float]:
    return structure.confidence[[r.index for r in structure.residues if r.resolved]].tolist()


def test_of_several_local_metrics_only_plddt_is_read():
    assert values_of(read_structure(CIF + METRICS)) == [91.0, 72.0]


def test_plddt_is_that_of_the_model_that_is_shown():
    atoms = [line for line in CIF.splitlines() if line.startswith("ATOM")]
    second = "\n".join(line[:-1] + "2" for line in atoms) + "\n"
    assert values_of(read_structure(CIF + second + METRICS, model=2)) == [11.0, 12.0]
    assert values_of(read_structure(CIF + second + METRICS, model=1)) == [91.0, 72.0]


def test_another_metric_is_not_taken_for_plddt():
    without = METRICS.replace("2 local pLDDT pLDDT", "2 local zscore zscore")
    assert read_structure(CIF + without).confidence is None


def test_plddt_in_zero_to_one_is_scaled():
    text = METRICS.replace("2 local pLDDT pLDDT", "2 local pLDDT 'pLDDT in [0,1]'")
    text = text.replace("91.0", "0.91").replace("72.0", "0.72")
    np.testing.assert_allclose(values_of(read_structure(CIF + text)), [91, 72], atol=1e-4)


def test_an_experiment_is_never_taken_for_a_prediction():
    assert read_structure(PDB).confidence is None
    header = "EXPDTA    X-RAY DIFFRACTION\nREMARK   2 RESOLUTION.    3.50 ANGSTROMS."
    assert read_structure(predicted(1.0, header)).confidence is None
    assert (
        build_peptide("ACDEF").confidence is None and read_structure(to_pdb(build_peptide("ACDEF"))).confidence is None
    )


FILES = {  # file: chains with their kind and length, how many residues are not resolved
    "3I40.pdb": ({"A": ("protein", 21), "B": ("protein", 30)}, 0),
    "1BKV.pdb": ({"A": ("protein", 30), "B": ("protein", 30), "C": ("protein", 30)}, 1),
    "1D66_GAL4_DNA.pdb": ({"D": ("dna", 19), "E": ("dna", 19), "A": ("protein", 66), "B": ("protein", 66)}, 18),
    "1BNA.pdb": ({"A": ("dna", 12), "B": ("dna", 12)}, 0),
    "1EMA.cif": ({"A": ("protein", 236)}, 10),
    "4HHB.pdb": ({"A": ("protein", 141), "B": ("protein", 146), "C": ("protein", 141), "D": ("protein", 146)}, 0),
}


@pytest.mark.parametrize("name", FILES)
def test_real_files_have_the_chains_they_are_known_for(shared_data, name):
    s = read_structure((shared_data / "structures" / name).read_bytes(), name)
    chains, missing = FILES[name]
    assert {c.name: (c.kind, len(c.sequence)) for c in s.chains} == chains
    assert sum(not r.resolved for r in s.residues) == missing
    assert s.confidence is None and np.isfinite(s.resolution)


def test_alphafold_models_have_plddt(shared_data):
    for path in (shared_data / "structures").glob("AF-*"):
        s = read_structure(path.read_bytes(), path.name)
        assert 0 <= np.nanmin(s.confidence) and 20 < np.nanmax(s.confidence) <= 100 and s.secondary_from == "computed"


def test_haemoglobin_is_ready_to_be_shown_within_a_second(shared_data):
    from biocore.plot.residue_colour import colour
    from biocore.plot.scene import scene, to_json

    content = (shared_data / "structures" / "4HHB.pdb").read_bytes()
    read_structure(PDB)  # imports are not what is measured
    started = time.process_time()
    s = read_structure(content)
    text = to_json(scene(s, colour(s, "chain")))
    assert time.process_time() - started < 1.0 and len(text) < 1_000_000
