"""Files that become text: bounded, decoded, and shown by name where they are too long for a text area."""

import gzip

import pytest
from streamlit.testing.v1 import AppTest

from biocore.errors import InputError
from biocore.web.inputs import MAX_TEXT, MAX_UPLOAD_MB, decode

LONG = ">long\n" + "ACGTACGTAC" * (MAX_TEXT // 10 + 1) + "\n"


def _page():
    import streamlit as st

    from biocore import web

    text = web.sequence_input("DNA", key="dna", kind="dna", examples={"one": "ACGT", "two": "TTTT"}, help="")
    st.metric("letters", len(text))
    web.upload_text("Motifs", key="motifs.file", into="motifs", types=("txt",))
    st.text_area("Motif text", key="motifs")
    web.show_upload_error("motifs.file")


def opened():
    return AppTest.from_function(_page, default_timeout=60).run()


def upload(app, key, name, content):
    app.file_uploader(key=key).set_value((name, content, "text/plain")).run()
    assert not app.exception
    return app


def letters(app):
    return int(app.metric[0].value)


@pytest.mark.parametrize(
    "content", [b">a\nACGTAC\n", gzip.compress(b">a\nACGTAC\n", mtime=0), b"\xef\xbb\xbf>a\nACGTAC\n"]
)
def test_a_file_fills_the_text_area(content):
    app = upload(opened(), "dna.file", "a.fa", content)
    assert app.text_area(key="dna").value == ">a\nACGTAC\n"


def test_a_long_file_is_kept_beside_the_text_area_with_its_name_and_first_lines():
    app = upload(opened(), "dna.file", "genome.fa", LONG.encode())
    assert letters(app) == len(LONG)
    assert "dna" not in [area.key for area in app.text_area]  # what the browser would get again on every run
    assert any("genome.fa" in text.value and f"{len(LONG):,} characters" in text.value for text in app.text)
    assert app.code[0].value.startswith(">long\nACGT") and len(app.code[0].value) < 500
    app.run()
    assert letters(app) == len(LONG)
    app.button(key="dna.long_file.leave").click().run()
    assert app.text_area(key="dna").value == "ACGT" and letters(app) == 4


@pytest.mark.parametrize("leave", ["example", "file"])
def test_a_long_file_makes_room_for_what_is_chosen_next(leave):
    app = upload(opened(), "dna.file", "genome.fa", LONG.encode())
    if leave == "example":
        app.button_group(key="dna.example").set_value("two").run()
    else:
        upload(app, "dna.file", "short.fa", b"TTTT")
    assert not app.exception and app.text_area(key="dna").value == "TTTT" and letters(app) == 4


def test_a_long_file_is_refused_with_numbers_where_text_alone_is_taken():
    app = upload(opened(), "motifs.file", "motifs.txt", LONG.encode())
    message = app.error[0].value.replace("\\", "")
    assert "motifs.txt" in message and f"{len(LONG):,} characters" in message and f"{MAX_TEXT:,}" in message
    assert not app.text_area(key="motifs").value
    app = upload(app, "motifs.file", "motifs.txt", b"MOTIF A\n")
    assert not app.error and app.text_area(key="motifs").value == "MOTIF A\n"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\x00\xff\xfe\x80", "not a text file|is not text|not text"),
        (gzip.compress(b"ACGT" * 100, mtime=0)[:-9], "damaged|cut short"),
        (b"\x1f\x8b\x08\x00" + b"\x07" * 40, "damaged|cut short"),
        (gzip.compress(b"A" * (6 * MAX_UPLOAD_MB * 2**20), mtime=0), f"{5 * MAX_UPLOAD_MB} MB"),
    ],
)
def test_what_is_no_text_is_a_message(content, message):
    with pytest.raises(InputError, match=message):
        decode(content, "x.fa")


def test_a_small_file_that_unpacks_into_more_than_an_upload_is_refused():
    app = upload(opened(), "dna.file", "bomb.fa.gz", gzip.compress(b"A" * (MAX_UPLOAD_MB * 2**20 + 1)))
    message = app.error[0].value
    assert "bomb" in message and str(MAX_UPLOAD_MB) in message
    assert letters(app) == 4
