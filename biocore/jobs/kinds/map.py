"""A map of many proteins: their vectors, and then the projection of all of them at once."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.flat import from_arrays, to_arrays
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.kinds.embed import Embed
from biocore.jobs.models import Models

SHARE = 0.25  # of the work is counted for the projection, whose own progress is not known
_OF_EMBED = ("model", "layer")
PROJECTION = {  # settings of `ProjectionSettings`, with their defaults
    **{"method": "tsne", "dims": 2, "metric": "euclidean", "perplexity": 30.0},
    **{"neighbours": 15, "min_dist": 0.1, "seed": 0},
}


def as_text(vectors: np.ndarray) -> dict[str, Any]:
    """Inputs of a map of vectors that are already there, float (N, D)."""
    vectors = np.ascontiguousarray(vectors, "<f4")
    return {"vectors": base64.b64encode(vectors.tobytes()).decode(), "width": vectors.shape[1]}


class Map(Kind):
    """``records`` as for `Embed`, or the vectors of `as_text`.  Settings of `Embed` and of `ProjectionSettings`.

    The result is an `embedding.EmbeddingSet` with its projection (before that is finished without), or of given vectors
    the `Projection`.
    """

    name, title, unit = "map", "Embedding map", "residues"
    defaults = {**Embed.defaults, **PROJECTION}
    _embed = Embed()

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.embedding import ProjectionSettings

        projection = {name: value for name, value in settings.items() if name not in _OF_EMBED}
        try:
            ProjectionSettings(**projection)
        except TypeError as error:
            raise InputError(f"a setting of the map is of the wrong kind: {error}") from error
        if "vectors" not in inputs:
            clean, embed = self._embed.read(inputs, {name: settings[name] for name in _OF_EMBED})
            return clean, {**projection, **embed}
        given = {"vectors": inputs["vectors"], "width": inputs.get("width")}
        vectors_of(given)
        return given, {**projection, "model": "", "layer": -1}

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return [] if "vectors" in inputs else [settings["model"]]

    def steps(self, description: Description) -> list[Step]:
        projection = {name: value for name, value in description.settings.items() if name not in _OF_EMBED}
        if "vectors" in description.inputs:
            return [self.step(description, {"project": projection, **description.inputs}, long=True)]
        embed = self._embed.steps(self._embedded(description))
        row: dict[str, int] = {}
        for step in embed:
            for sequence in step.payload["sequences"]:
                row[sequence] = len(row)
        payload = {"project": projection, "rows": [row[sequence] for _, sequence in description.inputs["records"]]}
        work = max(1.0, SHARE / (1 - SHARE) * sum(step.work for step in embed))
        return [*embed, self.step(description, payload, work, needs=[step.key for step in embed], long=True)]

    @staticmethod
    def _embedded(description: Description) -> Description:
        settings = {name: description.settings[name] for name in _OF_EMBED}
        return Description(Embed.name, description.inputs, settings, description.models)

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.embedding import ProjectionSettings, project

        asked = step.payload
        if "project" not in asked:
            return self._embed.run(step, models, parts)
        if "vectors" in asked:
            vectors = vectors_of(asked)
        else:
            vectors = np.concatenate([parts[key]["vectors"] for key in step.needs])[asked["rows"]]
        return to_arrays(project(vectors, ProjectionSettings(**asked["project"])))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        from biocore.embedding import Projection

        last = steps[-1].key
        projection = from_arrays(Projection, parts[last]) if last in parts else None
        if "vectors" in description.inputs:
            return projection
        found = self._embed.collect(self._embedded(description), steps[:-1], parts)
        return found if found is None or projection is None else replace(found, projection=projection)

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        from biocore.embedding import Projection, to_frame

        if isinstance(result, Projection):
            columns = ["x", "y", "z"][: result.coordinates.shape[1]]
            return {"map": pd.DataFrame(result.coordinates, columns=columns)}
        tables = self._embed.tables(self._embedded(description), result)
        return {"map": to_frame(result, result.projection), **tables}

    def command(self, description: Description) -> str:
        if "vectors" in description.inputs:
            return super().command(description)
        asked = description.settings
        flags = " ".join(f"--{name.replace('_', '-')} {asked[name]}" for name in self.defaults)
        return f"python -m biocore map input.fasta {flags}"


def vectors_of(given: Mapping[str, Any]) -> np.ndarray:
    """The vectors of `as_text`.

    Raises
    ------
    InputError
        They are none.
    """
    text, width = given["vectors"], given["width"]
    try:
        data = base64.b64decode(text, validate=True)
        return np.frombuffer(data, "<f4").reshape(-1, records.whole({"width": width}, "width", 1, 100_000))
    except (TypeError, ValueError, binascii.Error) as error:
        raise InputError(f"vectors are no base64 of rows of {width} 32-bit numbers: {error}") from error
