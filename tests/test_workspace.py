"""The current molecule, its tracks and what they are exported as, and the session file against hostile ones."""

import json
import re
import zipfile
from io import BytesIO, StringIO

import numpy as np
import pandas as pd
import pytest

from biocore.errors import InputError
from biocore.io.archives import read_members, write_members
from biocore.plot.residue_colour import colour_limits
from biocore.sequence import reading_frames, reverse_complement
from biocore.structure import build_peptide
from biocore.workspace import Molecule, Track, TrackTable, read_molecule
from biocore.workspace.exports import residues_of, to_bedgraph, to_chimerax, to_csv, to_pymol
from biocore.workspace.own import tracks_of_table
from biocore.workspace.session import Answer, Session, read_session, write_session

PROTEIN = "MKTAYIAKQRQISFVKSHFSRQ"
FASTA = f">one first\n{PROTEIN}\n>two\nMKVLAAGIVG\n"
CODING = "GG" + "ATGAAAACCGCGTATATTGCGAAACAGCGTCAGATTAGCTTTGTGAAAAGCCATTTTAGCCGTCAGTAA" + "CC"  # PROTEIN


# ------------------------------------------------------------------------------------------------------- molecules


def test_the_kind_is_told_and_one_record_is_current():
    molecule = read_molecule(FASTA)
    assert (molecule.kind, molecule.names, molecule.title) == ("protein", ("one", "two"), "one, 22 residues")
    assert molecule.choose(1).sequence == "MKVLAAGIVG"
    assert molecule.text == FASTA
    assert read_molecule("acgtnacgtacgt").sequence == "ACGTNACGTACGT"
    with pytest.raises(InputError, match="record 3 does not exist; there are 2"):
        molecule.choose(2)


def test_what_is_no_sequence_is_refused():
    with pytest.raises(InputError, match="looks like a UniProt accession"):
        read_molecule("P04637")
    with pytest.raises(InputError, match="no kind of molecule"):
        Molecule("rna", "A", read_molecule(FASTA).records)


@pytest.mark.parametrize("dna", [CODING, reverse_complement(CODING)])
def test_a_gene_is_found_on_either_strand(dna):
    best = reading_frames(dna)[0]
    assert best.protein == PROTEIN
    assert best.starts and best.stops
    gene = dna[best.start : best.end]
    assert (gene if best.frame > 0 else reverse_complement(gene))[:3] == "ATG"
    assert best.end - best.start == 3 * len(PROTEIN) + 3


def test_a_piece_of_a_gene_has_frames_without_a_start():
    found = reading_frames("GCA" * 30)
    assert found[0].protein in ("A" * 30, "C" * 30, "Q" * 29)
    assert not found[0].starts


# ---------------------------------------------------------------------------------------------------------- tracks


def values(sequence=PROTEIN):
    found = np.linspace(-1, 1, len(sequence))
    found[3] = np.nan
    return found


def test_a_track_of_the_same_name_and_sequence_is_replaced():
    first, second = Track("entropy", PROTEIN, values()), Track("entropy", PROTEIN, -values())
    table = TrackTable().add(first).add(Track("entropy", "MK", [1, 2])).add(second)
    assert [track.values[0] for track in table.of(PROTEIN)] == [1.0]
    with pytest.raises(ValueError, match="values for 22 letters"):
        Track("short", PROTEIN, [1.0])


def test_csv_has_a_column_for_each_track_and_blanks_where_nothing_is_defined():
    text = to_csv([Track("a", PROTEIN, values(), "bits"), Track("b", PROTEIN, values())], offset=-3)
    table = pd.read_csv(StringIO(text))
    assert list(table.columns) == ["position", "residue", "a (bits)", "b"]
    assert table["position"].tolist() == list(range(-2, 20))
    assert text.splitlines()[4] == "1,A,,"


def test_bedgraph_joins_equal_neighbours_and_leaves_out_what_is_undefined():
    track = Track("x", "ACGTA", [1, 1, np.nan, 2, 2], kind="dna")
    lines = to_bedgraph([track], chromosome="chr7", first=101).splitlines()
    assert lines[1:] == ["chr7\t100\t102\t1", "chr7\t103\t105\t2"]
    with pytest.raises(InputError, match="no white space"):
        to_bedgraph([track], chromosome="chr 7")


def test_one_extreme_value_does_not_take_all_colours():
    low, high = colour_limits(np.array([*np.linspace(0, 1, 99), -50.0]))
    assert -1.1 < low < high < 1.1
    assert colour_limits(np.full(3, np.nan)) == (0.0, 1.0)


