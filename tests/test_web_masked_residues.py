"""Parts of the protein pages that need no browser: colours of the sequence panel, tracks between pages, durations."""

import pytest
from streamlit.testing.v1 import AppTest

from biocore.plot.masked_residues import track_colours
from biocore.plot.substitutions import CHEMICAL_ORDER
from biocore.sequence import AMINO_ACIDS
from biocore.web.sequence_view import _ink, chemistry_colours
from biocore.web.waiting import duration


def test_every_amino_acid_has_a_colour_and_a_readable_ink():
    colours = chemistry_colours(AMINO_ACIDS + "X")
    assert len(set(colours[:-1])) == 6 and colours[-1] not in colours[:-1]
    assert _ink("#000000") == "#FFFFFF" and _ink("#FFFFFF") == "#000000"
    assert sorted(CHEMICAL_ORDER) == sorted(AMINO_ACIDS)


def test_a_track_becomes_colours_with_grey_where_it_is_not_defined():
    low, middle, high, unknown = track_colours([0.0, 0.5, 1.0, float("nan")], low=0.0, high=1.0)
    assert len({low, middle, high, unknown}) == 4
    assert track_colours([-5.0, 9.0], low=0.0, high=1.0) == [low, high]  # held to the range
    assert all(len(colour) == 7 and colour[0] == "#" for colour in (low, middle, high, unknown))


@pytest.mark.parametrize(("colours", "message"), [(["red"], "#rrggbb"), (["#FFFFFF"] * 3, "#rrggbb")])
def test_colours_that_are_none_are_refused(colours, message):
    from biocore.web.sequence_view import sequence_view

    with pytest.raises(ValueError, match=message):
        sequence_view("M", key="x", colours=colours)


def _tracks_page():
    import streamlit as st

    from biocore.web.tracks import offer_track, offered_tracks

    offer_track("entropy", "MKT", [1.0, 2.0, float("nan")])
    offer_track("entropy", "MKT", [3.0, 2.0, 1.0])  # replaces the first
    offer_track("effect", "MKT", [0.0, 0.0, 0.0])
    for track in offered_tracks():
        st.text(f"{track.name} {track.sequence} {track.values.tolist()}")
    try:
        offer_track("short", "MKT", [1.0])
    except ValueError as error:
        st.text(str(error))


def test_tracks_are_offered_to_other_pages_latest_first():
    app = AppTest.from_function(_tracks_page, default_timeout=60).run()
    assert [text.value for text in app.text] == [
        "effect MKT [0.0, 0.0, 0.0]",
        "entropy MKT [3.0, 2.0, 1.0]",
        "track 'short': (1,) values for 3 letters",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.01, "0.1 s"), (3.24, "3.2 s"), (40, "40 s"), (600, "10 min"), (7200, "2.0 h")]
)
def test_durations_for_people(seconds, text):
    assert duration(seconds) == text


def _two_runs_of_a_page():
    """Another run of the same session finishes both scans while this one waits for the model."""
    from contextlib import contextmanager

    import numpy as np
    import streamlit as st

    from biocore.esm2 import MASKED, WILD_TYPE
    from biocore.web.masked_residues import scan

    class Choice:
        hash, window, parameters = "toy", 100, 10

        @contextmanager
        def opened(self):
            for strategy in (MASKED, WILD_TYPE):
                scan._kept(self, "MKT", strategy).rows[:] = np.log(1 / 33)
            yield self

        def scan_chunks(self, *arguments):
            st.error("computed twice")
            yield from ()

        residue_probabilities = scan_chunks

    scan.run_wild_type(Choice(), "MKT")
    scan._kept(Choice(), "MKT", MASKED).rows[:] = np.nan
    scan._step(Choice(), "MKT", scan._kept(Choice(), "MKT", MASKED))
    st.text("done")


def test_what_another_run_has_finished_is_not_computed_again():
    app = AppTest.from_function(_two_runs_of_a_page, default_timeout=60).run()
    assert [text.value for text in app.text] == ["done"] and not app.error and not app.exception
