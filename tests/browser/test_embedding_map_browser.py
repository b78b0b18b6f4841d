"""The embedding map in a real browser: points are drawn, a click and a box select proteins."""

import math

import pytest

from biocore import embedding

pytestmark = pytest.mark.skipif(not embedding.example_names(), reason="the examples are not in assets/examples")
WAIT = 120_000


def marks(page):
    """Middle of each drawn point, in pixels of the page."""
    return page.evaluate(
        """() => [...document.querySelectorAll('.scatterlayer .points path')].map(p => {
            const b = p.getBoundingClientRect(); return [b.x + b.width / 2, b.y + b.height / 2]; })"""
    )


def most_apart(points):
    """The point that is farthest from its nearest neighbour: no other lies over it."""
    return max(points, key=lambda p: min(math.dist(p, q) for q in points if q is not p))


def stands_still(page, selector):
    """Wait until an element has been in one place for ten frames."""
    page.evaluate(
        """async selector => { for (let same = 0, last; same < 10; ) {
            await new Promise(requestAnimationFrame);
            const now = JSON.stringify(document.querySelector(selector).getBoundingClientRect());
            same = now === last ? same + 1 : 0; last = now; } }""",
        selector,
    )


def test_click_and_box_select(open_page):
    from playwright.sync_api import expect

    page = open_page("embedding_map?example=tokens&method=pca")
    page.wait_for_selector(".scatterlayer .points path", timeout=WAIT)
    page.wait_for_selector("text=Coordinates and embeddings", timeout=WAIT)
    page.locator(".nsewdrag").first.scroll_into_view_if_needed()
    stands_still(page, ".nsewdrag")
    points = marks(page)
    assert len(points) >= 33
    page.mouse.click(*most_apart(points))
    menu = page.get_by_role("combobox", name="Protein")
    expect(menu).not_to_have_value("", timeout=WAIT)
    assert menu.input_value() in embedding.example("tokens").embeddings.names
    page.wait_for_selector("text=This set holds vectors, not sequences", timeout=WAIT)
    page.locator('.modebar-btn[data-val="select"]').first.click()
    box = page.locator(".nsewdrag").first.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 5, box["y"] + box["height"] - 5, steps=8)
    page.mouse.up()
    page.wait_for_selector("text=/Selected: \\d\\d proteins/", timeout=WAIT)
    assert page.requests_outside == []
