"""Plans, the store and jobs, with a toy model whose vectors are known by hand."""

import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from biocore import embedding, runtime
from biocore.embedding import bulk, engine, plans
from biocore.embedding.store import VectorStore, key
from biocore.errors import DataUnavailable, InputError, ModelUnavailable
from biocore.sequence import Record


class Toy:
    """A "model" that counts: letters A, letters C, length."""

    hash = "toy-1"

    def __init__(self):
        self.seen = []

    def embed(self, sequences, *, layer=-1):
        self.seen += sequences
        return np.array([[s.count("A"), s.count("C"), len(s)] for s in sequences], np.float32)


def records(*sequences):
    return [Record(f"p{i}", s) for i, s in enumerate(sequences)]


def job_of(items, **options):
    return bulk.prepare(items, "toy", "toy-1", **options)


def finish(job, model):
    return list(engine.run(job, lambda: nullcontext(model)))


# -------------------------------------------------------------------------------------------------------------- plans


def test_a_plan_holds_each_sequence_once_and_keeps_its_budget():
    lengths = np.random.default_rng(0).integers(10, 900, 200).tolist() + [5000]
    plan = plans.plan(lengths, budget=2000)
    assert sorted(i for b in plan.batches for i in b) == list(range(201))
    for rows in plan.batches:
        assert len(rows) == 1 or len(rows) * (max(lengths[i] for i in rows) + 2) <= 2000
    assert plan.tokens == sum(lengths) + 2 * 201


def test_padding_is_counted_by_hand():
    plan = plans.in_file_order([1, 4, 2], size=2)
    assert plan.batches == ((0, 1), (2,))
    assert (plan.tokens, plan.padding) == (3 + 6 + 4, 3)
    assert plan.padding_fraction == pytest.approx(3 / 16)
    assert np.isnan(plans.plan([], budget=10).padding_fraction)


def test_sorting_saves_padding():
    lengths = np.random.default_rng(1).integers(50, 1000, 500).tolist()
    assert plans.plan(lengths, budget=8000).padding_fraction < plans.in_file_order(lengths, size=8).padding_fraction / 4


# -------------------------------------------------------------------------------------------------------------- store


def test_the_store_gives_back_what_was_put(tmp_path):
    store = VectorStore(tmp_path / "s.sqlite")
    vectors = np.random.default_rng(0).normal(size=(700, 5)).astype(np.float32)
    keys = [key("m", -1, f"A{i}") for i in range(700)]
    store.put(keys, vectors)
    found = VectorStore(tmp_path / "s.sqlite").get([*keys, "absent"])
    np.testing.assert_array_equal(np.stack([found[k] for k in keys]), vectors)
    assert "absent" not in found
    assert len(store) == 700


def test_keys_depend_on_model_layer_and_sequence():
    keys = {key(*k) for k in [("m", -1, "AA"), ("n", -1, "AA"), ("m", 3, "AA"), ("m", -1, "AC")]}
    assert len(keys) == 4


def test_trimming_removes_what_was_unused_for_longest(tmp_path):
    store = VectorStore(tmp_path / "s.sqlite")
    for name in "abc":
        store.put([name], np.ones((1, 10), np.float32))
    store.get(["a"])  # used last
    assert store.trim(limit=80, spared=0) == 1
    assert store.present(["a", "b", "c"]) == {"a", "c"}


def test_asking_for_a_vector_counts_as_use(tmp_path):
    store = VectorStore(tmp_path / "s.sqlite")
    for name in "abc":
        store.put([name], np.ones((1, 10), np.float32))
    store.present(["a"])
    assert store.trim(limit=40, spared=0) == 2
    assert store.present(["a", "b", "c"]) == {"a"}


def test_what_was_used_just_now_outlives_the_limit(tmp_path):
    store = VectorStore(tmp_path / "s.sqlite")
    store.put(["a", "b"], np.ones((2, 10), np.float32))
    assert store.trim(limit=0) == 0
    assert store.trim(limit=40, spared=0) == 1


def test_a_damaged_store_says_what_to_do(tmp_path):
    path = tmp_path / "s.sqlite"
    path.write_bytes(b"this is no database" * 100)
    with pytest.raises(DataUnavailable, match="delete the file"):
        VectorStore(path).get(["a"])


