"""The structure viewer with a scene as one HTML file that opens anywhere.

3Dmol.js (BSD-3-Clause, University of Pittsburgh; Rego & Koes 2015, doi:10.1093/bioinformatics/btu829) draws.
"""

import html
from functools import lru_cache
from pathlib import Path
from typing import Any

from biocore import runtime
from biocore.errors import DataUnavailable
from biocore.plot.scene import to_json

HERE = Path(__file__).parent / "viewer"
FILE = "3Dmol-min.js"
LICENCE = "3Dmol.js 2.5.5, (c) 2014 University of Pittsburgh and contributors, BSD-3-Clause, https://3dmol.csb.pitt.edu"


def library_here() -> bool:
    """Whether 3Dmol.js lies in ``static/``."""
    return (runtime.STATIC / FILE).is_file()


@lru_cache(maxsize=8)
def part(name: str) -> str:
    """A file of the viewer: ``core.js``, ``viewer.css``, ``export.html`` or ``grid.html``."""
    return (HERE / name).read_text("utf-8")


def export_html(scene: dict[str, Any], about: str = "") -> str:
    """The viewer with this scene as one HTML file that opens without a server and without the internet.

    Parameters
    ----------
    scene : dict
        As `scene.scene` returns it.
    about : str
        A sentence above the viewer, as plain text.

    Raises
    ------
    DataUnavailable
        3Dmol.js is not in ``static/``, so it cannot be put into the file.
    """
    return _filled("export.html", f"{scene['name']} {scene['title']}", about, SCENE=to_json(scene))


def export_grid_html(grid: str, title: str, about: str = "") -> str:
    """Several structures side by side as one HTML file that opens without a server and without the internet.

    Parameters
    ----------
    grid : str
        HTML that draws them with 3Dmol.js once ``$3Dmolpromise`` is kept, as py3Dmol writes it; escaped already.
    title, about : str
        Plain text above the grid.

    Raises
    ------
    DataUnavailable
        3Dmol.js is not in ``static/``.
    """
    return _filled("grid.html", title, about, GRID=grid)


def _filled(template: str, title: str, about: str, **more: str) -> str:
    if not library_here():
        raise DataUnavailable(f"static/{FILE} is missing, so the viewer cannot be put into a file. Run: make setup")
    parts = {
        "TITLE": html.escape(title.strip()[:200]),
        "ABOUT": html.escape(about),
        "CSS": part("viewer.css"),
        "LICENCE": LICENCE,
        "LIBRARY": (runtime.STATIC / FILE).read_text("utf-8").replace("</script", "<\\/script"),
        "CORE": part("core.js"),
    } | more
    pieces = part(template).split("@@")  # text, name, text, name, ...: what is put in is never searched again
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))
