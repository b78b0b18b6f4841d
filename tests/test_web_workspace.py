"""The current molecule and the residue cursor between pages, in small pages of their own."""

import pytest
from streamlit.testing.v1 import AppTest

TWO = ">first\nMKTAYIAKQRQISFVKSHFSRQ\n>second\nMKVLAAGIVGLCAKAYLAMKA\n"
GENE = ">gene\nATGAAAACCGCGTATATTGCGAAACAGCGTCAGATTAGCTTTGTGAAAAGCCATTTTAGCCGTCAGTAA\n"


def _pages():
    """Two pages with a box for proteins and one for DNA; session key "page" says which is open."""
    import streamlit as st

    from biocore import web
    from biocore.sequence import parse_records
    from biocore.web import workspace

    page = st.session_state.setdefault("page", "a")
    web.page(f"Page {page}", "What?")
    kind, example = ("dna", "ACGTACGTACGT") if page == "dna" else ("protein", {"a": "MAAA", "b": "MBBB"}.get(page, "M"))
    text = web.sequence_input("Text", key=f"{page}.text", kind=kind, examples={"One": example}, help="")
    names = [record.name for record in parse_records(text)]
    row = web.record_menu(names, key=f"{page}.record")
    st.text(f"shows {names[row]}")
    found = workspace.news(page, parse_records(text)[row].sequence)
    st.text(f"news {found}")
    if st.button("point"):
        workspace.look_at(page, parse_records(text)[row].sequence, [3])


@pytest.fixture
def app():
    return AppTest.from_function(_pages, default_timeout=60).run()


def go(app, page):
    app.session_state["page"] = page
    return app.run()


def box(app):
    return app.main.text_area[0].value


def side(app):
    return "\n".join(each.value for each in [*app.sidebar.markdown, *app.sidebar.caption])


def texts(app):
    return [text.value for text in app.main.text]


def test_what_is_pasted_on_one_page_is_on_all_that_can_use_it(app):
    assert "Nothing pasted yet" in side(app)
    app.main.text_area[0].set_value(TWO).run()
    assert "first, 22 residues" in side(app)
    assert box(go(app, "b")) == TWO
    assert box(go(app, "dna")) == "ACGTACGTACGT"
    app.main.text_area[0].set_value(GENE).run()
    assert "gene, 69 bp" in side(app)
    assert box(go(app, "a")) == TWO and not app.exception


def test_a_page_keeps_what_cannot_be_read_and_no_other_page_gets_it(app):
    app.main.text_area[0].set_value("P04637").run()
    assert box(app) == "P04637" and "Nothing pasted yet" in side(app)
    assert box(go(app, "b")) == "MBBB"
    assert box(go(app, "a")) == "P04637"


def test_the_chosen_record_is_that_of_all_pages(app):
    app.main.text_area[0].set_value(TWO).run()
    app.main.selectbox(key="a.record").set_value(1).run()
    assert texts(app)[0] == "shows second" and "second, 21 residues" in side(app)
    go(app, "b")
    assert texts(app)[0] == "shows second"
    app.sidebar.selectbox(key="workspace.record.protein").set_value(0).run()
    assert texts(app)[0] == "shows first" and not app.exception


def test_a_residue_that_is_clicked_is_news_on_the_other_pages_once(app):
    app.main.text_area[0].set_value(TWO).run()
    app.main.button[0].click().run()
    assert "news None" in texts(app)
    go(app, "b")
    assert "news (3,)" in texts(app)
    assert "A4" in side(app)
    assert "news None" in texts(app.run())


def test_a_coding_dna_offers_its_protein(app):
    app.main.text_area[0].set_value(GENE).run()
    assert "gene, 69 bp" in side(app)
    app.main.button(key="workspace.frame.a.text.use").click().run()
    assert box(app).endswith("MKTAYIAKQRQISFVKSHFSRQ\n")
    assert not app.exception and "22 residues" in side(app)


def test_a_link_with_a_sequence_and_a_record_comes_first():
    app = AppTest.from_function(_pages, default_timeout=60)
    app.query_params["seq"], app.query_params["record"] = TWO, "2"
    app.run()
    assert texts(app)[0] == "shows second" and "second, 21 residues" in side(app)


def test_a_molecule_can_be_forgotten(app):
    app.main.text_area[0].set_value(TWO).run()
    app.sidebar.button(key="workspace.forget.protein").click().run()
    assert "Nothing pasted yet" in side(app) and box(app) == TWO
