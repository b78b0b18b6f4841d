"""The key of a browser: from its cookie where there is one, else the session's own, for the browser to keep."""

import json
import re

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from biocore import jobs
from biocore.jobs import Description
from biocore.web import browser_key

MINE, THEIRS = "m" * 22, "o" * 22


def _page():
    import streamlit as st

    from biocore.web import browser_key

    browser_key.keep_owner()
    st.text("waits" if st.query_params.get("wait") and browser_key.wait_for_owner() else browser_key.owner())


@pytest.fixture
def visit(monkeypatch):
    """``visit(cookie, **query)``: the app of a new session of a browser that sends this cookie."""

    def open_(cookie=None, **query):
        cookies = {} if cookie is None else {browser_key.COOKIE: cookie}
        monkeypatch.setattr(ContextProxy, "cookies", property(lambda _: cookies))
        app = AppTest.from_function(_page, default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_


def told(app):
    """What the page tells the browser: a component's data each time."""
    assert not app.exception
    return [json.loads(one.proto.json) for one in app.get("bidi_component")]


def test_a_cookie_names_the_browser_from_the_first_run_and_nothing_is_asked(visit):
    app = visit(MINE)
    assert app.text[0].value == MINE and told(app) == []
    assert visit(MINE, wait="yes").text[0].value == MINE


@pytest.mark.parametrize("cookie", [None, "", "short", "m" * 23, "<script>" + "m" * 14, "m" * 21 + "\n"])
def test_a_browser_without_a_key_is_given_one_that_cannot_be_guessed_and_need_not_answer(visit, cookie):
    keys = set()
    for _ in range(2):
        app = visit(cookie)
        (data,) = told(app)
        assert data == {"known": False, "key": app.text[0].value, "wanted": False, "path": "/"}
        keys.add(data["key"])
    assert len(keys) == 2 and all(re.fullmatch(r"[A-Za-z0-9_-]{22}", key) for key in keys)


def test_only_what_waits_for_the_key_asks_for_an_answer(visit):
    app = visit(wait="yes")
    assert app.text[0].value == "waits"
    assert [data["wanted"] for data in told(app)] == [False, True]


def test_a_browser_that_keeps_another_key_takes_over_what_the_session_began(monkeypatch):
    state = {browser_key._KEY: THEIRS, browser_key._KNOWN: False}
    monkeypatch.setattr(browser_key.st, "session_state", state)
    work = jobs.submit(Description.make("embed", {"records": [["a", "MKTAYIAKQR"]]}, {"model": "esm-mini"}), THEIRS)
    for wrong in (None, 7, "short", "m" * 23):
        state["component"] = {"key": wrong}
        browser_key._take("component")
        assert browser_key.owner() == THEIRS and not browser_key.owner_is_known()
    state["component"] = {"key": MINE}
    browser_key._take("component")
    assert browser_key.owner() == MINE and browser_key.owner_is_known()
    assert [job.id for job in jobs.jobs_of(MINE)] == [work.id] and not jobs.jobs_of(THEIRS)
    state["component"] = {"key": THEIRS}  # a key is taken once
    browser_key._take("component")
    assert browser_key.owner() == MINE
