"""Training a language model: splits by cluster, masks by step, exact resumption - on a corpus small enough to check."""

import gzip
import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from biocore.errors import InputError
from biocore.esm2.network import configuration
from biocore.esm2.train import Corpus, Masking, Plan, PretrainingConfig, pretrain, read_corpus
from biocore.esm2.train.batches import IGNORED
from biocore.esm2.train.loop import SHAPES, new_model, residue_losses, validation_batches
from biocore.esm2.vocabulary import CLS, EOS, MASK, PAD, TOKENS

LETTERS = "ACDEFGHIKLMNPQRSTVWY"


@pytest.fixture(scope="module")
def fasta(tmp_path_factory):
    """240 proteins in 120 clusters; lengths 10 to 60."""
    rng = np.random.default_rng(0)
    lines = []
    for index in range(240):
        length = int(rng.integers(10, 61))
        lines += [f">{index}|{index // 2}", "".join(rng.choice(list(LETTERS), length))]
    path = tmp_path_factory.mktemp("corpus") / "toy.fasta.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    return path


@pytest.fixture(scope="module")
def corpus(fasta):
    return read_corpus(fasta)


CONFIG = PretrainingConfig(shape="tiny", steps=24, budget=512, crop=40, warm_up=4, held_out=0.2, seed=3)


def test_the_corpus_is_read_letter_by_letter(tmp_path):
    path = tmp_path / "a.fasta"
    path.write_text(">0|7\nMKT\nay*\n>1|9\nAJ1\n")
    corpus = read_corpus(path)
    assert ["".join(TOKENS[i] for i in corpus.protein(k)) for k in range(2)] == ["MKTAY", "AXX"]
    assert corpus.clusters.tolist() == [7, 9]
    assert corpus.tokens.dtype == np.uint8


def test_groups_are_read_where_every_header_has_one(tmp_path):
    path = tmp_path / "a.fasta"
    path.write_text(">0|7|animal\nMKT\n>1|9|plant\nAAA\n")
    assert read_corpus(path).groups == ("animal", "plant")


@pytest.mark.parametrize(
    ("text", "message"),
    [("", "no protein"), (">0\nMKT\n", "'>index|cluster'"), ("MKT\n", "before the first '>'")],
)
def test_a_file_without_clusters_is_refused(tmp_path, text, message):
    path = tmp_path / "a.fasta"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_corpus(path)


def test_whole_clusters_are_held_out_and_always_the_same(corpus):
    held = corpus.held_out(0.2)
    assert 0.05 < held.mean() < 0.4
    assert all(held[corpus.clusters == c].all() or not held[corpus.clusters == c].any() for c in corpus.clusters)
    half = Corpus(corpus.tokens[: corpus.offsets[100]], corpus.offsets[:101], corpus.clusters[:100])
    assert (half.held_out(0.2) == held[:100]).all()


def test_masks_hide_the_stated_shares():
    ids = np.full((200, 502), 5, np.int64)
    ids[:, 0], ids[:, -1], ids[:, 400:-1] = CLS, EOS, PAD
    inputs, labels = Masking().apply(ids, np.random.default_rng(0))
    masked = labels != IGNORED
    residues = 200 * 399
    assert not masked[:, [0, *range(400, 502)]].any()
    assert masked.sum() / residues == pytest.approx(0.15, abs=0.01)
    assert (inputs[masked] == MASK).mean() == pytest.approx(0.8, abs=0.02)
    assert (labels[masked] == 5).all()
    assert (inputs[~masked] == ids[~masked]).all()


def test_an_epoch_sees_each_training_cluster_once_within_the_budget(corpus):
    train = ~corpus.held_out(0.2)
    plan = Plan(corpus, train, crop=40, budget=512, seed=0)
    pieces = [piece for batch in plan.epoch(0) for piece in batch]
    seen = [corpus.clusters[protein] for protein, _, _ in pieces]
    assert sorted(seen) == sorted(set(corpus.clusters[train]))
    for batch in plan.epoch(0):
        assert len(batch) * (max(length for _, _, length in batch) + 2) <= 512
    for protein, start, length in pieces:
        assert length == min(40, corpus.lengths[protein])
        assert 0 <= start <= corpus.lengths[protein] - length
    assert plan.epoch(0) == plan.epoch(0) != plan.epoch(1)


