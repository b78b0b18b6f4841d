"""Every kind of job gives what the plain function gives, also when it is computed in pieces by a worker."""

import esm_toys
import numpy as np
import pandas as pd
import pytest
import variants_toys

from biocore import attribution, jobs, runtime, tfbinding, zoo
from biocore.embedding import ProjectionSettings, project, transform
from biocore.errors import InputError
from biocore.go import evidence
from biocore.jobs import Description, Worker, kinds
from biocore.jobs.kinds.assay import basis_inputs
from biocore.jobs.kinds.map import as_text
from biocore.jobs.kinds.project import map_inputs
from biocore.jobs.store import Store
from biocore.tfbinding.tracks import Track
from biocore.variants import features
from biocore.variants.assay import fit_assay

OWNER = "anne-" * 5
P53 = "MEEPQSDPSVEPPLSQETFSDLWKLLPENNVLSPLPSQAMDDLMLSPDDIEQWFTEDPGPDEAPRMPEAAPPVAPAPAAPTPAAPAPAPSWPLSSSVPSQ"
KINASE = "MGSNKSKPKDASQRRRSLEPAENVHGAGGGAFPASQTPSKPASADGHRGPSAAFAPAAAEPKLFGGFNSSDTVTSPQRAGPLAGGVTTFVALYDYESRTE"
RECORDS = [["p53", P53], ["kinase", KINASE], ["again", P53]]
pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def small_steps(monkeypatch):
    """Steps so small that every test has several."""
    from biocore.jobs.kinds import dna, function, records

    kinds.steps_of.cache_clear()
    monkeypatch.setitem(records.STEP_WORK, "cpu", 1.5e9)
    monkeypatch.setattr(dna, "_WINDOWS", 64)
    monkeypatch.setattr(dna, "_SHUFFLES", 2)
    monkeypatch.setattr(function, "_PASSES", 5)
    yield
    kinds.steps_of.cache_clear()


@pytest.fixture
def tiny_language_model(own_home):
    """For tests in which only the model's own answers count: the same steps, computed in a moment."""
    esm_toys.tiny_model(runtime.home())


def done(description, *, least=2):
    """The job, partly, and its result, computed by a worker."""
    job = jobs.submit(description, OWNER)
    worker = Worker()
    worker.turn(seconds=-1)
    some = jobs.partial(job)
    worker.drain()
    job = jobs.get(job.id, OWNER)
    assert job.state == "done", job.message
    assert len(kinds.steps_of(description)) >= least
    return some, jobs.result(job)


def test_scan_protein(tiny_language_model):
    description = Description.make("scan-protein", {"records": RECORDS}, model="esm-mini")
    some, scans = done(description)
    model = zoo.load("esm-mini")
    assert [scan.sequence for scan in scans] == [P53, KINASE, P53]
    for scan, (_, sequence) in zip(scans, RECORDS, strict=True):
        whole = model.substitution_scores(sequence)
        np.testing.assert_allclose(scan.token_log_probabilities, whole.token_log_probabilities, atol=1e-4)
    assert 0 < some[0].done.sum() < len(P53) and not some[1].done.any()
    table = kinds.get("scan-protein").tables(description, scans)["substitutions"]
    assert list(dict.fromkeys(table["record"])) == ["p53", "kinase", "again"]


def test_scan_protein_blended_takes_the_language_models_steps_from_the_plain_scan(tiny_language_model):
    plain = Description.make("scan-protein", {"records": RECORDS[:1]}, model="esm-mini")
    blend = Description.make("scan-protein", {"records": RECORDS[:1]}, model="blend")
    shared = {step.key for step in kinds.steps_of(plain)} & {step.key for step in kinds.steps_of(blend)}
    assert len(shared) == len(kinds.steps_of(plain)) == len(kinds.steps_of(blend)) - 1
    (scan,) = jobs.run_here(blend)
    library = zoo.load("families")
    mixed = library.blend("esm-mini").of(
        library.profile(P53), zoo.load("esm-mini").substitution_scores(P53).probabilities
    )
    np.testing.assert_allclose(scan.probabilities, mixed, atol=1e-4)
    assert (scan.strategy, scan.model) == ("blend", "blend")


