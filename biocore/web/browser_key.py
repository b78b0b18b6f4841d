"""Who a browser is: a random key it keeps, so that a user's jobs are found again after a reload and by nobody else.

A cookie brings the key with the connection, so that a page knows it from its first line.  A new browser gets the key
of its session to keep, and has nothing to answer; it answers only where it has another one already, as browsers
without cookies do, which keep theirs in their local storage.
"""

import re
import secrets
from functools import lru_cache, partial

import streamlit as st

from biocore import jobs

COOKIE = "biocore_owner"
_KEY = "biocore.owner"  # session key: the key jobs are submitted under
_KNOWN = "biocore.owner.known"  # session key: whether it is the browser's
_ARRIVED = "biocore.owner.arrived"  # session key: it has just come
_COMPONENT = "biocore.owner.component"
_FORM = re.compile(r"[A-Za-z0-9_-]{22}")  # 128 bits, base64 for addresses

_JS = """
export default function ({ data, setStateValue }) {
  if (data.known) return;
  const FORM = /^[A-Za-z0-9_-]{22}$/;
  const stored = () => { try { return localStorage.getItem("biocore.owner") || ""; } catch { return ""; } };
  const given = () => (document.cookie.match(/(?:^|; )biocore_owner=([^;]*)/) || [])[1] || "";
  const valid = (key) => FORM.test(key) ? key : "";
  const key = valid(given()) || valid(stored()) || data.key;  // another tab, or a visit without cookies, was first
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `biocore_owner=${key}; Path=${data.path}; Max-Age=34560000; SameSite=Strict${secure}`;
  if (given() !== key) {
    try { localStorage.setItem("biocore.owner", key); } catch { /* a private window: the key of this visit */ }
  }
  if (key !== data.key || data.wanted) setStateValue("key", key);
}
"""


def owner() -> str:
    """The key this user's jobs belong to: the browser's own, or one of the session that the browser is told to keep.

    Returns
    -------
    str
        128 random bits, base64 for addresses (22 letters).  A secret: never in an address, a message or a log.
    """
    state = st.session_state
    if _KEY not in state:
        sent = str(st.context.cookies.get(COOKIE, ""))
        state[_KNOWN] = bool(_FORM.fullmatch(sent))
        state[_KEY] = sent if state[_KNOWN] else secrets.token_urlsafe(16)
    return state[_KEY]


def owner_is_known() -> bool:
    """Whether `owner` is the browser's key already."""
    owner()
    return bool(st.session_state.get(_KNOWN))


def wait_for_owner() -> bool:
    """Whether the browser's key is still to come; the fragment, or the page, that calls this runs again when it has."""
    waits = not owner_is_known()
    if waits:
        _draw(f"{_COMPONENT}.wanted", wanted=True)
    return waits


def keep_owner() -> None:
    """Have a new browser keep the key.  Draws nothing; the page runs again only if the browser has jobs already."""
    if not owner_is_known():
        _keep()


@st.fragment
def _keep() -> None:
    _draw(_COMPONENT, wanted=False)
    if st.session_state.pop(_ARRIVED, False) and jobs.jobs_of(owner()):
        st.rerun()


def _draw(component: str, *, wanted: bool) -> None:
    """Give the key to the browser; it answers where it has another one, or where an answer is `wanted`."""
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    _component()(
        key=component,
        data={"known": owner_is_known(), "key": owner(), "wanted": wanted, "path": f"/{base}"},
        on_key_change=partial(_take, component),
        height="content",
    )


def _take(component: str) -> None:
    """The browser has a key: what was started under the session's key is its own now."""
    key = (st.session_state.get(component) or {}).get("key")
    if owner_is_known() or not isinstance(key, str) or not _FORM.fullmatch(key):
        return
    if key != owner():
        jobs.adopt(owner(), key)
        st.session_state[_ARRIVED] = True
    st.session_state[_KEY], st.session_state[_KNOWN] = key, True


@lru_cache(maxsize=1)
def _component():
    """Registered once for each server process, as Streamlit asks."""
    return st.components.v2.component("biocore_owner", html="<div hidden></div>", js=_JS)
