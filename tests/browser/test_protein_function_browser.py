"""The protein function page in a browser: the graph is drawn, residues are coloured, no other host is asked."""

import pytest

from biocore import runtime

pytestmark = pytest.mark.skipif(
    not (runtime.ASSETS / "models" / "go-mf" / "card.json").exists(), reason="go-mf does not ship yet"
)
WAIT = 90_000


def test_insulin_is_answered_with_a_graph_and_coloured_residues(open_page):
    page = open_page("protein_function")
    page.wait_for_selector("text=Reproduce this on the command line", timeout=WAIT)
    page.wait_for_selector("text=Scores as JSON", timeout=WAIT)
    page.get_by_text("The same terms as a graph").click()
    page.wait_for_selector("[class*='st-key-figure-function_terms'] .scatterlayer .points path", timeout=WAIT)
    page.get_by_role("button", name="Show which residues matter").click()
    page.wait_for_selector(".seq .residue", timeout=WAIT)
    graph = page.locator("[class*='st-key-figure-function_terms'] .js-plotly-plot")
    assert graph.locator(".scatterlayer .points path").count() >= 2
    assert "hormone activity" in graph.inner_text().replace("\n", " ")
    residues = page.locator(".seq .residue")
    assert residues.count() == 110
    colours = {residues.nth(i).evaluate("e => e.style.backgroundColor") for i in range(0, 110, 5)}
    assert len(colours) > 2
    assert page.requests_outside == []


def test_a_link_opens_the_same_answer(open_page):
    page = open_page(
        "protein_function?seq="
        + "DIQVQVNIDDNGKNFDYTYTVTTESELQKVLNELMDYIKKQGAKRVRISITARTKKEAEKFAAILIKVFAELGYNDINVTFDGDTVTVEGQLEGGSLEHHHHHH"
    )
    page.wait_for_selector("text=Abstained", timeout=WAIT)
    assert page.locator("text=Traceback").count() == 0
