"""Every substitution of proteins, by a language model, their families, or both."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore import zoo
from biocore.jobs.description import Description
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models, parameters, window

LIBRARY, BLEND = "families", "blend"
LANGUAGE_MODEL = "esm-mini"


def parts_of(model: str) -> tuple[str | None, str | None]:
    """Names of the library of families and of the language model that ``model`` stands for."""
    together = model == BLEND or model.startswith(f"{BLEND}:")
    if together:
        return LIBRARY, model.removeprefix(BLEND).removeprefix(":") or LANGUAGE_MODEL
    return (model, None) if model == LIBRARY else (None, model)


class ScanProtein(Kind):
    """``records``: proteins.  ``model``: a language model, "families", "blend" or "blend:NAME".  ``strategy``.

    The result is a list of `esm2.SubstitutionScan`, one for each record; rows that are not finished are NaN.
    """

    name, title, unit = "scan-protein", "Substitution scan", "residues"
    defaults = {"model": LANGUAGE_MODEL, "strategy": "masked"}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        from biocore.esm2 import STRATEGIES

        _, language = parts_of(records.text(settings, "model"))
        if language is not None:
            records.of_task(language, "protein-language-model")
        records.choice(settings, "strategy", STRATEGIES)
        return records.proteins(inputs), dict(settings)

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        return [name for name in parts_of(settings["model"]) if name is not None]

    def steps(self, description: Description) -> list[Step]:
        library, language = parts_of(description.settings["model"])
        strategy = description.settings["strategy"]
        steps = []
        for _, sequence in description.inputs["records"]:
            if language is not None:
                for first, last in self._spans(language, sequence, strategy):
                    payload = {"scan": language, "strategy": strategy, "sequence": sequence, "span": [first, last]}
                    steps.append(self.step(description, payload, last - first, models=[language]))
            if library is not None:
                payload = {"profile": library, "sequence": sequence}
                steps.append(self.step(description, payload, 1.0, models=[library]))
        return list({step.key: step for step in steps}.values())

    @staticmethod
    def _spans(language: str, sequence: str, strategy: str) -> Sequence[tuple[int, int]]:
        if strategy == "wild-type":
            return [(0, len(sequence))]
        tokens = min(len(sequence), window(language)) + 2
        return records.spans(len(sequence), max(1, records.tokens_a_step(parameters(language)) // tokens))

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        asked = step.payload
        if "profile" in asked:
            profile = models.get(asked["profile"]).profile(asked["sequence"])
            return {"probabilities": profile.probabilities, "effective": profile.effective}
        first, last = asked["span"]
        chunks = models.get(asked["scan"]).scan_chunks(asked["sequence"], asked["strategy"], range(first, last))
        return {"rows": np.concatenate([rows for _, rows in chunks])}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> list[Any] | None:
        from biocore.esm2 import TOKENS, SubstitutionScan
        from biocore.esm2.results import FAMILY

        rows: dict[str, np.ndarray] = {}
        profiles: dict[str, Arrays] = {}
        for step in steps:
            if step.key not in parts:
                continue
            found, sequence = parts[step.key], step.payload["sequence"]
            if "profile" in step.payload:
                profiles[sequence] = found
            else:
                first, last = step.payload["span"]
                whole = rows.setdefault(sequence, np.full((len(sequence), len(TOKENS)), np.nan, np.float32))
                whole[first:last] = found["rows"]
        if not rows and not profiles:
            return None
        library, language = parts_of(description.settings["model"])
        scans = []
        for _, sequence in description.inputs["records"]:
            blank = np.full((len(sequence), len(TOKENS)), np.nan, np.float32)
            name, strategy = description.settings["model"], description.settings["strategy"]
            scan = SubstitutionScan(sequence, strategy, rows.get(sequence, blank), name)
            if library is not None:
                strategy = BLEND if language else FAMILY
                if sequence in profiles:
                    mixed = self._mixed(library, language, scan, profiles[sequence])
                    scan = SubstitutionScan.from_probabilities(sequence, strategy, mixed, name)
                else:
                    scan = SubstitutionScan(sequence, strategy, blank, name)
            scans.append(scan)
        return scans

    @staticmethod
    def _mixed(library: str, language: str | None, scan: Any, profile: Arrays) -> np.ndarray:
        from biocore.families.blend import blend_of

        if language is None:
            return profile["probabilities"]
        blend = blend_of(zoo.card(library).details, language)
        return blend(profile["probabilities"], scan.probabilities, profile["effective"])

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        tables = []
        for (name, _), scan in zip(description.inputs["records"], result, strict=True):
            table = scan.table()
            table.insert(0, "record", name)
            tables.append(table)
        return {"substitutions": pd.concat(tables, ignore_index=True)}

    def command(self, description: Description) -> str:
        settings = description.settings
        return (
            f"python -m biocore scan-protein input.fasta --model {settings['model']} --strategy {settings['strategy']}"
        )
