"""Fetching weights, with a small file server in place of the hub: complete, broken off, absent, silent."""

import hashlib
import json
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from esm_toys import TINY, tiny_folder

from biocore import esm2, zoo
from biocore.errors import ModelUnavailable
from biocore.esm2 import hub

REVISION = "0123456789abcdef0123456789abcdef01234567"
HOLD = """
import sys, time, filelock
lock = filelock.FileLock(sys.argv[1])
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""
SENT_BEFORE_A_CUT = 20_000  # bytes


class Hub:
    """Serves ``/<repository>/resolve/<revision>/<file>``; `cut` files take the hub down, `lie` ones change a byte."""

    def __init__(self, folder):
        self.folder, self.cut, self.lie, self.requests = folder, set(), set(), []
        self.down, self.slow = False, 0.0
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_HEAD(self):
                self.answer(body=False)

            def do_GET(self):
                self.answer(body=True)

            def answer(self, body):
                name = self.path.rsplit("/", 1)[-1]
                owner.requests.append((self.command, name, self.headers.get("Range")))
                path = owner.folder / name
                if owner.down:
                    self.send_error(503)
                    return
                if f"/resolve/{REVISION}/" in self.path and name.endswith(".safetensors") and path.exists():
                    self.send_response(302)  # as the hub does with large files
                    self.send_header("Location", f"http://localhost:{owner.server.server_port}/storage/{name}")
                    self.send_header("X-Linked-Size", str(path.stat().st_size))
                    self.send_header("X-Linked-Etag", f'"{hashlib.sha256(path.read_bytes()).hexdigest()}"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                if not path.exists():
                    self.send_error(404)
                    return
                content = path.read_bytes()
                if name in owner.lie:
                    content = content[:-1] + bytes([content[-1] ^ 1])
                start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").removesuffix("-"))
                self.send_response(206 if start else 200)
                self.send_header("Content-Length", str(len(content) - start))
                self.end_headers()
                if not body:
                    return
                time.sleep(owner.slow)
                if name in owner.cut:
                    owner.down = True
                    self.wfile.write(content[start : start + SENT_BEFORE_A_CUT])
                    self.close_connection = True
                    return
                self.wfile.write(content[start:])

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def server(tmp_path, monkeypatch):
    found = Hub(tiny_folder(tmp_path / "upstream"))
    monkeypatch.setenv("BIOCORE_HUB", found.url)
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def card():
    return replace(
        zoo.card("esm2_t6_8M_UR50D"), name="esm2_tiny", source="hub:someone/esm2_tiny", revision=REVISION, window=1022
    )


def test_a_complete_download_can_be_read_and_is_not_repeated(server, card):
    assert not zoo.available(card)
    seen = []
    folder = esm2.fetch(card, lambda done, total: seen.append((done, total)))
    assert zoo.available(card)
    assert (folder / "model.safetensors").read_bytes() == (server.folder / "model.safetensors").read_bytes()
    totals = {total for _, total in seen}
    assert totals == {sum((server.folder / name).stat().st_size for name in zoo.hub_files(card))}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen) and seen[-1][0] == totals.pop()

    model = esm2.load(card)
    assert model.embed(["MKT"]).shape == (1, TINY["hidden_size"])
    before = len(server.requests)
    assert esm2.fetch(card) == folder
    assert len(server.requests) == before


def test_a_download_that_breaks_off_goes_on_where_it_stopped(server, card, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.DOWNLOAD_CHUNK_SIZE", 1000)
    server.cut = {"model.safetensors"}
    with pytest.raises(ModelUnavailable, match="broke off.*503.*Start it again"):
        esm2.fetch(card)
    assert not zoo.available(card)
    server.cut, server.down = set(), False
    folder = esm2.fetch(card)
    assert ("GET", "model.safetensors", f"bytes={SENT_BEFORE_A_CUT}-") in server.requests
    assert (folder / "model.safetensors").read_bytes() == (server.folder / "model.safetensors").read_bytes()
    assert not list(folder.glob("*.part"))


def test_two_who_fetch_at_once_share_one_download(server, card):
    server.slow = 0.4
    seen = [[], []]
    with ThreadPoolExecutor(2) as pool:
        jobs = [pool.submit(esm2.fetch, card, lambda done, total, s=s: s.append((done, total))) for s in seen]
        assert {job.result() for job in jobs} == {zoo.hub_download_folder(card)}
    got = [name for method, name, _ in server.requests if method == "GET"]
    assert sorted(set(got)) == sorted(zoo.hub_files(card))
    assert got.count("model.safetensors") == 2  # at the hub's address and, from there, in its storage
    assert all(s[-1][0] == s[-1][1] > 0 for s in seen)
    esm2.load(card)


def test_another_process_that_fetches_is_waited_for(server, card):
    """A process that holds the lock and dies: the system takes the lock back and the next one goes on."""
    folder = zoo.hub_download_folder(card)
    folder.mkdir(parents=True)
    with subprocess.Popen([sys.executable, "-c", HOLD, str(folder / ".lock")], stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        with ThreadPoolExecutor(1) as pool:
            job = pool.submit(esm2.fetch, card)
            time.sleep(1)
            assert not job.done() and not [r for r in server.requests if r[0] == "GET"]
            other.kill()
            assert job.result(timeout=30) == folder
    assert zoo.available(card)


def test_a_damaged_download_is_refused_and_forgotten(server, card):
    server.lie = {"model.safetensors"}
    with pytest.raises(ModelUnavailable, match="sha256 is not the hub's"):
        esm2.fetch(card)
    assert not list(zoo.hub_download_folder(card).glob("model*"))
    server.lie = set()
    assert esm2.load(replace(card, folder=esm2.fetch(card))).dim == TINY["hidden_size"]


def test_a_file_the_hub_does_not_have_is_named(server, card):
    (server.folder / "vocab.txt").unlink()
    with pytest.raises(ModelUnavailable, match="404.*vocab.txt"):
        esm2.fetch(card)


def test_parts_of_large_models_are_fetched_by_name(server, card):
    whole = server.folder / "model.safetensors"
    whole.rename(server.folder / "model-00001-of-00001.safetensors")
    index = {"weight_map": {"x": "model-00001-of-00001.safetensors"}}
    (server.folder / "model.safetensors.index.json").write_text(json.dumps(index))
    files = ["config.json", "vocab.txt", "model.safetensors.index.json", "model-00001-of-00001.safetensors"]
    card = replace(card, details={"files": files})
    folder = esm2.fetch(card)
    assert zoo.available(card) and zoo.hub_folder(card) == folder


def refused_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_no_hub_is_said_at_once(card, monkeypatch):
    monkeypatch.setenv("BIOCORE_HUB", f"http://127.0.0.1:{refused_port()}")
    start = time.monotonic()
    with pytest.raises(ModelUnavailable, match="not on this machine.*out of reach.*biocore fetch"):
        esm2.fetch(card)
    assert time.monotonic() - start < 5


def test_a_hub_that_never_answers_is_given_up_within_five_seconds(card, monkeypatch):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        monkeypatch.setenv("BIOCORE_HUB", f"http://127.0.0.1:{silent.getsockname()[1]}")
        start = time.monotonic()
        with pytest.raises(ModelUnavailable, match="not on this machine"):
            esm2.fetch(card)
        assert time.monotonic() - start < 5


def test_offline_asks_nothing(server, card, monkeypatch):
    monkeypatch.setenv("BIOCORE_OFFLINE", "1")
    with pytest.raises(ModelUnavailable, match="BIOCORE_OFFLINE"):
        esm2.fetch(card)
    assert not server.requests


def test_loading_what_is_not_here_says_how_to_get_it(card):
    with pytest.raises(ModelUnavailable, match="not on this machine.*python -m biocore fetch esm2_tiny"):
        esm2.load(card)


def test_every_hub_card_is_pinned_to_a_commit_and_lists_its_files():
    cards = [card for card in zoo.cards("protein-language-model") if card.hub_repository]
    assert {card.name for card in cards} >= {
        f"esm2_{s}_UR50D" for s in ("t6_8M", "t12_35M", "t30_150M", "t33_650M", "t36_3B")
    }
    for card in cards:
        assert len(card.revision) == 40 and set(card.revision) <= set("0123456789abcdef")
        assert {"config.json", "vocab.txt"} <= set(zoo.hub_files(card))
        assert card.details["download_mb"] > 0 and card.details["memory_mb"] > card.details["memory_gpu_mb"] / 2
        assert hub.local_hash(card) != hub.local_hash(replace(card, revision="main"))
