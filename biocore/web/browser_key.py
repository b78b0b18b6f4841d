"""Who a browser is: a random key it keeps, so that a user's jobs are found again after a reload and by nobody else."""

import re
import secrets
from functools import lru_cache

import streamlit as st

from biocore import jobs

_KEY = "biocore.owner"  # session key: the key jobs are submitted under
_KNOWN = "biocore.owner.known"  # session key: whether it is the browser's
_ARRIVED = "biocore.owner.arrived"  # session key: it has just come
_WANTED = "biocore.owner.wanted"  # session key: the page shows something else once it has come
_COMPONENT = "biocore.owner.component"
_FORM = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits, base64 for addresses

_JS = """
export default function ({ data, setStateValue }) {
  if (data.known) return;
  const read = () => { try { return localStorage.getItem("biocore.owner") || ""; } catch { return ""; } };
  let key = read();
  if (!/^[A-Za-z0-9_-]{22}$/.test(key)) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    const text = btoa(String.fromCharCode(...bytes)).replace(/=+$/, "");
    key = text.replaceAll("+", "-").replaceAll("/", "_");
    try { localStorage.setItem("biocore.owner", key); } catch { /* a private window: the key of this visit */ }
    key = read() || key;  // another tab may have been first
  }
  setStateValue("key", key);
}
"""


def owner() -> str:
    """The key this user's jobs belong to: the browser's own, and one of the session until that has come.

    Returns
    -------
    str
        128 random bits, base64 for addresses (22 letters).  A secret: never in an address, a message or a log.
    """
    if _KEY not in st.session_state:
        st.session_state[_KEY] = secrets.token_urlsafe(16)
    return st.session_state[_KEY]


def owner_is_known() -> bool:
    """Whether `owner` is the browser's key already."""
    return bool(st.session_state.get(_KNOWN))


def wait_for_owner() -> bool:
    """Whether the browser's key is still to come; the page then runs again when it has."""
    waits = not owner_is_known()
    st.session_state[_WANTED] = waits
    return waits


def keep_owner() -> None:
    """Ask the browser for its key, once a session.  Draws nothing; the page runs again only if the key has jobs."""
    if not owner_is_known():
        _ask()


@st.fragment
def _ask() -> None:
    _component()(key=_COMPONENT, data={"known": owner_is_known()}, on_key_change=_take, height="content")
    wanted = st.session_state.pop(_WANTED, False)
    if st.session_state.pop(_ARRIVED, False) and (wanted or "job" in st.query_params or jobs.jobs_of(owner())):
        st.rerun()


def _take() -> None:
    """The browser's key has come: what was started under the session's key is its own now."""
    key = (st.session_state.get(_COMPONENT) or {}).get("key")
    if owner_is_known() or not isinstance(key, str) or not _FORM.fullmatch(key):
        return
    jobs.adopt(owner(), key)
    st.session_state[_KEY] = key
    st.session_state[_KNOWN] = st.session_state[_ARRIVED] = True


@lru_cache(maxsize=1)
def _component():
    """Registered once for each server process, as Streamlit asks."""
    return st.components.v2.component("biocore_owner", html="<div hidden></div>", js=_JS)
