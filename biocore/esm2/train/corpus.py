"""A corpus of proteins as one byte a residue."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from biocore.errors import InputError
from biocore.esm2.vocabulary import IDS, RESIDUES
from biocore.io import FastaEntry, read_fasta

_CODES = np.full(256, IDS["X"], np.uint8)  # a letter nobody knows is an unknown residue
for _residue in RESIDUES:
    _CODES[[ord(_residue), ord(_residue.lower())]] = IDS[_residue]


@dataclass(frozen=True)
class Corpus:
    """Proteins, the cluster of homologues each belongs to, and which clusters are held out.

    Attributes
    ----------
    tokens : uint8 array, (R,)
        ESM-2 token ids of all residues, one protein after another.
    offsets : int64 array, (N + 1,)
        Protein ``i`` is ``tokens[offsets[i]:offsets[i + 1]]``.
    clusters : int64 array, (N,)
    groups : tuple of str, N or 0 of them
        Third field of the header (kingdom, say), where every header has one.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    clusters: np.ndarray
    groups: tuple[str, ...] = ()

    def __post_init__(self):
        if len(self.offsets) != len(self.clusters) + 1 or self.offsets[-1] != len(self.tokens):
            raise ValueError("offsets do not fit tokens and clusters")

    def __len__(self) -> int:
        return len(self.clusters)

    @property
    def lengths(self) -> np.ndarray:
        """Residues in each protein, (N,)."""
        return np.diff(self.offsets)

    def protein(self, index: int) -> np.ndarray:
        """Token ids of one protein, without ``<cls>`` and ``<eos>``."""
        return self.tokens[self.offsets[index] : self.offsets[index + 1]]

    def held_out(self, fraction: float) -> np.ndarray:
        """Which proteins are held out, bool (N,): whole clusters, chosen by a hash of their number.

        The choice depends on nothing else, so that every corpus and every run holds out the same clusters.
        """
        hashed = (self.clusters.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(40)
        return hashed < fraction * 2**24


def read_corpus(path: Path) -> Corpus:
    """Read FASTA with headers ``>index|cluster`` or ``>index|cluster|group``.

    Parameters
    ----------
    path : Path
        ``.fasta``, also ``.gz`` or ``.xz``.

    Raises
    ------
    InputError
        The file is missing, damaged, holds no protein, or a header has no cluster number.  Without clusters homologues
        would lie on both sides of the split.

    Notes
    -----
    One pass; takes about 2 bytes of memory a residue at its peak.
    """
    tokens, lengths, clusters, groups = bytearray(), [], [], []
    for entry in read_fasta(path):
        sequence = "".join(entry.sequence.split()).rstrip("*")
        if not sequence:
            continue
        cluster, group = _cluster(entry, path)
        codes = _CODES[np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)]
        tokens += codes.tobytes()
        lengths.append(len(codes))
        clusters.append(cluster)
        groups.append(group)
    if not lengths:
        raise InputError("holds no protein.", record=str(path))
    return Corpus(
        np.frombuffer(bytes(tokens), np.uint8),
        np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        np.array(clusters, np.int64),
        tuple(groups) if all(groups) else (),
    )


def _cluster(entry: FastaEntry, path: Path) -> tuple[int, str]:
    fields = entry.header.split("|")
    try:
        return int(fields[1]), fields[2] if len(fields) > 2 else ""
    except (IndexError, ValueError) as error:
        raise InputError(
            f"line {entry.line:,} has the header {entry.header[:60]!r}; '>index|cluster' with a cluster number is "
            "needed, so that homologues stay on one side of the split.",
            record=str(path),
        ) from error
