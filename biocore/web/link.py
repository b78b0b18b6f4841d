"""State in the address: settings always, what a user pasted only in a link they ask for."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

import streamlit as st

Value = TypeVar("Value")
MAX_LINK = 8000  # characters of a link; proxies cut longer addresses


def from_link(name: str, default: Value, cast: Callable[[str], Value] = str) -> Value:  # type: ignore[assignment]
    """A value from the page's address; `default` where it is absent or cannot be read as `cast` wants it."""
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return cast(text)
    except (ValueError, KeyError):
        return default


def one_of(allowed: Collection[str]) -> Callable[[str], str]:
    """A `cast` for `from_link` that lets only these values through."""

    def cast(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return cast


def start_from_link(
    name: str,
    default: Any,
    *,
    key: str | None = None,
    cast: Callable[[str], Any] = str,
    allowed: Collection[Any] | None = None,
) -> Any:
    """Give a widget that has no value yet the one of the address, else `default`.  Draw the widget after it.

    Parameters
    ----------
    name : str
        In the address.
    key : str, optional
        Of the widget; `name` where it is not given.
    cast : callable
        Text -> value.
    allowed : collection, optional
        Every other value, also one the widget has had before, is replaced by `default`.

    Returns
    -------
    The widget's value.
    """
    key = key or name
    if key not in st.session_state:
        st.session_state[key] = from_link(name, default, cast)
    if allowed is not None and st.session_state[key] not in allowed:
        st.session_state[key] = default
    return st.session_state[key]


def set_link(**settings: Any) -> None:
    """Keep the page's settings in its address, so that a reload shows the same; None removes one.

    Only settings: addresses stay in histories and in the logs of proxies.  What a user typed, pasted or uploaded is for
    `share_link`.
    """
    for name, value in settings.items():
        text = "" if value is None else str(value)
        if not text:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != text:
            st.query_params[name] = text


def share_link(contains: str, **private: Any) -> None:
    """A button that makes a link with what the user gave the page; says first what the link will hold.

    Call it after `set_link`.  Nothing of `private` enters the address of this page.

    Parameters
    ----------
    contains : str
        For people, with its size: "your sequence (393 residues)".
    private : str or None
        Name in the address -> text: sequences, variants, labels.  `from_link` reads them when the link is opened.
    """
    given = {name: str(value) for name, value in private.items() if value is not None and str(value).strip()}
    for name in private:  # an address opened with another text no longer says what the page shows
        if name in st.query_params and st.query_params[name] != given.get(name):
            st.query_params.pop(name, None)
    settings = {name: value for name, value in st.query_params.to_dict().items() if name not in ("job", "token")}
    link = f"{st.context.url or ''}?{urlencode(settings | given, quote_via=quote)}"
    fits = len(link) <= MAX_LINK
    about = f"The link will contain {contains} and the settings of this page."
    if not fits:
        about = (
            f"Too much for a link: {contains} would make {len(link):,} characters, and {MAX_LINK:,} are safe. "
            "Send the file along."
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button("Copy link", key="biocore.share", icon=":material/link:", disabled=not fits)
        st.text(about)
    if pressed and fits:
        st.code(link, language=None, wrap_lines=True)


def hand_over(page: str, **values: str) -> None:
    """Go to another page with values filled in; they travel in the session, not in the address.

    Parameters
    ----------
    page : str
        File name below ``pages/`` without ``.py``.
    values : str
        As the other page's `take_over` expects them: ``dna=``, ``protein=``, ``variants=`` or ``structure=`` (an id or
        a file's text).
    """
    for name, value in values.items():
        st.session_state[f"hand_over.{name}"] = value
    st.switch_page(f"pages/{page}.py")


def take_over(name: str) -> str | None:
    """A text another page has handed over under `name` (see `hand_over`), once; None where there is none."""
    return st.session_state.pop(f"hand_over.{name}", None)


def link_to(page: str, label: str, **values: str) -> None:
    """A button that calls `hand_over`."""
    if st.button(label, key=f"link_to.{page}.{label}"):
        hand_over(page, **values)
