"""New proteins projected into a map that is finished."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.kinds.embed import Embed
from biocore.jobs.kinds.map import PROJECTION, SHARE, as_text, vectors_of
from biocore.jobs.models import Models


def map_inputs(vectors: np.ndarray, coordinates: np.ndarray) -> dict[str, Any]:
    """Inputs that are the map: the vectors it was made from, float (N, D), and its points, float (N, 2 or 3)."""
    points = as_text(coordinates)
    return {**as_text(vectors), "points": points["vectors"], "dims": points["width"]}


class Project(Kind):
    """``records``: the new proteins; and `map_inputs`.  Settings of `Map`, those the map was made with.

    The result is the pair of the new proteins' `embedding.EmbeddingSet` and their places, float32 (M, 2 or 3).
    """

    name, title, unit = "project", "New proteins in a map", "residues"
    defaults = {**Embed.defaults, **PROJECTION}
    _embed = Embed()

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.embedding import ProjectionSettings

        clean, embed = self._embed.read(inputs, {name: settings[name] for name in Embed.defaults})
        projection = {name: settings[name] for name in PROJECTION}
        try:
            ProjectionSettings(**projection)
        except TypeError as error:
            raise InputError(f"a setting of the map is of the wrong kind: {error}") from error
        given = {name: inputs.get(name) for name in ("vectors", "width", "points", "dims")}
        vectors, points = _map(given)
        if len(vectors) != len(points) or points.shape[1] != settings["dims"]:
            raise InputError(
                f"{len(vectors):,} vectors and {len(points):,} points in {points.shape[1]} dimensions are no map in "
                f"{settings['dims']}."
            )
        return {**clean, **given}, {**projection, **embed}

    def steps(self, description: Description) -> list[Step]:
        embed = self._embed.steps(self._embedded(description))
        row: dict[str, int] = {}
        for step in embed:
            for sequence in step.payload["sequences"]:
                row[sequence] = len(row)
        given = {name: description.inputs[name] for name in ("vectors", "width", "points", "dims")}
        payload = {
            "project": {name: description.settings[name] for name in PROJECTION},
            "rows": [row[sequence] for _, sequence in description.inputs["records"]],
            **given,
        }
        work = max(1.0, SHARE / (1 - SHARE) * sum(step.work for step in embed))
        return [*embed, self.step(description, payload, work, needs=[step.key for step in embed], long=True)]

    @staticmethod
    def _embedded(description: Description) -> Description:
        settings = {name: description.settings[name] for name in Embed.defaults}
        return Description(Embed.name, description.inputs, settings, description.models)

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.embedding import Projection, ProjectionSettings, transform

        asked = step.payload
        if "project" not in asked:
            return self._embed.run(step, models, parts)
        new = np.concatenate([parts[key]["vectors"] for key in step.needs])[asked["rows"]]
        vectors, points = _map(asked)
        return {"places": transform(vectors, Projection(points, ProjectionSettings(**asked["project"])), new)}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> tuple[Any, np.ndarray] | None:
        if steps[-1].key not in parts:
            return None
        found = self._embed.collect(self._embedded(description), steps[:-1], parts)
        return None if found is None else (found, parts[steps[-1].key]["places"])

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        found, places = result
        table = pd.DataFrame(places, columns=["x", "y", "z"][: places.shape[1]])
        table.insert(0, "record", found.names)
        return {"places": table, **self._embed.tables(self._embedded(description), found)}


def _map(given: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray]:
    return vectors_of(given), vectors_of({"vectors": given["points"], "width": given["dims"]})
