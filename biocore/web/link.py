"""State in the link: a page opened from a copied address shows what its sender saw."""

from collections.abc import Callable
from typing import Any, TypeVar

import streamlit as st

Value = TypeVar("Value")
MAX_LINK = 4000  # characters; browsers and proxies cut longer addresses


def from_link(name: str, default: Value, cast: Callable[[str], Value] = str) -> Value:  # type: ignore[assignment]
    """A value from the page's address; `default` where it is absent or cannot be read as `cast` wants it."""
    text = st.query_params.get(name)
    if text is None:
        return default
    try:
        return cast(text)
    except (ValueError, KeyError):
        return default


def set_link(**values: Any) -> None:
    """Put the page's state into its address.  None removes a value; one that would make the link too long is left out.

    Says so where something was left out, because the link then shows less than the page.
    """
    left_out = []
    for name, value in values.items():
        text = "" if value is None else str(value)
        if not text:
            st.query_params.pop(name, None)
        elif len(text) > MAX_LINK:
            st.query_params.pop(name, None)
            left_out.append(name)
        elif st.query_params.get(name) != text:
            st.query_params[name] = text
    if left_out:
        st.caption(f"Too long for a link, so not in it: {', '.join(left_out)}. Send the file along.")


def hand_over(page: str, **values: str) -> None:
    """Go to another page with values filled in; they travel in the session, not in the address.

    Parameters
    ----------
    page : str
        File name below ``pages/`` without ``.py``.
    values : str
        As the other page's `take_over` expects them: ``dna=``, ``protein=`` or ``structure=`` (an id or a file's text).
    """
    for name, value in values.items():
        st.session_state[f"hand_over.{name}"] = value
    st.switch_page(f"pages/{page}.py")


def link_to(page: str, label: str, **values: str) -> None:
    """A button that calls `hand_over`."""
    if st.button(label, key=f"link_to.{page}.{label}"):
        hand_over(page, **values)
