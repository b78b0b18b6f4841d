"""The variant-effects page in a browser: the heat map and the text field choose one substitution, on a wide and a
narrow screen.
"""

WAIT = 240_000
UBIQUITIN = 76
ROWS = 20


def settled(page):
    page.get_by_role("heading", name="Export").wait_for(timeout=WAIT)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=WAIT)


def heat_map(page):
    return page.locator(".js-plotly-plot:has(.hm)").first


def test_a_cell_of_the_heat_map_shows_its_evidence(open_page):
    page = open_page("variant_effects?variant=K48R")
    settled(page)
    assert page.get_by_text("K48R: what makes the score").count() == 1
    figure = heat_map(page)
    figure.scroll_into_view_if_needed()
    drawing = figure.locator(".hm image").bounding_box()
    column, row = drawing["width"] / UBIQUITIN, drawing["height"] / ROWS
    page.mouse.click(drawing["x"] + 43.5 * column, drawing["y"] + 0.5 * row)  # residue 44, the uppermost row
    uppermost = figure.locator(".ytick").last.text_content()
    page.get_by_text(f"I44{uppermost}: what makes the score").wait_for(timeout=WAIT)
    page.wait_for_url(f"**variant=I44{uppermost}*", timeout=WAIT)  # written when the script ends
    settled(page)

    field = page.get_by_label("Another substitution")
    field.fill("p.Leu8del")
    field.press("Enter")
    page.get_by_text("Deletions, insertions and frame shifts cannot be scored here").wait_for(timeout=WAIT)
    assert page.get_by_text(f"I44{uppermost}: what makes the score").count() == 1  # what was shown stays
    assert not page.requests_outside


def test_upright_labels_do_not_touch_and_nothing_overflows_a_narrow_screen(open_page):
    page = open_page("variant_effects?variant=K48R")
    page.set_viewport_size({"width": 420, "height": 900})
    settled(page)
    labels = page.locator(".annotation-text", has_text="wild type").or_(
        page.locator(".annotation-text", has_text="substitution")
    )
    labels.first.scroll_into_view_if_needed()
    one, other = (labels.nth(k).bounding_box() for k in range(2))
    apart = one["x"] + one["width"] <= other["x"] or other["x"] + other["width"] <= one["x"]
    assert apart, (one, other)
    wider = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wider <= 0
