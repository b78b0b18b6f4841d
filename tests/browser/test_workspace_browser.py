"""One workspace in a browser: shared molecule, reload, Back, tours that open computed, reports without a server."""

import re

import pandas as pd
from playwright.sync_api import expect

from biocore.plot.scene_html import library_here
from biocore.plot.workspace import ROW
from biocore.structure import build_peptide
from biocore.workspace import Track, read_molecule
from biocore.workspace.report import report_html
from biocore.workspace.session import Answer
from biocore.workspace.tours import TOURS

expect.set_options(timeout=60_000)  # of two cores that others use, too
PROTEIN = ">mine\nMKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQAPILSRVGDGTQDNLSGAEKAVQVKVKALPDAQFEVV"


HEIGHTS = "[...document.querySelectorAll('.figure .main-svg')].map((e) => e.getBoundingClientRect().height)"
ROOM = """[...document.querySelectorAll('.figure')].map((e) => e.nextElementSibling.nextElementSibling
  .getBoundingClientRect().top - e.querySelector('.main-svg').getBoundingClientRect().bottom + 1)"""


def paste(page):
    page.locator("textarea").first.fill(PROTEIN)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_test_id("stSidebar").get_by_text("mine, 70 residues")).to_be_visible()


def test_a_paste_survives_reload_and_back_leads_to_the_page_before(open_page, follow_menu):
    page = open_page()
    follow_menu(page, "Variant effects")
    paste(page)
    expect(page.get_by_text("The evidence for one")).to_be_visible()
    follow_menu(page, "Workspace")
    expect(page.get_by_role("heading", name="mine, 70 residues")).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="Variant effects", level=1)).to_be_visible()
    page.reload()
    expect(page.locator("textarea").first).to_have_value(PROTEIN)
    expect(page.get_by_test_id("stSidebar").get_by_text("mine, 70 residues")).to_be_visible()
    assert page.requests_outside == []


def test_tours_open_computed_leave_as_a_report_and_fit_a_phone(open_page, chromium, tmp_path):
    """In one session, one tour after the other."""
    page = open_page("workspace", color_scheme="dark")
    assert len(TOURS) == 3
    for tour in TOURS:
        card = page.locator(f"[class*='st-key-tour-{tour.name}'] button")
        card.first.click()  # twice for a moment, where the page is being drawn anew
        expect(page.get_by_text(f"Opened: {tour.title}")).to_be_visible()
        expect(page.get_by_text("Saved with biocore")).to_be_visible()
        expect(page.get_by_role("button", name="Report (one HTML file, opens offline)")).to_be_visible()
        expect(page.get_by_role("button", name="Compute every page's answer")).to_have_count(0)
        assert page.get_by_test_id("stException").count() == 0 and page.requests_outside == []
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Report (one HTML file, opens offline)").click()
    path = tmp_path / "report.html"
    waiting.value.save_as(path)
    report, asked = opened(chromium, path)
    assert report.locator(".figure .main-svg").count() >= 2 and asked == []
    report.context.close()
    page.set_viewport_size({"width": 400, "height": 800})
    page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 401")


def opened(chromium, path):
    """A report in a browser of its own, and what it asks of the internet."""
    report, asked = chromium.new_context().new_page(), []
    report.on("request", lambda r: asked.append(r.url) if r.url.startswith("http") else None)
    report.goto(path.as_uri())
    report.wait_for_selector(".figure .main-svg", timeout=60_000)
    return report, asked


def test_a_report_shows_the_structure_in_3d_and_prints(chromium, tmp_path, need):
    need(library_here(), "static/3Dmol-min.js is missing (npm fetches it)")
    sequence = "GIGKFLHSAKKFGKAFVGEIMNS"
    track = Track("entropy", sequence, range(23), "bits")
    figure = {"data": [{"type": "bar", "x": ["a"], "y": [1]}], "layout": {}}
    answer = Answer(
        "x", "An answer", "Said.", figure, "A bar.", pd.DataFrame({f"a column {n}": range(40) for n in range(12)})
    )
    path = tmp_path / "report.html"
    structure = build_peptide(sequence, "helix", name="mag")
    path.write_text(report_html(read_molecule(sequence), [answer] * 3, [track], structure=structure), "utf-8")
    report, asked = opened(chromium, path)
    viewer = report.frame_locator("iframe")
    expect(viewer.locator(".bsv-root")).to_have_attribute("data-webgl", "1")
    expect(viewer.locator(".bsv-letter")).to_have_count(23)
    expect(viewer.locator(".bsv-legend")).to_contain_text("entropy")
    report.set_viewport_size({"width": 690, "height": 1000})  # of A4 without its margins
    report.emulate_media(media="print")
    report.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert report.evaluate("document.documentElement.scrollWidth") <= 690
    assert min(report.evaluate(ROOM)) >= 0  # nothing lies over another
    assert set(report.evaluate(HEIGHTS)) == {460, 110 + ROW}  # without a height of its own, and the one with one track
    pdf = report.pdf(format="A4")
    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", pdf)) <= 8 and asked == []
    report.context.close()
