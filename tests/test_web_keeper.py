"""What a browser's tab keeps for a reload: uploads come back as they were, and nothing else is taken."""

import json

import pytest

from biocore.web.workspace import keeper

KEY = "masked_residues.kept_alignment"
ALIGNMENT = (">query\nMKTAYIAKQR\n>homologue é\nMKSAYLAKQR\n" * 40, "mine.a3m")


@pytest.fixture
def session(monkeypatch):
    """``session(**values)``: the state of a session that a page is shown in from now on."""

    def begin(values=()):
        state = dict(values)
        monkeypatch.setattr(keeper.st, "session_state", state)
        return state

    return begin


def reloaded(session, saved):
    state = session({keeper._FILES: {"saved": saved}})
    keeper._unpack()
    return state


@pytest.mark.parametrize("page", ["masked_residues", "variant_effects"])
def test_an_alignment_outlives_a_reload_with_the_menu_that_shows_it(session, page):
    text, name = ALIGNMENT
    session({f"{page}.kept_alignment": (name, text), f"{page}.source": "an alignment of yours"})
    saved = keeper._packed()
    assert len(saved) < len(text)
    state = reloaded(session, saved)
    assert state[f"{page}.kept_alignment"] == (name, text)
    assert state[f"{page}.source"] == "an alignment of yours"


def test_an_alignment_that_was_not_in_use_does_not_come_into_use(session):
    text, name = ALIGNMENT
    session({KEY: (name, text), "masked_residues.source": "embedded families"})
    state = reloaded(session, keeper._packed())
    assert state[KEY] == (name, text) and "masked_residues.source" not in state


def test_what_was_chosen_since_is_not_overwritten_and_what_was_not_packed_is_left(session):
    text, name = ALIGNMENT
    session({KEY: (name, text)})
    (entry,) = json.loads(keeper._packed())
    state = session({keeper._FILES: {"saved": json.dumps([entry])}, KEY: ("newer.a3m", ">a\nM\n")})
    keeper._unpack()
    assert state[KEY] == ("newer.a3m", ">a\nM\n")
    for wrong in ({"key": "biocore.owner"}, {"content": "not base64!"}, {"content": "AAAA"}):
        assert set(reloaded(session, json.dumps([entry | wrong]))) == {keeper._FILES}
