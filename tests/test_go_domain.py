"""The shipped model on valid proteins: its numbers come out again; where it abstains, and that chance sequences do."""

import json

import numpy as np
import pytest

from biocore import runtime, zoo
from biocore.go import load
from biocore.go.train import Settings, chance, domain, prepare, sources
from biocore.stats import go_metrics as metrics

SHIPPED = runtime.ASSETS / "models" / "go-mf"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not SHIPPED.exists(), reason="go-mf does not ship yet"),
]


@pytest.fixture(scope="module")
def shipped():
    return load(zoo.read_card(SHIPPED / "card.json"))


def test_the_limits_on_the_card_are_about_those_of_fewer_chance_sequences(shipped, shared_data):
    table = sources.read_table(shared_data / "go" / "human_mf.tsv.gz")
    sequences = dict(zip(table["EntryID"], table["Sequence"], strict=True))
    details = zoo.read_card(SHIPPED / "card.json").details
    chosen = domain.familiar(
        shipped.heads,
        shipped.centre,
        shipped.axes,
        shipped.reference.vectors,
        [sequences[a] for a in shipped.reference.accessions],
        shipped.parents,
        shipped.backbone,
        Settings(max_residues=details["max_residues"], count_groups=tuple(details["count_groups"]), chance=30),
    )
    for name, limit in chosen.items():
        assert details["familiar"].get(name, -1) == pytest.approx(limit, abs=0.1), f"{name} of {chosen}"


def test_random_sequences_of_any_length_get_no_term(shipped):
    sequences = chance.random_sequences(20, seed=5)
    prediction = shipped(sequences)
    predicted = [len(shipped.chosen(prediction, row)) for row in range(len(sequences))]
    assert np.count_nonzero(predicted) <= 1, predicted


@pytest.fixture(scope="module")
def valid(shipped, shared_data):
    """Eighty valid proteins, and what the model that was measured says of them."""
    table = sources.read_table(shared_data / "go" / "human_mf.tsv.gz")
    table = table[table["subset"] == "valid"].sample(80, random_state=3).reset_index(drop=True)
    return table, shipped.as_measured(list(table["Sequence"]))


def test_shipped_numbers_come_out_again(shipped, valid):
    """Fmax on valid proteins, measured anew on the terms that were measured, is the one on the card."""
    table, prediction = valid
    model = shipped.as_measured
    measured_from = json.loads((SHIPPED / "evaluation.json").read_text())["min_proteins"]
    common = model.labels.sum(axis=0) >= measured_from
    truth = prepare.label_matrix(list(table["terms"]), model.terms)[:, common]
    found = metrics.evaluate(truth, prediction.probability[:, common], model.information[common], bootstrap=50)
    quality = {q.metric: q for q in zoo.card("go-mf").quality if q.note == "all labels"}
    assert found["fmax"].low - 0.02 <= quality["Fmax"].value <= found["fmax"].high + 0.02


def test_hardly_more_real_proteins_abstain_than_before(valid):
    """The rule of before: an alignment of E-value 0.001, or the head sure to 0.7, or an embedding nearer than 0.95."""
    table, prediction = valid
    aligned = prediction.expect[:, 0] <= 1e-3
    aligned &= prediction.by_alignment.bits[:, 0] > 1.2 * prediction.shuffled_bits
    before = ~(aligned | (prediction.network.max(axis=1) >= 0.7) | (prediction.by_vector.best >= 0.9545))
    numbers = np.stack(
        [
            np.log10(np.maximum(prediction.expect[:, 0], 1e-99)),
            prediction.network.max(axis=1),
            prediction.by_vector.best,
        ],
        axis=1,
    ).round(2)
    now = np.array([bool(why) for why in prediction.abstained])
    assert now.sum() <= before.sum() + len(table) // 20, (now.sum(), before.sum(), numbers[now & ~before].tolist())
