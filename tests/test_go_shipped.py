"""The function model that ships, on real proteins."""

import json

import numpy as np
import pytest

from biocore import runtime, zoo
from biocore.go import evidence, load

SHIPPED = runtime.ASSETS / "models" / "go-mf"
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not SHIPPED.exists(), reason="go-mf does not ship yet")]


@pytest.fixture(scope="module")
def shipped():
    return load(zoo.read_card(SHIPPED / "card.json"))


@pytest.fixture(scope="module")
def examples():
    from biocore.sequence import parse_records

    text = (runtime.ASSETS / "examples" / "function.fa").read_text()
    return {r.name: "".join(r.sequence.split()) for r in parse_records(text)}


def test_shipped_parents_are_never_less_likely_on_real_proteins(shipped, examples):
    prediction = shipped(list(examples.values()))
    for child, parents in shipped.parents.items():
        for parent in parents:
            assert (prediction.probability[:, parent] >= prediction.probability[:, child]).all()


def test_shipped_answers_are_what_is_known(shipped, examples):
    prediction = shipped(list(examples.values()))
    said = {name: {shipped.names[t] for t in shipped.chosen(prediction, row)} for row, name in enumerate(examples)}
    assert "hormone activity" in said["P01308"]
    assert "protein serine/threonine kinase activity" in said["P06493"]
    assert "hydrolase activity" in said["P61626"]
    assert any("extracellular matrix" in name or "structural" in name for name in said["P02458"])
    assert prediction.abstained[list(examples).index("Top7")] or not said["Top7"]


def test_shipped_evidence_is_faithful(shipped, examples):
    """Occluding the shown residues lowers the term more than occluding random ones, on most of several proteins."""
    better = []
    for name, term_name in (
        ("P01308", "hormone activity"),
        ("P68871", "oxygen carrier activity"),
        ("P61626", "hydrolase activity"),
        ("P06493", "protein kinase activity"),
    ):
        term = shipped.names.index(term_name) if term_name in shipped.names else 0
        found = evidence.occlusion(shipped, examples[name], term, count=24)
        test = evidence.faithfulness(shipped, found, draws=9)
        better.append(test.shown - test.random.mean())
    assert np.mean(better) > 0 and np.sum(np.array(better) > 0) >= 3


def test_shipped_model_is_small_and_measured(shipped):
    assert (SHIPPED / "model.safetensors").stat().st_size <= 16 * 2**20
    measured = json.loads((SHIPPED / "evaluation.json").read_text())["methods"]
    for labels in ("all", "experimental"):
        for metric in ("fmax", "protein_auprc"):
            model = measured[labels]["model"][metric]
            for baseline in ("coin flip", "proportional guessing", "term frequency", "20 nearest by k-mers"):
                assert model[0] > measured[labels][baseline][metric][0]
