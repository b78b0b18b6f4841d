"""The embedding map page: worked examples, 0 to 300 proteins, labels that fit or do not, wrong files."""

import io

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from biocore import embedding, jobs

PAGE = "../pages/embedding_map.py"
needs_examples = pytest.mark.skipif(not embedding.example_names(), reason="the examples are not in assets/examples")


def opened(**query):
    app = AppTest.from_file(PAGE, default_timeout=240)
    for name, value in {"method": "pca", **query}.items():
        app.query_params[name] = value
    return app.run()


def with_proteins(text, **query):
    return opened(source="proteins", seq=text, **query)


def fasta(n, seed=0, label=True):
    rng = np.random.default_rng(seed)
    letters = list("ACDEFGHIKLMNPQRSTVWY")
    return "".join(
        f">p{i}{f' kind=k{i % 2}' if label else ''}\n{''.join(rng.choice(letters, 20 + i % 5))}\n" for i in range(n)
    )


def table(app, *columns):
    """The table that has these columns."""
    return next(t.value for t in app.dataframe if set(columns) <= set(t.value.columns))


def messages(app):
    return " ".join(m.value for kind in (app.error, app.warning, app.info, app.caption) for m in kind)


def npz(**arrays):
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


@needs_examples
def test_it_opens_on_a_computed_example():
    app = AppTest.from_file(PAGE, default_timeout=240).run()
    assert not app.exception
    assert not app.error
    metrics = {m.label: m.value for m in app.metric}
    assert 0.5 < float(metrics["Trustworthiness"]) <= 1
    assert "5-neighbour accuracy" in metrics
    assert len(table(app, "record", "x", "y")) == len(embedding.example("extracellular-membrane").embeddings)


@needs_examples
@pytest.mark.parametrize("name", list(embedding.example_names()))
def test_every_example_opens_from_a_link_in_three_dimensions(name):
    app = opened(example=name, dims="3")
    assert not app.exception
    assert not app.error
    assert {"x", "y", "z"} <= set(table(app, "record", "x").columns)


@needs_examples
def test_a_linked_protein_shows_its_neighbours_in_the_original_space():
    held = embedding.example("extracellular-membrane").embeddings
    app = opened(protein=held.names[3], find=held.names[3])
    assert not app.exception
    shown = table(app, "rank", "cosine similarity")
    expected = embedding.neighbour_table(held, 3, k=20, metric="euclidean")
    assert shown["record"].tolist() == expected["record"].tolist()
    assert "1 points with" in messages(app)


def test_no_protein_is_a_message():
    app = with_proteins(">only a name\n")
    assert not app.exception
    assert "None of the 1 records can be embedded" in app.error[0].value


def test_an_empty_text_is_a_message_and_stays():
    app = with_proteins(fasta(3))
    app.text_area(key="map.text").set_value("").run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert "empty" in app.error[0].value


@pytest.mark.parametrize(("n", "said"), [(1, "a single point has no map"), (2, "two points lie on one line"), (3, "")])
def test_few_proteins(n, said):
    app = with_proteins(fasta(n), method="tsne")
    assert not app.exception
    assert not app.error
    assert len(table(app, "record", "x", "y")) == n
    assert said in messages(app)
    assert {m.label: m.value for m in app.metric}["Trustworthiness"] == "not defined"


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_three_hundred_proteins(method):
    app = opened(source="proteins", method=method)
    app.text_area(key="map.text").set_value(fasta(300)).run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert not app.error
    shown = table(app, "record", "x", "y")
    assert len(shown) == 300
    assert set(shown["kind"]) == {"k0", "k1"}
    assert app.selectbox(key="colour").value == "kind"
    metrics = {m.label: m.value for m in app.metric}
    assert float(metrics["Trustworthiness"]) > 0.5
    assert "Silhouette" in metrics


def test_equal_names_and_equal_sequences_are_counted():
    app = with_proteins(">a\nMKVLAAGIVGLCMKVLAAGIV\n>a\nMKVLAAGIVGLCMKVLAAGIV\n>b\nMSTNPKPQRKTKRNTNRRPQD\n")
    assert not app.exception
    assert table(app, "record", "x")["record"].tolist() == ["a", "a (2)", "b"]
    assert "1 name occurs more than once" in messages(app)
    assert "1 proteins have the same vector as another" in messages(app)


def test_bad_records_are_left_out_with_their_reasons():
    app = with_proteins(fasta(3) + ">bad\nMK1$V\n")
    assert not app.exception
    assert "1 of 4 records cannot be embedded" in messages(app)
    assert "'$' is not an amino acid" in table(app, "record", "reason")["reason"][0]
    assert len(table(app, "record", "x")) == 3


def test_dna_and_a_structure_are_refused_and_the_text_stays():
    app = with_proteins(">d\n" + "ACGT" * 10)
    assert "looks like DNA" in app.error[0].value
    text = "HEADER    OXYGEN TRANSPORT\nATOM      1  N   VAL A   1\n"
    app = with_proteins(text)
    assert not app.exception
    assert "structure file" in app.error[0].value
    assert app.text_area(key="map.text").value == text


def test_too_many_records_are_refused():
    app = opened(source="proteins")
    app.text_area(key="map.text").set_value("".join(f">p{i}\nMK\n" for i in range(5001))).run()
    app.button(key="map.compute").click().run()
    assert "takes up to 5,000" in app.error[0].value


def test_labels_join_and_say_what_did_not_fit():
    app = with_proteins(fasta(4, label=False))
    app.text_area(key="map.labels").set_value("id,site,mass\np0,x,1\np1,x,2\np2,y,3\nzz,y,4\n").run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert not app.error
    shown = table(app, "record", "x")
    assert shown["site"].tolist() == ["x", "x", "y", ""]
    assert "3 of 4 proteins have a label" in messages(app)
    assert "1 of 4 labels fit no protein (zz)" in messages(app)
    app.selectbox(key="colour").set_value("mass").run()
    assert not app.exception


