"""Labelled DNA from CSV files; shuffles and splits.  Data files stay where they are, nothing is copied."""

import re
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import numpy as np
import pandas as pd

from biocore.errors import DataUnavailable, InputError
from biocore.sequence import DNA

KINDS = ("positive", "dinucleotide_shuffle", "genomic", "other")
OVERLAP = 20  # shared 31-mers, that is 50 bp, that make two sequences the same place in the genome
_OVERLAP_K = 31
_MIN_LENGTH = 20  # bp
_POSITIVE, _SHUFFLE, _OTHER = 0, 1, 3
_CODES = np.full(256, 255, np.uint8)
for _i, _letter in enumerate(DNA + "N"):
    _CODES[[ord(_letter), ord(_letter.lower())]] = _i
_UNKNOWN = re.compile("[RYSWKMBDHVrywskmbdhv]")  # IUPAC letters for several bases count as N


@dataclass(frozen=True)
class DnaDataset:
    """Labelled DNA of one length.

    Attributes
    ----------
    name : str
        The transcription factor.
    codes : uint8 array, (N, L)
        0 1 2 3 for A C G T, 4 for an unknown base.
    labels : uint8 array, (N,)
        1 bound, 0 not.
    kinds : uint8 array, (N,)
        Index into `KINDS`: what sort of negative a row is.
    """

    name: str
    codes: np.ndarray
    labels: np.ndarray
    kinds: np.ndarray

    def __post_init__(self):
        if self.codes.ndim != 2 or not len(self.codes) == len(self.labels) == len(self.kinds):
            raise ValueError("codes (N, L), labels (N,) and kinds (N,) are needed")

    def __len__(self) -> int:
        return len(self.codes)

    def rows(self, which: np.ndarray) -> "DnaDataset":
        """Some rows, by index or mask.

        Parameters
        ----------
        which : int or bool array

        Returns
        -------
        DnaDataset
        """
        return DnaDataset(self.name, self.codes[which], self.labels[which], self.kinds[which])

    def is_against(self, kind: str) -> np.ndarray:
        """True for the positives and the negatives of one kind, (N,).

        Parameters
        ----------
        kind : str
            One of `KINDS`.

        Returns
        -------
        bool array, (N,)
        """
        return (self.labels == 1) | (self.kinds == KINDS.index(kind))


def factors(folder: Path, split: str = "train") -> list[str]:
    """Names of the factors that `folder` holds a CSV file for, sorted.

    Parameters
    ----------
    folder : Path
    split : str
        Such as "train".

    Returns
    -------
    list of str

    Raises
    ------
    DataUnavailable
        No such folder, or no such file in it.
    """
    if not folder.is_dir():
        raise DataUnavailable(f"The data folder {folder} does not exist.")
    pattern = re.compile(rf"(.+)_{split}(?:_sequences)?\.csv(?:\.gz)?")
    found = sorted({m[1] for path in folder.iterdir() if (m := pattern.fullmatch(path.name))})
    if not found:
        raise DataUnavailable(
            f"{folder} holds no file named FACTOR_{split}.csv, .csv.gz or FACTOR_{split}_sequences.csv."
        )
    return found


def find(folder: Path, name: str, split: str) -> Path:
    """Path of a factor's CSV file.

    Parameters
    ----------
    folder : Path
    name : str
        The factor.
    split : str
        Such as "train".

    Returns
    -------
    Path

    Raises
    ------
    DataUnavailable
        There is none; the message lists the factors that have one.
    """
    for ending in (".csv.gz", ".csv", "_sequences.csv", "_sequences.csv.gz"):
        path = folder / f"{name}_{split}{ending}"
        if path.is_file():
            return path
    known = ", ".join(factors(folder, split))
    raise DataUnavailable(f"{folder} holds no {split} file of {name} ({name}_{split}.csv[.gz]). It has: {known}.")


