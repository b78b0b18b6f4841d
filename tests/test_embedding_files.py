"""Labels, files and points of embeddings: round trips and refusals."""

import numpy as np
import pandas as pd
import pytest
from embedding_toys import some

from biocore import embedding
from biocore.embedding import (
    EmbeddingSet,
    ProjectionSettings,
    project,
)
from biocore.errors import InputError
from biocore.sequence import Record


def test_headers_of_many_styles():
    records = [
        Record("p1", "MK", "Ubiquitin OS=Homo sapiens OX=9606 GN=UBB"),
        Record("p2", "MK", "label=kinase; score=2.5"),
        Record("p3", "MK", "[gene=x] [name=a b]"),
    ]
    table = embedding.header_columns(records)
    assert table["OS"].tolist() == ["Homo sapiens", "", ""]
    assert table["description"].tolist() == ["Ubiquitin", "", ""]
    assert table["label"].tolist() == ["", "kinase", ""]
    assert table["score"].tolist()[1] == 2.5
    assert table["name"].tolist()[2] == "a b"


def test_labels_join_by_identifier():
    labels = embedding.read_labels("Entry\tkind\tmass\nP69905\tglobin\t15\nQ00000\tnone\t1\n")
    join = embedding.join_labels(["sp|P69905|HBA_HUMAN", "P69905.2", "p69905 (2)", "other"], labels)
    assert join.columns["kind"].tolist() == ["globin"] * 3 + [""]
    assert join.columns["mass"].tolist()[:3] == [15] * 3
    assert join.matched == 3
    assert join.missing == ("other",)
    assert join.unused == ("Q00000",)


def test_labels_without_any_match_show_both_kinds_of_names():
    labels = embedding.read_labels("id,label\nx1,a\n")
    with pytest.raises(InputError, match="named p1, p2, the labels x1"):
        embedding.join_labels(["p1", "p2"], labels)


def test_a_protein_labelled_twice_keeps_the_first_and_says_so():
    join = embedding.join_labels(["p1"], embedding.read_labels("id,label\np1,a\np1,b\n"))
    assert join.columns["label"].tolist() == ["a"]
    assert "p1" in join.notes[-1]


@pytest.mark.parametrize(
    ("text", "message"), [("", "empty"), ("id\np1\n", "only one column"), ("id,label\n", "nothing below")]
)
def test_bad_labels_say_why(text, message):
    with pytest.raises(InputError, match=message):
        embedding.read_labels(text)


def test_precision_is_no_other_model():
    assert embedding.same_weights("abc", "abc-bf16")
    assert not embedding.same_weights("abc", "abd")


def test_equal_names_are_told_apart():
    names, notes = embedding.unique_names(["a", "b", "a", "a (2)", "a"])
    assert len(set(names)) == 5
    assert names[:2] == ("a", "b")
    assert names[3] == "a (2)"
    assert "1 name occurs more than once (a)" in notes[0]


@pytest.mark.parametrize("ending", embedding.ENDINGS)
def test_files_come_back_as_they_were(ending):
    held = some(model="m", model_hash="h", layer=3)
    shown = project(held.vectors, ProjectionSettings("pca"))
    back = embedding.read_vectors(embedding.write_vectors(held, ending, shown), f"x{ending}")
    assert back.names == held.names
    np.testing.assert_allclose(back.vectors, held.vectors, rtol=1e-6)
    pd.testing.assert_frame_equal(back.table, held.table, check_dtype=False)
    if ending not in (".csv", ".tsv"):
        assert (back.model, back.model_hash, back.layer) == ("m", "h", 3)
        np.testing.assert_array_equal(back.projection.coordinates, shown.coordinates)
        assert back.projection.settings == shown.settings
        assert back.projection.variance == pytest.approx(shown.variance)


def npz(**arrays):
    from io import BytesIO

    buffer = BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def test_a_vector_for_each_name():
    back = embedding.read_vectors(npz(P1=np.arange(3.0), P2=np.ones(3)), "x.npz")
    assert back.names == ("P1", "P2")
    assert back.vectors.tolist() == [[0, 1, 2], [1, 1, 1]]


def test_pickled_objects_are_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "ran"), "w"))

    content = npz(embeddings=np.ones((1, 2)), names=np.array([Bomb()], dtype=object))
    with pytest.raises(InputError, match="never loaded"):
        embedding.read_vectors(content, "x.npz")
    assert not (tmp_path / "ran").exists()


def test_links_out_of_an_hdf5_file_are_refused(tmp_path):
    h5py = pytest.importorskip("h5py")
    secret = tmp_path / "secret"
    secret.write_bytes(b"0123456789abcdef")
    outside = tmp_path / "outside.h5"
    with h5py.File(outside, "w") as file:
        file["v"] = np.ones(4)
    for number, make in enumerate(
        [
            lambda f: f.create_dataset("raw", (16,), "u1", external=[(str(secret), 0, 16)]),
            lambda f: f.__setitem__("link", h5py.ExternalLink(str(outside), "/v")),
            lambda f: f.__setitem__("soft", h5py.SoftLink("/x")),
        ]
    ):
        path = tmp_path / f"{number}.h5"
        with h5py.File(path, "w") as file:
            make(file)
        with pytest.raises(InputError, match="in the file itself"):
            embedding.read_vectors(path)