def test_embed(tiny_language_model):
    rng = np.random.default_rng(0)
    records = RECORDS + [[f"r{i}", "".join(rng.permutation(list(P53)))] for i in range(8)]
    inputs = {"records": records, "descriptions": ["p53 OS=Homo sapiens"] + [""] * 10}
    some, found = done(Description.make("embed", inputs))
    expected = zoo.load("esm-mini").embed([sequence for _, sequence in records])
    np.testing.assert_allclose(found.vectors, expected, atol=1e-5)
    assert found.names == tuple(name for name, _ in records)
    assert 0 < len(some) < len(found)
    np.testing.assert_allclose(some.vectors, expected[[found.names.index(n) for n in some.names]], atol=1e-5)


def test_function_and_the_residues_behind_it():
    model = zoo.load("go-mf")
    description = Description.make("function", {"records": RECORDS})
    some, found = done(description)
    for one, (_, sequence) in zip(found, RECORDS, strict=True):
        plain = model([sequence])
        np.testing.assert_allclose(one.probability, plain.probability, atol=1e-4)
        np.testing.assert_array_equal(one.by_alignment.indices, plain.by_alignment.indices)
        assert one.abstained == plain.abstained
    assert some[1] is None and some[0] is not None
    table = kinds.get("function").tables(description, found)["functions"]
    assert set(table["record"]) <= {"p53", "kinase", "again"}

    term = 3
    asked = Description.make("occlusion", {"records": RECORDS[:1]}, term=model.terms[term], count=6, draws=3)
    _, (residues, test) = done(asked)
    plain = evidence.occlusion(model, P53, term, count=6)
    np.testing.assert_allclose(residues.effect, plain.effect, atol=1e-4)
    again = evidence.faithfulness(model, residues, draws=3)
    assert test.shown == pytest.approx(again.shown, abs=1e-4)
    np.testing.assert_allclose(test.random, again.random, atol=1e-4)


def test_track_and_significance():
    rng = np.random.default_rng(1)
    long, short, other = ("".join(rng.choice(list("ACGT"), n)) for n in (228, 101, 101))  # 2 times 64 windows, and 1
    records = [["long", long], ["short", short], ["other", other]]
    names = ["tf-CTCF", "tf-GATA1"]
    models = [zoo.load(name) for name in names]
    some, tracks = done(Description.make("track", {"records": records}, models=names))
    for track, plain in zip(tracks, tfbinding.record_tracks(models, [s for _, s in records]), strict=True):
        np.testing.assert_array_equal(track.starts, plain.starts)
        assert (track.tfs, track.window) == (plain.tfs, plain.window)
        np.testing.assert_allclose(track.forward, plain.forward, atol=2e-4)
        np.testing.assert_allclose(track.reverse, plain.reverse, atol=2e-4)
    assert np.isnan(some[0].forward).any() and not np.isnan(some[0].forward).all()

    asked = {"model": "tf-CTCF", "shuffles": 3, "seed": 3}
    some, found = done(Description.make("significance", {"records": [["s", short]]}, asked))
    plain = attribution.significance(models[0], short, seed=3, shuffles=3)
    np.testing.assert_allclose(found.maxima, plain.maxima, atol=2e-4)
    assert some is None and found.threshold == pytest.approx(plain.threshold, abs=2e-4)
    with pytest.raises(InputError, match="no other order"):
        Description.make("significance", {"records": [["a", "A" * 60]]}, asked)


