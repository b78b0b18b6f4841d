"""What each page opens with, answered before anybody asks."""

import contextlib
import os
import threading

from biocore.errors import BiocoreError
from biocore.web.dna_binding import choice as windows
from biocore.web.dna_binding import compute as dna
from biocore.web.embedding_map import draw
from biocore.web.masked_residues import contacts, inside, residues, scan
from biocore.web.masked_residues.inputs import INSULIN
from biocore.web.masked_residues.model import FALLBACK, choice_of
from biocore.web.protein_function import running
from biocore.web.variant_effects import compute as variants

POLITE = 5  # niceness of the thread: visitors come first


def answer_all() -> None:
    """Answer the first worked example of every page, for all visitors; what fails is for its page to report.

    Call it in a thread of its own: it gives way to others from then on.
    """
    with contextlib.suppress(OSError, AttributeError):  # only on Linux has a thread a niceness of its own
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), POLITE)
    for answer in (
        _dna_binding,
        running.answer_example,
        _masked_residues,
        variants.answer_example,
        draw.answer_example,
    ):
        with contextlib.suppress(BiocoreError):
            answer()


def _dna_binding() -> None:
    dna.answer_example(windows.opening)


def _masked_residues() -> None:
    choice = choice_of(FALLBACK)
    residues.answer_example(choice)
    scan.answer_example(choice, INSULIN)
    contacts.attended(choice, INSULIN)
    inside.token_map(choice)
