"""Which residue of one chain belongs to which of another, from their sequences alone."""

from functools import lru_cache

from biocore.errors import InputError
from biocore.structure.model import PROTEIN

MAX_CELLS = 60_000_000  # of an alignment: two chains of 7,700 residues
_NEAREST = str.maketrans("UOJ", "CKL")  # selenocysteine, pyrrolysine, I or L: letters that BLOSUM62 lacks


def align(first: str, second: str, kind: str = PROTEIN) -> list[tuple[int, int]]:
    """Positions that belong together in the best global alignment; overhanging ends cost nothing.

    Proteins are scored by BLOSUM62 with -10 for a gap's first residue and -0.5 for each further one (EMBOSS needle's
    values), so that remote homologues find each other; nucleic acids by match 2, mismatch -1, gaps -4 and -0.5, with
    T and U the same.  Unknown residues (X, N) score 0 with anything.

    Parameters
    ----------
    first, second : str
        One-letter codes in upper case, any length; letters outside the alphabet count as unknown.
    kind : str
        "protein", "dna" or "rna".

    Returns
    -------
    list of (int, int)
        0-based positions in `first` and in `second`, ascending; empty if either sequence is.

    Raises
    ------
    InputError
        The product of the lengths exceeds 60 million.

    References
    ----------
    Needleman & Wunsch (1970), doi:10.1016/0022-2836(70)90057-4; Henikoff & Henikoff (1992),
    doi:10.1073/pnas.89.22.10915; Biopython's ``Bio.Align.PairwiseAligner``.

    Examples
    --------
    >>> align("MKACDEF", "ACDEF")
    [(2, 0), (3, 1), (4, 2), (5, 3), (6, 4)]
    """
    if not first or not second:
        return []
    if first == second:
        return [(i, i) for i in range(len(first))]
    if len(first) * len(second) > MAX_CELLS:
        raise InputError(f"sequences of {len(first):,} and {len(second):,} residues are too long to be aligned here.")
    aligner = _aligner(kind == PROTEIN)
    best = aligner.align(_known(first, kind), _known(second, kind))[0]
    return [
        (int(i) + k, int(j) + k)
        for (i, stop), (j, _) in zip(*best.aligned, strict=True)
        for k in range(int(stop) - int(i))
    ]


@lru_cache(maxsize=2)
def _aligner(protein: bool):
    from Bio.Align import PairwiseAligner, substitution_matrices

    if protein:
        matrix = substitution_matrices.load("BLOSUM62")
        matrix["X", :] = matrix[:, "X"] = 0.0
        aligner = PairwiseAligner(mode="global", substitution_matrix=matrix)
        aligner.open_gap_score = -10.0
    else:
        aligner = PairwiseAligner(mode="global", match_score=2.0, mismatch_score=-1.0, wildcard="N")
        aligner.open_gap_score = -4.0
    aligner.extend_gap_score, aligner.end_gap_score = -0.5, 0.0
    return aligner


def _known(sequence: str, kind: str) -> str:
    if kind != PROTEIN:
        return "".join(letter if letter in "ACGT" else "N" for letter in sequence.replace("U", "T"))
    letters = sequence.translate(_NEAREST)
    return "".join(letter if letter in "ARNDCQEGHILKMFPSTWYVBZX" else "X" for letter in letters)
