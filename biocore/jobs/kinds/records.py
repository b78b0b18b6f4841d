"""Records and settings of descriptions, checked the same way by every kind."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from biocore.errors import InputError
from biocore.sequence import clean_dna, clean_protein

STEP_WORK = {"cpu": 2.5e10, "gpu": 1e13}  # parameters times tokens of one step: half a second on two free cores


def proteins(inputs: Mapping[str, Any], *, longest: int = 20_000) -> dict[str, Any]:
    """``{"records": [[name, sequence], ...]}`` with cleaned proteins.

    Raises
    ------
    InputError
        There is none, or one cannot be used: its name or number is in the message.
    """
    return {"records": [[n, clean_protein(s, record=n, max_length=longest).sequence] for n, s in _records(inputs)]}


def dna(inputs: Mapping[str, Any], *, shortest: int = 20) -> dict[str, Any]:
    """As `proteins`, with cleaned DNA."""
    return {"records": [[n, clean_dna(s, record=n, min_length=shortest).sequence] for n, s in _records(inputs)]}


def one(inputs: dict[str, Any], kind: str) -> dict[str, Any]:
    """The same inputs, where they hold one record.

    Raises
    ------
    InputError
        They hold several.
    """
    if len(inputs["records"]) != 1:
        raise InputError(f"{len(inputs['records']):,} records given; {kind} takes one.")
    return inputs


def _records(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    records = inputs.get("records")
    if not isinstance(records, list | tuple) or not records:
        raise InputError('there is no record; inputs are {"records": [[name, sequence], ...]}.')
    found = []
    for number, record in enumerate(records, 1):
        if (
            not isinstance(record, list | tuple)
            or len(record) != 2
            or not all(isinstance(part, str) for part in record)
        ):
            raise InputError(f"record {number:,} is no pair of a name and a sequence.")
        found.append((record[0] or f"record {number}", record[1]))
    return found


def choice(settings: Mapping[str, Any], name: str, allowed: Iterable[str]) -> str:
    """A setting that is one of several words.

    Raises
    ------
    InputError
        It is another.
    """
    known = list(allowed)
    if settings[name] not in known:
        raise InputError(f"{name} is {settings[name]!r}; use {' or '.join(known)}.")
    return settings[name]


def yes_or_no(settings: Mapping[str, Any], name: str) -> bool:
    """A setting that is true or false.

    Raises
    ------
    InputError
        It is neither.
    """
    if not isinstance(settings[name], bool):
        raise InputError(f"{name} is {settings[name]!r}; use true or false.")
    return settings[name]


def whole(settings: Mapping[str, Any], name: str, low: int, high: int) -> int:
    """A setting that is a whole number from `low` to `high`.

    Raises
    ------
    InputError
        It is not.
    """
    value = settings[name]
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(f"{name} is {value!r}; use a whole number from {low:,} to {high:,}.")
    return value


def text(settings: Mapping[str, Any], name: str) -> str:
    """A setting that is text.

    Raises
    ------
    InputError
        It is not, or is empty.
    """
    value = settings[name]
    if not isinstance(value, str) or not value:
        raise InputError(f"{name} is {value!r}; a name is needed.")
    return value


def of_task(name: str, task: str) -> str:
    """The name of a model, where it does this task; folders are checked when they are opened.

    Raises
    ------
    InputError
        It does another one, or does not exist.
    """
    from biocore import zoo
    from biocore.jobs.models import is_folder

    if not is_folder(name) and zoo.card(name).task != task:
        raise InputError(f"{name} is no model for {task}; these are: {', '.join(zoo.names(task))}.")
    return name


def tokens_a_step(parameters: int) -> int:
    """Tokens that a language model reads in about a second on this machine's device."""
    from biocore import runtime

    return max(1, int(STEP_WORK[runtime.device().kind] / max(parameters, 1)))


def spans(length: int, size: int) -> Sequence[tuple[int, int]]:
    """(first, last) of stretches of at most `size`, 0-based half-open."""
    return [(start, min(start + size, length)) for start in range(0, length, size)]


def with_descriptions(clean: dict[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The same with ``descriptions``, what the headers say beside the names, where `inputs` has them.

    Raises
    ------
    InputError
        Not one text for each record.
    """
    headers = inputs.get("descriptions")
    if headers is None:
        return clean
    if (
        not isinstance(headers, list | tuple)
        or len(headers) != len(clean["records"])
        or not all(isinstance(header, str) for header in headers)
    ):
        raise InputError("descriptions must be a list with a text for each record.")
    return {**clean, "descriptions": list(headers)}


def usable(found: Sequence[Sequence[str]]) -> tuple[list[list[str]], list[tuple[str, str]]]:
    """Proteins that can be read, and those that cannot with the reason: for long lists, where one bad one is no reason
    to refuse the rest.

    Parameters
    ----------
    found : sequence of (name, sequence)

    Returns
    -------
    records : list of [name, cleaned sequence]
    left_out : list of (name, reason)
    """
    kept, left_out = [], []
    for number, (name, sequence) in enumerate(found, 1):
        name = name or f"record {number}"
        try:
            kept.append([name, clean_protein(sequence, record=name, max_length=20_000).sequence])
        except InputError as error:
            left_out.append((name, str(error).removeprefix(f"record {name!r}").lstrip(":, ")))
    return kept, left_out
