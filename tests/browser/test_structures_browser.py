"""The structure viewer in a real browser: clicks both ways, pictures, no WebGL, and files that try to run code."""

import json
import re
import struct
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

sys.path.insert(0, str(Path(__file__).parents[1]))
from structure_toys import CIF, HOSTILE, hostile_cif, hostile_pdb  # noqa: E402

from biocore import runtime  # noqa: E402

READY = "document.querySelector('.bsv-root')?.dataset.ready"
SELECTED = "document.querySelector('.bsv-root').dataset.selected"
VIEW = "document.querySelector('.bsv-root').structureView.state"
STANDS_STILL = f"""async () => {{ for (let same = 0, last; same < 10; ) {{
  await new Promise(requestAnimationFrame);
  const now = JSON.stringify({VIEW}.viewer.getView());
  same = now === last ? same + 1 : 0; last = now; }} }}"""
SMALL = {"width": 1000, "height": 800}  # fewer pixels to draw in software
SLOW = 150_000  # software WebGL on a busy machine


@pytest.fixture(autouse=True)
def library(need):
    need((runtime.STATIC / "3Dmol-min.js").is_file(), "static/3Dmol-min.js is missing (make setup, which needs npm)")


@pytest.fixture(scope="module")
def open_once(new_context, open_in):
    """``open_once(path)``: a page that several tests share; each leaves the same structure in it."""
    contexts = []

    def open_(path):
        contexts.append(new_context(viewport=SMALL))
        return open_in(contexts[-1], path)

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def viewed(open_once):
    """The page as it opens."""
    return open_once("structures")


@pytest.fixture(scope="module")
def linked(open_once):
    """The page by a link with a style and a residue."""
    return open_once("structures?style=sphere&residue=A:5")


@pytest.fixture(scope="module")
def uploading(open_once):
    """A page that is given one file after the other."""
    return open_once("structures")


@pytest.fixture
def saved(new_context):
    """``saved(path)``: a saved page in a browser without any network."""
    context = new_context(viewport=SMALL, offline=True)

    def open_(path):
        page = context.new_page()
        page.goto(path.as_uri(), timeout=SLOW)
        return page

    yield open_
    context.close()


def ready(page):
    page.set_default_timeout(SLOW)
    page.wait_for_function(READY, timeout=SLOW)
    return page


def wait_selected(page, row: str):
    page.wait_for_function(f"{SELECTED} === '{row}'", timeout=SLOW)


def test_it_draws_and_asks_nothing_of_the_internet(viewed):
    page = ready(viewed)
    assert page.locator(".bsv-letter").count() == 23
    assert page.evaluate("document.querySelector('.bsv-root').dataset.webgl") == "1"
    assert page.locator(".bsv-legend").inner_text().startswith("Hydropathy")
    pixels = page.evaluate(
        """() => { const c = document.querySelector('.bsv-canvas canvas'), d = document.createElement('canvas');
        d.width = c.width; d.height = c.height; const g = d.getContext('2d'); g.drawImage(c, 0, 0);
        return new Set(new Uint32Array(g.getImageData(0, 0, d.width, d.height).data.buffer)).size; }"""
    )
    assert pixels > 50  # not a blank canvas
    assert page.requests_outside == []


def test_a_click_in_the_sequence_selects_here_and_in_python(viewed):
    page = ready(viewed)
    before = page.evaluate(f"{VIEW}.viewer.getView()")
    page.locator(".bsv-letter").nth(4).click()
    page.wait_for_function(
        "document.querySelector('input[aria-label=\"Go to residue\"]')?.value === 'A:5'", timeout=SLOW
    )
    page.get_by_text("residue A:PHE 5").wait_for()
    assert "within 5 Å" in page.locator(".bsv-info").inner_text()
    assert page.locator(".bsv-letter[aria-selected=true]").inner_text() == "F"
    page.wait_for_function(  # the camera goes there
        f"before => JSON.stringify({VIEW}.viewer.getView()) !== JSON.stringify(before)", arg=before, timeout=SLOW
    )
    assert "residue=A%3A5" in page.url or "residue=A:5" in page.url


