"""Objects that refer to each other in a ring, freed now and then and not after each run of a script.

Streamlit would look through all objects after every run.  With the libraries of all pages loaded that takes a tenth of
a second or more, during which nobody else is answered, and a page that waits for a job runs every second; so
``.streamlit/config.toml`` turns it off.
"""

import gc
import threading
import time

EVERY_S = 20.0

_turn = threading.Lock()
_next = 0.0


def collect_sometimes() -> bool:
    """Collect garbage unless that was done within the last 20 s; whether it was done now."""
    global _next
    if not _turn.acquire(blocking=False):
        return False
    try:
        if time.monotonic() < _next:
            return False
        gc.collect()
        _next = time.monotonic() + EVERY_S
        return True
    finally:
        _turn.release()
