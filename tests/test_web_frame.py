"""Text from a user's file is shown as it is."""

import pytest
from markdown_it import MarkdownIt

from biocore import web


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
