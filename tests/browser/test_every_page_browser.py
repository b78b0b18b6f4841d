"""What holds for every page in a real browser: names for a screen reader, the keyboard alone, a phone, dark, two tabs.

One tab visits every page once in the light, once more narrow and dark, so that the server's caches serve all tests.
"""

from contextlib import suppress
from functools import cache
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

from biocore.structure import build_peptide
from biocore.structure.tables import to_pdb

SLOW = 120_000
expect.set_options(timeout=SLOW)
# page -> its name in the menu, what is there once it has answered, its main input and its main button or menu
FIGURE, TABLE = ".js-plotly-plot .main-svg", "[data-testid=stDataFrame] >> visible=true"
PAGES = {
    "workspace": ("Workspace", "button:has-text('Start')", None, "Start"),
    "dna_binding": ("DNA binding", FIGURE, "DNA", "Upload a file"),
    "masked_residues": ("Masked residues", FIGURE, "Protein", "Upload a file"),
    "variant_effects": ("Variant effects", FIGURE, "Protein", "Upload a file"),
    "structures": ("Structures", ".bsv-root canvas", "Protein sequence", "Spin"),
    "embedding_map": ("Embedding map", FIGURE, None, None),
    "protein_function": ("Protein function", TABLE, "Protein", "Upload a file"),
    "jobs": ("Jobs", "text=No jobs yet", None, None),
    "models": ("Models", TABLE, None, None),
    "": ("Home", "[data-testid=stMetricValue]", "Paste anything", "DNA binding"),  # the others have the menu before it
}
NAMED = {
    "button",
    "textbox",
    "searchbox",
    "combobox",
    "checkbox",
    "switch",
    "radio",
    "slider",
    "link",
    "spinbutton",
    "tab",
}
FIGURES = "[...document.querySelectorAll('.js-plotly-plot')].filter(e => !e.closest('[aria-label]')).length"
PICTURES = """[...document.querySelectorAll('[data-testid=stMain] img')].filter((e) => e.getAttribute('alt') === null
  && e.getAttribute('aria-hidden') !== 'true' && e.getAttribute('role') !== 'presentation').length"""
MOST_TABS = 60
LEGIBLE = 3  # contrast that WCAG 2 asks of large text


def quiet(page: Page, answer: str) -> None:
    """Until a page has answered and its script rests."""
    page.locator(answer).first.wait_for(timeout=SLOW)
    expect(page.get_by_test_id("stStatusWidget")).to_have_count(0)


@pytest.fixture(scope="module")
def visit(server, new_context):
    """``visit(path)``: what was seen on a page - controls without names, what Tab reached, widths - visited once."""
    context = new_context()
    page = context.new_page()
    page.set_default_timeout(SLOW)
    asked: list[int] = []  # messages of the browser
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: asked.append(1)))
    tree = context.new_cdp_session(page)

    @cache
    def visit_(path: str) -> dict[str, Any]:
        _, answer, *wanted = PAGES[path]
        page.set_viewport_size({"width": 1400, "height": 900})
        page.emulate_media(color_scheme="light")
        asked.clear()
        page.goto(f"{server}/{path}")
        quiet(page, answer)
        seen = {
            "asked": len(asked),
            "nameless": nameless(tree),
            "figures": page.evaluate(FIGURES),
            "pictures": page.evaluate(PICTURES),
            "reached": reached(page, wanted),
            "menu": page.get_by_test_id("stSidebarNav").get_by_role("link").count(),
        }
        page.emulate_media(color_scheme="dark")
        page.set_viewport_size({"width": 400, "height": 800})
        return seen | {
            "narrow": narrow(page),
            "contrast": contrast(page),
            "exceptions": page.get_by_test_id("stException").count(),
        }

    yield visit_
    context.close()


def narrow(page: Page) -> bool:
    """Whether a page comes to fit into a window of 400 pixels: figures follow its width after a moment."""
    try:
        page.wait_for_function("document.querySelector('[data-testid=stMain]').scrollWidth <= 401", timeout=20_000)
    except TooLate:
        return False
    return True


def contrast(page: Page) -> float:
    """The least contrast of a page's words: figures follow its colours after a moment, too."""
    with suppress(TooLate):
        page.wait_for_function(f"({CONTRAST})() >= {LEGIBLE}", timeout=20_000)
    return page.evaluate(CONTRAST)


def nameless(tree) -> list[str]:
    """Controls that a screen reader would announce without a name, as HTML."""
    found = []
    for node in tree.send("Accessibility.getFullAXTree")["nodes"]:
        if node.get("ignored") or node["role"]["value"] not in NAMED:
            continue
        if not (node.get("name", {}).get("value") or "").strip():
            id = node["backendDOMNodeId"]
            found.append(tree.send("DOM.getOuterHTML", {"backendNodeId": id})["outerHTML"][:200])
    return found


