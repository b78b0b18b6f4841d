"""Answers about what ships: one for all visitors; whatever is anybody's own stays in that session."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from types import SimpleNamespace

import pytest
import streamlit as st
from streamlit.runtime.caching import cache_data_api

from biocore import zoo
from biocore.errors import InputError
from biocore.web import shipped

OURS, THEIRS = "GIGKFLHSAKKFGKAFVGEIMNS", "GIGKFLHSAKKFGKAFVGEIMNW"
session: ContextVar[str] = ContextVar("session")
asked: list[tuple] = []  # what was computed, and for whom
meanwhile = lambda: None  # noqa: E731 - what happens during a computation


@shipped.cached(given=["sequence"], models=["model"], settings=["method"], max_entries=8)
def answer(sequence, model, method, start=0, alignment=None, _loaded=None):
    asked.append((session.get(), sequence))
    meanwhile()
    if sequence == "":
        raise InputError("empty")
    return [sequence, model, method, start, alignment]


@pytest.fixture(autouse=True)
def visitors(monkeypatch):
    """Sessions are told apart by a name; two models, of which one ships."""
    st.cache_data.clear()
    asked.clear()
    monkeypatch.setattr(shipped, "_texts", set())
    monkeypatch.setattr(shipped, "_sequences", set())
    shipped.register({"Magainin 2": f">magainin 2\n{OURS}\n"})
    monkeypatch.setattr(cache_data_api, "get_session_id_or_throw", session.get)
    weights = {"ours": "1"}

    def card(name):
        if name not in ("ours", "own"):
            raise InputError(f"no model is called {name}")
        return SimpleNamespace(source="assets" if name == "ours" else "user", sha256=weights)

    monkeypatch.setattr(zoo, "card", card)
    yield weights
    st.cache_data.clear()


def ask(visitor, *args, **kwargs):
    token = session.set(visitor)
    try:
        return answer(*args, **kwargs)
    finally:
        session.reset(token)


def computed(*questions):
    """For each question of visitors a and b in turn, how often it was computed."""
    counts = []
    for args in questions:
        asked.clear()
        for visitor in ("a", "b", "a"):
            ask(visitor, *args)
        counts.append(len(asked))
    return counts


def test_an_example_is_computed_once_for_all_sessions_and_what_is_pasted_once_in_each():
    assert computed((OURS, "ours", "x"), (THEIRS, "ours", "x")) == [1, 2]


def test_each_argument_that_may_be_a_visitors_own_makes_an_answer_private():
    private = [
        (OURS, "own", "x"),  # a model of theirs
        (OURS, "/home/somebody/model", "x"),
        (OURS, "ours", "x", "text where a number belongs"),
        (OURS, "ours", "x", 0, "their alignment"),
        ((OURS, THEIRS), "ours", "x"),
        (OURS[:19], "ours", "x"),  # too short to be known as a piece of the example
        (OURS + OURS, "ours", "x"),
    ]
    assert computed(*private) == [2] * len(private)
    public = [
        (f">magainin 2\n{OURS}\n", "ours", "x"),
        (OURS[:20], "ours", "x"),
        (OURS, "ours", "another method"),
        (OURS, "ours", "x", 3),
        ((OURS, OURS[1:]), "ours", "x"),
    ]
    assert computed(*public) == [1] * len(public)


def test_nothing_a_visitor_pasted_is_in_the_cache_of_the_server():
    for visitor, sequence in (("a", THEIRS), ("a", OURS), ("b", THEIRS)):
        ask(visitor, sequence, "ours", "x")
    kept = {name: caches for name, caches in cache_data_api._data_caches._function_caches.items() if caches}
    entries = {
        name: [value for cache in caches.values() for value in cache.storage._mem_cache.values()]
        for name, caches in kept.items()
    }
    assert set(entries) == {None, "a", "b"}  # None: the server
    assert [THEIRS.encode() in value for value in entries[None]] == [False]
    assert [THEIRS.encode() in value for value in entries["a"]] == [True]
    assert OURS.encode() in entries[None][0]


def test_several_visitors_at_once_wait_for_one_computation(monkeypatch):
    begun, go_on = threading.Event(), threading.Event()
    monkeypatch.setitem(globals(), "meanwhile", lambda: begun.set() or go_on.wait(10))
    with ThreadPoolExecutor(4) as threads:
        first = threads.submit(ask, "a", OURS, "ours", "x")
        assert begun.wait(10)
        others = [threads.submit(ask, name, OURS, "ours", "x") for name in "bcd"]
        assert not first.done() and not any(other.done() for other in others)
        go_on.set()
        assert all(one.result(10) == first.result(10) for one in others)
    assert asked == [("a", OURS)]


def test_new_weights_give_a_new_answer_and_an_answer_cannot_be_changed_by_who_got_it(visitors):
    ask("a", OURS, "ours", "x").append("changed")
    assert "changed" not in ask("b", OURS, "ours", "x")
    visitors["ours"] = "2"
    asked.clear()
    ask("b", OURS, "ours", "x")
    assert asked == [("b", OURS)]


def test_an_error_is_not_kept():
    for _ in range(2):
        with pytest.raises(InputError, match="empty"):
            ask("a", "", "ours", "x")
    assert len(asked) == 2