WRITER = """
import sys
from pathlib import Path
import numpy as np
from pathlib import Path
from biocore.embedding.store import VectorStore
store = VectorStore(Path(sys.argv[1]))
for i in range(20):
    store.put([f"{sys.argv[2]}-{i}"], np.full((1, 3), int(sys.argv[2]), np.float32))
"""


def test_several_processes_may_write_at_once(tmp_path):
    root = Path(__file__).parents[1]
    commands = [[sys.executable, "-c", WRITER, str(tmp_path / "s.sqlite"), str(n)] for n in range(3)]
    writers = [subprocess.Popen(command, cwd=root) for command in commands]
    assert [writer.wait(120) for writer in writers] == [0, 0, 0]
    assert len(VectorStore(tmp_path / "s.sqlite")) == 60


# --------------------------------------------------------------------------------------------------------------- jobs


def test_a_job_embeds_each_different_sequence_once():
    model = Toy()
    job = job_of(records("AAC", "aac", "CC", "MKV"))
    finish(job, model)
    assert sorted(model.seen) == ["AAC", "CC", "MKV"]
    done = bulk.collect(job)
    assert done.names == ("p0", "p1", "p2", "p3")
    assert done.vectors.tolist() == [[2, 1, 3], [2, 1, 3], [0, 2, 2], [0, 0, 3]]
    assert done.table["length"].tolist() == [3, 3, 2, 3]
    assert embedding.distinct(done.vectors)[0].tolist() == [0, 2, 3]


def test_bad_records_are_skipped_with_reasons_and_the_sum_is_right():
    job = job_of(records("MKV", "MK1$", "", "ACGT" * 10, "M" * 20_001))
    assert job.requested == len(job.names) + len(job.skipped) == 5
    reasons = {s.record: s.reason for s in job.skipped}
    assert reasons["p1"].startswith("position 3: '$' is not an amino acid")
    assert "empty" in reasons["p2"]
    assert "DNA" in reasons["p3"]
    assert "20,001 residues" in reasons["p4"]


def test_strict_refuses_the_first_bad_record():
    with pytest.raises(InputError, match="record 'p1', position 3"):
        job_of(records("MKV", "MK1$"), strict=True)


def test_nothing_left_is_an_error():
    with pytest.raises(InputError, match="None of the 1 records"):
        job_of(records("MK$"))


def test_a_stopped_job_goes_on_where_it_stopped():
    model, items = Toy(), records(*("V" + "A" * (n - 1) for n in range(30, 60)))
    running = engine.run(job_of(items, budget=100), lambda: nullcontext(model))
    for _ in range(4):  # the start and three batches
        next(running)
    running.close()
    first = list(model.seen)
    assert 0 < len(first) < 30
    partial = bulk.collect(job_of(items))
    assert sorted(partial.table["length"]) == sorted(map(len, first))
    again = job_of(items, budget=100)
    assert again.reused == len(first)
    finish(again, model)
    assert sorted(model.seen) == sorted(r.sequence for r in items)  # none twice
    assert bulk.collect(again).table["length"].tolist() == list(range(30, 60))


def test_progress_adds_up():
    job = job_of(records(*("V" + "A" * (n - 1) for n in range(30, 60))), budget=100)
    steps = finish(job, Toy())
    assert steps[0].fraction == 0 and np.isnan(steps[0].remaining)
    assert steps[-1].fraction == 1
    assert steps[-1].sequences == 30
    assert [s.residues for s in steps] == sorted(s.residues for s in steps)


def test_a_job_larger_than_the_store_is_collected_whole_and_reused(monkeypatch):
    """50 proteins of 12 bytes each, room for 20."""
    monkeypatch.setenv("BIOCORE_STORE_GB", str(20 * 12 / 2**30))
    items = records(*("V" + "A" * n for n in range(50)))
    job = job_of(items, budget=100)
    assert finish(job, Toy())[-1].sequences == 50
    assert len(bulk.collect(job)) == 50
    again, model = job_of(items, budget=100), Toy()
    assert again.reused == 50
    finish(again, model)
    assert model.seen == []
    assert len(bulk.collect(again)) == 50


