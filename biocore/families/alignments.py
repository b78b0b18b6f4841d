"""Alignments that users have: A3M, aligned FASTA and Stockholm, laid on the protein they were made for."""

import re
from collections.abc import Sequence

import numpy as np

from biocore.errors import InputError
from biocore.families.columns import GAP, columns, encode, open_ends
from biocore.families.hmm import background
from biocore.families.mixture import Mixture
from biocore.families.profile import FamilyHit, Profile
from biocore.io import fasta_entries

MAX_SEQUENCES = 100_000
ACCEPTED = "A3M (ColabFold, HHblits), aligned FASTA and Stockholm (Pfam, HMMER) are accepted"
_ALLOWED = re.compile(r"[A-Za-z.*~-]*")
_BAD = re.compile(r"[^A-Za-z.*~-]")
SOURCE = "your alignment"


def read_alignment(text: str) -> list[tuple[str, str, int]]:
    """Name, aligned letters and 1-based line of each sequence of an alignment.

    A3M is brought to the columns of its first sequence (lower-case insertions are dropped, dots too); aligned FASTA and
    Stockholm are given as they stand.

    Raises
    ------
    InputError
        Empty; a letter that is none; sequences of different length (which one, its line, both lengths); only one
        sequence; too many.
    """
    text = text.lstrip("\ufeff")
    if not text.strip("\x00 \r\n\t"):
        raise InputError(f"The alignment is empty. {ACCEPTED}.")
    rows = _stockholm(text) if text.lstrip().startswith("# STOCKHOLM") else _fasta(text)
    if len(rows) > MAX_SEQUENCES:
        raise InputError(f"{len(rows):,} sequences; up to {MAX_SEQUENCES:,} are accepted. Thin the alignment out.")
    for name, letters, line in rows:
        bad = _BAD.search(letters)
        if bad:
            raise InputError(
                f"{bad[0]!r} in the sequence that begins on line {line} is neither a residue nor a gap ('-', '.').",
                record=name,
                position=bad.start(),
            )
    rows = _same_length(rows)
    if len(rows) < 2:
        raise InputError("The alignment holds one sequence; homologues beside the protein are needed.")
    return rows


def _fasta(text: str) -> list[tuple[str, str, int]]:
    if ">" not in text:
        raise InputError(f"This is no alignment: no line starts with '>' or '# STOCKHOLM'. {ACCEPTED}.")
    lines = (line for line in text.replace("\x00", "").splitlines() if not line.startswith("#"))
    return [(e.name or f"line {e.line}", e.sequence, e.line) for e in fasta_entries(lines) if e.sequence]


def _stockholm(text: str) -> list[tuple[str, str, int]]:
    parts: dict[str, list[str]] = {}
    first: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("//"):
            break
        fields = line.split()
        if not fields or line.startswith("#"):
            continue
        if len(fields) != 2:
            raise InputError(f"line {number} of the Stockholm file is not a name and aligned letters: {line[:40]!r}.")
        first.setdefault(fields[0], number)
        parts.setdefault(fields[0], []).append(fields[1])
    return [(name, "".join(letters), first[name]) for name, letters in parts.items()]


def _same_length(rows: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Rows of one length: as they are, else without the insertions of A3M."""
    if len({len(letters) for _, letters, _ in rows}) <= 1:
        return rows
    match = [(name, re.sub(r"[a-z.]", "", letters), line) for name, letters, line in rows]
    expected = len(match[0][1]) if match else 0
    for name, letters, line in match:
        if len(letters) != expected:
            raise InputError(
                f"the sequence that begins on line {line} has {len(letters):,} aligned columns, the first one has "
                f"{expected:,}. All must have the same (in A3M, upper-case letters and '-' count). {ACCEPTED}.",
                record=name,
            )
    return match


def alignment_profile(text: str, sequence: str, prior: Mixture, *, pseudocount: float, source: str = SOURCE) -> Profile:
    """The profile of a protein from an alignment that holds it.

    Parameters
    ----------
    text : str
        See `read_alignment`.
    sequence : str
        The protein; the row whose residues are the protein's, or contain it, is the reference.
    prior : Mixture
        Completes columns that few sequences reach.
    pseudocount : float
        Observations the prior is worth.

    Raises
    ------
    InputError
        As `read_alignment`, or no row has the protein's sequence.

    Notes
    -----
    Columns count the homologues only: the protein's own row is left out, so that it does not vouch for itself.
    """
    return aligned_profile(read_alignment(text), sequence, prior, pseudocount=pseudocount, source=source)


def aligned_profile(
    rows: Sequence[tuple[str, str, int]],
    sequence: str,
    prior: Mixture,
    *,
    pseudocount: float,
    source: str,
    hits: tuple[FamilyHit, ...] = (),
) -> Profile:
    """`alignment_profile` of rows that are read already."""
    _, coded = placed(rows, sequence)
    coded = coded[(coded < GAP).any(axis=1)]
    if not len(coded):
        raise InputError("No sequence of the alignment reaches over the protein.")
    seen = columns(coded)
    probabilities = prior.completed(seen.frequencies, seen.effective, prior=pseudocount)
    probabilities[seen.effective == 0] = background()
    return Profile(sequence, probabilities, seen.effective, hits, source, background())


def placed(rows: Sequence[tuple[str, str, int]], sequence: str) -> tuple[np.ndarray, np.ndarray]:
    """The protein's own row and the other rows over the protein's residues, codes, (L,) and (N, L), ends open.

    Raises
    ------
    InputError
        No row has the protein's sequence.
    """
    reference, offset = _reference(rows, sequence)
    places = np.flatnonzero([c not in "-.~*" for c in rows[reference][1]])[offset : offset + len(sequence)]
    coded = [encode(letters)[places] for i, (_, letters, _) in enumerate(rows) if i != reference]
    others = open_ends(np.stack(coded)) if coded else np.empty((0, len(sequence)), np.uint8)
    return encode(rows[reference][1])[places], others


def _reference(rows: Sequence[tuple[str, str, int]], sequence: str) -> tuple[int, int]:
    """The row that holds the protein, and where in its residues the protein begins."""
    wanted = sequence.upper()
    for number, (_, letters, _) in enumerate(rows):
        residues = re.sub(r"[^A-Z]", "", letters.upper().replace("*", ""))
        offset = residues.find(wanted)
        if offset >= 0:
            return number, offset
    first = re.sub(r"[^A-Z]", "", rows[0][1].upper())
    same = sum(a == b for a, b in zip(first, wanted, strict=False))
    raise InputError(
        f"No sequence of the alignment is the protein ({len(wanted):,} residues). The first, {rows[0][0]!r}, has "
        f"{len(first):,}, of which {same:,} agree place by place. Use the alignment made for this protein, or "
        "paste the sequence it was made for."
    )
