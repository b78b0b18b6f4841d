"""The 33 tokens of ESM-2: which residue has which id."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from biocore.errors import InputError, ModelUnavailable
from biocore.sequence import AMINO_ACIDS

TOKENS = (
    *("<cls>", "<pad>", "<eos>", "<unk>"),
    *"LAGVSERTIDPKQNFYMHWCXBUZO",
    *(".", "-", "<null_1>", "<mask>"),
)
IDS = {token: index for index, token in enumerate(TOKENS)}
CLS, PAD, EOS, MASK = (IDS[token] for token in ("<cls>", "<pad>", "<eos>", "<mask>"))
RESIDUES = "".join(token for token in TOKENS if len(token) == 1 and token.isalpha())  # what a sequence may hold

# rows of the logits that are amino acids, in the order of `sequence.AMINO_ACIDS`
AMINO_ACID_IDS = np.array([IDS[residue] for residue in AMINO_ACIDS])

_CODES = np.full(256, -1, np.int64)
for _residue in RESIDUES:
    _CODES[[ord(_residue), ord(_residue.lower())]] = IDS[_residue]


def encode(sequence: str) -> np.ndarray:
    """Token ids of a cleaned protein, without ``<cls>`` and ``<eos>``.

    Parameters
    ----------
    sequence : str, length L >= 1
        The 20 amino acids and X, B, Z, U, O in either case (`sequence.clean_protein` makes such a string).

    Returns
    -------
    int64 array, (L,)

    Raises
    ------
    InputError
        Empty, or another letter.
    """
    if not sequence:
        raise InputError("The sequence is empty. Paste a protein in one-letter code.")
    ids = _CODES[np.frombuffer(sequence.encode("ascii", "replace"), np.uint8)]
    if (ids < 0).any():
        position = int(np.argmax(ids < 0))
        raise InputError(f"{sequence[position]!r} is not a residue ESM-2 knows: {RESIDUES}.", position=position)
    return ids


def check(tokens: Sequence[str], where: Path) -> None:
    """Refuse a vocabulary that is not the one of ESM-2: its residues would be read as others.

    Raises
    ------
    ModelUnavailable
        Naming the first token that differs.
    """
    if tuple(tokens) == TOKENS:
        return
    pairs = enumerate(zip(TOKENS, tuple(tokens) + ("(nothing)",) * len(TOKENS), strict=False))
    different = next(((i, ours, theirs) for i, (ours, theirs) in pairs if ours != theirs), None)
    detail = (
        f"token {different[0]} is {different[2]!r} where ESM-2 has {different[1]!r}"
        if different
        else f"it has {len(tokens)} tokens where ESM-2 has {len(TOKENS)}"
    )
    raise ModelUnavailable(
        f"{where} is not the vocabulary of ESM-2: {detail}. Fetch the model again, with its vocab.txt."
    )
