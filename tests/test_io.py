"""Reading and writing files: damage is told, limits hold, and what is written is whole or not there."""

import gzip
import lzma
import os
import tracemalloc

import pytest

from biocore.errors import InputError
from biocore.io import decode, decompress, fasta_entries, read_fasta, read_text, replacing, write_atomically

FASTA = ">a\tfirst one\nMKT\nAY*\n; a comment\n>b\n>c second\nGG HH\n"
ENTRIES = [("a", "first one", "MKTAY*", 1), ("b", "", "", 5), ("c", "second", "GG HH", 6)]


def found(entries):
    return [(e.name, e.description, e.sequence, e.line) for e in entries]


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lzma.compress], ids=["plain", "gzip", "xz"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_fasta_reads_the_same_however_it_is_stored(tmp_path, pack, newline):
    path = tmp_path / "a.fasta"  # the name says nothing of the compression
    path.write_bytes(pack(("\ufeff" + FASTA).replace("\n", newline).encode()))
    assert found(read_fasta(path)) == ENTRIES
    assert read_text(path).replace("\r\n", "\n").replace("\r", "\n") == FASTA


def test_fasta_entries_come_one_at_a_time():
    def lines():
        yield from (">a", "MK", ">b")
        raise AssertionError("read further than the first record needs")

    assert next(fasta_entries(lines())).sequence == "MK"


def test_text_before_the_first_record_is_placed(tmp_path):
    path = tmp_path / "a.fa"
    path.write_text("\n\njunk\n>a\nMK\n")
    with pytest.raises(InputError, match=r"a\.fa.*before the first '>' line \(line 3: 'junk'\)"):
        list(read_fasta(path))


@pytest.mark.parametrize("read", [read_text, lambda path: list(read_fasta(path))], ids=["text", "fasta"])
@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(FASTA.encode() * 50)[:40],
        gzip.compress(FASTA.encode())[:-9] + b"\x00" * 9,
        b"\x1f\x8b" + b"rubbish" * 20,
        gzip.compress(b">a\n" + os.urandom(2000).hex().encode())[:200] + b"\xff" * 2000,
        lzma.compress(FASTA.encode())[:40],
    ],
    ids=["cut short", "wrong checksum", "no header", "bad block", "xz cut short"],
)
def test_a_damaged_archive_is_the_users_to_mend(tmp_path, read, content):
    path = tmp_path / "a.fa.gz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="a.fa.gz.*(damaged|cannot be read)"):
        read(path)


@pytest.mark.parametrize("read", [read_text, lambda path: list(read_fasta(path))], ids=["text", "fasta"])
def test_a_missing_file_is_named(tmp_path, read):
    with pytest.raises(InputError, match="none.fa.*cannot be read.*No such file"):
        read(tmp_path / "none.fa")


def test_what_is_not_text_says_so():
    with pytest.raises(InputError, match="record 'a.fa'.*not a text file"):
        decode(b"\xff\xfe\x00\x01", "a.fa")


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress])
def test_unpacking_stops_at_the_limit(pack):
    bomb = pack(bytes(64 * 2**20))
    tracemalloc.start()
    with pytest.raises(InputError, match="larger than 1 MB once decompressed"):
        decompress(bomb, "bomb.gz", 2**20)
    assert tracemalloc.get_traced_memory()[1] < 16 * 2**20
    tracemalloc.stop()
    assert decompress(pack(b"12345"), "a.gz", 5) == b"12345"
    with pytest.raises(InputError, match="larger than"):
        decompress(b"123456", "a", 5)


def test_a_write_that_fails_leaves_what_was_there(tmp_path):
    path = tmp_path / "card.json"
    write_atomically(path, "old é\n")
    with pytest.raises(ZeroDivisionError), replacing(path) as part:
        part.write_text("ha")
        assert part.suffix == ".json" and path.read_text("utf-8") == "old é\n"
        1 / 0  # noqa: B018
    assert path.read_text("utf-8") == "old é\n"
    assert write_atomically(path, b"new").read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]
