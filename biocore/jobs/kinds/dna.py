"""Factors along DNA, and how important a position looks by chance."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError, ModelUnavailable
from biocore.jobs.description import Description
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models

TASK, ALL = "tf-binding", "all"
SHORTEST, WIDTH = 20, 101  # bp
_WINDOWS = 4096  # of one step
_TOGETHER = 512  # records of one window that are scored in one step
_SHUFFLES = 4  # scanned in one step


def asked_models(asked: Any) -> list[str]:
    """Names of factor models; every one on this machine for "all".

    Raises
    ------
    InputError
        It is no list of names, or one is no factor's.
    ModelUnavailable
        There is none on this machine.
    """
    if asked == ALL:
        asked = zoo.here(TASK)
        if not asked:
            raise ModelUnavailable(
                "There is no DNA model on this machine. Train one: python -m biocore train tfbinding"
            )
    if not isinstance(asked, list | tuple) or not asked or not all(isinstance(name, str) for name in asked):
        raise InputError(f"models is {asked!r}; a list of names is needed, or {ALL!r}.")
    return [records.of_task(name, TASK) for name in asked]


class Track(Kind):
    """``records``: DNA.  ``models``: names of factor models, or "all" on this machine; ``window`` and ``stride`` in bp.

    The result is a list with a `tfbinding.tracks.Track` for each record; windows that are not finished are NaN.
    """

    name, title, unit = "track", "DNA scan", "windows"
    defaults = {"models": ALL, "window": WIDTH, "stride": 1}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        asked = asked_models(settings["models"])
        records.whole(settings, "window", SHORTEST, 10_000)
        records.whole(settings, "stride", 1, 10_000)
        return records.dna(inputs, shortest=SHORTEST), {**settings, "models": asked}

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return settings["models"]

    def steps(self, description: Description) -> list[Step]:
        asked = dict(description.settings)
        window, stride = asked["window"], asked["stride"]
        size = max(1, _WINDOWS // stride)
        steps: list[Step] = []
        short: dict[int, list[str]] = {}
        for sequence in dict.fromkeys(sequence for _, sequence in description.inputs["records"]):
            if len(sequence) < window + stride:
                short.setdefault(min(len(sequence), window), []).append(sequence)
                continue
            for first, last in records.spans((len(sequence) - window) // stride + 1, size):
                piece = sequence[first * stride : (last - 1) * stride + window]
                steps.append(self.step(description, {**asked, "sequences": [piece]}, last - first))
        for members in short.values():
            for a, b in records.spans(len(members), _TOGETHER):
                steps.append(self.step(description, {**asked, "sequences": members[a:b]}, b - a))
        return list({step.key: step for step in steps}.values())

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore import tfbinding

        asked = step.payload
        loaded = models.several(tuple(asked["models"]))
        tracks = tfbinding.record_tracks(loaded, asked["sequences"], window=asked["window"], stride=asked["stride"])
        return {
            "forward": np.concatenate([track.forward for track in tracks], axis=1),
            "reverse": np.concatenate([track.reverse for track in tracks], axis=1),
        }

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.tfbinding.tracks import Track as Result

        asked = description.settings
        window, stride = asked["window"], asked["stride"]
        known = {}
        for step in steps:
            if step.key in parts:
                found, pieces = parts[step.key], step.payload["sequences"]
                if len(pieces) == 1:
                    known[pieces[0]] = found["forward"], found["reverse"]
                else:
                    for i, piece in enumerate(pieces):
                        known[piece] = found["forward"][:, i : i + 1], found["reverse"][:, i : i + 1]
        if not known:
            return None
        size, tfs = max(1, _WINDOWS // stride), tuple(zoo.factor(name) for name in asked["models"])
        tracks = []
        for _, sequence in description.inputs["records"]:
            width = min(window, len(sequence))
            starts = np.arange(0, len(sequence) - width + 1, stride)
            if len(sequence) < window + stride:
                starts = starts[:1]
            strands = np.full((2, len(tfs), len(starts)), np.nan, np.float32)
            for first, last in records.spans(len(starts), size):
                piece = sequence[first * stride : (last - 1) * stride + width]
                if piece in known:
                    strands[0][:, first:last], strands[1][:, first:last] = known[piece]
            tracks.append(Result(tfs, starts, width, strands[0], strands[1]))
        return tracks

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        from biocore.tfbinding.tracks import site_table, track_table

        named = [(name, track) for (name, _), track in zip(description.inputs["records"], result, strict=True)]
        return {
            "windows": pd.concat([track_table(track, record=name) for name, track in named], ignore_index=True),
            "sites": pd.concat([site_table(track, record=name) for name, track in named], ignore_index=True),
        }

    def command(self, description: Description) -> str:
        asked = description.settings
        tfs = ",".join(zoo.factor(name) for name in asked["models"])
        return f"python -m biocore track input.fasta --tf {tfs} --window {asked['window']} --stride {asked['stride']}"


class Significance(Kind):
    """``records``: one window of DNA.  ``model``: a factor's; ``shuffles``, ``level``, ``seed``.

    The result is an `attribution.Significance`.
    """

    name, title, unit = "significance", "Significance threshold", "shuffles"
    defaults = {"model": "", "shuffles": 20, "level": 0.05, "seed": 0}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.attribution.ism import shuffled_sequences

        records.of_task(records.text(settings, "model"), TASK)
        records.whole(settings, "shuffles", 1, 10_000)
        records.whole(settings, "seed", 0, 2**31 - 1)
        level = settings["level"]
        if not isinstance(level, int | float) or not 0 < level < 1:
            raise InputError(f"level is {level!r}; use a number between 0 and 1.")
        clean = records.one(records.dna(inputs, shortest=SHORTEST), self.name)
        shuffled_sequences(clean["records"][0][1], seed=settings["seed"], shuffles=settings["shuffles"])
        return clean, dict(settings)

    def steps(self, description: Description) -> list[Step]:
        from biocore.attribution.ism import shuffled_sequences

        asked = description.settings
        sequence = description.inputs["records"][0][1]
        shuffled = shuffled_sequences(sequence, seed=asked["seed"], shuffles=asked["shuffles"])
        return [
            self.step(description, {"model": asked["model"], "place": a, "sequences": shuffled[a:b]}, b - a)
            for a, b in records.spans(len(shuffled), _SHUFFLES)
        ]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.attribution.ism import largest_importance

        return {"maxima": largest_importance(models.get(step.payload["model"]), step.payload["sequences"])}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        from biocore.attribution.ism import significance_of

        if not all(step.key in parts for step in steps):  # a threshold from fewer shuffles would look like the real one
            return None
        maxima = np.concatenate([parts[step.key]["maxima"] for step in steps])
        return significance_of(maxima, description.settings["level"])

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        name = description.inputs["records"][0][0]
        row = {"record": name, "model": description.settings["model"], "level": result.level}
        shuffled = pd.DataFrame({"shuffle": np.arange(1, len(result.maxima) + 1), "largest_importance": result.maxima})
        return {"threshold": pd.DataFrame([{**row, "threshold": result.threshold}]), "shuffles": shuffled}
