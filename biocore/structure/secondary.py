"""Secondary structure from backbone hydrogen bonds, for files that do not bring their own."""

import numpy as np

HELIX = frozenset("HGI")
STRAND = frozenset("EB")
NAMES = {
    "H": "alpha helix",
    "G": "3-10 helix",
    "I": "pi helix",
    "E": "strand",
    "B": "isolated bridge",
    "T": "turn",
    "S": "bend",
    "-": "coil",
}
MAX_RESIDUES = 60_000


def assign(n: np.ndarray, ca: np.ndarray, c: np.ndarray, o: np.ndarray, proline: np.ndarray) -> str:
    """One letter of H G I E B T S - for each residue, as DSSP defines them.

    Parameters
    ----------
    n, ca, c, o : float arrays, (R, 3), in angstrom
        Backbone atoms; NaN where missing.  Residues of several chains may follow each other: the chain is taken as
        broken wherever C and the next N are more than 2.5 angstrom apart.
    proline : bool array, (R,)
        Residues without an amide hydrogen.

    Notes
    -----
    Hydrogen bonds are electrostatic, below -0.5 kcal/mol, with the amide hydrogen placed opposite the previous C=O.
    All bonds count, not only each group's best two; strands may carry a bulge of one residue against up to four.  As in
    the program since its version 2.1, pi helices win over alpha; its version 4's P (polyproline II) is not assigned.

    References
    ----------
    Kabsch & Sander (1983), Biopolymers 22:2577-2637, doi:10.1002/bip.360221211; Touw et al. (2015),
    doi:10.1093/nar/gku1028.
    """
    count = len(ca)
    if count == 0:
        return ""
    whole = np.isfinite(np.hstack([n, ca, c, o])).all(axis=1)
    joined = np.zeros(count, bool)  # joined[i]: bonded to i - 1
    with np.errstate(invalid="ignore"):
        joined[1:] = (np.linalg.norm(c[:-1] - n[1:], axis=1) < 2.5) & whole[1:] & whole[:-1]
    segment = np.cumsum(~joined)
    bonds = _hydrogen_bonds(n, ca, c, o, whole, joined & ~proline)

    codes = np.full(count, "-", dtype="<U1")
    turns = {size: _turns(bonds, segment, size, count) for size in (3, 4, 5)}
    strand, bridge = _strands(bonds, segment, count)
    codes[bridge] = "B"
    codes[strand] = "E"
    _helices(codes, turns[4], 4, "H")
    _helices(codes, turns[3], 3, "G")
    _helices(codes, turns[5], 5, "I")
    turn = np.zeros(count, bool)
    for size in (3, 4, 5):
        for start in np.flatnonzero(turns[size]):
            turn[start + 1 : start + size] = True
    codes[(codes == "-") & turn] = "T"
    codes[(codes == "-") & _bends(ca, segment)] = "S"
    return "".join(codes)


def _hydrogen_bonds(n, ca, c, o, whole, has_hydrogen) -> set[tuple[int, int]]:
    """Pairs (a, b): the C=O of a is bonded to the N-H of b."""
    from scipy.spatial import cKDTree

    rows = np.flatnonzero(whole)
    if len(rows) < 2:
        return set()
    pairs = cKDTree(ca[rows]).query_pairs(9.0, output_type="ndarray")
    pairs = rows[np.vstack([pairs, pairs[:, ::-1]])]
    acceptor, donor = pairs[:, 0], pairs[:, 1]
    keep = has_hydrogen[donor] & (donor != acceptor + 1)
    acceptor, donor = acceptor[keep], donor[keep]
    previous = donor - 1
    carbonyl = c[previous] - o[previous]
    hydrogen = n[donor] + carbonyl / np.linalg.norm(carbonyl, axis=1, keepdims=True)

    def inverse(a, b):
        return 1 / np.maximum(np.linalg.norm(a - b, axis=1), 0.5)

    energy = 27.888 * (
        inverse(o[acceptor], n[donor])
        + inverse(c[acceptor], hydrogen)
        - inverse(o[acceptor], hydrogen)
        - inverse(c[acceptor], n[donor])
    )
    bonded = energy < -0.5
    return set(zip(acceptor[bonded].tolist(), donor[bonded].tolist(), strict=True))


def _turns(bonds, segment, size, count) -> np.ndarray:
    """turn[i]: the C=O of i is bonded to the N-H of i + size, with no break between."""
    turn = np.zeros(count, bool)
    for a, b in bonds:
        if b - a == size and segment[a] == segment[b]:
            turn[a] = True
    return turn


def _helices(codes, turn, size, letter) -> None:
    """Two turns in a row make a helix.  Alpha goes before strands, pi before alpha, 3-10 only where nothing else is."""
    free = {"H": "-BEH", "G": "-G", "I": "-HI"}[letter]
    for start in np.flatnonzero(turn[1:] & turn[:-1]) + 1:
        part = codes[start : start + size]
        if all(code in free for code in part):
            codes[start : start + size] = letter


def _bends(ca, segment) -> np.ndarray:
    """Residues where the chain turns by more than 70 degrees over five residues."""
    bend = np.zeros(len(ca), bool)
    if len(ca) < 5:
        return bend
    before, after = ca[2:-2] - ca[:-4], ca[4:] - ca[2:-2]
    with np.errstate(invalid="ignore", divide="ignore"):
        cosine = (before * after).sum(1) / (np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1))
        bend[2:-2] = (cosine < np.cos(np.radians(70))) & (segment[:-4] == segment[4:])
    return bend


def _strands(bonds, segment, count) -> tuple[np.ndarray, np.ndarray]:
    """Residues in ladders (strand) and in bridges on their own."""
    bridges: dict[bool, set[tuple[int, int]]] = {True: set(), False: set()}  # parallel or not -> (i, j), i < j
    for parallel, i, j in _candidates(bonds):
        if abs(i - j) < 3 or not (0 < i < count - 1 and 0 < j < count - 1):
            continue
        if segment[i - 1] == segment[i + 1] and segment[j - 1] == segment[j + 1]:
            bridges[parallel].add((min(i, j), max(i, j)))
    strand, bridge = np.zeros(count, bool), np.zeros(count, bool)
    for parallel, found in bridges.items():
        sign = 1 if parallel else -1
        for i, j in found:
            bridge[[i, j]] = True
            for di in range(1, 6):
                for dj in range(1, 6):
                    if min(di, dj) > 2:  # a bulge: one extra residue against up to four
                        continue
                    other = (i + di, j + sign * dj)
                    if other in found and segment[i] == segment[other[0]] and segment[j] == segment[other[1]]:
                        strand[i : other[0] + 1] = True
                        strand[min(j, other[1]) : max(j, other[1]) + 1] = True
    return strand, bridge & ~strand


def _candidates(bonds):
    """Bridges that two hydrogen bonds propose: (parallel, i, j)."""
    for a, b in bonds:
        if (b, a + 2) in bonds:  # CO(i-1)-NH(j), CO(j)-NH(i+1)
            yield True, a + 1, b
        if (b, a) in bonds:  # CO(i)-NH(j), CO(j)-NH(i)
            yield False, a, b
        if (b - 2, a + 2) in bonds:  # CO(i-1)-NH(j+1), CO(j-1)-NH(i+1)
            yield False, a + 1, b - 1
