"""Every example in a docstring and in the README runs and gives what it says."""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [p.relative_to(ROOT) for p in sorted(ROOT.glob("biocore/**/*.py")) if ">>> " in p.read_text("utf-8")]


def module_name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def test_there_are_examples():
    assert len(FILES) > 4


@pytest.mark.parametrize("path", FILES, ids=module_name)
def test_docstring_examples(path):
    module = importlib.import_module(module_name(path))
    failed, tried = doctest.testmod(module, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)
    assert tried and not failed


def test_readme_as_a_library(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names: dict = {}
    exec(library_example(), names)
    assert names["scan"].effects.shape == (23, 4)


def library_example() -> str:
    """The Python block of README's "As a library"."""
    return re.search(r"## As a library\n.*?```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.S)[1]
