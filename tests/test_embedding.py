"""Maps, neighbours and files are checked against hand-made answers, scikit-learn and openTSNE."""

import json

import numpy as np
import pandas as pd
import pytest

from biocore import embedding
from biocore.embedding import (
    EmbeddingSet,
    ProjectionSettings,
    distinct,
    nearest,
    project,
    projection_quality,
    separation,
    transform,
)
from biocore.errors import InputError
from biocore.sequence import Record

METHODS = ["pca", "tsne", pytest.param("umap", marks=pytest.mark.slow)]  # umap compiles when it is first used


def clusters(each=20, dims=16, apart=12.0, seed=0):
    """Two groups far apart, and which is which."""
    x = np.random.default_rng(seed).normal(size=(2 * each, dims)).astype(np.float32)
    x[each:, 0] += apart
    return x, ["a"] * each + ["b"] * each


def some(n=6, **options):
    vectors = np.random.default_rng(1).normal(size=(n, 4)).astype(np.float32)
    table = pd.DataFrame({"label": [f"l{i % 2}" for i in range(n)], "length": range(10, 10 + n)})
    return EmbeddingSet(tuple(f"p{i}" for i in range(n)), vectors, table, **options)


# ------------------------------------------------------------------------------------------------------------- maps


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", [2, 3])
def test_two_clusters_stay_apart(method, dims):
    x, _ = clusters()
    y = project(x, ProjectionSettings(method, dims)).coordinates
    centres = y[:20].mean(axis=0), y[20:].mean(axis=0)
    spread = max(np.linalg.norm(y[:20] - centres[0], axis=1).max(), np.linalg.norm(y[20:] - centres[1], axis=1).max())
    nearer = np.linalg.norm(y - centres[0], axis=1) < np.linalg.norm(y - centres[1], axis=1)
    assert y.shape == (40, dims)
    assert list(nearer) == [True] * 20 + [False] * 20
    assert np.linalg.norm(centres[0] - centres[1]) > spread


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_map_and_another_seed_another(method):
    x, _ = clusters()
    first, again = (project(x, ProjectionSettings(method, seed=3)).coordinates for _ in range(2))
    other = project(x, ProjectionSettings(method, seed=4)).coordinates
    np.testing.assert_array_equal(first, again)
    assert np.allclose(first, other) == (method == "pca")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dims", [2, 3])
@pytest.mark.parametrize("n", [1, 2, 3, 4, 7])
def test_few_points_work_and_say_what_is_shown(method, metric, dims, n):
    x = np.random.default_rng(n).normal(size=(n, 8)).astype(np.float32)
    shown = project(x, ProjectionSettings(method, dims, metric))
    assert shown.coordinates.shape == (n, dims)
    assert np.isfinite(shown.coordinates).all()
    if method != "pca":
        assert shown.notes
    if n < 4:
        assert shown.settings.method == "pca"


def test_two_points_keep_their_distance():
    x = np.array([[0, 0, 0], [3, 0, 4]], np.float32)
    shown = project(x, ProjectionSettings("tsne"))
    assert np.linalg.norm(shown.coordinates[0] - shown.coordinates[1]) == pytest.approx(5)
    assert "two points lie on one line" in shown.notes[0]


@pytest.mark.slow
def test_perplexity_and_neighbours_are_held_to_the_points():
    x, _ = clusters(each=5)
    assert project(x, ProjectionSettings("tsne", perplexity=50)).settings.perplexity == pytest.approx(3)
    assert project(x, ProjectionSettings("umap", neighbours=50)).settings.neighbours == 9


def test_pca_is_that_of_scikit_learn():
    from sklearn.decomposition import PCA

    for n, d in [(40, 16), (6, 16)]:  # more points than numbers, and fewer
        x = np.random.default_rng(n).normal(size=(n, d)).astype(np.float32)
        ours, theirs = project(x, ProjectionSettings("pca", 3)), PCA(3).fit(x)
        np.testing.assert_allclose(np.abs(ours.coordinates), np.abs(theirs.transform(x)), atol=1e-4)
        np.testing.assert_allclose(ours.variance, theirs.explained_variance_ratio_, atol=1e-5)


def test_pca_says_when_an_axis_is_empty():
    x = np.outer(np.arange(5), np.ones(3)).astype(np.float32)
    shown = project(x, ProjectionSettings("pca"))
    assert shown.variance == pytest.approx((1, 0))
    assert "without any variance" in shown.notes[0]


