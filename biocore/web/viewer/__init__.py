"""The two-way structure viewer: a component of the page, and the same thing as a file that opens anywhere.

3Dmol.js (BSD-3-Clause, University of Pittsburgh; Rego & Koes 2015, doi:10.1093/bioinformatics/btu829) draws; it is
served from ``static/``.  Only where that file is missing does the browser ask a CDN for it, and the page says so.
"""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st

from biocore.plot import scene as scenes
from biocore.plot.residue_colour import Colouring
from biocore.plot.scene import to_json
from biocore.plot.scene_html import FILE, LICENCE, export_html, library_here, part
from biocore.structure.model import Structure

__all__ = ["CDN", "FILE", "export_html", "library_addresses", "library_here", "structure_view"]

HERE = Path(__file__).parent
CDN = "https://cdn.jsdelivr.net/npm/3dmol@2.5.5/build/3Dmol-min.js"
CDN_SHA384 = "sha384-OsczYbldvrHgslr9fFp/i4GiLSeuw9l+QIlv99ITw8soOwXcoGeflFMLg+CU/X1d"


def library_addresses() -> list[dict[str, str]]:
    """Where the browser may load 3Dmol.js from, in order.  ``server.baseUrlPath`` is respected."""
    if not library_here():
        return [{"url": CDN, "integrity": CDN_SHA384}]
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return [{"url": f"/{base}/app/static/{FILE}" if base else f"/app/static/{FILE}", "integrity": ""}]


def structure_view(
    structure: Structure,
    colouring: Colouring,
    *,
    key: str,
    on_pick: Callable[[int | None], None],
    style: str = "cartoon",
    chains: list[str] | None = None,
    ligands: bool = True,
    waters: bool = False,
    selected: int | None = None,
    about: str = "",
) -> dict[str, Any]:
    """Draw a structure; a click selects a residue.

    The atoms are made once and sent to the browser once: they travel in an invisible component of their own, whose
    message is the same on every rerun, so that Streamlit sends a reference to it.  Only colours, representation and
    selection travel with each choice.

    Parameters
    ----------
    key : str
        Of the component; two viewers on one page need two.
    on_pick : callable
        Gets the 0-based row of the residue a user clicks, None when they clear the selection; only if the click was
        meant for the structure that is shown now.
    style, chains, ligands, waters, selected
        As in `scene.scene`.
    about : str
        A sentence above the viewer in the file that its button HTML saves.

    Returns
    -------
    dict
        The scene, for `export_html`.  To be read only.

    Raises
    ------
    InputError
        As in `scene.scene`.
    """
    state_key = f"{key}.component"
    options: dict[str, Any] = {"chains": chains, "ligands": ligands, "waters": waters}
    shape, content = _geometry(scenes.geometry_key(structure, **options), structure, options)
    look = scenes.look(shape, colouring, style=style, selected=selected)

    def picked() -> None:
        value = (st.session_state.get(state_key) or {}).get("residue")
        if isinstance(value, dict) and value.get("key") == shape["key"]:
            row = value.get("row")
            if row is None or (isinstance(row, int) and 0 <= row < len(structure.residues)):
                on_pick(row)

    with st.container(gap=None):
        _atoms_component()(key=f"{key}.atoms", data=content, height="content")
        _component()(
            key=state_key,
            data={"look": look, "library": library_addresses(), "about": about},
            on_residue_change=picked,
            height="content",
        )
    return shape | look


@st.cache_resource(max_entries=4, scope="session", show_spinner="Preparing the view...")
def _geometry(key: str, _structure: Structure, _options: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """The geometry and its JSON; a resource, so that ten megabytes are not copied on every rerun."""
    shape = scenes.geometry(_structure, **_options)
    return shape, to_json(shape).encode()


@lru_cache(maxsize=1)
def _atoms_component():
    return st.components.v2.component(
        "biocore_structure_atoms", html="<div hidden></div>", js=_text("atoms.js"), isolate_styles=False
    )


@lru_cache(maxsize=1)
def _component():
    return st.components.v2.component(
        "biocore_structure_view",
        html='<div class="bsv-root"></div>',
        css=part("viewer.css"),
        js=f"{part('core.js')}const EXPORT = {_export()};\n{_text('component.js')}",
        isolate_styles=False,
    )


def _export() -> str:
    """What the browser needs to save a view as `export_html` does, as a JavaScript object."""
    parts = {"CSS": part("viewer.css"), "LICENCE": LICENCE, "CORE": part("core.js")}
    return to_json({"template": part("export.html"), "parts": parts})


def _text(name: str) -> str:
    return (HERE / name).read_text("utf-8")
