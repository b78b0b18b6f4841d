"""Fetching: a local server stands in for the archives, good, slow, broken, hostile; and nothing asks the real ones."""

import gzip
import json
import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from structure_toys import CIF

from biocore.errors import DataUnavailable, InputError
from biocore.structure import archive, download
from biocore.structure.archive import Identifier, fetch, parse_identifier


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        answer = self.server.answers.get(self.path, self.server.answers.get("*"))
        if callable(answer):
            answer = answer(self)
        if answer is None:
            return
        status, headers, body = answer
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if "Content-Length" not in headers:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            pass  # the client has had enough

    def log_message(self, *args):
        pass


@pytest.fixture
def server(monkeypatch):
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        http.answers, http.asked = {"*": (404, {}, b"")}, []
        thread = threading.Thread(target=http.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{http.server_address[1]}"
        monkeypatch.setenv("BIOCORE_RCSB_URL", url)
        monkeypatch.setenv("BIOCORE_ALPHAFOLD_URL", url)
        yield http
        http.shutdown()


GOOD = (200, {}, gzip.compress(CIF.encode()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3i40", Identifier("pdb", "3I40")),
        (" 1YAR\n", Identifier("pdb", "1YAR")),
        ("pdb_00003i40", Identifier("pdb", "3I40")),
        ("PDB_1ABCDEFG", Identifier("pdb", "pdb_1abcdefg")),
        ("P01308", Identifier("alphafold", "P01308")),
        ("a0a024r1r8", Identifier("alphafold", "A0A024R1R8")),
        ("AF-P01308-F1", Identifier("alphafold", "P01308")),
        ("AF-P01308-F2-model_v4", Identifier("alphafold", "P01308-F2")),
    ],
)
def test_identifiers_are_recognised(text, expected):
    assert parse_identifier(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0ABC",
        "3I4",
        "../../etc/passwd",
        "3I40/../x",
        "3I40?x=1",
        "https://evil/3I40",
        "3I40\n1YAR",
        "３I40",
        "P0130",
    ],
)
def test_everything_else_is_refused_before_a_url_is_made(text, server):
    with pytest.raises(InputError, match="is not an identifier"):
        fetch(text)
    assert server.asked == []


def test_an_isoform_is_explained():
    with pytest.raises(InputError, match="names an isoform.*Type P01308"):
        parse_identifier("P01308-2")


def test_a_fetched_entry_is_kept_and_opens_offline(server, monkeypatch):
    server.answers["/download/9XYZ.cif.gz"] = GOOD
    first = fetch("9xyz")
    assert first.origin == "PDB" and first.title == "A toy in mmCIF"
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")
    assert fetch("9XYZ").residues == first.residues
    assert server.asked == ["/download/9XYZ.cif.gz"]
    assert archive.cached() == [Identifier("pdb", "9XYZ")]
    with pytest.raises(DataUnavailable, match="not in the cache"):
        fetch("1ABC")


def test_alphafold_is_asked_for_its_latest_version(server):
    server.answers["/api/prediction/P01308"] = (
        200,
        {},
        json.dumps([{"latestVersion": 6, "cifUrl": "http://evil/"}]).encode(),
    )
    server.answers["/files/AF-P01308-F1-model_v6.cif"] = (200, {}, CIF.encode())
    assert fetch("P01308").origin == "AlphaFold DB"
    assert server.asked == ["/api/prediction/P01308", "/files/AF-P01308-F1-model_v6.cif"]


@pytest.mark.parametrize(
    "answer", [b"[]", b"{}", b"not json", b'[{"latestVersion": "../x"}]', b'[{"latestVersion": -1}]']
)
def test_an_answer_that_makes_no_sense_is_refused(server, answer):
    server.answers["/api/prediction/P01308"] = (200, {}, answer)
    with pytest.raises(DataUnavailable, match="not understood"):
        fetch("P01308")


def test_unknown_entries_are_told_apart(server):
    with pytest.raises(DataUnavailable, match="the RCSB PDB has no entry 9ZZZ. It may be obsolete"):
        fetch("9ZZZ")
    with pytest.raises(DataUnavailable, match="AlphaFold DB has no entry P01308. Not every"):
        fetch("P01308")
    assert server.asked == ["/download/9ZZZ.cif.gz", "/api/prediction/P01308"]  # a 404 is not tried again


def test_server_errors_are_tried_again(server):
    answers = iter([(500, {}, b""), (503, {}, b""), GOOD])
    server.answers["/download/9XYZ.cif.gz"] = lambda handler: next(answers)
    assert fetch("9XYZ").name == "9XYZ" and len(server.asked) == 3


def test_a_lasting_server_error_is_told(server):
    server.answers["*"] = (500, {}, b"")
    with pytest.raises(DataUnavailable, match="the server answered 500"):
        fetch("9XYZ")
    assert len(server.asked) == download.TRIES


@pytest.mark.parametrize(
    "place", ["https://evil.example/x", "http://127.0.0.1:1/x", "ftp://127.0.0.1/x", "file:///etc/passwd"]
)
def test_redirects_to_another_place_are_refused(server, place):
    server.answers["*"] = (302, {"Location": place}, b"")
    with pytest.raises(DataUnavailable, match="pointed to another place"):
        fetch("9XYZ")
    assert len(server.asked) == 1


def test_redirects_within_the_host_are_followed_but_not_for_ever(server):
    server.answers["/download/9XYZ.cif.gz"] = (301, {"Location": "/elsewhere"}, b"")
    server.answers["/elsewhere"] = GOOD
    assert fetch("9XYZ").name == "9XYZ"
    server.answers["*"] = lambda handler: (302, {"Location": handler.path + "x"}, b"")
    with pytest.raises(DataUnavailable, match="too many redirects"):
        fetch("8XYZ")


