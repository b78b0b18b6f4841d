"""Families of many proteins: a quick filter over all of them, then HMMER on those that pass, family by family.

`biocore.families.search` looks at one protein with every column of every family; here words of groups of amino acids
choose the families first (`biocore.go.seeds`), and each family's model is made once for all proteins that ask for it.
"""

import re
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from biocore.families.columns import encode
from biocore.families.hmm import background
from biocore.families.library import Library
from biocore.families.search import FamilySearch, digitised
from biocore.go.neighbours import GROUPS, group_numbers
from biocore.go.seeds import SeedIndex
from biocore.sequence import AMINO_ACIDS

SIMILAR = 200  # families that share words with the protein and are aligned with it
CANDIDATES = 20  # families that align best and are looked at by HMMER
THIRD_BITS = 3.0  # units of the filter's scores in a bit
TOGETHER = 64  # families whose models are made together
UNKNOWN_RESIDUE = len(AMINO_ACIDS)

# (family, bits, E-value, begin, end) of a stretch
Hit = tuple[int, float, float, int, int]
Progress = Callable[[int, int], None]


class FamilyFinder:
    """Finds the families of proteins.

    Parameters
    ----------
    library : Library
    among : int array, optional
        Families that count; the default is all.
    """

    def __init__(self, library: Library, among: np.ndarray | None = None):
        self.library = library
        self.among = np.arange(len(library)) if among is None else np.asarray(among, np.int64)
        self._single = FamilySearch(library, self.among)

    @cached_property
    def _seeds(self) -> SeedIndex:
        """Words of the likeliest group of each column; stretches are scored with the typical columns themselves."""
        member = np.array([[letter in group for letter in AMINO_ACIDS] for group in GROUPS], float)
        likeliest = (self.library.alphabet.components @ member.T).argmax(axis=1).astype(np.uint8)
        states, starts = np.asarray(self.library.states), self.library.starts
        if len(self.among) < len(self.library):
            states = np.concatenate([np.zeros(0, np.uint8), *(states[starts[i] : starts[i + 1]] for i in self.among)])
        return SeedIndex(likeliest[states], self.library.lengths[self.among], len(GROUPS), scored=states)

    @cached_property
    def _matrix(self) -> np.ndarray:
        """Score of a residue (row; the last is unknown) in a typical column, third bits."""
        odds = np.log2(self.library.alphabet.components / background())
        known = np.rint(THIRD_BITS * np.clip(odds.T, -4, 6))
        return np.vstack([known, np.full((1, known.shape[1]), -1.0)]).astype(np.float32)

    def candidates(self, sequence: str, *, most: int = CANDIDATES) -> np.ndarray:
        """Families worth HMMER's time, best first, int (K,): those that align best of those that share words.

        Parameters
        ----------
        sequence : str
            Cleaned protein.
        most : int
        """
        if not len(self.among) or not sequence:
            return np.zeros(0, np.int64)
        residues = np.minimum(encode(sequence), UNKNOWN_RESIDUE)
        found = self._seeds.scores(group_numbers(sequence), self._matrix, residues=residues)
        first = np.argpartition(-found, min(SIMILAR, len(found) - 1))[:SIMILAR]
        rows = np.sort(first[found[first] > 0])
        return self._single.candidates(sequence, most=most, rows=rows) if len(rows) else np.zeros(0, np.int64)

    def search(
        self,
        sequences: Sequence[str],
        *,
        expect: float,
        among: Sequence[np.ndarray] | None = None,
        progress: Progress | None = None,
    ) -> list[list[Hit]]:
        """Stretches of each protein that are of a family, up to an E-value.

        Parameters
        ----------
        sequences : sequence of str, N
            Cleaned proteins.
        expect : float
            Over the whole library.
        among : sequence of int arrays, optional
            Families to look at for each protein; the default is what the filter lets pass.
        progress : callable, optional
            Gets (families looked at, families in all).

        Returns
        -------
        list of lists of (family, bits, E-value, begin, end), N
            The family with the lowest number first; begin and end 0-based half-open.
        """
        chosen = [self.candidates(s) for s in sequences] if among is None else [np.asarray(c) for c in among]
        asking: dict[int, list[int]] = {}
        for protein, families in enumerate(chosen):
            for family in families.tolist() if sequences[protein] else ():
                asking.setdefault(family, []).append(protein)
        digital = digitised([re.sub(f"[^{AMINO_ACIDS}]", "X", s) or "X" for s in sequences])
        found: list[list[Hit]] = [[] for _ in sequences]
        every = sorted(asking)
        for start in range(0, len(every), TOGETHER):
            part = every[start : start + TOGETHER]
            for family, model in zip(part, self._single.models(part), strict=True):
                block = [digital[p] for p in asking[family]]
                for protein, bits, value, begin, end in self._single.stretches(model, block, evalue=expect):
                    found[protein].append((family, bits, value, begin, end))
            if progress:
                progress(start + len(part), len(every))
        return found
