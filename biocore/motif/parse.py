"""Motif files: MEME (minimal text format) and JASPAR (counts, with or without base letters).

Read here rather than by Bio.motifs, which turns the probabilities of a MEME file into whole counts (of 20 sites where
the file names none), refuses files without a version or background line, passes over rows it cannot read, and cannot
say on which line a mistake is.  The tests hold what is read against it.
"""

import re

import numpy as np

from biocore.errors import InputError
from biocore.motif.matrix import BASES, MAX_WIDTH, Motif

MAX_MOTIFS = 2000
Background = tuple[float, float, float, float]
EVEN: Background = (0.25, 0.25, 0.25, 0.25)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def parse_motifs(text: str, *, source: str = "uploaded") -> list[Motif]:
    """Read every motif of a MEME or JASPAR text.

    Parameters
    ----------
    text : str
        MEME: ``MOTIF name`` and ``letter-probability matrix:`` with a row for each position; ``Background letter
        frequencies``, where there are some, are averaged with those of the other strand, since both are scanned.
        JASPAR: ``>id name`` and a row for each base, counts or shares, with ``A [ ... ]`` or bare numbers.
    source : str
        Kept with each motif; the file's name.

    Returns
    -------
    list of Motif

    Raises
    ------
    InputError
        Neither format, or a matrix that cannot be used; the message names the motif and the line.
    """
    lines = text.lstrip("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if not any(line.strip() for line in lines):
        raise InputError("The motif file is empty. MEME or JASPAR text is accepted.")
    if any(line.startswith("MOTIF") for line in lines):
        motifs = _parse_meme(lines, source)
    elif any(line.startswith(">") for line in lines):
        motifs = _parse_jaspar(lines, source)
    else:
        hint = " This looks like TRANSFAC." if any(re.match(r"(AC|P0|PO|ID)\s", line) for line in lines) else ""
        raise InputError(f"There is neither a 'MOTIF' line (MEME) nor a '>' line (JASPAR).{hint}")
    if len(motifs) > MAX_MOTIFS:
        raise InputError(f"The file has {len(motifs):,} motifs; up to {MAX_MOTIFS:,} are read.")
    return motifs


def _parse_meme(lines: list[str], source: str) -> list[Motif]:
    motifs, name, i = [], None, 0
    background = EVEN
    while i < len(lines):
        line = lines[i].strip()
        if line.startswith("ALPHABET") and "ACGT" not in line.replace(" ", "").upper():
            raise InputError(f"line {i + 1}: the alphabet is not ACGT. DNA motifs are needed.")
        if line.lower().startswith("background letter frequencies"):
            background, i = _meme_background(lines, i + 1)
            continue
        if line.startswith("MOTIF"):
            words = line.split()
            if len(words) < 2:
                raise InputError(f"line {i + 1}: 'MOTIF' without a name.")
            name = " ".join(words[1:3])
        elif line.startswith("letter-probability matrix"):
            if name is None:
                raise InputError(f"line {i + 1}: a matrix before any 'MOTIF' line.")
            width = re.search(r"\bw\s*=\s*(\d+)", line)
            rows, i = _meme_rows(lines, i + 1, name, int(width[1]) if width else None)
            motifs.append(_motif(name, rows, source, background))
            name = None
            continue
        i += 1
    if not motifs:
        raise InputError("There is a 'MOTIF' line but no 'letter-probability matrix:' below it.")
    return motifs


def _meme_background(lines: list[str], i: int) -> tuple[Background, int]:
    """Frequencies of A, C, G, T, averaged over both strands, and the line after them."""
    first = i
    words: list[str] = []
    while i < len(lines) and lines[i].strip() and len(words) < 8:
        words += lines[i].split()
        i += 1
    letters = [word.upper().replace("U", "T") for word in words[::2]]
    if sorted(letters) != list(BASES) or len(words) != 8:
        raise InputError(f"line {first + 1}: background frequencies are written 'A 0.25 C 0.25 G 0.25 T 0.25'.")
    found = dict(zip(letters, _numbers(words[1::2], first, "background"), strict=True))
    shares = np.array([found[base] for base in BASES])
    if (shares <= 0).any() or abs(shares.sum() - 1) > 0.01:
        raise InputError(f"line {first + 1}: background frequencies must be above 0 and sum to 1.")
    shares = (shares + shares[::-1]) / (2 * shares.sum())
    return tuple(shares.tolist()), i


def _meme_rows(lines: list[str], i: int, name: str, width: int | None) -> tuple[np.ndarray, int]:
    """The rows of one matrix, (W, 4), and the line after it."""
    rows: list[list[float]] = []
    while i < len(lines) and (width is None or len(rows) < width):
        words = lines[i].split()
        if not words and not rows:
            i += 1
            continue
        if not words or not _NUMBER.fullmatch(words[0]):
            break
        rows.append(_numbers(words, i, name, count=4))
        i += 1
    if not rows or (width is not None and len(rows) != width):
        wanted = "" if width is None else f" of {width}"
        raise InputError(f"line {i + 1}: the matrix has {len(rows)}{wanted} rows of four numbers.", record=name)
    return np.array(rows), i


def _parse_jaspar(lines: list[str], source: str) -> list[Motif]:
    heads = [i for i, line in enumerate(lines) if line.startswith(">")]
    motifs: list[Motif] = []
    for head, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        words = lines[head][1:].split()
        name = " ".join(words[:2]) or f"motif {len(motifs) + 1}"
        rows: dict[str, list[float]] = {}
        for i in range(head + 1, end):
            line = lines[i].strip()
            if not line or line.startswith("#"):
                continue
            label = re.match(r"([ACGTUacgtu])\b", line)
            base = label[1].upper().replace("U", "T") if label else BASES[min(len(rows), 3)]
            body = (line[1:] if label else line).replace("[", " ").replace("]", " ").replace("|", " ")
            if base in rows:
                raise InputError(f"line {i + 1}: a second or fifth row for {base}; four are needed.", record=name)
            rows[base] = _numbers(body.split(), i, name)
        missing = [base for base in BASES if base not in rows]
        if missing:
            raise InputError(f"line {head + 1}: no row for {', '.join(missing)}; four are needed.", record=name)
        if len({len(row) for row in rows.values()}) != 1:
            counts = ", ".join(f"{base} {len(rows[base])}" for base in BASES)
            raise InputError(f"line {head + 1}: the rows have different lengths ({counts}).", record=name)
        motifs.append(_motif(name, np.array([rows[base] for base in BASES]).T, source))
    return motifs


def _numbers(words: list[str], line: int, name: str, count: int | None = None) -> list[float]:
    for word in words:
        if not _NUMBER.fullmatch(word):
            raise InputError(f"line {line + 1}: {word!r} is not a number.", record=name)
    if count is not None and len(words) != count:
        raise InputError(f"line {line + 1}: {len(words)} numbers; {count} are needed (A C G T).", record=name)
    return [float(word) for word in words]


def _motif(name: str, counts: np.ndarray, source: str, background: Background = EVEN) -> Motif:
    """A motif of counts or shares, (W, 4)."""
    if counts.ndim != 2 or not 1 <= len(counts) <= MAX_WIDTH:
        raise InputError(f"the matrix has {len(counts)} positions; 1 to {MAX_WIDTH} are read.", record=name)
    if (counts < 0).any():
        raise InputError("the matrix has a negative number; counts or probabilities are needed.", record=name)
    totals = counts.sum(axis=1, keepdims=True)
    if (totals == 0).any():
        empty = int(np.flatnonzero(totals[:, 0] == 0)[0])
        raise InputError("all four numbers are 0.", record=name, position=empty)
    return Motif(name, counts / totals, source, background=background)
