"""Figures from a session file: plotly JSON that draws, loads nothing from elsewhere, and leads nowhere."""

from typing import Any

from biocore.errors import InputError

# Traces that draw numbers; those of maps fetch their tiles and outlines from other hosts
TRACES = {
    *("bar", "box", "contour", "heatmap", "histogram", "histogram2d", "mesh3d", "pie", "scatter", "scatter3d"),
    *("scattergl", "surface", "table", "violin", "waterfall"),
}
LOADING = {"images", "source", "mapbox", "map", "geo", "updatemenus", "sliders", "template"}  # of a layout
DEEPEST = 12


def checked_figure(value: Any, name: str) -> dict[str, Any]:
    """A figure's JSON without what could load something or lead elsewhere.

    Parameters
    ----------
    value : any
        What was read.
    name : str
        For messages.

    Raises
    ------
    InputError
        Not a figure, or one with traces that draw maps.

    Examples
    --------
    >>> checked_figure({"data": [{"type": "bar", "y": [1]}], "layout": {"images": []}}, "a.json")
    {'data': [{'type': 'bar', 'y': [1]}], 'layout': {}}
    """
    if not isinstance(value, dict) or not isinstance(value.get("data"), list):
        raise InputError(f"{name} is no figure: it has no list of traces.")
    layout = value.get("layout", {})
    if not isinstance(layout, dict) or not all(isinstance(trace, dict) for trace in value["data"]):
        raise InputError(f"{name} is no figure: traces and layout must be objects.")
    kinds = {trace.get("type", "scatter") for trace in value["data"] if isinstance(trace.get("type", ""), str)}
    if len(kinds) < len({str(trace.get("type", "scatter")) for trace in value["data"]}) or kinds - TRACES:
        wrong = ", ".join(sorted(kinds - TRACES)) or "of no known kind"
        raise InputError(f"{name} has traces that are not drawn here: {wrong[:80]}.")
    kept = {key: part for key, part in layout.items() if key not in LOADING}
    return {"data": [_without_links(trace) for trace in value["data"]], "layout": _without_links(kept)}


def _without_links(value: Any, depth: int = 0) -> Any:
    """Texts without links: plotly draws an <a href> of a title or a hover text."""
    if depth > DEEPEST:
        raise InputError("the figure is nested too deeply to be one.")
    if isinstance(value, dict):
        return {str(key): _without_links(part, depth + 1) for key, part in value.items() if key != "source"}
    if isinstance(value, list):
        return [_without_links(part, depth + 1) for part in value]
    if isinstance(value, str) and "<a" in value.lower():
        return value.replace("<", "&lt;")
    return value
