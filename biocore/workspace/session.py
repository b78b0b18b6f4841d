"""A whole session as one file: ``.biocore.zip``, read again here or on another machine.

It holds a manifest (versions, model hashes, settings), the inputs as they were pasted, tracks as CSV, tables as parquet
and figures as plotly JSON.  Nothing is ever unpickled or written to disk, and every number in it is checked.
"""

import json
import math
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import metadata
from io import BytesIO, StringIO
from typing import Any

import numpy as np
import pandas as pd

import biocore
from biocore.errors import DataUnavailable, InputError
from biocore.io.archives import read_members, write_members
from biocore.io.parquet import read_parquet
from biocore.structure import fetch, read_structure
from biocore.structure.model import Structure
from biocore.workspace.figures import checked_figure
from biocore.workspace.molecule import KINDS, Molecule, read_molecule
from biocore.workspace.tracks import MOST_TRACKS, Track, TrackTable, to_frame

ENDING = ".biocore.zip"
FORMAT, VERSION = "biocore session", 1
MOST_BYTES, MOST_UNPACKED = 50 * 2**20, 200 * 2**20
MOST_TEXT = 20_000  # characters of one text of the manifest
PACKAGES = ("numpy", "pandas", "torch", "transformers", "jax", "flax", "plotly", "streamlit", "pyhmmer")
Value = str | int | float | bool | None | list | tuple


@dataclass(frozen=True)
class Answer:
    """What one page said: a sentence or two, its figure and its table, and how to make them again.

    Attributes
    ----------
    page : str
        File name below ``pages/`` without ``.py``.
    title, text : str
        Of the page; what the answer is, in sentences.
    figure : dict, optional
        Plotly JSON.
    alt : str
        The figure in words.
    table : DataFrame, optional
    limits : str
        What the model cannot do.
    command : tuple of str
        Arguments of ``python -m biocore``.
    models : dict
        Name -> hash of the weights.
    """

    page: str
    title: str
    text: str
    figure: dict[str, Any] | None = None
    alt: str = ""
    table: pd.DataFrame | None = None
    limits: str = ""
    command: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Session:
    """What is saved.

    Attributes
    ----------
    molecules : dict
        "protein" or "dna" -> Molecule.
    tracks : TrackTable
    answers : tuple of Answer
    cursor : dict
        Kind -> 0-based residues (bases) that are looked at.
    settings : dict
        Session key -> plain value.
    structure : (name, file's bytes), optional
        Or (identifier, nothing) of an entry of an archive.
    page : str
        The one to open.
    title, notes : str
        For whoever opens it.
    versions : dict
        Of biocore, Python and packages that made it; filled in by `write_session`.
    """

    molecules: Mapping[str, Molecule] = field(default_factory=dict)
    tracks: TrackTable = field(default_factory=TrackTable)
    answers: tuple[Answer, ...] = ()
    cursor: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    settings: Mapping[str, Value] = field(default_factory=dict)
    structure: tuple[str, bytes] | None = None
    page: str = ""
    title: str = ""
    notes: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)


def versions() -> dict[str, str]:
    """Of biocore, Python and the packages that compute."""
    found = {"biocore": biocore.__version__, "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


# ------------------------------------------------------------------------------------------------------------ writing


def write_session(session: Session) -> bytes:
    """A session as the bytes of a ``.biocore.zip`` file; its versions are those of this machine.

    Parameters
    ----------
    session : Session
    """
    members: dict[str, bytes | str] = {}
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "title": session.title,
        "notes": session.notes,
        "page": session.page,
        "versions": versions(),
        "settings": dict(session.settings),
        "cursor": {kind: list(places) for kind, places in session.cursor.items()},
        "molecules": [],
        "tracks": [],
        "answers": [],
    }
    for kind, molecule in session.molecules.items():
        members[f"inputs/{kind}.txt"] = molecule.text
        manifest["molecules"].append({"kind": kind, "file": f"inputs/{kind}.txt", "current": molecule.current})
    _write_tracks(session.tracks, manifest, members)
    for number, answer in enumerate(session.answers, 1):
        manifest["answers"].append(_write_answer(answer, number, members))
    if session.structure is not None:
        members["inputs/structure.bin"] = session.structure[1]
        manifest["structure"] = {"file": "inputs/structure.bin", "name": session.structure[0]}
    text = json.dumps(manifest, indent=1, allow_nan=False)
    return write_members({"manifest.json": text, **members})


