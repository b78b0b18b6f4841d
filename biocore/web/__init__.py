"""Everything Streamlit: page frame, shared models, input and output parts, error display.

A page reads: ``web.page(...)``, an input part, ``with web.show_errors(): result = ...``, ``web.figure``, ``web.table``.
"""

from biocore.web.frame import limits, page, plain, show_errors, show_notes
from biocore.web.inputs import sequence_input, take_over
from biocore.web.link import from_link, link_to, set_link
from biocore.web.outputs import command_line, download, figure, table
from biocore.web.shared import model_picker, open_model, open_models

__all__ = [
    "command_line",
    "download",
    "figure",
    "from_link",
    "limits",
    "link_to",
    "open_model",
    "model_picker",
    "open_models",
    "page",
    "plain",
    "sequence_input",
    "set_link",
    "show_errors",
    "show_notes",
    "table",
    "take_over",
]
