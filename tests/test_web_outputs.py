"""What a page hands out: sections that are made when they are opened."""

from streamlit.testing.v1 import AppTest


def folded():
    import streamlit as st

    from biocore import web

    def draw():
        st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
        st.text("inside")
        st.button("Again")

    web.fold("A table", draw, key="table.fold")
    st.session_state["runs"] = st.session_state.get("runs", 0) + 1


def test_a_folded_section_is_made_when_it_is_opened():
    page = AppTest.from_function(folded).run()
    assert [section.label for section in page.expander] == ["A table"]
    assert not page.text and "drawn" not in page.session_state
    page.session_state["table.fold"] = True
    page.run()
    assert page.expander[0].text[0].value == "inside" and page.session_state["drawn"] == 1
    page.session_state["table.fold"] = False
    assert not page.run().text and page.session_state["drawn"] == 1


def failing():
    from biocore import web
    from biocore.errors import InputError

    def draw():
        raise InputError("Line 3: 'J' is not an amino acid")

    web.fold("A table", draw, key="table.fold")


def test_an_error_in_a_folded_section_is_a_message():
    page = AppTest.from_function(failing).run()
    page.session_state["table.fold"] = True
    page.run()
    assert not page.exception and "Line 3" in page.expander[0].error[0].value
