"""Which protein families is a protein of, and what are the annotated proteins of the same families annotated with?

A profile of a family finds relatives that no single sequence finds.  Families come from `biocore.families`; the model
holds which of them each annotated protein is of.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from biocore import zoo
from biocore.errors import ModelUnavailable
from biocore.families.model import Families
from biocore.go.family_search import FamilyFinder, Progress
from biocore.go.neighbours import TOP, ReferenceHits, votes

INCLUDED = 1e-3  # E-value up to which a hit counts
IMAGINED = 3.0  # proteins of the usual mix that a family's own are mixed with


@dataclass(frozen=True)
class FamilyHits:
    """Families of N proteins; those of protein i are ``[starts[i]:starts[i + 1]]`` of the other arrays, best first.

    Attributes
    ----------
    starts : int array, (N + 1,)
    families : int array, (H,)
        Numbers in the library.
    bits, expect : float arrays, (H,)
        Score and E-value over the whole library of the best stretch.
    begin, end : int arrays, (H,)
        Residues from the first to the last stretch, 0-based half-open.
    """

    starts: np.ndarray
    families: np.ndarray
    bits: np.ndarray
    expect: np.ndarray
    begin: np.ndarray
    end: np.ndarray

    def __post_init__(self):
        if len({len(v) for v in (self.families, self.bits, self.expect, self.begin, self.end)}) != 1:
            raise ValueError("each hit has a family, bits, an E-value, a begin and an end")
        if int(self.starts[-1]) != len(self.families):
            raise ValueError("the starts do not fit the hits")

    def __len__(self) -> int:
        return len(self.starts) - 1

    @classmethod
    def of(cls, rows: Sequence[Sequence[tuple[int, float, float, int, int]]]) -> "FamilyHits":
        """From (family, bits, E-value, begin, end) of each hit of each protein; stretches of a family are joined."""
        joined: list[list[tuple[int, float, float, int, int]]] = []
        for row in rows:
            best: dict[int, tuple[int, float, float, int, int]] = {}
            for family, bits, expect, begin, end in row:
                if (seen := best.get(family)) is not None:
                    bits, expect = max(bits, seen[1]), min(expect, seen[2])
                    begin, end = min(begin, seen[3]), max(end, seen[4])
                best[family] = (family, bits, expect, begin, end)
            joined.append(sorted(best.values(), key=lambda hit: (-hit[1], hit[0])))
        flat = [hit for row in joined for hit in row]
        columns = list(zip(*flat, strict=True)) or [()] * 5
        kinds = (np.int32, np.float32, np.float64, np.int32, np.int32)
        starts = np.concatenate([[0], np.cumsum([len(row) for row in joined])]).astype(np.int64)
        return cls(starts, *(np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)))

    @classmethod
    def none(cls, count: int) -> "FamilyHits":
        """No families of `count` proteins."""
        return cls.of([[]] * count)

    @classmethod
    def joined(cls, parts: Sequence["FamilyHits"]) -> "FamilyHits":
        """The hits of the proteins of several, in their order."""
        counts = np.concatenate([np.diff(part.starts) for part in parts])
        columns = ("families", "bits", "expect", "begin", "end")
        return cls(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            *(np.concatenate([getattr(part, name) for part in parts]) for name in columns),
        )

    @property
    def best(self) -> np.ndarray:
        """Lowest E-value of each protein, (N,); infinite where it has no family."""
        lowest = np.full(len(self), np.inf)
        np.minimum.at(lowest, np.repeat(np.arange(len(self)), np.diff(self.starts)), self.expect)
        return lowest

    def row(self, protein: int) -> slice:
        """Where the hits of a protein stand."""
        return slice(int(self.starts[protein]), int(self.starts[protein + 1]))

    def take(self, proteins: Sequence[int] | np.ndarray) -> "FamilyHits":
        """Those of some proteins, in the order asked for."""
        columns = (self.families, self.bits, self.expect, self.begin, self.end)
        each = [np.arange(self.starts[p], self.starts[p + 1]) for p in proteins]
        places = np.concatenate([np.zeros(0, np.int64), *each])
        counts = [int(self.starts[p + 1] - self.starts[p]) for p in proteins]
        return FamilyHits(np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), *(v[places] for v in columns))

    def up_to(self, expect: float) -> "FamilyHits":
        """The hits up to an E-value."""
        keep = self.expect <= expect
        owner = np.repeat(np.arange(len(self)), np.diff(self.starts))[keep]
        starts = np.concatenate([[0], np.cumsum(np.bincount(owner, minlength=len(self)))])
        return FamilyHits(starts, *(v[keep] for v in (self.families, self.bits, self.expect, self.begin, self.end)))


@dataclass(frozen=True)
class FamilyVotes:
    """What the annotated proteins of N proteins' families say.

    Attributes
    ----------
    fraction : float32 array, (N, T)
        Of the votes of the proteins that share the most families, by the bits they share.
    likeliest : float32 array, (N, T)
        Largest fraction of a family's proteins that has the term, mixed with three imagined proteins.
    strongest : float32 array, (N, T)
        The same of the family with the best score.
    closest : float32 array, (N, T)
        Bits shared with the protein that shares the most and has the term; 0 where none has.
    bits : float32 array, (N,)
        Of the best family that an annotated protein is of; 0 where there is none.
    known : float32 array, (N,)
        Annotated proteins in that family.
    """

    fraction: np.ndarray
    likeliest: np.ndarray
    strongest: np.ndarray
    closest: np.ndarray
    bits: np.ndarray
    known: np.ndarray


@dataclass(frozen=True)
class FamilyIndex:
    """Families of the M annotated proteins.

    Attributes
    ----------
    starts : int array, (M + 1,)
    families : int array, (H,)
        Those of protein i are ``families[starts[i]:starts[i + 1]]``, numbers in the library.
    bits : float array, (H,)
    """

    starts: np.ndarray
    families: np.ndarray
    bits: np.ndarray

    def __post_init__(self):
        if not int(self.starts[-1]) == len(self.families) == len(self.bits):
            raise ValueError("the families of the annotated proteins do not fit their starts or bits")

    @classmethod
    def build(cls, hits: FamilyHits) -> "FamilyIndex":
        """From the hits of the annotated proteins."""
        hits = hits.up_to(INCLUDED)
        return cls(hits.starts.astype(np.uint32), hits.families.astype(np.uint32), hits.bits.astype(np.float16))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def first(self, count: int) -> "FamilyIndex":
        """The first `count` proteins alone."""
        end = int(self.starts[count])
        return FamilyIndex(self.starts[: count + 1], self.families[:end], self.bits[:end])

    def only(self, proteins: np.ndarray) -> "FamilyIndex":
        """With the families of some proteins, bool (M,); the others have none, so that they do not vote."""
        sizes = self.starts[1:].astype(np.int64) - self.starts[:-1].astype(np.int64)
        kept = np.repeat(proteins, sizes)
        starts = np.concatenate([[0], np.cumsum(np.where(proteins, sizes, 0))])
        return FamilyIndex(starts.astype(np.uint32), self.families[kept], self.bits[kept])

    @cached_property
    def known(self) -> np.ndarray:
        """Families an annotated protein is of, sorted, int64 (F,)."""
        return np.unique(self.families).astype(np.int64)

    @cached_property
    def _members(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Where each of `known` begins (F + 1,), its proteins, and their bits."""
        column = np.searchsorted(self.known, self.families)
        order = np.argsort(column, kind="stable")
        sizes = self.starts[1:].astype(np.int64) - self.starts[:-1].astype(np.int64)
        owner = np.repeat(np.arange(len(self)), sizes)
        edges = np.concatenate([[0], np.cumsum(np.bincount(column, minlength=len(self.known)))])
        return edges, owner[order], self.bits[order].astype(np.float32)

    def members(self, family: int) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the annotated proteins of a family, and the bits each has with it.

        Parameters
        ----------
        family : int
            Number in the library.
        """
        edges, owner, bits = self._members
        place = int(np.searchsorted(self.known, family))
        if place == len(self.known) or self.known[place] != family:
            return np.zeros(0, np.int64), np.zeros(0, np.float32)
        return owner[edges[place] : edges[place + 1]], bits[edges[place] : edges[place + 1]]

    def shared(self, hits: FamilyHits, row: int) -> np.ndarray:
        """Bits each annotated protein shares with one protein, over all their common families, float32 (M,).

        Parameters
        ----------
        hits : FamilyHits
        row : int
            The protein.
        """
        shared, part = np.zeros(len(self), np.float32), hits.row(row)
        for family, bits in zip(hits.families[part], hits.bits[part], strict=True):
            members, theirs = self.members(int(family))
            shared[members] += np.minimum(theirs, bits)
        return shared

    def votes(
        self,
        hits: FamilyHits,
        labels: np.ndarray,
        frequency: np.ndarray,
        *,
        exclude: Sequence[np.ndarray] | None = None,
        top: int = TOP,
    ) -> FamilyVotes:
        """What the families of N proteins say of each term.

        Parameters
        ----------
        hits : FamilyHits
            Of N proteins.
        labels : bool array, (M, T)
            Terms of the annotated proteins.
        frequency : float array, (T,)
            Fraction of the annotated proteins with each term.
        exclude : sequence of int arrays, optional
            For each protein, rows of the annotated ones that must not vote (its own cluster, in cross-validation).
        top : int
            Proteins that vote in `FamilyVotes.fraction`.
        """
        count, hits = len(hits), hits.up_to(INCLUDED)
        likeliest, strongest = (np.repeat(frequency[None].astype(np.float32), count, axis=0) for _ in range(2))
        best, known = np.zeros(count, np.float32), np.zeros(count, np.float32)
        indices = np.full((count, top), -1, np.int64)
        shared_bits = np.zeros((count, top), np.float32)
        for row in range(count):
            out = np.zeros(0, np.int64) if exclude is None else np.asarray(exclude[row], np.int64)
            part = hits.row(row)
            for family, bits in zip(hits.families[part], hits.bits[part], strict=True):
                members, _ = self.members(int(family))
                members = members[~np.isin(members, out)]
                if not len(members):
                    continue
                own = (labels[members].sum(axis=0) + IMAGINED * frequency) / (len(members) + IMAGINED)
                likeliest[row] = np.maximum(likeliest[row], own) if known[row] else own
                if not known[row]:  # the best first
                    best[row], known[row], strongest[row] = bits, len(members), own
            shared = self.shared(hits, row)
            shared[out] = 0
            first = np.argsort(-shared, kind="stable")[:top]
            first = first[shared[first] > 0]
            indices[row, : len(first)], shared_bits[row, : len(first)] = first, shared[first]
        near = ReferenceHits(indices, shared_bits)
        fraction, closest = votes(near, labels, shared_bits)
        return FamilyVotes(fraction, likeliest, strongest, closest, best, known)

    def arrays(self) -> dict[str, np.ndarray]:
        """As named arrays, for safetensors."""
        return {f"families.{name}": np.ascontiguousarray(getattr(self, name)) for name in _OWN}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> "FamilyIndex":
        """The reverse of `arrays`."""
        return cls(*(arrays[f"families.{name}"] for name in _OWN))


_OWN = ("starts", "families", "bits")


class FamilyLibrary:
    """The library whose families a model knows, loaded by name when it is first needed; "none" finds nothing."""

    def __init__(self, name: str, hash: str, known: np.ndarray, loaded: Families | None = None):
        self.name, self.hash, self.known = name, hash, known
        self._finder = None if loaded is None else FamilyFinder(loaded.library, among=known)

    def search(
        self,
        sequences: Sequence[str],
        *,
        among: np.ndarray | None = None,
        progress: Progress | None = None,
    ) -> FamilyHits:
        """Families of each protein, among those an annotated protein is of.

        Parameters
        ----------
        sequences : sequence of str, N
        among : int array, optional
            Families to look at; the default is what the quick filter lets pass.  For variants of one protein its own.
        progress : callable, optional
            Gets (families looked at, families in all).

        Returns
        -------
        FamilyHits

        Raises
        ------
        ModelUnavailable
            The library is not on this machine, or is another version than the model was trained with.
        """
        if self.name == "none":
            return FamilyHits.none(len(sequences))
        chosen = None if among is None else [among] * len(sequences)
        return FamilyHits.of(self._get().search(sequences, expect=INCLUDED, among=chosen, progress=progress))

    def _get(self) -> FamilyFinder:
        if self._finder is None:
            library = zoo.load(self.name)
            if library.hash != self.hash:
                raise ModelUnavailable(
                    f"the function model was trained with another version of {self.name}. "
                    "Train it again: python -m biocore train function"
                )
            self._finder = FamilyFinder(library.library, among=self.known)
        return self._finder