def test_scripts_name_each_residue_once_and_nothing_of_a_name_escapes():
    track = Track("entropy\nquit\n", PROTEIN, values(), source="x';rm")
    script = to_pymol(track, offset=-1)
    numbers = re.findall(r"^alter polymer and resi (\S+), b=", script, re.MULTILINE)
    assert numbers == [str(n) for n in range(22) if n != 3]
    assert "\nquit" not in script and "\nquit" not in to_chimerax(track)
    attributes = re.findall(r"^setattr :(\d+) residues biocore_entropy_quit (\S+) create", to_chimerax(track), re.M)
    assert [float(value) for _, value in attributes] == pytest.approx(values()[np.isfinite(values())], rel=1e-5)


def test_tracks_find_their_residues_by_sequence():
    structure = build_peptide(PROTEIN[5:], "helix")
    found = residues_of(Track("t", PROTEIN, np.arange(22.0)), structure)
    assert found[0] == (structure.chains[0].name, structure.residues[0].place, 5.0)
    assert len(found) == 17
    with pytest.raises(InputError, match="no chain with this sequence"):
        residues_of(Track("t", "W" * 22, np.arange(22.0)), structure)


# --------------------------------------------------------------------------------------------------------- session


def session():
    figure = {"data": [{"type": "bar", "y": [1, 2]}], "layout": {"title": {"text": "Bars"}}}
    table = pd.DataFrame({"residue": ["M1", "K2"], "score": [0.25, np.nan]})
    answer = Answer(
        "masked_residues", "Masked residues", "It is **M**.", figure, "Two bars.", table, "Weak.", ("mask",)
    )
    tracks = TrackTable().add(Track("entropy", PROTEIN, values() / 3, "bits", "esm-mini"))
    tracks = tracks.add(Track("entropy", PROTEIN[:5], np.arange(5.0))).add(
        Track("log-odds", "ACGT", np.ones(4), kind="dna")
    )
    return Session(
        {"protein": read_molecule(FASTA).choose(1)},
        tracks,
        (answer,),
        {"protein": (4, 7)},
        {"offset": -24, "strategy": "blend", "masked": [1, 2], "none": None},
        ("own.pdb", b"ATOM\x00\xff"),
        "masked_residues",
        "Insulin",
        "Its bridges.",
    )  # fmt: skip


def test_a_session_comes_back_as_it_was():
    before, after = session(), read_session(write_session(session()))
    for name in ("molecules", "cursor", "settings", "structure", "page", "title", "notes"):
        assert getattr(after, name) == getattr(before, name), name
    assert [(t.name, t.sequence, t.unit, t.source, t.kind) for t in after.tracks] == [
        (t.name, t.sequence, t.unit, t.source, t.kind) for t in before.tracks
    ]
    for one, other in zip(before.tracks, after.tracks, strict=True):
        np.testing.assert_array_equal(one.values, other.values)
    [a], [b] = before.answers, after.answers
    pd.testing.assert_frame_equal(a.table, b.table)
    assert (a.text, a.figure, a.alt, a.limits, a.command) == (b.text, b.figure, b.alt, b.limits, b.command)
    assert after.versions["biocore"]
    assert write_session(before) == write_session(before)


def changed(**changes):
    """The session's file with other members, or (manifest=function) with a manifest that was tampered with."""
    members = read_members(write_session(session()), limit=10**7)
    edit = changes.pop("manifest", None)
    if edit:
        manifest = json.loads(members["manifest.json"])
        edit(manifest)
        members["manifest.json"] = json.dumps(manifest).encode()
    return write_members({**members, **{k.replace("__", "/").replace("_csv", ".csv"): v for k, v in changes.items()}})


