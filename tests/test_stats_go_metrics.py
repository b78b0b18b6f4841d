"""Metrics against scikit-learn and against numbers worked out by hand."""

import go_toys as toys
import numpy as np
import pytest
from scipy.special import expit
from sklearn.metrics import average_precision_score, roc_auc_score

from biocore.go import calibration
from biocore.go.head import logit
from biocore.go.ontology import propagate_scores
from biocore.stats import go_metrics as metrics
from biocore.stats.calibration import reliability


@pytest.fixture
def table():
    rng = np.random.default_rng(3)
    truth = rng.random((60, 15)) < 0.2
    scores = np.clip(truth * 0.3 + rng.random((60, 15)) * 0.7, 0, 1).round(1)  # many ties
    return truth, scores


def test_ranking_is_scikit_learns(table):
    truth, scores = table
    ap, auc = metrics.ranking(truth, scores)
    for row in range(len(truth)):
        if not truth[row].any():
            assert np.isnan(ap[row]) and np.isnan(auc[row])
            continue
        assert ap[row] == pytest.approx(average_precision_score(truth[row], scores[row]))
        assert auc[row] == pytest.approx(roc_auc_score(truth[row], scores[row]))


def test_undefined_is_nan_and_left_out():
    truth = np.array([[False, False], [True, True], [True, False]])
    scores = np.array([[0.9, 0.1], [0.5, 0.5], [0.8, 0.1]])
    ap, auc = metrics.ranking(truth, scores)
    assert np.isnan([ap[0], auc[0], auc[1]]).all()
    assert ap[1] == ap[2] == auc[2] == 1
    measured = metrics.evaluate(truth, scores, np.ones(2), bootstrap=0)
    assert measured["protein_auprc"].value == 1 and measured["proteins"].value == 2


def test_fmax_by_hand():
    truth = np.array([[True, True, False], [True, False, False]])
    scores = np.array([[0.9, 0.4, 0.6], [0.3, 0.0, 0.0]])
    # at 0.61 to 0.90: protein 1 predicts its first term (P 1, R 1/2), protein 2 nothing -> P 1, R 1/4, F 0.4
    # at 0.01 to 0.30: P (2/3 + 1) / 2, R 1 -> F = 2 (5/6) / (11/6) = 10/11
    curve = metrics.curve(truth, scores, np.ones(3))
    assert curve.f[79] == pytest.approx(0.4)
    assert curve.fmax == pytest.approx(10 / 11)
    assert curve.thresholds[curve.best] <= 0.3


def test_smin_by_hand():
    truth = np.array([[True, False]])
    scores = np.array([[0.8, 0.5]])
    bits = np.array([3.0, 4.0])
    curve = metrics.curve(truth, scores, bits)
    assert curve.smin == 0  # between 0.5 and 0.8 everything is right
    assert (curve.misinformation[0], curve.uncertainty[0]) == (4, 0)  # low threshold: the wrong term costs 4 bits
    assert (curve.misinformation[-1], curve.uncertainty[-1]) == (0, 3)  # high threshold: the right one is missed


@pytest.mark.parametrize("seed", range(4))
def test_fmax_and_smin_are_the_cafa_evaluators(tmp_path, seed):
    """The program CAFA is judged by, on the toy ontology: it propagates, cuts and averages on its own."""
    from cafaeval import parser
    from cafaeval.evaluation import evaluate_prediction

    rng = np.random.default_rng(seed)
    terms = [term for term in toys.ONTOLOGY.order if toys.NAMES[term] != "molecular_function"]  # the root says nothing
    parents = toys.ONTOLOGY.parents_within(terms)
    stated = rng.random((40, len(terms))) < 0.2
    stated[0] = False  # a protein without a true term is left out
    given = (rng.random(stated.shape) * (rng.random(stated.shape) < 0.6)).round(4)
    given[1] = 0  # one about which nothing is said counts as missed
    truth = propagate_scores(stated, parents)
    bits = metrics.information_content(truth, parents)

    stanzas = [
        f"[Term]\nid: {t}\nname: {n}\nnamespace: molecular_function\n"
        + "".join(f"is_a: {p}\n" for p in toys.PARENTS[t])
        for t, n in toys.NAMES.items()
    ]
    (tmp_path / "go.obo").write_text("format-version: 1.2\n\n" + "\n".join(stanzas))
    cells = [(f"P{i}", i, term, j) for i in range(40) for j, term in enumerate(terms)]
    said = "".join(f"{p}\t{term}\t{given[i, j]}\n" for p, i, term, j in cells if given[i, j])
    (tmp_path / "predictions.tsv").write_text(said)
    (tmp_path / "truth.tsv").write_text("".join(f"{p}\t{term}\n" for p, i, term, j in cells if stated[i, j]))
    (tmp_path / "ia.tsv").write_text("".join(f"{term}\t{b}\n" for term, b in zip(terms, bits, strict=True)))
    graphs = parser.obo_parser(tmp_path / "go.obo", ia_file=tmp_path / "ia.tsv", orphans=False)
    true = parser.gt_parser(tmp_path / "truth.tsv", graphs)
    predictions = parser.pred_parser(tmp_path / "predictions.tsv", graphs, true, "max")
    table = evaluate_prediction(predictions, true, graphs, metrics.THRESHOLDS, n_cpu=1)

    curve = metrics.curve(truth, propagate_scores(given, parents), bits)
    known = table["n"] > 0
    np.testing.assert_allclose(curve.precision[known], table["pr"][known])
    np.testing.assert_allclose(curve.recall, table["rc"])
    np.testing.assert_allclose(curve.misinformation, table["mi_w"])
    np.testing.assert_allclose(curve.uncertainty, table["ru_w"])
    assert curve.fmax == pytest.approx(table["f"].max()) and 0 < curve.fmax < 1
    assert curve.smin == pytest.approx(table["s_w"].min()) and curve.smin > 0