def load_dna(path: Path, name: str, *, text: str | None = None) -> DnaDataset:
    """Read labelled DNA from a CSV file (gzip-compressed or not).

    Parameters
    ----------
    path : Path
        Columns ``sequence`` and ``label`` (1 bound, 0 not); ``negative_kind`` ("dinucleotide_shuffle", "genomic") where
        it is known; others are ignored.  Lower case is upper case; other IUPAC letters count as N.
    name : str
        What to call it: the factor.
    text : str, optional
        What the file holds, where it is no file; `path` is then its name in messages.

    Returns
    -------
    DnaDataset

    Raises
    ------
    InputError
        A column is missing, a label is neither 0 nor 1, a letter is not DNA, lengths differ, or one class is missing;
        the message names file and row (the first below the header is row 1).
    """
    try:
        table = pd.read_csv(path if text is None else StringIO(text), dtype=str, keep_default_na=False)
    except (OSError, EOFError, ValueError) as error:  # pandas' own errors are ValueErrors
        raise InputError(f"cannot be read as CSV: {error}", record=str(path)) from error
    missing = [column for column in ("sequence", "label") if column not in table]
    if missing:
        raise InputError(
            f"has no column {' or '.join(repr(m) for m in missing)}; its columns are {', '.join(map(repr, table))}. "
            "A header with 'sequence' and 'label' is needed.",
            record=str(path),
        )
    if table.empty:
        raise InputError("has a header but no rows.", record=str(path))
    labels = _labels(table["label"], path)
    codes = _codes(table["sequence"].str.strip(), path)
    kinds = _kinds(table["negative_kind"] if "negative_kind" in table else None, labels)
    return DnaDataset(name, codes, labels, kinds)


def _labels(column: pd.Series, path: Path) -> np.ndarray:
    text = column.str.strip()
    bad = ~text.isin(["0", "1", "0.0", "1.0"])
    if bad.any():
        row = int(np.flatnonzero(bad)[0])
        raise InputError(
            f"label {column.iloc[row]!r} is neither 1 (bound) nor 0 (not bound).", record=f"{path}, row {row + 1}"
        )
    labels = text.str.startswith("1").to_numpy().astype(np.uint8)
    for value, word in ((1, "positives (label 1)"), (0, "negatives (label 0)")):
        if not (labels == value).any():
            raise InputError(f"has no {word}; both are needed.", record=str(path))
    return labels


def _codes(column: pd.Series, path: Path) -> np.ndarray:
    lengths = column.str.len().to_numpy()
    length = int(np.bincount(lengths).argmax())
    odd = np.flatnonzero(lengths != length)
    if len(odd):
        raise InputError(
            f"{lengths[odd[0]]} bp, while most rows have {length}; all sequences of a file must have one length.",
            record=f"{path}, row {odd[0] + 1}",
        )
    if length < _MIN_LENGTH:
        raise InputError(
            f"sequences of {length} bp are too short; {_MIN_LENGTH} bp or more are needed.", record=str(path)
        )
    joined = "".join(column).encode("ascii", "replace").decode()
    codes = _CODES[np.frombuffer(_UNKNOWN.sub("N", joined).encode(), np.uint8)].reshape(-1, length)
    if (codes == 255).any():
        row, position = (int(i) for i in np.argwhere(codes == 255)[0])
        letter = column.iloc[row][position]
        raise InputError(
            f"{letter!r} is not a DNA letter; A, C, G, T, N (either case) or another IUPAC letter is needed.",
            record=f"{path}, row {row + 1}",
            position=position,
        )
    return codes


def _kinds(column: pd.Series | None, labels: np.ndarray) -> np.ndarray:
    kinds = np.full(len(labels), _OTHER, np.uint8)
    if column is not None:
        for i, kind in enumerate(KINDS):
            kinds[(column == kind).to_numpy()] = i
    kinds[labels == 1] = _POSITIVE
    return kinds


def one_hot_codes(codes: np.ndarray) -> np.ndarray:
    """Codes -> float32 one-hot (..., 4); code 4 is a quarter of each base.

    Parameters
    ----------
    codes : uint8 array, any shape

    Returns
    -------
    float32 array, (..., 4)
    """
    return np.vstack([np.eye(4), np.full((1, 4), 0.25)]).astype(np.float32)[codes]


def reverse_complement_codes(codes: np.ndarray) -> np.ndarray:
    """The other strand of each row.

    Parameters
    ----------
    codes : uint8 array, (..., L)

    Returns
    -------
    uint8 array of the same shape
    """
    return np.where(codes == 4, 4, 3 - codes)[..., ::-1].astype(np.uint8)