def _write_tracks(table: TrackTable, manifest: dict[str, Any], members: dict[str, bytes | str]) -> None:
    for number, sequence in enumerate(dict.fromkeys(track.sequence for track in table), 1):
        tracks, name = table.of(sequence), f"tracks/{number}.csv"
        members[name] = to_frame(tracks).to_csv(index=False)
        facts = [{"name": t.name, "unit": t.unit, "source": t.source, "kind": t.kind} for t in tracks]
        manifest["tracks"].append({"file": name, "columns": facts})


def _write_answer(answer: Answer, number: int, members: dict[str, bytes | str]) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "page": answer.page,
        "title": answer.title,
        "text": answer.text,
        "alt": answer.alt,
        "limits": answer.limits,
        "command": list(answer.command),
        "models": dict(answer.models),
    }
    if answer.figure is not None:
        facts["figure"] = f"figures/{number}.json"
        members[facts["figure"]] = json.dumps(answer.figure)
    if answer.table is not None:
        facts["table"] = f"tables/{number}.parquet"
        stream = BytesIO()
        answer.table.reset_index(drop=True).to_parquet(stream, index=False)
        members[facts["table"]] = stream.getvalue()
    return facts


# ------------------------------------------------------------------------------------------------------------ reading


def read_session(content: bytes) -> Session:
    """A session from the bytes of a ``.biocore.zip`` file, whoever wrote it.

    Raises
    ------
    InputError
        Not a session file, damaged, too large, or something in it is not what it should be; says what.
    """
    if len(content) > MOST_BYTES:
        raise InputError(f"this file has {len(content) / 2**20:,.0f} MB; sessions of up to 50 MB are opened.")
    members = read_members(content, limit=MOST_UNPACKED, what=f"a session file ({ENDING})")
    manifest = _object(_json(_member(members, "manifest.json"), "manifest.json"), "manifest.json")
    if manifest.get("format") != FORMAT:
        raise InputError("this zip file is no session of biocore: its manifest does not say so.")
    if manifest.get("version") != VERSION:
        raise InputError(
            f"this session has version {str(manifest.get('version'))[:20]!r}; this biocore reads version {VERSION}. "
            "Use a newer biocore."
        )
    molecules = {}
    for facts in _objects(manifest, "molecules"):
        text = _text_member(members, _text(facts, "file"))
        molecule = read_molecule(text, _one_of(facts, "kind", KINDS), current=_whole(facts, "current"))
        molecules[molecule.kind] = molecule
    structure = None
    if "structure" in manifest:
        facts = _object(manifest["structure"], "structure")
        structure = _text(facts, "name"), _member(members, _text(facts, "file"))
    return Session(
        molecules=molecules,
        tracks=_read_tracks(manifest, members),
        answers=tuple(_read_answer(facts, members) for facts in _objects(manifest, "answers")),
        cursor=_read_cursor(manifest),
        settings={key: _plain(value, key) for key, value in _mapping(manifest, "settings").items()},
        structure=structure,
        page=_text(manifest, "page"),
        title=_text(manifest, "title"),
        notes=_text(manifest, "notes"),
        versions={key: _text(_mapping(manifest, "versions"), key) for key in _mapping(manifest, "versions")},
    )


def _read_tracks(manifest: dict[str, Any], members: Mapping[str, bytes]) -> TrackTable:
    table = TrackTable()
    for group in _objects(manifest, "tracks"):
        name = _text(group, "file")
        facts = _objects(group, "columns")
        frame = _read_csv(_text_member(members, name), name)
        if not facts or len(facts) + 2 != len(frame.columns) or len(facts) > MOST_TRACKS:
            raise InputError(f"{name} has {len(frame.columns)} columns, and the manifest names {len(facts)} tracks.")
        letters = frame.iloc[:, 1]
        if not len(frame) or not letters.str.fullmatch("[A-Z*-]").all():
            raise InputError(f"{name} must have one letter of a sequence in each line.")
        for column, fact in enumerate(facts, 2):
            values = np.array([_number(cell, name) for cell in frame.iloc[:, column]])
            kind = _one_of(fact, "kind", KINDS)
            track = Track(
                _text(fact, "name"), "".join(letters), values, _text(fact, "unit"), _text(fact, "source"), kind
            )
            table = table.add(track)
    return table


