"""Where a sequence comes in: worked examples, a file, or pasted text that is never lost."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from biocore import io
from biocore.errors import InputError
from biocore.web.frame import plain
from biocore.web.link import start_from_link, take_over

MAX_UPLOAD_MB = 20
MAX_TEXT = 2 * 2**20  # characters in a text area: the browser gets them again on every run of the page
SEQUENCE_FILES = ("fa", "fasta", "fna", "faa", "txt", "gb", "gbk", "gz")


def sequence_input(
    label: str,
    *,
    key: str,
    kind: str,
    examples: Mapping[str, str],
    help: str,
    param: str = "seq",
    height: int = 140,
    types: tuple[str, ...] = SEQUENCE_FILES,
) -> str:
    """Text area with worked examples and a file upload above it.  Draw it outside forms.

    The text comes from another page (`take_over(kind)`), else from the link (`param`), else from the first example.
    What the user typed stays until they change it, whatever the page makes of it.  A file too long for the text area
    stands in its place, with its name and first lines.

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
    long_file = f"{key}.long_file"
    handed = take_over(kind)
    if handed is not None:
        st.session_state[key] = handed
        st.session_state.pop(long_file, None)
    start_from_link(param, next(iter(examples.values())), key=key)

    def use_example() -> None:
        chosen = st.session_state[f"{key}.example"]
        if chosen:
            st.session_state[key] = examples[chosen]
            st.session_state.pop(long_file, None)

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        st.pills("Worked examples", list(examples), format_func=plain, key=f"{key}.example", on_change=use_example)
    with right, st.popover("Upload a file", icon=":material/upload_file:", width="stretch"):
        upload_text(key=f"{key}.file", into=key, types=types, long_file=long_file)
    show_upload_error(f"{key}.file")
    if long_file in st.session_state:
        return _long_file(label, long_file)
    return st.text_area(label, key=key, help=help, height=height, persist_state="session")


def _long_file(label: str, key: str) -> str:
    """What stands in the place of the text area for a file too long for it."""
    name, text = st.session_state[key]
    st.text(f"{label}: the file {name}, {len(text):,} characters. It begins:")
    st.code("\n".join(line[:100] for line in text[:1000].splitlines()[:4]), language=None)
    st.button("Use the text box instead", on_click=lambda: st.session_state.pop(key, None), key=f"{key}.leave")
    return text


def upload_text(
    label: str | None = None, *, key: str, into: str, types: Sequence[str], long_file: str | None = None
) -> None:
    """A file upload that fills a text area; draw it before that text area, and `show_upload_error` where it is seen.

    Parameters
    ----------
    label : str, optional
        By default the endings and the largest size.
    key : str
        Session key of the upload.
    into : str
        Session key of the text area.
    types : sequence of str
        Endings without the dot.
    long_file : str, optional
        Session key that gets (name, text) of a file of more than `MAX_TEXT` characters; without it such a file is
        refused.
    """

    def use_file() -> None:
        file = st.session_state[key]
        if file is None:
            return
        try:
            text = decode(file.getvalue(), file.name, limit=MAX_UPLOAD_MB * 2**20)
            if len(text) > MAX_TEXT and long_file is None:
                raise InputError(f"{len(text):,} characters; up to {MAX_TEXT:,} are taken here.", record=file.name)
        except InputError as error:
            st.session_state[f"{key}.error"] = str(error)
            return
        st.session_state.pop(f"{key}.error", None)
        if long_file is not None:
            st.session_state.pop(long_file, None)
        if len(text) > MAX_TEXT and long_file is not None:
            st.session_state[long_file] = (file.name, text)
        else:
            st.session_state[into] = text

    st.file_uploader(
        plain(label or f"{', '.join(types)}; up to {MAX_UPLOAD_MB} MB"),
        type=list(types),
        key=key,
        on_change=use_file,
        max_upload_size=MAX_UPLOAD_MB,
    )


def show_upload_error(key: str) -> None:
    """Why the last file of the upload `key` was not taken."""
    message = st.session_state.get(f"{key}.error")
    if message:
        st.error(plain(message), icon=":material/error:")


def record_menu(
    names: Sequence[str],
    *,
    key: str,
    rows: Sequence[int] | None = None,
    label: str = "Record",
    on_change: Callable[[], None] | None = None,
) -> int:
    """Which of several records the page looks at; no menu where there is one.

    The choice is read from the address (``record``, 1-based) when the page is opened by a link, kept while the user
    visits other pages, and starts again at the first when other records are pasted.  Put it into `set_link` with
    `record_in_link`.

    Parameters
    ----------
    names : sequence of str
        Of all records.
    rows : sequence of int, optional
        0-based records that can be chosen; all of them by default.
    on_change : callable, optional
        Called after the user chose another.

    Returns
    -------
    int
        0-based.
    """
    rows = list(range(len(names)) if rows is None else rows)
    of = hash(tuple(names))
    if st.session_state.setdefault(f"{key}.of", of) != of:
        st.session_state[f"{key}.of"] = of
        st.session_state[key] = rows[0]
    start_from_link("record", rows[0], key=key, cast=lambda text: int(text) - 1, allowed=rows)
    if len(names) == 1:
        return rows[0]
    return st.selectbox(
        label,
        rows,
        format_func=lambda row: f"{row + 1}. {names[row]}",
        key=key,
        on_change=on_change,
        persist_state="session",
        help=f"{len(names):,} records were given; this part of the page shows one at a time.",
    )


def record_in_link(row: int) -> int | None:
    """What `set_link` takes as ``record=``: 1-based, nothing for the first."""
    return row + 1 if row else None


def decode(content: bytes, name: str, *, limit: int = 5 * MAX_UPLOAD_MB * 2**20) -> str:
    """Text of an uploaded file, compressed or not.

    Parameters
    ----------
    limit : int
        Most bytes once decompressed.

    Raises
    ------
    InputError
        Not text, damaged, or more than `limit` bytes once decompressed.
    """
    return io.decode(content, name, limit=limit)
