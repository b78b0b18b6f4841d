"""What a kind of job is: how a question is cut into small steps, how one is computed, how their results become one."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from biocore.jobs.description import Description, digest

if TYPE_CHECKING:
    import pandas as pd

    from biocore.jobs.models import Models

Arrays = dict[str, np.ndarray]
Parts = Mapping[str, Arrays]  # step key -> its arrays; of a job that is not finished, only some


@dataclass(frozen=True)
class Step:
    """A small part of a job: a second of computing or less, so that a stop is quick and a crash costs little.

    Attributes
    ----------
    key : str
        Hash of all the result depends on; the same step of another job is the same result.
    payload : dict
        JSON; what `Kind.run` needs to know.
    work : float
        Share of the job, in the kind's `unit`.
    needs : tuple of str
        Keys of steps, earlier in the list, whose results this one reads.
    long : bool
        It cannot be cut and takes more than seconds, so it is computed aside, where others need not wait for it.
    """

    key: str
    payload: dict[str, Any] = field(repr=False)
    work: float = 1.0
    needs: tuple[str, ...] = ()
    long: bool = False


class Kind(ABC):
    """One kind of job.  Objects hold no state: the worker, the page and the command line each have their own.

    Attributes
    ----------
    name : str
        In descriptions and on the command line.
    title : str
        For people.
    unit : str
        What `Step.work` counts: "residues", "windows".
    defaults : mapping
        Every setting there is, with its default.
    version : int
        Raised when a step's result changes, so that old ones are not taken for new.
    """

    name: str
    title: str
    unit: str = "steps"
    defaults: Mapping[str, Any] = {}
    version: int = 1

    @abstractmethod
    def read(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> tuple[dict, dict]:
        """Checked inputs and settings, sequences cleaned; InputError names record and place of what is wrong."""

    def models(self, inputs: Mapping[str, Any], settings: Mapping[str, Any]) -> Sequence[str]:
        """Names of the models that take part."""
        return [settings["model"]] if "model" in settings else []

    @abstractmethod
    def steps(self, description: Description) -> list[Step]:
        """The steps, in the order they are computed.  Pure: the same description gives the same steps."""

    @abstractmethod
    def run(self, step: Step, models: "Models", parts: Parts) -> Arrays:
        """Compute one step.  `parts` holds the results of ``step.needs``.  Arrays of numbers only."""

    @abstractmethod
    def collect(self, description: Description, steps: Sequence[Step], parts: Parts) -> Any:
        """The library's own result, from all or some of the parts: NaN or None where one is missing.

        None where too little is there to show.
        """

    @abstractmethod
    def tables(self, description: Description, result: Any) -> "dict[str, pd.DataFrame]":
        """What a folder of results holds: name of a file without its ending -> table."""

    def command(self, description: Description) -> str:
        """The command line that computes the same."""
        return "python -m biocore jobs run job.json --out results"

    def residues(self, description: Description) -> int:
        """Letters of all records; what limits count."""
        return sum(len(sequence) for _, sequence in description.inputs.get("records", []))

    def step(
        self,
        description: Description,
        payload: dict[str, Any],
        work: float = 1.0,
        *,
        models: Sequence[str] | None = None,
        needs: Sequence[str] = (),
        long: bool = False,
    ) -> Step:
        """A step whose key covers its payload, the steps it needs and the models it asks (default: all)."""
        asked = {m: description.models[m] for m in (description.models if models is None else models)}
        return Step(digest([self.name, self.version, asked, payload, list(needs)]), payload, work, tuple(needs), long)
