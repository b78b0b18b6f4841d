"""What `bench_load` has measured, one or several sides beside one another, as Markdown."""

import json
import math
import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def compare(paths: Sequence[Path]) -> str:
    """The tables of one or several files of `bench_load`: first answers, long work, memory and errors."""
    sides = {path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in paths}
    parts = [_heads(sides), _answers(sides), _work(sides), _memory(sides), _errors(sides)]
    return "\n\n".join(part for part in parts if part)


def _heads(sides: dict[str, list[Event]]) -> str:
    lines = []
    for name, events in sides.items():
        start = next(event for event in events if event["event"] == "start")
        whole = "" if any(event["event"] == "end" for event in events) else " (broken off)"
        lines.append(
            f"{name}: commit {start['commit']}, {start['sessions']} sessions, {start['seconds']:.0f} s, "
            f"{start['cores']} cores{whole}"
        )
    return "\n".join(lines)


def _answers(sides: dict[str, list[Event]]) -> str:
    """One row a page and click, one for all of them together."""
    names = list(dict.fromkeys(e["name"] for events in sides.values() for e in events if e["event"] == "alone"))
    head = ["first answer, s"]
    for side in sides:
        head += [f"{side}: alone", "loaded, median", "95 %", "largest", "answers"]
    rows = [head, ["---"] * len(head)]
    for name in [*names, "all"]:
        row = [name]
        for events in sides.values():
            row += _cells(events, name)
        rows.append(row)
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cells(events: list[Event], name: str) -> list[str]:
    alone = [e["s"] for e in events if e["event"] == "alone" and e["name"] == name and e["turn"]]
    loaded = [e for e in events if e["event"] == "loaded" and name in (e["name"], "all")]
    seconds = sorted(e["s"] for e in loaded)
    missing = sum(not e["came"] for e in loaded)
    first = f"{statistics.median(alone):.2f}" if alone else ""
    if not seconds:
        return [first, "-", "-", "-", "0"]
    told = f"{len(seconds)}" + (f", {missing} not come" if missing else "")
    return [first, *(f"{value:.2f}" for value in (statistics.median(seconds), high(seconds), seconds[-1])), told]


def high(ordered: Sequence[float]) -> float:
    """The 95th percentile: the smallest value that 95 % of all do not exceed."""
    return ordered[math.ceil(0.95 * len(ordered)) - 1]


def _work(sides: dict[str, list[Event]]) -> str:
    lines = []
    for name, events in sides.items():
        for event in events:
            if event["event"] == "whole":
                lines.append(f"- {name}: {event['name']}: all of it there after {event['s']:.0f} s")
            if event["event"] == "job":
                lines.append(f"- {name}: job {event['name']!r} at the end: {event['state']}, {event['fraction']:.0%}")
    return "\n".join(["Long work:", *lines]) if lines else ""


def _memory(sides: dict[str, list[Event]]) -> str:
    lines = ["| memory, MB | before | peak | after |", "|---|---|---|---|"]
    for name, events in sides.items():
        for part in ("server", "workers"):
            found = [(e["phase"], e[part]) for e in events if e["event"] == "memory"]
            before, after = ([value for phase, value in found if phase == wanted] for wanted in ("before", "after"))
            told = [f"{values[0]:,}" if values else "-" for values in (before, [max(v for _, v in found)], after)]
            lines.append(f"| {name}, {part} | {' | '.join(told)} |")
    return "\n".join(lines)


def _errors(sides: dict[str, list[Event]]) -> str:
    lines = []
    for name, events in sides.items():
        found = [event["text"] for event in events if event["event"] == "error"]
        lines.append(f"{name}: {len(found)} errors")
        lines += [f"- {found.count(text)} times: {text[:200]}" for text in dict.fromkeys(found)]
    return "\n".join(lines)