def put(*path, value):
    def edit(manifest):
        at = manifest
        for key in path[:-1]:
            at = at[key]
        at[path[-1]] = value

    return edit


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a session file"),
        (b"PK\x03\x04 but no more", "not a session file"),
        (write_members({"a.txt": "x"}), "manifest.json is missing"),
        (write_members({"manifest.json": "{}"}), "no session of biocore"),
        (write_members({"manifest.json": "[" * 100_000}), "not JSON"),
        (write_members({"../manifest.json": "x"}), "which is not read"),
        (write_members({"/etc/passwd": "x"}), "which is not read"),
        (write_members({"a\\b": "x"}), "which is not read"),
        (write_members({f"{i}.txt": "x" for i in range(501)}), "501 files; 500 are the most"),
        (changed(manifest=put("version", value=9)), "version '9'; this biocore reads version 1"),
        (changed(manifest=put("molecules", value={})), "molecules of the session must be a list"),
        (changed(manifest=put("molecules", 0, "kind", value="rna")), "must be protein or dna"),
        (changed(manifest=put("molecules", 0, "current", value=7)), "record 8 does not exist"),
        (changed(manifest=put("molecules", 0, "current", value=-1)), "is no place"),
        (changed(manifest=put("molecules", 0, "file", value="inputs/none.txt")), "inputs/none.txt is missing"),
        (changed(manifest=put("tracks", 0, "columns", value=[])), "the manifest names 0 tracks"),
        (changed(manifest=put("settings", "x", value={"a": 1})), "the setting 'x'"),
        (changed(manifest=put("title", value=["a"])), "title of the session must be a text"),
        (changed(manifest=put("cursor", value={"protein": [True]})), "is no place"),
        (changed(manifest=put("answers", 0, "table", value="inputs/protein.txt")), "not a parquet file"),
        (changed(manifest=put("answers", 0, "figure", value="manifest.json")), "no list of traces"),
        (changed(inputs__protein=b"x", tracks__1_csv=b"\xff\xfe"), "is not text"),
        (changed(tracks__1_csv="position,residue,x\n1,<b>,2\n"), "one letter of a sequence in each line"),
    ],
)
def test_a_hostile_file_gets_a_sentence(content, message):
    with pytest.raises(InputError, match=re.escape(message)):
        read_session(content)


def test_a_bomb_is_refused_before_it_is_unpacked():
    stream = BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}.txt", b"\0" * 50_000_000)
    assert len(stream.getvalue()) < 10**6
    with pytest.raises(InputError, match="larger than 0.195 GB once unpacked"):
        read_session(stream.getvalue())


def test_a_size_the_archive_lies_about_is_found():
    content = bytearray(write_members({"a.txt": "x" * 1000}))
    at = content.index(b"PK\x01\x02") + 24
    content[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(InputError):
        read_members(bytes(content), limit=10**6)


@pytest.mark.parametrize("kind", ["scattergeo", "choropleth", 7, None])
def test_figures_that_load_from_elsewhere_are_not_drawn(kind):
    members = read_members(write_session(session()), limit=10**7)
    members["figures/1.json"] = json.dumps({"data": [{"type": kind}], "layout": {}}).encode()
    with pytest.raises(InputError, match="traces that are not drawn here"):
        read_session(write_members(members))


def test_links_and_pictures_of_a_figure_are_dropped():
    members = read_members(write_session(session()), limit=10**7)
    layout = {"images": [{"source": "http://example.org/x.png"}], "title": {"text": "<a href='http://x'>y</a>"}}
    members["figures/1.json"] = json.dumps({"data": [], "layout": layout}).encode()
    found = read_session(write_members(members)).answers[0].figure
    assert found == {"data": [], "layout": {"title": {"text": "&lt;a href='http://x'>y&lt;/a>"}}}


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("position,score\n1,0.5\n4,1\n", "line 3: '4' is no position of a, which has 1 to 3"),
        ("position,score\n1,0.5\n\n1,1\n", "line 4: position 1 was given before, on line 2"),
        ("position;letter;score\n2;R;0,5\n", "line 2: position 2 of a is K, and the table has 'R'"),
        ("position,score\n1,high\n", "line 2: 'high' in the column 'score' is no number"),
        ("position,score\n1,0.5,3\n", "line 2 has 3 cells, and the header 2"),
        ("score\n1\n2\n", "2 lines for the 3 letters of a"),
        ("position,score,score\n1,2,3\n", "'score' twice"),
        ("position\n1\n", "0 columns of values"),
        ("", "the table needs a header"),
    ],
)
def test_a_table_that_does_not_fit_is_refused_by_its_line(table, message):
    with pytest.raises(InputError, match=re.escape(message)):
        tracks_of_table(table, read_molecule(">a\nMKT", "protein"))


def test_a_table_of_ones_own_becomes_tracks():
    molecule = read_molecule(">a\nMKT", "protein")
    one, two = tracks_of_table("# mine\nposition\tresidue\tx\ty\n3\tt\t1\t\n1\tM\t-2.5\t7\n", molecule, source="mine")
    np.testing.assert_equal(one.values, [-2.5, np.nan, 1])
    np.testing.assert_equal(two.values, [7, np.nan, np.nan])
    assert (one.name, one.sequence, one.source) == ("x", "MKT", "mine")
    (dna,) = tracks_of_table("z\n1\n\n2\n3\n", read_molecule(">d\nACG", "dna"))
    assert dna.kind == "dna" and dna.values.tolist() == [1, 2, 3]
