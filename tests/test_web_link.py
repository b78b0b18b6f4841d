"""Addresses hold settings; what a user pasted enters a link only when it is asked for."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from streamlit.testing.v1 import AppTest

PAGES = Path(__file__).parents[1] / "pages"
PROTEIN = "MKTAYIAKQRQISFVKSHFSRQLEERLGLIEVQ"
DNA = "CCACCAGGGGGCGCTAGTGACCACCAGGGGGCGC"
PASTED = {  # page -> text area, what is pasted
    "dna_binding": ("dna", DNA),
    "masked_residues": ("masked_residues.protein", PROTEIN),
    "variant_effects": ("variant_effects.protein", PROTEIN),
    "protein_function": ("function", PROTEIN),
    "embedding_map": ("map.text", f">a\n{PROTEIN}\n>b\n{PROTEIN[::-1]}\n"),
    "structures": ("structures.seq", PROTEIN),
}


def shared(app) -> dict[str, list[str]]:
    """The parameters of the link the page gives after "Copy link" is pressed."""
    app.button(key="biocore.share").click().run()
    assert not app.exception
    link = next(code.value for code in app.code if "?" in code.value and "=" in code.value)
    return parse_qs(urlsplit(link).query, strict_parsing=True)


@pytest.fixture(autouse=True)
def offline(monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")


@pytest.mark.slow
@pytest.mark.parametrize("page", PASTED)
def test_a_paste_enters_a_link_only_on_request_and_the_link_restores_it(page):
    key, text = PASTED[page]
    start = AppTest.from_file(PAGES / f"{page}.py", default_timeout=240)
    if page == "embedding_map":
        start.query_params["source"] = "proteins"
        start.query_params["method"] = "pca"
    app = start.run()
    app.text_area(key=key).set_value(text).run()
    if page == "embedding_map":
        app.button(key="map.compute").click().run()
    assert not app.exception and not app.error
    sequence = text.splitlines()[-1]
    assert not any(sequence in str(value) for value in app.query_params.values())
    link = shared(app)
    assert link["seq"] == [text]
    assert not any(sequence in str(value) for value in app.query_params.values())
    other = AppTest.from_file(PAGES / f"{page}.py", default_timeout=240)
    for name, values in link.items():
        other.query_params[name] = values[0]
    other.run()
    assert not other.exception and other.text_area(key=key).value == text


def _page():
    import streamlit as st

    from biocore import web

    text = st.text_area("text", web.from_link("seq", "nothing"), key="text")
    web.set_link(colour="red", empty=None)
    web.share_link(f"your text ({len(text)} letters)", seq=text, variants=None)


def test_an_address_with_another_text_is_cleared_when_the_text_changes():
    app = AppTest.from_function(_page, default_timeout=60)
    app.query_params["seq"] = "MKT"
    app.run()
    assert app.text_area(key="text").value == "MKT" and app.query_params["seq"] in ("MKT", ["MKT"])
    app.text_area(key="text").set_value("WWW").run()
    assert "seq" not in app.query_params
    assert shared(app) == {"colour": ["red"], "seq": ["WWW"]}
    assert "seq" not in app.query_params


def test_the_button_says_what_the_link_will_hold():
    app = AppTest.from_function(_page, default_timeout=60).run()
    assert "your text (7 letters)" in app.text[0].value


def test_what_does_not_fit_is_said_with_numbers():
    app = AppTest.from_function(_page, default_timeout=60).run()
    app.text_area(key="text").set_value("M" * 9000).run()
    assert app.button(key="biocore.share").disabled
    assert "Too much for a link: your text (9000 letters) would make 9," in app.text[0].value
    assert "8,000" in app.text[0].value


def _records():
    import streamlit as st

    from biocore import web

    names = st.text_input("names", "a,b,c", key="names").split(",")
    row = web.record_menu(names, key="record")
    web.set_link(record=web.record_in_link(row))
    st.text(f"{names[row]} at {row}")


@pytest.mark.slow
@pytest.mark.parametrize(("record", "shown"), [("2", "b at 1"), ("9", "a at 0"), ("0", "a at 0"), ("x", "a at 0")])
def test_the_record_of_a_link_is_opened(record, shown):
    app = AppTest.from_function(_records, default_timeout=60)
    app.query_params["record"] = record
    app.run()
    assert not app.exception and app.text[0].value == shown


def test_a_chosen_record_is_in_the_link_and_other_records_start_at_the_first():
    app = AppTest.from_function(_records, default_timeout=60).run()
    assert "record" not in app.query_params
    app.selectbox(key="record").set_value(2).run()
    assert app.text[0].value == "c at 2" and app.query_params["record"] in ("3", ["3"])
    app.text_input(key="names").set_value("p,q,r,s").run()
    assert app.text[0].value == "p at 0" and "record" not in app.query_params
    app.text_input(key="names").set_value("one").run()
    assert app.text[0].value == "one at 0" and not app.selectbox