def _read_csv(text: str, name: str) -> pd.DataFrame:
    try:
        return pd.read_csv(StringIO(text), dtype=str, keep_default_na=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise InputError(f"{name} is not a table that can be read ({str(error).strip()[:100]}).") from error


def _number(cell: str, name: str) -> float:
    try:
        return float(cell) if cell else math.nan
    except ValueError as error:
        raise InputError(f"{name} has {cell[:40]!r} where a number must be.") from error


def _read_answer(facts: dict[str, Any], members: Mapping[str, bytes]) -> Answer:
    figure = table = None
    if "figure" in facts:
        name = _text(facts, "figure")
        figure = checked_figure(_json(_member(members, name), name), name)
    if "table" in facts:
        table = read_parquet(_member(members, _text(facts, "table")), limit=MOST_UNPACKED)[0]
    models = _mapping(facts, "models")
    return Answer(
        page=_text(facts, "page"),
        title=_text(facts, "title"),
        text=_text(facts, "text"),
        figure=figure,
        alt=_text(facts, "alt"),
        table=table,
        limits=_text(facts, "limits"),
        command=tuple(_string(word, "command") for word in _list(facts, "command")),
        models={key: _text(models, key) for key in models},
    )


def _read_cursor(manifest: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    cursor = _mapping(manifest, "cursor")
    found = {}
    for kind in cursor:
        if kind not in KINDS:
            raise InputError(f"the manifest's cursor is in {kind[:40]!r}; it can be in {' or '.join(KINDS)}.")
        found[kind] = tuple(_place(value) for value in _list(cursor, kind)[:1000])
    return found


# ------------------------------------------------------------------------- what is expected of a manifest, and refused


def _member(members: Mapping[str, bytes], name: str) -> bytes:
    if name not in members:
        raise InputError(f"{name[:80]} is missing in the session file.")
    return members[name]


def _text_member(members: Mapping[str, bytes], name: str) -> str:
    try:
        return _member(members, name).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{name} in the session file is not text.") from error


def _json(content: bytes, name: str) -> Any:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} in the session file is not JSON that can be read.") from error


def _object(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InputError(f"{name} of the session must be an object with names.")
    return value


def _mapping(facts: dict[str, Any], key: str) -> dict[str, Any]:
    return _object(facts.get(key, {}), key)


def _list(facts: dict[str, Any], key: str) -> list[Any]:
    value = facts.get(key, [])
    if not isinstance(value, list):
        raise InputError(f"{key} of the session must be a list.")
    return value


def _objects(facts: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [_object(value, key) for value in _list(facts, key)]


def _string(value: Any, key: str) -> str:
    if not isinstance(value, str) or len(value) > MOST_TEXT:
        raise InputError(f"{key} of the session must be a text of up to {MOST_TEXT:,} characters.")
    return value


def _text(facts: dict[str, Any], key: str) -> str:
    return _string(facts.get(key, ""), key)


def _one_of(facts: dict[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = _text(facts, key)
    if value not in allowed:
        raise InputError(f"{key} of the session is {value[:40]!r}; it must be {' or '.join(allowed)}.")
    return value


def _whole(facts: dict[str, Any], key: str) -> int:
    return _place(facts.get(key, 0))


def _place(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**9:
        raise InputError(f"{str(value)[:40]} in the session is no place: a whole number, 0 or more, is needed.")
    return value


def _plain(value: Any, key: str) -> Value:
    """A setting: text, a number, yes or no, nothing, or a list of these."""
    if isinstance(value, list) and len(value) <= 1000:
        return [_plain(each, key) if not isinstance(each, list) else _refuse(key) for each in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _string(value, key)
    if isinstance(value, int | float) and math.isfinite(value):
        return value
    return _refuse(key)


def _refuse(key: str) -> Any:
    raise InputError(f"the setting {key[:80]!r} of the session must be a text, a number, yes or no.")


def structure_of(session: Session) -> Structure | None:
    """The structure of a session: read from its file, or from the archive where it is an identifier.

    None where there is none, or an entry is not on this machine and cannot be fetched.
    """
    if session.structure is None:
        return None
    name, content = session.structure
    if content:
        return read_structure(content, name)
    try:
        return fetch(name)
    except DataUnavailable:
        return None