def test_too_large_is_refused_by_the_header_and_by_counting(server, monkeypatch):
    server.answers["*"] = (200, {"Content-Length": str(10**10)}, b"")
    with pytest.raises(DataUnavailable, match="larger than 40 MB"):
        fetch("9XYZ")

    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(2000):
                handler.wfile.write(bytes(2**16))
        except OSError:
            pass
        handler.close_connection = True

    monkeypatch.setattr(archive._download, "__kwdefaults__", {"limit": 2**20})
    server.answers["*"] = endless
    with pytest.raises(DataUnavailable, match="larger than 1 MB"):
        fetch("9XYZ")


def test_a_bomb_from_the_archive_is_refused(server):
    server.answers["*"] = (200, {}, gzip.compress(bytes(100 * 2**20), 1))
    with pytest.raises(DataUnavailable, match="larger than 60 MB"):
        fetch("9XYZ")


@pytest.mark.parametrize("body", [b"<html>Service page</html>", gzip.compress(b"<html></html>", mtime=0), b""])
def test_what_is_not_a_structure_is_not_kept(server, body):
    server.answers["*"] = (200, {}, body)
    with pytest.raises(DataUnavailable, match="not a structure"):
        fetch("9XYZ")
    assert archive.cached() == []


def test_a_connection_that_always_breaks_is_told(server):
    def cut(handler):
        handler.close_connection = True
        return 200, {"Content-Length": "1000"}, b"half"

    server.answers["*"] = cut
    with pytest.raises(DataUnavailable, match="cannot be reached"):
        fetch("9XYZ")
    assert len(server.asked) == download.TRIES


def test_a_file_that_trickles_in_ends_in_a_message(server, monkeypatch):
    monkeypatch.setattr(download, "TOTAL_S", 1.0)

    def trickle(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b"x" * 1000)
                time.sleep(0.1)
        except OSError:
            pass
        handler.close_connection = True

    server.answers["*"] = trickle
    started = time.monotonic()
    with pytest.raises(DataUnavailable, match="too slow"):
        fetch("9XYZ")
    assert time.monotonic() - started < 3


def test_half_written_files_are_not_listed():
    (archive.cache_folder() / ".pdb-9XYZ.1.2.part.cif").write_text("half")
    assert archive.cached() == [] and not archive.is_cached("9xyz")
    (archive.cache_folder() / "pdb-9XYZ.cif").write_text(CIF)
    assert archive.cached() == [Identifier("pdb", "9XYZ")] and archive.is_cached("9xyz")


def test_a_connection_that_breaks_is_tried_again(server):
    body = GOOD[2]
    answers = iter([(200, {"Content-Length": str(len(body))}, body[:50]), GOOD])

    def cut(handler):
        handler.close_connection = True
        return next(answers)

    server.answers["*"] = cut
    assert fetch("9XYZ").name == "9XYZ"


def test_a_slow_server_ends_in_a_message(server, monkeypatch):
    monkeypatch.setattr(download, "TOTAL_S", 1.0)
    server.answers["*"] = lambda handler: time.sleep(5)
    started = time.monotonic()
    with pytest.raises(DataUnavailable, match="too slow"):
        fetch("9XYZ")
    assert time.monotonic() - started < 3


def test_offline_is_told_within_five_seconds_when_nothing_listens(monkeypatch):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        monkeypatch.setenv("BIOCORE_RCSB_URL", f"http://127.0.0.1:{probe.getsockname()[1]}")
        started = time.monotonic()
        with pytest.raises(DataUnavailable, match="cannot be reached.*Structures fetched before still open"):
            fetch("9XYZ")
        assert time.monotonic() - started < 5


def test_offline_is_told_within_five_seconds_when_the_resolver_hangs(monkeypatch):
    release = threading.Event()
    monkeypatch.setenv("BIOCORE_RCSB_URL", "https://archive.invalid")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(30) and [])
    started = time.monotonic()
    with pytest.raises(DataUnavailable, match="cannot be reached"):
        fetch("9XYZ")
    assert time.monotonic() - started < 5
    release.set()


@pytest.mark.parametrize(
    "url", ["http://files.example.org", "ftp://127.0.0.1", "file:///tmp", "http://127.0.0.1.evil.org"]
)
def test_only_https_or_this_machine_may_stand_in(monkeypatch, url):
    monkeypatch.setenv("BIOCORE_RCSB_URL", url)
    with pytest.raises(InputError, match="only fetched over https"):
        fetch("9XYZ")


def test_without_settings_the_archives_are_asked_over_https():
    assert archive._base("pdb") == "https://files.rcsb.org"
    assert archive._base("alphafold") == "https://alphafold.ebi.ac.uk"


def test_the_cache_forgets_what_was_opened_longest_ago(server, monkeypatch):
    server.answers["*"] = GOOD
    size = len(CIF.encode())
    monkeypatch.setenv("BIOCORE_STRUCTURE_CACHE_MB", str(2.5 * size / 2**20))
    for name, age in (("1AAA", 300), ("2AAA", 200)):
        fetch(name)
        stamp = time.time() - age
        import os

        os.utime(archive.cache_folder() / f"pdb-{name}.cif", (stamp, stamp))
    fetch("1AAA")  # opened again, so the other one is older now
    fetch("3AAA")
    assert {i.name for i in archive.cached()} == {"1AAA", "3AAA"}
