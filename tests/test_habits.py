"""What the project asks of itself: that tests say what they need, and that documents name what there is."""

import pytest


def test_what_is_missing_skips_and_fails_where_everything_is_asked_for(need, monkeypatch):
    monkeypatch.delenv("BIOCORE_TEST_REQUIRE", raising=False)
    need(True, "nothing")
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        need(False, "no Chromium")
    monkeypatch.setenv("BIOCORE_TEST_REQUIRE", "all")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        need(False, "no Chromium")