def test_selecting_in_python_moves_the_viewer(viewed):
    page = ready(viewed)
    page.get_by_role("textbox", name="Go to residue").fill("A:12")
    page.get_by_role("textbox", name="Go to residue").press("Enter")
    wait_selected(page, "11")
    assert page.locator(".bsv-letter[aria-selected=true]").inner_text() == "F"
    page.get_by_role("button", name="Clear selection").click()
    page.wait_for_function("document.querySelector('input[aria-label=\"Go to residue\"]')?.value === ''", timeout=SLOW)


def test_keys_walk_along_the_sequence(linked):
    page = ready(linked)
    wait_selected(page, "4")
    page.locator(".bsv-letter[aria-selected=true]").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(
        "document.querySelector('input[aria-label=\"Go to residue\"]')?.value === 'A:6'", timeout=SLOW
    )


def test_a_click_in_3d_selects(linked):
    page = ready(linked)
    page.get_by_role("button", name="Clear selection").click()
    wait_selected(page, "")
    page.evaluate(STANDS_STILL)
    spot = page.evaluate(  # of the residue that is nearest to the middle: the camera may stand close
        f"""() => {{ const s = {VIEW}, box = document.querySelector('.bsv-canvas').getBoundingClientRect();
        const off = (p) => Math.hypot(p[0] - box.x - box.width / 2, p[1] - box.y - box.height / 2);
        return s.model.selectedAtoms({{}}).filter((x) => x.atom === 'CA').map((a) => s.viewer.modelToScreen(a))
          .map((p) => [p.x - window.scrollX, p.y - window.scrollY]).sort((a, b) => off(a) - off(b))[0]; }}"""
    )
    page.mouse.click(*spot)
    page.wait_for_function(f"{VIEW}.selected !== null", timeout=SLOW)
    page.wait_for_function(
        "/^A:\\d+$/.test(document.querySelector('input[aria-label=\"Go to residue\"]')?.value)", timeout=SLOW
    )


def test_a_picture_at_twice_the_size(viewed):
    page = ready(viewed)
    width, height = page.evaluate(
        "[document.querySelector('.bsv-canvas').clientWidth, document.querySelector('.bsv-canvas').clientHeight]"
    )
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="2×").click()
    content = Path(waiting.value.path()).read_bytes()
    assert content[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">II", content[16:24]) == (2 * width, 2 * height)
    assert len(content) > 5000 and waiting.value.suggested_filename.endswith("_2x.png")


def test_one_context_and_it_is_released_on_leaving(open_page, follow_menu):
    page = open_page()  # by way of the home page, so that the menu is there
    follow_menu(page, "Structures")
    page = ready(page)
    assert page.locator("canvas[data-engine], .bsv-canvas canvas").count() == 1
    page.evaluate(f"window.lastContext = {VIEW}.viewer.getRenderer().getContext()")
    follow_menu(page, "Home")
    page.wait_for_function("!document.querySelector('.bsv-root')", timeout=SLOW)
    assert page.evaluate("window.lastContext.isContextLost()") and page.evaluate("window.biocoreViewersReleased") >= 1


def test_without_webgl_there_is_a_sentence_and_a_picture(new_context, server):
    context = new_context()
    context.add_init_script(
        "for (const k of [HTMLCanvasElement, OffscreenCanvas]) { const f = k.prototype.getContext; "
        "k.prototype.getContext = function (t, ...r) { return /webgl/.test(t) ? null : f.call(this, t, ...r); }; }"
    )
    page = context.new_page()
    page.goto(f"{server}/structures")
    ready(page)
    assert "3D needs WebGL" in page.locator(".bsv-sentence").inner_text()
    coloured = page.evaluate(
        """() => { const c = document.querySelector('.bsv-still canvas'), d = c.getContext('2d');
        return d.getImageData(0, 0, c.width, c.height).data.filter((v, i) => i % 4 === 3 && v > 0).length; }"""
    )
    assert coloured > 2000
    page.locator(".bsv-letter").nth(4).click()
    page.get_by_text("residue A:PHE 5").wait_for()
    context.close()


def upload(page, name: str, content: str):
    """Choose a file in place of what is shown."""
    page.set_default_timeout(SLOW)
    page.get_by_label("Structure from").first.click()  # the second is that of what it is compared with
    page.get_by_role("option", name="file", exact=True).click()
    file = {"name": name, "mimeType": "chemical/x-pdb", "buffer": content.encode()}
    page.locator("input[type=file]").first.set_input_files(file)


