"""The home page in a real browser: what is pasted leads to a page, and nothing is asked of the internet."""

import pytest
from playwright.sync_api import expect


def test_home_asks_nothing_of_the_internet(open_page):
    page = open_page()
    expect(page.get_by_text("Models run on:")).to_be_visible()
    assert page.requests_outside == []


@pytest.mark.parametrize("text", ["ACGTTGACCATTGACCACCAGGGGGCGCTAG"])
def test_pasted_dna_is_on_the_dna_page(open_page, text):
    page = open_page()
    page.locator("textarea").first.fill(text)
    page.keyboard.press("Control+Enter")
    page.get_by_role("button", name="DNA binding", exact=True).click()
    expect(page.get_by_role("heading", name="DNA binding", level=1)).to_be_visible()
    expect(page.locator("textarea").first).to_have_value(text)
