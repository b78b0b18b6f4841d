"""A server that is ready before anybody opens a page.

Pages are imported before the server answers, so that no two visitors import at once.  The models that ship are loaded
in the background, and then each page's first worked example is answered.
"""

import contextlib
import gc
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from streamlit.runtime.pages_manager import PagesManager

from biocore import runtime, zoo
from biocore.errors import BiocoreError
from biocore.web.shared import open_models
from biocore.web.worked_examples import answer_all

LOADED = ("esm-mini", "variant-effect", "go-mf")  # what the pages open with, and the families; few more are kept
LATE = ("scipy.stats", "sklearn.manifold")  # imported by some pages where they need it
PROTEIN = "GIGKFLHSAKKFGKAFVGEIMNS"
DNA = "ACGTTGCA" * 80


@asynccontextmanager
async def ready(_app: Any) -> AsyncIterator[dict[str, Any]]:
    """For ``st.App(..., lifespan=ready)``."""
    runtime.share_cores()
    # The menu is drawn by app.py.  Until that has run once, Streamlit would take the folder `pages` for the menu, and
    # whoever comes by a page's own address would see that page without it.
    PagesManager.uses_pages_directory = False
    for path in sorted(runtime.PAGES.glob("*.py")):
        if find_spec(f"biocore.web.{path.stem}") is not None:  # a page may do without parts of its own
            import_module(f"biocore.web.{path.stem}")
    for loader in zoo.LOADERS.values():
        import_module(loader)
    _spare_the_collector()
    threading.Thread(target=_load, name="warm", daemon=True).start()
    yield {}


def _load() -> None:
    """Load what ships; a model that is missing or broken is for its page to report."""
    steps: list[Callable[[], None]] = [_unpack_families, *(partial(_open, name) for name in LOADED), _compile_factors]
    for work in steps:
        with contextlib.suppress(BiocoreError):
            work()
    for module in LATE:
        import_module(module)
    _spare_the_collector()
    answer_all()


def _spare_the_collector() -> None:
    """What stays anyway need not be looked through whenever garbage is collected (see `garbage`)."""
    gc.collect()
    gc.freeze()


def _open(name: str) -> None:
    with open_models((name,)):
        pass


def _unpack_families() -> None:
    """The first protein that is looked up unpacks the library."""
    with open_models(("families",)) as (library,):
        library.profile(PROTEIN)


def _compile_factors() -> None:
    """What the DNA page asks of a window: JAX compiles each shape once for the whole server, and for all factors."""
    from biocore import attribution, tfbinding
    from biocore.sequence import one_hot

    names = zoo.here("tf-binding")
    loaded = [zoo.load(name) for name in names]
    tfbinding.track(loaded, one_hot([DNA])[0])
    for name, model in zip(names[:1], loaded, strict=False):
        dna = DNA[: zoo.card(name).window]
        model.strand_log_odds(one_hot([dna]))
        attribution.mutation_scans(model, (dna,), starts=(0,))
        attribution.significance(model, dna, seed=0, shuffles=20)
