"""The models page shows every card whole, limits first."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from biocore import runtime, zoo
from biocore.plot import models as plot
from biocore.stats.calibration import Reliability
from biocore.web import models as cards

PAGE = "../pages/models.py"
NAMES = [card.name for card in zoo.cards() if card.task in cards.TASKS]


@pytest.mark.parametrize("name", [NAMES[0], "esm-mini", "esm2_t6_8M_UR50D", "go-mf"])
def test_a_card_is_shown_whole(name):
    if name not in NAMES:
        pytest.skip(f"{name} does not ship")
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["model"] = name
    app.run()
    assert not app.exception
    assert not app.error
    assert zoo.card(name).limits in app.warning[0].value


@pytest.mark.parametrize("name", [n for n in NAMES if zoo.card(n).details.get("reliability")])
def test_reliability_is_drawn_as_fractions(name):
    """A curve of counts would lie above the axis, where nobody sees it."""
    found, _ = cards._reliability(zoo.card(name))
    drawn = plot.reliability(found).data[1]
    for values in (drawn.x, drawn.y):
        assert len(values) == (found.count > 0).sum() > 3
        assert all(0 <= value <= 1 for value in values)
    assert list(drawn.x) == sorted(drawn.x)
    assert drawn.y[-1] > drawn.y[0]


def test_the_list_names_every_model():
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert list(app.dataframe[0].value["model"]) == NAMES


def test_a_measured_number_keeps_its_interval():
    card = zoo.card("esm-mini")
    row = cards.quality_table(card).iloc[0]
    assert row["value"] == pytest.approx(card.quality[0].value, abs=1e-4)
    assert (row["95 % from"] != row["95 % from"]) == (card.quality[0].low != card.quality[0].low)


def test_the_curves_show_what_they_are_given():
    nan = np.nan
    found = Reliability(*np.array([[0, 0.3, 0.6], [0.3, 0.6, 1], [10, 0, 40], [0.1, nan, 0.9], [0.2, nan, 0.8]]))
    curve = plot.reliability(found)
    assert list(curve.data[1].y) == [0.2, 0.8]  # the empty bin is not drawn
    assert all(end > 0 for end in (*curve.data[1].error_y.array, *curve.data[1].error_y.arrayminus))
    assert curve.data[1].marker.size[1] > curve.data[1].marker.size[0]
    training = plot.training_curve([1.0, 0.5], [{"auroc": 0.7}, {"auroc": 0.8}], "auroc", 1)
    assert list(training.data[1].y) == [0.7, 0.8]
    assert training.layout.shapes[0].x0 == 2  # the second epoch, counted from 1


def test_a_broken_card_is_named_and_harms_no_other():
    folder = runtime.home() / "models" / "mine"
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{")
    app = AppTest.from_file(PAGE, default_timeout=60).run()
    assert not app.exception
    assert "mine" in app.error[0].value and "is not a model card" in app.error[0].value
    assert app.selectbox(key="models.name").options