def drawn_anew(page, name: str, content: str):
    """`upload`, until the viewer shows it."""
    first = ready(page).evaluate(READY)
    upload(page, name, content)
    page.wait_for_function(f"{READY} && {READY} !== '{first}'", timeout=SLOW)


def nothing_ran(page):
    """An image of ours that cannot be loaded calls its handler; by then any such image of the file called its own."""
    page.wait_for_selector("[data-testid=stStatusWidget]", state="detached", timeout=SLOW)
    for frame in page.frames:
        frame.evaluate("() => new Promise(done => Object.assign(new Image(), { onerror: done, src: 'x' }))")
        assert frame.evaluate("document.title") != "owned"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (f"{HOSTILE}.pdb", hostile_pdb()),
        ("<img src=x onerror=\"document.title='owned'\">.cif", hostile_cif()),
    ],
    ids=["pdb", "cif"],
)
def test_markup_in_files_never_runs(uploading, saved, tmp_path, name, content):
    """Title, remark, atom, residue, chain and file names: in the viewer, in every closer look, in the exported file."""
    page = uploading
    drawn_anew(page, name, content)
    page.locator(".bsv-letter").first.click()
    nothing_ran(page)
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="HTML", exact=True).click()
    exported = tmp_path / "view.html"
    waiting.value.save_as(exported)
    other = saved(exported)
    ready(other)
    other.locator(".bsv-letter").first.click()
    assert other.evaluate("document.querySelector('.bsv-root').dataset.webgl") == "1"
    nothing_ran(other)


def test_a_view_is_saved_as_it_is_turned_measured_and_pictured_without_background(viewed, tmp_path):
    page = ready(viewed)
    page.get_by_role("button", name="Measure").click()
    letters = page.locator(".bsv-letter")
    letters.nth(0).click()
    expect(page.locator(".bsv-info")).to_contain_text("click the second atom")
    letters.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator(".bsv-info")).to_have_text(re.compile(r"CA to .* CA: 3\.8\d Å"))  # neighbours in a chain
    page.get_by_role("button", name="Measure").click()
    before = page.evaluate(f"{VIEW}.viewer.getView()")
    box = page.locator(".bsv-canvas").bounding_box()
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 300, box["y"] + 260, steps=4)
    page.mouse.up()
    page.get_by_role("button", name="Transparent").click()
    with page.expect_download(timeout=SLOW) as picture:
        page.get_by_role("button", name="2×").click()
    with Image.open(picture.value.path()) as image:
        alpha = np.asarray(image.convert("RGBA"))[..., 3]
    assert alpha[0, 0] == 0 and alpha.max() == 255
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="HTML", exact=True).click()
    text = Path(waiting.value.path()).read_text("utf-8")
    scene = json.loads(re.search(r'id="scene">(.*?)</script>', text, re.S).group(1))
    assert scene["camera"] == pytest.approx(page.evaluate(f"{VIEW}.viewer.getView()"))
    assert scene["camera"][4:] != pytest.approx(before[4:], abs=0.01)


def test_markup_in_a_file_never_runs_in_the_grid_nor_in_the_file_it_is_saved_as(uploading, saved, tmp_path):
    page = uploading
    moved = hostile_pdb().replace(" 20.000 ", " 21.000 ")  # so that it is not what the page may show already
    drawn_anew(page, f"{HOSTILE}.pdb", moved)
    page.get_by_text("Compare two").click()
    page.get_by_text("Side by side").click()
    grid = page.frame_locator("iframe").locator("canvas").first
    grid.wait_for(timeout=SLOW)
    assert page.locator(".bsv-canvas canvas").count() == 0  # one WebGL context: the grid's
    nothing_ran(page)
    with page.expect_download(timeout=SLOW) as waiting:
        page.get_by_role("button", name="HTML", exact=True).click()
    path = tmp_path / "grid.html"
    waiting.value.save_as(path)
    other = saved(path)
    other.locator("canvas").first.wait_for(timeout=SLOW)
    nothing_ran(other)


def test_a_truncated_file_is_a_message(open_page):
    page = open_page("structures")  # of its own: others leave menus of theirs open
    upload(page, "cut.cif", CIF[:-60])
    page.get_by_text("cannot be read").wait_for(timeout=SLOW)
