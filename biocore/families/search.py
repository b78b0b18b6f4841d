"""Which families is a protein of?  A quick filter over all of them, then HMMER on those that pass."""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from biocore.families.columns import encode
from biocore.families.hmm import alphabet, background, build_hmm, search_probabilities
from biocore.families.library import Library
from biocore.families.profile import FamilyHit, Profile
from biocore.sequence import AMINO_ACIDS

LETTERS = (
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"  # what pyopal can spell: 26 typical columns; as query 20 residues and one unknown
)
THIRD_BITS = 3.0  # units of the filter's scores in a bit
GAP_OPEN, GAP_EXTEND = 22, 2
SMALL = 2000  # families from which the filter works in threads
SURVIVORS = 200  # families that HMMER looks at
LEAST_FILTER_BITS = 11.0
INCLUDED = 1e-2  # E-value up to which a hit takes part
PRIOR = 5.0  # observations that the typical columns are worth in an answer
DEPTH, CERTAINTY = 0.7, 3  # see `combine`
SOURCE = "embedded families"


@dataclass(frozen=True)
class Aligned:
    """A hit with its alignment: `columns[i]` of the family at residue `residues[i]`, certain to `posterior[i]`."""

    hit: FamilyHit
    index: int
    residues: np.ndarray
    columns: np.ndarray
    posterior: np.ndarray


class FamilySearch:
    """Searches one library.  Holds the filter's database, a byte a column, and what it has unpacked.

    Parameters
    ----------
    library : Library
    among : int array, optional
        Families the filter looks at; the default is all.
    """

    def __init__(self, library: Library, among: np.ndarray | None = None):
        self.library = library
        self.among = np.arange(len(library)) if among is None else np.asarray(among)

    @cached_property
    def _filter(self):
        import pyopal
        from scoring_matrices import ScoringMatrix

        odds = np.log2(self.library.alphabet.components / background())  # (26, 20)
        scores = np.full((len(LETTERS), len(LETTERS)), -1.0)
        scores[: len(AMINO_ACIDS)] = np.rint(THIRD_BITS * np.clip(odds.T, -4, 6))
        aligner = pyopal.Aligner(
            ScoringMatrix(scores.tolist(), alphabet=LETTERS), gap_open=GAP_OPEN, gap_extend=GAP_EXTEND
        )
        text = np.frombuffer(LETTERS.encode(), np.uint8)[self.library.states].tobytes().decode()
        starts = self.library.starts
        names = pyopal.Alphabet(LETTERS)
        return aligner, pyopal.Database([text[starts[i] : starts[i + 1]] for i in self.among.tolist()], names)

    def filter_scores(self, sequence: str, rows: np.ndarray | None = None) -> np.ndarray:
        """Local alignment score of the protein with the typical columns of each of `among`, in bits.

        Parameters
        ----------
        sequence : str
        rows : int array, optional
            Places in `among`: only these.
        """
        aligner, database = self._filter
        if rows is not None:
            database = database.extract(rows.tolist())
        codes = encode(sequence)
        query = np.frombuffer(LETTERS.encode(), np.uint8)[np.minimum(codes, len(AMINO_ACIDS))]
        query = query.tobytes().decode()
        if len(database) < SMALL:
            return np.array([r.score for r in aligner.align(query, database)]) / THIRD_BITS
        parts = np.linspace(0, len(database), (os.cpu_count() or 1) + 1).astype(int)
        with ThreadPoolExecutor(len(parts) - 1) as pool:
            found = pool.map(
                lambda part: [r.score for r in aligner.align(query, database, start=part[0], end=part[1])],
                zip(parts[:-1].tolist(), parts[1:].tolist(), strict=True),
            )
        return np.array([score for part in found for score in part]) / THIRD_BITS

    def candidates(self, sequence: str, *, most: int = SURVIVORS, rows: np.ndarray | None = None) -> np.ndarray:
        """Families worth HMMER's time, best first, int (K,); `rows` as in `filter_scores`."""
        among = self.among if rows is None else self.among[rows]
        bits = self.filter_scores(sequence, rows)
        bits -= np.log2(np.maximum(self.library.lengths[among], 30) / 300)  # longer ones score more by chance
        order = np.argsort(-bits, kind="stable")[:most]
        return among[order[bits[order] >= LEAST_FILTER_BITS + np.log2(max(len(sequence), 30) / 300)]]

    def search(
        self, sequence: str, *, evalue: float = INCLUDED, families: Sequence[int] | None = None
    ) -> list[Aligned]:
        """Aligned stretches up to an E-value, best first.

        Parameters
        ----------
        sequence : str
            Upper case; X where a residue is unknown or hidden.
        evalue : float
            Over the whole library.
        families : sequence of int, optional
            Look at these instead of the filter's choice.
        """
        chosen = self.candidates(sequence) if families is None else families
        if not len(chosen) or not len(sequence):
            return []
        return self.scan(sequence, self.models(chosen), evalue=evalue)

    def models(self, families: Sequence[int] | np.ndarray):
        """HMMER's models of some families, ready for `scan` with any number of proteins."""
        from pyhmmer.plan7 import Background, OptimizedProfileBlock
        from pyhmmer.plan7 import Profile as HmmProfile

        block = OptimizedProfileBlock(alphabet())
        null = Background(alphabet())
        members = [self.library.family(int(index)) for index in families]
        emissions = search_probabilities(members, self.library.trust[list(families)].tolist(), self.library.prior)
        for index, family, emission in zip(families, members, emissions, strict=True):
            hmm = build_hmm(family, emission, self.library.calibration)
            hmm.accession = str(int(index))
            profile = HmmProfile(hmm.M, alphabet())
            profile.configure(hmm, null, 400)
            block.append(profile.to_optimized())
        return block

    def scan(self, sequence: str, models, *, evalue: float = INCLUDED) -> list[Aligned]:
        """`search` among `models` alone; E-values are those over the whole library."""
        from pyhmmer.easel import TextSequence
        from pyhmmer.plan7 import Pipeline

        query = TextSequence(name="protein", sequence=sequence).digitize(alphabet())
        pipeline = Pipeline(
            alphabet(), Z=len(self.library), E=max(evalue, 1.0) * 10, domE=evalue, F1=0.1, F2=0.05, F3=1e-3
        )
        pipeline.domZ = len(self.library)
        found = [
            _aligned(domain, self.library)
            for hit in pipeline.scan_seq(query, models)
            for domain in hit.domains
            if domain.i_evalue <= evalue
        ]
        return sorted(found, key=lambda a: (a.hit.evalue, a.index))

    def stretches(self, model, block: Sequence, *, evalue: float) -> Iterator[tuple[int, float, float, int, int]]:
        """(number, bits, E-value, start, end) of each stretch of `digitised` proteins that one of `models` fits."""
        from pyhmmer.easel import DigitalSequenceBlock
        from pyhmmer.plan7 import Pipeline

        size = len(self.library)
        limits: dict[str, Any] = {"Z": size, "domZ": size, "E": max(evalue, 1.0) * 10, "domE": evalue}
        pipeline = Pipeline(alphabet(), F1=0.1, F2=0.05, F3=1e-3, **limits)
        for hit in pipeline.search_hmm(model, DigitalSequenceBlock(alphabet(), block)):
            for domain in hit.domains:
                if domain.i_evalue <= evalue:
                    place = domain.alignment
                    yield int(hit.name), domain.score, domain.i_evalue, place.target_from - 1, place.target_to

    def profile(self, sequence: str, *, evalue: float = INCLUDED) -> Profile:
        """What the families say about each residue.  See `search` for the parameters."""
        return combine(sequence, self.search(sequence, evalue=evalue), self.library)


