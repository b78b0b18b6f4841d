"""Where a sequence comes in: worked examples, a file, or pasted text that is never lost."""

from collections.abc import Mapping

import streamlit as st

from biocore import io
from biocore.errors import InputError
from biocore.web.link import from_link

MAX_UPLOAD_MB = 20


def take_over(name: str) -> str | None:
    """A text another page has handed over under `name` (see `link_to`), once; None where there is none."""
    return st.session_state.pop(f"hand_over.{name}", None)


def sequence_input(
    label: str,
    *,
    key: str,
    kind: str,
    examples: Mapping[str, str],
    help: str,
    param: str = "seq",
    height: int = 140,
    types: tuple[str, ...] = ("fa", "fasta", "fna", "faa", "txt", "gb", "gbk"),
) -> str:
    """Text area with worked examples and a file upload above it.  Draw it outside forms.

    The text comes from another page (`take_over(kind)`), else from the link (`param`), else from the first example.
    What the user typed stays until they change it, whatever the page makes of it.

    Parameters
    ----------
    key : str
        Session key of the text area.
    kind : str
        "dna" or "protein": what other pages hand over.
    examples : mapping
        Name -> text.  The first is what the page opens with.

    Returns
    -------
    str
        The text as typed, not cleaned.
    """
    handed = take_over(kind)
    if handed is not None:
        st.session_state[key] = handed
    elif key not in st.session_state:
        st.session_state[key] = from_link(param, next(iter(examples.values())))

    def use_example() -> None:
        chosen = st.session_state[f"{key}.example"]
        if chosen:
            st.session_state[key] = examples[chosen]

    def use_file() -> None:
        file = st.session_state[f"{key}.file"]
        if file is not None:
            try:
                st.session_state[key] = decode(file.getvalue(), file.name)
                st.session_state.pop(f"{key}.file_error", None)
            except InputError as error:
                st.session_state[f"{key}.file_error"] = str(error)

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        st.pills("Worked examples", list(examples), key=f"{key}.example", on_change=use_example)
    with right, st.popover("Upload a file", icon=":material/upload_file:", width="stretch"):
        st.file_uploader(
            f"{', '.join(types)}; up to {MAX_UPLOAD_MB} MB",
            type=list(types),
            key=f"{key}.file",
            on_change=use_file,
            max_upload_size=MAX_UPLOAD_MB,
        )
    if f"{key}.file_error" in st.session_state:
        st.error(st.session_state[f"{key}.file_error"])
    return st.text_area(label, key=key, help=help, height=height, persist_state="session")


def decode(content: bytes, name: str) -> str:
    """Text of an uploaded file, compressed or not.

    Raises
    ------
    InputError
        Not text, damaged, or more than five times the upload limit once decompressed.
    """
    return io.decode(content, name, limit=5 * MAX_UPLOAD_MB * 2**20)
