"""Files as users have them, and files as they should be left: read within limits, written whole or not at all."""

from biocore.io.compression import decompress
from biocore.io.fasta import FastaEntry, fasta_entries, read_fasta
from biocore.io.text import decode, read_text
from biocore.io.writing import replacing, write_atomically

__all__ = [
    "FastaEntry",
    "decode",
    "decompress",
    "fasta_entries",
    "read_fasta",
    "read_text",
    "replacing",
    "write_atomically",
]
