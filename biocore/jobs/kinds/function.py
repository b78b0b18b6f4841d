"""GO molecular functions of many proteins, and the residues an answer rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.jobs.description import Description
from biocore.jobs.flat import from_arrays, to_arrays
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models

MODEL = "go-mf"
_PASSES = 8  # of the language model in one step of an occlusion


def _models(name: str) -> Sequence[str]:
    """A function model and the language model behind it."""
    backbone = zoo.card(name).details["backbone"]
    return [name] if backbone == "none" else [name, backbone]


class Function(Kind):
    """``records``: proteins.  ``model``; ``above_threshold``: tables hold predicted terms only.

    The result is a list with a `go.Prediction` of one protein for each record, None where it is not finished.
    """

    name, title, unit = "function", "Protein function", "proteins"
    defaults = {"model": MODEL, "above_threshold": True}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        records.of_task(records.text(settings, "model"), "protein-function")
        records.yes_or_no(settings, "above_threshold")
        return records.proteins(inputs), dict(settings)

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return _models(settings["model"])

    def steps(self, description: Description) -> list[Step]:
        model = description.settings["model"]
        distinct = dict.fromkeys(sequence for _, sequence in description.inputs["records"])
        return [self.step(description, {"model": model, "sequence": sequence}) for sequence in distinct]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        return to_arrays(models.get(step.payload["model"])([step.payload["sequence"]]))

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.go import Prediction

        known = {
            step.payload["sequence"]: from_arrays(Prediction, parts[step.key]) for step in steps if step.key in parts
        }
        return [known.get(sequence) for _, sequence in description.inputs["records"]] if known else None

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        from biocore.go import tables

        model = zoo.load(description.settings["model"])
        above = description.settings["above_threshold"]
        rows = [
            tables.scores(model, prediction, [name], above_threshold=above)
            for (name, _), prediction in zip(description.inputs["records"], result, strict=True)
            if prediction is not None
        ]
        return {"functions": pd.concat(rows, ignore_index=True)}

    def command(self, description: Description) -> str:
        above = " --above-threshold" if description.settings["above_threshold"] else ""
        return f"python -m biocore function input.fasta --model {description.settings['model']}{above}"


class Occlusion(Kind):
    """``records``: one protein.  ``term``: a GO term of the model; ``model``; ``count``: windows, about.

    The result is the pair of `go.evidence.ResidueEvidence` and `OcclusionFaithfulness` (None until it is tested).
    """

    name, title, unit = "occlusion", "Residues behind a function", "passes"
    defaults = {"model": MODEL, "term": "", "count": 48, "draws": 19, "seed": 0}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.go.evidence import MIN_LENGTH

        records.of_task(records.text(settings, "model"), "protein-function")
        records.text(settings, "term")
        for name, low, high in (("count", 2, 2000), ("draws", 1, 999), ("seed", 0, 2**31 - 1)):
            records.whole(settings, name, low, high)
        clean = records.one(records.proteins(inputs), self.name)
        name, sequence = clean["records"][0]
        if len(sequence) < MIN_LENGTH:
            raise InputError(f"{len(sequence)} residues; residue attribution needs {MIN_LENGTH} or more.", record=name)
        return clean, dict(settings)

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return _models(settings["model"])

    def steps(self, description: Description) -> list[Step]:
        from biocore.go.evidence import windows_for

        asked = description.settings
        sequence = description.inputs["records"][0][1]
        common = {"model": asked["model"], "term": asked["term"], "sequence": sequence}
        windows = windows_for(len(sequence), count=asked["count"])
        variants: list[list[tuple[int, int]]] = [[], *[[w] for w in windows]]
        steps = [
            self.step(description, {**common, "hide": variants[a:b]}, b - a)
            for a, b in records.spans(len(variants), _PASSES)
        ]
        needs = [step.key for step in steps]
        drawn = {**common, "windows": windows, "draws": asked["draws"], "seed": asked["seed"]}
        for a, b in records.spans(asked["draws"] + 2, _PASSES):
            steps.append(self.step(description, {**drawn, "span": [a, b]}, b - a, needs=needs))
        return steps

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.go import evidence

        asked, model = step.payload, models.get(step.payload["model"])
        if asked["term"] not in model.terms:
            raise InputError(f"{asked['model']} has no term {asked['term']!r}.")
        term = model.terms.index(asked["term"])
        if "hide" in asked:
            variants = asked["hide"]
        else:
            scores = np.concatenate([parts[key]["log_odds"] for key in step.needs])
            found = evidence.evidence_of(asked["sequence"], term, _pairs(asked["windows"]), scores)
            first, last = asked["span"]
            drawn = evidence.deletions(found, draws=asked["draws"], seed=asked["seed"])
            variants = [[], *drawn][first:last]
        occluder = models.note(
            ("occluder", id(model), asked["sequence"]), lambda: evidence.Occluder(model, asked["sequence"])
        )
        return {"log_odds": occluder.log_odds(variants, term, None), "term": np.array([term])}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> tuple[Any, Any] | None:
        from biocore.go import evidence

        hidden = [step for step in steps if "hide" in step.payload]
        tested = [step for step in steps if "span" in step.payload]
        if not all(step.key in parts for step in hidden):
            return None
        first = parts[hidden[0].key]
        scores = np.concatenate([parts[step.key]["log_odds"] for step in hidden])
        windows = _pairs(tested[0].payload["windows"])
        found = evidence.evidence_of(hidden[0].payload["sequence"], int(first["term"][0]), windows, scores)
        if not all(step.key in parts for step in tested):
            return found, None
        scores = np.concatenate([parts[step.key]["log_odds"] for step in tested])
        return found, evidence.faithfulness_of(found, scores)

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        found, test = result
        name = description.inputs["records"][0][0]
        residues = pd.DataFrame(
            {
                "record": name,
                "position": np.arange(1, len(found.sequence) + 1),
                "residue": list(found.sequence),
                "fall_of_log_odds": found.effect,
            }
        )
        row = {"record": name, "term": description.settings["term"], "shown": test.shown, "p_value": test.p_value}
        return {"residues": residues, "faithfulness": pd.DataFrame([row])}


def _pairs(windows: Sequence[Sequence[int]]) -> list[tuple[int, int]]:
    return [(start, stop) for start, stop in windows]
