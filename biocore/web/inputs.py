"""Where a sequence comes in: worked examples, a file, or pasted text that is never lost."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from biocore import io
from biocore.errors import InputError
from biocore.web.frame import plain
from biocore.web.link import from_link, start_from_link, take_over
from biocore.web.workspace import molecules
from biocore.web.workspace.sidebar import offer_translation
from biocore.workspace import PROTEIN

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
    least: int = 1,
) -> str:
    """Text area with worked examples and a file upload above it.  Draw it outside forms.

    The text is the session's current molecule of this kind; before there is one it comes from the link (`param`), else
    from the first example.  What is typed, uploaded or chosen here becomes the current molecule of all pages where it
    can be read, and stays here until the user changes it, whatever the page makes of it.  A file too long for the text
    area stands in its place, with its name and first lines.

    Parameters
    ----------
    key : str
        Session key of the text area.
    kind : str
        "dna" or "protein": what other pages hand over.
    examples : mapping
        Name -> text.  The first is what the page opens with.
    least : int
        Fewest records of a current molecule that this page follows: one protein makes no map.  Where it is above 1,
        worked examples stay on this page.

    Returns
    -------
    str
        The text as typed, not cleaned.
    """
    long_file = f"{key}.long_file"
    _follow(kind, key, param, long_file, least)
    start_from_link(param, next(iter(examples.values())), key=key)

    def use_example() -> None:
        chosen = st.session_state[f"{key}.example"]
        if chosen:
            st.session_state[key] = examples[chosen]
            st.session_state.pop(long_file, None)
            if least == 1:
                _given(kind, key, examples[chosen])

    def use_file(text: str) -> None:
        _given(kind, key, text)

    def use_text() -> None:
        _given(kind, key, st.session_state[key])

    left, right = st.columns([3, 1], vertical_alignment="bottom")
    with left:
        st.pills("Worked examples", list(examples), format_func=plain, key=f"{key}.example", on_change=use_example)
    with right, st.popover("Upload a file", icon=":material/upload_file:", width="stretch"):
        upload_text(key=f"{key}.file", into=key, types=types, long_file=long_file, on_text=use_file)
    show_upload_error(f"{key}.file")
    if long_file in st.session_state:
        return _long_file(label, long_file)
    text = st.text_area(label, key=key, help=help, height=height, persist_state="session", on_change=use_text)
    if kind == PROTEIN:
        offer_translation(text, key)
    return text


def _given(kind: str, key: str, text: str) -> None:
    """What a user gave this page is the current molecule of all."""
    molecules.use(kind, text)
    st.session_state[f"{key}.seen"] = molecules.stamp(kind)


def _follow(kind: str, key: str, param: str, long_file: str, least: int) -> None:
    """Fill the text area with what another page handed over, the link, or the current molecule where it changed."""
    state, seen = st.session_state, f"{key}.seen"
    handed = take_over(kind)
    linked = st.query_params.get(param) if key not in state and seen not in state else None
    if handed is not None or linked is not None:
        text = handed if handed is not None else str(linked)
        known = molecules.chosen(kind)
        molecules.use(kind, text, record=from_link("record", 1, int) - 1 if handed is None else 0)
        state[key], state[seen] = text, molecules.stamp(kind)
        state.pop(long_file, None)
        if molecules.chosen(kind) != known:
            st.rerun()  # the side bar was drawn before
        return
    now = molecules.molecule(kind)
    if now is None or state.get(seen, 0) == molecules.stamp(kind):
        return
    state[seen] = molecules.stamp(kind)
    if len(now.records) < least:
        return
    if len(now.text) > MAX_TEXT:
        state[long_file] = (now.name, now.text)
    else:
        state[key] = now.text
        state.pop(long_file, None)


def _long_file(label: str, key: str) -> str:
    """What stands in the place of the text area for a file too long for it."""
    name, text = st.session_state[key]
    st.text(f"{label}: the file {name}, {len(text):,} characters. It begins:")
    st.code("\n".join(line[:100] for line in text[:1000].splitlines()[:4]), language=None)
    st.button("Use the text box instead", on_click=lambda: st.session_state.pop(key, None), key=f"{key}.leave")
    return text


def upload_text(
    label: str | None = None,
    *,
    key: str,
    into: str,
    types: Sequence[str],
    long_file: str | None = None,
    on_text: Callable[[str], None] | None = None,
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
    on_text : callable, optional
        Called with the text of a file that was taken.
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
        if on_text is not None:
            on_text(text)

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
    visits other pages, and starts again at the first when other records are pasted.  Where these are the records of
    the current molecule, the choice is that of all pages.  Put it into `set_link` with `record_in_link`.

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
    kind = molecules.kind_of(tuple(names))
    follow_record(kind, key, rows)

    def changed() -> None:
        molecules.choose(kind, st.session_state[key])
        st.session_state[f"{key}.seen"] = molecules.chosen(kind)
        if on_change is not None:
            on_change()

    row = st.selectbox(
        label,
        rows,
        format_func=lambda row: f"{row + 1}. {names[row]}",
        key=key,
        on_change=changed,
        persist_state="session",
        help=f"{len(names):,} records were given; this part of the page shows one at a time.",
    )
    if kind and molecules.chosen(kind)[1] != row:  # chosen in a figure or a table of the page
        molecules.choose(kind, row)
        st.session_state[f"{key}.seen"] = molecules.chosen(kind)
        st.rerun()
    return row


def follow_record(kind: str, key: str, rows: Sequence[int]) -> bool:
    """Set the menu `key` to the record that was chosen on another page or in the side bar, once; whether it was."""
    now = molecules.chosen(kind)
    if not kind or st.session_state.get(f"{key}.seen") == now:
        return False
    st.session_state[f"{key}.seen"] = now
    if now[1] not in rows or st.session_state.get(key) == now[1]:
        return False
    st.session_state[key] = now[1]
    return True


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
