"""What the project asks of itself: tests say what they need, documents name what there is, a version stands once."""

import re
from pathlib import Path

import pytest

from biocore import runtime

ROOT = Path(__file__).parents[1]


def read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def test_what_is_missing_skips_and_fails_where_everything_is_asked_for(need, monkeypatch):
    monkeypatch.delenv("BIOCORE_TEST_REQUIRE", raising=False)
    need(True, "nothing")
    with pytest.raises(pytest.skip.Exception, match="no Chromium"):
        need(False, "no Chromium")
    monkeypatch.setenv("BIOCORE_TEST_REQUIRE", "all")
    with pytest.raises(pytest.fail.Exception, match="no Chromium"):
        need(False, "no Chromium")


def test_readme_lists_every_setting_and_no_other():
    rows = [line.split("|")[1] for line in read("README.md").splitlines() if line.startswith("| `BIOCORE_")]
    listed = re.findall(r"BIOCORE_([A-Z_]+)", "".join(rows))
    assert sorted(listed) == sorted(name.upper() for name in runtime.SETTINGS)


def test_every_setting_is_read_somewhere_and_no_other_is_named():
    code = "\n".join(path.read_text("utf-8") for path in ROOT.glob("biocore/**/*.py"))
    read_by_name = set(re.findall(r"\b(?:setting|is_on|number)\(\s*\"(\w+)\"", code)) | {"rcsb_url", "alphafold_url"}
    assert read_by_name == set(runtime.SETTINGS)
    named = set(re.findall(r"\bBIOCORE_([A-Z_]*[A-Z])\b", code))
    assert named <= {name.upper() for name in runtime.SETTINGS}


def test_the_viewer_has_one_version():
    versions = [re.search(r"VIEWER_VERSION *:?= *([\d.]+)", read(name))[1] for name in ("Makefile", "Dockerfile")]
    assert len(set(versions)) == 1 and f"3Dmol.js {versions[0]}" in read("docs/decisions.md")


def test_every_pinned_requirement_stands_in_the_constraints():
    """pip would refuse two versions of one package; here it is seen before anything is installed."""
    pins = {line.lower().replace("-", "_") for line in read("constraints.txt").splitlines()}
    for name in ("requirements.txt", "requirements-dev.txt"):
        needed = [line.split("#")[0].strip() for line in read(name).splitlines()]
        needed = [line.lower().replace("-", "_") for line in needed if line and not line.startswith(("-r", "torch=="))]
        assert [line for line in needed if line not in pins] == []


def test_documents_name_files_that_exist():
    """Paths in backquotes and links of the documents, under the folders of the repository."""
    for name in ["README.md", "CONTRIBUTING.md", *(str(p.relative_to(ROOT)) for p in ROOT.glob("docs/*.md"))]:
        text = read(name)
        named = re.findall(r"`((?:biocore|pages|tests|docs|assets|benchmarks|static)/[\w./-]+)`", text)
        named = [path for path in named if not re.search(r"/X[/.]|test_page_X|^static/", path)]  # X is any page
        missing = [path for path in named if not (ROOT / path).exists()]
        links = [path for path in re.findall(r"\]\(([^)#:]+)\)", text) if not path.startswith("http")]
        missing += [path for path in links if not ((ROOT / name).parent / path).exists()]
        assert missing == [], name
