"""A job in a browser, with a real worker: it goes on when the tab is closed, and only this browser finds it again."""

import random

WAIT = 240_000
LETTERS = "ACDEFGHIKLMNPQRSTVWY"


def protein(length, seed):
    return "".join(random.Random(seed).choices(LETTERS, k=length))


def test_a_scan_goes_on_when_the_tab_is_closed_and_is_found_by_its_address_in_this_browser_alone(open_page):
    page = open_page(f"masked_residues?seq={protein(200, 1)}&strategy=masked&model=esm-tiny")
    page.wait_for_url("**job=*", timeout=WAIT)
    page.locator(".residue[data-index='6']").click()  # the page works meanwhile
    page.wait_for_url("**mask=7*", timeout=WAIT)
    address, context = page.url, page.context
    page.close()

    again = context.new_page()  # the same browser: nothing but its key and the job's id in the address
    again.set_default_timeout(WAIT)
    again.goto(address.split("?")[0] + "?job=" + address.split("job=")[1].split("&")[0])
    again.get_by_role("heading", name="Export").wait_for(timeout=WAIT)
    again.get_by_text("No residue is scanned yet").or_(again.get_by_text("residues are scanned")).first.wait_for(
        state="detached", timeout=WAIT
    )
    assert again.locator(".residue").count() == 200
    again.get_by_text("Both strategies side by side").wait_for(timeout=WAIT)  # both are complete

    other = open_page(f"masked_residues?{address.split('?')[1]}")
    other.get_by_text("belongs to another browser").wait_for(timeout=WAIT)


def test_stop_takes_effect_at_once_and_the_job_is_on_the_page_jobs(open_page):
    page = open_page(f"masked_residues?seq={protein(600, 2)}&strategy=masked")
    page.get_by_role("button", name="Scan with one mask").click(timeout=WAIT)
    page.get_by_role("button", name="Show what is finished").wait_for(timeout=WAIT)
    page.get_by_test_id("stMainBlockContainer").get_by_role("button", name="Stop").click()
    page.get_by_text("is finished and kept").wait_for(timeout=WAIT)
    assert page.get_by_text("residues are scanned; the others are left white").count() == 1
    page.goto(page.url.split("/masked_residues")[0] + "/jobs")
    page.get_by_role("button", name="Go on").wait_for(timeout=WAIT)  # it stands there as stopped
    page.locator("[class*='st-key-jobs-open'] button").click()
    page.get_by_text("is finished and kept").wait_for(timeout=WAIT)
    assert page.locator(".residue").count() == 600
