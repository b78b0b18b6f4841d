"""What a job is asked to do, as plain JSON: the same question is the same description, and has the same hash."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from biocore.errors import InputError, ModelUnavailable

LARGEST = 256 * 2**20  # characters of a description that is read from a file


def canonical(value: Any) -> str:
    """JSON in one spelling only: keys sorted, no spaces, no NaN."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(value: Any) -> str:
    """sha256 of `canonical` JSON, 64 hexadecimal digits."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Description:
    """What is asked.  Made by `make`, which checks and completes it; the constructor trusts what it gets.

    Attributes
    ----------
    kind : str
        One of `kinds.names`.
    inputs : dict
        JSON: ``{"records": [[name, sequence], ...], ...}``.
    settings : dict
        JSON; every setting of the kind, also those left at their defaults.
    models : dict
        Name of each model that takes part -> what stands for its weights.
    """

    kind: str
    inputs: Mapping[str, Any]
    settings: Mapping[str, Any]
    models: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def make(
        cls, kind: str, inputs: Mapping[str, Any], settings: Mapping[str, Any] | None = None, **more: Any
    ) -> "Description":
        """A checked description: sequences cleaned, settings complete, models named by their weights.

        Parameters
        ----------
        kind : str
        inputs, settings : mapping
            JSON values; what a kind takes stands with the kind.
        **more
            Further settings, for short calls.

        Raises
        ------
        InputError
            No such kind or setting, or a record that cannot be used; the message names it.
        ModelUnavailable
            A model is not on this machine.
        """
        from biocore.jobs import kinds
        from biocore.jobs.models import model_hash

        found = kinds.get(kind)
        asked = {**(settings or {}), **more}
        unknown = sorted(set(asked) - set(found.defaults))
        if unknown:
            known = ", ".join(sorted(found.defaults)) or "none"
            raise InputError(f"{kind} has no setting {unknown[0]!r}; its settings: {known}.")
        clean_inputs, clean_settings = found.read(inputs, {**found.defaults, **asked})
        models = {name: model_hash(name) for name in sorted(found.models(clean_inputs, clean_settings))}
        try:  # once through JSON, so that a description equals itself read back
            values = json.loads(canonical([clean_inputs, clean_settings, models]))
        except (TypeError, ValueError) as error:
            raise InputError(f"a job of the kind {kind} takes JSON values only: {error}") from error
        return cls(kind, *values)

    @cached_property
    def hash(self) -> str:
        """sha256 of everything, 64 hexadecimal digits."""
        return digest([self.kind, self.inputs, self.settings, self.models])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Description) and self.hash == other.hash

    def __hash__(self) -> int:
        return hash(self.hash)

    def to_json(self) -> str:
        """As text; `from_json` reads it back."""
        return canonical({"kind": self.kind, "inputs": self.inputs, "settings": self.settings, "models": self.models})

    @classmethod
    def from_json(cls, text: str, *, name: str = "the description") -> "Description":
        """Read and check a description.

        Parameters
        ----------
        text : str
            Anything: nothing in it is trusted.
        name : str
            Of the file, for messages.

        Raises
        ------
        InputError
            It is no description, or asks for what no kind takes.
        ModelUnavailable
            It names weights that are not those on this machine.
        """
        if len(text) > LARGEST:
            raise InputError(f"{len(text):,} characters; a description has at most {LARGEST:,}.", record=name)
        try:
            values = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise InputError(f"is not JSON: {error}", record=name) from error
        if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
            raise InputError('needs an object with "kind", "inputs" and "settings".', record=name)
        parts = [values.get(part, {}) for part in ("inputs", "settings", "models")]
        if not all(isinstance(part, dict) for part in parts):
            raise InputError("inputs, settings and models must be objects.", record=name)
        made = cls.make(values["kind"], parts[0], parts[1])
        for model, wanted in parts[2].items():
            here = made.models.get(model)
            if here is not None and wanted != here:
                raise ModelUnavailable(
                    f"{name} was made with other weights of {model} than those on this machine. Take its entry out of "
                    '"models" to compute with these.'
                )
        return made

    @classmethod
    def stored(cls, text: str) -> "Description":
        """Read what `to_json` wrote here, without checking it again."""
        values = json.loads(text)
        return cls(values["kind"], values["inputs"], values["settings"], values["models"])

    def command(self) -> str:
        """The command line that computes the same; ``input.fasta`` or ``job.json`` stands for the input."""
        from biocore.jobs import kinds

        return kinds.get(self.kind).command(self)