def test_csv_of_the_embed_command_and_plain_csv():
    held = embedding.read_vectors(b'record,length,model,embedding\np1,3,m,"[1, 2]"\np2,4,m,"[3, 4]"\n', "e.csv")
    assert held.vectors.tolist() == [[1, 2], [3, 4]]
    assert held.model == "m"
    plain = embedding.read_vectors(b"id,kind,e1,e2,length\np1,a,0,1,30\np2,b,2,3,40\n", "p.csv")
    assert plain.vectors.tolist() == [[0, 1], [2, 3]]
    assert list(plain.table) == ["kind", "length"]


@pytest.mark.parametrize(
    ("header", "dimensions", "columns"),
    [
        ("id,e7,emb_0,emb_1,emb_2,mass", ["emb_0", "emb_1", "emb_2"], ["e7", "mass"]),
        ("id,e2,e1,e3,d1,d2", ["e1", "e2", "e3"], ["d1", "d2"]),
        ("id,0,1,2,9606", None, None),
        ("id,dim_1,dim_2,v3,v5", ["dim_1", "dim_2"], ["v3", "v5"]),
        ("id,mass,charge,e7", ["mass", "charge", "e7"], []),
        ("id,2010,2011,2012", ["2010", "2011", "2012"], []),
    ],
)
def test_the_dimensions_of_vectors_have_one_prefix_and_no_gap(header, dimensions, columns):
    names = header.split(",")
    content = f"{header}\np," + ",".join(map(str, range(1, len(names)))) + "\n"
    if dimensions is None:
        with pytest.raises(InputError, match="number 3 is missing"):
            embedding.read_vectors(content.encode(), "x.csv")
        return
    held = embedding.read_vectors(content.encode(), "x.csv")
    assert held.vectors[0].tolist() == [names.index(d) for d in dimensions]
    assert list(held.table) == columns


@pytest.mark.parametrize("ending", embedding.ENDINGS)
def test_columns_that_look_like_others_come_back_apart(ending):
    """A label called e7 is no dimension, and x/y is not x_y."""
    table = pd.DataFrame({"e7": [1, 2], "e5": [0.5, 1.5], "x/y": ["a", "b"], "x_y": ["c", "d"]})
    held = EmbeddingSet(("p", "q"), np.eye(2, 4, dtype=np.float32), table)
    back = embedding.read_vectors(embedding.write_vectors(held, ending), f"x{ending}")
    np.testing.assert_array_equal(back.vectors, held.vectors)
    if ending in (".csv", ".tsv"):
        table = table.rename(columns={"e7": "label_e7", "e5": "label_e5"})
    assert {c: back.table[c].tolist() for c in back.table} == {c: table[c].tolist() for c in table}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"id,label\np1,a\n", "x.csv", "no column of numbers"),
        (b"", "x.csv", "not a table"),
        (b"\x00\xff\xfe", "x.csv", "not a table"),
        (b"not a zip", "x.npz", "not an .npz file"),
        (b"not h5", "x.h5", "not an HDF5 file"),
        (b"not parquet", "x.parquet", "not a parquet file"),
        (b"x", "x.pkl", "read from .npz"),
        (npz(embeddings=np.ones((2, 3)), names=np.array(["a"])), "x.npz", "1 names and 2 vectors"),
        (npz(a=np.ones(3), b=np.ones(4)), "x.npz", "no vectors were found"),
        (b"id,e1,e2,e4\na,1,2,3\n", "x.csv", "e1 to e4 look like the dimensions of vectors, but number 3 is missing"),
        (b"id,e1,e2\na,1,high\n", "x.csv", "'e2' is a dimension of the vectors and holds text"),
        (b"id,e7\na,1\nb,2\n", "x.csv", "only one column of numbers"),
        (b"id,e1,e2\na,1,1\nb,,1\n", "x.csv", "record 'b'.*not finite"),
        (b'id,embedding\na,"[1, 2]"\nb,"[1]"\n', "x.csv", "all of one length"),
        (b'id,embedding\na,"[1, x"\n', "x.csv", "list of numbers"),
    ],
)
def test_wrong_files_say_why(content, name, message):
    with pytest.raises(InputError, match=message):
        embedding.read_vectors(content, name)


def test_half_precision_keeps_three_digits():
    held = some()
    back = embedding.read_vectors(embedding.write_vectors(held, ".npz", half=True), "x.npz")
    np.testing.assert_allclose(back.vectors, held.vectors, rtol=1e-3)


def test_points_merge_copies():
    vectors = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    table = pd.DataFrame({"label": ["a", "b", "c"], "same": ["s", "t", "s"], "length": [10, 20, 30]})
    held = EmbeddingSet(("p", "q", "r"), vectors, table)
    points = embedding.points(held, project(vectors, ProjectionSettings("pca")))
    assert points.rows == ((0, 2), (1,))
    assert points.copies.tolist() == [2, 1]
    assert points.names == ("p and 1 more", "q")
    assert points.table["label"].tolist() == [embedding.SEVERAL, "b"]
    assert points.table["same"].tolist() == ["s", "t"]
    assert points.table["length"].tolist() == [20, 20]
