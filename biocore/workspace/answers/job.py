"""First answers as a job: each page's is a step, so they come one by one and outlive the page that asked."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from biocore import zoo
from biocore.errors import BiocoreError
from biocore.jobs.description import Description
from biocore.jobs.kinds import records
from biocore.jobs.kinds.base import Arrays, Kind, Parts, Step
from biocore.jobs.models import Models
from biocore.sequence import Record
from biocore.workspace.answers import TITLES, Found, ask, pages_of
from biocore.workspace.molecule import DNA, KINDS, PROTEIN, Molecule
from biocore.workspace.session import Answer, Session, read_session, write_session
from biocore.workspace.tracks import TrackTable

LONG = {PROTEIN: 3000, DNA: 300_000}  # letters above which one page takes more than seconds
PROTEIN_MODELS = ("families", "esm-mini", "variant-effect", "go-mf")


class FirstAnswers(Kind):
    """``records``: one.  ``molecule``: "protein" or "dna".

    The result is a dict: page -> `Found`, without figures.
    """

    name, title, unit = "first-answers", "First answers", "pages"
    defaults = {"molecule": "protein"}

    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        is_dna = records.choice(settings, "molecule", KINDS) == DNA
        clean = records.dna(inputs) if is_dna else records.proteins(inputs)
        return records.one(clean, self.name), dict(settings)

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        names = zoo.names("tf-binding") if settings["molecule"] == DNA else PROTEIN_MODELS
        known = {card.name: card for card in zoo.cards()}
        return [name for name in names if name in known and zoo.available(known[name])]

    def steps(self, description: Description) -> list[Step]:
        molecule = description.settings["molecule"]
        name, sequence = description.inputs["records"][0]
        asked = {"molecule": molecule, "name": name, "sequence": sequence}
        long = len(sequence) > LONG[molecule]
        return [self.step(description, {**asked, "page": page}, long=long) for page in pages_of(molecule)]

    def run(self, step: Step, models: Models, parts: Parts) -> Arrays:
        @contextmanager
        def opener(names: Sequence[str]) -> Iterator[list[Any]]:
            yield [models.get(name) for name in names]

        asked, page = step.payload, step.payload["page"]
        record = Record(asked["name"], asked["sequence"])
        try:
            found = ask(page, Molecule(asked["molecule"], "", (record,)), opener, quick=True)
        except BiocoreError as error:
            found = Found(Answer(page, TITLES[page], f"No answer: {error}"))
        return {"session": np.frombuffer(write_session(_as_session(found)), np.uint8)}

    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> dict[str, Found] | None:
        found = {}
        for step in steps:
            if step.key in parts:
                session = read_session(parts[step.key]["session"].tobytes())
                found[step.payload["page"]] = Found(session.answers[0], tuple(session.tracks))
        return found or None

    def tables(self, description: Description, result: Any) -> dict[str, Any]:
        import pandas as pd

        rows = [{"page": found.answer.title, "answer": found.answer.text} for found in result.values()]
        tables = {page: found.answer.table for page, found in result.items() if found.answer.table is not None}
        return {"answers": pd.DataFrame(rows), **tables}


def _as_session(found: Found) -> Session:
    """A session file holds an answer with its table and tracks, and is read with care, whoever wrote it."""
    return Session(tracks=TrackTable(found.tracks), answers=(found.answer,))