def test_labels_that_fit_nothing_are_a_message():
    app = with_proteins(fasta(3))
    app.text_area(key="map.labels").set_value("id,site\nq1,x\n").run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert "No label fits" in app.error[0].value
    assert app.text_area(key="map.labels").value.startswith("id,site")


def test_own_vectors_are_mapped():
    app = opened(source="vectors")
    assert not app.exception
    vectors = np.random.default_rng(0).normal(size=(30, 8))
    content = npz(embeddings=vectors, names=np.array([f"v{i}" for i in range(30)]), label=np.array(["a", "b"] * 15))
    app.file_uploader(key="map.vectors").set_value(("mine.npz", content, "application/zip")).run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert not app.error
    shown = table(app, "record", "x")
    assert len(shown) == 30
    assert shown["label"].tolist()[:2] == ["a", "b"]
    assert "map mine.npz --method pca" in app.code[0].value


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("x.npz", b"nonsense", "not an .npz file"),
        ("x.csv", b"id,label\na,b\n", "no column of numbers"),
        ("x.npz", npz(embeddings=np.ones((1, 2)), names=np.array([{}], dtype=object)), "never loaded"),
    ],
)
def test_a_wrong_file_is_a_message(name, content, said):
    app = opened(source="vectors")
    app.file_uploader(key="map.vectors").set_value((name, content, "application/octet-stream")).run()
    app.button(key="map.compute").click().run()
    assert not app.exception
    assert said in app.error[0].value


def test_new_proteins_are_projected_and_a_bad_one_leaves_the_map():
    app = with_proteins(fasta(8))
    before = table(app, "record", "x").copy()
    app.text_area(key="map.new_text").set_value(">new\nMKVLAAGIVGLCMKV\n").run()
    app.button(key="map.project").click().run()
    assert not app.exception
    assert not app.error
    assert table(app, "record", "x").equals(before)
    assert table(app, "new protein", "nearest in the map")["new protein"].tolist() == ["new"]
    app.text_area(key="map.new_text").set_value(">new\nMKV$\n").run()
    app.button(key="map.project").click().run()
    assert not app.exception
    assert "cannot be projected" in app.error[0].value
    assert table(app, "record", "x").equals(before)


@needs_examples
def test_a_protein_known_by_its_name_only_is_handed_over_as_an_accession(monkeypatch):
    """The example holds vectors: "A0AVI4" must not reach another page as the sequence AAVI."""
    import streamlit as st

    monkeypatch.setattr(st, "switch_page", lambda page: None)
    app = opened(example="extracellular-membrane", protein="A0AVI4")
    assert app.selectbox(key="map.protein").value == "A0AVI4"
    offered = [b.key for b in app.button if b.key.startswith("map.open.")]
    assert offered == ["map.open.structures"]
    app.button(key="map.open.structures").click().run()
    assert app.session_state["hand_over.structure"] == "A0AVI4"
    assert "hand_over.protein" not in app.session_state
    assert "protein" not in app.session_state


def test_a_protein_is_handed_over_with_its_sequence(monkeypatch):
    import streamlit as st

    monkeypatch.setattr(st, "switch_page", lambda page: None)
    app = with_proteins(">A0AVI4\nMKVLAAGIVGLC\n>b\nMSTNPKPQRKTK\n", protein="A0AVI4")
    app.button(key="map.open.masked_residues").click().run()
    assert app.session_state["hand_over.protein"] == ">A0AVI4\nMKVLAAGIVGLC\n"


def test_a_protein_from_another_page_arrives():
    app = AppTest.from_file(PAGE, default_timeout=240)
    app.session_state["hand_over.protein"] = fasta(2)
    app.run()
    assert not app.exception
    assert app.segmented_control(key="map.source").value == "proteins"
    assert table(app, "record", "x")["record"].tolist() == ["p0", "p1"]


def test_a_single_protein_from_another_page_is_projected_into_the_worked_example():
    app = AppTest.from_file(PAGE, default_timeout=240)
    app.session_state["hand_over.protein"] = fasta(1)
    app.run()
    assert not app.exception and not app.error
    assert app.segmented_control(key="map.source").value == "example"
    assert "New proteins and their nearest in the original space" in [each.value for each in app.subheader]


def test_many_proteins_are_a_job_whose_finished_part_is_shown():
    text = "".join(
        f">p{n} family={n % 3}\n{'ACDEFGHIKLMNPQRSTVWY' * 5}{'ACDEFGHIKL' * (n % 7)}{'MNPQ' * n}\n" for n in range(100)
    )
    app = AppTest.from_file(PAGE, default_timeout=240)
    app.query_params.update({"source": "proteins", "seq": text, "method": "pca", "model": "esm-mini"})
    app.run()
    assert not app.exception and "is shown when it is done" in messages(app)
    jobs.Worker().turn(seconds=0.0)
    app.button(key="map.embed.stop").click().run()
    assert "of 100 proteins are embedded; the map is of these" in messages(app)
    assert 0 < len(table(app, "record", "x")) < 100
    app.button(key="map.embed.resume").click().run()
    jobs.Worker().drain()
    app.run()
    assert not app.exception and len(table(app, "record", "x", "family")) == 100


def test_inputs_that_changed_wait_for_the_button():
    app = with_proteins(fasta(3))
    app.text_area(key="map.text").set_value(fasta(5)).run()
    assert "The inputs have changed" in messages(app)
    assert len(table(app, "record", "x")) == 3
    app.button(key="map.compute").click().run()
    assert len(table(app, "record", "x")) == 5
