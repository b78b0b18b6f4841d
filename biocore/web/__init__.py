"""Everything Streamlit: page frame, shared models, input and output parts, error display.

A page reads: ``web.page(...)``, an input part, ``with web.show_errors(): result = ...``, ``web.figure``, ``web.table``.
"""

from biocore.web.browser_key import owner
from biocore.web.frame import limits, page, plain, show_errors, show_notes
from biocore.web.inputs import decode, record_in_link, record_menu, sequence_input, show_upload_error, upload_text
from biocore.web.link import from_link, link_to, one_of, set_link, share_link, start_from_link, take_over
from biocore.web.outputs import command_line, download, figure, fold, listing, table
from biocore.web.shared import model_picker, open_folder, open_model, open_models
from biocore.web.waiting import Answer, job, watch

__all__ = [
    "Answer",
    "command_line",
    "decode",
    "download",
    "figure",
    "fold",
    "from_link",
    "job",
    "limits",
    "link_to",
    "model_picker",
    "one_of",
    "open_folder",
    "open_model",
    "open_models",
    "owner",
    "page",
    "plain",
    "record_in_link",
    "record_menu",
    "listing",
    "sequence_input",
    "set_link",
    "share_link",
    "show_errors",
    "show_notes",
    "show_upload_error",
    "start_from_link",
    "table",
    "take_over",
    "upload_text",
    "watch",
]
