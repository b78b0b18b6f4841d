"""Fixtures every test may use, and which files are slow."""

import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

# Adding (F,) to (N, F) by accident is an error in JAX; set before anything imports it, as most tests need none of it.
os.environ.setdefault("JAX_NUMPY_RANK_PROMOTION", "raise")
# Most time of the tests of small networks goes into compiling them; less of it for the same result.
os.environ["XLA_FLAGS"] = f"--xla_backend_optimization_level=1 {os.environ.get('XLA_FLAGS', '')}".strip()
# Tests run beside each other: see `biocore.runtime.share_cores` and `configure_frameworks`.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
SLOW = re.compile(r"test_(page_\w+|web_pages|\w+_train|go_model|wheel)\.py")  # elsewhere, a slow test says so itself


def pytest_collection_modifyitems(items):
    """Mark what is slow, and put the files that take longest first: two processes then end at about the same time."""
    for item in items:
        if SLOW.fullmatch(item.path.name):
            item.add_marker("slow")
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: ("browser" not in item.path.parts, item.path not in slow))


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory) -> Path:
    """One for all tests of a run, also where several processes of xdist share them."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@pytest.fixture(scope="session")
def unpacked_families(shared_folder) -> Path:
    """Where the families that ship are unpacked, once."""
    folder = shared_folder / "families"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def compiled(shared_folder) -> Path:
    """Where compiled JAX functions are kept: another process of the run need not compile them again."""
    folder = shared_folder / "jax"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session", autouse=True)
def installed_components():
    """Streamlit's test runner looks through all installed packages for components, for each app anew: once will do."""
    if "streamlit" not in sys.modules:  # no test of this run needs it
        yield
        return
    from streamlit.components.v2 import manifest_scanner

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", cache(manifest_scanner.scan_component_manifests))
        yield


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory, monkeypatch, unpacked_families, compiled):
    """Each test has its own cache folder, empty but for the two above: no file of a user's changes a test."""
    home = tmp_path_factory.mktemp("home")
    (home / "families").symlink_to(unpacked_families, target_is_directory=True)
    (home / "jax").symlink_to(compiled, target_is_directory=True)
    monkeypatch.setenv("BIOCORE_HOME", str(home))
    monkeypatch.setenv("BIOCORE_JOBS", "none")  # no test leaves a worker behind; those about the worker start one


@pytest.fixture
def new_visitor():
    """Forget what the pages computed for the visitor of the test before; what ships is answered once for all."""
    from streamlit.runtime.caching import clear_session_data_cache

    clear_session_data_cache("test session id")  # of all visitors that Streamlit's test runner plays


@pytest.fixture(scope="session")
def need() -> Callable[[bool, str], None]:
    """``need(is_there, "what is missing")`` skips where it is missing, and fails where BIOCORE_TEST_REQUIRE is all."""

    def need_(there: bool, missing: str) -> None:
        if not there and os.environ.get("BIOCORE_TEST_REQUIRE") == "all":
            pytest.fail(f"{missing}, and BIOCORE_TEST_REQUIRE=all asks for every test")
        elif not there:
            pytest.skip(missing)

    return need_


@pytest.fixture(scope="session")
def shared_data(need) -> Path:
    """The real data sets, which lie beside the checkout on some machines only."""
    need((SHARED / "data").is_dir(), "the data sets (../shared/data) are not on this machine")
    return SHARED / "data"


def pytest_make_parametrize_id(val, argname):
    """Bytes name no test: a gzip header holds the second it was made in, and two processes must agree on all names."""
    return argname if isinstance(val, bytes) else None
