"""DNA as numbers and back, and the other strand."""

from collections.abc import Sequence

import numpy as np

from biocore.errors import InputError
from biocore.sequence.alphabets import DNA

_COMPLEMENT = str.maketrans("ACGTURYSWKMBDHVNacgturyswkmbdhvn", "TGCAAYRSWMKVHDBNtgcaayrswmkvhdbn")


def one_hot(sequences: Sequence[str]) -> np.ndarray:
    """DNA as numbers: a column each for A, C, G and T.

    Parameters
    ----------
    sequences : list of str, all of one length L
        Letters A, C, G, T and N in either case.

    Returns
    -------
    float32 array, (N, L, 4)
        N is (0.25, 0.25, 0.25, 0.25): an unknown base carries as much weight as a known one.

    Raises
    ------
    InputError
        Lengths differ, or a letter is not one of A, C, G, T, N.
    """
    lengths = {len(s) for s in sequences}
    if len(lengths) != 1:
        raise InputError(f"sequences of one length are needed; these have {sorted(lengths)[:5]} bp.")
    codes = np.frombuffer("".join(sequences).encode("ascii", "replace"), np.uint8).reshape(len(sequences), -1)
    indices = _CODE_TO_ROW[codes]
    if (indices < 0).any():
        row, position = (int(i) for i in np.argwhere(indices < 0)[0])
        raise InputError(
            f"{sequences[row][position]!r} is not one of A, C, G, T, N", record=f"{row + 1}", position=position
        )
    return _ROWS[indices]


_ROWS = np.vstack([np.eye(4), np.full((1, 4), 0.25)]).astype(np.float32)
_CODE_TO_ROW = np.full(256, -1, np.int64)
for _index, _letter in enumerate(DNA + "N"):
    _CODE_TO_ROW[[ord(_letter), ord(_letter.lower())]] = _index


def from_one_hot(x: np.ndarray) -> list[str]:
    """Letters of one-hot DNA.

    Parameters
    ----------
    x : float array, (N, L, 4)

    Returns
    -------
    list of N str
        The base with the largest number at each position; N where all four are equal.
    """
    best = x.argmax(axis=-1)
    unclear = np.isclose(x.max(axis=-1), x.min(axis=-1))
    letters = np.array(list(DNA + "N"))[np.where(unclear, 4, best)]
    return ["".join(row) for row in letters]


def reverse_complement(sequence: str) -> str:
    """The other strand, read 5' to 3'.

    Parameters
    ----------
    sequence : str
        DNA or RNA with any IUPAC letter, in either case, which is kept; other characters stay as they are.  U pairs
        with A.

    Examples
    --------
    >>> reverse_complement("acgtRY")
    'RYacgt'
    """
    return sequence.translate(_COMPLEMENT)[::-1]


def gc_content(sequence: str) -> float:
    """Fraction of G and C among the known bases, in either case; NaN where none is known."""
    upper = sequence.upper()
    known = sum(upper.count(base) for base in DNA)
    return (upper.count("G") + upper.count("C")) / known if known else float("nan")