def test_weights_show_a_group_more_often(corpus):
    groups = tuple("animal" if i % 4 < 2 else "plant" for i in range(len(corpus)))
    grouped = Corpus(corpus.tokens, corpus.offsets, corpus.clusters, groups)
    plan = Plan(grouped, np.ones(len(corpus), bool), crop=40, budget=512, seed=0, weights={"animal": 3.0})
    seen = [groups[protein] for batch in plan.epoch(0) for protein, _, _ in batch]
    assert seen.count("animal") == 3 * seen.count("plant")


def losses(out):
    rows = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [row["loss"] for row in rows if "loss" in row]


def test_two_runs_of_one_seed_are_the_same_run(corpus, tmp_path):
    import torch

    pretrain(corpus, CONFIG, tmp_path / "a")
    torch.manual_seed(99)  # torch's own randomness has no say
    pretrain(corpus, CONFIG, tmp_path / "b")
    assert len(losses(tmp_path / "a")) == 20
    assert losses(tmp_path / "a") == losses(tmp_path / "b")


def test_a_resumed_run_ends_where_an_unbroken_one_does(corpus, tmp_path, monkeypatch):
    import torch

    whole = pretrain(corpus, CONFIG, tmp_path / "whole")
    clock = iter(float(i) for i in range(10_000))  # a minute's limit strikes after some steps, whatever the machine
    monkeypatch.setattr("time.monotonic", lambda: next(clock))
    pretrain(corpus, CONFIG, tmp_path / "broken", minutes=0.5)
    stopped = json.loads((tmp_path / "broken" / "checkpoint" / "state.json").read_text())["step"]
    assert 0 < stopped < CONFIG.steps
    resumed = pretrain(corpus, CONFIG, tmp_path / "broken", resume=True)
    for one, other in zip(whole.parameters(), resumed.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-6)


def test_training_lowers_the_loss_of_a_language_that_can_be_learned(tmp_path):
    """Proteins of one letter each: after some steps the model knows a masked letter from its neighbours."""
    lengths = np.full(400, 30)
    tokens = np.repeat(np.random.default_rng(0).integers(4, 24, 400), 30).astype(np.uint8)
    corpus = Corpus(tokens, np.concatenate([[0], lengths.cumsum()]), np.arange(400))
    config = PretrainingConfig(shape="tiny", steps=150, budget=2048, crop=40, warm_up=10, held_out=0.2, peak_rate=5e-3)
    model = pretrain(corpus, config, tmp_path)
    table = residue_losses(model, validation_batches(corpus, corpus.held_out(0.2), config))
    assert table["loss"].mean() < 0.5 * np.log(20)


def test_settings_that_cannot_work_are_refused(corpus, tmp_path):
    with pytest.raises(InputError, match="no shape 'huge'"):
        PretrainingConfig(shape="huge")
    with pytest.raises(InputError, match="cannot hold"):
        PretrainingConfig(budget=100, crop=512)
    with pytest.raises(InputError, match="no checkpoint to resume"):
        pretrain(corpus, CONFIG, tmp_path / "none", resume=True)
    pretrain(corpus, PretrainingConfig(shape="tiny", steps=1, budget=512, crop=40, held_out=0.2), tmp_path / "a")
    with pytest.raises(InputError, match="--resume"):
        pretrain(corpus, CONFIG, tmp_path / "a")
    with pytest.raises(InputError, match="other settings: steps"):
        changed = PretrainingConfig(shape="tiny", steps=2, budget=512, crop=40, held_out=0.2)
        pretrain(corpus, changed, tmp_path / "a", resume=True)


@pytest.fixture(scope="module")
def trained(fasta, tmp_path_factory):
    """A model trained by the command, in two sittings."""
    from biocore.cli import main

    out = tmp_path_factory.mktemp("trained") / "toy"
    command = ["train", "plm", "--data", str(fasta), "--out", str(out), "--shape", "tiny", "--budget", "600"]
    command += ["--steps", "6", "--crop", "40"]
    assert main([*command, "--minutes", "0"]) == 0
    assert main([*command, "--resume"]) == 0
    return out


