"""The dependency rules, executable: who may import what.  CONTRIBUTING.md says why."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "biocore"
LAYERS = [  # a module may import from the lines above its own, and from its own room, never from beside or below
    {"errors", "runtime", "sequence", "io"},  # the ground: these four may use one another
    {"zoo", "stats", "motif", "structure"},
    {"training"},
    {"tfbinding", "esm2", "families"},
    {"go", "variants", "embedding", "attribution"},
    {"jobs", "plot"},
    {"workspace"},  # its reports hold figures
    {"web", "cli"},
    {"__main__"},
]
MODELS = LAYERS[3] | {"go", "variants"}
OWNERS = {
    "streamlit": {"web"},
    "stmol": {"web"},
    "plotly": {"plot", "web"},  # web only shows and saves finished figures
    "torch": {"esm2", "runtime"},
    "transformers": {"esm2"},
    "flax": MODELS | {"training"},
    "optax": MODELS | {"training"},
    "pyhmmer": {"families"},
    "gemmi": {"structure", "plot"},  # plot: covalent radii, for drawing bonds
}
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}
GROUND = 0
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")
PAGES = sorted((ROOT / "pages").glob("*.py"))


def room(path: Path) -> str:
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
    own = room(path)
    assert own in RANK, f"{own} has no place in LAYERS"
    inner = {n.split(".")[1] for n in imported(path) if n.startswith("biocore.") and n.count(".")} - {own}
    assert not {n for n in inner if n in RANK and RANK[n] >= RANK[own] and RANK[own] != GROUND}
    assert RANK[own] != GROUND or not {n for n in inner if n in RANK and RANK[n] > GROUND}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_what_answers_never_imports_what_trains(path):
    """Only a `train` folder and the command line import a `train` folder or `training`, so that a page never does."""
    may = "train" in path.parts or room(path) in {"training", "cli"}
    trains = {n for n in imported(path) if n.startswith("biocore.") and {"train", "training"} & set(n.split("."))}
    assert may or not trains


@pytest.mark.parametrize("path", FILES, ids=name)
def test_each_framework_has_its_owners(path):
    used = {n.split(".")[0] for n in imported(path)} & set(OWNERS)
    assert all(room(path) in OWNERS[n] for n in used), used


@pytest.mark.parametrize("path", FILES, ids=name)
def test_only_runtime_reads_the_environment(path):
    text = path.read_text()
    assert path.stem == "runtime" or ("os.environ" not in text and "getenv" not in text)


@pytest.mark.parametrize("path", FILES + PAGES, ids=name)
def test_nothing_is_unpickled_and_no_remote_code_is_trusted(path):
    text = path.read_text()
    assert "trust_remote_code=True" not in text
    assert "allow_pickle=True" not in text
    assert not {n for n in imported(path) if n.split(".")[0] in {"pickle", "joblib", "dill"}}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_pages_do_no_arithmetic(path):
    """A page calls the library and draws: it imports no array library and stays short."""
    assert not {n.split(".")[0] for n in imported(path)} & {"numpy", "torch", "jax", "sklearn", "scipy"}
    assert len(path.read_text().splitlines()) <= 110


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_has_one_name_everywhere(path):
    """`pages/X.py` is made of `biocore/web/X/`; figures of its own stand in `biocore/plot/X.py`."""
    assert (PACKAGE / "web" / path.stem / "__init__.py").exists()


def test_importing_biocore_loads_no_framework():
    code = "import sys, biocore, biocore.zoo; print(sorted({'torch', 'jax', 'streamlit', 'plotly'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


def test_menu_lists_every_page():
    """It may name pages that do not exist yet: `app.py` leaves them out."""
    menu = (ROOT / "app.py").read_text()
    assert {p.stem for p in PAGES} <= {part.split(".py")[0] for part in menu.split('"pages/')[1:]}
