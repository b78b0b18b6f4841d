"""Settings come from the environment, in one place, and importing biocore costs next to nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from biocore import runtime
from biocore.errors import InputError

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def forget_device():
    runtime.device.cache_clear()
    yield
    runtime.device.cache_clear()


def test_home_is_where_the_user_wants_it(tmp_path, monkeypatch):
    monkeypatch.setenv("BIOCORE_HOME", str(tmp_path / "new"))
    assert runtime.home() == tmp_path / "new"
    assert runtime.home().is_dir()


def test_settings_have_their_defaults_where_unset_or_empty(monkeypatch):
    for name in runtime.SETTINGS:
        monkeypatch.setenv(f"BIOCORE_{name.upper()}", "")
    assert (runtime.setting("device"), runtime.number("max_models"), runtime.number("fetch")) == ("auto", 4, 1)
    assert not runtime.offline()
    with pytest.raises(KeyError):
        runtime.setting("no_such_setting")


@pytest.mark.parametrize("value", ["many", "-1", "nan", "inf"])
def test_a_number_that_is_none_names_its_setting(monkeypatch, value):
    monkeypatch.setenv("BIOCORE_STORE_GB", value)
    with pytest.raises(InputError, match=f"BIOCORE_STORE_GB is '{value}'; use a number such as 4"):
        runtime.number("store_gb")


def test_yes_and_no_in_every_spelling(monkeypatch):
    for value, answer in {"1": True, "Yes": True, "on": True, "0": False, "FALSE": False, "no": False}.items():
        monkeypatch.setenv("BIOCORE_OFFLINE", value)
        assert runtime.offline() is answer
    monkeypatch.setenv("BIOCORE_OFFLINE", "perhaps")
    with pytest.raises(InputError, match="BIOCORE_OFFLINE is 'perhaps'; use yes or no"):
        runtime.offline()


def test_cpu_can_be_forced(monkeypatch):
    monkeypatch.setenv("BIOCORE_DEVICE", "cpu")
    assert (runtime.device().kind, runtime.device().torch) == ("cpu", "cpu")


def test_a_wrong_device_lists_the_right_ones(monkeypatch):
    monkeypatch.setenv("BIOCORE_DEVICE", "tpu")
    with pytest.raises(InputError, match="auto, cpu or gpu"):
        runtime.device()


def test_import_loads_no_framework_and_leaves_gpu_memory_alone():
    code = (
        "import sys, os, biocore, biocore.zoo, biocore.sequence;"
        "print({'torch', 'jax', 'streamlit', 'flax', 'plotly'} & set(sys.modules));"
        "print(os.environ['XLA_PYTHON_CLIENT_PREALLOCATE'], os.environ['OMP_WAIT_POLICY'])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("XLA", "OMP"))}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert run.stdout.split() == ["set()", "false", "PASSIVE"]


def test_a_process_beside_others_has_linear_algebra_in_one_thread():
    code = (
        "import numpy; from biocore import runtime; runtime.share_cores();"
        "import scipy.linalg; from threadpoolctl import threadpool_info;"
        "print({lib['num_threads'] for lib in threadpool_info() if lib['user_api'] == 'blas'})"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, env=environment, check=True
    )
    assert run.stdout.strip() == "{1}"


def test_import_is_quick():
    """Under 50 ms of processor time; the best of five, because other work may run beside this."""
    code = "import time; t = time.process_time(); import biocore; print(time.process_time() - t)"
    run = [sys.executable, "-c", code]
    seconds = min(
        float(subprocess.run(run, capture_output=True, text=True, cwd=ROOT, check=True).stdout) for _ in range(5)
    )
    assert seconds < 0.05


@pytest.mark.parametrize(
    ("address", "setting", "allowed"),
    [
        (None, "", False),
        ("0.0.0.0", "", False),
        ("localhost", "", True),
        (None, "yes", True),
        ("127.0.0.1", "no", False),
    ],
)
def test_folders_of_the_server_are_for_those_who_sit_at_it(monkeypatch, address, setting, allowed):
    monkeypatch.setenv("BIOCORE_FOLDERS", setting)
    assert runtime.visitors_may_open_folders(address) is allowed