def reached(page: Page, wanted: list[str | None]) -> list[str]:
    """Of the wanted controls, those that Tab comes to from the page's heading."""
    left = {name for name in wanted if name}
    page.evaluate("() => { const h = document.querySelector('h1'); h.tabIndex = -1; h.focus(); }")
    for _ in range(MOST_TABS):
        if not left:
            break
        page.keyboard.press("Tab")
        said = page.evaluate(
            "() => { const e = document.activeElement; return (e.ariaLabel || '') + '|' + (e.innerText || ''); }"
        )
        left -= {name for name in left if name in said}
    return sorted({name for name in wanted if name} - left)


# Contrast of WCAG 2 between the page's background and its headings, labels and the words around its figures.
CONTRAST = """() => {
  const light = (text) => {
    const [red, green, blue] = text.match(/[0-9.]+/g).map((v) => v / 255)
      .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const back = light(getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor);
  const words = 'h1, h2, h3, [data-testid=stMain] label p, .xtick text, .ytick text, .legendtext, .g-xtitle text';
  return Math.min(...[...document.querySelectorAll(words)].map((element) => {
    const style = getComputedStyle(element), own = light(element.matches('text') ? style.fill : style.color);
    return (Math.max(own, back) + 0.05) / (Math.min(own, back) + 0.05);
  }));
}"""


@pytest.mark.parametrize("path", PAGES)
def test_every_control_has_a_name_and_every_figure_words(visit, path):
    found = visit(path)
    assert found["nameless"] == [] and found["figures"] == 0 and found["pictures"] == 0


@pytest.mark.parametrize("path", PAGES)
def test_tab_comes_to_the_main_input_and_the_main_button(visit, path):
    wanted = [name for name in PAGES[path][2:] if name]
    assert visit(path)["reached"] == sorted(wanted)
    assert visit(path)["menu"] == len(PAGES)


@pytest.mark.parametrize("path", [path for path in PAGES if path != "jobs"])
def test_opening_a_page_runs_it_once(visit, path):
    """A page that asked again would lose a click in the menu that comes in that moment; Jobs asks a new browser."""
    assert visit(path)["asked"] == 1


@pytest.mark.parametrize("path", PAGES)
def test_a_narrow_dark_window_shows_all_without_sideways_scroll(visit, path):
    found = visit(path)
    assert found["narrow"] and found["exceptions"] == 0
    assert found["contrast"] >= LEGIBLE


def test_two_tabs_of_one_browser_do_not_mix_and_reload_and_back_keep_each(server, new_context, follow_menu):
    """Each tab has a molecule of its own on every page of its trip, also after a reload, and Back leads through it."""
    context = new_context()
    tabs, texts = (
        [context.new_page(), context.new_page()],
        [">one\nMKTAYIAKQRQISFVKSHFSRQ", ">two\nMNIFEMLRIDEGLRLKIYKDTEG"],
    )
    for tab, text in zip(tabs, texts, strict=True):
        tab.set_default_timeout(SLOW)
        tab.goto(f"{server}/")
        tab.get_by_role("textbox", name="Paste anything").fill(text)
        tab.keyboard.press("Control+Enter")
        expect(side(tab, f"{text[1:4]}, ")).to_be_visible()
    for tab, text in zip(tabs, texts, strict=True):
        follow_menu(tab, "Workspace")
        expect(tab.get_by_role("heading", name=f"{text[1:4]}, ")).to_be_visible()
        tab.reload()
        expect(tab.get_by_role("heading", name=f"{text[1:4]}, ")).to_be_visible()
        tab.go_back()
        expect(tab.get_by_role("heading", name="biocore", level=1)).to_be_visible()
        expect(side(tab, f"{text[1:4]}, ")).to_be_visible()
    context.close()


def side(page: Page, text: str):
    """What the side bar says."""
    return page.get_by_test_id("stSidebar").get_by_text(text)


def test_a_structure_file_is_still_there_after_a_reload(open_page):
    page = open_page("structures")
    page.get_by_label("Structure from").click()
    page.get_by_role("option", name="file", exact=True).click()
    content = to_pdb(build_peptide("MKTAYIAKQR", "helix")).encode()
    upload = {"name": "mine.pdb", "mimeType": "chemical/x-pdb", "buffer": content}
    page.locator("[data-testid=stFileUploader] input[type=file]").first.set_input_files(upload)
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Showing mine.pdb, chosen before.")).to_be_visible()
    expect(page.get_by_role("heading", name="mine")).to_be_visible()
