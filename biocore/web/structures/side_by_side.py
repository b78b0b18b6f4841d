"""Two structures in py3Dmol's linked grid, shown by stmol.  The only place that knows either."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from biocore.plot.scene_html import export_grid_html
from biocore.structure.model import Structure
from biocore.structure.tables import to_pdb

HEIGHT = 460


@dataclass(frozen=True)
class EscapedView:
    """A py3Dmol view whose HTML takes the structures' text only after escaping.

    py3Dmol writes text straight into a ``<script>`` block, where ``</script>`` in an atom's name would end the script
    and start the file's own.  So the view is made with place holders, replaced by JSON strings without ``<``.
    """

    view: Any
    texts: tuple[str, ...]

    def _make_html(self) -> str:
        """What ``stmol.showmol`` asks for."""
        html = self.view._make_html()
        for number, text in enumerate(self.texts):
            html = html.replace(json.dumps(_place_holder(number)), _script_string(text))
        return html


def grid(structures: Sequence[Structure], *, style: str, library: str) -> EscapedView:
    """A linked 1 x N grid: turning one turns all.

    Parameters
    ----------
    style : str
        "cartoon", "stick" or "sphere"; residues are coloured from first (red) to last (violet).
    library : str
        Address of 3Dmol.js.
    """
    import py3Dmol

    view = py3Dmol.view(viewergrid=(1, len(structures)), linked=True, width="100%", height=HEIGHT, js=library)
    for number in range(len(structures)):
        cell = (0, number)
        view.addModel(_place_holder(number), "pdb", viewer=cell)
        look = {"cartoon": {"color": "spectrum", "arrows": True}} if style == "cartoon" else {style: {}}
        view.setStyle({}, look, viewer=cell)
        view.addStyle({"hetflag": True}, {"stick": {}}, viewer=cell)
        view.zoomTo(viewer=cell)
    return EscapedView(view, tuple(to_pdb(structure) for structure in structures))


def to_html(view: EscapedView, title: str, about: str) -> str:
    """The grid as one HTML file that opens offline.

    Raises
    ------
    DataUnavailable
        3Dmol.js is not in ``static/``.
    """
    return export_grid_html(view._make_html(), title, about)


def show(view: EscapedView) -> None:
    """Put the grid on the page, as wide as its column.  ``stmol`` is unmaintained: it is imported nowhere else."""
    import stmol

    stmol.showmol(view, height=HEIGHT + 10, width=None)


def _place_holder(number: int) -> str:
    return f"@@structure {number}@@"


def _script_string(text: str) -> str:
    """A JavaScript string literal that cannot leave a ``<script>`` element."""
    literal = json.dumps(text, ensure_ascii=True)
    return literal.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
