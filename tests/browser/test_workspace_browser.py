"""One workspace in a browser: shared molecule, reload, Back, tours that open computed, reports without a server."""

import pytest
from playwright.sync_api import expect

from biocore import runtime
from biocore.workspace.session import ENDING

expect.set_options(timeout=60_000)  # of two cores that others use, too
PROTEIN = ">mine\nMKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"
TOURS = sorted(path.name for path in (runtime.ASSETS / "tours").glob(f"*{ENDING}"))


def paste(page):
    page.locator("textarea").first.fill(PROTEIN)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("stSidebar").get_by_text("mine, 70 residues")).to_be_visible()


def visit(page, name):
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, level=1)).to_be_visible()


def test_a_paste_survives_reload_and_back_leads_to_the_page_before(open_page):
    page = open_page()
    visit(page, "Variant effects")
    paste(page)
    expect(page.get_by_text("The evidence for one")).to_be_visible()
    visit(page, "Workspace")
    expect(page.get_by_role("heading", name="mine, 70 residues")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Variant effects", level=1)).to_be_visible()
    page.reload()
    expect(page.locator("textarea").first).to_have_value(PROTEIN)
    expect(page.get_by_test_id("stSidebar").get_by_text("mine, 70 residues")).to_be_visible()
    assert page.requests_outside == []


@pytest.mark.parametrize("number", range(len(TOURS)))
def test_a_tour_opens_computed(open_page, number):
    page = open_page("workspace")
    page.get_by_role("button", name="Start").nth(number).click()
    expect(page.get_by_text("Saved with biocore")).to_be_visible()
    expect(page.get_by_role("heading", name="Report")).to_be_visible()
    expect(page.get_by_role("button", name="Report (one HTML file, opens offline)")).to_be_visible()
    expect(page.get_by_role("button", name="Compute every page's answer")).to_have_count(0)
    assert page.get_by_test_id("stException").count() == 0 and page.requests_outside == []


def test_a_report_opens_without_a_server(open_page, chromium, tmp_path):
    page = open_page("workspace")
    page.get_by_role("button", name="Start").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report (one HTML file, opens offline)").click()
    path = tmp_path / "report.html"
    waiting.value.save_as(path)
    context = chromium.new_context()
    report, asked = context.new_page(), []
    report.on("request", lambda r: asked.append(r.url) if r.url.startswith("http") else None)
    report.goto(path.as_uri())
    report.wait_for_selector(".figure .main-svg", timeout=60_000)
    assert report.locator(".figure .main-svg").count() >= 2 and asked == []
    context.close()


def test_a_narrow_dark_window_has_no_sideways_scroll(open_page):
    page = open_page("workspace", color_scheme="dark")
    page.set_viewport_size({"width": 400, "height": 800})
    page.get_by_role("button", name="Start").first.click()
    expect(page.get_by_text("Saved with biocore")).to_be_visible()
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 401