@pytest.mark.parametrize("method", METHODS)
def test_copies_have_one_place_and_count_once(method):
    x, _ = clusters(each=8)
    copied = np.vstack([x, x[:3]])
    shown = project(copied, ProjectionSettings(method))
    np.testing.assert_array_equal(shown.coordinates[:3], shown.coordinates[16:])
    np.testing.assert_array_equal(shown.coordinates[:16], project(x, ProjectionSettings(method)).coordinates)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dims", [2, 3])
def test_new_points_land_in_their_cluster_and_the_map_stays(method, dims):
    x, _ = clusters()
    shown = project(x, ProjectionSettings(method, dims))
    before = shown.coordinates.copy()
    new = transform(x, shown, np.vstack([x[:3] + 0.01, x[20:23] + 0.01, x[5:6]]))
    np.testing.assert_array_equal(shown.coordinates, before)
    centres = before[:20].mean(axis=0), before[20:].mean(axis=0)
    nearer = np.linalg.norm(new - centres[0], axis=1) < np.linalg.norm(new - centres[1], axis=1)
    assert list(nearer) == [True] * 3 + [False] * 3 + [True]
    np.testing.assert_array_equal(new[6], before[5])  # a known vector gets its old place


def test_a_map_read_from_a_file_still_takes_new_points():
    x, labels = clusters()
    shown = project(x, ProjectionSettings("tsne"))
    held = EmbeddingSet(tuple(f"p{i}" for i in range(40)), x, pd.DataFrame({"label": labels}))
    back = embedding.read_vectors(embedding.write_vectors(held, ".npz", shown), "m.npz")
    np.testing.assert_allclose(
        transform(back.vectors, back.projection, x[:2] + 0.1), transform(x, shown, x[:2] + 0.1), atol=1e-5
    )


def test_a_stored_map_is_used_where_its_settings_are_asked_for():
    held = some(8)
    stored = embedding.Projection(np.full((8, 2), 7, np.float32), ProjectionSettings("pca"))
    held = EmbeddingSet(held.names, held.vectors, held.table, projection=stored)
    assert (
        embedding.projection_of(held, ProjectionSettings("pca", seed=5)).coordinates == 7
    ).all()  # PCA knows no seed
    assert (embedding.projection_of(held, ProjectionSettings("pca", metric="cosine")).coordinates != 7).all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"method": "mds"}, "method 'mds' is not known"),
        ({"dims": 4}, "a map has 2 or 3"),
        ({"metric": "manhattan"}, "use euclidean or cosine"),
        ({"perplexity": 0.5}, "it must be 1 or more"),
        ({"neighbours": 1}, "it needs 2 or more"),
        ({"min_dist": 1.5}, "between 0 and 0.99"),
        ({"seed": -1}, "use a whole number"),
    ],
)
def test_bad_settings_are_named(settings, message):
    with pytest.raises(InputError, match=message):
        ProjectionSettings(**settings)


def test_bad_vectors_are_named():
    x = np.ones((3, 2), np.float32)
    x[1, 0] = np.nan
    with pytest.raises(InputError, match="record 'b'.*not finite"):
        project(x, ProjectionSettings("pca"), names=("a", "b", "c"))
    with pytest.raises(InputError, match="no vectors"):
        project(np.zeros((0, 3)), ProjectionSettings("pca"))
    with pytest.raises(InputError, match="record 'a'.*all zeros"):
        project(np.zeros((2, 3)), ProjectionSettings("pca", metric="cosine"), names=("a", "b"))


# ---------------------------------------------------------------------------------------------------------- neighbours


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_neighbours_are_those_of_scikit_learn(metric):
    from sklearn.neighbors import NearestNeighbors

    x = np.random.default_rng(0).normal(size=(60, 10)).astype(np.float32) + 100  # far from the origin: needs care
    ours = nearest(x, k=7, metric=metric)
    distances, indices = NearestNeighbors(metric=metric, algorithm="brute").fit(x.astype(float)).kneighbors(None, 7)[:2]
    if metric == "euclidean":
        np.testing.assert_array_equal(ours.indices, indices)
    np.testing.assert_allclose(ours.distances, distances, atol=1e-6)


def test_a_copy_is_a_neighbour_and_a_vector_is_not_its_own():
    x = np.array([[1, 0], [0, 1], [1, 0]], np.float32)
    found = nearest(x, k=5, metric="cosine")
    assert found.indices.tolist() == [[2, 1], [0, 2], [0, 1]]
    assert found.cosine[0].tolist() == [1, 0]


def test_distinct_knows_negative_zero():
    first, group = distinct(np.array([[0.0, 1], [-0.0, 1], [2, 1]]))
    assert first.tolist() == [0, 2]
    assert group.tolist() == [0, 0, 1]


