"""Text from a user's file is shown as it is."""

import gc
import tomllib
import weakref
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from biocore import web
from biocore.web import garbage


@pytest.mark.parametrize(
    "text",
    [
        "![x](http://example.org/x.png)",
        "<img src=x>",
        "a_b_ *c* `d` ~~e~~ $f$",
        ":material/error: :red[g]",
        "# heading",
        "> quoted",
        "1. first",
        "- one",
        "back\\slash",
        "1.50 Å, position 3: found 'J'.",
    ],
)
def test_names_from_files_stay_plain_text(text):
    parsed = MarkdownIt("commonmark").enable("table").parse(web.plain(text))
    assert [token.type for token in parsed] == ["paragraph_open", "inline", "paragraph_close"]
    children = parsed[1].children
    assert {token.type for token in children} <= {"text", "text_special"}
    assert "".join(token.content for token in children) == text


def test_emoji_names_and_colours_are_broken_up():
    assert web.plain(":material/error:").startswith("\\:")
    assert web.plain(":red[g]") == ":red\\[g\\]"
    assert web.plain("position 3: found 'J'") == "position 3: found 'J'"


def test_garbage_is_collected_now_and_then_and_not_after_each_run(monkeypatch):
    class Ring:
        def __init__(self):
            self.own = self

    monkeypatch.setattr(garbage, "_next", 0.0)
    monkeypatch.setattr(garbage, "EVERY_S", 3600.0)
    gc.disable()
    try:
        first = weakref.ref(Ring())
        assert garbage.collect_sometimes() and first() is None
        second = weakref.ref(Ring())
        assert not garbage.collect_sometimes() and second() is not None
    finally:
        gc.enable()
    config = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text())
    assert config["runner"]["postScriptGC"] is False
