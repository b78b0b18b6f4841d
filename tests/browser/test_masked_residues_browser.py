"""The masked-residues page in a browser: residues and the heat map answer to clicks and keys, a scan to Stop."""

WAIT = 240_000
INSULIN = (
    "MALWMRLLPLLALLALWGPDPAAAFVNQHLCGSHLVEALYLVCGERGFFYTPKTRREAEDLQVGQVELGGGPGAGSLQPLALEGSLQKRGIVEQCCTSICSLYQLENYCN"
)


def wild_type_residue(page):
    return page.locator("[data-testid=stMetricValue]").first


def expect_residue(page, name):
    from playwright.sync_api import expect

    expect(wild_type_residue(page)).to_have_text(name, timeout=WAIT)


def settled(page):
    page.get_by_role("heading", name="Export").wait_for(timeout=WAIT)
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=WAIT)


def test_residues_and_the_landscape_can_be_clicked(open_page):
    page = open_page("masked_residues?mask=27")
    settled(page)
    expect_residue(page, "N27")
    assert page.locator(".residue").count() == len(INSULIN)

    page.locator(".residue[data-index='47']").click()
    expect_residue(page, "F48")

    page.get_by_role("listbox").focus()  # the cursor stays where the click was
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect_residue(page, "G47")
    page.wait_for_url("**mask=47*", timeout=WAIT)  # written when the script ends: nothing is drawn anew after it
    settled(page)

    figure = page.locator("[class*='st-key-masked_residues-landscape'] .js-plotly-plot, .js-plotly-plot:has(.hm)").first
    figure.scroll_into_view_if_needed()
    drawing = figure.locator(".hm image").bounding_box()
    column = drawing["width"] / len(INSULIN)
    page.mouse.click(drawing["x"] + 9.5 * column, drawing["y"] + drawing["height"] / 2)
    expect_residue(page, "L10")
    page.wait_for_url("**mask=10*", timeout=WAIT)  # written when the script ends
    assert not page.requests_outside


def test_a_sequence_is_drawn_as_text_and_never_as_html(open_page):
    page = open_page("masked_residues?seq=%3Ea%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E%0AMKTAYIAKQR")
    settled(page)
    assert page.locator(".residue").count() == 10
    assert page.locator("img[src='x']").count() == 0