@pytest.mark.parametrize(("length", "window", "stride"), [(700, 101, 7), (700, 50, 200), (130, 101, 1), (40, 50, 3)])
def test_pieces_of_a_track_are_cut_where_they_should(monkeypatch, length, window, stride):
    """With a model that counts the C of a window."""

    def counted(models, sequences, *, window, stride):
        tracks = []
        for sequence in sequences:
            width = min(window, len(sequence))
            starts = np.arange(0, len(sequence) - width + 1, stride)
            counts = np.array([[sequence[a : a + width].count("C") for a in starts]], np.float32)
            tracks.append(Track(("CTCF",), starts, width, counts, -counts))
        return tracks

    monkeypatch.setattr(tfbinding, "record_tracks", counted)
    monkeypatch.setattr(jobs.models, "load", lambda name: None)
    records = [[str(i), "".join(np.random.default_rng(i).choice(list("ACGT"), length))] for i in range(2)]
    found = jobs.run_here(
        Description.make("track", {"records": records}, models=["tf-CTCF"], window=window, stride=stride)
    )
    plain = counted((), [sequence for _, sequence in records], window=window, stride=stride)
    for one, other in zip(found, plain, strict=True):
        assert one.window == other.window
        np.testing.assert_array_equal(one.starts, other.starts)
        np.testing.assert_array_equal(one.forward, other.forward)
        np.testing.assert_array_equal(one.reverse, other.reverse)


def test_what_kinds_refuse():
    protein = {"records": [["p", P53]]}
    for kind, inputs, settings, said in (
        ("embed", protein, {"layer": 99}, "layer 99 does not exist; esm-mini has 0 to"),
        ("embed", {**protein, "descriptions": []}, {}, "a text for each record"),
        ("function", protein, {"model": "esm-mini"}, "esm-mini is no model for protein-function"),
        ("occlusion", {"records": RECORDS}, {"term": "GO:1"}, "3 records given; occlusion takes one"),
        ("occlusion", {"records": [["p", P53[:10]]]}, {"term": "GO:1"}, "'p'.*10 residues"),
        ("track", {"records": [["d", "ACGT" * 20]]}, {"models": ["tf-NOPE"]}, "no model 'tf-NOPE'"),
        ("track", {"records": [["d", "ACGT" * 20]]}, {"stride": 0}, "stride is 0; use a whole number from 1"),
    ):
        with pytest.raises(InputError, match=said):
            Description.make(kind, inputs, settings)
    job = jobs.submit(Description.make("occlusion", protein, term="GO:0"), OWNER)
    Worker().drain()
    assert "go-mf has no term 'GO:0'" in jobs.get(job.id, OWNER).message
    with Store().reading() as connection:
        assert connection.execute("SELECT count(*) FROM results").fetchone()[0] == 0


def test_map_is_embeddings_and_a_step_aside(tiny_language_model):
    rng = np.random.default_rng(0)
    records = [[f"r{i}", "".join(rng.permutation(list(P53)))] for i in range(6)] + [["again", P53], ["twice", P53]]
    description = Description.make("map", {"records": records}, method="pca")
    steps = kinds.steps_of(description)
    assert [step.long for step in steps] == [False] * (len(steps) - 1) + [True]
    embedded = kinds.steps_of(Description.make("embed", {"records": records}))
    assert [step.key for step in embedded] == [step.key for step in steps[:-1]]
    _, found = done(description)
    plain = project(found.vectors, ProjectionSettings("pca"))
    np.testing.assert_allclose(found.projection.coordinates, plain.coordinates, atol=1e-5)
    assert found.projection.settings == plain.settings and found.names[-1] == "twice"

    given = Description.make("map", as_text(found.vectors), method="pca")
    np.testing.assert_array_equal(jobs.run_here(given).coordinates, plain.coordinates)
    for wrong, said in (({"width": 7}, "rows of 7"), ({"vectors": "no"}, "no base64"), ({"width": 0}, "width is 0")):
        with pytest.raises(InputError, match=said):
            Description.make("map", {**as_text(found.vectors), **wrong})


