"""Vectors of many proteins, and a map of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import InputError
from biocore.jobs.arrays import array_text, text_array
from biocore.jobs.description import Description
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models, is_folder, parameters

TASK = "protein-language-model"
LANGUAGE_MODEL = "esm-mini"


class Embed(Kind):
    """``records``: proteins, with ``descriptions`` of their headers if there are.  ``model``, ``layer`` (-1: the last).

    The result is an `embedding.EmbeddingSet`, of the finished proteins only where some are not.  Vectors are read from
    and written to the store of embeddings that all of biocore uses, too.
    """

    name, title, unit = "embed", "Embeddings", "residues"
    defaults = {"model": LANGUAGE_MODEL, "layer": -1}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        name = records.of_task(records.text(settings, "model"), TASK)
        layers = 1000 if is_folder(name) else int(zoo.card(name).details.get("layers", 1000))
        layer = settings["layer"]
        if isinstance(layer, bool) or not isinstance(layer, int) or not -1 <= layer <= layers:
            raise InputError(f"layer {layer!r} does not exist; {name} has 0 to {layers} (or -1, the last).")
        return records.with_descriptions(records.proteins(inputs), inputs), dict(settings)

    def steps(self, description: Description) -> list[Step]:
        from biocore.embedding.plans import plan

        model, layer = description.settings["model"], description.settings["layer"]
        distinct = list(dict.fromkeys(sequence for _, sequence in description.inputs["records"]))
        batches = plan([len(s) for s in distinct], budget=records.tokens_a_step(parameters(model))).batches
        steps = []
        for batch in batches:
            sequences = [distinct[i] for i in batch]
            payload = {"model": model, "layer": layer, "sequences": sequences}
            steps.append(self.step(description, payload, sum(map(len, sequences)), models=[model]))
        return steps

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        from biocore.embedding.store import VectorStore, key

        asked, store = step.payload, VectorStore()
        model, layer, sequences = models.get(asked["model"]), asked["layer"], asked["sequences"]
        keys = [key(model.hash, layer, sequence) for sequence in sequences]
        known = store.get(keys)
        todo = [i for i, k in enumerate(keys) if k not in known]
        if todo:
            made = model.embed([sequences[i] for i in todo], layer=layer)
            store.put([keys[i] for i in todo], made)
            known |= {keys[i]: vector for i, vector in zip(todo, made, strict=True)}
        return {"vectors": np.stack([known[k] for k in keys]), "hash": text_array(model.hash)}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any | None:
        import pandas as pd

        from biocore.embedding import EmbeddingSet, header_columns, unique_names
        from biocore.sequence import Record

        known: dict[str, np.ndarray] = {}
        model_hash = ""
        for step in steps:
            if step.key in parts and "layer" in step.payload:
                found = parts[step.key]
                model_hash = array_text(found["hash"])
                known |= dict(zip(step.payload["sequences"], found["vectors"], strict=True))
        rows = [i for i, (_, sequence) in enumerate(description.inputs["records"]) if sequence in known]
        if not rows:
            return None
        pairs = description.inputs["records"]
        headers = description.inputs.get("descriptions") or [""] * len(pairs)
        names, notes = unique_names([name for name, _ in pairs])
        kept = [Record(pairs[i][0], pairs[i][1], headers[i]) for i in rows]
        lengths = pd.DataFrame({"length": [len(record.sequence) for record in kept]})
        table = pd.concat([lengths, header_columns(kept).drop(columns="length", errors="ignore")], axis=1)
        return EmbeddingSet(
            names=tuple(names[i] for i in rows),
            vectors=np.stack([known[pairs[i][1]] for i in rows]),
            table=table,
            sequences=tuple(pairs[i][1] for i in rows),
            model=description.settings["model"],
            model_hash=model_hash,
            layer=description.settings["layer"],
            notes=notes,
        )

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        table = result.table.copy()
        table.insert(0, "record", result.names)
        table["model"], table["embedding"] = result.model, list(result.vectors)
        return {"embeddings": table}

    def command(self, description: Description) -> str:
        model, layer = description.settings["model"], description.settings["layer"]
        return f"python -m biocore embed input.fasta --model {model} --layer {layer} --out embeddings.parquet"
