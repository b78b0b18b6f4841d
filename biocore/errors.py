"""Errors a user can act on.  Anything else is a bug, and should look like one."""


class BiocoreError(Exception):
    """Base class.  Pages and the command line show these as messages and catch nothing else."""


class InputError(BiocoreError, ValueError):
    """The user's sequence, structure, table or setting cannot be used.

    Parameters
    ----------
    message : str
        What is wrong and what would be accepted.
    record : str, optional
        Which FASTA record, file or column is meant.
    position : int, optional
        0-based index of the offending letter; shown 1-based, as biologists count.
    """

    def __init__(self, message: str, *, record: str | None = None, position: int | None = None):
        place = [f"record {record!r}"] if record else []
        place += [f"position {position + 1:,}"] if position is not None else []
        super().__init__(f"{', '.join(place)}: {message}" if place else message)
        self.record, self.position = record, position


class ModelUnavailable(BiocoreError):
    """The weights, or the package that runs them, are not on this machine."""


class DataUnavailable(BiocoreError):
    """A file or an internet resource that was asked for is out of reach."""