def test_a_long_job_keeps_its_first_vectors_while_others_end(monkeypatch):
    """Ten minutes a batch: another job ends after each one and trims a store that has room for nothing."""
    from types import SimpleNamespace

    from biocore.embedding import store

    clock = [1e9]
    monkeypatch.setattr(store, "time", SimpleNamespace(time=lambda: clock[0]))
    monkeypatch.setattr(engine, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    monkeypatch.setenv("BIOCORE_STORE_GB", "0")
    job = job_of(records(*("V" + "A" * n for n in range(30))), budget=60)
    for _ in engine.run(job, lambda: nullcontext(Toy())):
        clock[0] += 600
        VectorStore().trim()
    assert clock[0] > 1e9 + 2 * store.SPARED
    assert len(bulk.collect(job)) == 30


def test_another_model_or_layer_is_not_reused():
    finish(job_of(records("MKV")), Toy())
    assert job_of(records("MKV")).reused == 1
    assert bulk.prepare(records("MKV"), "toy", "toy-2").reused == 0
    assert job_of(records("MKV"), layer=2).reused == 0


def test_a_model_that_changed_in_between_is_refused():
    model = Toy()
    model.hash = "toy-2"
    with pytest.raises(ModelUnavailable, match="changed"):
        finish(job_of(records("MKV")), model)


def test_rows_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    items = records(*("A" * n for n in range(1, 8)))
    job = job_of(items)
    finish(job, Toy())
    path = tmp_path / "v.parquet"
    assert bulk.write_rows(job, path, rows_at_a_time=2) == 7
    table = pd.read_parquet(path)
    assert list(table) == ["record", "length", "model", "embedding"]
    assert table["embedding"].iloc[6].tolist() == [7, 0, 7]
    held = embedding.read_vectors(path)
    assert (held.model, held.model_hash, held.layer) == ("toy", "toy-1", -1)

    before, calls = path.read_bytes(), []
    get = VectorStore.get

    def failing(self, keys):
        calls.append(keys)
        if len(calls) == 3:
            raise OSError("disk full")
        return get(self, keys)

    monkeypatch.setattr(VectorStore, "get", failing)
    with pytest.raises(OSError, match="disk full"):
        bulk.write_rows(job, path, rows_at_a_time=2)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


# -------------------------------------------------------------------------------------------------------------- engine


def test_batches_may_be_computed_elsewhere_and_come_in_any_order():
    job = job_of(records("MKV", "AAAAAAAA", "CCC"), budget=10)
    toy = Toy()

    def elsewhere(given):
        return reversed([(keys, texts, toy.embed(texts)) for keys, texts in given.steps()])

    *_, last = engine.run(job, lambda: pytest.fail("the model here is not asked"), elsewhere=elsewhere)
    assert last.fraction == 1
    np.testing.assert_array_equal(bulk.collect(job).vectors, [[0, 0, 3], [8, 0, 8], [0, 3, 3]])


# ----------------------------------------------------------------------------------------------------- the real model


@pytest.fixture(scope="module")
def model():
    from biocore import zoo

    return zoo.load("esm-mini")


SEQUENCES = ["MKTAYIAKQRQISFVKSHFSRQ", "MSLLTEVETPIRNEWGCRCNDSSDPLVVAASIIGIVHLIL", "GSHM", "MKV" * 150, "AV" * 150]


def test_a_vector_does_not_depend_on_batch_or_order(model):
    alone = np.vstack([model.embed([s]) for s in SEQUENCES])
    order = [3, 0, 4, 1, 2]
    items = [Record(f"p{i}", SEQUENCES[i]) for i in order]
    for budget in (10, 500, 100_000):
        store = VectorStore(runtime.home() / f"{budget}.sqlite")
        job = bulk.prepare(items, model.name, model.hash, budget=budget, store=store)
        finish(job, model)
        np.testing.assert_allclose(bulk.collect(job).vectors, alone[order], atol=1e-5)


def test_vectors_are_the_mean_over_residues_of_plain_transformers(model):
    """Parity with `transformers` on the same weights: no <cls>, no <eos>, no padding in the mean."""
    import torch
    from transformers import EsmModel

    from biocore import zoo

    card = zoo.card("esm-mini")
    plain = EsmModel.from_pretrained(card.folder, add_pooling_layer=False, dtype=torch.float32).eval()
    short = [s for s in SEQUENCES if len(s) <= model.window]
    ours = model.embed(short)
    for row, sequence in zip(ours, short, strict=True):
        ids = torch.tensor([[0, *(model.vocabulary.index(letter) for letter in sequence), 2]])
        with torch.no_grad():
            states = plain(input_ids=ids, attention_mask=torch.ones_like(ids)).last_hidden_state[0]
        np.testing.assert_allclose(row, states[1:-1].mean(dim=0).numpy(), atol=1e-5)
