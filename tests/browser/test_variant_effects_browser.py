"""The variant-effects page in a browser: the heat map and the text field choose one substitution, on a wide and a
narrow screen.
"""

from biocore.plot.substitutions import CHEMICAL_ORDER

WAIT = 240_000
APART = """() => {
    const labels = [...document.querySelectorAll('.annotation-text')];
    const [one, other] = ['wild type', 'substitution'].map(text => labels.find(e => e.textContent === text));
    if (!one || !other) return false;
    const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
    return a.right <= b.left || b.right <= a.left;
}"""
UBIQUITIN = 76


def expect_variant(page, name):
    page.locator("strong", has_text=name).first.wait_for(timeout=WAIT)


def settled(page):
    page.get_by_role("heading", name="Export").wait_for(timeout=WAIT)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=WAIT)


def heat_map(page):
    return page.locator(".js-plotly-plot:has(.hm)").first


def test_a_cell_of_the_heat_map_shows_its_evidence(open_page):
    page = open_page("variant_effects?variant=K48R")
    settled(page)
    expect_variant(page, "K48R")
    figure = heat_map(page)
    figure.scroll_into_view_if_needed()
    drawing = figure.locator(".hm image").bounding_box()
    column, row = drawing["width"] / UBIQUITIN, drawing["height"] / len(CHEMICAL_ORDER)
    page.mouse.click(drawing["x"] + 43.5 * column, drawing["y"] + 0.5 * row)  # residue 44, the uppermost row
    clicked = f"I44{CHEMICAL_ORDER[0]}"
    expect_variant(page, clicked)
    page.wait_for_url(f"**variant={clicked}*", timeout=WAIT)  # written when the script ends
    settled(page)

    field = page.get_by_role("textbox", name="Another substitution")
    field.fill("p.Leu8del")
    field.press("Enter")
    page.get_by_text("Deletions, insertions and frame shifts cannot be scored here").wait_for(timeout=WAIT)
    expect_variant(page, clicked)  # what was shown stays
    assert not page.requests_outside


def test_upright_labels_do_not_touch_and_nothing_overflows_a_narrow_screen(open_page):
    page = open_page("variant_effects?variant=K48R")
    page.set_viewport_size({"width": 420, "height": 900})
    settled(page)
    page.wait_for_function(APART, timeout=WAIT / 4)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
