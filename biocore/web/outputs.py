"""What a user takes away: figures, tables, files, and the command that makes them again."""

import shlex
from collections.abc import Callable, Sequence

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from biocore.web.frame import plain, show_errors


def figure(fig: go.Figure, name: str, *, alt: str, key: str | None = None, **options):
    """Draw a figure that can be saved: a camera button (PNG or SVG, chosen in the side bar) and one HTML file.

    Parameters
    ----------
    name : str
        File name without ending.
    alt : str
        What the figure shows, for people who cannot see it.
    options
        Passed to ``st.plotly_chart`` (``on_select="rerun"``, ``selection_mode=...``); its result is returned.
    """
    file_format = st.session_state.get("biocore.figure_format") or "png"
    config = {
        "displaylogo": False,
        "displayModeBar": True,
        "toImageButtonOptions": {"format": file_format, "filename": name, "scale": 2},
    }
    key = key or f"figure.{name}"
    event = st.plotly_chart(fig, width="stretch", alt=alt, key=key, config=config, **options)
    download(
        "Figure as HTML", lambda: fig.to_html(include_plotlyjs=True), f"{name}.html", "text/html", key=f"{key}.html"
    )
    return event


def table(data: pd.DataFrame, name: str, *, key: str | None = None, **options):
    """Show a table, undefined cells blank, with all its rows as CSV to take away.

    Returns what ``st.dataframe`` does; it gets `options`.
    """
    key = key or f"table.{name}"
    event = listing(data, key=key, **options)
    download("Table as CSV", lambda: data.to_csv(index=False), f"{name}.csv", "text/csv", key=f"{key}.csv")
    return event


def listing(data: pd.DataFrame, **options):
    """Show a table without a file; what is not defined stays blank."""
    return st.dataframe(data, hide_index=True, width="stretch", placeholder="", **options)


def download(label: str, make: Callable[[], str | bytes], file_name: str, mime: str, *, key: str | None = None) -> None:
    """A download button; the content is made when it is clicked, and the page does not run again."""
    st.download_button(
        label,
        make,
        file_name,
        mime,
        key=key or f"download.{file_name}",
        on_click="ignore",
        icon=":material/download:",
        type="tertiary",
    )


@st.fragment
def fold(label: str, draw: Callable[[], object], *, key: str) -> None:
    """A section that is folded up at first; what it holds is made, sent and drawn when somebody opens it.

    Opening it does not run the page again, nor does a click on something in it: `draw` runs alone.
    """
    section = st.expander(label, key=key, on_change="rerun")
    if section.open:
        with section, show_errors():  # opened later, it is outside the page's own
            draw()


def command_line(*commands: Sequence[str], note: str = "", expanded: bool = False) -> None:
    """The commands that reproduce the page's result, each as its arguments."""
    with st.expander("Reproduce this on the command line", icon=":material/terminal:", expanded=expanded):
        for arguments in commands:
            st.code("python -m biocore " + shlex.join(str(a) for a in arguments), language="bash", wrap_lines=True)
        if note:
            st.caption(plain(note))