def repeats(units: np.ndarray, length: int) -> np.ndarray:
    """Sequences of one pair of letters over and over.

    Parameters
    ----------
    units : int array, (N,)
        Numbers of the sixteen pairs: AA, AC ... TT.
    length : int
        bp.

    Returns
    -------
    uint8 array, (N, length)
        0 1 2 3 for A C G T.
    """
    return np.stack([units // 4, units % 4], axis=1)[:, np.arange(length) % 2].astype(np.uint8)


def apart(train: DnaDataset, held_out: DnaDataset) -> DnaDataset:
    """A factor's training rows without those that overlap its own held-out sequences.

    Parameters
    ----------
    train, held_out : DnaDataset
        Of one factor.

    Returns
    -------
    DnaDataset

    Raises
    ------
    InputError
        No positives or no negatives are left.
    """
    use = ~overlapping(train.codes, held_out.codes)
    for value, word in ((1, "positives"), (0, "negatives")):
        if not (train.labels[use] == value).any():
            raise InputError(
                f"all {(train.labels == value).sum():,} {word} of the training file share 50 bp or more with rows of "
                "the valid file. Split by chromosome, or by groups of sequences that overlap.",
                record=train.name,
            )
    return train.rows(use)


def overlapping(codes: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which rows lie on the same place of a genome as a row of `others`, as far as sequence can tell.

    Parameters
    ----------
    codes, others : uint8 arrays, (N, L), (M, L)
        0 1 2 3 for A C G T, 4 for N.

    Returns
    -------
    bool array, (N,)
        True where 20 or more 31-mers (50 bp) occur in `others` on either strand; for rows of fewer than 50 bp, where
        all do.
    """
    k = min(_OVERLAP_K, codes.shape[1])
    return shared_kmers(codes, others, k=k) >= min(OVERLAP, codes.shape[1] - k + 1)


def shared_kmers(codes: np.ndarray, others: np.ndarray, *, k: int = 31) -> np.ndarray:
    """How many k-mers of each row occur, on either strand, anywhere in `others`.

    Parameters
    ----------
    codes, others : uint8 arrays, (N, L) and (M, L')
    k : int
        bp, at most 31.

    Returns
    -------
    int array, (N,)
        A k-mer that holds an unknown base counts on neither side: it may be any sequence.
    """
    ours, theirs = kmer_hashes(codes, k), kmer_hashes(others, k)
    seen = np.unique(theirs[kmers_known(others, k)])
    return (np.isin(ours, seen) & kmers_known(codes, k)).sum(axis=1)


def kmers_known(codes: np.ndarray, k: int) -> np.ndarray:
    """Which k-mers hold no unknown base (code 4), bool (N, L - k + 1)."""
    unknown = np.pad((codes == 4).cumsum(axis=1), ((0, 0), (1, 0)))
    return unknown[:, k:] == unknown[:, :-k]


def kmer_hashes(codes: np.ndarray, k: int) -> np.ndarray:
    """The smaller of the numbers of a k-mer (k up to 31) and its reverse complement, (N, L - k + 1).

    Those with an unknown base have a meaningless number; see `kmers_known`.
    """
    n = max(codes.shape[1] - k + 1, 0)
    codes = codes.astype(np.uint64)
    forward = np.zeros((len(codes), n), np.uint64)
    reverse = forward.copy()
    for i in range(k):
        forward = forward * np.uint64(4) + np.minimum(codes[:, i : i + n], 3)
    for i in reversed(range(k)):
        reverse = reverse * np.uint64(4) + (np.uint64(3) - np.minimum(codes[:, i : i + n], 3))
    return np.minimum(forward, reverse)


def batches(count: int, size: int, *, seed: int) -> np.ndarray:
    """Row numbers of one epoch in random order, (count // size, size); the few that fill no batch are left out.

    Parameters
    ----------
    count : int
        Rows.
    size : int
        Of a batch.
    seed : int

    Returns
    -------
    int array, (count // size, size)
    """
    order = np.random.default_rng(seed).permutation(count)
    return order[: count // size * size].reshape(-1, size)