def test_neighbour_table_skips_the_protein_itself_and_marks_copies():
    held = EmbeddingSet(("a", "b", "c"), np.array([[1, 0], [1, 0], [0, 1]], np.float32), pd.DataFrame(index=range(3)))
    found = embedding.neighbour_table(held, 1, k=5)
    assert found["record"].tolist() == ["a", "c"]
    assert found["identical"].tolist() == [True, False]


# ------------------------------------------------------------------------------------------------------------- quality


@pytest.mark.parametrize("method", ["pca", "tsne"])
@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_trustworthiness_is_that_of_scikit_learn(method, metric):
    from sklearn.manifold import trustworthiness

    x = np.random.default_rng(2).normal(size=(50, 12)).astype(np.float32)
    shown = project(x, ProjectionSettings(method, metric=metric))
    ours = projection_quality(x, shown, k=6)
    assert ours.trustworthiness == pytest.approx(trustworthiness(x, shown.coordinates, n_neighbors=6, metric=metric))
    high, low = nearest(x, k=6, metric=metric).indices, nearest(shown.coordinates, k=6, metric="euclidean").indices
    overlap = np.mean([len(set(a) & set(b)) / 6 for a, b in zip(high, low, strict=True)])
    assert ours.neighbourhood_preservation == pytest.approx(overlap)


def test_a_perfect_map_is_perfect_and_a_random_one_is_by_chance():
    flat = np.random.default_rng(3).normal(size=(400, 2)).astype(np.float32)
    perfect = projection_quality(flat, project(flat, ProjectionSettings("pca")))
    assert perfect.trustworthiness == pytest.approx(1)
    assert perfect.neighbourhood_preservation == pytest.approx(1)
    assert perfect.variance == pytest.approx(1)
    shuffled = embedding.Projection(np.random.default_rng(4).permutation(flat), ProjectionSettings("tsne"))
    random = projection_quality(flat, shuffled)
    assert random.trustworthiness == pytest.approx(0.5, abs=0.05)
    assert random.neighbourhood_preservation == pytest.approx(random.preservation_by_chance, abs=0.02)
    assert np.isnan(random.variance)


def test_many_points_are_sampled():
    x = np.random.default_rng(5).normal(size=(1500, 3)).astype(np.float32)
    kept = projection_quality(x, project(x, ProjectionSettings("pca", 3)))
    assert kept.queries == 1000
    assert kept.trustworthiness == pytest.approx(1)


def test_faithfulness_of_few_points_is_not_defined():
    x = np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)
    assert np.isnan(projection_quality(x, project(x, ProjectionSettings("pca"))).trustworthiness)


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
def test_silhouette_is_that_of_scikit_learn(metric):
    from sklearn.metrics import silhouette_score

    x = np.random.default_rng(6).normal(size=(60, 5)).astype(np.float32)
    labels = np.random.default_rng(7).integers(0, 3, 60)
    ours = separation(x, [f"{v}" for v in labels], metric=metric)
    assert ours.silhouette == pytest.approx(silhouette_score(x.astype(float), labels, metric=metric), abs=1e-9)


def test_neighbour_accuracy_is_leave_one_out():
    from sklearn.model_selection import LeaveOneOut, cross_val_score
    from sklearn.neighbors import KNeighborsClassifier

    x = np.random.default_rng(8).normal(size=(50, 4)).astype(np.float32)
    labels = np.where(x[:, 0] + np.random.default_rng(9).normal(size=50) > 0, "a", "b")
    expected = cross_val_score(KNeighborsClassifier(5), x, labels, cv=LeaveOneOut()).mean()
    ours = separation(x, list(labels))
    assert ours.accuracy == pytest.approx(expected)
    assert ours.low < ours.accuracy < ours.high


def test_separated_labels_score_high_and_shuffled_ones_like_chance():
    x, labels = clusters(each=60)
    apart = separation(x, labels)
    assert apart.accuracy == 1
    assert apart.silhouette > 0.4
    mixed = separation(x, list(np.random.default_rng(0).permutation(labels)))
    assert mixed.accuracy == pytest.approx(0.5, abs=0.15)
    assert mixed.silhouette == pytest.approx(0, abs=0.03)


def test_copies_do_not_find_themselves():
    x = np.random.default_rng(10).normal(size=(80, 6)).astype(np.float32)
    labels = [f"{v}" for v in np.random.default_rng(11).integers(0, 2, 80)]
    once, twice = separation(x, labels), separation(np.vstack([x, x]), labels + labels)
    assert twice == once