def digitised(sequences: Sequence[str]) -> list:
    """Proteins as HMMER reads them, each named by its number: for `FamilySearch.stretches`."""
    from pyhmmer.easel import TextSequence

    return [TextSequence(name=str(n), sequence=s).digitize(alphabet()) for n, s in enumerate(sequences)]


def _aligned(domain, library: Library) -> Aligned:
    a = domain.alignment
    index = int(domain.hit.accession)
    model, target = np.array(list(a.hmm_sequence)), np.array(list(a.target_sequence))
    on_column, on_residue = model != ".", target != "-"
    column = a.hmm_from - 2 + np.cumsum(on_column)
    residue = a.target_from - 2 + np.cumsum(on_residue)
    both = on_column & on_residue
    certainty = np.array(
        [1.0 if c == "*" else (int(c) + 0.5) / 10 if c.isdigit() else 0.5 for c in a.posterior_probabilities]
    )
    hit = FamilyHit(
        family=library.name(index),
        evalue=float(domain.i_evalue),
        bits=float(domain.score),
        start=a.target_from - 1,
        end=a.target_to,
        family_start=a.hmm_from - 1,
        family_end=a.hmm_to,
        family_length=int(library.lengths[index]),
        members=int(library.members[index]),
    )
    return Aligned(hit, index, residue[both], column[both], certainty[both].astype(np.float32))


def combine(sequence: str, found: Sequence[Aligned], library: Library) -> Profile:
    """One profile from all hits: the observations of several families are added.

    Notes
    -----
    A column with n effective members counts ``n ** DEPTH`` observations, times how sure the alignment is of the residue
    (posterior probability, to the power `CERTAINTY`), times how close the protein is to the family (bits an aligned
    residue, at most 1), times the score relative to the best hit there.  The constants were chosen on clusters that are
    neither in the library nor among those it is measured on (`evaluate families --tune`).
    """
    length = len(sequence)
    counts, effective = np.zeros((length, 20), np.float32), np.zeros(length, np.float32)
    best = np.full(length, 0.1, np.float32)
    for one in found:
        best[one.residues] = np.maximum(best[one.residues], one.hit.bits)
    for one in found:
        family = library.family(one.index)
        bits = max(one.hit.bits, 0.1)
        closeness = min(1.0, bits / len(one.residues)) * bits / best[one.residues]
        n = family.effective[one.columns] ** DEPTH * one.posterior**CERTAINTY * closeness
        counts[one.residues] += n[:, None] * family.frequencies[one.columns]
        effective[one.residues] += n
    frequencies = counts / np.maximum(effective, 1e-9)[:, None]
    probabilities = library.prior.completed(frequencies, effective, prior=PRIOR)
    probabilities[effective == 0] = background()
    return Profile(sequence, probabilities, effective, tuple(one.hit for one in found), SOURCE, background())
