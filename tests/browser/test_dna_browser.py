"""The DNA page in a browser: figures are drawn, clicks choose sites and changes, no other host is asked."""

import re

import pytest

from biocore import zoo

pytestmark = pytest.mark.skipif(not zoo.names("tf-binding"), reason="no DNA model ships yet")
WAIT = 180_000


def settled(page):
    """Wait until the script has run to its end, the significance line included."""
    page.wait_for_selector("text=Take it along", timeout=WAIT)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=WAIT)


def test_example_click_a_site_then_a_cell(open_page):
    page = open_page("dna_binding")
    page.wait_for_selector(".js-plotly-plot", timeout=WAIT)
    settled(page)
    overview, detail = (page.locator(".js-plotly-plot").nth(i) for i in range(2))
    assert overview.locator(".hm image").count() == 1
    assert detail.locator(".hm image").count() == 2
    assert detail.locator(".scatterlayer path.js-fill").count() >= 4  # the letters of the logo

    factor = page.locator("div[data-testid=stSelectbox]", has_text="Factor").first
    before = factor.inner_text()
    sites = overview.locator(".scatterlayer .points path")
    for i in range(sites.count()):
        sites.nth(i).click(force=True)
        page.wait_for_timeout(1500)
        settled(page)
        if factor.inner_text() != before:
            break
    assert factor.inner_text() != before
    assert re.search(r"tf=\w+", page.url) and "first=" in page.url

    detail = page.locator(".js-plotly-plot").nth(1)
    detail.locator(".scatterlayer .trace").last.locator(".points path").nth(200).click(force=True)
    named = page.get_by_label("Named changes").first
    page.wait_for_function("e => /^[ACGT][0-9]+[ACGT]$/.test(e.value)", arg=named.element_handle(), timeout=WAIT)
    settled(page)
    assert page.requests_outside == []


def test_bad_input_keeps_the_text(open_page):
    page = open_page("dna_binding?seq=ACGTACGTACGTZACGTACGTACGT")
    page.wait_for_selector("text=position 13", timeout=WAIT)
    assert page.locator("textarea").first.input_value() == "ACGTACGTACGTZACGTACGTACGT"
    assert page.locator("text=Traceback").count() == 0
