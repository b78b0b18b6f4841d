"""Sequences as people paste them, and as models read them.

Text -> records (FASTA, plain, GenBank); cleaned DNA and protein with a report of what was changed; what else was
pasted; one-hot matrices; reverse complement; open reading frames; composition-preserving shuffles.
"""

from biocore.sequence.alphabets import AMINO_ACIDS, DNA, IUPAC_DNA, RARE_AMINO_ACIDS
from biocore.sequence.cleaning import Cleaned, clean_dna, clean_protein
from biocore.sequence.encoding import from_one_hot, gc_content, one_hot, reverse_complement
from biocore.sequence.reading_frames import ReadingFrame, reading_frames
from biocore.sequence.recognition import looks_like_dna, not_a_sequence, recognise
from biocore.sequence.records import Record, parse_records, to_fasta
from biocore.sequence.shuffles import dinucleotide_shuffle, dinucleotide_shuffles

__all__ = [
    "AMINO_ACIDS",
    "DNA",
    "IUPAC_DNA",
    "RARE_AMINO_ACIDS",
    "Cleaned",
    "ReadingFrame",
    "Record",
    "clean_dna",
    "clean_protein",
    "dinucleotide_shuffle",
    "dinucleotide_shuffles",
    "from_one_hot",
    "gc_content",
    "looks_like_dna",
    "not_a_sequence",
    "one_hot",
    "parse_records",
    "reading_frames",
    "recognise",
    "reverse_complement",
    "to_fasta",
]
