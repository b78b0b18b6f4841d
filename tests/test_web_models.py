"""Models are loaded once, used by one session at a time, and released when they leave the cache."""

import threading
import time
from pathlib import Path
from types import SimpleNamespace

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
    monkeypatch.setattr(zoo, "card", lambda name: SimpleNamespace(folder=Path("nowhere")))
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


def test_a_model_that_leaves_the_cache_in_use_is_closed_by_its_last_user(loads, monkeypatch):
    """Five models pass through a cache of four while two sessions use, and wait for, the first."""
    entered = threading.Semaphore(0)
    enter = shared._Shared.enter
    monkeypatch.setattr(shared._Shared, "enter", lambda entry: enter(entry) and not entered.release())
    using, go_on, closed_inside = threading.Event(), threading.Event(), []

    def session(wait):
        with web.open_model("a") as model:
            using.set()
            if wait:
                assert go_on.wait(10)
            closed_inside.append(model.closed)

    first = threading.Thread(target=session, args=(True,))
    first.start()
    assert using.wait(10)
    waiting = threading.Thread(target=session, args=(False,))  # it has the same model and waits for its turn
    waiting.start()
    assert entered.acquire(timeout=10) and entered.acquire(timeout=10)  # both count as users before others come
    for name in "bcde":
        with web.open_model(name):
            pass
    old = loads[0]
    assert not old.closed
    go_on.set()
    first.join(10), waiting.join(10)
    assert not first.is_alive() and not waiting.is_alive()
    assert closed_inside[0] is False and all(toy.name != "a" or toy is old or not toy.closed for toy in loads)
    assert old.closed
    with web.open_model("a") as again:
        assert again is not old and not again.closed


def test_nobody_gets_a_closed_model_while_models_come_and_go(loads):
    wrong = []

    def session(number):
        for turn in range(40):
            with web.open_model("abcdefg"[(number + turn) % 7]) as model:
                time.sleep(0.0005)
                if model.closed:
                    wrong.append(model.name)

    threads = [threading.Thread(target=session, args=(i,)) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads) and not wrong
    assert sum(not toy.closed for toy in loads) == 4  # what is in the cache, and nothing else, holds memory


def test_a_model_is_closed_once_when_its_user_fails(loads):
    with pytest.raises(ZeroDivisionError), web.open_model("a") as model:
        st.cache_resource.clear()
        assert not model.closed
        raise ZeroDivisionError
    assert model.closed


def test_folders_of_two_users_stay_open_beside_the_other_models(loads, tmp_path):
    opened = []

    def loader(path):
        opened.append(Toy(path.name))
        return opened[-1]

    for name in ("mine", "yours"):
        (tmp_path / name).mkdir()
    for _ in range(3):
        for name in ("mine", "yours"):
            with web.open_folder(tmp_path / name, loader) as model:
                assert model.name == name and not model.closed
    assert len(opened) == 2
    (tmp_path / "mine" / "model.safetensors").write_bytes(b"trained again")
    with web.open_folder(tmp_path / "mine", loader) as model:
        assert model is opened[2]
    for name in "abc":
        with web.open_model(name):
            pass
    assert opened[1].closed and not opened[2].closed  # they count among the four
