"""The two-way structure viewer: a component of the page, and the same thing as a file that opens anywhere.

3Dmol.js (BSD-3-Clause, University of Pittsburgh; Rego & Koes 2015, doi:10.1093/bioinformatics/btu829) draws; it is
served from ``static/``.  Only where that file is missing does the browser ask a CDN for it, and the page says so.
"""

import html
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from biocore import runtime
from biocore.errors import DataUnavailable
from biocore.plot.scene import to_json

HERE = Path(__file__).parent
FILE = "3Dmol-min.js"
CDN = "https://cdn.jsdelivr.net/npm/3dmol@2.5.5/build/3Dmol-min.js"
CDN_SHA384 = "sha384-OsczYbldvrHgslr9fFp/i4GiLSeuw9l+QIlv99ITw8soOwXcoGeflFMLg+CU/X1d"
LICENCE = "3Dmol.js 2.5.5, (c) 2014 University of Pittsburgh and contributors, BSD-3-Clause, https://3dmol.csb.pitt.edu"


def library_here() -> bool:
    """Whether 3Dmol.js lies in ``static/``."""
    return (runtime.STATIC / FILE).is_file()


def library_addresses() -> list[dict[str, str]]:
    """Where the browser may load 3Dmol.js from, in order.  ``server.baseUrlPath`` is respected."""
    if not library_here():
        return [{"url": CDN, "integrity": CDN_SHA384}]
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return [{"url": f"/{base}/app/static/{FILE}" if base else f"/app/static/{FILE}", "integrity": ""}]


def structure_view(scene: dict[str, Any], *, key: str, on_pick: Callable[[int | None], None]) -> None:
    """Draw a scene; `on_pick` gets the row of the residue a user clicks, None when they clear the selection.

    The row is only handed on if the click was meant for the structure that is shown now.
    """
    state_key = f"{key}.component"

    def picked() -> None:
        value = (st.session_state.get(state_key) or {}).get("residue")
        if isinstance(value, dict) and value.get("key") == scene["key"]:
            row = value.get("row")
            if row is None or (isinstance(row, int) and 0 <= row < len(scene["residues"]["letter"])):
                on_pick(row)

    _component()(
        key=state_key, data={"scene": scene, "library": library_addresses()}, on_residue_change=picked, height="content"
    )


def export_html(scene: dict[str, Any], about: str = "") -> str:
    """The viewer with this scene as one HTML file that opens without a server and without the internet.

    Raises
    ------
    DataUnavailable
        3Dmol.js is not in ``static/``, so it cannot be put into the file.
    """
    if not library_here():
        raise DataUnavailable(f"static/{FILE} is missing, so the viewer cannot be put into a file. Run: make setup")
    parts = {
        "TITLE": html.escape(f"{scene['name']} {scene['title']}".strip()[:200]),
        "ABOUT": html.escape(about),
        "CSS": _text("viewer.css"),
        "SCENE": to_json(scene),
        "LICENCE": LICENCE,
        "LIBRARY": (runtime.STATIC / FILE).read_text("utf-8").replace("</script", "<\\/script"),
        "CORE": _text("core.js"),
    }
    pieces = _text("export.html").split("@@")  # text, name, text, name, ...: what is put in is never searched again
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


@lru_cache(maxsize=1)
def _component():
    return st.components.v2.component(
        "biocore_structure_view",
        html='<div class="bsv-root"></div>',
        css=_text("viewer.css"),
        js=_text("core.js") + _text("component.js"),
        isolate_styles=False,
    )


def _text(name: str) -> str:
    return (HERE / name).read_text("utf-8")
