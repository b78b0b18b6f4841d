"""The worker's own process: started where none lives, started again where it ended with work left."""

from biocore.jobs.store import Store


def ensure_worker(store: Store | None = None) -> None:
    """See to it that a worker lives, unless the setting ``BIOCORE_JOBS`` says that someone else does."""
