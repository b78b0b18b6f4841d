"""What `pip install .` gives works from any folder: the models lie in the wheel, and the command ``biocore`` runs."""

import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest
from test_examples import library_example

from biocore.cli import main

ROOT = Path(__file__).parents[1]


def run(*command, **options) -> str:
    answer = subprocess.run([str(c) for c in command], capture_output=True, text=True, **options)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    run(*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT)
    return next(folder.glob("biocore-*.whl"))


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The `bin` folder of an environment with this wheel in it that sees the packages of the tests' own."""
    folder = tmp_path_factory.mktemp("environment")
    run(sys.executable, "-m", "venv", "--without-pip", folder)
    python = folder / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    site = run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    (Path(site) / "packages.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return folder / "bin"


def test_wheel_names_its_dependencies_once(wheel):
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(next(n for n in archive.namelist() if n.endswith("/METADATA"))).decode()
    needed = [line.split("#")[0].strip() for line in (ROOT / "requirements.txt").read_text().splitlines()]
    needed = sorted(line.lower().replace("_", "-") for line in needed if line)
    named = [line[15:].lower() for line in text.splitlines() if line.startswith("Requires-Dist: ")]
    assert sorted(line for line in named if "extra ==" not in line) == needed
    assert [line.split("==")[0] for line in named if "extra ==" in line] == ["ray[default]"]


def test_installed_command_and_library(installed, tmp_path, capsys):
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | {"BIOCORE_OFFLINE": "1"}
    main(["models"])
    assert run(installed / "biocore", "models", cwd=tmp_path, env=environment) == capsys.readouterr().out
    code = library_example() + "\nimport biocore\nprint(biocore.__file__, scan.effects.shape)"
    place, shape = run(installed / "python", "-c", code, cwd=tmp_path, env=environment).strip().split(" ", 1)
    assert Path(place).is_relative_to(installed.parent) and shape == "(23, 4)"
