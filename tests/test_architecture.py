"""The dependency rules, executable: who may import what."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "biocore"
LAYERS = [  # a module may import from the lines above its own, and from its own package, never from beside or below
    {"errors"},
    {"runtime", "text"},
    {"sequence", "zoo", "motif"},
    {"structure"},  # builds peptides from cleaned sequences and writes FASTA
    {"esm2", "tfbinding", "function"},
    {"embedding", "attribution", "data", "evaluation"},
    {"function_metrics"},
    {"training", "batch", "pretraining"},
    {"function_training"},
    {"engine", "plot"},
    {"cli", "web"},
    {"__main__"},
]
OWNERS = {
    "streamlit": {"web"},
    "stmol": {"web"},
    "plotly": {"plot", "web"},  # web only draws and saves finished figures
    "torch": {"esm2", "runtime", "pretraining"},
    "transformers": {"esm2", "pretraining"},
    "flax": {"tfbinding", "function", "training"},
    "optax": {"tfbinding", "function", "training", "function_training"},
    "gemmi": {"structure"},
}
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def module(path: Path) -> str:
    """Top-level module of biocore a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Every module imported anywhere in a file, also inside functions."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_imports_point_up_the_list(path):
    own = module(path)
    inner = {n.split(".")[1] for n in imported(path) if n.startswith("biocore.") and n.count(".")} - {own}
    assert own in RANK, f"{own} has no place in LAYERS"
    wrong = {n for n in inner if n in RANK and RANK[n] >= RANK[own]}
    assert not wrong


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_framework_has_its_owners(path):
    used = {n.split(".")[0] for n in imported(path)} & set(OWNERS)
    assert all(module(path) in OWNERS[n] for n in used), used


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_runtime_reads_the_environment(path):
    text = path.read_text()
    assert path.stem == "runtime" or ("os.environ" not in text and "getenv" not in text)


@pytest.mark.parametrize("path", FILES + sorted((ROOT / "pages").glob("*.py")), ids=name)
def test_nothing_is_unpickled_and_no_remote_code_is_trusted(path):
    text = path.read_text()
    assert "trust_remote_code=True" not in text
    assert "allow_pickle=True" not in text
    assert not {n for n in imported(path) if n.split(".")[0] in {"pickle", "joblib", "dill"}}


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=name)
def test_pages_do_no_arithmetic(path):
    """A page calls the library and draws: it imports no array library and stays short."""
    assert not {n.split(".")[0] for n in imported(path)} & {"numpy", "torch", "jax", "sklearn", "scipy"}
    assert len(path.read_text().splitlines()) <= 110


def test_menu_lists_every_page():
    menu = (ROOT / "app.py").read_text()
    assert {p.stem for p in (ROOT / "pages").glob("*.py")} == {
        part.split(".py")[0] for part in menu.split('"pages/')[1:]
    }
