"""One HTML file about a molecule, that opens without a server and without the internet, and prints well."""

import html
import json
import re
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from biocore.errors import BiocoreError
from biocore.plot.library import plotly_js
from biocore.plot.residue_colour import colour
from biocore.plot.scene import scene
from biocore.plot.scene_html import export_html, library_here
from biocore.plot.workspace import stacked_tracks
from biocore.structure.model import Structure
from biocore.workspace.answers.asking import as_json
from biocore.workspace.exports import matched_chains
from biocore.workspace.molecule import PROTEIN, Molecule
from biocore.workspace.session import Answer, versions
from biocore.workspace.tracks import Track

MOST_ROWS = 25
MOST_SHOWN = 12  # tracks in the stacked figure
TEMPLATE = Path(__file__).with_name("report.html")


def report_html(
    molecule: Molecule,
    answers: Sequence[Answer],
    tracks: Sequence[Track] = (),
    *,
    structure: Structure | None = None,
    title: str = "",
    notes: str = "",
    made_with: Mapping[str, str] | None = None,
) -> str:
    """The report as HTML.

    Parameters
    ----------
    molecule : Molecule
        Its current record is what the report is about.
    answers : sequence of Answer
        A section each.
    tracks : sequence of Track
        Of this record; drawn above one another, and the first one that fits painted on the structure.
    structure : Structure, optional
        Shown in 3D.
    title, notes : str
        Heading (the record's name by default), and what stands below it.
    made_with : dict, optional
        Versions, where the answers come from a session file; those of this machine by default.
    """
    sequence = molecule.sequence
    tracks = [track for track in tracks if track.sequence == sequence]
    body = [_links(answers, bool(tracks), structure is not None), _sequence(sequence)]
    if structure is not None:
        body.append(_structure(structure, tracks))
    body += [_section(answer, f"answer-{number}") for number, answer in enumerate(answers, 1)]
    if tracks:
        figure = stacked_tracks([(t.title, t.values) for t in tracks[:MOST_SHOWN]], sequence)
        body.append(_heading("tracks", "All tracks") + _figure(as_json(figure), "tracks-figure", "Tracks, stacked."))
    kind = "residues" if molecule.kind == PROTEIN else "bp"
    about = f"{len(sequence):,} {kind}. {molecule.records[molecule.current].description} {notes}".strip()
    parts = {
        "TITLE": html.escape(title or molecule.name),
        "ABOUT": html.escape(about),
        "BODY": "\n".join(body),
        "METHODS": _methods(answers, made_with or versions()),
        "PLOTLY": plotly_js(),
    }
    pieces = TEMPLATE.read_text("utf-8").split("@@")  # text, name, text, ...: what is put in is never searched again
    return "".join(parts[piece] if number % 2 else piece for number, piece in enumerate(pieces))


def _heading(anchor: str, text: str) -> str:
    return f'<h2 id="{anchor}">{html.escape(text)}</h2>'


def _links(answers: Sequence[Answer], tracks: bool, structure: bool) -> str:
    links = [("structure", "3D view")] if structure else []
    links += [(f"answer-{number}", answer.title) for number, answer in enumerate(answers, 1)]
    links += [("tracks", "All tracks")] if tracks else []
    return "<nav>" + "".join(f'<a href="#{anchor}">{html.escape(text)}</a>' for anchor, text in links) + "</nav>"


def _sequence(sequence: str) -> str:
    blocks = " ".join(sequence[i : i + 10] for i in range(0, min(len(sequence), 5000), 10))
    more = "" if len(sequence) <= 5000 else f" ... ({len(sequence):,} letters)"
    return f'<p class="sequence wide">{html.escape(blocks + more)}</p>'


def _section(answer: Answer, anchor: str) -> str:
    parts = [_heading(anchor, answer.title), f"<p>{html.escape(answer.text)}</p>"]
    if answer.figure is not None:
        parts.append(_figure(answer.figure, f"{anchor}-figure", answer.alt))
    if answer.table is not None and len(answer.table):
        parts.append(_table(answer.table))
    if answer.limits:
        parts.append(f'<p class="limits"><strong>Limits.</strong> {html.escape(answer.limits)}</p>')
    if answer.command:
        parts.append(f"<pre>python -m biocore {html.escape(shlex.join(answer.command))}</pre>")
    return "\n".join(parts)


def _figure(figure: dict[str, Any], anchor: str, alt: str) -> str:
    """The figure's JSON beside the place it is drawn in; no character of it can end the script."""
    text = json.dumps(figure).replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
    return (
        f'<div class="figure" role="img" aria-label="{html.escape(alt)}" data-source="{anchor}"></div>'
        f'<script type="application/json" id="{anchor}">{text}</script>'
    )


def _table(table: pd.DataFrame) -> str:
    shown = table.head(MOST_ROWS)
    text = shown.to_html(index=False, border=0, na_rep="", escape=True, float_format=lambda value: f"{value:.4g}")
    more = "" if len(table) <= MOST_ROWS else f'<p class="limits">The first {MOST_ROWS} of {len(table):,} rows.</p>'
    return f'<details open><summary>Table</summary><div class="wide">{text}</div>{more}</details>'


def _structure(structure: Structure, tracks: Sequence[Track]) -> str:
    """The 3D view, coloured by the first track that belongs to it, in a frame of its own."""
    if not library_here():
        return _heading("structure", "3D view") + "<p>3Dmol.js is not on the machine that made this report.</p>"
    painted, name = colour(structure, "plddt" if structure.confidence is not None else "chain"), ""
    for track in tracks:
        try:
            values = matched_chains(structure, track)
        except BiocoreError:
            continue
        merged = pd.DataFrame(values).bfill(axis=1).iloc[:, 0].to_numpy()
        painted, name = colour(structure, "track", values=merged, title=track.name, unit=track.unit), track.name
        break
    about = f"{structure.name} {structure.title}" + (f", coloured by {name}" if name else "")
    page = export_html(scene(structure, painted), about)
    frame = f'<iframe title="{html.escape(about)}" sandbox="allow-scripts" srcdoc="{html.escape(page)}"></iframe>'
    return _heading("structure", "3D view") + frame


def _methods(answers: Sequence[Answer], made_with: Mapping[str, str]) -> str:
    models = {name: digest for answer in answers for name, digest in answer.models.items()}
    rows = "".join(f"<tr><td>{html.escape(n)}</td><td>{html.escape(h[:16])}</td></tr>" for n, h in models.items())
    packages = ", ".join(f"{name} {version}" for name, version in made_with.items())
    table = f"<table><tr><th>model</th><th>sha256 of its weights</th></tr>{rows}</table>" if models else ""
    return f"{table}<p>{html.escape(packages)}</p>"


def file_name(text: str) -> str:
    """A name for a file from a record's name.

    Examples
    --------
    >>> file_name("sp|P01308|INS_HUMAN")
    'sp_P01308_INS_HUMAN'
    """
    return re.sub(r"[^A-Za-z0-9-]+", "_", text).strip("_")[:60] or "molecule"