def test_what_cannot_be_judged_is_left_out_and_said():
    x, labels = clusters(each=5)
    labels[0], labels[1] = "", "single"
    found = separation(x, labels)
    assert found.n == 8
    assert found.notes == ("1 without a label left out.", "1 label of a single protein left out.")
    assert np.isnan(separation(x, ["a"] * 10).accuracy)
    clash = separation(np.vstack([x, x[9:]]), [*labels, "a"])
    assert "1 identical in vector but not in label left out." in clash.notes


# -------------------------------------------------------------------------------------------------------------- labels


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


# --------------------------------------------------------------------------------------------------------------- files


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


# -------------------------------------------------------------------------------------------------------------- points


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


# ------------------------------------------------------------------------------------------------------------- figures


def test_figure_draws_every_point_once_and_counts_copies():
    from biocore.plot import embedding_map as maps

    vectors = np.random.default_rng(0).normal(size=(30, 4)).astype(np.float32)
    vectors[1] = vectors[0]
    table = pd.DataFrame({"label": ["a<b>"] * 20 + ["b"] * 9 + [""], "length": np.arange(30.0)})
    held = EmbeddingSet(tuple(f"p{i}" for i in range(30)), vectors, table)
    for dims in (2, 3):
        shown = project(vectors, ProjectionSettings("pca", dims))
        points = embedding.points(held, shown)
        for colour in ("label", "length", None):
            figure = maps.map_figure(points, shown.axes, colour=colour, size="length", found=[3], picked=2)
            drawn = [row[0] for t in figure.data if t.customdata is not None for row in t.customdata]
            assert sorted(drawn) == list(range(29))
            assert any(t.name == "copies" and list(t.text) == ["×2"] for t in figure.data)
            assert any(t.name.startswith("found") for t in figure.data)
            assert "<b>" not in json.dumps([t.text[0] for t in figure.data if t.text is not None])


def test_many_labels_share_a_colour_and_every_other_pair_is_unlike():
    from biocore.plot import embedding_map as maps

    colours = maps.category_colours([f"{i:02d}" for i in range(40)])
    kept = [v for k, v in colours.items() if k not in (embedding.SEVERAL, "")]
    assert len(set(kept)) == 20  # 19 labels and the shared one


# ------------------------------------------------------------------------------------------------------------ examples


@pytest.mark.parametrize("name", list(embedding.example_names()))
def test_examples_have_labels_and_a_map_and_no_sequences(name):
    shipped = embedding.example(name)
    held = shipped.embeddings
    assert held.sequences is None
    assert shipped.colour in held.table
    assert shipped.source and shipped.licence
    assert held.projection.settings.method == "tsne"
    assert not any("sequence" in c.lower() for c in held.table)


@pytest.mark.parametrize("name", list(embedding.example_names()))
@pytest.mark.parametrize("ending", [".npz", ".h5", ".parquet"])
def test_shipped_files_are_read_and_written_again_without_a_change(name, ending):
    held = embedding.example(name).embeddings
    back = embedding.read_vectors(embedding.write_vectors(held, ending, held.projection), f"x{ending}")
    assert (back.names, back.model, back.model_hash) == (held.names, held.model, held.model_hash)
    np.testing.assert_array_equal(back.vectors, held.vectors)
    np.testing.assert_array_equal(back.projection.coordinates, held.projection.coordinates)
    assert back.projection.settings == held.projection.settings
    pd.testing.assert_frame_equal(back.table, held.table, check_dtype=False)


def test_an_hdf5_file_of_before_columns_had_their_name_is_read():
    from io import BytesIO

    import h5py

    buffer = BytesIO()
    with h5py.File(buffer, "w") as file:
        file["embeddings"], file["names"] = np.eye(2, dtype=np.float32), ["p", "q"]
        file["columns/x_y"] = ["a", "b"]
        file["coordinates"] = np.zeros((2, 2), np.float32)
        settings = {"method": "pca", "dims": 2, "metric": "euclidean", "variance": [1.0, 0.0]}
        file.attrs["about"] = json.dumps({"model": "m", "map": settings})
    back = embedding.read_vectors(buffer.getvalue(), "x.h5")
    assert back.table["x_y"].tolist() == ["a", "b"]
    assert (back.model, back.projection.variance) == ("m", (1.0, 0.0))


def test_the_tokens_map_is_what_the_settings_give():
    held = embedding.example("tokens").embeddings
    assert len(held) == 33
    again = project(held.vectors, ProjectionSettings())
    assert projection_quality(held.vectors, again).trustworthiness == pytest.approx(
        projection_quality(held.vectors, held.projection).trustworthiness, abs=0.05
    )