def test_the_command_makes_a_model_that_opens_everywhere(trained):
    from transformers import EsmForMaskedLM

    from biocore.esm2 import open_folder
    from biocore.zoo import read_card, weights

    card = read_card(trained / "model" / "card.json")
    assert (card.window, card.details["training_steps"]) == (40, 6)
    assert weights(card).exists()
    assert open_folder(trained / "model").embed(["MKTAYIAK"]).shape == (1, 32)
    assert EsmForMaskedLM.from_pretrained(trained / "model").config.hidden_size == 32


def test_an_untrained_model_is_measured_as_no_better_than_frequencies(trained, fasta, tmp_path):
    from biocore.cli import main

    out = tmp_path / "metrics.json"
    assert main(["evaluate", "plm", "--model", str(trained / "model"), "--data", str(fasta), "--out", str(out)]) == 0
    rows = {row["metric"]: row for row in json.loads(out.read_text())}
    perplexity = rows["masked perplexity"]
    assert perplexity["low"] <= perplexity["value"] <= perplexity["high"]
    baseline = float(perplexity["note"].split(": ")[1])
    assert perplexity["value"] > 0.9 * baseline
    assert "probability of L at insulin residue 30" in rows


def test_measurements_are_kept_on_the_card_beside_those_of_another_model(trained, fasta, tmp_path):
    from biocore.cli import main
    from biocore.zoo import read_card

    mine = tmp_path / "mine"
    shutil.copytree(trained / "model", mine)
    command = ["evaluate", "plm", "--model", str(mine), "--data", str(fasta), "--compare", str(trained / "model")]
    assert main([*command, "--store", "--out", str(tmp_path / "rows.json")]) == 0
    quality = {q.metric: q for q in read_card(mine / "card.json").quality}
    assert quality["masked perplexity"].value == quality["masked perplexity, model"].value
    ratio = quality["masked perplexity, ratio to model"]
    assert ratio.value == ratio.low == ratio.high == 1
    assert quality["masked perplexity"].low <= quality["masked perplexity"].value <= quality["masked perplexity"].high


def test_training_starts_from_a_model_of_the_same_shape(trained, corpus, tmp_path):
    import torch
    from transformers import EsmForMaskedLM

    start = EsmForMaskedLM.from_pretrained(trained / "model", dtype="float32")
    config = replace(CONFIG, steps=1, peak_rate=0.0, start=str(trained / "model"))
    model = pretrain(corpus, config, tmp_path / "on")
    trained_on = dict(model.named_parameters())
    for name, one in start.named_parameters():
        if "contact_head" not in name:  # has no part in masked prediction, so it is neither trained nor exported
            torch.testing.assert_close(one, trained_on[name], rtol=0, atol=0)
    with pytest.raises(InputError, match="has 2 layers of width 32 with 2 heads; the shape mini has 6, 192 and 6"):
        pretrain(corpus, replace(CONFIG, shape="mini", start=str(trained / "model")), tmp_path / "other")
    with pytest.raises(InputError, match="no model to start from"):
        pretrain(corpus, replace(CONFIG, start=str(tmp_path)), tmp_path / "none")


def test_the_faster_gelu_is_the_same_function_and_belongs_to_its_model_alone(monkeypatch):
    import torch
    from transformers import EsmForMaskedLM

    plain = EsmForMaskedLM(configuration(*SHAPES["tiny"])).eval()
    called = []
    monkeypatch.setattr(
        "torch.nn.functional.gelu", lambda x, gelu=torch.nn.functional.gelu: called.append(1) or gelu(x)
    )
    fast = new_model(CONFIG).eval()
    fast.load_state_dict(plain.state_dict())
    ids = torch.randint(4, 24, (2, 30), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        ours = fast(ids).logits
        assert len(called) == SHAPES["tiny"][0] + 1  # every layer and the head
        theirs = plain(ids).logits
        assert len(called) == SHAPES["tiny"][0] + 1  # a model made elsewhere keeps ESM's own
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)


def test_a_second_training_does_not_overwrite_the_first(trained, fasta, capsys):
    from biocore.cli import main

    assert main(["train", "plm", "--data", str(fasta), "--out", str(trained), "--shape", "tiny"]) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(["train", "plm", "--data", str(fasta), "--out", str(trained), "--weight", "animal"]) == 2
    assert "GROUP=TIMES" in capsys.readouterr().err