def test_a_perfect_and_an_empty_prediction(table):
    truth, _ = table
    perfect = metrics.evaluate(truth, truth.astype(float), np.ones(15), bootstrap=5)
    assert perfect["fmax"].value == perfect["protein_auroc"].value == perfect["term_auprc"].value == 1
    assert perfect["smin"].value == 0
    nothing = metrics.evaluate(truth, np.zeros(truth.shape), np.ones(15), bootstrap=0)
    assert nothing["fmax"].value == 0 and nothing["protein_auroc"].value == 0.5


def test_bootstrap_intervals_hold_the_value_and_narrow_with_more_proteins(table):
    truth, scores = table
    small = metrics.evaluate(truth[:20], scores[:20], np.ones(15), bootstrap=100)
    large = metrics.evaluate(np.tile(truth, (10, 1)), np.tile(scores, (10, 1)), np.ones(15), bootstrap=100)
    for name in ("fmax", "protein_auprc", "protein_auroc", "term_auprc"):
        assert small[name].low <= small[name].value <= small[name].high
        assert large[name].high - large[name].low < small[name].high - small[name].low


def test_a_difference_is_paired(table):
    truth, scores = table
    rng = np.random.default_rng(0)
    worse = np.clip(scores * 0.6 + rng.random(scores.shape) * 0.4, 0, 1)
    bits = np.ones(15)
    same = metrics.difference(truth, scores, scores, bits, bootstrap=30)
    assert all((i.value, i.low, i.high) == (0, 0, 0) for i in same.values())
    found = metrics.difference(truth, scores, worse, bits, bootstrap=60)
    one, two = (metrics.evaluate(truth, s, bits, bootstrap=60) for s in (scores, worse))
    for name, interval in found.items():
        assert interval.value == pytest.approx(one[name].value - two[name].value)
        apart = one[name].high - one[name].low + two[name].high - two[name].low
        assert interval.low < interval.value < interval.high and interval.high - interval.low < apart


def test_information_content_by_hand():
    truth = np.array([[1, 1], [1, 0], [1, 0], [0, 0]], bool)
    bits = metrics.information_content(truth, {0: (), 1: (0,)})
    np.testing.assert_allclose(bits, [-np.log2(4 / 5), -np.log2(2 / 4)])


def test_proteins_without_terms_give_undefined_measures():
    measured = metrics.evaluate(np.zeros((3, 2), bool), np.ones((3, 2)), np.ones(2))
    assert np.isnan(measured["fmax"].value) and measured["proteins"].value == 0


def test_tables_of_two_shapes_are_refused():
    with pytest.raises(ValueError, match="one shape"):
        metrics.evaluate(np.zeros((3, 2), bool), np.zeros((2, 3)), np.ones(2))


# ------------------------------------------------------------------------------------------------- calibration


def test_calibration_finds_the_line_the_data_were_made_with():
    rng = np.random.default_rng(0)
    truth_logits = rng.normal(-1, 2, (4000, 2))
    truth = rng.random((4000, 2)) < expit(truth_logits)
    distorted = np.stack([2 * truth_logits[:, 0] + 1, 0.5 * truth_logits[:, 1] - 1], axis=1)
    found = calibration.fit_calibration(distorted, truth, ("a", "b"), np.array([0, 1]))
    np.testing.assert_allclose(found.slope, [0.5, 2], rtol=0.1)
    np.testing.assert_allclose(found.offset, [-0.5, 2], rtol=0.2)
    before = reliability(truth, expit(distorted)).error
    after = reliability(truth, found(distorted)).error
    assert after < 0.02 < before


def test_calibration_keeps_the_order_within_a_group():
    rng = np.random.default_rng(1)
    logits, truth = rng.normal(size=(500, 3)), rng.random((500, 3)) < 0.3
    found = calibration.fit_calibration(logits, truth, ("a",), np.zeros(3, int))
    assert (np.argsort(found(logits).ravel()) == np.argsort(logits.ravel())).mean() > 0.99


def test_reliability_counts_by_hand():
    p = np.array([0.15, 0.15, 0.95, 0.99, 0.99])
    y = np.array([0, 1, 1, 1, 0])
    found = reliability(y, p, bins=calibration.BINS)
    assert found.at(0.15) == (0.5, 2)
    assert found.at(0.99) == (0.5, 2)
    assert found.at(0.95) == (1.0, 1)
    assert np.isnan(found.at(0.5)[0]) and found.at(0.5)[1] == 0
    assert found.error == pytest.approx((2 * abs(0.15 - 0.5) + 0.05 + 2 * abs(0.99 - 0.5)) / 5)


def test_thresholds_separate_and_are_measured_elsewhere():
    truth = np.zeros((100, 1), bool)
    truth[:50] = True
    probability = np.where(truth, 0.8, 0.3)
    threshold = calibration.choose_thresholds(probability, truth)
    assert 0.3 < threshold[0] <= 0.8
    measured = calibration.measure_thresholds(
        np.array([[0.9], [0.9], [0.1]]), np.array([[1], [0], [1]], bool), threshold
    )
    assert (measured.precision[0], measured.recall[0]) == (0.5, 0.5)
    assert (measured.positives[0], measured.predicted[0]) == (2, 2)


def test_logit_and_sigmoid_are_inverse():
    p = np.array([0.001, 0.3, 0.999])
    np.testing.assert_allclose(expit(logit(p)), p, rtol=1e-4)