def test_variants_and_databases(tmp_path, monkeypatch):
    scans = jobs.run_here(Description.make("variants", {"records": RECORDS}))
    library, model = zoo.load("families"), zoo.load("variant-effect")
    for scan, (_, sequence) in zip(scans, RECORDS, strict=True):
        plain = model.scan(sequence, library.profile(sequence))
        np.testing.assert_array_equal(scan.scores, plain.scores)
        assert (scan.groups, scan.missing, scan.statement(-0.2)) == (plain.groups, plain.missing, plain.statement(-0.2))

    database = tmp_path / "small.fasta"
    database.write_text(f">P53\n{P53}\n>mutant\n{P53[:40]}A{P53[41:]}\n>other\n{KINASE}\n")
    with pytest.raises(InputError, match="not among those of BIOCORE_DATABASES"):
        Description.make("search-database", {"records": RECORDS}, database=str(database))
    monkeypatch.setenv("BIOCORE_DATABASES", str(database))
    description = Description.make("search-database", {"records": RECORDS[:1]}, database=str(database))
    (profile,) = jobs.run_here(description)
    plain = library.database_profile(P53, database)
    np.testing.assert_allclose(profile.probabilities, plain.probabilities, atol=1e-6)
    assert profile.hits == plain.hits and len(plain.hits) == 2
    tables = kinds.get("search-database").tables(description, [profile])
    assert list(tables["homologues"]["family"]) == [hit.family for hit in plain.hits]


def test_new_proteins_are_projected_into_a_map(tiny_language_model):
    rng = np.random.default_rng(0)
    records = [[f"r{i}", "".join(rng.permutation(list(P53)))] for i in range(8)]
    made = jobs.run_here(Description.make("map", {"records": records}, method="pca"))
    inputs = {"records": [["kinase", KINASE], ["old", records[3][1]], ["p53", P53]], "descriptions": ["a=1", "", ""]}
    given = map_inputs(made.vectors, made.projection.coordinates)
    description = Description.make("project", {**inputs, **given}, method="pca")
    assert Description.from_json(description.to_json()) == description
    _, (found, places) = done(description)
    model = zoo.load("esm-mini")
    np.testing.assert_allclose(found.vectors, model.embed([s for _, s in inputs["records"]]), atol=1e-5)
    np.testing.assert_allclose(places, transform(made.vectors, made.projection, found.vectors), atol=1e-5)
    np.testing.assert_allclose(places[1], made.projection.coordinates[3], atol=1e-4)
    assert found.table["a"][0] == 1  # what its header says
    for wrong, said in (({"dims": 3}, "no base64 of rows"), ({"points": None}, "no base64")):
        with pytest.raises(InputError, match=said):
            Description.make("project", {**inputs, **given, **wrong}, method="pca")


def test_a_fit_to_measured_variants():
    scan = variants_toys.model().scan(variants_toys.SEQUENCE, variants_toys.profile())
    table = features(variants_toys.SEQUENCE, variants_toys.profile())
    rows = scan.table().sample(60, random_state=0).reset_index(drop=True)
    measured = pd.DataFrame({"line": rows.index + 2, "variant": rows["variant"], "measured": -rows["score"]})
    measured.loc[3, "measured"] = np.nan
    description = Description.make("fit-assay", basis_inputs("toy", scan, table, measured), offset=0)
    assert Description.from_json(description.to_json()) == description
    some, found = done(description, least=1)
    plain = fit_assay(scan, table, measured)
    np.testing.assert_allclose(found.mean, plain.mean)
    assert (found.trained, found.untrained, found.weight) == (plain.trained, plain.untrained, plain.weight)
    for name in ("table", "curve", "left_out"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(plain, name), check_dtype=False)
    assert set(kinds.get("fit-assay").tables(description, found)) == {"fitted", "learning_curve", "next_variants"}
    few = Description.make("fit-assay", basis_inputs("toy", scan, table, measured.head(5)))
    job = jobs.submit(few, OWNER)
    Worker().drain()
    assert "measured variants can be used" in jobs.get(job.id, OWNER).message
    with pytest.raises(InputError, match="are not those of the protein"):
        Description.make("fit-assay", {**description.inputs, "records": [["p", P53]]})
