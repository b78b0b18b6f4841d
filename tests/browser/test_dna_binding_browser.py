"""The DNA page in a browser: figures are drawn, clicks choose sites and changes, no other host is asked."""

import re

import pytest
from playwright.sync_api import expect

from biocore import zoo

pytestmark = [
    pytest.mark.skipif(not zoo.names("tf-binding"), reason="no DNA model ships yet"),
    pytest.mark.timeout(600),  # a cold start of the frameworks on a busy machine
]
WAIT = 90_000


def settled(page):
    """Wait until the script has run to its end, the significance threshold included."""
    page.wait_for_selector("text=Reproduce this on the command line", timeout=WAIT)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=WAIT)


def test_example_click_a_site_then_a_cell(open_page):
    page = open_page("dna_binding")
    page.wait_for_selector(".js-plotly-plot", timeout=WAIT)
    settled(page)
    page.wait_for_url(re.compile("[?&]tf="), timeout=WAIT)
    overview, detail = (page.locator(".js-plotly-plot").nth(i) for i in range(2))
    assert overview.locator(".hm image").count() == 1
    assert detail.locator(".hm image").count() == 2
    assert detail.locator(".scatterlayer path.js-fill").count() >= 4  # the letters of the logo

    def shown():
        return re.search(r"[?&]tf=(\w+)&first=(\d+)", page.url).groups()

    before = shown()
    sites = overview.locator(".scatterlayer .points path")
    assert sites.count() > 3
    sites.nth(1).click(force=True)  # the first is the one shown
    seen = f"tf={before[0]}&first={before[1]}&"
    page.wait_for_function("seen => !location.search.includes(seen)", arg=seen, timeout=WAIT)
    settled(page)
    assert shown() != before

    detail = page.locator(".js-plotly-plot").nth(1)
    cells = detail.locator(".scatterlayer .trace").last.locator(".points path")
    for cell in (200, 201):  # of one position: one of them may be the reference, which is no variant
        cells.nth(cell).click(force=True)
        page.wait_for_timeout(1000)
        settled(page)
    named = page.get_by_label("Variants", exact=True).first
    expect(named).to_have_value(re.compile("^[ACGT][0-9]+[ACGT]$"), timeout=WAIT)
    settled(page)
    assert page.requests_outside == []


def test_bad_input_keeps_the_text(open_page):
    page = open_page("dna_binding?seq=ACGTACGTACGTZACGTACGTACGT")
    page.wait_for_selector("text=position 13", timeout=WAIT)
    expect(page.get_by_label("DNA", exact=True)).to_have_value("ACGTACGTACGTZACGTACGTACGT", timeout=WAIT)
    assert page.locator("text=Traceback").count() == 0
