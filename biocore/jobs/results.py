"""A finished job as a folder: parquet tables, and a manifest that says what they are and how to make them again."""

import json
import platform
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import biocore
from biocore import runtime
from biocore.errors import InputError
from biocore.io import write_atomically
from biocore.io.writing import replacing
from biocore.jobs import kinds
from biocore.jobs.description import Description

MANIFEST, DESCRIPTION = "manifest.json", "job.json"
_PACKAGES = ("numpy", "torch", "jax", "transformers", "pyhmmer")


def check_folder(out: Path) -> None:
    """Refuse a folder that cannot be written to, before hours are spent on it.

    Raises
    ------
    InputError
        It is a file, cannot be made, or holds other files than an earlier result.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the folder cannot be made: {error.strerror}.", record=str(out)) from error
    others = [
        path.name for path in out.iterdir() if path.suffix != ".parquet" and path.name not in (MANIFEST, DESCRIPTION)
    ]
    if others:
        raise InputError(f"the folder holds other files ({others[0]}). Choose an empty one.", record=str(out))


def write_folder(
    description: Description, result: Any, out: Path, *, times: Mapping[str, float | None] | None = None
) -> list[Path]:
    """Write the tables of a result, ``job.json`` and ``manifest.json`` into a folder.

    Parameters
    ----------
    description : Description
    result : object
        As `jobs.result` gives it.
    out : Path
    times : mapping, optional
        "created", "started", "ended" of the job, seconds since 1970.

    Returns
    -------
    list of Path
        The files; the manifest is written last.

    Raises
    ------
    InputError
        As `check_folder`.
    """
    check_folder(out)
    files, tables = [], {}
    for name, table in kinds.get(description.kind).tables(description, result).items():
        path = out / f"{name}.parquet"
        with replacing(path) as part:
            table.to_parquet(part, index=False)
        files.append(path)
        tables[path.name] = {"rows": len(table), "columns": list(map(str, table.columns))}
    files.append(write_atomically(out / DESCRIPTION, description.to_json() + "\n"))
    about = manifest(description, tables, times or {})
    files.append(write_atomically(out / MANIFEST, json.dumps(about, indent=1) + "\n"))
    return files


def manifest(description: Description, tables: Mapping[str, Any], times: Mapping[str, float | None]) -> dict[str, Any]:
    """What a folder holds, from which question, models and versions, and the command that makes it again."""
    return {
        "kind": description.kind,
        "title": kinds.get(description.kind).title,
        "settings": dict(description.settings),
        "records": len(description.inputs.get("records", [])),
        "description": DESCRIPTION,
        "description_sha256": description.hash,
        "models": dict(description.models),
        "tables": dict(tables),
        "command": description.command(),
        "again": f"python -m biocore jobs run {DESCRIPTION} --out results",
        "times": {name: _date(value) for name, value in times.items()},
        "written": _date(time.time()),
        "versions": {"biocore": biocore.__version__, "python": platform.python_version()}
        | {name: version(name) for name in _PACKAGES},
        "device": runtime.device().name,
    }


def _date(seconds: float | None) -> str | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
