"""Models are loaded once, used by one session at a time, and released when they leave the cache."""

import threading
import time

import pytest
import streamlit as st

from biocore import web, zoo
from biocore.web import shared


class Toy:
    def __init__(self, name):
        self.name, self.closed = name, False

    def close(self):
        self.closed = True


@pytest.fixture
def loads(monkeypatch):
    made = []

    def load(name):
        made.append(Toy(name))
        return made[-1]

    monkeypatch.setattr(zoo, "load", load)
    monkeypatch.setattr(shared, "_stamp", lambda name: 0)
    st.cache_resource.clear()
    yield made
    st.cache_resource.clear()


def test_a_model_is_loaded_once(loads):
    for _ in range(3):
        with web.open_model("a") as model:
            assert model.name == "a"
    assert len(loads) == 1


def test_the_oldest_is_released(loads):
    for name in "abcde":
        with web.open_model(name):
            pass
    assert [toy.closed for toy in loads] == [True, False, False, False, False]


def test_two_sessions_take_turns(loads):
    inside, most = [], []

    def session():
        with web.open_model("a"):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.02)
            inside.pop()

    threads = [threading.Thread(target=session) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 1
    assert len(loads) == 1


def test_several_models_are_one_entry(loads):
    with web.open_models(["a", "b"]) as both:
        assert [m.name for m in both] == ["a", "b"]
