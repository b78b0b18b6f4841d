"""Fixtures every test may use."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch):
    """Each test has its own, empty cache folder: nothing a user has trained or fetched changes a test."""
    monkeypatch.setenv("BIOCORE_HOME", str(tmp_path_factory.mktemp("home")))


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real data sets, which lie beside the checkout on some machines only."""
    if not (SHARED / "data").is_dir():
        pytest.skip("the data sets (../shared/data) are not on this machine")
    return SHARED / "data"
